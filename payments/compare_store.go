package payments

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// feeless are the sessions of money that came since, whose fee is not posted.
func feeless(ctx context.Context, q db.Queryer, since clock.Instant, limit int) (sessions []string, err error) {
	err = q.Select(ctx, &sessions, `
		SELECT y.session_id
		FROM payments y
		WHERE y.held_at >= ? AND y.session_id <> '' AND NOT EXISTS (
			SELECT 1 FROM postings p WHERE p.kind = ? AND p.external_ref = y.charge_id)
		ORDER BY y.held_at DESC
		LIMIT ?`, since, ProviderFee, limit)
	return sessions, err
}

// atProvider is what the ledger says is at the provider.
func atProvider(ctx context.Context, q db.Queryer, currency string) (minor int64, err error) {
	err = q.Get(ctx, &minor, `
		SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ledger WHERE account = ? AND currency = ?`, PSPBalance, currency)
	return minor, err
}

// insertComparison keeps a comparison.
func insertComparison(ctx context.Context, d db.Doer, c Comparison) error {
	_, err := d.Do(ctx, `
		INSERT INTO comparisons (at, currency, ours, theirs)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (currency, at) DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs`, c.At, c.Currency, c.Ours, c.Theirs)
	return err
}

// newestComparisons are the newest, one a currency.
func newestComparisons(ctx context.Context, q db.Queryer) (cs []Comparison, err error) {
	err = q.Select(ctx, &cs, `
		SELECT at, currency, ours, theirs
		FROM comparisons c
		WHERE at = (SELECT MAX(at) FROM comparisons x WHERE x.currency = c.currency)
		ORDER BY currency`)
	return cs, err
}
