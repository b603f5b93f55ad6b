package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// stretch is from when until when something took.
type stretch struct {
	From  clock.Instant `db:"from_at"`
	Until clock.Instant `db:"until_at"`
}

// movedSince are people who answered or posted after a moment.
func movedSince(ctx context.Context, q db.Queryer, after clock.Instant, limit int) ([]accounts.UserID, error) {
	var us []accounts.UserID
	err := q.Select(ctx, &us, `
		SELECT DISTINCT who
		FROM (
			SELECT owner_id AS who FROM turns
			WHERE kind IN ('answer_message', 'answer_offer') AND outcome = 'done' AND closed_at > ?
			UNION ALL
			SELECT seller_id FROM orders WHERE posted_at > 0 AND posted_at > ?) x
		ORDER BY who
		LIMIT ?`, after, after, limit)
	return us, err
}

// answers are somebody's newest replies.
func answers(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]stretch, error) {
	var ss []stretch
	err := q.Select(ctx, &ss, `
		SELECT opened_at AS from_at, closed_at AS until_at
		FROM turns
		WHERE owner_id = ? AND kind IN ('answer_message', 'answer_offer') AND outcome = 'done' AND closed_at <> 0
		ORDER BY closed_at DESC
		LIMIT ?`, u, limit)
	return ss, err
}

// postings are a seller's newest postings.
func postings(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]stretch, error) {
	var ss []stretch
	err := q.Select(ctx, &ss, `
		SELECT paid_at AS from_at, posted_at AS until_at
		FROM orders
		WHERE seller_id = ? AND posted_at > 0 AND paid_at > 0
		ORDER BY posted_at DESC
		LIMIT ?`, u, limit)
	return ss, err
}
