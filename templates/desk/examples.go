package desk

import (
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are the pages of the desk with invented data, for the gallery.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "desk-queue", Make: func(f web.Frame) templ.Component {
			p := exampleQueue(staff(f))
			p.Cases[2].Open = false
			return ShowQueue(p)
		}},
		{Name: "desk-empty", Make: func(f web.Frame) templ.Component {
			p := exampleQueue(staff(f))
			p.Cases, p.Chips, p.Lead = nil, nil, f.N("desk.lead", 0)+" "+f.N("desk.lead_rest", 412)
			p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("desk.empty"), Text: f.T("desk.empty_text")}
			return ShowQueue(p)
		}},
		{Name: "desk-trade", Make: func(f web.Frame) templ.Component {
			p := exampleQueue(staff(f))
			p.Open = ShowTrade(p.Frame, exampleTrade(p.Frame))
			return ShowQueue(p)
		}},
		{Name: "desk-act", Make: func(f web.Frame) templ.Component {
			p := exampleQueue(staff(f))
			form := web.Filled("note", layout.Pick(f, "Anna ei vastaa eikä pysty postittamaan.", "Anna svarar inte och kan inte posta.", "Anna does not answer and cannot post it."))
			form.Faults = fault.Faults{fault.Field("password", "accounts.password_wrong")}
			p.Open = ShowAct(p.Frame, exampleAct(p.Frame, form))
			return ShowQueue(p)
		}},
		{Name: "desk-case", Make: exampleCase},
		{Name: "desk-report", Make: exampleReport},
		{Name: "desk-people", Make: examplePeople},
		{Name: "desk-person", Make: examplePerson},
		{Name: "desk-ledger", Make: exampleLedger},
		{Name: "desk-effect", Make: exampleEffect},
		{Name: "desk-calls", Make: exampleCalls},
		{Name: "desk-policy", Make: examplePolicies},
		{Name: "desk-policy-form", Make: examplePolicyForm},
		{Name: "desk-policy-version", Make: exampleVersion},
	}
}

// staff is the frame as an operator sees it.
func staff(f web.Frame) web.Frame {
	f.Reader.ID, f.Reader.Name, f.Reader.Operator = "usr_salla", "Salla Virta", true
	f.Section, f.Badges, f.Path = "desk", web.Badges{Moves: 5}, "/desk"
	return f
}

func exampleQueue(f web.Frame) Queue {
	row := func(left, at, title string, cents int64, why string, late, open bool) ui.Case {
		return ui.Case{URL: "/desk/orders/ord_1", Left: left, At: at, Title: title, Price: f.Money(money.EUR(cents)), Why: why, Late: late, Open: open}
	}
	return Queue{
		Frame: f, Window: f.T("desk.title"), Title: f.T("desk.title"), Lead: f.N("desk.lead", 5) + " " + f.N("desk.lead_rest", 412), URL: "/desk", Back: f.T("desk.back_queue"), Pick: f.T("desk.pick"),
		Keys: []ui.Keys{
			{Keys: []string{"J", "K"}, Does: f.T("desk.key_walk")}, {Keys: []string{"Enter"}, Does: f.T("desk.key_open")},
			{Keys: []string{"R"}, Does: f.T("desk.key_answer")}, {Keys: []string{"L"}, Does: f.T("desk.key_extend")},
		},
		Chips: []ui.Chip{
			{URL: "/desk", Label: f.T("desk.why_all"), Count: 5, Current: true}, {URL: "/desk?why=staff", Label: f.T("desk.cause.short.staff"), Count: 1},
			{URL: "/desk?why=unreached", Label: f.T("desk.cause.short.unreached"), Count: 1}, {URL: "/desk?why=soon", Label: f.T("desk.cause.short.soon"), Count: 2},
			{URL: "/desk?why=carrier", Label: f.T("desk.cause.short.carrier"), Count: 1},
		},
		Cases: []ui.Case{
			row("–2 h", f.T("desk.late"), "Kilpailutakki 38", 7000, f.T("desk.why.bounced", "Who", "Pia"), true, false),
			row("6 h", f.T("desk.at", "Clock", "0.20"), "Kypärä 55–57 cm", 5500, f.T("desk.why.claim.broken", "Who", "Oona"), false, false),
			row("16 h", f.T("desk.at", "Clock", "10"), "Wintec-yleissatula 17\"", 8490, f.T("desk.slow.line.ship", "Who", "Anna")+" "+f.N("desk.reminders", 2)+", "+f.T("desk.last.sent"), false, true),
			row("21 h", f.T("desk.at", "Clock", "15"), "Satulavyö 65 cm", 3900, f.T("desk.why.stuck", "Days", f.Span(96*time.Hour)), false, false),
			row("23 h", f.T("desk.at", "Clock", "17"), "Talviloimi 145 cm", 6200, f.T("desk.slow.line.collect", "Who", "Mikko")+" "+f.T("desk.no_reminder"), false, false),
		},
		Stats: []ui.Stat{{Number: "0", Label: f.T("desk.stat_late")}, {Number: "6", Label: f.T("desk.stat_done")}, {Number: "417", Label: f.T("desk.stat_open")}},
	}
}

