package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// replyToken is the token of a person's reply address for a conversation: that
// of a, unless they have one already.
func replyToken(ctx context.Context, tx *db.Tx, a replyAddress) (string, error) {
	_, err := tx.Do(ctx, `
		INSERT INTO reply_addresses (token, user_id, conversation_id, created_at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (user_id, conversation_id) DO NOTHING`, a.Token, a.User, a.Conversation, a.CreatedAt)
	if err != nil {
		return "", err
	}
	var token string
	err = tx.Get(ctx, &token, `SELECT token FROM reply_addresses WHERE user_id = ? AND conversation_id = ?`, a.User, a.Conversation)
	return token, err
}

// replyAddressOf is the reply address with a token; sql.ErrNoRows when there is
// none.
func replyAddressOf(ctx context.Context, q db.Queryer, token string) (replyAddress, error) {
	var a replyAddress
	err := q.Get(ctx, &a, `SELECT token, user_id, conversation_id, created_at FROM reply_addresses WHERE token = ?`, token)
	return a, err
}

// verdictOn is what became of what came in under this name before; "" when
// nothing did.
func verdictOn(ctx context.Context, q db.Queryer, dedupe string) (verdict string, err error) {
	err = q.Get(ctx, &verdict, `SELECT verdict FROM inbound WHERE dedupe = ?`, dedupe)
	if db.IsNone(err) {
		return "", nil
	}
	return verdict, err
}

// cameIn is how much came in from a person since a moment.
func cameIn(ctx context.Context, q db.Queryer, u accounts.UserID, since clock.Instant) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM inbound WHERE user_id = ? AND received_at >= ?`, u, since)
	return n, err
}
