package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// insertTakeover stores a takeover. It says false when the subject is in
// somebody's hand.
func insertTakeover(ctx context.Context, tx *db.Tx, t Takeover) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO takeovers (id, subject, operator_id, began_at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, t.ID, t.Subject, t.Operator, t.Began)
	return n == 1, err
}

// endTakeover ends one.
func endTakeover(ctx context.Context, tx *db.Tx, tid TakeoverID, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE takeovers SET ended_at = ? WHERE id = ? AND ended_at = 0`, now, tid)
	return err
}

// takeovers are those of some subjects that are on, by subject.
func takeovers(ctx context.Context, q db.Queryer, subjects []string) (map[string]Takeover, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`
		SELECT id, subject, operator_id, began_at, ended_at
		FROM takeovers
		WHERE subject IN (?) AND ended_at = 0`, subjects)
	if err != nil {
		return nil, err
	}
	var ts []Takeover
	if err := q.Select(ctx, &ts, query, args...); err != nil {
		return nil, err
	}
	out := make(map[string]Takeover, len(ts))
	for _, t := range ts {
		out[t.Subject] = t
	}
	return out, nil
}
