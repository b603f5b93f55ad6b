package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/kierto/kierto/internal/db"
)

// Look asks the provider how an order's payment stands and acts on it: the one
// way in which money is believed to have come, whether an event, the buyer's
// return or the periodic look prompted it. It is safe to call at any time and
// often.
func (s *Service) Look(ctx context.Context, orderID string) error {
	p, err := ofOrder(ctx, s.DB, orderID)
	if db.IsNone(err) || err == nil && p.session == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return s.lookAt(ctx, p.session)
}

// lookAt asks the provider about a session, whether we knew of it or not.
func (s *Service) lookAt(ctx context.Context, session string) error {
	v, err := s.Provider.Session(ctx, session)
	if err != nil {
		return err
	}
	return s.apply(ctx, v)
}

// apply brings a payment to where its session stands. When somebody moves the
// payment meanwhile it looks again, a few times.
func (s *Service) apply(ctx context.Context, v Session) error {
	const times = 3
	for range times {
		err := s.DB.InTx(ctx, func(tx *db.Tx) error { return s.settle(ctx, tx, v) })
		if !isMoving(err) {
			return err
		}
	}
	return errMoving
}

// settle is apply within a transaction.
func (s *Service) settle(ctx context.Context, tx *db.Tx, v Session) error {
	p, err := ofOrder(ctx, tx, v.OrderID)
	if db.IsNone(err) {
		s.Log.WarnContext(ctx, "a session of no order of ours", "session", v.ID)
		return nil
	}
	if err != nil {
		return err
	}
	if err := looked(ctx, tx, p.ID, s.Clock.Now()); err != nil {
		return err
	}
	own := p.session == v.ID
	switch {
	case v.State == SessionPaid:
		return s.settlePaid(ctx, tx, p, v)
	case !own || !p.State.Awaited():
		return nil // an older session, or news of something that is over
	case v.State == SessionProcessing && p.State != Processing:
		p.State = Processing
		return savePayment(ctx, tx, p)
	case v.State == SessionFailed: // the buyer may try again on a new page
		p.State, p.session, p.payURL, p.askedUntil = Opening, "", "", 0
		return savePayment(ctx, tx, p)
	case v.State == SessionExpired:
		p.State, p.ClosedAt = Expired, s.Clock.Now()
		if err := savePayment(ctx, tx, p); err != nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, Settled{OrderID: p.OrderID, Expired: true})
	}
	return nil
}

// errAmount is money that is not what was asked for.
var errAmount = errors.New("payments: another sum came than was asked for")

// settlePaid takes in money: for the order that waits for it, back to the buyer
// when the order is over, and back as a stray when the order has been paid.
func (s *Service) settlePaid(ctx context.Context, tx *db.Tx, p Payment, v Session) error {
	c := v.Paid
	if c.Amount != p.Total {
		return fmt.Errorf("%w: %s: %+v", errAmount, p.OrderID, c.Amount)
	}
	now := s.Clock.Now()
	if _, err := post(ctx, tx, now, capturedPosting(p.OrderID, c)); err != nil {
		return err
	}
	if !c.Fee.IsZero() { // it may be known only later
		if _, err := post(ctx, tx, now, feePosting(p.OrderID, c)); err != nil {
			return err
		}
	}
	if p.charge == c.Charge {
		return nil // known
	}
	if p.charge != "" {
		return s.promise(ctx, tx, p, Movement{Kind: Stray, To: p.Buyer, Amount: c.Amount, charge: c.Charge})
	}
	inTime := p.State.Awaited()
	p.session, p.intent, p.charge, p.Method, p.HeldAt, p.ClosedAt = v.ID, c.Intent, c.Charge, c.Method, now, 0
	p.State = Held
	if !inTime {
		p.State = Refunding
	}
	if err := savePayment(ctx, tx, p); err != nil {
		return err
	}
	if !inTime {
		if err := s.promise(ctx, tx, p, Movement{Kind: Refund, To: p.Buyer, Amount: p.Total}); err != nil {
			return err
		}
	}
	return s.Jobs.Insert(ctx, tx, Settled{OrderID: p.OrderID, Held: true})
}

// shut closes a voided payment's page. Money that was faster comes back.
func (s *Service) shut(ctx context.Context, orderID string) error {
	p, err := ofOrder(ctx, s.DB, orderID)
	if err != nil || p.session == "" || !p.HeldAt.IsZero() {
		return err
	}
	v, err := s.Provider.ExpireSession(ctx, p.session)
	if err != nil {
		return err
	}
	return s.apply(ctx, v)
}
