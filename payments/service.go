package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/messaging"
)

// Service is where the money is. Build it once; it is safe for concurrent use.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Log      *slog.Logger
	Provider Provider
	Base     string // scheme and host of the site, no slash
	// Held is orders' part of Settled, called by whoever heard of the money first
	// and repeats it until it succeeds; nil leaves it to the job.
	Held func(ctx context.Context, orderID string) error
	// User is accounts.Service.Get.
	User func(ctx context.Context, q db.Queryer, who accounts.UserID) (accounts.User, error)
	// Tell is messaging.Service.Tell.
	Tell func(ctx context.Context, tx *db.Tx, t messaging.Telling) error
}

// The provider closes a session 30 minutes to 24 hours after it was made.
const (
	minSession = 31 * time.Minute // with a minute for the request to arrive
	maxSession = 24*time.Hour - time.Minute
)

// errLines is a sum that its lines do not explain.
var errLines = errors.New("payments: the lines do not add up to the total")

// Begin asks a buyer for money, within the transaction that makes their order.
// It fails with errLines when the lines do not add up.
func (s *Service) Begin(ctx context.Context, tx *db.Tx, c Charge) error {
	now := s.Clock.Now()
	p := Payment{ID: id.New[ID]("pay", now), OrderID: c.OrderID, Buyer: c.Buyer, Seller: c.Seller, Total: c.Total,
		Payout: c.Payout, State: Opening, Title: c.Title, Lines: c.Lines, Lang: c.Lang, ExpiresAt: c.Expires, CreatedAt: now,
		tries: 1, askedUntil: sessionEnd(now, c.Expires)} // as PayURL, which mostly follows at once, will ask
	sum := p.sumOf(ItemLine) + p.sumOf(ShippingLine) + p.sumOf(FeeLine)
	if sum != c.Total.Minor || c.Payout.Minor < 0 || c.Payout.Minor+p.sumOf(ShippingLine) > c.Total.Minor || c.Payout.Currency != c.Total.Currency {
		return fmt.Errorf("%w: %d for %d, of which %d to the seller", errLines, sum, c.Total.Minor, c.Payout.Minor)
	}
	return insertPayment(ctx, tx, p)
}

// Of is an order's payment. It fails with sql.ErrNoRows (db.IsNone) when none
// was asked for.
func (s *Service) Of(ctx context.Context, q db.Queryer, orderID string) (Payment, error) {
	return ofOrder(ctx, q, orderID)
}

// MovementsOf are the movements an order has promised: a payout or a refund, both
// when the money was shared, and the return of what was paid twice.
func (s *Service) MovementsOf(ctx context.Context, q db.Queryer, orderID string) ([]Movement, error) {
	return movements(ctx, q, `order_id = ? ORDER BY created_at, id`, orderID)
}

// Postings are an order's facts about money, oldest first.
func (s *Service) Postings(ctx context.Context, orderID string) ([]Posting, error) {
	return postingsOf(ctx, s.DB, orderID)
}

// Ledger is a page of the newest postings before the one called before (all,
// when it is empty), newest first; for operators.
func (s *Service) Ledger(ctx context.Context, before string, limit int) ([]Posting, error) {
	return recentPostings(ctx, s.DB, before, limit)
}

// Balances are the sums of all ledger accounts; for operators.
func (s *Service) Balances(ctx context.Context) ([]Balance, error) { return balances(ctx, s.DB) }

// PayURL is the provider's page where an order's buyer pays. It makes the page
// the first time; asked again, by two browsers or after a crash, it gives the
// same one. back is the order's page: the provider leads to back + "/paid" after
// paying and to back if they change their mind. Call it outside transactions. It
// fails with faults when the order is paid already, can no longer be paid, or
// the provider does not answer.
func (s *Service) PayURL(ctx context.Context, orderID, back string) (string, error) {
	for range maxAsks {
		p, err := s.ask(ctx, orderID)
		if err == nil && p.State == Open {
			return p.payURL, nil
		}
		url := ""
		if err == nil {
			url, err = s.open(ctx, p, back)
		}
		if !isMoving(err) {
			return url, err
		} // another request was faster: look at what it did
	}
	return "", errMoving
}

