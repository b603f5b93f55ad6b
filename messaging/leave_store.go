package messaging

import (
	"context"
	"errors"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// written are the messages somebody wrote, oldest first.
func written(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]exported, error) {
	es := []exported{}
	err := q.Select(ctx, &es, `
		SELECT e.conversation_id, c.title, e.created_at, e.text, e.photo
		FROM conversations c
		JOIN entries e ON e.conversation_id = c.id
		WHERE (c.buyer_id = ? OR c.seller_id = ?) AND e.author_id = ? AND e.kind = 'message'
		ORDER BY e.created_at, e.id
		LIMIT ?`, u, u, u, limit)
	return es, err
}

// keptOf are somebody's notices, reports and blocks, oldest first.
func keptOf(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) (kept, error) {
	k := kept{Notices: []keptNotice{}, Reports: []keptReport{}, Blocked: []accounts.UserID{}}
	err := errors.Join(
		q.Select(ctx, &k.Notices, `SELECT created_at, msg_key, url FROM notices WHERE user_id = ? ORDER BY created_at, id LIMIT ?`, u, limit),
		q.Select(ctx, &k.Reports, `
			SELECT created_at, kind, subject, reason, text FROM reports WHERE reporter_id = ? ORDER BY created_at, id LIMIT ?`, u, limit),
		q.Select(ctx, &k.Blocked, `SELECT blocked_id FROM blocks WHERE user_id = ? ORDER BY created_at, blocked_id`, u),
	)
	return k, err
}

// answersOf are the answers that somebody owes, or that are owed to them, also by
// staff.
func answersOf(ctx context.Context, q db.Queryer, u accounts.UserID) ([]turn.Turn, error) {
	var ts []turn.Turn
	err := q.Select(ctx, &ts, `
		SELECT id, kind, subject, owner_id, waiter_id
		FROM turns
		WHERE (owner_id = ? AND closed_at = 0 OR waiter_id = ? AND closed_at = 0) AND kind IN (?, ?)
		ORDER BY id`, u, u, turn.AnswerMessage, turn.AnswerCase)
	return ts, err
}

// forget removes what is only one person's.
func forget(ctx context.Context, tx *db.Tx, u accounts.UserID, now clock.Instant) error {
	for _, query := range []string{
		`DELETE FROM notices WHERE user_id = ?`,
		`DELETE FROM blocks WHERE user_id = ?`,
		`DELETE FROM unread WHERE user_id = ?`,
		`DELETE FROM opt_outs WHERE address IN (SELECT phone FROM users WHERE id = ? AND phone_ok_at > 0)`,
		`DELETE FROM inbound WHERE user_id = ?`,
		`DELETE FROM reminder_days WHERE user_id = ?`,
		`DELETE FROM push_subscriptions WHERE user_id = ?`,
		`DELETE FROM reply_addresses WHERE user_id = ?`,
		`UPDATE deliveries SET address = '', reason = '' WHERE user_id = ? AND channel <> 'app' AND state NOT IN ('queued', 'sending')`,
	} {
		if _, err := tx.Do(ctx, query, u); err != nil {
			return err
		}
	}
	_, err := tx.Do(ctx, `
		UPDATE deliveries
		SET state = ?, reason = 'left', address = '', url = '', next_at = 0, done_at = ?
		WHERE user_id = ? AND state IN ('queued', 'sending')`, Dropped, now, u)
	return err
}
