package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
)

// The nightly look at the provider's books.
const (
	compareEvery = 24 * time.Hour
	compareBack  = 30 * 24 * time.Hour // how far back fees and withdrawals are looked for
	compareTries = 3                   // when money moves while we look
	comparePause = 500 * time.Millisecond
)

// Comparison is what our ledger says is at the provider, beside what the
// provider says.
type Comparison struct {
	At       clock.Instant `db:"at"`
	Currency string        `db:"currency"`
	Ours     int64         `db:"ours"`
	Theirs   int64         `db:"theirs"`
}

// Agree tells whether the two say the same.
func (c Comparison) Agree() bool { return c.Ours == c.Theirs }

// Off is by how much the provider has more than we know of.
func (c Comparison) Off() money.Amount {
	return money.Amount{Minor: c.Theirs - c.Ours, Currency: c.Currency}
}

// Nightly brings the books up to what the provider knows by now, its late fees
// and what was taken out to our own bank account, and then compares them with
// the provider's balance. A difference is kept for the desk and logged; nothing
// is mended by a machine.
func (s *Service) Nightly(ctx context.Context) error {
	return errors.Join(s.lookForFees(ctx), s.lookAtDisputes(ctx), s.withdrawals(ctx), s.compareAll(ctx))
}

// lookForFees looks again at payments whose fee the provider had not said yet.
func (s *Service) lookForFees(ctx context.Context) error {
	sessions, err := feeless(ctx, s.DB, s.Clock.Now().Add(-compareBack), lookBatch)
	for _, session := range sessions {
		err = errors.Join(err, s.lookAt(ctx, session))
	}
	return err
}

// withdrawals posts what was taken out.
func (s *Service) withdrawals(ctx context.Context) error {
	now := s.Clock.Now()
	ws, err := s.Provider.Withdrawals(ctx, now.Add(-compareBack))
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		for _, w := range ws {
			if err := post(ctx, tx, now, withdrawnPosting(w)); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareAll compares every currency that the ledger knows.
func (s *Service) compareAll(ctx context.Context) error {
	bs, err := balances(ctx, s.DB)
	for _, b := range bs {
		if b.Account == PSPBalance {
			err = errors.Join(err, s.compare(ctx, b.Money))
		}
	}
	return err
}

// compare looks at both sides until nothing moved between, or for the last time.
func (s *Service) compare(ctx context.Context, currency string) error {
	c := Comparison{Currency: currency}
	for try := range compareTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(comparePause):
			}
		}
		theirs, err := s.Provider.Balance(ctx, currency)
		if err != nil {
			return err
		}
		if c.Ours, err = atProvider(ctx, s.DB, currency); err != nil {
			return err
		}
		if c.Theirs = theirs.Minor; c.Agree() {
			break
		}
	}
	c.At = s.Clock.Now()
	if !c.Agree() {
		s.Log.ErrorContext(ctx, "our books and the provider's differ", "ours", c.Ours, "theirs", c.Theirs, "currency", currency,
			"off", fmt.Sprint(c.Theirs-c.Ours))
	}
	return insertComparison(ctx, s.DB, c)
}

// Compared are the newest comparisons, one a currency; for operators.
func (s *Service) Compared(ctx context.Context) ([]Comparison, error) {
	return newestComparisons(ctx, s.DB)
}