// maxAsks is how often PayURL looks again when others ask at the same moment.
const maxAsks = 5

// ask notes that a session is about to be asked for, with what is needed to ask
// for the very same one again; or gives the payment as it is when its page waits
// already.
func (s *Service) ask(ctx context.Context, orderID string) (p Payment, err error) {
	p, err = ofOrder(ctx, s.DB, orderID)
	if err == nil {
		if noted, err := p.askable(s.Clock.Now()); noted || err != nil {
			return p, err
		}
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if p, err = ofOrder(ctx, tx, orderID); err != nil {
			return err
		}
		now := s.Clock.Now()
		if noted, err := p.askable(now); noted || err != nil {
			return err
		}
		p.tries++
		p.askedUntil = sessionEnd(now, p.ExpiresAt)
		if err := savePayment(ctx, tx, p); err != nil {
			return err
		}
		p.version++
		return nil
	})
	if db.IsNone(err) {
		err = errNotPayable
	}
	return p, err
}

// askable tells whether everything is noted that asking for a payment's page
// takes. It fails with a fault when there is nothing to ask for.
func (p Payment) askable(now clock.Instant) (noted bool, err error) {
	switch {
	case p.State == Open && now.Before(p.askedUntil):
		return true, nil
	case p.State == Processing || !p.HeldAt.IsZero():
		return false, errPaid
	case p.State != Opening:
		return false, errNotPayable
	}
	return p.tries > 0 && now.Add(minSession-time.Minute).Before(p.askedUntil), nil // perhaps in vain: ask for the same again
}

// sessionEnd is when a session asked for now ends: not before the order's own
// deadline, as far as the provider allows.
func sessionEnd(now, deadline clock.Instant) clock.Instant {
	return min(max(deadline, now.Add(minSession)), now.Add(maxSession))
}

// open makes the provider's page and keeps its address.
func (s *Service) open(ctx context.Context, p Payment, back string) (string, error) {
	buyer, err := s.User(ctx, s.DB, p.Buyer)
	if err != nil {
		return "", err
	}
	v, err := s.Provider.OpenSession(ctx, fmt.Sprintf("%s:%d", p.ID, p.tries), Asking{OrderID: p.OrderID, Payment: p.ID,
		Lines: p.Lines, Money: p.Total.Currency, Email: buyer.Email, Lang: p.Lang, Expires: p.askedUntil,
		Success: back + "/paid", Cancel: back})
	switch {
	case errors.Is(err, ErrKeyUsed):
		return "", errors.Join(errMoving, s.askAnew(ctx, p)) // asked before in other words: what that made, if paid, is found by its order
	case errors.Is(err, ErrFails), errors.Is(err, ErrRefused): // it would repeat that under the same key
		if err := s.askAnew(ctx, p); err != nil && !isMoving(err) {
			return "", err
		}
		return "", s.away(ctx, p.OrderID, err)
	case err != nil:
		return "", s.away(ctx, p.OrderID, err)
	}
	p.session, p.payURL, p.State = v.ID, v.URL, Open
	return v.URL, s.DB.InTx(ctx, func(tx *db.Tx) error { return savePayment(ctx, tx, p) })
}

// askAnew lets the next attempt use a fresh key. It fails with errMoving when
// somebody was faster.
func (s *Service) askAnew(ctx context.Context, p Payment) error {
	p.askedUntil = 0
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return savePayment(ctx, tx, p) })
}

// away logs why the provider did not do as asked, and is the fault for it.
func (s *Service) away(ctx context.Context, orderID string, err error) error {
	if ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "payment provider", "order", orderID, "error", err.Error())
	}
	f := *errAway
	f.Err = err
	return &f
}

// Release gives an order's money to its seller, within the transaction that
// completes the trade. Doing it again is fine. It fails with a Conflict when the
// money is not held, or the buyer's bank wants it back.
func (s *Service) Release(ctx context.Context, tx *db.Tx, orderID string) error {
	return s.Share(ctx, tx, orderID, 0)
}

