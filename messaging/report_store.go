package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// block notes that u does not want to hear from other.
func block(ctx context.Context, d db.Doer, u, other accounts.UserID, now clock.Instant) error {
	_, err := d.Do(ctx, `
		INSERT INTO blocks (user_id, blocked_id, created_at)
		VALUES (?, ?, ?)
		ON CONFLICT (user_id, blocked_id) DO NOTHING`, u, other, now)
	return err
}

// conversationsOf are those of two people with each other.
func conversationsOf(ctx context.Context, q db.Queryer, a, b accounts.UserID) (ids []ConversationID, err error) {
	err = q.Select(ctx, &ids, `
		SELECT id
		FROM conversations
		WHERE (buyer_id = ? AND seller_id = ?) OR (buyer_id = ? AND seller_id = ?)
		ORDER BY id`, a, b, b, a)
	return ids, err
}

func unblock(ctx context.Context, d db.Doer, u, other accounts.UserID) error {
	_, err := d.Do(ctx, `DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?`, u, other)
	return err
}

// blocksBetween says who of two has blocked the other.
func blocksBetween(ctx context.Context, q db.Queryer, a, b accounts.UserID) (aBlocked, bBlocked bool, err error) {
	var who []accounts.UserID
	err = q.Select(ctx, &who, `
		SELECT user_id
		FROM blocks
		WHERE (user_id = ? AND blocked_id = ?) OR (user_id = ? AND blocked_id = ?)`, a, b, b, a)
	for _, u := range who {
		aBlocked = aBlocked || u == a
		bBlocked = bBlocked || u == b
	}
	return aBlocked, bBlocked, err
}

// ReportID names a report: rep_…
type ReportID string

// Report is what somebody told staff about.
type Report struct {
	ID        ReportID        `db:"id"`
	Reporter  accounts.UserID `db:"reporter_id"`
	Kind      ReportKind      `db:"kind"`
	Subject   string          `db:"subject"`
	Reason    string          `db:"reason"`
	Text      string          `db:"text"`
	State     string          `db:"state"` // open, upheld, dismissed
	HandledBy accounts.UserID `db:"handled_by"`
	HandledAt clock.Instant   `db:"handled_at"`
	CreatedAt clock.Instant   `db:"created_at"`
}

// insertReport stores a report; telling the same twice opens it again with the
// newer words.
func insertReport(ctx context.Context, tx *db.Tx, r Report) error {
	_, err := tx.Do(ctx, `
		INSERT INTO reports (id, reporter_id, kind, subject, reason, text, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (reporter_id, kind, subject) DO UPDATE
		SET reason = excluded.reason, text = excluded.text, state = 'open', created_at = excluded.created_at`,
		r.ID, r.Reporter, r.Kind, r.Subject, r.Reason, r.Text, r.CreatedAt)
	return err
}

func reports(ctx context.Context, q db.Queryer, state string, limit int) ([]Report, error) {
	var rs []Report
	err := q.Select(ctx, &rs, `
		SELECT id, reporter_id, kind, subject, reason, text, state, handled_by, handled_at, created_at
		FROM reports
		WHERE state = ?
		ORDER BY created_at DESC, id DESC
		LIMIT ?`, state, limit)
	return rs, err
}

// reportByID is one report; fault Missing when there is none.
func reportByID(ctx context.Context, q db.Queryer, rid ReportID) (Report, error) {
	var r Report
	err := q.Get(ctx, &r, `
		SELECT id, reporter_id, kind, subject, reason, text, state, handled_by, handled_at, created_at
		FROM reports
		WHERE id = ?`, rid)
	if db.IsNone(err) {
		return Report{}, missing()
	}
	return r, err
}

func handleReport(ctx context.Context, tx *db.Tx, rid ReportID, by accounts.UserID, state string, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE reports
		SET state = ?, handled_by = ?, handled_at = ?
		WHERE id = ? AND state = 'open'`, state, by, now, rid)
	return n == 1, err
}
