package messaging

import (
	"context"
	"math"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
)

const conversationColumns = `id, kind, subject, buyer_id, seller_id, title, photo, order_id,
	last_seq, last_at, buyer_new, buyer_read, seller_new, seller_read, created_at`

// missing is the answer about what is not there, or not the asker's to see.
func missing() error { return fault.New(fault.Missing, "web.missing") }

// open finds or makes a conversation, and brings its title and photo up to date.
func open(ctx context.Context, tx *db.Tx, now clock.Instant, o Opening) (Conversation, error) {
	if o.Kind == "" {
		o.Kind = AboutListing
	}
	var c Conversation
	err := tx.Get(ctx, &c, `
		INSERT INTO conversations (id, kind, subject, buyer_id, seller_id, title, photo, last_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, subject, buyer_id) DO UPDATE
		SET title = CASE WHEN excluded.title <> '' THEN excluded.title ELSE conversations.title END,
			photo = CASE WHEN excluded.photo <> '' THEN excluded.photo ELSE conversations.photo END
		RETURNING `+conversationColumns,
		id.New[ConversationID]("cnv", now), o.Kind, o.Subject, o.Buyer, o.Seller, o.Title, o.Photo, now, now)
	return c, err
}

// find is the conversation of a buyer about a subject; sql.ErrNoRows when there
// is none.
func find(ctx context.Context, q db.Queryer, kind About, subject string, buyer accounts.UserID) (Conversation, error) {
	var c Conversation
	err := q.Get(ctx, &c, `
		SELECT `+conversationColumns+`
		FROM conversations
		WHERE kind = ? AND subject = ? AND buyer_id = ?`, kind, subject, buyer)
	return c, err
}

// load is one conversation; fault Missing when there is none.
func load(ctx context.Context, q db.Queryer, cid ConversationID) (Conversation, error) {
	var c Conversation
	err := q.Get(ctx, &c, `SELECT `+conversationColumns+` FROM conversations WHERE id = ?`, cid)
	if db.IsNone(err) {
		return Conversation{}, missing()
	}
	return c, err
}

// next takes the next number in the stream and says who has something new: a
// side that may see the entry and did not cause it. The row stays locked until
// the transaction ends, so numbers have no gaps.
func next(ctx context.Context, tx *db.Tx, cid ConversationID, at clock.Instant, e Entry) (Conversation, error) {
	var c Conversation
	err := tx.Get(ctx, &c, `
		UPDATE conversations
		SET last_seq = last_seq + 1, last_at = ?, order_id = CASE WHEN ? <> '' THEN ? ELSE order_id END,
			buyer_new = CASE WHEN buyer_id <> ? AND ? IN ('', buyer_id) THEN last_seq + 1 ELSE buyer_new END,
			seller_new = CASE WHEN seller_id <> ? AND ? IN ('', seller_id) THEN last_seq + 1 ELSE seller_new END
		WHERE id = ?
		RETURNING `+conversationColumns,
		at, e.Begins, e.Begins, e.Author, e.OnlyFor, e.Author, e.OnlyFor, cid)
	if db.IsNone(err) {
		return Conversation{}, missing()
	}
	return c, err
}

// entryRow is an entry as stored.
type entryRow struct {
	ID           EntryID         `db:"id"`
	Conversation ConversationID  `db:"conversation_id"`
	Seq          int64           `db:"seq"`
	Kind         Kind            `db:"kind"`
	Author       accounts.UserID `db:"author_id"`
	Staff        bool            `db:"staff"`
	Text         string          `db:"text"`
	Photo        string          `db:"photo"`
	Key          string          `db:"msg_key"`
	Args         string          `db:"args"`
	Ref          string          `db:"ref"`
	OnlyFor      accounts.UserID `db:"only_for"`
	Hidden       bool            `db:"hidden"`
	At           clock.Instant   `db:"created_at"`
}

const entryColumns = `id, conversation_id, seq, kind, author_id, staff, text, photo, msg_key, args, ref, only_for, hidden, created_at`