func exampleTrade(f web.Frame) Trade {
	paid, due := f.Now.Add(-5*24*time.Hour), f.Now.Add(40*time.Hour)
	about := []any{"Seller", "Anna", "Buyer", "Noora", "Total", f.Money(money.EUR(8490)), "Item", f.Money(money.EUR(7500)), "Who", "Anna"}
	return Trade{
		Head: ui.Head{Photo: static.URL("pictures/saddle.svg"), Ref: "K-7F3Q · " + f.T("desk.paid_at", "At", f.DayClock(paid)), Title: "Wintec-yleissatula 17\"", URL: "/desk/listings/lst_1",
			More: f.T("desk.head", about...), Price: f.Money(money.EUR(8490)), PriceNote: f.T("desk.state.name.paid")},
		Turn: ui.Turn{Compact: true, Name: "Anna Koskela", Person: "usr_anna", Who: f.T("desk.who", "Who", "Anna"), Left: f.T("desk.left", "Time", "40 h"),
			Heading: f.T("desk.owes.by.ship", about...), Deadline: f.DayClock(due), ISO: f.ISO(due), Text: f.T("desk.else.then.ship", about...),
			Clock: &ui.Clock{Now: 71, NowWord: f.T("desk.now"), Sent: []float64{8, 40}, Planned: []float64{86}, Start: []string{f.Day(paid)}, End: []string{f.DayClock(due)}}},
		People: []ui.Person{examplePersonCard(f, "Anna Koskela", "usr_anna", f.T("desk.role.seller", "Town", "Lempäälä")), examplePersonCard(f, "Noora Lindqvist", "usr_noora", f.T("desk.role.buyer", "Town", "Turku"))},
		Next: &Next{To: "Anna · " + f.T("desk.by.both"), When: f.Soon(f.Now.Add(16 * time.Hour)), Subject: "Viimeinen muistutus ennen perumista: Wintec-yleissatula 17\"",
			Text: []string{"Paketti ei ole vielä lähtenyt, ja Noora odottaa. Postita se tai kerro meille, mikä on vialla."}},
		Deeds: []ui.Deed{
			{Title: f.T("desk.do.extend"), Will: f.T("desk.will.extend", about...), Form: GiveTime(f, Extend{URL: "/desk/orders/ord_1/extend", Form: web.Filled("days", "2"), Days: []ui.Option{
				{Value: "1", Label: f.N("desk.days_short", 1)}, {Value: "2", Label: f.N("desk.days_short", 2)}, {Value: "7", Label: f.N("desk.days_short", 7)}}})},
			{Title: f.T("desk.do.cancel", about...), Will: f.T("desk.will.cancel", about...), Button: ui.Button{Label: f.T("desk.press.cancel"), URL: "/desk/orders/ord_1/cancel", Kind: "bad", Small: true}},
		},
		Entries: f.N("desk.entries", 3), Rows: exampleRows(f),
		Write: &Write{URL: "/desk/orders/ord_1/message", Max: 4000, Lead: f.T("desk.write_lead", "Name", "Salla"), To: []ui.Option{
			{Value: "both", Label: f.T("desk.to_both")}, {Value: "seller", Label: f.T("desk.to_seller", about...)}, {Value: "buyer", Label: f.T("desk.to_buyer", about...)}}},
		Money: &Money{Where: f.T("payments.where_staff.held"), Lines: []ui.SumLine{{Label: "Wintec-yleissatula 17\"", Amount: f.Money(money.EUR(7500))}, {Label: f.T("payments.line_total"), Amount: f.Money(money.EUR(8490)), Total: true}},
			Facts: []ui.Fact{{Term: f.T("desk.psp.charge"), Text: "ch_3QdK2b1"}}, Postings: examplePostings(f)},
		Parcel: []ui.Fact{{Term: f.T("desk.parcel_there"), Text: "Posti · " + f.T("desk.parcel_state.booked")}, {Term: f.T("desk.point"), Text: "K-Citymarket Kupittaa"}},
		Moves: ui.Table{Label: f.T("desk.moves"), Cols: []ui.Col{{Label: f.T("desk.col.when")}, {Label: f.T("desk.col.move")}, {Label: f.T("desk.col.by")}},
			Rows: [][]ui.Cell{{{Text: f.DayClock(paid)}, {Text: f.T("desk.event.name.pay")}, {Text: f.T("desk.actor.name.payment")}}}},
	}
}

