package messaging

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// nextMany takes the next numbers in several streams, count of each, for entries
// that both sides may see and neither caused; see next.
func nextMany(ctx context.Context, tx *db.Tx, ids []ConversationID, count map[ConversationID]int64, at clock.Instant) ([]Conversation, error) {
	args := make([]any, 0, 2*len(ids)+1)
	for _, cid := range ids {
		args = append(args, cid, count[cid])
	}
	var cs []Conversation
	err := tx.Select(ctx, &cs, `
		WITH v (conv, n) AS (`+db.Typed(len(ids), "TEXT", "BIGINT")+`)
		UPDATE conversations
		SET last_seq = last_seq + v.n, last_at = ?, buyer_new = last_seq + v.n,
			seller_new = CASE WHEN seller_id <> '' THEN last_seq + v.n ELSE seller_new END
		FROM v
		WHERE id = v.conv
		RETURNING `+conversationColumns, append(args, at)...)
	return cs, err
}

func insertEntries(ctx context.Context, tx *db.Tx, es []Entry) error {
	args := make([]any, 0, 14*len(es))
	for _, e := range es {
		more, err := entryValues(e)
		if err != nil {
			return err
		}
		args = append(args, more...)
	}
	_, err := tx.Do(ctx, `INSERT INTO entries (`+entryColumns+`) `+db.Values(len(es), 14), args...)
	return err
}

func loadMany(ctx context.Context, q db.Queryer, ids []ConversationID) ([]Conversation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT `+conversationColumns+` FROM conversations WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	var cs []Conversation
	err = q.Select(ctx, &cs, query, args...)
	return cs, err
}
