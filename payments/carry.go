package payments

import (
	"context"
	"errors"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// CarryOut carries a promised movement out. It may run any number of times, at
// once or days apart: the movement's id is the idempotency key, and because the
// provider forgets keys after a day, every attempt but the first looks for what
// an earlier one may have done.
func (s *Service) CarryOut(ctx context.Context, mid MovementID) error {
	ms, err := movements(ctx, s.DB, `id = ?`, mid)
	if err != nil || len(ms) == 0 || ms[0].State == Sent || ms[0].State == Broken {
		return err
	}
	m := ms[0]
	p, err := ofOrder(ctx, s.DB, m.OrderID)
	if err != nil {
		return err
	}
	if theirs, err := s.atBank(ctx, m); err != nil || theirs {
		return err
	}
	out := Sending{Key: string(m.ID), Refused: m.refusals, OrderID: m.OrderID, Charge: p.charge, Amount: m.Amount}
	if m.Kind == Stray {
		out.Charge = m.charge
	}
	if m.Kind == Payout {
		a, err := s.account(ctx, s.DB, m.To)
		if err != nil {
			return err
		}
		if !a.Ready {
			return s.waitFor(ctx, m)
		}
		out.Account = a.ID
	}
	providerID, err := s.send(ctx, m, out)
	if errors.Is(err, ErrNotReady) || errors.Is(err, ErrRefused) || errors.Is(err, ErrKeyUsed) || errors.Is(err, ErrShort) {
		if err := refused(ctx, s.DB, m); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, ErrNotReady):
		return s.notReady(ctx, m, out.Account)
	case errors.Is(err, ErrRefused), errors.Is(err, ErrKeyUsed):
		return s.broke(ctx, m, err)
	case err != nil:
		return err // River tries again
	}
	return s.sent(ctx, m.ID, providerID)
}

// send asks the provider to move the money, after looking whether it has.
func (s *Service) send(ctx context.Context, m Movement, out Sending) (string, error) {
	look, do := s.Provider.Returned, s.Provider.Return
	if m.Kind == Payout {
		look, do = s.Provider.Paid, s.Provider.Pay
	}
	if m.tries > 0 {
		if found, err := look(ctx, out); err != nil || found != "" {
			return found, err
		}
	}
	if err := tried(ctx, s.DB, m.ID); err != nil {
		return "", err
	}
	return do(ctx, out)
}

// sent records that the provider has moved the money: once, however many found
// out.
func (s *Service) sent(ctx context.Context, mid MovementID, providerID string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		ms, err := movements(ctx, tx, `id = ?`, mid)
		if err != nil || len(ms) == 0 {
			return err
		}
		m, now := ms[0], s.Clock.Now()
		m.State, m.Reason, m.provider, m.SentAt = Sent, "", providerID, now
		if first, err := setMovement(ctx, tx, m); err != nil || !first {
			return err
		}
		d, lost, err := disputeOf(ctx, tx, m.OrderID, Lost, Lost)
		if err != nil {
			return err
		}
		entry, byBank := sentPosting(m, providerID), lost && d.ID == providerID
		if byBank {
			entry = lostPosting(m, d.ID)
		}
		if err := post(ctx, tx, now, entry); err != nil {
			return err
		}
		if err := s.close(ctx, tx, m, now); err != nil {
			return err
		}
		return s.tellSent(ctx, tx, m, byBank)
	})
}

// close ends the payment whose money has gone.
func (s *Service) close(ctx context.Context, tx *db.Tx, m Movement, now clock.Instant) error {
	if m.Kind == Stray {
		return nil
	}
	p, err := ofOrder(ctx, tx, m.OrderID)
	if err != nil {
		return err
	}
	left, err := movements(ctx, tx, `order_id = ? AND kind IN ('payout', 'refund') AND state <> 'sent'`, m.OrderID)
	switch {
	case err != nil:
		return err
	case len(left) > 0: // the other half of what was shared; saved all the same, so that two halves at once notice each other
	case p.State == Releasing:
		p.State, p.ClosedAt = Released, now
	default:
		p.State, p.ClosedAt = Refunded, now
	}
	return savePayment(ctx, tx, p)
}

// tellSent tells the one who gets the money, from us or from their own bank.
func (s *Service) tellSent(ctx context.Context, tx *db.Tx, m Movement, byBank bool) error {
	p, err := ofOrder(ctx, tx, m.OrderID)
	if err != nil {
		return err
	}
	key, url := "payments.refund_sent", "/orders/"+m.OrderID
	switch {
	case m.Kind == Payout:
		key, url = "payments.payout_sent", "/account/payouts"
	case m.Kind == Refund && !p.Given.IsZero():
		key = "payments.part_sent"
	case byBank:
		key = "payments.bank_sent"
	}
	return s.Tell(ctx, tx, messaging.Telling{To: m.To, Topic: messaging.TopicMoney, Key: key, URL: url, Dedupe: "money:" + string(m.ID),
		Args: map[string]any{"Amount": m.Amount, "Title": p.Title}})
}

