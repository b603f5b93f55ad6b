package desk

import (
	"strings"
	"time"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/templates/ui"
)

// rules is a policy as people read it: every turn, its deadline and who is
// reminded when and by what.
func rules(f web.Frame, p nudges.Policy) ui.Table {
	t := ui.Table{Label: f.T("desk.policy_rules"), Cols: []ui.Col{
		{Label: f.T("desk.col.turn")}, {Label: f.T("desk.col.deadline")}, {Label: f.T("desk.col.reminders")}}}
	for _, k := range nudges.Kinds() {
		l := p.Ladders[k]
		within := termWords(f, l.Within)
		if l.Aim != (orders.Term{}) {
			within += ", " + f.T("desk.term.aim", "Term", termWords(f, l.Aim))
		}
		if l.Offered != (orders.Term{}) {
			within += ", " + f.T("desk.term.offered", "Term", termWords(f, l.Offered))
		}
		var lines []string
		for _, s := range l.Steps {
			lines = append(lines, stepLine(f, s))
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: f.T("desk.effect_kind." + string(k))}, {Text: within}, {Body: ui.Lines(lines)}})
	}
	return t
}

// stepLine is a reminder in words: when, to whom, by what.
func stepLine(f web.Frame, s nudges.Step) string {
	by := make([]string, len(s.By))
	for i, c := range s.By {
		by[i] = strings.ToLower(f.T("desk.effect_channel." + c))
	}
	line := "**" + whenWords(f.Speaker, s) + "** " + strings.ToLower(f.T("desk.policy_to."+s.To)) + ": " + strings.Join(by, ", ")
	if s.Warning {
		line += " · " + f.T("desk.policy_warning")
	}
	return line
}

// whenWords is the time of a reminder.
func whenWords(f *i18n.Speaker, s nudges.Step) string {
	if s.AtOnce() {
		return f.T("desk.when.at_once")
	}
	words := f.T("desk.when."+string(s.When), "Span", f.N("desk.hours_short", int(s.Waking.Hours())))
	if s.When == nudges.AfterAim && s.Waking == 0 {
		words = f.T("desk.when.missed")
	}
	if s.Later > 0 {
		words += " " + f.T("desk.when.later", "Span", f.Span(s.Later))
	}
	return words
}

// stepWords names a reminder by its time, as the policy has it; one that it does
// not have any more, by its name.
func stepWords(f *i18n.Speaker, p nudges.Policy, k turn.Kind, name string) string {
	if s, ok := p.Ladders[k].Step(name); ok {
		return whenWords(f, s)
	}
	return f.T("desk.step_gone", "Name", name)
}

// termWords is a deadline in words.
func termWords(f web.Frame, t orders.Term) string {
	switch {
	case t.Base == orders.FromEstimate:
		return f.T("desk.term.estimate", "Span", f.Span(t.Length))
	case t.Base == orders.FromHold:
		return f.T("desk.term.hold", "Span", f.Span(t.Length))
	case t.BusinessDays > 0:
		return f.N("desk.term.business", t.BusinessDays)
	case t.Waking > 0:
		return f.N("desk.term.waking", int(t.Waking/time.Hour))
	case t.Length == 0:
		return f.T("desk.term.none")
	}
	return f.Span(t.Length)
}
