package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// invariant is a promise the data keeps: how many things there are to look at,
// and which break it.
type invariant struct {
	name, count, broken string
	args                []any
}

func checks() []invariant {
	return []invariant{
		{
			name:  "orders: every open order has exactly one open turn",
			count: `SELECT COUNT(*) FROM orders WHERE closed_at = 0`,
			broken: `
				SELECT o.id FROM orders o
				WHERE o.closed_at = 0 AND (
					NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = o.turn_id AND t.subject = o.id AND t.closed_at = 0 AND t.version = o.version)
					OR (SELECT COUNT(*) FROM turns t WHERE t.subject = o.id AND t.closed_at = 0) <> 1)
				ORDER BY o.id LIMIT 50`,
		},
		{
			name:  "orders: every open turn has a next step",
			count: `SELECT COUNT(*) FROM turns WHERE closed_at = 0`,
			broken: `
				SELECT id FROM turns WHERE closed_at = 0 AND (next_at IS NULL OR next_step = '') ORDER BY id LIMIT 50`,
		},
		{
			name:  "orders: a closed order waits for nothing but reviews",
			count: `SELECT COUNT(*) FROM orders WHERE closed_at <> 0`,
			broken: `
				SELECT o.id FROM orders o JOIN turns t ON t.subject = o.id
				WHERE o.closed_at <> 0 AND t.closed_at = 0 AND t.kind <> 'review'
				ORDER BY o.id LIMIT 50`,
		},
		{
			name:  "orders: no listing is sold twice",
			count: `SELECT COUNT(DISTINCT listing_id) FROM orders WHERE closed_at = 0 OR state = 'completed'`,
			broken: `
				SELECT listing_id FROM orders WHERE closed_at = 0 OR state = 'completed'
				GROUP BY listing_id HAVING COUNT(*) > 1 ORDER BY listing_id LIMIT 50`,
		},
		{
			name:  "orders: a thing being bought is reserved, and one bought is sold",
			count: `SELECT COUNT(*) FROM orders WHERE closed_at = 0 OR state = 'completed'`,
			broken: `
				SELECT o.id FROM orders o JOIN listings l ON l.id = o.listing_id
				WHERE (o.closed_at = 0 AND l.state <> 'reserved') OR (o.state = 'completed' AND l.state <> 'sold')
				ORDER BY o.id LIMIT 50`,
		},
		{
			name:  "orders: every open offer waits for an answer",
			count: `SELECT COUNT(*) FROM offers WHERE state = 'open'`,
			broken: `
				SELECT o.id FROM offers o
				WHERE o.state = 'open' AND NOT EXISTS (
					SELECT 1 FROM turns t WHERE t.subject = o.id AND t.kind = 'answer_offer' AND t.closed_at = 0)
				ORDER BY o.id LIMIT 50`,
		},
	}
}

// moved is a move with where its order stands now.
type moved struct {
	Happening
	State        State `db:"state"`
	OrderVersion int64 `db:"order_version"`
	Last         bool  `db:"last"`
}

// allMoves are all moves, order by order, in their order.
func allMoves(ctx context.Context, q db.Queryer) ([]moved, error) {
	var ms []moved
	err := q.Select(ctx, &ms, `
		SELECT e.order_id, e.version, e.event, e.from_state, e.to_state, e.actor, o.state, o.version AS order_version,
			CASE WHEN e.version = (SELECT MAX(x.version) FROM order_events x WHERE x.order_id = e.order_id) THEN TRUE ELSE FALSE END AS last
		FROM order_events e
		JOIN orders o ON o.id = e.order_id
		ORDER BY e.order_id, e.version`)
	return ms, err
}

// closeReviewTurns ends what somebody who leaves still could write.
func closeReviewTurns(ctx context.Context, tx *db.Tx, now clock.Instant, u accounts.UserID) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, outcome = ?, next_at = NULL
		WHERE owner_id = ? AND kind = ? AND closed_at = 0`, now, turn.Moved, u, turn.Review)
	return err
}
