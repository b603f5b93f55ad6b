package desk

import (
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

func exampleCalls(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-calls"
	note := func(id string) ui.Field {
		return ui.Field{Name: "note-" + id, Label: f.T("desk.call_note"), Max: 1000, Rows: 2, Optional: true}
	}
	return ShowCalls(Calls{Frame: f, Title: f.T("desk.calls"), Lead: f.T("desk.calls_lead"), Calls: []Call{
		{ID: "call-1", Name: "Anna Koskela", Why: f.T("desk.slow.line.ship", "Who", "Anna") + " " + f.T("desk.call_why.failed", "Who", "Anna"),
			Phone: &ui.Button{Label: "040 123 4567", URL: "tel:0401234567", Kind: "quiet", Small: true, Icon: "phone"},
			Trade: ui.LinkRow{URL: "/desk/orders/ord_1", Icon: "package", Label: "K-7F3Q · Wintec-yleissatula 17\"", More: f.T("desk.call_due", "Due", f.DayClock(f.Now.Add(30*time.Hour)))}, URL: "/desk/calls/cal_1", Note: note("cal_1")},
		{ID: "call-2", Name: "Pia Salo", Why: f.T("desk.slow.line.collect", "Who", "Pia") + " " + f.T("desk.call_why.no_channel", "Who", "Pia"), NoPhone: f.T("desk.call_no_number"),
			Trade: ui.LinkRow{URL: "/desk/orders/ord_2", Icon: "package", Label: "K-2XAB · Kilpailutakki 38", More: f.T("desk.call_due", "Due", f.DayClock(f.Now.Add(50*time.Hour)))}, URL: "/desk/calls/cal_2", Note: note("cal_2")},
	}})
}

// exampleText is the beginning of a policy.
const exampleText = `version = "2026-11"
cap = 3
holdout = 10

[[turn]]
kind = "ship"
within = "5 business days"
aim = "3 business days"
steps = [
  { name = "start", after = "soon", to = "owner", by = ["app", "push", "email"], text = "ship_start" },
]
`

func examplePolicies(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-policy"
	form := web.Filled("text", exampleText, "note", layout.Pick(f, "Vähemmän viestejä.", "Färre meddelanden.", "Fewer messages."))
	form.Faults = fault.Faults{fault.Field("text", "desk.policy_broken")}
	row := func(name, kind, state, note string) []ui.Cell {
		return []ui.Cell{{Text: name, URL: "/desk/policy/1"}, {Tag: &ui.Tag{Kind: kind, Text: f.T(state)}}, {Text: f.DayClock(f.Now)}, {Text: "Salla"}, {Text: note}}
	}
	return ShowPolicies(Policies{Frame: f, Title: f.T("desk.policy"), Lead: f.T("desk.policy_lead"),
		Versions: ui.Table{Label: f.T("desk.policy_versions"), Cols: []ui.Col{{Label: f.T("desk.col.version")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.when")}, {Label: f.T("desk.col.by")}, {Label: f.T("desk.col.note")}},
			Rows: [][]ui.Cell{row("v2", "", "desk.policy_state.draft", ""), row("v1", "go", "desk.policy_state.live", layout.Pick(f, "Kaksi riittää.", "Två räcker.", "Two are enough."))}},
		Change: ui.Button{Label: f.T("desk.policy_change"), URL: "/desk/policy/1/edit", Small: true},
		Rules:  exampleRules(f), RulesTitle: f.T("desk.policy_rules"), RulesHint: f.T("desk.policy_rules_hint"),
		Edit: f.T("desk.policy_by_hand"), Editing: true,
		Draft: Draft{Title: f.T("desk.policy_draft"), URL: "/desk/policy", Form: form, Wrong: []string{`line 9: ship, step "start": "soon" is not a time such as "20h"`},
			Text:   ui.Field{Name: "text", Label: f.T("desk.policy_text"), Hint: f.T("desk.policy_text_hint"), Max: 100_000, Rows: 24, Class: "source"},
			Note:   ui.Field{Name: "note", Label: f.T("desk.policy_note"), Max: 500, Rows: 2, Optional: true},
			Button: ui.Button{Label: f.T("desk.policy_save")}}})
}

// exampleRules is a policy in words.
func exampleRules(f web.Frame) ui.Table {
	after := func(h int) string { return f.T("desk.when.after", "Span", f.N("desk.hours_short", h)) }
	return ui.Table{Label: f.T("desk.policy_rules"), Cols: []ui.Col{{Label: f.T("desk.col.turn")}, {Label: f.T("desk.col.deadline")}, {Label: f.T("desk.col.reminders")}},
		Rows: [][]ui.Cell{
			{{Text: f.T("desk.effect_kind.pay")}, {Text: "30 min"}, {Body: ui.Lines([]string{"**" + after(3) + "**"})}},
			{{Text: f.T("desk.effect_kind.ship")}, {Text: f.N("desk.term.business", 5)}, {Body: ui.Lines([]string{
				"**" + f.T("desk.when.at_once") + "**", "**" + after(20) + "**", "**" + f.T("desk.when.before", "Span", f.N("desk.hours_short", 24)) + "** · " + f.T("desk.policy_warning"),
			})}},
		}}
}

func exampleVersion(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-policy"
	row := func(kind, step, to, would, sent string) []ui.Cell {
		return []ui.Cell{{Text: f.T("desk.effect_kind." + kind)}, {Text: step}, {Text: f.T("desk.policy_to." + to)}, {Text: would}, {Text: sent}}
	}
	return ShowVersion(Version{Frame: f, Title: f.T("desk.policy_version", "Version", "v2"), Lead: layout.Pick(f, "Vähemmän viestejä.", "Färre meddelanden.", "Fewer messages."), Back: "/desk/policy", BackWord: f.T("desk.policy"),
		Try: []ui.Button{{Label: f.T("desk.policy_verify"), URL: "/desk/policy/2?try=verify#result", Kind: "quiet", Small: true, Icon: "check"},
			{Label: f.T("desk.policy_replay"), URL: "/desk/policy/2?try=replay#result", Kind: "quiet", Small: true, Icon: "rotate-ccw"}},
		Edit: []ui.Button{{Label: f.T("desk.policy_edit"), URL: "/desk/policy/2/edit", Kind: "bare", Small: true},
			{Label: f.T("desk.policy_as_text"), URL: "/desk/policy?from=2#draft", Kind: "bare", Small: true}},
		Findings: []string{f.T("desk.policy_would", "Would", 1204, "People", 230, "Sent", 1616, "Turns", 880), f.T("desk.policy_lapses", "Lapses", 31, "Later", 7, "Sooner", 0)},
		Tables: []ui.Table{{Label: f.T("desk.policy_replay"), Cols: []ui.Col{{Label: f.T("desk.col.turn")}, {Label: f.T("desk.col.step")}, {Label: f.T("desk.col.reader")}, {Label: f.T("desk.col.would"), Numbers: true}, {Label: f.T("desk.col.sent"), Numbers: true}},
			Rows: [][]ui.Cell{row("ship", "start", "owner", "188", "188"), row("ship", "day", "owner", "0", "61"), row("collect", "late", "owner", "44", "47")}}},
		Live: &GoLive{Title: f.T("desk.policy_go_live"), URL: "/desk/policy/2/live", Form: web.Filled("at", "2026-11-24T12:00"),
			Will:   []ui.Line{{Icon: "info", Text: f.T("desk.will.policy_live")}, {Icon: "clock", Text: f.T("desk.will.policy_open")}},
			At:     ui.Field{Name: "at", Label: f.T("desk.policy_at"), Hint: f.T("desk.policy_at_hint"), Type: "datetime-local", Width: "m"},
			Button: ui.Button{Label: f.T("desk.policy_go_live")}},
		Text: exampleText, TextWord: f.T("desk.policy_source"),
	})
}

// examplePolicyForm is the form of a policy with two kinds of turns, one of
// which has a fault.
func examplePolicyForm(f web.Frame) templ.Component {
	f = staff(f)
	f.Section = "desk-policy"
	form := web.Filled("cap", "3", "holdout", "10", "pay.within", "30", "pay.within.unit", "min", "ship.within", "5", "ship.within.unit", "business",
		"ship.0.name", "day", "ship.0.at", "soon", "ship.0.when", "after", "ship.0.to", "owner", "ship.0.text", "ship_day", "ship.0.by", "app", "ship.0.by", "email", "ship.0.tell", "app")
	form.Faults = fault.Faults{fault.Field("ship.0.at", "nudges.policy_time", "Value", "soon", "Days", 90)}
	options := func(key string, values ...string) (out []ui.Option) {
		for _, v := range values {
			out = append(out, ui.Option{Value: v, Label: f.T(key + v)})
		}
		return out
	}
	term := func(kind, name string) TermFields {
		return TermFields{Number: ui.Field{Name: kind + "." + name, Label: f.T("desk.policy_term." + name), Width: "s", InputMode: "numeric", Optional: name != "within"},
			Unit: ui.Field{Name: kind + "." + name + ".unit", Label: f.T("desk.policy_unit")}, Units: options("desk.policy_unit.", "min", "h", "waking", "days", "business", "estimate", "hold")}
	}
	var ways []ui.Check
	for _, c := range []string{"app", "push", "email", "text"} {
		ways = append(ways, ui.Check{Value: c, Label: f.T("desk.effect_channel." + c)})
	}
	words := []ui.Option{{Value: "ship_day", Label: layout.Pick(f, "… odottaa: …", "… väntar: …", "… is waiting: …")}}
	return ShowPolicyForm(PolicyForm{Frame: f, Title: f.T("desk.policy_change"), Lead: f.T("desk.policy_form_lead", "Version", "v1"), Back: "/desk/policy", BackWord: f.T("desk.policy"),
		Hint: f.T("desk.policy_form_hint"), Hints: []string{f.T("desk.policy_time_hint"), f.T("desk.policy_again_hint"), f.T("desk.policy_warn_hint"), f.T("desk.policy_tell_hint")}, AsText: ui.Button{Label: f.T("desk.policy_as_text"), URL: "/desk/policy?from=1#draft", Kind: "bare", Small: true}, URL: "/desk/policy/1/edit",
		All: []ui.Field{{Name: "cap", Label: f.T("desk.policy_cap"), Hint: f.T("desk.policy_cap_hint"), Width: "s"},
			{Name: "holdout", Label: f.T("desk.policy_holdout"), Hint: f.T("desk.policy_holdout_hint"), Unit: "%"}},
		Turns: []TurnForm{
			{ID: "pay", Title: f.T("desk.effect_kind.pay"), More: f.N("desk.policy_steps", 0), Terms: []TermFields{term("pay", "within"), term("pay", "offered")}},
			{ID: "ship", Title: f.T("desk.effect_kind.ship"), More: f.N("desk.policy_steps", 1), Open: true, Terms: []TermFields{term("ship", "within"), term("ship", "aim")},
				Steps: []StepForm{{At: "ship.0.", Legend: f.T("desk.policy_step", "N", 1), Texts: words}, {At: "ship.1.", Legend: f.T("desk.policy_step_new"), Texts: words, New: true}}},
		},
		Words: StepFields{At: ui.Field{Name: "at", Label: f.T("desk.policy_time"), Width: "s"},
			When: ui.Field{Name: "when", Label: f.T("desk.policy_when")}, Whens: options("desk.policy_when.", "after", "before", "before_aim", "after_aim"),
			To: ui.Field{Name: "to", Label: f.T("desk.policy_whom")}, Tos: options("desk.policy_to.", "owner", "waiter", "operator"),
			Text: ui.Field{Name: "text", Label: f.T("desk.policy_words")}, Choose: f.T("desk.policy_words_choose"),
			By: f.T("desk.policy_by"), Tell: f.T("desk.policy_tell"), Channels: ways,
			Warning: ui.Check{Name: "warning", Value: "1", Label: f.T("desk.policy_warn")},
			Every:   ui.Field{Name: "every", Label: f.T("desk.policy_again"), Width: "s", Optional: true}, Times: ui.Field{Name: "times", Label: f.T("desk.policy_times"), Unit: "×"},
			Out: ui.Check{Name: "out", Value: "1", Label: f.T("desk.policy_out")}},
		Note: ui.Field{Name: "note", Label: f.T("desk.policy_note"), Rows: 2, Optional: true}, Button: ui.Button{Label: f.T("desk.policy_save")}, Form: form})
}
