package desk

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
)

// reach is how a person is reached, and how often they had to be reminded.
type reach struct {
	Mail     string        `db:"mail"`    // state of the newest e-mail; "" none
	MailWhy  string        `db:"why"`     // why it failed
	MailAt   clock.Instant `db:"mail_at"` // when that was settled, or made
	Seen     int           `db:"seen"`    // notices in the app that were read, of the newest
	Told     int           `db:"told"`    // the newest notices in the app
	Turns    int           `db:"turns"`   // the newest closed turns of theirs
	Reminded int           `db:"reminded"`
}

// How far back a person's habits are looked at.
const (
	recentTold  = 10 // notices
	recentTurns = 20 // turns
)

// reachOf asks the newest mail, notices and turns of a person.
func reachOf(ctx context.Context, q db.Queryer, u accounts.UserID) (reach, error) {
	var r reach
	err := q.Get(ctx, &r, `
		SELECT state AS mail, reason AS why, CASE WHEN done_at > 0 THEN done_at ELSE created_at END AS mail_at
		FROM deliveries
		WHERE user_id = ? AND channel = 'email'
		ORDER BY created_at DESC, id DESC
		LIMIT 1`, u)
	if err != nil && !db.IsNone(err) {
		return r, err
	}
	err = q.Get(ctx, &r, `
		SELECT COUNT(*) AS told, COALESCE(SUM(CASE WHEN read_at > 0 THEN 1 ELSE 0 END), 0) AS seen
		FROM (SELECT read_at FROM notices WHERE user_id = ? ORDER BY created_at DESC LIMIT ?) AS newest`, u, recentTold)
	if err != nil {
		return r, err
	}
	err = q.Get(ctx, &r, `
		SELECT COUNT(*) AS turns, COALESCE(SUM(n), 0) AS reminded
		FROM (
			SELECT (SELECT COUNT(*) FROM nudges x WHERE x.turn_id = t.id AND x.user_id = t.owner_id AND x.verdict = 'sent') AS n
			FROM turns t
			WHERE t.owner_id = ? AND t.closed_at > 0 AND t.outcome IN ('done', 'seen') AND t.kind IN (`+moving+`)
			ORDER BY t.opened_at DESC
			LIMIT ?) AS newest`, u, recentTurns)
	return r, err
}

// thing is a listing in a list of the desk.
type thing struct {
	ID        listings.ID     `db:"id"`
	Seller    accounts.UserID `db:"seller_id"`
	Name      string          `db:"name"` // the seller's
	Title     string          `db:"title"`
	State     listings.State  `db:"state"`
	Hidden    bool            `db:"hidden"`
	Minor     int64           `db:"price"`
	Currency  string          `db:"currency"`
	CreatedAt clock.Instant   `db:"created_at"`
}

// wanted is what a search for listings asks for; empty fields ask nothing.
type wanted struct {
	Words  string // folded
	Seller accounts.UserID
	State  string // a listings.State, or "hidden"
	Before listings.ID
}

// things are the newest listings that fit.
func things(ctx context.Context, q db.Queryer, w wanted, limit int) ([]thing, error) {
	pattern := like(w.Words)
	var out []thing
	err := q.Select(ctx, &out, `
		SELECT l.id, l.seller_id, u.name, l.title, l.state, l.hidden, l.price, l.currency, l.created_at
		FROM listings l
		JOIN users u ON u.id = l.seller_id
		WHERE (? = '' OR l.words LIKE ? ESCAPE '!' OR l.id = ?)
			AND (? = '' OR l.seller_id = ?)
			AND (? = '' OR (? = 'hidden' AND l.hidden) OR l.state = ?)
			AND (? = '' OR l.id < ?)
		ORDER BY l.id DESC
		LIMIT ?`, w.Words, pattern, w.Words, w.Seller, w.Seller, w.State, w.State, w.State, w.Before, w.Before, limit)
	return out, err
}

// like is a pattern for what holds text anywhere.
func like(text string) string {
	out := make([]rune, 0, len(text)+2)
	out = append(out, '%')
	for _, r := range text {
		if r == '%' || r == '_' || r == '!' {
			out = append(out, '!')
		}
		out = append(out, r)
	}
	return string(append(out, '%'))
}

// hiddenByHand are a seller's listings that an operator hid one by one, and has
// not shown since.
func hiddenByHand(ctx context.Context, q db.Queryer, seller accounts.UserID) (ids []listings.ID, err error) {
	err = q.Select(ctx, &ids, `
		SELECT l.id
		FROM listings l
		WHERE l.seller_id = ? AND l.hidden AND 'listings.hide' = (
			SELECT a.action FROM audit a
			WHERE a.subject = l.id AND a.action IN ('listings.hide', 'listings.show')
			ORDER BY a.at DESC, a.id DESC
			LIMIT 1)
		ORDER BY l.id`, seller)
	return ids, err
}

// reportsAbout are the newest reports about a person, what they sell or what
// they wrote.
func reportsAbout(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]messaging.Report, error) {
	var out []messaging.Report
	err := q.Select(ctx, &out, `
		SELECT r.id, r.reporter_id, r.kind, r.subject, r.reason, r.text, r.state, r.handled_by, r.handled_at, r.created_at
		FROM reports r
		LEFT JOIN listings l ON r.kind = 'listing' AND l.id = r.subject
		LEFT JOIN entries e ON r.kind = 'entry' AND e.id = r.subject
		LEFT JOIN conversations c ON r.kind = 'conversation' AND c.id = r.subject
		WHERE (r.kind = 'user' AND r.subject = ?) OR l.seller_id = ? OR e.author_id = ?
			OR (r.reporter_id <> ? AND (c.buyer_id = ? OR c.seller_id = ?))
		ORDER BY r.created_at DESC, r.id DESC
		LIMIT ?`, u, u, u, u, u, u, limit)
	return out, err
}

// auditOf is the newest lines of the log: by an actor, about a subject, before a
// line; empty ones ask nothing.
func auditOf(ctx context.Context, q db.Queryer, actor accounts.UserID, subject string, before accounts.AuditID, limit int) ([]accounts.AuditLine, error) {
	var out []accounts.AuditLine
	err := q.Select(ctx, &out, `
		SELECT id, at, actor_id, action, subject, note
		FROM audit
		WHERE (? = '' OR actor_id = ?) AND (? = '' OR subject = ?) AND (? = '' OR id < ?)
		ORDER BY id DESC
		LIMIT ?`, actor, actor, subject, subject, before, before, limit)
	return out, err
}
