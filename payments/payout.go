package payments

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
)

// detailsWithin is how long a seller has to finish their payout details: well
// within the 90 days that the provider lets money wait.
const detailsWithin = 60 * 24 * time.Hour

// Account is a seller's account at the provider. The zero Account is none yet.
type Account struct {
	ID    string `db:"account_id"`
	Ready bool   `db:"ready"` // money can be sent there
}

// Earnings is what a seller has coming and has had.
type Earnings struct {
	Account  Account
	Waiting  money.Amount // until they finish their details
	OnTheWay money.Amount // released, not yet sent
	Sent     money.Amount // sent to their account at the provider
	Payouts  []Earning    // newest first
}

// Earning is one payout.
type Earning struct {
	Movement
	Title string // what was sold
}

// maxEarnings is how many payouts a page shows.
const maxEarnings = 100

// Account is a seller's account at the provider; the zero Account when they have
// not begun.
func (s *Service) Account(ctx context.Context, who accounts.UserID) (Account, error) {
	return s.account(ctx, s.DB, who)
}

func (s *Service) account(ctx context.Context, q db.Queryer, who accounts.UserID) (Account, error) {
	a, err := accountOf(ctx, q, who)
	if db.IsNone(err) {
		return Account{}, nil
	}
	return a, err
}

// EarningsOf is what a seller has coming and has had; only they may see it.
func (s *Service) EarningsOf(ctx context.Context, who accounts.UserID) (Earnings, error) {
	a, err := s.Account(ctx, who)
	if err != nil {
		return Earnings{}, err
	}
	e := Earnings{Account: a, Waiting: money.EUR(0), OnTheWay: money.EUR(0), Sent: money.EUR(0)}
	if err := sumPayouts(ctx, s.DB, who, &e); err != nil {
		return e, err
	}
	e.Payouts, err = payoutsOf(ctx, s.DB, who, maxEarnings)
	return e, err
}

// WaitingFor is the money that waits for a seller, for their payout details say,
// read through q.
func (s *Service) WaitingFor(ctx context.Context, q db.Queryer, who accounts.UserID) (money.Amount, error) {
	e := Earnings{Waiting: money.EUR(0)}
	err := sumPayouts(ctx, q, who, &e)
	return e.Waiting, err
}

// sumPayouts adds up all of a seller's payouts by how far they are.
func sumPayouts(ctx context.Context, q db.Queryer, who accounts.UserID, e *Earnings) error {
	sums, err := payoutSums(ctx, q, who)
	for _, r := range sums {
		switch r.State {
		case Waiting:
			e.Waiting.Minor += r.Minor
		case Sent:
			e.Sent.Minor += r.Minor
		default:
			e.OnTheWay.Minor += r.Minor
		}
	}
	return err
}

// OnboardURL is the provider's page where a seller finishes their details, or,
// once they have, their own page there. It makes their account the first time.
// Only the seller may be led there. It fails with a Busy fault when the provider
// does not answer.
func (s *Service) OnboardURL(ctx context.Context, who accounts.UserID) (string, error) {
	a, err := s.Account(ctx, who)
	if err != nil {
		return "", err
	}
	if a.ID == "" {
		if a, err = s.openAccount(ctx, who); err != nil {
			return "", err
		}
	}
	var url string
	if a.Ready {
		url, err = s.Provider.DashboardURL(ctx, a.ID)
	} else {
		url, err = s.Provider.OnboardURL(ctx, a.ID, s.Base+"/account/payouts?again=1", s.Base+"/account/payouts/done")
	}
	if err != nil {
		return "", s.away(ctx, string(who), err)
	}
	return url, nil
}

// openAccount makes a seller's account.
func (s *Service) openAccount(ctx context.Context, who accounts.UserID) (Account, error) {
	u, err := s.User(ctx, s.DB, who)
	if err != nil {
		return Account{}, err
	}
	accountID, err := s.Provider.OpenAccount(ctx, "account:"+string(who), u.Email, string(who))
	if err != nil {
		return Account{}, s.away(ctx, string(who), err)
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error { return insertAccount(ctx, tx, who, accountID, s.Clock.Now()) })
	if err != nil {
		return Account{}, err
	}
	return s.Account(ctx, who)
}

// Refresh asks the provider whether a seller can be paid now, and if so sends
// what was waiting for them.
func (s *Service) Refresh(ctx context.Context, who accounts.UserID) error {
	a, err := s.Account(ctx, who)
	if err != nil || a.ID == "" {
		return err
	}
	return s.refresh(ctx, a.ID)
}

// refresh is Refresh by the account's id at the provider.
func (s *Service) refresh(ctx context.Context, accountID string) error {
	ready, err := s.Provider.AccountReady(ctx, accountID)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		who, err := ownerOf(ctx, tx, accountID)
		if db.IsNone(err) {
			return nil // an account that is not ours
		}
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if err := setReady(ctx, tx, accountID, ready, now); err != nil || !ready {
			return err
		}
		if err := turn.Close(ctx, tx, now, turn.PayoutDetails, string(who), turn.Done); err != nil {
			return err
		}
		return s.sendWaiting(ctx, tx, who)
	})
}

// sendWaiting promises anew what waited for a seller's details.
func (s *Service) sendWaiting(ctx context.Context, tx *db.Tx, who accounts.UserID) error {
	ms, err := movements(ctx, tx, `to_id = ? AND kind = 'payout' AND state = 'waiting'`, who)
	if err != nil {
		return err
	}
	for _, m := range ms {
		m.State = Promised
		if _, err := setMovement(ctx, tx, m); err != nil {
			return err
		}
		if err := s.Jobs.Insert(ctx, tx, Carry{MovementID: m.ID}); err != nil {
			return err
		}
	}
	return nil
}
