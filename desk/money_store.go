package desk

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// traces are facts of an order's money that only staff see: what the provider calls it.
type traces struct {
	Session string `db:"session_id"`
	Intent  string `db:"intent_id"`
	Charge  string `db:"charge_id"`
}

// tracesOf are the provider's names for an order's payment.
func tracesOf(ctx context.Context, q db.Queryer, orderID string) (t traces, err error) {
	err = q.Get(ctx, &t, `SELECT session_id, intent_id, charge_id FROM payments WHERE order_id = ?`, orderID)
	if db.IsNone(err) {
		return t, nil
	}
	return t, err
}

// sentAs are the provider's names for an order's movements, by movement.
func sentAs(ctx context.Context, q db.Queryer, orderID string) (map[string]string, error) {
	var rows []struct {
		ID       string `db:"id"`
		Provider string `db:"provider_id"`
	}
	err := q.Select(ctx, &rows, `SELECT id, provider_id FROM movements WHERE order_id = ?`, orderID)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Provider
	}
	return out, err
}
