package nudges

import (
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// maxReplayed is how many turns are replayed at most, the newest.
const maxReplayed = 100_000

// Replay is what a policy would have done about turns that are past, had people
// acted when they did. What they said about when they will do it, and the hours
// at which they usually act, are left out.
type Replay struct {
	From, Until clock.Instant
	Turns       int // looked at
	Cut         bool
	Would, Sent int          // reminders: that the policy would have sent, and that were sent
	People      int          // who would have got them
	Lapses      int          // turns that lapsed
	Later       int          // of these, whose deadline would have come later
	Sooner      int          // turns whose deadline would have come before they were done
	Lines       []ReplayLine // by step, in the order of a trade
}

// ReplayLine is one step of one kind of turn.
type ReplayLine struct {
	Kind        turn.Kind
	Step, To    string
	Would, Sent int
}

// Replay tells what a policy would have done about the turns that began in
// [from, until). It changes nothing.
func (s *Service) Replay(ctx context.Context, draft, live Policy, from, until clock.Instant) (Replay, error) {
	r := replaying{Replay: Replay{From: from, Until: until}, draft: draft, live: live, now: s.Clock.Now(),
		people: map[string]bool{}, lines: map[lineKey]*ReplayLine{}}
	rows, err := pastTurns(ctx, s.DB, from, until, maxReplayed+1)
	if err != nil {
		return r.Replay, err
	}
	if len(rows) > maxReplayed {
		rows, r.Cut = rows[:maxReplayed], true
	}
	sent, err := sentCounts(ctx, s.DB, from, until)
	if err != nil {
		return r.Replay, err
	}
	for _, n := range sent {
		r.line(n.Kind, n.Step, n.To).Sent = n.N
		r.Sent += n.N
	}
	for some := range slices.Chunk(rows, replayedAtOnce) {
		us, err := s.Accounts.Many(ctx, s.DB, partiesOf(some))
		if err != nil {
			return r.Replay, err
		}
		for _, t := range some {
			r.turn(t, us)
		}
	}
	return r.done(), nil
}

// replayedAtOnce is how many turns' people are loaded with one query.
const replayedAtOnce = 500

// partiesOf are the members among the owners and waiters of turns.
func partiesOf(ts []turn.Turn) []accounts.UserID {
	var ids []accounts.UserID
	for _, t := range ts {
		for _, u := range []string{t.Owner, t.Waiter} {
			if isMember(u) {
				ids = append(ids, accounts.UserID(u))
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

type lineKey struct {
	kind     turn.Kind
	step, to string
}

type replaying struct {
	Replay
	draft, live Policy
	now         clock.Instant
	people      map[string]bool
	lines       map[lineKey]*ReplayLine
}

func (r *replaying) line(k turn.Kind, step, to string) *ReplayLine {
	key := lineKey{k, step, to}
	if r.lines[key] == nil {
		r.lines[key] = &ReplayLine{Kind: k, Step: step, To: to}
	}
	return r.lines[key]
}

// turn replays one.
func (r *replaying) turn(t turn.Turn, us map[accounts.UserID]accounts.User) {
	people := People{}
	if u, ok := us[accounts.UserID(t.Owner)]; ok {
		people.Owner.Quiet = u.Quiet()
	}
	if u, ok := us[accounts.UserID(t.Waiter)]; ok {
		people.Waiter.Quiet = u.Quiet()
	}
	l, was := r.draft.For(t), t.DueAt
	ended := t.ClosedAt
	if t.Open() {
		ended = r.now
	}
	t.DueAt, t.AimAt = r.terms(t, l, people)
	if isMember(t.Owner) {
		t.DueAt = l.Fit(t, people)
	}
	r.Turns++
	lapsed := t.Outcome == turn.Lapsed
	switch {
	case lapsed && was.Before(t.DueAt):
		r.Later++
	case !lapsed && t.DueAt.Before(ended):
		r.Sooner++
		ended = t.DueAt
	}
	if lapsed {
		r.Lapses++
	}
	for _, p := range l.Plan(t, people) {
		to := recipient(t, p.To)
		if !p.At.Before(ended) || to == "" || to == turn.Carrier {
			continue
		}
		r.would(t, p, p.To, to)
		if len(p.Tell) > 0 && isMember(t.Waiter) {
			r.would(t, p, ToWaiter, t.Waiter)
		}
	}
}

// would counts what the draft says to somebody.
func (r *replaying) would(t turn.Turn, p Planned, role, to string) {
	r.line(t.Kind, p.Name, role).Would++
	r.Would++
	r.people[to] = true
}

// terms are the deadline and the promise a turn would have had. What hung on a
// carrier's word stays as it was.
func (r *replaying) terms(t turn.Turn, l Ladder, people People) (due, aim clock.Instant) {
	old, q := r.live.For(t), people.Owner.Quiet
	within, before := l.Within, old.Within
	if !l.Offered.IsZero() && t.DueAt.Sub(t.OpenedAt) > 2*before.EndFor(t.OpenedAt, orders.Dates{}, q).Sub(t.OpenedAt) {
		within, before = l.Offered, old.Offered // it came from an accepted offer
	}
	due, aim = t.DueAt, t.AimAt
	if within != before && within.Base == orders.FromNow {
		due = within.EndFor(t.OpenedAt, orders.Dates{}, q)
	}
	if l.Aim != old.Aim && !t.AimAt.IsZero() {
		aim = l.Aim.EndFor(t.OpenedAt, orders.Dates{}, q)
	}
	return due, aim
}

// done is the replay with its lines in order.
func (r *replaying) done() Replay {
	for _, l := range r.lines {
		r.Lines = append(r.Lines, *l)
	}
	slices.SortFunc(r.Lines, func(a, b ReplayLine) int { return compareRows(a.Kind, b.Kind, a.Step+a.To, b.Step+b.To) })
	r.People = len(r.people)
	return r.Replay
}
