package messaging

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are the pages of this folder with invented data.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "messaging-inbox", Make: func(f web.Frame) templ.Component { return Inbox(exampleInbox(f)) }},
		{Name: "messaging-empty", Make: func(f web.Frame) templ.Component { return Inbox(exampleEmpty(f)) }},
		{Name: "messaging-conversation", Make: func(f web.Frame) templ.Component { return Inbox(exampleConversation(f)) }},
		{Name: "messaging-failed", Make: func(f web.Frame) templ.Component { return Inbox(exampleFailed(f)) }},
		{Name: "messaging-blocked", Make: func(f web.Frame) templ.Component { return Inbox(exampleBlocked(f)) }},
		{Name: "messaging-notices", Make: func(f web.Frame) templ.Component { return Notices(exampleNotices(f)) }},
		{Name: "messaging-help", Make: func(f web.Frame) templ.Component { return Help(exampleHelp(f)) }},
		{Name: "messaging-report", Make: func(f web.Frame) templ.Component { return Report(exampleReport(f)) }},
		{Name: "messaging-block", Make: func(f web.Frame) templ.Component {
			return Ask(AskPage{
				Frame: f, Icon: "ban", Title: f.T("messaging.block_title", "Name", "Jukka"), Text: f.T("messaging.block_text", "Name", "Jukka"),
				Do:   ui.Button{Label: f.T("messaging.block_do"), URL: "/inbox/1/block", Post: true, Kind: "bad"},
				Back: &ui.Button{Label: f.T("messaging.block_back"), URL: "/inbox/1", Kind: "bare"},
			})
		}},
		{Name: "messaging-push", Make: func(f web.Frame) templ.Component { return onPage(f, "messaging.push_title", Push(examplePush(f))) }},
		{Name: "messaging-stopped", Make: func(f web.Frame) templ.Component {
			return Done(DonePage{Frame: f, Title: f.T("messaging.stopped"), Text: f.T("messaging.stopped_message"),
				Next: &ui.Button{Label: f.T("messaging.stopped_settings"), URL: "/account/channels", Kind: "quiet"}})
		}},
	}
}

func picture(name string) string { return static.URL("pictures/" + name + ".svg") }

// ago is a moment before the frame's.
func ago(f web.Frame, d time.Duration) clock.Instant { return f.Now.Add(-d) }

func exampleFilters(f web.Frame) []ui.Chip {
	return []ui.Chip{
		{URL: "/inbox", Label: f.T("messaging.all"), Current: true},
		{URL: "/inbox?show=moves", Label: f.T("messaging.moves"), Count: 2},
		{URL: "/inbox?show=new", Label: f.T("messaging.unread_only"), Count: 3},
	}
}

func exampleInbox(f web.Frame) InboxPage {
	thread := func(pic, title, last string, before time.Duration, isNew bool, tags ...ui.Tag) ui.Thread {
		at := ago(f, before)
		return ui.Thread{URL: "/inbox/cnv_1", Photo: picture(pic), Title: title, When: f.Clock(at), ISO: f.ISO(at), Last: last,
			Tags: tags, New: isNew, NewWord: f.T("messaging.new_word")}
	}
	due := f.Soon(f.Now.Add(27 * time.Hour))
	f.Badges.Unread = 3
	return InboxPage{Frame: f, LiveURL: "/dev/nothing/live", Filters: exampleFilters(f), Notices: 2, Threads: []ui.Thread{
		thread("boots", layout.Pick(f, "Eeva · Pitkät nahkasaappaat 39", "Eeva · Höga läderstövlar 39", "Eeva · Long leather boots 39"),
			layout.Pick(f, "Paketti odottaa sinua automaatissa.", "Paketet väntar på dig i automaten.", "The parcel is waiting for you in the locker."), time.Hour, true,
			ui.Tag{Kind: "you", Text: f.T("messaging.tag_you", "Due", due)}),
		thread("halter", layout.Pick(f, "Venla · Riimu ja naru, cob", "Venla · Grimma och rep, cob", "Venla · Halter and rope, cob"),
			layout.Pick(f, "Tarjoan 11 euroa, jos sopii?", "Jag bjuder 11 euro, om det går?", "I can offer 11 euros, if that's all right?"), 2*time.Hour, true,
			ui.Tag{Kind: "you", Text: f.T("messaging.tag_you", "Due", due)}, ui.Tag{Text: f.Money(money.EUR(1100))}),
		thread("saddle", `Anna · Wintec 17"`, layout.Pick(f, "Sinä: Ei hätää, parane ensin rauhassa.", "Du: Ingen fara, krya på dig först.", "You: No worries, get well first."), 3*time.Hour, false,
			ui.Tag{Text: f.T("messaging.tag_other", "Name", "Anna", "Due", due)}),
		thread("rug", layout.Pick(f, "Jukka · Talviloimi 145 cm", "Jukka · Vintertäcke 145 cm", "Jukka · Winter rug 145 cm"),
			layout.Pick(f, "Kuva vuorista tulossa illalla, kun pääsen tallille.", "Bild på fodret kommer i kväll när jag är i stallet.", "A photo of the lining follows tonight when I get to the stable."), 4*time.Hour, true),
		thread("bridle", layout.Pick(f, "Sara · Nahkasuitset, full", "Sara · Läderträns, full", "Sara · Leather bridle, full"),
			layout.Pick(f, "Kiitos kaupasta!", "Tack för affären!", "Thanks for the trade!"), 5*time.Hour, false),
	}}
}

