package nudges

import (
	"sort"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// warningLead is the waking time a person has, at the very least, between the
// last warning and a deadline that costs them something.
const warningLead = 24 * time.Hour

// warningSlack is how much earlier than that a last warning is planned, so that
// a sweep that comes a little late moves no deadline.
const warningSlack = 30 * time.Minute

// Planned is a step and its moment.
type Planned struct {
	Step
	At clock.Instant
}

// readers gives the quiet hours of whoever a step speaks to.
type readers func(to string) calendar.Quiet

// plan is a turn's ladder with the moment of each step, in order of time. No
// step comes before the turn began, none in its reader's quiet hours, and none
// after the deadline.
func (l Ladder) plan(t turn.Turn, quiet readers) []Planned {
	var ps []Planned
	for _, s := range l {
		q := quiet(s.To)
		at := calendar.NextWaking(calendar.WakingAdd(t.OpenedAt, s.Waking, q), q)
		if !s.Early {
			lead := s.Waking
			if s.Warning {
				lead += warningSlack
			}
			at = max(calendar.WakingBefore(t.DueAt, lead, q), calendar.NextWaking(t.OpenedAt, q))
		}
		if at.Before(t.DueAt) || s.Warning {
			ps = append(ps, Planned{s, at})
		}
	}
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].At < ps[j].At })
	return ps
}

// fit is the deadline a turn needs so that its last warning leaves the owner
// enough waking time: the turn's own, or a later one.
func (l Ladder) fit(t turn.Turn, quiet readers) clock.Instant {
	for _, p := range l.plan(t, quiet) {
		if p.Warning {
			return max(t.DueAt, calendar.WakingAdd(p.At, warningLead+warningSlack, quiet(p.To)))
		}
	}
	return t.DueAt
}

// askAfter is the waking time after a promised moment at which somebody is
// asked whether it came to pass.
const askAfter = 2 * time.Hour

// around plans about the moment at which the owner means to do it: nobody is
// reminded of what they said they would do later. Of the owner's reminders that
// came too early the latest asks shortly after that moment. Last warnings, and
// what is said at the very beginning, stay.
func around(ps []Planned, promise clock.Instant, quiet readers) []Planned {
	if promise.IsZero() {
		return ps
	}
	ask := calendar.WakingAdd(promise, askAfter, quiet(ToOwner))
	var kept []Planned
	var moved *Planned
	for _, p := range ps {
		switch {
		case p.Warning, !p.At.Before(promise), p.Early && p.Waking == 0:
			kept = append(kept, p)
		case p.To == ToOwner:
			moved = &Planned{p.Step, ask}
		}
	}
	if moved == nil {
		return kept
	}
	for i, p := range kept {
		if p.To != ToOwner && p.At.Before(ask) && p.Waking > 0 {
			kept[i].At = ask // it tells of the reminder
		}
	}
	kept = append(kept, *moved)
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].At < kept[j].At })
	return kept
}

// due splits what is left of a plan at now: the steps to take now, at most one
// for each reader; those that have come too late to be worth sending; and what
// comes next, or the deadline. Of several steps to one reader that are overdue
// only the newest is taken: nobody wants three reminders at once because a
// server slept. A last warning is never left out.
func due(plan []Planned, decided map[string]bool, t turn.Turn, now clock.Instant) (take, stale []Planned, next Planned) {
	next = Planned{Step: Step{Name: turn.StepLapse}, At: t.DueAt}
	newest := map[string]int{} // of each reader, in take
	for _, p := range plan {
		if decided[p.Name] {
			continue
		}
		if now.Before(p.At) {
			if p.At.Before(t.DueAt) {
				next = p
			}
			break
		}
		i, older := newest[p.To]
		switch {
		case !older:
			newest[p.To] = len(take)
			take = append(take, p)
		case take[i].Warning:
			stale = append(stale, p)
		default:
			stale = append(stale, take[i])
			take[i] = p
		}
	}
	return take, stale, next
}
