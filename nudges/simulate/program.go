package simulate

import (
	"context"
	"errors"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/nudges"
)

// tick is something the program does again and again. A running program does it
// far more often; when nothing is due that changes nothing, so that here it
// happens when something is, and now and then anyway.
type tick struct {
	name  string
	every time.Duration // at the latest
	due   clock.Instant
	soon  func(ctx context.Context) (clock.Instant, error) // when something will be due; nil: nobody knows
}

// skewed is the clock as the program sees it.
type skewed struct {
	clock.Clock
	by time.Duration
}

// Now is the program's time.
func (s *skewed) Now() clock.Instant { return s.Clock.Now().Add(s.by) }

// planTicks says what the program does again and again.
func (w *world) planTicks() {
	w.ticks = []*tick{
		{name: sweepOfTurns, every: dayLength, soon: w.nextOf(sweepOfTurns, nextTurn)},
		{name: sweepOfLetters, every: dayLength, soon: w.nextOf(sweepOfLetters, nextLetter)},
		{name: "shipping.poll", every: dayLength, soon: w.post.nextNews},
		{name: "payments.look", every: 6 * time.Hour, soon: w.bank.nextNews},
		{name: "payments.carry", every: 12 * time.Hour},
		{name: "orders.measure", every: 7 * dayLength},
		{name: "accounts.clean", every: 7 * dayLength},
	}
	for _, t := range w.ticks {
		t.due = w.clock.Now().Add(t.every)
	}
}

// start builds the program's services, as a process that starts does.
func (w *world) start(ctx context.Context) error {
	w.db.Revive()
	letters := &letters{w}
	sim := &jobs.Simulation{Clock: w.clock, Later: w.jobLater}
	if w.o.Faults {
		sim.Fate = w.jobFate
	}
	n, err := w.program.Start(ctx, w.db, Outside{
		Clock: &w.skew, Jobs: sim, Mail: letters, SMS: &texts{w, "sms"}, WhatsApp: &texts{w, "whatsapp"}, Push: letters,
		Bank: w.bank, Carrier: w.post,
	})
	if err != nil {
		return err
	}
	if w.silent {
		w.mute(n)
	}
	n.Messages.MailDNS = names{}
	w.node, w.policy = n, n.Nudges.Policy
	switch w.o.Sabotage {
	case "no-cap":
		n.Messages.Cap = func(context.Context) (int, error) { return 1000, nil }
	case "deaf":
		n.Messages.Failed = nil
	}
	return w.survive("start", n.Jobs.TakeOver(ctx))
}

// mute takes all reminders away, but for what is said when a turn begins:
// deadlines pass as they stand, whether or not anybody heard of them, as in a
// market without follow-up.
func (w *world) mute(n *Node) {
	p := n.Nudges.Policy
	p.Ladders = map[turnKind]nudges.Ladder{}
	for kind, l := range n.Nudges.Policy.Ladders {
		steps := l.Steps
		l.Steps = nil
		for _, s := range steps {
			if s.AtOnce() { // that something is to be done is no reminder
				s.Warning, s.Tell = false, nil
				l.Steps = append(l.Steps, s)
			}
		}
		p.Ladders[kind] = l
	}
	n.Nudges.Policy = p
	n.Orders.Reached = reachedAlways
}

// survive takes a death of the program for what it is, and passes on any other
// error.
func (w *world) survive(what string, err error) error {
	if w.db.Dead() {
		w.die(what)
		return nil
	}
	return err
}

// work is the program's turn: jobs that were promised, and whatever is due.
func (w *world) work(ctx context.Context) error {
	if w.node == nil {
		return nil
	}
	if err := w.round(ctx); err != nil {
		return err
	}
	for _, t := range w.ticks {
		if w.node == nil {
			return nil
		}
		now := w.clock.Now()
		if t.due > now || w.skips(t, now) {
			continue
		}
		if err := w.ran(ctx, t); err != nil {
			return err
		}
		if err := w.round(ctx); err != nil {
			return err
		}
	}
	return w.plan(ctx)
}

// ran runs one tick. What it could not do is tried again by the next.
func (w *world) ran(ctx context.Context, t *tick) error {
	err := w.node.Jobs.Run(ctx, t.name)
	if w.db.Dead() || errors.Is(err, context.Canceled) {
		return w.survive(t.name, err)
	}
	if err != nil {
		w.mishaps[t.name]++
	}
	t.due = w.clock.Now().Add(t.every)
	return nil
}

// plan asks when the next thing is due.
func (w *world) plan(ctx context.Context) error {
	for _, t := range w.ticks {
		if t.soon == nil {
			continue
		}
		soon, err := t.soon(ctx)
		if err != nil {
			return w.survive(t.name, err)
		}
		if t.due > w.clock.Now() && w.dozes(w.clock.Now()) {
			continue
		}
		if !soon.IsZero() {
			t.due = min(t.due, max(soon, w.clock.Now()))
		}
	}
	return nil
}

// dozes tells whether the program is asleep on duty, as a sabotage has it on every
// other day.
func (w *world) dozes(now clock.Instant) bool {
	return w.o.Sabotage == "asleep-on-duty" && now.In(time.UTC).Weekday()%2 == 1
}

// round works the jobs that are due.
func (w *world) round(ctx context.Context) error {
	for w.node != nil && (w.node.Jobs.Promised() > 0 || w.jobsDue()) {
		ran, err := w.node.Jobs.Round(ctx)
		w.jobsRan += ran
		if err != nil && !errors.Is(err, db.ErrDead) {
			return err
		}
		if w.db.Dead() {
			w.die("jobs")
			return nil
		}
		if w.jobsRan-w.jobsForgotten > jobsKept {
			w.jobsForgotten = w.jobsRan
			return w.survive("forget", w.node.Jobs.Forget(ctx))
		}
	}
	return nil
}

// nextOf says when a sweep has to look next, by the true clock. It asks the
// database again once something was written that the sweep looks for.
func (w *world) nextOf(name string, ask func(context.Context, db.Queryer) (clock.Instant, error)) func(context.Context) (clock.Instant, error) {
	return func(ctx context.Context) (clock.Instant, error) {
		at, known := w.soonest[name]
		if !known {
			var err error
			if at, err = ask(ctx, w.db); err != nil {
				return 0, err
			}
			w.soonest[name] = at
		}
		return w.truly(at), nil
	}
}

// truly is the true time at which the program's clock will show at.
func (w *world) truly(at clock.Instant) clock.Instant {
	if at.IsZero() {
		return 0
	}
	return at.Add(-w.skew.by)
}