// broke keeps a movement that the provider refuses for good, for a person to
// see; kierto check and the desk show it.
func (s *Service) broke(ctx context.Context, m Movement, why error) error {
	s.Log.ErrorContext(ctx, "money refused", "movement", m.ID, "order", m.OrderID, "error", why.Error())
	m.State, m.Reason = Broken, why.Error()
	_, err := setMovement(ctx, s.DB, m)
	return err
}

// errCameBack is a refund that the buyer's bank or card did not take.
var errCameBack = errors.New("payments: the refund failed later and the money came back; return it another way, or try again")

// lookAtReturn notices a refund of ours that failed after it was sent: the money
// is with us again, and a person has to look.
func (s *Service) lookAtReturn(ctx context.Context, providerID string) error {
	ms, err := movements(ctx, s.DB, `provider_id = ? AND kind <> 'payout' AND state = 'sent'`, providerID)
	if err != nil || len(ms) == 0 {
		return err
	}
	m := ms[0]
	p, err := ofOrder(ctx, s.DB, m.OrderID)
	if err != nil {
		return err
	}
	out := Sending{Key: string(m.ID), OrderID: m.OrderID, Charge: p.charge, Amount: m.Amount}
	if m.Kind == Stray {
		out.Charge = m.charge
	}
	if found, err := s.Provider.Returned(ctx, out); err != nil || found != "" {
		return err
	}
	s.Log.ErrorContext(ctx, "a refund failed", "movement", m.ID, "order", m.OrderID, "refund", providerID)
	return s.inTx(ctx, func(tx *db.Tx) error { return s.cameBack(ctx, tx, m) })
}

// cameBack records that what was sent to a buyer is here again.
func (s *Service) cameBack(ctx context.Context, tx *db.Tx, m Movement) error {
	was, err := unsend(ctx, tx, m.ID, errCameBack.Error())
	if err != nil || !was {
		return err
	}
	if err := post(ctx, tx, s.Clock.Now(), cameBackPosting(m)); err != nil || m.Kind == Stray {
		return err
	}
	p, err := ofOrder(ctx, tx, m.OrderID)
	if err != nil {
		return err
	}
	switch p.State {
	case Refunded:
		p.State, p.ClosedAt = Refunding, 0
	case Released: // it was shared
		p.State, p.ClosedAt = Releasing, 0
	}
	return savePayment(ctx, tx, p)
}

// Retry lets a refused movement be tried again, once a person has seen to its
// reason. It fails with a Conflict when it is not refused.
func (s *Service) Retry(ctx context.Context, tx *db.Tx, mid MovementID) error {
	ms, err := movements(ctx, tx, `id = ? AND state = 'failed'`, mid)
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		return errMoving
	}
	ms[0].State = Promised
	if _, err := setMovement(ctx, tx, ms[0]); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, Carry{MovementID: mid})
}

// notReady notes that the provider does not let a seller be paid any more, and
// waits for them.
func (s *Service) notReady(ctx context.Context, m Movement, accountID string) error {
	if err := s.DB.InTx(ctx, func(tx *db.Tx) error { return setReady(ctx, tx, accountID, false, s.Clock.Now()) }); err != nil {
		return err
	}
	return s.waitFor(ctx, m)
}

// waitFor lets a payout wait for its seller's details, and asks the seller for
// them.
func (s *Service) waitFor(ctx context.Context, m Movement) error {
	now := s.Clock.Now()
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		a, err := s.account(ctx, tx, m.To)
		if err != nil {
			return err
		}
		if a.Ready { // finished while we looked
			return s.Jobs.Insert(ctx, tx, Carry{MovementID: m.ID})
		}
		m.State = Waiting
		if first, err := setMovement(ctx, tx, m); err != nil || !first {
			return err
		}
		return s.askForDetails(ctx, tx, m, now)
	})
}

// askForDetails opens the seller's turn to finish their details, unless it is
// open. Its ladder tells them.
func (s *Service) askForDetails(ctx context.Context, tx *db.Tx, m Movement, now clock.Instant) error {
	open, err := turn.OpenOf(ctx, tx, string(m.To))
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.Kind == turn.PayoutDetails {
			return nil
		}
	}
	_, err = turn.Open(ctx, tx, now, turn.Spec{Kind: turn.PayoutDetails, Subject: string(m.To), Version: 1, Owner: string(m.To),
		Due: now.Add(detailsWithin)})
	return err
}