func (r entryRow) entry() (Entry, error) {
	args, err := DecodeArgs(r.Args)
	return Entry{
		ID: r.ID, Conversation: r.Conversation, Seq: r.Seq, Kind: r.Kind, Author: r.Author, Staff: r.Staff,
		Text: r.Text, Photo: r.Photo, Key: r.Key, Args: args, Ref: r.Ref, OnlyFor: r.OnlyFor, Hidden: r.Hidden, At: r.At,
	}, err
}

func entries(rows []entryRow) ([]Entry, error) {
	es := make([]Entry, len(rows))
	for i, r := range rows {
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		es[i] = e
	}
	return es, nil
}

func insertEntry(ctx context.Context, tx *db.Tx, e Entry) error {
	values, err := entryValues(e)
	if err != nil {
		return err
	}
	return tx.Later(ctx, `INSERT INTO entries (`+entryColumns+`) `+db.Values(1, 14), values...)
}

// entryValues are an entry's values, in the order of entryColumns.
func entryValues(e Entry) ([]any, error) {
	args, err := EncodeArgs(e.Args)
	return []any{e.ID, e.Conversation, e.Seq, e.Kind, e.Author, e.Staff, e.Text, e.Photo, e.Key, args, e.Ref, e.OnlyFor, e.Hidden, e.At}, err
}

// newest are the newest entries that u may see (everybody's when u is ""),
// oldest first.
func newest(ctx context.Context, q db.Queryer, cid ConversationID, u accounts.UserID, after int64, limit int) ([]Entry, error) {
	var rows []entryRow
	err := q.Select(ctx, &rows, `
		SELECT `+entryColumns+`
		FROM entries
		WHERE conversation_id = ? AND seq > ? AND (? = '' OR only_for IN ('', ?))
		ORDER BY seq DESC
		LIMIT ?`, cid, after, u, u, limit)
	if err != nil {
		return nil, err
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return entries(rows)
}

// lastVisible are the newest entries u may see of several conversations, by
// conversation.
func lastVisible(ctx context.Context, q db.Queryer, u accounts.UserID, cids []ConversationID) (map[ConversationID]Entry, error) {
	if len(cids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`
		SELECT `+entryColumns+`
		FROM entries e
		WHERE e.conversation_id IN (?) AND e.seq = (
			SELECT MAX(x.seq)
			FROM entries x
			WHERE x.conversation_id = e.conversation_id AND x.only_for IN ('', ?) AND NOT x.hidden)`, cids, u)
	if err != nil {
		return nil, err
	}
	var rows []entryRow
	if err := q.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	es, err := entries(rows)
	if err != nil {
		return nil, err
	}
	out := make(map[ConversationID]Entry, len(es))
	for _, e := range es {
		out[e.Conversation] = e
	}
	return out, nil
}

// markRead notes that u has seen everything up to seq.
func markRead(ctx context.Context, d db.Doer, c Conversation, u accounts.UserID, seq int64) error {
	query := `UPDATE conversations SET seller_read = ? WHERE id = ? AND seller_read < ?`
	if u == c.Buyer {
		query = `UPDATE conversations SET buyer_read = ? WHERE id = ? AND buyer_read < ?`
	}
	_, err := d.Do(ctx, query, seq, c.ID, seq)
	return err
}

// inbox are a person's conversations, those with the newest entry first, after
// the one at a place (zero: from the start). Conversations nobody wrote in are not
// shown.
func inbox(ctx context.Context, q db.Queryer, u accounts.UserID, unreadOnly bool, after inboxPlace, limit int) ([]Conversation, error) {
	if after.At.IsZero() {
		after.At = math.MaxInt64
	}
	var cs []Conversation
	err := q.Select(ctx, &cs, `
		SELECT `+conversationColumns+`
		FROM conversations
		WHERE buyer_id = ? AND last_seq > 0 AND last_at <= ? AND (last_at < ? OR id < ?) AND (? OR buyer_new > buyer_read)
		UNION ALL
		SELECT `+conversationColumns+`
		FROM conversations
		WHERE seller_id = ? AND last_seq > 0 AND last_at <= ? AND (last_at < ? OR id < ?) AND (? OR seller_new > seller_read)
		ORDER BY last_at DESC, id DESC
		LIMIT ?`,
		u, after.At, after.At, after.ID, !unreadOnly, u, after.At, after.At, after.ID, !unreadOnly, limit)
	return cs, err
}

// inboxOwed are the conversations of u in which a turn about one of subjects
// (conversations or orders) is open, newest first.
func inboxOwed(ctx context.Context, q db.Queryer, u accounts.UserID, subjects []string) ([]Conversation, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`
		SELECT `+conversationColumns+`
		FROM conversations
		WHERE (buyer_id = ? OR seller_id = ?) AND (id IN (?) OR order_id IN (?))
		ORDER BY last_at DESC, id DESC
		LIMIT ?`, u, u, subjects, subjects, inboxPage)
	if err != nil {
		return nil, err
	}
	var cs []Conversation
	err = q.Select(ctx, &cs, query, args...)
	return cs, err
}

