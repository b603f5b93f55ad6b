package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// inbound is what came in, and what became of it.
type inbound struct {
	ID           string
	Channel      string
	Dedupe       string
	User         accounts.UserID
	Conversation ConversationID
	Verdict      string
	At           clock.Instant
}

// insertInbound keeps what came in, unless it came before.
func insertInbound(ctx context.Context, tx *db.Tx, in inbound) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO inbound (id, channel, dedupe, user_id, conversation_id, verdict, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (dedupe) DO NOTHING`, in.ID, in.Channel, in.Dedupe, in.User, in.Conversation, in.Verdict, in.At)
	return n == 1, err
}

// lastThread is the conversation that the message which a person got last by a
// channel was about; a verdict when it was about none, or about several. One that
// is just being sent is later than any.
func lastThread(ctx context.Context, q db.Queryer, u accounts.UserID, channel string) (ConversationID, string, error) {
	var last struct {
		ID     DeliveryID     `db:"id"`
		Thread ConversationID `db:"thread"`
	}
	err := q.Get(ctx, &last, `
		SELECT id, thread
		FROM deliveries
		WHERE user_id = ? AND channel = ? AND bundle = '' AND state IN ('sending', 'sent')
		ORDER BY CASE WHEN done_at = 0 THEN 1 ELSE 0 END DESC, done_at DESC, created_at DESC, id DESC
		LIMIT 1`, u, channel)
	if db.IsNone(err) {
		return "", Unknown, nil
	}
	if err != nil {
		return "", "", err
	}
	var others int
	err = q.Get(ctx, &others, `SELECT COUNT(*) FROM deliveries WHERE bundle = ? AND bundle <> '' AND thread <> ?`, last.ID, last.Thread)
	switch {
	case err != nil:
		return "", "", err
	case others > 0:
		return "", Unclear, nil
	case last.Thread == "": // it was about nothing that two talk about: an answer is nobody else's to read
		return "", Unknown, nil
	}
	return last.Thread, "", nil
}

// lastHeard is when a person last wrote to us by a channel; 0 for never.
func lastHeard(ctx context.Context, q db.Queryer, u accounts.UserID, channel string) (clock.Instant, error) {
	var at clock.Instant
	err := q.Get(ctx, &at, `SELECT COALESCE(MAX(received_at), 0) FROM inbound WHERE user_id = ? AND channel = ?`, u, channel)
	return at, err
}
