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
	return s.inTx(ctx, func(tx *db.Tx) error {
		_, news, err := s.settle(ctx, tx, v)
		if err != nil || news == nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, *news)
	})
}

// heard is apply for a message that will be heard again until everything is
// done: the order learns of its money right after the commit, without a job.
func (s *Service) heard(ctx context.Context, v Session, eventID string) error {
	var p Payment
	err := s.inTx(ctx, func(tx *db.Tx) (err error) {
		var news *Settled
		if p, news, err = s.settle(ctx, tx, v); err != nil {
			return err
		}
		if news != nil && (!news.Held || s.Held == nil) {
			if err := s.Jobs.Insert(ctx, tx, *news); err != nil {
				return err
			}
		}
		return workedIn(ctx, tx, eventID, s.Clock.Now())
	})
	if err != nil || s.Held == nil || v.State != SessionPaid || p.OrderID == "" {
		return err
	}
	return s.Held(ctx, p.OrderID)
}

// inTx runs fn in a transaction, and again when somebody moves the payment
// meanwhile, a few times.
func (s *Service) inTx(ctx context.Context, fn func(tx *db.Tx) error) error {
	const times = 3
	for range times {
		if err := s.DB.InTx(ctx, fn); !isMoving(err) {
			return err
		}
	}
	return errMoving
}

// settle is apply within a transaction. It gives the payment, zero when it is
// none of ours, and what the order has to know.
func (s *Service) settle(ctx context.Context, tx *db.Tx, v Session) (Payment, *Settled, error) {
	p, err := ofOrder(ctx, tx, v.OrderID)
	if db.IsNone(err) {
		s.Log.WarnContext(ctx, "a session of no order of ours", "session", v.ID)
		return Payment{}, nil, nil
	}
	if err != nil {
		return p, nil, err
	}
	p.lookedAt = s.Clock.Now()
	own := p.session == v.ID
	switch {
	case v.State == SessionPaid:
		news, err := s.settlePaid(ctx, tx, p, v)
		return p, news, err
	case !own || !p.State.Awaited(): // an older session, or news of something that is over
	case v.State == SessionProcessing && p.State != Processing:
		p.State = Processing
		return p, nil, savePayment(ctx, tx, p)
	case v.State == SessionFailed, v.State == SessionExpired && p.lookedAt.Before(p.ExpiresAt): // the buyer may try again on a new page
		p.State, p.session, p.payURL, p.askedUntil = Opening, "", "", 0
		return p, nil, savePayment(ctx, tx, p)
	case v.State == SessionExpired:
		p.State, p.ClosedAt = Expired, p.lookedAt
		return p, &Settled{OrderID: p.OrderID, Expired: true}, savePayment(ctx, tx, p)
	}
	return p, nil, looked(ctx, tx, p.ID, p.lookedAt)
}

// errAmount is money that is not what was asked for.
var errAmount = errors.New("payments: another sum came than was asked for")

// settlePaid takes in money: for the order that waits for it, back to the buyer
// when the order is over, and back as a stray when the order has been paid.
func (s *Service) settlePaid(ctx context.Context, tx *db.Tx, p Payment, v Session) (*Settled, error) {
	c := v.Paid
	if c.Amount != p.Total {
		return nil, fmt.Errorf("%w: %s: %+v", errAmount, p.OrderID, c.Amount)
	}
	facts := []Posting{capturedPosting(p.OrderID, c)}
	if !c.Fee.IsZero() { // it may be known only later
		facts = append(facts, feePosting(p.OrderID, c))
	}
	if err := post(ctx, tx, p.lookedAt, facts...); err != nil {
		return nil, err
	}
	if p.charge == c.Charge {
		return nil, looked(ctx, tx, p.ID, p.lookedAt) // known
	}
	if p.charge != "" {
		if err := looked(ctx, tx, p.ID, p.lookedAt); err != nil {
			return nil, err
		}
		return nil, s.promise(ctx, tx, p, Movement{Kind: Stray, To: p.Buyer, Amount: c.Amount, charge: c.Charge})
	}
	inTime := p.State.Awaited()
	p.session, p.intent, p.charge, p.Method, p.HeldAt, p.ClosedAt = v.ID, c.Intent, c.Charge, c.Method, p.lookedAt, 0
	p.State = Held
	if !inTime {
		p.State = Refunding
	}
	if err := savePayment(ctx, tx, p); err != nil {
		return nil, err
	}
	news := &Settled{OrderID: p.OrderID, Held: true}
	if !inTime {
		return news, s.promise(ctx, tx, p, Movement{Kind: Refund, To: p.Buyer, Amount: p.Total})
	}
	return news, nil
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
