package nudges

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

const (
	sweepBatch = 250              // turns decided in one transaction
	replanMost = 5000             // turns a sweep moves to a new policy, when nothing is due
	lapseRetry = 15 * time.Minute // a lapse that failed is tried again then
	sweepRetry = 5 * time.Minute  // a turn that could not be looked at, likewise
)

// Sweep looks at every turn that is due: it plans ladders, reminds, and makes
// the clock's move where a deadline has passed. It returns how many turns it
// looked at. Several sweeps at once, in one process or many, share the work: a
// turn is one sweep's until its transaction is over, and when that fails or dies
// the turn is as if nobody had looked. When nothing is due, some of the turns
// that run under an older policy are planned anew.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	var seen atomic.Int64
	hands, at := errgroup.WithContext(ctx)
	for range max(s.Hands, 1) {
		hands.Go(func() error { return s.sweep(at, &seen) })
	}
	if err := errors.Join(hands.Wait(), ctx.Err()); err != nil {
		return int(seen.Load()), err
	}
	return int(seen.Load()), s.replan(ctx)
}

// sweep takes batch after batch until nothing is due that nobody else has.
func (s *Service) sweep(ctx context.Context, seen *atomic.Int64) error {
	for ctx.Err() == nil {
		any, err := turn.AnyDue(ctx, s.DB, s.Clock.Now())
		if err != nil || !any {
			return err
		}
		n, err := s.batch(ctx, func(tx *db.Tx) ([]turn.Turn, error) {
			return turn.Claim(ctx, tx, s.Clock.Now(), sweepBatch)
		})
		seen.Add(int64(n))
		if err != nil || n == 0 { // another sweep has the rest
			return err
		}
	}
	return ctx.Err()
}

// replan moves turns that run under another policy to the live one, a part of
// them at a time. What is due goes first, so a policy that goes live holds
// nothing up.
func (s *Service) replan(ctx context.Context) error {
	p, err := s.Live(ctx, s.DB)
	if err != nil {
		return err
	}
	any, err := turn.AnyUnder(ctx, s.DB, p.Version)
	if err != nil || !any {
		return err
	}
	for moved := 0; moved < replanMost && ctx.Err() == nil; {
		n, err := s.batch(ctx, func(tx *db.Tx) ([]turn.Turn, error) {
			return turn.ClaimUnder(ctx, tx, p.Version, sweepBatch)
		})
		if err != nil || n == 0 {
			return err
		}
		moved += n
	}
	return ctx.Err()
}

// batch does what is due about the turns that claim gives, in one transaction,
// since a commit costs more than a reminder. When that fails each is looked at by
// itself, so that none suffers for another. Lapses, which may move money, come
// after it, each in its subject's own transaction.
func (s *Service) batch(ctx context.Context, claim func(*db.Tx) ([]turn.Turn, error)) (int, error) {
	var claimed []turn.Turn
	var done []decision
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		if claimed, err = claim(tx); err != nil || len(claimed) == 0 {
			return err
		}
		done, err = s.look(ctx, tx, claimed)
		return err
	})
	if err != nil && (len(claimed) == 0 || ctx.Err() != nil) {
		return 0, err
	}
	if err != nil {
		s.Log.Warn("sweep: one at a time", "turns", len(claimed), "err", err)
		return len(claimed), s.oneByOne(ctx, claimed)
	}
	return len(claimed), s.after(ctx, done)
}

// oneByOne looks at turns each in a transaction of its own. What cannot be looked
// at is put off.
func (s *Service) oneByOne(ctx context.Context, ts []turn.Turn) error {
	for _, t := range ts {
		var done []decision
		err := s.DB.InTx(ctx, func(tx *db.Tx) error {
			own, err := turn.ClaimOne(ctx, tx, t.ID)
			if err != nil || len(own) == 0 {
				return err
			}
			done, err = s.look(ctx, tx, own)
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if err := s.putOff(ctx, t, t.NextStep, err); err != nil {
				return err
			}
			continue
		}
		if err := s.after(ctx, done); err != nil {
			return err
		}
	}
	return nil
}

// putOff keeps a turn that cannot be worked from being looked at without end.
func (s *Service) putOff(ctx context.Context, t turn.Turn, step string, why error) error {
	s.Log.Error("sweep", "turn", t.ID, "kind", t.Kind, "subject", t.Subject, "err", why)
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		return turn.Snooze(ctx, tx, t.ID, s.Clock.Now().Add(sweepRetry), step)
	})
}

// after makes the clock's moves, and says what could not be looked at.
func (s *Service) after(ctx context.Context, done []decision) error {
	for _, d := range done {
		if d.missing {
			s.Log.Error("sweep", "turn", d.turn.ID, "kind", d.turn.Kind, "subject", d.turn.Subject, "err", "its subject is gone")
		}
		if !d.lapse {
			continue
		}
		if err := s.lapse(ctx, d.turn); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := s.putOff(ctx, d.turn, turn.StepLapse, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// look decides what is due about turns that tx holds, and writes it.
func (s *Service) look(ctx context.Context, tx *db.Tx, ts []turn.Turn) ([]decision, error) {
	f, err := s.gather(ctx, tx, ts)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	all := make([]decision, len(ts))
	for i, t := range ts {
		all[i] = f.decide(t, now)
	}
	return all, s.write(ctx, tx, all, now)
}

// write stores what was decided: a few statements, however many turns.
func (s *Service) write(ctx context.Context, tx *db.Tx, all []decision, now clock.Instant) error {
	var records []Nudge
	var tell []messaging.Telling
	var post []messaging.Posting
	var calls []Call
	watch := make([]turn.Watch, 0, len(all))
	for _, d := range all {
		records, tell, post = append(records, d.record...), append(tell, d.tell...), append(post, d.post...)
		watch = append(watch, d.watch)
		if d.call != nil {
			calls = append(calls, *d.call)
		}
	}
	if err := recordMany(ctx, tx, records); err != nil {
		return err
	}
	if err := s.Messages.TellMany(ctx, tx, tell); err != nil {
		return err
	}
	if err := s.Messages.AppendMany(ctx, tx, post); err != nil {
		return err
	}
	for _, c := range calls {
		if err := s.Ring(ctx, tx, c.User, c.Turn, c.Reason); err != nil {
			return err
		}
	}
	return turn.WatchMany(ctx, tx, watch)
}
