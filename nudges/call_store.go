package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

const callColumns = `c.id, c.user_id, c.turn_id, c.reason, c.created_at, c.done_at, c.done_by, c.note, c.reached, t.kind, t.subject, t.due_at`

// insertCall stores a call, unless that person is to be called about that turn
// already.
func insertCall(ctx context.Context, tx *db.Tx, c Call) error {
	_, err := tx.Do(ctx, `
		INSERT INTO calls (id, user_id, turn_id, reason, created_at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, c.ID, c.User, c.Turn, c.Reason, c.CreatedAt)
	return err
}

// openCalls are those that nobody has made, about turns that are open.
func openCalls(ctx context.Context, q db.Queryer, limit int) ([]Call, error) {
	var cs []Call
	err := q.Select(ctx, &cs, `
		SELECT `+callColumns+`
		FROM calls c
		JOIN turns t ON t.id = c.turn_id
		WHERE c.done_at = 0 AND t.closed_at = 0
		ORDER BY t.due_at, c.id
		LIMIT ?`, limit)
	return cs, err
}

// loadCall is one call; sql.ErrNoRows when there is none.
func loadCall(ctx context.Context, q db.Queryer, cid CallID) (Call, error) {
	var c Call
	err := q.Get(ctx, &c, `SELECT `+callColumns+` FROM calls c JOIN turns t ON t.id = c.turn_id WHERE c.id = ?`, cid)
	return c, err
}

// doneCall notes what came of a call. It says false when that was noted before.
func doneCall(ctx context.Context, tx *db.Tx, cid CallID, now clock.Instant, op accounts.UserID, reached bool, note string) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE calls
		SET done_at = ?, done_by = ?, reached = ?, note = ?
		WHERE id = ? AND done_at = 0`, now, op, reached, note, cid)
	return n == 1, err
}

// spokenTo is when a person was first reached by a call about a turn; 0: never.
func spokenTo(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) (clock.Instant, error) {
	var at clock.Instant
	err := q.Get(ctx, &at, `SELECT COALESCE(MIN(done_at), 0) FROM calls WHERE turn_id = ? AND user_id = ? AND reached`, t, u)
	return at, err
}
