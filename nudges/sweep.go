package nudges

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

const (
	sweepBatch = 200              // turns looked at between two looks at the clock
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
		for _, t := range due {
			if err := s.look(ctx, t); err != nil {
				s.Log.Error("sweep", "turn", t.ID, "kind", t.Kind, "subject", t.Subject, "err", err)
				if err := s.putOff(ctx, t); err != nil {
					return seen, err
				}
			}
			seen++
		}
		if len(due) < sweepBatch {
			break
		}
	}
	return seen, ctx.Err()
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

// step takes the step that is due, if one still is, and notes the next. It says
// true when what is due is the deadline.
func (s *Service) step(ctx context.Context, tx *db.Tx, id turn.ID) (bool, error) {
	now := s.Clock.Now()
	t, err := turn.Get(ctx, tx, id)
	if err != nil || !t.Open() || now.Before(t.NextAt) {
		return false, err // somebody moved, or another sweep was here
	}
	quiet, err := s.quiet(ctx, tx, t)
	if err != nil {
		return false, err
	}
	ladder := s.Policy.Ladders[t.Kind]
	if t.DueAt, err = s.makeRoom(ctx, tx, t, ladder, quiet); err != nil {
		return false, err
	}
	past, err := decided(ctx, tx, id)
	if err != nil {
		return false, err
	}
	take, late, next := due(ladder.plan(t, quiet), names(past), t, now)
	if take != nil && !take.Warning && !now.Before(t.DueAt) {
		late, take = append(late, *take), nil
	}
	for _, p := range late {
		if _, err := record(ctx, tx, Nudge{id, p.Name, s.recipient(t, p.To), p.At, now, stale}); err != nil {
			return false, err
		}
	}
	if take == nil && !now.Before(t.DueAt) {
		return true, turn.Snooze(ctx, tx, id, now.Add(lapseRetry), turn.StepLapse)
	}
	if take != nil {
		if take.Warning { // sent late, it still leaves a whole waking day
			room := calendar.WakingAdd(now, warningLead, quiet(take.To))
			if t.DueAt.Before(room) {
				if err := turn.Extend(ctx, tx, now, id, room); err != nil {
					return false, err
				}
				t.DueAt, next.At = room, max(next.At, room)
			}
		}
		if err := s.nudge(ctx, tx, t, *take); err != nil {
			return false, err
		}
	}
	return false, turn.Snooze(ctx, tx, id, next.At, next.Name)
}

// names are the steps that were decided.
func names(past []Nudge) map[string]bool {
	m := make(map[string]bool, len(past))
	for _, n := range past {
		m[n.Step] = true
	}
	return m
}
