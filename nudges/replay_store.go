package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// pastTurns are the turns that began in a span, newest first.
func pastTurns(ctx context.Context, q db.Queryer, from, until clock.Instant, limit int) ([]turn.Turn, error) {
	first, end := span(from, until)
	var ts []turn.Turn
	err := q.Select(ctx, &ts, `
		SELECT id, kind, subject, owner_id, waiter_id, opened_at, aim_at, due_at, closed_at, outcome
		FROM turns
		WHERE id >= ? AND id < ?
		ORDER BY id DESC
		LIMIT ?`, first, end, limit)
	return ts, err
}

// sentStep is how often a step was sent.
type sentStep struct {
	Kind turn.Kind `db:"kind"`
	Step string    `db:"step"`
	To   string    `db:"reader"`
	N    int       `db:"n"`
}

// sentCounts are the reminders that were sent about turns that began in a span,
// by step.
func sentCounts(ctx context.Context, q db.Queryer, from, until clock.Instant) ([]sentStep, error) {
	first, end := span(from, until)
	var ns []sentStep
	err := q.Select(ctx, &ns, `
		SELECT x.kind, x.step, x.reader, COUNT(*) AS n
		FROM (
			SELECT t.kind, n.step, CASE
				WHEN n.user_id = t.owner_id THEN 'owner' WHEN n.user_id = t.waiter_id THEN 'waiter' ELSE 'operator' END AS reader
			FROM nudges n
			JOIN turns t ON t.id = n.turn_id
			WHERE n.turn_id >= ? AND n.turn_id < ? AND n.verdict = 'sent') AS x
		GROUP BY x.kind, x.step, x.reader`, first, end)
	return ns, err
}
