package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

const sessionColumns = `token_hash, user_id, data, agent, created_at, seen_at, expires_at`

func sessionByID(ctx context.Context, q db.Queryer, id string, now clock.Instant) (s Session, err error) {
	err = q.Get(ctx, &s, `SELECT `+sessionColumns+` FROM sessions WHERE token_hash = ? AND expires_at > ?`, id, now)
	return s, err
}

func sessionsOf(ctx context.Context, q db.Queryer, user UserID, now clock.Instant) (ss []Session, err error) {
	err = q.Select(ctx, &ss, `SELECT `+sessionColumns+` FROM sessions WHERE user_id = ? AND expires_at > ?
		ORDER BY seen_at DESC, created_at DESC LIMIT 100`, user, now)
	return ss, err
}

func insertSession(ctx context.Context, d db.Doer, s Session) error {
	_, err := d.Do(ctx, `INSERT INTO sessions (token_hash, user_id, data, agent, created_at, seen_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (token_hash) DO UPDATE
		SET user_id = excluded.user_id, data = excluded.data, agent = excluded.agent, seen_at = excluded.seen_at,
		    expires_at = excluded.expires_at`,
		s.ID, s.UserID, s.Data, s.Agent, s.CreatedAt, s.SeenAt, s.ExpiresAt)
	return err
}

func updateSession(ctx context.Context, d db.Doer, s Session) error {
	_, err := d.Do(ctx, `UPDATE sessions SET user_id = ?, data = ?, agent = ?, seen_at = ?, expires_at = ? WHERE token_hash = ?`,
		s.UserID, s.Data, s.Agent, s.SeenAt, s.ExpiresAt, s.ID)
	return err
}

func deleteSession(ctx context.Context, d db.Doer, id string) error {
	_, err := d.Do(ctx, `DELETE FROM sessions WHERE token_hash = ?`, id)
	return err
}

func deleteSessionOf(ctx context.Context, d db.Doer, user UserID, id string) (bool, error) {
	n, err := d.Do(ctx, `DELETE FROM sessions WHERE token_hash = ? AND user_id = ?`, id, user)
	return n == 1, err
}

func deleteSessions(ctx context.Context, tx *db.Tx, user UserID, keep string) error {
	_, err := tx.Do(ctx, `DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?`, user, keep)
	return err
}

func deleteOldSessions(ctx context.Context, d db.Doer, now clock.Instant) error {
	_, err := d.Do(ctx, `DELETE FROM sessions WHERE expires_at < ?`, now)
	return err
}
