package payments

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// disputeRow is a dispute as it is stored.
type disputeRow struct {
	ID      string       `db:"id"`
	OrderID string       `db:"order_id"`
	Amount  int64        `db:"amount"`
	State   DisputeState `db:"state"`
}

// disputeOf is an order's newest dispute in one of two states, if there is one.
func disputeOf(ctx context.Context, q db.Queryer, orderID string, a, b DisputeState) (r disputeRow, found bool, err error) {
	err = q.Get(ctx, &r, `
		SELECT id, order_id, amount, state
		FROM disputes
		WHERE order_id = ? AND state IN (?, ?)
		ORDER BY opened_at DESC, id DESC
		LIMIT 1`, orderID, a, b)
	if db.IsNone(err) {
		return r, false, nil
	}
	return r, err == nil, err
}

// insertDispute stores a dispute when it is heard of first; it says whether it
// was.
func insertDispute(ctx context.Context, tx *db.Tx, orderID string, d Dispute, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO disputes (id, order_id, charge_id, amount, currency, state, opened_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`,
		d.ID, orderID, d.Charge, d.Amount.Minor, d.Amount.Currency, Waits, now)
	return n == 1, err
}

// closeDispute stores how a dispute ended; it says whether it was open.
func closeDispute(ctx context.Context, tx *db.Tx, id string, state DisputeState, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE disputes SET state = ?, closed_at = ? WHERE id = ? AND state = ?`, state, now, id, Waits)
	return n == 1, err
}

// openDisputes are those that wait for a bank.
func openDisputes(ctx context.Context, q db.Queryer, limit int) (ids []string, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM disputes WHERE state = ? ORDER BY opened_at, id LIMIT ?`, Waits, limit)
	return ids, err
}

// orderOfCharge is the order that a charge paid for.
func orderOfCharge(ctx context.Context, q db.Queryer, charge string) (orderID string, err error) {
	err = q.Get(ctx, &orderID, `
		SELECT order_id FROM payments WHERE charge_id = ?
		UNION
		SELECT order_id FROM movements WHERE charge_id = ?
		LIMIT 1`, charge, charge)
	return orderID, err
}