// Share is Release, with back minor units of the seller's part given to the
// buyer. Fees and postage stay as they were agreed. It fails as Release does,
// and with an Invalid fault of "amount" when nothing would be left for the
// seller.
func (s *Service) Share(ctx context.Context, tx *db.Tx, orderID string, back int64) error {
	p, err := s.leave(ctx, tx, orderID, Releasing, Released)
	if err != nil || p.State != Held {
		return err
	}
	if back < 0 || back > 0 && back >= p.Payout.Minor {
		return fault.Field("amount", "payments.share_wrong", "Max", money.Amount{Minor: p.Payout.Minor - 1, Currency: p.Payout.Currency})
	}
	if _, taken, err := disputeOf(ctx, tx, orderID, Waits, Lost); err != nil {
		return err
	} else if taken {
		return errDisputed
	}
	p.State, p.Given.Minor = Releasing, back
	if p.Payout.IsZero() {
		p.State, p.ClosedAt = Released, s.Clock.Now()
	}
	if err := savePayment(ctx, tx, p); err != nil {
		return err
	}
	if err := post(ctx, tx, s.Clock.Now(), releasedPosting(p)); err != nil || p.Payout.IsZero() {
		return err
	}
	if back > 0 {
		if err := s.promise(ctx, tx, p, Movement{Kind: Refund, To: p.Buyer, Amount: p.Given}); err != nil {
			return err
		}
	}
	return s.promise(ctx, tx, p, Movement{Kind: Payout, To: p.Seller, Amount: p.left()})
}

// Refund gives all of an order's money back to its buyer, within the transaction
// that ends the trade. Doing it again is fine. It fails with a Conflict when the
// money is not held.
func (s *Service) Refund(ctx context.Context, tx *db.Tx, orderID string) error {
	p, err := s.leave(ctx, tx, orderID, Refunding, Refunded)
	if err != nil || p.State != Held {
		return err
	}
	p.State = Refunding
	if err := savePayment(ctx, tx, p); err != nil {
		return err
	}
	return s.promise(ctx, tx, p, Movement{Kind: Refund, To: p.Buyer, Amount: p.Total})
}

// leave is an order's payment, about to leave Held; or in one of the states that
// say it has already.
func (s *Service) leave(ctx context.Context, tx *db.Tx, orderID string, already ...State) (Payment, error) {
	p, err := ofOrder(ctx, tx, orderID)
	if db.IsNone(err) {
		return p, errNotHeld
	}
	if err != nil || p.State == Held {
		return p, err
	}
	for _, st := range already {
		if p.State == st {
			return p, nil
		}
	}
	return p, errNotHeld
}

// promise keeps a movement and the job that carries it out.
func (s *Service) promise(ctx context.Context, tx *db.Tx, p Payment, m Movement) error {
	now := s.Clock.Now()
	m.ID, m.OrderID, m.State, m.CreatedAt = id.New[MovementID]("mov", now), p.OrderID, Promised, now
	first, err := insertMovement(ctx, tx, m)
	if err != nil || !first {
		return err
	}
	return s.Jobs.Insert(ctx, tx, Carry{MovementID: m.ID})
}

// Void ends the asking for an order that nobody will pay, within the transaction
// that ends it. The provider's page is closed; money that comes in spite of that
// goes back. It fails with a Conflict when the money is here already: then
// Settled is on its way to the order, and the order should go on; and while the
// provider confirms what the buyer has done: then Settled follows, or the buyer
// may pay again.
func (s *Service) Void(ctx context.Context, tx *db.Tx, orderID string) error {
	p, err := ofOrder(ctx, tx, orderID)
	switch {
	case db.IsNone(err):
		return nil
	case err != nil:
		return err
	case !p.HeldAt.IsZero() || p.State == Processing:
		return errPaid
	case !p.State.Awaited():
		return nil
	}
	p.State, p.ClosedAt = Expired, s.Clock.Now()
	if err := savePayment(ctx, tx, p); err != nil {
		return err
	}
	if p.session != "" {
		if err := looked(ctx, tx, p.ID, 0); err != nil { // until its page is closed: see LookAtAll
			return err
		}
	}
	return s.Jobs.Insert(ctx, tx, Shut{OrderID: orderID})
}
