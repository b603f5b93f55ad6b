package nudges

import (
	"sort"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// WarningLead is the waking time a person has, at the very least, between the
// last warning and a deadline that costs them something.
const WarningLead = 24 * time.Hour

// warningSlack is how much earlier than that a last warning is planned, so that
// a sweep that comes a little late moves no deadline.
const warningSlack = 30 * time.Minute

// Planned is a step and its moment.
type Planned struct {
	Step
	At clock.Instant
}

// Reader is what a plan has to know of somebody.
type Reader struct {
	Quiet calendar.Quiet // the zero one: never asleep
	Habit Habit          // when they usually act
}

// People are the two of a turn, and what they said about it. Operators are told
// at any hour; their messages wait for the end of their own quiet hours.
type People struct {
	Owner, Waiter Reader
	Promise       clock.Instant // when the owner means to do it; 0: they did not say
}

// of is the reader of a step.
func (p People) of(to string) Reader {
	switch to {
	case ToOwner:
		return p.Owner
	case ToWaiter:
		return p.Waiter
	}
	return Reader{}
}

// Plan is a turn's ladder with the moment of each step, in order of time. No
// step comes before the turn began, none in its reader's quiet hours, and none
// after the deadline. It looks at nothing but its arguments.
func (l Ladder) Plan(t turn.Turn, p People) []Planned {
	ps := l.plan(t, p)
	ps = around(ps, p)
	return usual(ps, t, p)
}

// plan is Plan before what the owner said and usually does.
func (l Ladder) plan(t turn.Turn, p People) []Planned {
	ps := make([]Planned, 0, len(l.Steps))
	warned := t.DueAt
	for _, s := range l.Steps {
		at, ok := moment(s, t, p.of(s.To).Quiet)
		if !ok || !s.Warning && !at.Before(t.DueAt) {
			continue
		}
		if s.Warning {
			warned = at
		}
		ps = append(ps, Planned{s, at})
	}
	kept := ps[:0]
	for _, x := range ps {
		if x.When == BeforeAim && !x.At.Before(warned) {
			continue // the last warning says more
		}
		kept = append(kept, x)
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].At < kept[j].At })
	return kept
}

// moment is when a step of a turn comes; false when the turn has no place for it.
func moment(s Step, t turn.Turn, q calendar.Quiet) (clock.Instant, bool) {
	begins := calendar.NextWaking(t.OpenedAt, q)
	switch s.When {
	case After:
		at := calendar.WakingAdd(t.OpenedAt, s.Waking, q)
		return calendar.NextWaking(at.Add(s.Later), q), true
	case Before:
		lead := max(s.Waking, time.Minute) // the moment itself may be at night
		if s.Warning {
			return max(calendar.WakingBefore(t.DueAt, lead+warningSlack, q), begins), true
		}
		at := calendar.WakingBefore(t.DueAt, lead, q)
		return at, begins.Before(at) // a turn shorter than that needs no such word
	case BeforeAim:
		at := calendar.WakingBefore(t.AimAt, max(s.Waking, time.Minute), q)
		return at, !t.AimAt.IsZero() && begins.Before(at)
	}
	at := calendar.NextWaking(calendar.WakingAdd(t.AimAt, s.Waking, q), q)
	return max(at, begins), !t.AimAt.IsZero()
}

// Fit is the deadline a turn needs so that its last warning leaves the owner
// enough waking time: the turn's own, or a later one.
func (l Ladder) Fit(t turn.Turn, p People) clock.Instant {
	s, costly := l.Warning()
	if !costly {
		return t.DueAt
	}
	at, _ := moment(s, t, p.Owner.Quiet)
	return max(t.DueAt, calendar.WakingAdd(at, WarningLead+warningSlack, p.Owner.Quiet))
}

// askAfter is the waking time after a promised moment at which somebody is
// asked whether it came to pass.
const askAfter = 2 * time.Hour

// around plans about the moment at which the owner means to do it: nobody is
// reminded of what they said they would do later. Of the owner's reminders that
// came too early, or just then, the latest asks shortly after that moment. Last warnings, and
// what is said at the very beginning, stay.
func around(ps []Planned, people People) []Planned {
	promise := people.Promise
	if promise.IsZero() {
		return ps
	}
	ask := calendar.NextWaking(calendar.WakingAdd(promise, askAfter, people.Owner.Quiet), people.Owner.Quiet)
	var kept []Planned
	var moved *Planned
	for _, p := range ps {
		switch {
		case p.Warning, p.To == ToOperator, p.When == AfterAim, p.AtOnce(), !p.At.Before(ask), p.To == ToWaiter && !p.At.Before(promise):
			kept = append(kept, p)
		case p.To == ToOwner:
			moved = &Planned{p.Step, ask}
		}
	}
	if moved == nil {
		return kept
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
func due(plan []Planned, decided func(step string) bool, t turn.Turn, now clock.Instant) (take, stale []Planned, next Planned) {
	next = Planned{Step: Step{Name: turn.StepLapse}, At: t.DueAt}
	newest := map[string]int{} // of each reader, in take
	for _, p := range plan {
		if decided(p.Name) {
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