func exampleEmpty(f web.Frame) InboxPage {
	return InboxPage{Frame: f, LiveURL: "/dev/nothing/live", Filters: exampleFilters(f)[:1], Empty: ui.Empty{Art: "horseshoe", Title: f.T("messaging.none"), Text: f.T("messaging.none_text"),
		Action: &ui.Button{Label: f.T("messaging.browse"), URL: "/", Kind: "quiet"}}}
}

func exampleConversation(f web.Frame) InboxPage {
	p := exampleInbox(f)
	p.Threads[2].Open = true
	when := func(r ui.Row, before time.Duration) ui.Row {
		at := ago(f, before)
		r.When, r.ISO = f.Clock(at), f.ISO(at)
		return r
	}
	p.Pane = &Pane{
		ID: "cnv_1", Title: `Wintec 17"`, TitleURL: "/listings/lst_1", Photo: picture("saddle"), OtherURL: "/people/usr_1",
		Other: "Anna Korpi · " + f.T("messaging.replies", "Span", f.Span(2*time.Hour)),
		Open:  &ui.Button{Label: f.T("messaging.open_trade"), URL: "/orders/ord_1", Kind: "quiet", Small: true},
		Strip: &Strip{Text: f.T("messaging.strip_other", "Name", "Anna", "Due", f.Soon(f.Now.Add(20*time.Hour)))},
		Rows: []ui.Row{
			{Day: f.T("messaging.yesterday")},
			when(ui.Row{ID: "e1", Text: layout.Pick(f, "Hei! Sopiikohan tämä leveälle suokille? Säkä 154.", "Hej! Passar den här en bred finnhäst? Mankhöjd 154.", "Hi! Would this fit a wide Finnhorse? 154 at the withers."), Mine: true, Said: f.T("messaging.said_you")}, 26*time.Hour),
			when(ui.Row{ID: "e2", Name: "Anna Korpi", Person: "usr_1", Said: "Anna: ", Text: layout.Pick(f, "Hei! Meillä se oli juuri suokilla, M-kaarella. Leveämmän kaaren saa vaihdettua itse ruuvimeisselillä.", "Hej! Vi hade den just på en finnhäst, med M-båge. Den bredare bågen byter man själv med en skruvmejsel.", "Hi! We had it on a Finnhorse, with the M gullet. You can change to the wider one yourself with a screwdriver.")}, 25*time.Hour),
			when(ui.Row{ID: "e3", Event: layout.Pick(f, "**Tarjosit 80,00 €.** Anna hyväksyi.", "**Du bjöd 80,00 €.** Anna tackade ja.", "**You offered €80.00.** Anna accepted."), Icon: "tag", Tone: "move"}, 24*time.Hour),
			{Day: f.T("messaging.today")},
			when(ui.Row{ID: "e4", Event: layout.Pick(f, "Anna sai muistutuksen. **Viesti meni perille.**", "Anna fick en påminnelse. **Den kom fram.**", "Anna got a reminder. **It was delivered.**"), Icon: "bell", Tone: "nudge"}, 3*time.Hour),
			when(ui.Row{ID: "e5", Name: "Anna Korpi", Person: "usr_1", Said: "Anna: ", Text: layout.Pick(f, "Anteeksi, olen ollut flunssassa. Pakkaan sen huomenna!", "Förlåt, jag har varit förkyld. Jag packar den i morgon!", "Sorry, I've had the flu. I'll pack it tomorrow!")}, 2*time.Hour),
			when(ui.Row{ID: "e6", Text: layout.Pick(f, "Ei hätää, parane ensin rauhassa.", "Ingen fara, krya på dig först.", "No worries, get well first."), Mine: true, Said: f.T("messaging.said_you")}, time.Hour),
		},
		Seen: Seen{URL: "/inbox/cnv_1/read", Seq: "6"},
		Compose: &ui.Compose{URL: "/inbox/cnv_1", Label: f.T("messaging.write_label"), Placeholder: f.T("messaging.write"), Send: f.T("messaging.send"),
			AddPhoto: f.T("messaging.add_photo"), Max: 4000, Target: "#conversation"},
		ActsWord: f.T("messaging.acts"),
		Acts: []ui.Button{
			{Label: f.T("messaging.block"), URL: "/inbox/cnv_1/block", Kind: "bare", Small: true, Icon: "ban"},
			{Label: f.T("messaging.report"), URL: "/reports/new?kind=conversation&subject=cnv_1", Kind: "bare", Small: true, Icon: "flag"},
		},
	}
	return p
}

