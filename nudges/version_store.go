package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

const versionColumns = `version, text, note, author_id, created_at, live_at`

// insertVersion stores a version and gives its number.
func insertVersion(ctx context.Context, tx *db.Tx, v Version) (int64, error) {
	var n int64
	if err := tx.Get(ctx, &n, `SELECT COALESCE(MAX(version), 0) + 1 FROM policies`); err != nil {
		return 0, err
	}
	_, err := tx.Do(ctx, `
		INSERT INTO policies (version, text, note, author_id, created_at)
		VALUES (?, ?, ?, ?, ?)`, n, v.Text, v.Note, v.Author, v.CreatedAt)
	return n, err
}

// setLive makes a version the policy from at on.
func setLive(ctx context.Context, tx *db.Tx, number int64, at clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE policies SET live_at = ? WHERE version = ?`, at, number)
	return err
}

// versions are all, newest first.
func versions(ctx context.Context, q db.Queryer, limit int) ([]Version, error) {
	var vs []Version
	err := q.Select(ctx, &vs, `SELECT `+versionColumns+` FROM policies ORDER BY version DESC LIMIT ?`, limit)
	return vs, err
}

// version is one; sql.ErrNoRows when there is none.
func version(ctx context.Context, q db.Queryer, number int64) (Version, error) {
	var v Version
	err := q.Get(ctx, &v, `SELECT `+versionColumns+` FROM policies WHERE version = ?`, number)
	return v, err
}

// liveVersion is the one that was put live last at a moment.
func liveVersion(ctx context.Context, q db.Queryer, at clock.Instant) (Version, error) {
	var v Version
	err := q.Get(ctx, &v, `
		SELECT `+versionColumns+`
		FROM policies
		WHERE live_at > 0 AND live_at <= ?
		ORDER BY live_at DESC, version DESC
		LIMIT 1`, at)
	return v, err
}
