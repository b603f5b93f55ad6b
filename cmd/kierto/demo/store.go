package demo

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// tradesMoved is how many trades moved after an instant.
func tradesMoved(ctx context.Context, q db.Queryer, after clock.Instant) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(DISTINCT order_id) FROM order_events WHERE at > ?`, after)
	return n, err
}

// forgetPoll lets the carrier be asked about a parcel at once.
func forgetPoll(ctx context.Context, d *db.DB, tracking string) error {
	_, err := d.Do(ctx, `UPDATE parcels SET polled_at = 0 WHERE tracking = ?`, tracking)
	return err
}

// inhabited tells whether anybody has an account.
func inhabited(ctx context.Context, q db.Queryer) (yes bool, err error) {
	err = q.Get(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM users)`)
	return yes, err
}
