package nudges

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

// Examples are the pages of links with invented data.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "link-menu", Make: func(f web.Frame) templ.Component { return ShowMenu(f, exampleMenu(f)) }},
		{Name: "link-slot", Make: func(f web.Frame) templ.Component {
			p := exampleDeed(f, "plan", "calendar")
			p.Title = say(f, "link.plan.title_when")
			return ShowDeed(f, p)
		}},
		{Name: "link-times", Make: func(f web.Frame) templ.Component { return ShowDeed(f, exampleTimes(f)) }},
		{Name: "link-fine", Make: func(f web.Frame) templ.Component { return ShowDeed(f, exampleDeed(f, "fine", "check")) }},
		{Name: "link-cannot", Make: func(f web.Frame) templ.Component {
			p := exampleDeed(f, "cant", "x")
			p.Button.Kind = "bad"
			p.Text = &ui.Field{Name: "note", Label: f.T("trade.field.why"), Optional: true, Max: 2000}
			return ShowDeed(f, p)
		}},
		{Name: "link-problem", Make: func(f web.Frame) templ.Component { return ShowDeed(f, exampleProblem(f)) }},
		{Name: "link-reply", Make: func(f web.Frame) templ.Component { return ShowDeed(f, exampleReply(f)) }},
		{Name: "link-review", Make: func(f web.Frame) templ.Component { return ShowDeed(f, exampleReview(f)) }},
		{Name: "link-mute", Make: func(f web.Frame) templ.Component {
			p := exampleDeed(f, "mute", "bell")
			p.Menu = nil
			return ShowDeed(f, p)
		}},
		{Name: "link-done", Make: func(f web.Frame) templ.Component {
			return ShowTold(f, Told{Thing: exampleThing(f), Icon: "circle-check", Title: say(f, "link.plan.done"), Text: say(f, "link.plan.after"),
				Actions: []ui.Button{{Label: say(f, "link.menu"), URL: "/t/x", Kind: "quiet"}}, Foot: exampleFoot(f)})
		}},
		{Name: "link-muted", Make: func(f web.Frame) templ.Component {
			return ShowTold(f, Told{Thing: exampleThing(f), Icon: "circle-check", Title: say(f, "link.mute.done"), Text: say(f, "link.mute.after"),
				Actions: []ui.Button{{Label: say(f, "link.mute.undo"), URL: "/t/x", Post: true, Kind: "quiet"}}, Foot: exampleFoot(f)})
		}},
		{Name: "link-used", Make: func(f web.Frame) templ.Component {
			return ShowTold(f, Told{Thing: exampleThing(f), Icon: "circle-check", Title: say(f, "link.used.title"), Text: say(f, "link.used.text"),
				Actions: []ui.Button{{Label: say(f, "link.open_trade"), URL: "/orders/ord_1", Kind: "quiet"}}, Foot: exampleFoot(f)})
		}},
		{Name: "link-none", Make: func(f web.Frame) templ.Component {
			return ShowTold(f, Told{Icon: "info", Title: f.T("link.none.title"), Text: f.T("link.none.text"),
				Actions: []ui.Button{{Label: f.T("link.none.sign_in"), URL: "/orders"}, {Label: f.T("link.none.help"), URL: "/help", Kind: "bare"}}})
		}},
	}
}

// say fills in what the examples speak of.
func say(f web.Frame, key string) string {
	return f.T(key, "Other", "Noora", "Name", "Anna", "Staff", "Salla", "Ref", "K-7F3Q", "Total", f.Money(money.EUR(8490)),
		"Payout", f.Money(money.EUR(7500)), "Due", f.DayClock(f.Now.Add(4*24*time.Hour)), "When", f.Soon(f.Now.Add(22*time.Hour)),
		"At", f.Soon(f.Now.Add(-2*time.Hour)), "Until", f.DayClock(f.Now.Add(25*24*time.Hour)))
}

func exampleThing(f web.Frame) Thing {
	return Thing{Photo: static.URL("pictures/saddle.svg"), Title: layout.Pick(f, `Wintec-yleissatula 17"`, `Wintec allroundsadel 17"`, `Wintec all-purpose saddle 17"`),
		More: say(f, "link.more")}
}

