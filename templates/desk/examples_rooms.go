package desk

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

func exampleCase(f web.Frame) templ.Component {
	p := exampleQueue(staff(f))
	p.Section, p.Title, p.Window, p.Chips, p.Stats, p.Lead = "desk-cases", f.T("desk.cases"), f.T("desk.cases"), nil, nil, f.N("desk.cases_lead", 1)
	p.Cases = []ui.Case{{URL: "/desk/cases/cnv_1", Left: "16 h", At: f.T("desk.at", "Clock", "16"), Title: f.T("desk.general_case"), Why: f.T("desk.case_waits", "Who", "Noora Lindqvist", "Since", f.Span(8*time.Hour)), Open: true}}
	p.Open = ShowTalk(p.Frame, Talk{
		Title: f.T("desk.general_case"), Ref: f.T("desk.case"), Who: examplePersonCard(f, "Noora Lindqvist", "usr_noora", "Turku"), Rows: exampleRows(f),
		Trade: &ui.LinkRow{URL: "/desk/orders/ord_1", Icon: "package", Label: "Wintec-yleissatula 17\"", More: f.T("desk.case_trade_more")},
		Write: &Write{URL: "/desk/cases/cnv_1", Max: 4000, Lead: f.T("desk.case_lead", "Who", "Noora", "Name", "Salla")},
		Close: &ui.Button{Label: f.T("desk.close"), URL: "/desk/cases/cnv_1/close", Post: true, Kind: "quiet", Small: true},
	})
	return ShowQueue(p)
}

func exampleReport(f web.Frame) templ.Component {
	p := exampleQueue(staff(f))
	p.Section, p.Title, p.Window, p.Stats, p.Lead = "desk-reports", f.T("desk.reports"), f.T("desk.reports"), nil, f.N("desk.reports_lead.open", 1)
	p.Chips = []ui.Chip{{URL: "/desk/reports", Label: f.T("desk.report_state.open"), Current: true}, {URL: "/desk/reports?state=upheld", Label: f.T("desk.report_state.upheld")}}
	p.Cases = []ui.Case{{URL: "/desk/reports/rep_1", Left: f.Clock(f.Now), At: f.Day(f.Now), Title: f.T("messaging.reason_fraud"), Why: f.T("desk.report_line.listing", "Who", "Noora Lindqvist"), Open: true}}
	p.Open = ShowReported(p.Frame, Reported{
		Act: Act{About: f.T("desk.report_kind.listing"), Title: f.T("messaging.reason_fraud"), URL: "/desk/reports/rep_1", Reason: ui.Field{Name: "note", Label: f.T("desk.reason"), Hint: f.T("desk.reason_log"), Max: 1000},
			Choice: &ui.Choices{Name: "what", Legend: f.T("desk.decide_what"), Options: []ui.Choice{
				{Value: "hide", Label: f.T("desk.decide.hide_listing"), More: f.T("desk.decide.hide_listing_more")},
				{Value: "suspend", Label: f.T("desk.decide.suspend", "Who", "Pia Salo"), More: f.T("desk.will.suspend")},
				{Value: "dismiss", Label: f.T("desk.decide.dismiss"), More: f.T("desk.decide.dismiss_more")}}},
			Button: ui.Button{Label: f.T("desk.decide_do")}},
		Facts: []ui.Fact{{Term: f.T("desk.reported_by"), Text: "Noora Lindqvist", URL: "/desk/people/usr_noora"}, {Term: f.T("desk.col.when"), Text: f.DayClock(f.Now)}},
		Words: layout.Pick(f, "Samat kuvat ovat toisessa ilmoituksessa.", "Samma bilder finns i en annan annons.", "The same photos are in another listing."),
		Thing: ui.LinkRow{URL: "/desk/listings/lst_1", Icon: "tag", Label: "Kilpailutakki 38", More: f.T("desk.report_kind.listing")},
	})
	return ShowQueue(p)
}

