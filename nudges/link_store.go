package nudges

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// tapped notes that a link was used; false when it was before. What it notes
// keeps others with the same from going on until the transaction ends.
func tapped(ctx context.Context, tx *db.Tx, now clock.Instant, t turn.ID, u accounts.UserID, what string) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO taps (turn_id, user_id, deed, at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		t, u, what, now)
	return n == 1, err
}

// tap is a link that was used.
type tap struct {
	Deed string        `db:"deed"`
	At   clock.Instant `db:"at"`
}

// tapsOf are the links about a turn that somebody used, oldest first.
func tapsOf(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) ([]tap, error) {
	var ts []tap
	err := q.Select(ctx, &ts, `
		SELECT deed, at
		FROM taps
		WHERE turn_id = ? AND user_id = ?
		ORDER BY at, deed`, t, u)
	return ts, err
}

// maxTaps is how many uses of links a person's download holds.
const maxTaps = 1000

// tapsBy are the links that somebody used, newest first: what each did, and when.
func tapsBy(ctx context.Context, q db.Queryer, u accounts.UserID) ([]string, error) {
	var ts []tap
	err := q.Select(ctx, &ts, `
		SELECT deed, at
		FROM taps
		WHERE user_id = ?
		ORDER BY at DESC, deed
		LIMIT ?`, u, maxTaps)
	out := make([]string, len(ts))
	for i, t := range ts {
		deed, _, _ := strings.Cut(t.Deed, ":")
		out[i] = t.At.String() + " " + deed
	}
	return out, err
}
