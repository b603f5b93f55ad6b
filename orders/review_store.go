package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

const reviewColumns = `id, order_id, author_id, about_id, verdict, text, created_at, shown_at`

// lockOrder makes two reviews of one trade, or two guesses at its code, wait for
// each other, so that the second sees the first.
func lockOrder(ctx context.Context, tx *db.Tx, id ID) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE orders SET version = version WHERE id = ?`, id)
	return n == 1, err
}

// insertReview adds a review; false when the author has written one.
func insertReview(ctx context.Context, tx *db.Tx, r Review) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO reviews (`+reviewColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (order_id, author_id) DO NOTHING`,
		r.ID, r.Order, r.Author, r.About, r.Verdict, r.Text, r.CreatedAt, r.ShownAt)
	return n == 1, err
}

func reviewsOfOrder(ctx context.Context, q db.Queryer, id ID) ([]Review, error) {
	var rs []Review
	err := q.Select(ctx, &rs, `SELECT `+reviewColumns+` FROM reviews WHERE order_id = ? ORDER BY created_at, id`, id)
	return rs, err
}

func showReviews(ctx context.Context, tx *db.Tx, id ID, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE reviews SET shown_at = ? WHERE order_id = ? AND shown_at > ?`, now, id, now)
	return err
}

func reviewsAbout(ctx context.Context, q db.Queryer, u accounts.UserID, now clock.Instant, limit int) ([]Review, error) {
	var rs []Review
	err := q.Select(ctx, &rs, `
		SELECT `+reviewColumns+`
		FROM reviews
		WHERE about_id = ? AND shown_at <= ?
		ORDER BY shown_at DESC, id DESC
		LIMIT ?`, u, now, limit)
	return rs, err
}

func countReviews(ctx context.Context, q db.Queryer, u accounts.UserID, now clock.Instant) (Counted, error) {
	var rows []struct {
		Verdict Verdict `db:"verdict"`
		N       int     `db:"n"`
	}
	var c Counted
	err := q.Select(ctx, &rows, `
		SELECT verdict, COUNT(*) AS n FROM reviews WHERE about_id = ? AND shown_at <= ? GROUP BY verdict`, u, now)
	for _, r := range rows {
		switch r.Verdict {
		case Good:
			c.Good = r.N
		case Okay:
			c.Okay = r.N
		case Bad:
			c.Bad = r.N
		}
	}
	return c, err
}
