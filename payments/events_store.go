package payments

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// insertEvent keeps a message's id; false means that it came before.
func insertEvent(ctx context.Context, tx *db.Tx, ev Event, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO webhook_events (id, kind, object_id, received_at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`, ev.ID, ev.Name, ev.Object, now)
	return n == 1, err
}

// worked notes that a message was acted on.
const worked = `UPDATE webhook_events SET worked_at = ? WHERE id = ?`

// workedEvent notes it after the act.
func workedEvent(ctx context.Context, d *db.DB, eventID string, now clock.Instant) error {
	_, err := d.Do(ctx, worked, now, eventID)
	return err
}

// workedIn notes it within the act.
func workedIn(ctx context.Context, tx *db.Tx, eventID string, now clock.Instant) error {
	return tx.Later(ctx, worked, now, eventID)
}

// knownMove tells whether a charge or transfer is one whose movement we made.
func knownMove(ctx context.Context, q db.Queryer, ref string) (bool, error) {
	var n int64
	err := q.Get(ctx, &n, `
		SELECT (
			SELECT COUNT(*) FROM movements WHERE provider_id = ? OR charge_id = ? AND charge_id <> '') + (
			SELECT COUNT(*) FROM payments p JOIN movements m ON m.order_id = p.order_id WHERE p.charge_id = ? AND m.kind = 'refund')`,
		ref, ref, ref)
	return n > 0, err
}
