package orders

import (
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/payments"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are the pages of a trade with invented data.
func Examples() []layout.Example {
	out := []layout.Example{
		{Name: "orders-checkout", Make: func(f web.Frame) templ.Component {
			return ShowCheckout(f, exampleCheckout(f, web.Filled("way", "point:posti", "point", "1", "postcode", "20100")))
		}},
		{Name: "orders-checkout-wrong", Make: func(f web.Frame) templ.Component {
			form := web.Filled("way", "point:posti", "postcode", "201")
			form.Faults = fault.Faults{fault.Field("phone", "orders.phone_missing")}
			return ShowCheckout(f, exampleCheckout(f, form))
		}},
		{Name: "orders-paid", Make: func(f web.Frame) templ.Component { return ShowPaid(f, examplePaid(f, "done", false)) }},
		{Name: "orders-paid-wait", Make: func(f web.Frame) templ.Component { return ShowPaid(f, examplePaid(f, "wait", true)) }},
		{Name: "orders-list", Make: func(f web.Frame) templ.Component { return ShowList(f, exampleList(f)) }},
		{Name: "orders-list-empty", Make: func(f web.Frame) templ.Component {
			return ShowList(f, List{Empty: &ui.Empty{Art: "box", Title: f.T("trade.list.empty"), Text: f.T("trade.list.empty_text"), Action: &ui.Button{Label: f.T("trade.list.browse"), URL: "/"}}})
		}},
		{Name: "orders-person", Make: func(f web.Frame) templ.Component { return ShowProfile(f, exampleProfile(f)) }},
		{Name: "orders-review", Make: func(f web.Frame) templ.Component { return ShowReview(f, exampleReview(f)) }},
		{Name: "orders-offer", Make: func(f web.Frame) templ.Component { return ShowMove(f, exampleOffer(f)) }},
		{Name: "orders-cancel", Make: func(f web.Frame) templ.Component {
			return ShowMove(f, Move{Title: say(f, "trade.move.cancel_paid.title"), Lead: say(f, "trade.move.cancel_paid.lead"), Back: "/", Bad: true, Button: say(f, "trade.do.cancel_paid"),
				Text: &ui.Field{Name: "note", Label: f.T("trade.field.why"), Optional: true}})
		}},
	}
	for _, r := range exampleRooms {
		out = append(out, layout.Example{Name: "orders-" + r.name, Make: func(f web.Frame) templ.Component { return ShowRoom(f, r.room(f)) }})
	}
	return out
}

// exampleRoom is a state of the trade for one of the two.
type exampleRoom struct {
	name, state, role string
	tone              ui.Tone
	do                []string // buttons, the first filled
	steps             []string
	now               int
	code              string
}

var exampleRooms = []exampleRoom{
	{"buyer-waits", "paid", "buyer", ui.Theirs, []string{"cancel_paid"}, []string{"paid", "posted", "point", "yours", "done"}, 1, ""},
	{"seller-posts", "paid", "seller", ui.Mine, []string{"ship", "extend", "cancel_seller"}, []string{"paid", "posted", "point", "theirs", "money"}, 1, "4821 7730"},
	{"buyer-meets", "awaiting_handover", "buyer", ui.Theirs, []string{"cancel_paid"}, []string{"paid", "meeting", "done"}, 1, "481 206"},
	{"buyer-collects", "ready_for_pickup", "buyer", ui.Mine, []string{"complete_collected", "report"}, []string{"paid", "posted", "point", "yours", "done"}, 2, ""},
	{"buyer-confirms", "delivered", "buyer", ui.Mine, []string{"complete", "report"}, []string{"paid", "posted", "point", "yours", "done"}, 3, ""},
	{"seller-answers", "disputed", "seller", ui.Mine, []string{"return", "refund", "contest"}, []string{"paid", "problem"}, 1, ""},
	{"in-review", "in_review", "buyer", ui.Bad, nil, []string{"paid", "problem"}, 1, ""},
}

// say is a sentence of a trade with invented values.
func say(f web.Frame, key string, pairs ...any) string {
	thing := map[string]string{"fi": "satula", "sv": "sadeln", "en": "it"}[f.Lang]
	acc := map[string]string{"fi": "satulan", "sv": "sadeln", "en": "it"}[f.Lang]
	return f.T(key, append([]any{"Other", "Anna", "Staff", "Salla", "Ref", "K-7F3Q", "Total", f.Money(money.EUR(8490)), "Payout", f.Money(money.EUR(7500)),
		"Thing", thing, "ThingAcc", acc, "Due", f.DayClock(f.Now.Add(49 * time.Hour)), "At", f.Soon(f.Now.Add(-time.Hour)), "Who", "Anna"}, pairs...)...)
}

func (r exampleRoom) room(f web.Frame) Room {
	due := f.Now.Add(49 * time.Hour)
	who := map[ui.Tone]string{ui.Mine: "trade.who.mine", ui.Theirs: "trade.who.other", ui.Bad: "trade.who.staff"}[r.tone]
	p := Room{
		Title: say(f, "trade.window", "Who", say(f, who)),
		Head: ui.Head{Photo: static.URL("pictures/saddle.svg"), Ref: say(f, "trade.ref"), Title: "Wintec-yleissatula 17\"", URL: "/listings/1",
			More: say(f, "trade.head.seller") + " · " + f.T("trade.replies", "Time", f.Span(2*time.Hour)), Price: f.Money(money.EUR(8490)), PriceNote: f.T("trade.price.paid")},
		Turn: ui.Turn{
			Tone: r.tone, Name: "Anna Koskela", Person: "usr_anna", Who: say(f, who), Left: f.T("trade.left", "Time", f.Span(49*time.Hour)),
			Heading: say(f, "trade.turn."+r.state+"."+r.role+".heading"), Deadline: f.DayClock(due), ISO: f.ISO(due),
			Clock: &ui.Clock{Now: 71, NowWord: f.T("trade.now"), Sent: []float64{40}, Planned: []float64{86},
				Start: []string{f.T("trade.began"), f.Day(f.Now.Add(-120 * time.Hour))}, End: []string{f.T("trade.deadline"), f.DayClock(due)}},
			Plan: []ui.Line{{Icon: "bell", Text: say(f, "trade.plan.sent")}, {Icon: "rotate-ccw", Text: say(f, "trade.turn."+r.state+"."+r.role+".else")}},
		},
		Rows: []ui.Row{
			{Day: f.LongDay(f.Now)},
			{ID: "e1", Mine: true, Said: "", Text: "Hei! Sopiikohan tämä leveälle suokille? Säkä 154.", When: "18.10", ISO: f.ISO(f.Now)},
			{ID: "e2", Name: "Anna Koskela", Person: "usr_anna", Said: "Anna: ", Text: "Hei! Meillä se oli juuri suokilla, M-kaarella.", When: "18.31", ISO: f.ISO(f.Now)},
			{ID: "e3", Event: say(f, "trade.plan.sent"), Icon: "bell", Tone: "nudge", When: "19.05", ISO: f.ISO(f.Now)},
		},
		Compose: &ui.Compose{URL: "/", Label: say(f, "trade.write.label"), Placeholder: f.T("trade.write.placeholder"), Send: f.T("trade.write.send"), AddPhoto: f.T("trade.write.photo"), Max: 4000},
		Parcel:  &Parcel{Icon: "package", Title: f.T("trade.parcel"), Lead: say(f, "trade.parcel.unposted"), Code: r.code, Coded: f.T("trade.parcel.code"), Facts: []ui.Fact{{Term: f.T("trade.parcel.carrier"), Text: "Posti"}}},
		Money: payments.Money{Where: f.T("payments.where_buyer.held"), Lines: []ui.SumLine{{Label: "Wintec-yleissatula 17\"", Amount: f.Money(money.EUR(7500))}, {Label: f.T("trade.line.fee"), Amount: f.Money(money.EUR(300))},
			{Label: f.T("trade.line.total"), Amount: f.Money(money.EUR(8490)), Total: true}}},
		Help: []ui.LinkRow{{URL: "/", Icon: "triangle-alert", Label: f.T("trade.help.problem")}, {URL: "/help", Name: "Salla", Person: "operator", Label: f.T("trade.help.human"), More: say(f, "trade.help.human_more")}},
	}
	for i, d := range r.do {
		kind := ""
		if i > 0 || r.tone != ui.Mine {
			kind = "quiet"
		}
		p.Turn.Actions = append(p.Turn.Actions, ui.Button{Label: say(f, "trade.do."+d), Kind: kind, URL: "/"})
	}
	for i, s := range r.steps {
		p.Steps = append(p.Steps, ui.Step{Label: f.T("trade.step." + s), State: map[bool]string{true: "past"}[i < r.now]})
	}
	p.Steps[r.now].State, p.Steps[r.now].Note = "now", say(f, who)
	return p
}

func exampleCheckout(f web.Frame, form web.Form) Checkout {
	way := func(id, name string, cents int64, days int) ui.Choice {
		return ui.Choice{Value: id, Label: f.T("trade.way." + name), Price: f.Money(money.EUR(cents)), More: f.T("trade.way.more", "Carrier", "Posti", "Days", f.T("trade.days", "From", days, "To", days+2), "CO2", "0,5 kg")}
	}
	return Checkout{
		Back: "/", Photo: static.URL("pictures/saddle.svg"), Title: "Wintec-yleissatula 17\"", Seller: say(f, "trade.seller_line") + ", Lempäälä", Price: f.Money(money.EUR(7500)), Action: "/", Key: "k", Seen: "8490",
		Ways:     &ui.Choices{Name: "way", Legend: f.T("trade.travels"), Heading: true, Options: []ui.Choice{way("point:posti", "point", 690, 1), way("home:posti", "home", 1290, 2), {Value: "pickup", Label: f.T("trade.way.pickup"), More: f.T("trade.way.pickup_more"), Price: f.Money(money.EUR(0))}}},
		Postcode: &ui.Field{Name: "postcode", Label: f.T("trade.postcode"), Hint: f.T("trade.postcode_hint"), Width: "s"},
		Points:   &ui.Choices{Name: "point", Legend: f.T("trade.points"), Options: []ui.Choice{{Value: "1", Label: "K-Citymarket Kupittaa", More: "Uudenmaantie 17, Turku"}, {Value: "2", Label: "Postin palvelupiste, Kauppatori", More: "Eerikinkatu 12, Turku"}}},
		Address:  []ui.Field{{Name: "name", Label: f.T("trade.addr.name"), Autocomplete: "name"}, {Name: "phone", Label: f.T("trade.addr.phone"), Hint: f.T("trade.addr.phone_hint"), Type: "tel", Width: "m"}},
		Pay:      []ui.Line{{Icon: "credit-card", Text: f.T("trade.pay_card")}, {Icon: "smartphone", Text: f.T("trade.pay_mobilepay")}},
		Sum:      []ui.SumLine{{Label: "Wintec-yleissatula 17\"", Amount: f.Money(money.EUR(7500))}, {Label: f.T("trade.line.shipping", "Carrier", "Posti"), Amount: f.Money(money.EUR(690))}, {Label: f.T("trade.line.fee"), Amount: f.Money(money.EUR(300))}, {Label: f.T("trade.line.total"), Amount: f.Money(money.EUR(8490)), Total: true}},
		Protects: []ui.Line{{Icon: "shield-check", Text: say(f, "trade.protect.held")}, {Icon: "rotate-ccw", Text: say(f, "trade.protect.late")}, {Icon: "message-circle", Text: f.T("trade.protect.human")}},
		Private:  f.T("trade.private"), Button: say(f, "trade.pay_button"), After: say(f, "trade.after_pay"), Form: form,
	}
}

func examplePaid(f web.Frame, how string, wait bool) Paid {
	p := Paid{Icon: "circle-check", Title: f.T("trade.paid." + how + ".title"), Text: f.T("trade.paid." + how + ".text"), Ref: say(f, "trade.refcode"), Actions: []ui.Button{{Label: f.T("trade.paid.to_trade"), URL: "/"}}}
	if wait {
		p.Icon = "hourglass"
		return p
	}
	p.Next = []ui.Line{{Icon: "package", Text: say(f, "trade.paid.done.post")}, {Icon: "bell", Text: f.T("trade.paid.done.silent")}}
	return p
}

func exampleList(f web.Frame) List {
	row := func(pic, title, state string, tags ...ui.Tag) ui.Thread {
		return ui.Thread{URL: "/orders/1", Photo: static.URL("pictures/" + pic + ".svg"), Title: title, Last: f.T("trade.state."+state) + " · Anna · " + f.T("trade.list.buying"), When: f.DayClock(f.Now.Add(49 * time.Hour)), ISO: f.ISO(f.Now), Tags: tags}
	}
	return List{Groups: []Group{
		{ID: "mine", Title: f.T("trade.list.mine"), Trades: []ui.Thread{row("boots", "Pitkät nahkasaappaat 39", "ready_for_pickup", ui.Tag{Kind: "you", Text: f.T("trade.who.mine")})}},
		{ID: "waiting", Title: f.T("trade.list.waiting"), Trades: []ui.Thread{row("saddle", "Wintec-yleissatula 17\"", "paid"), row("rug", "Talviloimi 145 cm", "shipped")}},
		{ID: "over", Title: f.T("trade.list.over"), Trades: []ui.Thread{row("halter", "Riimu ja naru, cob", "completed")}},
	}}
}

func exampleProfile(f web.Frame) Profile {
	tile := func(pic, title string, cents int64) ui.Tile {
		return ui.Tile{URL: "/listings/1", Title: title, Price: f.Money(money.EUR(cents)), Town: "Lempäälä", Photo: static.URL("pictures/" + pic + ".svg")}
	}
	return Profile{
		Name: "Anna Koskela", ID: "usr_anna", Since: f.T("trade.since_in", "Year", "2024", "Town", "Lempäälä"), About: "Kaksi suokkia ja liikaa varusteita.",
		Facts: []ui.Fact{{Term: f.T("trade.fact.replies"), Text: f.Within(2 * time.Hour)}, {Term: f.T("trade.fact.trades"), Text: "14"}}, Foot: f.T("trade.measured"),
		Actions: []ui.Button{{Label: f.T("trade.follow"), Icon: "bell", Kind: "quiet", URL: "/people/1/follow", Post: true}},
		Links:   []ui.LinkRow{{URL: "/reports/new", Icon: "flag", Label: f.T("trade.report_person")}},
		Reviews: []ui.Said{{Name: "Noora", Person: "usr_noora", Icon: "smile", Verdict: f.T("trade.verdict.good"), Text: "Nopea ja huolellinen, satula oli pakattu hienosti.", When: f.Date(f.Now)}},
		Tiles:   []ui.Tile{tile("saddle", "Wintec-yleissatula 17\"", 7500), tile("bridle", "Nahkasuitset, full", 4800)},
	}
}

func exampleReview(f web.Frame) Review {
	return Review{Title: f.T("trade.review.title"), Lead: say(f, "trade.review.lead"), Action: "/", Back: "/", Options: []ui.Choice{
		{Value: "good", Label: f.T("trade.verdict.good"), Icon: "smile"}, {Value: "ok", Label: f.T("trade.verdict.ok"), Icon: "meh"}, {Value: "bad", Label: f.T("trade.verdict.bad"), Icon: "frown"}}}
}

func exampleOffer(f web.Frame) Move {
	form := web.Filled("amount", "abc")
	form.Faults = fault.Faults{fault.Field("amount", "orders.amount_wrong")}
	return Move{Title: f.T("trade.offer.title"), Lead: say(f, "trade.offer.lead"), Back: "/", BackLabel: f.T("trade.back_to_listing"), Button: f.T("trade.offer.send"), Form: form,
		Fields: []ui.Field{{Name: "amount", Label: f.T("trade.field.amount"), Hint: f.T("trade.field.amount_hint", "Price", f.Money(money.EUR(7500))), Unit: "€", Width: "m"}}}
}