func examplePeople(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-people"
	row := func(name, mail, kind, state, trades string) []ui.Cell {
		return []ui.Cell{{Text: name, URL: "/desk/people/usr_1"}, {Text: mail}, {Tag: &ui.Tag{Kind: kind, Text: f.T(state)}}, {Text: trades}, {Text: f.Date(f.Now)}}
	}
	return ShowList(List{Frame: f, Title: f.T("desk.people"), Search: &Search{URL: "/desk/people", Label: f.T("desk.people_search"), ChipsLabel: f.T("desk.filter_state"), Chips: []ui.Chip{
		{URL: "/desk/people", Label: f.T("desk.person_state.all"), Current: true}, {URL: "/desk/people?status=suspended", Label: f.T("desk.person_state.suspended")}}},
		Tables: []ui.Table{{Label: f.T("desk.people"), Cols: []ui.Col{{Label: f.T("desk.col.name")}, {Label: f.T("desk.col.email")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.trades"), Numbers: true}, {Label: f.T("desk.col.joined")}},
			Rows: [][]ui.Cell{row("Anna Koskela", "anna@example.fi", "go", "desk.person_state.active", "14"), row("Pia Salo", "pia@example.fi", "bad", "desk.person_state.suspended", "2")}}},
		Pager: ui.Pager{Label: f.T("desk.pages"), Next: "/desk/people?before=usr_1", More: f.T("desk.more")}})
}

func examplePerson(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-people"
	card := examplePersonCard(f, "Pia Salo", "usr_pia", "Kuopio")
	return ShowProfile(Profile{
		Frame: f, Window: "Pia Salo", Back: "/desk/people", BackWord: f.T("desk.back_people"), Title: "Pia Salo", Tag: &ui.Tag{Kind: "go", Text: f.T("desk.person_state.active")}, Lead: "pia@example.fi", Card: &card,
		Facts: []ui.Fact{{Term: f.T("desk.col.joined"), Text: f.DayClock(f.Now)}, {Term: f.T("desk.sessions"), Text: "2"}},
		Links: []ui.LinkRow{{URL: "/people/usr_pia", Icon: "eye", Label: f.T("desk.as_others")}, {URL: "/desk/listings?seller=usr_pia", Icon: "tag", Label: f.T("desk.their_listings")}},
		Act: &Act{Title: f.T("desk.do.suspend"), Will: []ui.Line{{Icon: "info", Text: f.T("desk.will.suspend")}}, URL: "/desk/people/usr_pia/suspend",
			Reason: ui.Field{Name: "note", Label: f.T("desk.reason"), Hint: f.T("desk.reason_log"), Max: 1000}, Button: ui.Button{Label: f.T("desk.do.suspend"), Kind: "bad"}},
		Tables: []ui.Table{{Label: f.T("desk.trades"), Cols: []ui.Col{{Label: f.T("desk.col.ref")}, {Label: f.T("desk.col.title")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.sum"), Numbers: true}},
			Rows: [][]ui.Cell{{{Text: "K-7F3Q", URL: "/desk/orders/ord_1"}, {Text: "Kilpailutakki 38"}, {Text: f.T("desk.state.name.completed")}, {Text: f.Money(money.EUR(7000))}}}}},
	})
}

func exampleLedger(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-ledger"
	row := func(account string, cents int64) []ui.Cell {
		return []ui.Cell{{Text: f.T("payments.account." + account)}, {Text: f.Money(money.EUR(cents))}}
	}
	return ShowList(List{Frame: f, Title: f.T("desk.ledger"), Lead: f.T("desk.ledger_lead"), Search: &Search{URL: "/desk/ledger", Label: f.T("desk.ledger_search")},
		Tables: []ui.Table{
			{Label: f.T("desk.balances"), Cols: []ui.Col{{Label: f.T("desk.col.account")}, {Label: f.T("desk.col.sum"), Numbers: true}},
				Rows: [][]ui.Cell{row("psp_balance", 8490), row("held", -8490), {{Text: f.T("desk.sum_zero")}, {Text: f.Money(money.EUR(0))}}}},
			examplePostings(f),
		}})
}

func exampleEffect(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-effect"
	kind := func(k string) string { return f.T("desk.effect_kind." + k) }
	row := func(cells ...string) []ui.Cell {
		out := make([]ui.Cell, len(cells))
		for i, c := range cells {
			out[i].Text = c
		}
		return out
	}
	col := func(key string, numbers bool) ui.Col { return ui.Col{Label: f.T("desk.col." + key), Numbers: numbers} }
	between := func(value, low, high float64) string {
		return f.T("desk.effect_range", "Value", f.Decimal(value), "Low", f.Decimal(low), "High", f.Decimal(high))
	}
	line := func(label string, value, low, high float64) ui.Interval {
		return ui.Interval{Label: label, Value: value, Low: low, High: high, Clear: low > 0 || high < 0, Text: between(value, low, high)}
	}
	counted := func(k, n, held string, reminded, left, value, low, high float64) []ui.Cell {
		return row(kind(k), n, held, f.Decimal(reminded), f.Decimal(left), between(value, low, high))
	}
	step := kind("ship") + " · " + f.T("desk.when.before", "Span", f.N("desk.hours_short", 30))
	return ShowEffect(Effect{Frame: f, Title: f.T("desk.effect"), Lead: f.T("desk.effect_lead"), ChipsLabel: f.T("desk.effect_span"),
		Chips: []ui.Chip{{URL: "/desk/effect?days=30", Label: f.T("desk.effect_days", "Days", 30)}, {URL: "/desk/effect?days=90", Label: f.T("desk.effect_days", "Days", 90), Current: true}},
		CSV:   ui.Button{Label: f.T("desk.effect_csv"), URL: "/desk/effect.csv?days=90", Kind: "quiet", Small: true},
		Parts: []Measured{{ID: "hours", Title: f.T("desk.effect_hours"), Findings: []string{
			f.T("desk.effect_found_hours", "Kind", kind("ship"), "Hours", f.Decimal(11.3), "Low", f.Decimal(8.1), "High", f.Decimal(14.5)), f.T("desk.effect_open")},
			Chart: ui.Forest{Label: f.T("desk.effect_hours"), Less: f.T("desk.effect_later"), More: f.T("desk.effect_sooner"), Rows: []ui.Interval{
				line(kind("ship"), 11.3, 8.1, 14.5), line(kind("collect"), 2.2, -1.4, 5.8), line(kind("answer_message"), -.4, -2.1, 1.3)}},
			Table: ui.Table{Label: f.T("desk.effect_hours"), Cols: []ui.Col{col("turn", false), col("reminded", true), col("held", true), col("mean_reminded", true), col("mean_held", true), col("saved", true)},
				Rows: [][]ui.Cell{counted("ship", "412", "46", 31.2, 42.5, 11.3, 8.1, 14.5), counted("collect", "388", "41", 40.1, 42.3, 2.2, -1.4, 5.8),
					counted("answer_message", "1204", "133", 5.2, 4.8, -.4, -2.1, 1.3)}}},
			{ID: "steps", Title: f.T("desk.effect_steps"), Findings: []string{f.T("desk.effect_nothing")},
				Chart: ui.Forest{Label: f.T("desk.effect_steps"), Less: f.T("desk.effect_seldomer"), More: f.T("desk.effect_oftener"), Rows: []ui.Interval{
					line(step, 4.1, -3.9, 12.1), line(step+", "+strings.ToLower(f.T("desk.policy_to.waiter")), -3.6, -9.4, 2.2)}},
				Table: ui.Table{Label: f.T("desk.effect_steps"), Cols: []ui.Col{col("turn", false), col("points", true)},
					Rows: [][]ui.Cell{row(kind("ship"), between(4.1, -3.9, 12.1))}}}},
		MethodTitle: f.T("desk.effect_method"), Method: []string{f.T("desk.effect_method_lot"), f.T("desk.effect_method_all"), f.T("desk.effect_method_interval")},
	})
}