func exampleFailed(f web.Frame) InboxPage {
	p := exampleConversation(f)
	p.Pane.Strip = &Strip{Mine: true, Text: f.T("messaging.strip_you", "Name", "Anna", "Due", f.Soon(f.Now.Add(20*time.Hour))),
		Actions: []ui.Button{{Label: f.T("messaging.settle"), URL: "/inbox/cnv_1/settle", Post: true, Kind: "quiet", Small: true}}}
	form := web.Filled("text", layout.Pick(f, "Kirjoitin tosi pitkän viestin…", "Jag skrev ett jättelångt meddelande…", "I wrote a very long message…"))
	form.Faults = fault.Faults{fault.Field("text", "messaging.too_long", "Max", 4000)}
	p.Pane.Compose.Form = form
	return p
}

func exampleBlocked(f web.Frame) InboxPage {
	p := exampleConversation(f)
	p.Pane.Strip, p.Pane.Compose, p.Pane.Closed = nil, nil, f.T("messaging.you_blocked")
	p.Pane.Acts[0] = ui.Button{Label: f.T("messaging.unblock"), URL: "/inbox/cnv_1/unblock", Post: true, Kind: "bare", Small: true}
	return p
}

func exampleNotices(f web.Frame) NoticesPage {
	lineOf := func(text string, before time.Duration, isNew bool) NoticeLine {
		at := ago(f, before)
		return NoticeLine{URL: "/orders/ord_1", Text: text, When: f.Clock(at), ISO: f.ISO(at), New: isNew}
	}
	return NoticesPage{Frame: f, Groups: []NoticeDay{
		{Day: f.T("messaging.today"), Lines: []NoticeLine{
			lineOf(layout.Pick(f, "Noora odottaa: Riimu ja naru, cob", "Noora väntar: Grimma och rep, cob", "Noora is waiting: Halter and rope, cob"), time.Hour, true),
			lineOf(layout.Pick(f, "Myyty! Talviloimi 145 cm", "Såld! Vintertäcke 145 cm", "Sold! Winter rug 145 cm"), 3*time.Hour, true),
		}},
		{Day: f.T("messaging.yesterday"), Lines: []NoticeLine{
			lineOf(layout.Pick(f, "55,00 € on palautettu: Ratsastuskypärä 55–57 cm", "55,00 € har betalats tillbaka: Ridhjälm 55–57 cm", "€55.00 has been returned: Riding helmet 55–57 cm"), 26*time.Hour, false),
		}},
	}}
}

func exampleHelp(f web.Frame) HelpPage {
	return HelpPage{Frame: f, Signature: "Salla", Max: 4000, OrderID: "ord_1", Case: "/inbox/cnv_2",
		About: &About{Title: `Wintec 17"`, Photo: picture("saddle"), Note: f.T("messaging.help_about")}}
}

func exampleReport(f web.Frame) ReportPage {
	p := ReportPage{Frame: f, Kind: "conversation", Subject: "cnv_1", Back: "/inbox/cnv_1", Max: 2000}
	for _, r := range []string{"fraud", "rude", "forbidden", "spam", "other"} {
		p.Reasons = append(p.Reasons, ui.Choice{Value: r, Label: f.T("messaging.reason_" + r), More: f.T("messaging.reason_" + r + "_more")})
	}
	p.Form = web.Form{Faults: fault.Faults{fault.Field("reason", "messaging.report_reason")}}
	return p
}

// onPage is a part of a page, alone on one.
func onPage(f web.Frame, title string, part templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		in := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return pageWith(f.T(title), part).Render(ctx, w)
		})
		return layout.Page(f, f.T(title)).Render(templ.WithChildren(ctx, in), w)
	})
}

func examplePush(f web.Frame) PushPart {
	return PushPart{Frame: f, Key: "BExample", Script: static.URL("push.js"), Browsers: []Browser{
		{Mark: "a", Name: "Firefox · Android", Since: f.T("messaging.push_since", "Day", f.Date(f.Now)), Remove: ui.Button{
			Label: f.T("messaging.push_remove"), URL: "/account/push/off", Post: true, Kind: "quiet", Small: true,
		}},
		{Mark: "b", Name: "Chrome · Windows", Since: f.T("messaging.push_since", "Day", f.Date(f.Now)), Remove: ui.Button{
			Label: f.T("messaging.push_remove"), URL: "/account/push/off", Post: true, Kind: "quiet", Small: true,
		}},
	}}
}
