package desk

import (
	"math"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/nudges"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// hourBy and pointsBy turn an estimate into what is shown: hours, or points of a
// percent.
const (
	hourBy   = 1
	pointsBy = 100
)

// measures words an Effect, reminders as the live policy has them.
type measures struct {
	*i18n.Speaker
	policy nudges.Policy
}

// parts are the comparisons of the page.
func (v measures) parts(e nudges.Effect) []pages.Measured {
	return []pages.Measured{v.hours(e.Turns), v.done(e.Turns), v.steps(e), v.ways(e.Ways)}
}

// kind is a turn as a noun.
func (v measures) kind(k turn.Kind) string { return v.T("desk.effect_kind." + string(k)) }

// step is a reminder in words, with its reader when that is not who owes.
func (v measures) step(k turn.Kind, name string) string {
	words := stepWords(v.Speaker, v.policy, k, name)
	if s, ok := v.policy.Ladders[k].Step(name); ok && s.To != nudges.ToOwner {
		words += ", " + strings.ToLower(v.T("desk.policy_to."+s.To))
	}
	return words
}

// hours compares how long turns took.
func (v measures) hours(ts []nudges.TurnEffect) pages.Measured {
	m := pages.Measured{ID: "hours", Title: v.T("desk.effect_hours"), Chart: ui.Forest{
		Label: v.T("desk.effect_hours"), Less: v.T("desk.effect_later"), More: v.T("desk.effect_sooner"),
	}, Table: v.table("desk.effect_hours", "turn", "reminded", "held", "mean_reminded", "mean_held", "saved")}
	var all []nudges.Estimate
	for _, t := range ts {
		v.add(&m, v.kind(t.Kind), t.Saved, hourBy, "hours")
		all = append(all, t.Saved)
		m.Table.Rows = append(m.Table.Rows, row(v.kind(t.Kind), strconv.Itoa(t.Treated.N), strconv.Itoa(t.Held.N),
			v.mean(t.Treated), v.mean(t.Held), v.estimate(t.Saved, hourBy)))
	}
	v.rest(&m, all)
	return m
}

// done compares how often turns ended with the act, and how people complained.
func (v measures) done(ts []nudges.TurnEffect) pages.Measured {
	m := pages.Measured{ID: "done", Title: v.T("desk.effect_done"), Chart: ui.Forest{
		Label: v.T("desk.effect_done"), Less: v.T("desk.effect_seldomer"), More: v.T("desk.effect_oftener"),
	}, Table: v.table("desk.effect_done", "turn", "done_reminded", "done_held", "points", "mutes", "asked", "stopped")}
	var all []nudges.Estimate
	for _, t := range ts {
		v.add(&m, v.kind(t.Kind), t.Completion, pointsBy, "done")
		all = append(all, t.Completion)
		m.Table.Rows = append(m.Table.Rows, row(v.kind(t.Kind), v.share(t.Treated.Done), v.share(t.Held.Done),
			v.estimate(t.Completion, pointsBy), strconv.Itoa(t.Mutes), strconv.Itoa(t.Asked), strconv.Itoa(t.Stopped)))
	}
	v.rest(&m, all)
	return m
}

// steps compares what followed each reminder.
func (v measures) steps(e nudges.Effect) pages.Measured {
	m := pages.Measured{ID: "steps", Title: v.T("desk.effect_steps"), Chart: ui.Forest{
		Label: v.T("desk.effect_steps"), Less: v.T("desk.effect_seldomer"), More: v.T("desk.effect_oftener"),
	}, Table: v.table("desk.effect_steps", "turn", "step", "acted", "held", "points", "median", "median_held", "sooner", "mutes")}
	var all []nudges.Estimate
	for _, s := range e.Steps {
		v.add(&m, v.kind(s.Kind)+" · "+v.step(s.Kind, s.Step), s.Acted, pointsBy, "done")
		all = append(all, s.Acted)
		m.Table.Rows = append(m.Table.Rows, row(v.kind(s.Kind), v.step(s.Kind, s.Step), v.share(s.Sent), v.share(s.Held), v.estimate(s.Acted, pointsBy),
			v.Decimal(s.Median[0]), v.Decimal(s.Median[1]), v.estimate(s.Sooner, hourBy), strconv.Itoa(s.Mutes)))
	}
	v.rest(&m, all)
	if e.Cut {
		m.Findings = append(m.Findings, v.T("desk.effect_cut", "Most", nudges.MaxMeasured))
	}
	return m
}

// ways counts what became of messages.
func (v measures) ways(ws []nudges.WayEffect) pages.Measured {
	m := pages.Measured{ID: "ways", Title: v.T("desk.effect_ways"),
		Table: v.table("desk.effect_ways", "turn", "step", "channel", "sent", "delivered", "acted", "failed")}
	for _, w := range ws {
		m.Table.Rows = append(m.Table.Rows, row(v.kind(w.Kind), v.step(w.Kind, w.Step), v.T("desk.effect_channel."+w.Channel), strconv.Itoa(w.Sent),
			v.share(nudges.Share{K: w.Delivered, N: w.Sent}), v.share(nudges.Share{K: w.Acted, N: w.Sent}), strconv.Itoa(w.Failed)))
	}
	return m
}

// add draws a difference, and says it in a sentence when it is a finding.
func (v measures) add(m *pages.Measured, label string, e nudges.Estimate, by float64, words string) {
	if !e.Enough {
		return
	}
	m.Chart.Rows = append(m.Chart.Rows, ui.Interval{
		Label: label, Value: e.Value * by, Low: e.Low * by, High: e.High * by, Clear: e.Clear(), Text: v.estimate(e, by),
	})
	if !e.Clear() {
		return
	}
	key, low, high := "desk.effect_found_"+words, e.Low, e.High
	if e.Value < 0 {
		key, low, high = "desk.effect_worse_"+words, -e.High, -e.Low
	}
	size := v.Decimal(math.Abs(e.Value) * by)
	m.Findings = append(m.Findings, v.T(key, "Kind", label, "Hours", size, "Points", size, "Low", v.Decimal(low*by), "High", v.Decimal(high*by)))
}

// rest says what was not found, where something was not.
func (v measures) rest(m *pages.Measured, all []nudges.Estimate) {
	for _, e := range all {
		if !e.Clear() {
			key := "desk.effect_open"
			if len(m.Findings) == 0 {
				key = "desk.effect_nothing"
			}
			m.Findings = append(m.Findings, v.T(key))
			return
		}
	}
}

// table is an empty table with columns desk.col.<name>; what is counted stands
// to the right.
func (v measures) table(label string, cols ...string) ui.Table {
	t := ui.Table{Label: v.T(label)}
	for _, c := range cols {
		t.Cols = append(t.Cols, ui.Col{Label: v.T("desk.col." + c), Numbers: c != "turn" && c != "step" && c != "channel"})
	}
	return t
}

func row(cells ...string) []ui.Cell {
	out := make([]ui.Cell, len(cells))
	for i, c := range cells {
		out[i].Text = c
	}
	return out
}

// mean is the mean of some turns' hours; – when there were none.
func (v measures) mean(a nudges.Group) string {
	if a.N == 0 {
		return "–"
	}
	return v.Decimal(a.Mean)
}

// share is a share in percent with its numbers.
func (v measures) share(s nudges.Share) string {
	if s.N == 0 {
		return "–"
	}
	return v.T("desk.effect_of", "Share", v.Decimal(s.Of()*100), "K", s.K, "N", s.N)
}

// estimate is a difference with its interval.
func (v measures) estimate(e nudges.Estimate, by float64) string {
	if !e.Enough {
		return v.T("desk.effect_few")
	}
	return v.T("desk.effect_range", "Value", v.Decimal(e.Value*by), "Low", v.Decimal(e.Low*by), "High", v.Decimal(e.High*by))
}