// unreadCount is how many of a person's conversations hold something new.
func unreadCount(ctx context.Context, q db.Queryer, u accounts.UserID) (int, error) {
	var n int
	err := q.Get(ctx, &n, `
		SELECT (SELECT COUNT(*) FROM conversations WHERE buyer_id = ? AND buyer_new > buyer_read)
			+ (SELECT COUNT(*) FROM conversations WHERE seller_id = ? AND seller_new > seller_read)`, u, u)
	return n, err
}

// setOrder notes the newest trade of a conversation.
func setOrder(ctx context.Context, tx *db.Tx, cid ConversationID, order string) error {
	return tx.Later(ctx, `UPDATE conversations SET order_id = ? WHERE id = ?`, order, cid)
}

// hideEntry takes an entry away, or gives it back.
func hideEntry(ctx context.Context, tx *db.Tx, eid EntryID, hidden bool) (ConversationID, error) {
	var cid ConversationID
	err := tx.Get(ctx, &cid, `UPDATE entries SET hidden = ? WHERE id = ? RETURNING conversation_id`, hidden, eid)
	if db.IsNone(err) {
		return "", missing()
	}
	return cid, err
}

// entryByID is one entry; fault Missing when there is none.
func entryByID(ctx context.Context, q db.Queryer, eid EntryID) (Entry, error) {
	var r entryRow
	err := q.Get(ctx, &r, `SELECT `+entryColumns+` FROM entries WHERE id = ?`, eid)
	if db.IsNone(err) {
		return Entry{}, missing()
	}
	if err != nil {
		return Entry{}, err
	}
	return r.entry()
}

// cases are the conversations with staff, newest first.
func cases(ctx context.Context, q db.Queryer, limit int) ([]Conversation, error) {
	var cs []Conversation
	err := q.Select(ctx, &cs, `
		SELECT `+conversationColumns+`
		FROM conversations
		WHERE kind = ? AND last_seq > 0
		ORDER BY last_at DESC, id DESC
		LIMIT ?`, AboutCase, limit)
	return cs, err
}

// brokenStreams are conversations whose entries do not match their number.
func brokenStreams(ctx context.Context, q db.Queryer, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT c.id
		FROM conversations c
		WHERE c.last_seq <> (SELECT COUNT(*) FROM entries e WHERE e.conversation_id = c.id)
		ORDER BY c.id
		LIMIT ?`, limit)
	return ids, err
}

// counts are the tables a check counts.
var counts = map[string]string{
	"conversations": `SELECT COUNT(*) FROM conversations`,
	"deliveries":    `SELECT COUNT(*) FROM deliveries`,
}

// countOf is how many rows one of our tables has.
func countOf(ctx context.Context, q db.Queryer, table string) (int64, error) {
	var n int64
	err := q.Get(ctx, &n, counts[table])
	return n, err
}
