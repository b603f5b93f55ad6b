package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// waiting is a person who has not read a conversation.
type waiting struct {
	Conversation ConversationID  `db:"conversation_id"`
	User         accounts.UserID `db:"user_id"`
	DueAt        clock.Instant   `db:"due_at"`
	MailedAt     clock.Instant   `db:"mailed_at"`
	MailedSeq    int64           `db:"mailed_seq"`
}

// noteUnread remembers to write to u by first, if nothing waits already. Somebody
// who has not looked since our last mail is written to by again at the earliest.
func noteUnread(ctx context.Context, tx *db.Tx, cid ConversationID, u accounts.UserID, read int64, first clock.Instant, again int64) error {
	_, err := tx.Do(ctx, `
		INSERT INTO unread (conversation_id, user_id, due_at)
		VALUES (?, ?, ?)
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET due_at = CASE
			WHEN unread.due_at > 0 THEN unread.due_at
			WHEN unread.mailed_seq > ? AND unread.mailed_at + ? > excluded.due_at THEN unread.mailed_at + ?
			ELSE excluded.due_at END`,
		cid, u, first, read, again, again)
	return err
}

// dueUnread are those to look at by now.
func dueUnread(ctx context.Context, q db.Queryer, now clock.Instant, limit int) ([]waiting, error) {
	var ws []waiting
	err := q.Select(ctx, &ws, `
		SELECT conversation_id, user_id, due_at, mailed_at, mailed_seq
		FROM unread
		WHERE due_at > 0 AND due_at <= ?
		ORDER BY due_at, conversation_id, user_id
		LIMIT ?`, now, limit)
	return ws, err
}

// postpone lets one wait until due (0: nothing waits). It says false when
// somebody else looked at it first.
func (w waiting) postpone(ctx context.Context, tx *db.Tx, due clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE unread
		SET due_at = ?
		WHERE conversation_id = ? AND user_id = ? AND due_at = ?`, due, w.Conversation, w.User, w.DueAt)
	return n == 1, err
}

// mailed notes that we wrote about everything up to seq.
func (w waiting) mailed(ctx context.Context, tx *db.Tx, now clock.Instant, seq int64) error {
	_, err := tx.Do(ctx, `
		UPDATE unread
		SET mailed_at = ?, mailed_seq = ?
		WHERE conversation_id = ? AND user_id = ?`, now, seq, w.Conversation, w.User)
	return err
}