func examplePersonCard(f web.Frame, name, id, more string) ui.Person {
	return ui.Person{Name: name, ID: id, More: more, Facts: []ui.Fact{
		{Term: f.T("desk.fact.trades"), Text: "14"}, {Term: f.T("desk.fact.posts"), Text: f.Span(22 * time.Hour)}, {Term: f.T("desk.fact.replies"), Text: f.Span(130 * time.Minute)},
		{Term: f.T("desk.fact.reach"), Text: f.T("desk.reach.mail.sent", "At", f.Soon(f.Now.Add(-time.Hour))) + " · " + f.T("desk.reach.seen", "Seen", 4, "Told", 6)},
		{Term: f.T("desk.fact.reminders"), Text: f.N("desk.habit", 1)},
	}, Action: &ui.Button{Label: f.T("desk.call"), URL: "tel:+358401234567", Kind: "quiet", Small: true, Icon: "phone"}}
}

func exampleRows(f web.Frame) []ui.Row {
	at := f.Now.Add(-29 * time.Hour)
	return []ui.Row{
		{Day: f.LongDay(at)},
		{ID: "e1", Event: layout.Pick(f, "**Noora maksoi 84,90 €.**", "**Noora betalade 84,90 €.**", "**Noora paid €84.90.**"), Icon: "check", Tone: "move", When: f.Clock(at), ISO: f.ISO(at)},
		{ID: "e2", Name: "Anna", Person: "usr_anna", Said: "Anna: ", Text: layout.Pick(f, "Anteeksi, olen ollut flunssassa. Pakkaan sen huomenna!", "Förlåt, jag har varit förkyld. Jag packar den i morgon!", "Sorry, I have had a cold. I will pack it tomorrow!"), When: f.Clock(at), ISO: f.ISO(at)},
		{ID: "e3", Event: layout.Pick(f, "Anna sai muistutuksen.", "Anna fick en påminnelse.", "Anna was reminded."), Icon: "bell", Tone: "nudge", When: f.Clock(at), ISO: f.ISO(at)},
	}
}

func exampleAct(f web.Frame, form web.Form) Act {
	about := []any{"Seller", "Anna", "Buyer", "Noora", "Total", f.Money(money.EUR(8490))}
	return Act{
		About: "K-7F3Q · Wintec-yleissatula 17\"", Back: "/desk/orders/ord_1", BackWord: f.T("desk.back_trade"), Title: f.T("desk.do.cancel", about...), URL: "/desk/orders/ord_1/cancel",
		Will:   []ui.Line{{Icon: "info", Text: f.T("desk.will.cancel", about...)}, {Icon: "mail", Text: f.T("desk.will.told", about...)}, {Icon: "lock", Text: f.T("desk.will.final")}},
		Reason: ui.Field{Name: "note", Label: f.T("desk.reason"), Hint: f.T("desk.reason_both"), Max: 1000}, Password: true,
		Button: ui.Button{Label: f.T("desk.do.cancel", about...), Kind: "bad", Icon: "ban"}, Form: form,
	}
}

func examplePostings(f web.Frame) ui.Table {
	row := func(kind, account string, cents int64) []ui.Cell {
		return []ui.Cell{{Text: f.T("payments.posting." + kind)}, {Text: f.T("payments.account." + account)}, {Text: f.Money(money.EUR(cents))}, {Text: "ch_3QdK2b1"}, {Text: f.DayClock(f.Now)}}
	}
	return ui.Table{Label: f.T("desk.postings"), Cols: []ui.Col{{Label: f.T("desk.col.what")}, {Label: f.T("desk.col.account")}, {Label: f.T("desk.col.sum"), Numbers: true}, {Label: f.T("desk.col.provider")}, {Label: f.T("desk.col.when")}},
		Rows: [][]ui.Cell{row("captured", "psp_balance", 8490), row("captured", "held", -8490)}}
}