func exampleFoot(f web.Frame) Foot {
	return Foot{Note: say(f, "link.foot"), Rows: []ui.LinkRow{
		{URL: "/t/x", Name: "Salla", Person: "operator", Label: say(f, "link.person.row"), More: say(f, "link.person.more")},
		{URL: "/t/x", Icon: "bell", Label: say(f, "link.mute.label")},
		{URL: "/orders/ord_1", Icon: "external-link", Label: say(f, "link.open_trade"), More: say(f, "link.open_more")},
	}}
}

func exampleMenu(f web.Frame) Menu {
	p := Menu{
		Thing: exampleThing(f), Title: say(f, "link.turn.ship"), Due: say(f, "link.due"), ISO: f.ISO(f.Now.Add(4 * 24 * time.Hour)),
		Code: "4821 7730", Coded: say(f, "link.code"), Foot: exampleFoot(f),
	}
	for _, x := range []struct{ icon, label string }{
		{"calendar", "link.plan.label"}, {"package-check", "link.posted.label"}, {"qr-code", "link.how.label"},
		{"clock", "link.extend.label"}, {"x", "link.cant.label"},
	} {
		p.Rows = append(p.Rows, ui.LinkRow{URL: "/t/x", Icon: x.icon, Label: say(f, x.label)})
	}
	return p
}

func exampleDeed(f web.Frame, name, icon string) Deed {
	return Deed{
		Thing: exampleThing(f), Title: say(f, "link."+name+".title"), Lead: say(f, "link."+name+".lead"), Action: "/t/x",
		Button: ui.Button{Label: say(f, "link."+name+".button"), Wide: true, Icon: icon},
		Menu:   &ui.Button{Label: say(f, "link.menu"), URL: "/t/x", Kind: "bare"}, Foot: exampleFoot(f),
	}
}

func exampleTimes(f web.Frame) Deed {
	p := exampleDeed(f, "plan", "calendar")
	p.Notes = []ui.Line{{Icon: "info", Text: say(f, "link.plan.gone")}}
	p.Choice = &ui.Choices{Name: "when", Legend: say(f, "link.plan.title"), Options: []ui.Choice{
		{Value: "1", Label: f.T("trade.slots.today"), More: f.T("trade.slots.evening")},
		{Value: "2", Label: f.T("trade.slots.tomorrow"), More: f.T("trade.slots.morning")},
		{Value: "3", Label: f.LongDay(f.Now.Add(48 * time.Hour)), More: f.T("trade.slots.midday")},
	}}
	p.Form.Faults = fault.Faults{fault.Field("when", "orders.when_wrong", "Due", f.Now.Add(4*24*time.Hour))}
	return p
}

func exampleProblem(f web.Frame) Deed {
	p := exampleDeed(f, "problem", "triangle-alert")
	p.Choice = &ui.Choices{Name: "claim", Legend: f.T("trade.field.reason")}
	for _, k := range []string{"missing", "broken", "different", "other"} {
		p.Choice.Options = append(p.Choice.Options, ui.Choice{Value: k, Label: f.T("trade.claim." + k)})
	}
	p.Text = &ui.Field{Name: "note", Label: f.T("trade.field.story"), Hint: f.T("trade.field.story_hint"), Max: 2000, Rows: 6}
	p.Form.Faults = fault.Faults{fault.Field("note", "orders.note_missing")}
	return p
}

func exampleReply(f web.Frame) Deed {
	p := exampleDeed(f, "reply", "message-circle")
	p.Quotes = []Quote{{From: "Noora", At: f.Soon(f.Now.Add(-3 * time.Hour)),
		Text: layout.Pick(f, "Hei! Sopiikohan tämä leveälle suokille?\nSäkä 154.", "Hej! Passar den här en bred finnhäst?\nMankhöjd 154.", "Hi! Would this fit a wide Finnhorse?\n154 at the withers.")}}
	p.Text = &ui.Field{Name: "text", Label: say(f, "link.reply.field"), Max: 4000, Rows: 6}
	return p
}

func exampleReview(f web.Frame) Deed {
	p := exampleDeed(f, "review", "smile")
	p.Rate = &ui.Choices{Name: "verdict", Legend: say(f, "link.review.title"), Options: []ui.Choice{
		{Value: "good", Label: f.T("trade.verdict.good"), Icon: "smile"}, {Value: "ok", Label: f.T("trade.verdict.ok"), Icon: "meh"},
		{Value: "bad", Label: f.T("trade.verdict.bad"), Icon: "frown"},
	}}
	p.Text = &ui.Field{Name: "text", Label: f.T("trade.review_text"), Optional: true, Max: 600}
	p.Menu = nil
	return p
}
