package payments

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// accountOf is a seller's account. It fails with sql.ErrNoRows.
func accountOf(ctx context.Context, q db.Queryer, who accounts.UserID) (Account, error) {
	var a Account
	err := q.Get(ctx, &a, `SELECT account_id, ready FROM payout_accounts WHERE user_id = ?`, who)
	return a, err
}

// ownerOf is whose account it is. It fails with sql.ErrNoRows.
func ownerOf(ctx context.Context, q db.Queryer, accountID string) (accounts.UserID, error) {
	var who accounts.UserID
	err := q.Get(ctx, &who, `SELECT user_id FROM payout_accounts WHERE account_id = ?`, accountID)
	return who, err
}

// insertAccount keeps a seller's account, unless they have one.
func insertAccount(ctx context.Context, tx *db.Tx, who accounts.UserID, accountID string, now clock.Instant) error {
	_, err := tx.Do(ctx, `
		INSERT INTO payout_accounts (user_id, account_id, ready, created_at, updated_at)
		VALUES (?, ?, FALSE, ?, ?)
		ON CONFLICT (user_id) DO NOTHING`, who, accountID, now, now)
	return err
}

// setReady notes whether an account can be paid.
func setReady(ctx context.Context, tx *db.Tx, accountID string, ready bool, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE payout_accounts SET ready = ?, updated_at = ? WHERE account_id = ?`, ready, now, accountID)
	return err
}

// payoutSum is the sum of a seller's payouts in one state.
type payoutSum struct {
	State MovementState `db:"state"`
	Minor int64         `db:"minor"`
}

// payoutSums are the sums of a seller's payouts by state.
func payoutSums(ctx context.Context, q db.Queryer, who accounts.UserID) ([]payoutSum, error) {
	var out []payoutSum
	err := q.Select(ctx, &out, `
		SELECT state, CAST(SUM(amount) AS BIGINT) AS minor
		FROM movements
		WHERE to_id = ? AND kind = 'payout'
		GROUP BY state`, who)
	return out, err
}

// payoutsOf are a seller's newest payouts with what was sold.
func payoutsOf(ctx context.Context, q db.Queryer, who accounts.UserID, limit int) ([]Earning, error) {
	var rows []struct {
		movementRow
		Title string `db:"title"`
	}
	err := q.Select(ctx, &rows, `
		SELECT m.id, m.order_id, m.kind, m.charge_id, m.to_id, m.amount, m.currency, m.state, m.provider_id, m.tries, m.refusals, m.reason,
			m.created_at, m.sent_at, p.title
		FROM movements m
		JOIN payments p ON p.order_id = m.order_id
		WHERE m.to_id = ? AND m.kind = 'payout'
		ORDER BY m.created_at DESC, m.id DESC
		LIMIT ?`, who, limit)
	out := make([]Earning, 0, len(rows))
	for _, r := range rows {
		out = append(out, Earning{Movement: r.movement(), Title: r.Title})
	}
	return out, err
}

// exported is a payment as its parties may download it.
type exported struct {
	OrderID  string        `db:"order_id" json:"order_id"`
	Title    string        `db:"title" json:"title"`
	Amount   int64         `db:"amount" json:"amount_minor"`
	Payout   int64         `db:"payout" json:"payout_minor"`
	Currency string        `db:"currency" json:"currency"`
	State    string        `db:"state" json:"state"`
	Method   string        `db:"method" json:"method"`
	HeldAt   clock.Instant `db:"held_at" json:"paid_at_us"`
	ClosedAt clock.Instant `db:"closed_at" json:"closed_at_us"`
}

// exportOf are the payments a person made or was to receive.
func exportOf(ctx context.Context, q db.Queryer, who accounts.UserID) ([]exported, error) {
	out := []exported{}
	err := q.Select(ctx, &out, `
		SELECT order_id, title, amount, payout, currency, state, method, held_at, closed_at
		FROM payments
		WHERE buyer_id = ? OR seller_id = ?
		ORDER BY created_at, id`, who, who)
	return out, err
}

// unfinishedOf counts the movements to a person that are not sent.
func unfinishedOf(ctx context.Context, q db.Queryer, who accounts.UserID) (int64, error) {
	var n int64
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM movements WHERE to_id = ? AND state <> 'sent'`, who)
	return n, err
}
