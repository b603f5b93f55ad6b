package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// Verdicts: what became of a step.
const (
	sent      = "sent"
	stale     = "stale"      // came too late to be worth sending
	noChannel = "no_channel" // whom it speaks to is no member, or cannot be written to
)

// Nudge is a step of a turn that was decided.
type Nudge struct {
	TurnID    turn.ID       `db:"turn_id"`
	Step      string        `db:"step"`
	UserID    string        `db:"user_id"`
	PlannedAt clock.Instant `db:"planned_at"`
	DecidedAt clock.Instant `db:"decided_at"`
	Verdict   string        `db:"verdict"`
}

// Sent tells whether the step was said to its reader.
func (n Nudge) Sent() bool { return n.Verdict == sent }

// record notes a decided step. It says false when that was noted before: then
// somebody else took the step.
func record(ctx context.Context, tx *db.Tx, n Nudge) (bool, error) {
	rows, err := tx.Do(ctx, `
		INSERT INTO nudges (turn_id, step, user_id, planned_at, decided_at, verdict)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		n.TurnID, n.Step, n.UserID, n.PlannedAt, n.DecidedAt, n.Verdict)
	return rows == 1, err
}

// decided are the steps of a turn that were taken, oldest first.
func decided(ctx context.Context, q db.Queryer, id turn.ID) ([]Nudge, error) {
	var ns []Nudge
	err := q.Select(ctx, &ns, `
		SELECT turn_id, step, user_id, planned_at, decided_at, verdict
		FROM nudges
		WHERE turn_id = ?
		ORDER BY decided_at, step`, id)
	return ns, err
}

// unwatched are open turns without a next step, of which there can be none.
func unwatched(ctx context.Context, q db.Queryer) (open int64, broken []string, err error) {
	if err = q.Get(ctx, &open, `SELECT COUNT(*) FROM turns WHERE closed_at = 0`); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &broken, `SELECT id FROM turns WHERE closed_at = 0 AND next_at IS NULL ORDER BY id LIMIT 100`)
	return open, broken, err
}

// overdue are open turns whose next step should have been taken before then.
func overdue(ctx context.Context, q db.Queryer, then clock.Instant) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM turns WHERE closed_at = 0 AND next_at < ? ORDER BY next_at LIMIT 100`, then)
	return ids, err
}
