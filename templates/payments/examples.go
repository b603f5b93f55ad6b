package payments

import (
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are the pages with invented data.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "payments-waiting", Make: func(f web.Frame) templ.Component {
			return Payouts(PayoutsPage{Frame: f, Begun: true, Waiting: money.EUR(7500), OnTheWay: money.EUR(0), Sent: money.EUR(0),
				Rows: []PayoutRow{row(f, "Wintec-yleissatula 17\"", "payments.move_waiting", "you", 7500)}})
		}},
		{Name: "payments-ready", Make: func(f web.Frame) templ.Component {
			return Payouts(PayoutsPage{Frame: f, Begun: true, Ready: true, OnTheWay: money.EUR(3500), Sent: money.EUR(123480), Rows: []PayoutRow{
				row(f, "Jalustimet 12 cm", "payments.move_promised", "", 3500), row(f, "Nahkasuitset, full", "payments.move_sent", "go", 4800)}})
		}},
		{Name: "payments-empty", Make: func(f web.Frame) templ.Component { return Payouts(PayoutsPage{Frame: f}) }},
		{Name: "payments-money", Make: func(f web.Frame) templ.Component { return room(f) }},
	}
}

// row is an invented payout.
func row(f web.Frame, title, state, kind string, minor int64) PayoutRow {
	return PayoutRow{Title: title, URL: "/orders/ord_1", When: f.Day(f.Now), Tag: ui.Tag{Kind: kind, Text: f.T(state)}, Sum: f.Money(money.EUR(minor))}
}

// fold is an invented trade's money.
func fold(f web.Frame) Money {
	paid := f.Now.Add(-time.Hour)
	return Money{Where: f.T("payments.where_buyer.held"), Lines: []ui.SumLine{
		{Label: "Wintec-yleissatula 17\"", Amount: f.Money(money.EUR(7500))},
		{Label: map[string]string{"fi": "Toimitus", "sv": "Leverans", "en": "Delivery"}[f.Lang], Amount: f.Money(money.EUR(590))},
		{Label: f.T("payments.line_total"), Amount: f.Money(money.EUR(8090)), Total: true},
	}, Facts: []ui.Fact{{Term: f.T("payments.fact_paid"), Text: f.DayClock(paid)}, {Term: f.T("payments.fact_method"), Text: f.T("payments.method.mobilepay")}}}
}
