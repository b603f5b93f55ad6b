package orders

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
)

// waitForMoney is how much longer an order waits when its deadline has passed
// but the money is on its way.
const waitForMoney = 10 * time.Minute

// Lapse makes the clock's move for the turn that began at version. If somebody
// moved since, or it is not due yet, it does nothing. A lapse that costs the one
// who owes needs a reminder known to have reached them; if none did, the turn
// passes to an operator instead.
func (s *Service) Lapse(ctx context.Context, oid ID, version int64) error {
	if err := s.askFirst(ctx, oid); err != nil {
		return err
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := s.Get(ctx, tx, oid)
		if err != nil {
			return err
		}
		if o.Version != version || !o.Open() {
			return nil
		}
		open, err := turn.Get(ctx, tx, o.Turn)
		if err != nil {
			return err
		}
		if !open.Open() || s.Clock.Now().Before(open.DueAt) {
			return nil
		}
		t, _ := TurnOf(o.State)
		ev, err := s.clockMove(ctx, tx, t, open)
		if err != nil {
			return err
		}
		_, err = s.move(ctx, tx, &o, ev, Who{Actor: Clock}, Input{})
		return err
	})
	if fault.Is(err, fault.Conflict) { // the money came at the last moment, or somebody moved
		s.Log.WarnContext(ctx, "lapse put off", "order", oid, "err", err)
		if here, err := s.unheard(ctx, oid); here || err != nil {
			return err
		}
		return s.wait(ctx, oid, version)
	}
	return err
}

// unheard goes on with an order whose money is here although nobody said so: the
// job that should have is lost. It says whether that was so.
func (s *Service) unheard(ctx context.Context, oid ID) (bool, error) {
	o, err := s.Get(ctx, s.DB, oid)
	if err != nil || !o.State.Payable() {
		return false, err
	}
	p, err := s.Payments.Of(ctx, s.DB, string(oid))
	if err != nil || p.HeldAt.IsZero() {
		return false, err
	}
	return true, s.Settled(ctx, oid, true)
}

// clockMove is what the clock does when a turn lapses.
func (s *Service) clockMove(ctx context.Context, tx *db.Tx, t Turn, open turn.Turn) (Event, error) {
	if !t.Costly || open.Owner == turn.Operator || open.Owner == turn.Carrier {
		return t.Else, nil
	}
	reached, err := s.Reached(ctx, tx, open.ID, accounts.UserID(open.Owner))
	if err != nil || reached {
		return t.Else, err
	}
	return PassOn, nil
}

// wait gives an order that could not lapse a little more time.
func (s *Service) wait(ctx context.Context, oid ID, version int64) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := s.Get(ctx, tx, oid)
		if err != nil || o.Version != version || !o.Open() {
			return err
		}
		now := s.Clock.Now()
		return turn.Extend(ctx, tx, now, o.Turn, now.Add(waitForMoney))
	})
}

// LapseTurn is what the sweep calls when a turn of this package is due: of a
// trade, an offer or a review. It says false for turns of other packages.
func (s *Service) LapseTurn(ctx context.Context, t turn.Turn) (bool, error) {
	switch t.Kind {
	case turn.AnswerOffer:
		return true, s.LapseOffer(ctx, OfferID(t.Subject), t.Version)
	case turn.Review:
		return true, s.lapseReview(ctx, t)
	}
	for _, own := range turns {
		if own.Owes == t.Kind {
			return true, s.Lapse(ctx, ID(t.Subject), t.Version)
		}
	}
	return false, nil
}

// lapseReview ends the time to write a review; nothing else happens.
func (s *Service) lapseReview(ctx context.Context, t turn.Turn) error {
	if s.Clock.Now().Before(t.DueAt) {
		return nil
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := turn.CloseID(ctx, tx, s.Clock.Now(), t.ID, turn.Lapsed)
		return err
	})
}

// PlanPosting is the seller saying when they mean to post. The buyer sees it in
// the stream, and reminders are planned anew around it. Faults: Missing to
// others; Conflict when there is nothing to post (any more); Invalid on "when"
// for a time that has passed or lies after the deadline.
func (s *Service) PlanPosting(ctx context.Context, oid ID, seller accounts.UserID, at clock.Instant) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.PlanPostingTx(ctx, tx, oid, seller, at) })
}

// PlanPostingTx is PlanPosting within the caller's transaction.
func (s *Service) PlanPostingTx(ctx context.Context, tx *db.Tx, oid ID, seller accounts.UserID, at clock.Instant) error {
	o, role, err := s.For(ctx, tx, oid, seller)
	if err != nil {
		return err
	}
	if role != Seller {
		return missing()
	}
	t, open := TurnOf(o.State)
	if !open || t.Owes != turn.Ship || o.Said() {
		return tooLate(o.State)
	}
	due, err := s.dueOf(ctx, tx, o)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if at.Before(now) || due.Before(at) {
		return fault.Field("when", "orders.when_wrong", "Due", due)
	}
	ok, err := setPlanned(ctx, tx, oid, o.Version, at)
	if err != nil {
		return err
	}
	if !ok {
		return s.lost(ctx, tx, oid)
	}
	if err := turn.Snooze(ctx, tx, o.Turn, now, turn.StepPlan); err != nil {
		return err
	}
	return s.note(ctx, tx, o, seller, "orders.did.plan", map[string]any{"When": at})
}
