package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// mute notes that somebody wants no reminders about a subject; false when it was
// noted before.
func mute(ctx context.Context, tx *db.Tx, now clock.Instant, u accounts.UserID, subject string, t turn.ID, step string) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO mutes (user_id, subject, turn_id, step, created_at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		u, subject, t, step, now)
	return n == 1, err
}

// unmute forgets it.
func unmute(ctx context.Context, tx *db.Tx, u accounts.UserID, subject string) error {
	_, err := tx.Do(ctx, `DELETE FROM mutes WHERE user_id = ? AND subject = ?`, u, subject)
	return err
}

// muted counts it: one or none.
func muted(ctx context.Context, q db.Queryer, u accounts.UserID, subject string) (bool, error) {
	var n int64
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM mutes WHERE user_id = ? AND subject = ?`, u, subject)
	return n > 0, err
}
