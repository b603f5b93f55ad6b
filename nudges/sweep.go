package nudges

import (
	"context"
	"slices"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

const (
	sweepBatch = 200              // turns looked at between two looks at the clock
	together   = 50               // turns looked at in one transaction
	lapseRetry = 15 * time.Minute // a lapse that failed is tried again then
	sweepRetry = 5 * time.Minute  // a turn that could not be looked at, likewise
)

// Sweep looks at every turn that is due: it plans ladders, reminds, and makes
// the clock's move where a deadline has passed. It returns how many turns it
// looked at. Two sweeps at once do no harm: each step is recorded under a
// unique key in the transaction that promises its delivery.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	seen := 0
	for ctx.Err() == nil {
		due, err := turn.Due(ctx, s.DB, s.Clock.Now(), sweepBatch)
		if err != nil {
			return seen, err
		}
		for some := range slices.Chunk(due, together) {
			if err := s.lookAll(ctx, some); err != nil {
				return seen, err
			}
			seen += len(some)
		}
		if len(due) < sweepBatch {
			break
		}
	}
	return seen, ctx.Err()
}

// lookAll does what is due about some turns in one transaction, since a commit
// costs more than a reminder. When that fails each is looked at by itself, so
// that none suffers for another. Lapses, which may move money, are never joined.
func (s *Service) lookAll(ctx context.Context, some []turn.Turn) error {
	var lapsed []turn.Turn
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		lapsed = nil
		for _, t := range some {
			is, err := s.step(ctx, tx, t.ID)
			if err != nil {
				return err
			}
			if is {
				lapsed = append(lapsed, t)
			}
		}
		return nil
	})
	each, rest := s.lapse, lapsed
	if err != nil {
		each, rest = s.look, some
	}
	for _, t := range rest {
		if err := each(ctx, t); err != nil {
			s.Log.Error("sweep", "turn", t.ID, "kind", t.Kind, "subject", t.Subject, "err", err)
			if err := s.putOff(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// putOff keeps a turn that cannot be worked from being looked at without end.
func (s *Service) putOff(ctx context.Context, t turn.Turn) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		return turn.Snooze(ctx, tx, t.ID, s.Clock.Now().Add(sweepRetry), t.NextStep)
	})
}

// look does what is due about one turn, in one transaction, and the lapse after
// it, in the subject's own.
func (s *Service) look(ctx context.Context, t turn.Turn) error {
	lapsed := false
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		lapsed, err = s.step(ctx, tx, t.ID)
		return err
	})
	if err != nil || !lapsed {
		return err
	}
	return s.lapse(ctx, t)
}

// step takes the steps that are due, if they still are, and notes the next. It
// says true when what is due is the deadline.
func (s *Service) step(ctx context.Context, tx *db.Tx, id turn.ID) (bool, error) {
	now := s.Clock.Now()
	t, err := turn.Get(ctx, tx, id)
	if err != nil || !t.Open() || now.Before(t.NextAt) {
		return false, err // somebody moved, or another sweep was here
	}
	c, err := s.course(ctx, tx, t)
	if err != nil {
		return false, err
	}
	if room := c.fit(); c.turn.DueAt.Before(room) {
		if err := s.postpone(ctx, tx, &c, room); err != nil {
			return false, err
		}
	}
	past, err := decided(ctx, tx, id)
	if err != nil {
		return false, err
	}
	take, late, next := due(c.plan(), names(past).has, c.turn, now)
	send, held, tooLate := c.sort(take, now)
	for _, p := range append(late, tooLate...) {
		if _, err := record(ctx, tx, Nudge{id, p.Name, s.recipient(t, p.To), p.At, now, stale}); err != nil {
			return false, err
		}
	}
	if len(send)+len(held) == 0 && !now.Before(c.turn.DueAt) {
		return true, turn.Snooze(ctx, tx, id, now.Add(lapseRetry), turn.StepLapse)
	}
	for _, p := range send {
		if err := s.take(ctx, tx, &c, p); err != nil {
			return false, err
		}
	}
	if next.Name == turn.StepLapse {
		next.At = c.turn.DueAt // it may have moved
	}
	for _, p := range held {
		if p.At.Before(next.At) || !now.Before(next.At) {
			next = p
		}
	}
	return false, turn.Snooze(ctx, tx, id, next.At, next.Name)
}

// take is one step. A last warning that is sent late still leaves a whole waking
// day: the deadline moves.
func (s *Service) take(ctx context.Context, tx *db.Tx, c *course, p Planned) error {
	if room := calendar.WakingAdd(s.Clock.Now(), WarningLead, c.people.of(p.To).Quiet); p.Warning && c.turn.DueAt.Before(room) {
		if err := s.postpone(ctx, tx, c, room); err != nil {
			return err
		}
	}
	return s.nudge(ctx, tx, c.turn, p)
}

// sort parts the steps that are due: those to send now, those whose reader is
// asleep, with the moment they wake, and those for which the deadline came first.
func (c course) sort(take []Planned, now clock.Instant) (send, held, late []Planned) {
	for _, p := range take {
		awake := calendar.NextWaking(now, c.people.of(p.To).Quiet)
		switch {
		case !p.Warning && !awake.Before(c.turn.DueAt):
			late = append(late, p)
		case now.Before(awake):
			held = append(held, Planned{p.Step, awake})
		default:
			send = append(send, p)
		}
	}
	return send, held, late
}

// taken are the steps that were decided, by name.
type taken map[string]bool

func (t taken) has(step string) bool { return t[step] }

// names are the steps that were decided.
func names(past []Nudge) taken {
	m := make(taken, len(past))
	for _, n := range past {
		m[n.Step] = true
	}
	return m
}
