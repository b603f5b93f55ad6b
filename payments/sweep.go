package payments

import (
	"context"
	"errors"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
)

// LookAtAll asks about payments whose message never came: open pages and
// payments in progress that were not looked at for a while, a batch at a time.
// It also closes the pages of voided payments whose job is lost, on which
// somebody could still pay.
func (s *Service) LookAtAll(ctx context.Context) error {
	before := s.Clock.Now().Add(-lookAfter)
	ids, err := awaited(ctx, s.DB, before, lookBatch)
	if err != nil {
		return err
	}
	errs := []error{s.shutAll(ctx, before)}
	for _, orderID := range ids {
		if err := s.Look(ctx, orderID); err != nil {
			errs = append(errs, err, unseen(ctx, s.DB, orderID, s.Clock.Now())) // others get their turn
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// shutAll closes the pages of payments that were voided before a moment and not
// asked about since.
func (s *Service) shutAll(ctx context.Context, before clock.Instant) error {
	ids, err := unshut(ctx, s.DB, before, lookBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, orderID := range ids {
		errs = append(errs, s.shut(ctx, orderID))
	}
	return errors.Join(errs...)
}

// CarryAll promises anew what was promised long ago and never sent, and asks
// again about sellers that money waits for: their message may have been lost.
func (s *Service) CarryAll(ctx context.Context) error {
	old := s.Clock.Now().Add(-carryAfter)
	ms, err := movements(ctx, s.DB, `state = 'promised' AND created_at < ? ORDER BY created_at, id LIMIT ?`, old, carryBatch)
	if err != nil {
		return err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		for _, m := range ms {
			if err := s.Jobs.Insert(ctx, tx, Carry{MovementID: m.ID}, jobs.Once()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	waiting, err := movements(ctx, s.DB, `state = 'waiting' AND created_at < ? ORDER BY created_at, id LIMIT ?`, old, carryBatch)
	if err != nil {
		return err
	}
	var errs []error
	asked := map[string]bool{}
	for _, m := range waiting {
		if !asked[string(m.To)] {
			asked[string(m.To)] = true
			errs = append(errs, s.Refresh(ctx, m.To))
		}
	}
	return errors.Join(errs...)
}
