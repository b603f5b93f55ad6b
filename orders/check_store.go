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
			name:  "orders: every move begins where the last one ended, and the last is where the order stands",
			count: `SELECT COUNT(*) FROM order_events`,
			broken: `
				SELECT DISTINCT id FROM (
					SELECT e.order_id AS id, e.from_state, e.version, o.state, o.version AS now, e.to_state,
						COALESCE(LAG(e.to_state) OVER (PARTITION BY e.order_id ORDER BY e.version), '') AS before,
						COALESCE(LEAD(e.version) OVER (PARTITION BY e.order_id ORDER BY e.version), 0) AS later
					FROM order_events e JOIN orders o ON o.id = e.order_id) x
				WHERE before <> from_state OR (later = 0 AND (to_state <> state OR version <> now))
				ORDER BY id LIMIT 50`,
		},
		{
			name:  "orders: every order has begun",
			count: `SELECT COUNT(*) FROM orders`,
			broken: `
				SELECT o.id FROM orders o
				WHERE NOT EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.event = 'begin' AND e.version = 1)
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

// kindOfMove is a way orders have moved.
type kindOfMove struct {
	From  State `db:"from_state"`
	Event Event `db:"event"`
	Actor Actor `db:"actor"`
	To    State `db:"to_state"`
}

// kindsOfMoves are all ways orders have ever moved.
func kindsOfMoves(ctx context.Context, q db.Queryer) ([]kindOfMove, error) {
	var ks []kindOfMove
	err := q.Select(ctx, &ks, `SELECT DISTINCT from_state, event, actor, to_state FROM order_events`)
	return ks, err
}

// movedLike are orders that moved in some way.
func movedLike(ctx context.Context, q db.Queryer, k kindOfMove) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT DISTINCT order_id FROM order_events
		WHERE from_state = ? AND event = ? AND actor = ? AND to_state = ?
		ORDER BY order_id LIMIT 50`, k.From, k.Event, k.Actor, k.To)
	return ids, err
}

// closeReviewTurns ends what somebody who leaves still could write, and what still
// could be written about them.
func closeReviewTurns(ctx context.Context, tx *db.Tx, now clock.Instant, u accounts.UserID) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, outcome = ?, next_at = NULL
		WHERE (owner_id = ? AND closed_at = 0 OR waiter_id = ? AND closed_at = 0) AND kind = ?`, now, turn.Moved, u, u, turn.Review)
	return err
}
