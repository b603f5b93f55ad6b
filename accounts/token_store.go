package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

func insertToken(ctx context.Context, tx *db.Tx, t Token) error {
	_, err := tx.Do(ctx, `INSERT INTO tokens (hash, kind, user_id, payload, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		t.Hash, t.Kind, t.UserID, t.Payload, t.CreatedAt, t.ExpiresAt)
	return err
}

func tokenByHash(ctx context.Context, q db.Queryer, hash string) (t Token, err error) {
	err = q.Get(ctx, &t, `SELECT hash, kind, user_id, payload, created_at, expires_at, used_at FROM tokens WHERE hash = ?`, hash)
	return t, err
}

// openToken is the newest token of a kind that a person may still use;
// sql.ErrNoRows when there is none.
func openToken(ctx context.Context, q db.Queryer, user UserID, kind string, now clock.Instant) (t Token, err error) {
	err = q.Get(ctx, &t, `SELECT hash, kind, user_id, payload, created_at, expires_at, used_at FROM tokens
		WHERE user_id = ? AND kind = ? AND used_at = 0 AND expires_at > ?
		ORDER BY created_at DESC, hash DESC
		LIMIT 1`, user, kind, now)
	return t, err
}

// useToken marks a token used; it says false when it was already.
func useToken(ctx context.Context, tx *db.Tx, hash string, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE tokens SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > ?`, now, hash, now)
	return n == 1, err
}

// spendTokens makes the tokens of one kind that a person still holds unusable.
func spendTokens(ctx context.Context, tx *db.Tx, user UserID, kind string, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE tokens SET used_at = ? WHERE user_id = ? AND kind = ? AND used_at = 0`, now, user, kind)
	return err
}

func deleteTokens(ctx context.Context, tx *db.Tx, user UserID) error {
	_, err := tx.Do(ctx, `DELETE FROM tokens WHERE user_id = ?`, user)
	return err
}

// deleteOldTokens forgets what could not be used since before.
func deleteOldTokens(ctx context.Context, d db.Doer, before clock.Instant) error {
	_, err := d.Do(ctx, `DELETE FROM tokens WHERE expires_at < ?`, before)
	return err
}
