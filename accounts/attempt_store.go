package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// countAttempt adds a try and says how many there were in the slot, this one
// too.
func countAttempt(ctx context.Context, tx *db.Tx, name string, slot clock.Instant) (tries int64, err error) {
	err = tx.Get(ctx, &tries, `INSERT INTO attempts (name, slot, tries) VALUES (?, ?, 1)
		ON CONFLICT (name, slot) DO UPDATE SET tries = attempts.tries + 1
		RETURNING tries`, name, slot)
	return tries, err
}

func deleteAttempts(ctx context.Context, d db.Doer, name string) error {
	_, err := d.Do(ctx, `DELETE FROM attempts WHERE name = ?`, name)
	return err
}

func deleteOldAttempts(ctx context.Context, d db.Doer, before clock.Instant) error {
	_, err := d.Do(ctx, `DELETE FROM attempts WHERE slot < ?`, before)
	return err
}
