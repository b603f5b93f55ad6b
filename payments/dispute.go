package payments

import (
	"context"
	"errors"

	"github.com/kierto/kierto/internal/db"
)

// Disputed tells the order that the buyer's bank wants the money back, or what
// became of that. The orders package works it.
type Disputed struct {
	OrderID string       `json:"order_id"`
	State   DisputeState `json:"state"`
}

// Kind implements river.JobArgs.
func (Disputed) Kind() string { return "payments.disputed" }

// DisputeOf says how the bank of an order's buyer sees it: Waits or Lost when it
// has the money, else "".
func (s *Service) DisputeOf(ctx context.Context, q db.Queryer, orderID string) (DisputeState, error) {
	d, _, err := disputeOf(ctx, q, orderID, Waits, Lost)
	return d.State, err
}

// LookAtDispute asks the provider how a dispute stands and acts on it: what the
// bank moved is posted, and the order is told of what is new. It is safe to call
// at any time and often.
func (s *Service) LookAtDispute(ctx context.Context, id string) error {
	d, err := s.Provider.Dispute(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		orderID, err := orderOfCharge(ctx, tx, d.Charge)
		if db.IsNone(err) {
			s.Log.WarnContext(ctx, "a dispute of no charge of ours", "dispute", d.ID)
			return nil
		}
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		for _, b := range d.Moves {
			if err := post(ctx, tx, now, bankPosting(orderID, b)); err != nil {
				return err
			}
		}
		first, err := insertDispute(ctx, tx, orderID, d, now)
		if err != nil {
			return err
		}
		if first {
			s.Log.WarnContext(ctx, "a buyer's bank disputes a payment", "dispute", d.ID, "order", orderID)
			if err := s.Jobs.Insert(ctx, tx, Disputed{OrderID: orderID, State: Waits}); err != nil {
				return err
			}
		}
		if d.State == Waits {
			return nil
		}
		return s.disputeOver(ctx, tx, orderID, d)
	})
}

// disputeOver notes what a bank decided, once, and lets go on what waited for it.
func (s *Service) disputeOver(ctx context.Context, tx *db.Tx, orderID string, d Dispute) error {
	was, err := closeDispute(ctx, tx, d.ID, d.State, s.Clock.Now())
	if err != nil || !was {
		return err
	}
	s.Log.WarnContext(ctx, "a bank has decided", "dispute", d.ID, "order", orderID, "outcome", string(d.State))
	if err := s.Jobs.Insert(ctx, tx, Disputed{OrderID: orderID, State: d.State}); err != nil {
		return err
	}
	ms, err := movements(ctx, tx, `order_id = ? AND state = 'promised'`, orderID)
	for _, m := range ms {
		err = errors.Join(err, s.Jobs.Insert(ctx, tx, Carry{MovementID: m.ID}))
	}
	return err
}

// errPartly is a dispute that took another sum than is to go back.
var errPartly = errors.New("payments: the buyer's bank took another sum than is to go back; refund the rest at the provider")

// atBank tells whether a movement is a bank's to make or to wait for, and sees to
// it. Nothing leaves while a bank disputes the payment; what the bank has given
// to the buyer for good is not given once more.
func (s *Service) atBank(ctx context.Context, m Movement) (bool, error) {
	d, found, err := disputeOf(ctx, s.DB, m.OrderID, Waits, Lost)
	switch {
	case err != nil || !found:
		return false, err
	case m.Kind == Stray:
		return false, nil // the dispute is about what was held
	case d.State == Waits:
		return true, nil
	case m.Kind == Payout:
		return false, nil // it was the seller's before the bank took it: the loss is the marketplace's
	case d.Amount != m.Amount.Minor:
		return true, s.broke(ctx, m, errPartly)
	}
	return true, s.sent(ctx, m.ID, d.ID)
}

// lookAtDisputes asks about all that wait, in case a message was lost.
func (s *Service) lookAtDisputes(ctx context.Context) error {
	ids, err := openDisputes(ctx, s.DB, lookBatch)
	for _, id := range ids {
		err = errors.Join(err, s.LookAtDispute(ctx, id))
	}
	return err
}
