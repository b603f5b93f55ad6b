package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

const deliveryColumns = `id, user_id, channel, topic, address, msg_key, args, url, thread, turn_id, step, warning,
	dedupe, state, reason, tries, bundle, receipt, reached_at, stale_at, day, created_at, next_at, done_at`

// deliveryWidth is how many columns these are.
const deliveryWidth = 24

// insertDeliveries stores deliveries, but those that were told before. It says
// which it stored.
func insertDeliveries(ctx context.Context, tx *db.Tx, ds []Delivery) (map[DeliveryID]bool, error) {
	fresh := make(map[DeliveryID]bool, len(ds))
	if len(ds) == 0 {
		return fresh, nil
	}
	args := make([]any, 0, deliveryWidth*len(ds))
	for _, d := range ds {
		args = append(args, d.ID, d.User, d.Channel, d.Topic, d.Address, d.Key, d.RawArgs, d.URL, d.Thread, d.Turn, d.Step, d.Warning,
			d.Dedupe, d.State, d.Reason, d.Tries, d.Bundle, d.Receipt, d.ReachedAt, d.StaleAt, d.Day, d.CreatedAt, d.NextAt, d.DoneAt)
	}
	var ids []DeliveryID
	err := tx.Select(ctx, &ids, `
		INSERT INTO deliveries (`+deliveryColumns+`) `+db.Values(len(ds), deliveryWidth)+`
		ON CONFLICT (dedupe) DO NOTHING
		RETURNING id`, args...)
	for _, did := range ids {
		fresh[did] = true
	}
	return fresh, err
}

// loadDelivery is one delivery; sql.ErrNoRows when there is none.
func loadDelivery(ctx context.Context, q db.Queryer, did DeliveryID) (Delivery, error) {
	var d Delivery
	err := q.Get(ctx, &d, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = ?`, did)
	return d, err
}

// revive lets the last warnings about a turn that were dropped for a reason wait
// for a job again.
func revive(ctx context.Context, tx *db.Tx, t turn.ID, reason string, now clock.Instant) error {
	_, err := tx.Do(ctx, `
		UPDATE deliveries
		SET state = ?, next_at = ?, done_at = 0, reason = ''
		WHERE turn_id = ? AND warning AND state = ? AND reason = ?`, Queued, now, t, Dropped, reason)
	return err
}

// reword changes what the words of a delivery that is being sent speak of.
func reword(ctx context.Context, d db.Doer, did DeliveryID, args string) error {
	_, err := d.Do(ctx, `UPDATE deliveries SET args = ? WHERE id = ? AND state = ?`, args, did, Sending)
	return err
}

// dueDeliveries are the deliveries that wait for a job at now.
func dueDeliveries(ctx context.Context, q db.Queryer, now clock.Instant, limit int) ([]DeliveryID, error) {
	var ids []DeliveryID
	err := q.Select(ctx, &ids, `
		SELECT id
		FROM deliveries
		WHERE next_at > 0 AND next_at <= ?
		ORDER BY next_at, id
		LIMIT ?`, now, limit)
	return ids, err
}

// handOver makes a due delivery wait for a job, which has until lease to claim
// it. It says false when somebody else did.
func handOver(ctx context.Context, tx *db.Tx, did DeliveryID, now, lease clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE deliveries
		SET state = ?, next_at = ?, bundle = '', reason = ''
		WHERE id = ? AND next_at > 0 AND next_at <= ?`, Queued, lease, did, now)
	return n == 1, err
}

// delivered counts the messages about a turn that reached a person: what was
// reported to have arrived, what was taken where nothing is reported, and lines
// in the app that were read.
func delivered(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) (int, error) {
	var n int
	query, args, err := db.In(`
		SELECT COUNT(*)
		FROM deliveries d
		WHERE d.turn_id = ? AND d.user_id = ? AND d.state = 'sent'
			AND (d.reached_at > 0 OR d.channel IN (?)
				OR d.channel = 'app' AND EXISTS (SELECT 1 FROM notices n WHERE n.id = d.address AND n.read_at > 0))`, t, u, unreported())
	if err != nil {
		return 0, err
	}
	err = q.Get(ctx, &n, query, args...)
	return n, err
}

// lineRead is when the line in the app that tells a step was first read; 0: not yet.
func lineRead(ctx context.Context, q db.Queryer, t turn.ID, step string, u accounts.UserID) (at clock.Instant, err error) {
	err = q.Get(ctx, &at, `
		SELECT COALESCE(MIN(n.read_at), 0)
		FROM deliveries d
		JOIN notices n ON n.id = d.address
		WHERE d.turn_id = ? AND d.step = ? AND d.user_id = ? AND d.channel = 'app' AND n.read_at > 0`, t, step, u)
	return at, err
}

// deliveriesOf are what was sent about a turn, oldest first.
func deliveriesOf(ctx context.Context, q db.Queryer, t turn.ID) ([]Delivery, error) {
	var ds []Delivery
	err := q.Select(ctx, &ds, `
		SELECT `+deliveryColumns+`
		FROM deliveries
		WHERE turn_id = ?
		ORDER BY created_at, id`, t)
	return ds, err
}

// stuckDeliveries are those that should have gone long ago.
func stuckDeliveries(ctx context.Context, q db.Queryer, before clock.Instant, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT id
		FROM deliveries
		WHERE next_at > 0 AND next_at < ?
		ORDER BY next_at
		LIMIT ?`, before, limit)
	return ids, err
}

// NoticeID names a line in the app: not_…
type NoticeID string

// Notice is something a person was told in the app.
type Notice struct {
	ID        NoticeID        `db:"id"`
	User      accounts.UserID `db:"user_id"`
	Key       string          `db:"msg_key"`
	RawArgs   string          `db:"args"`
	URL       string          `db:"url"`
	CreatedAt clock.Instant   `db:"created_at"`
	ReadAt    clock.Instant   `db:"read_at"`
}

func insertNotices(ctx context.Context, tx *db.Tx, ns []Notice) error {
	args := make([]any, 0, 6*len(ns))
	for _, n := range ns {
		args = append(args, n.ID, n.User, n.Key, n.RawArgs, n.URL, n.CreatedAt)
	}
	_, err := tx.Do(ctx, `
		INSERT INTO notices (id, user_id, msg_key, args, url, created_at) `+db.Values(len(ns), 6), args...)
	return err
}

func notices(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]Notice, error) {
	var ns []Notice
	err := q.Select(ctx, &ns, `
		SELECT id, user_id, msg_key, args, url, created_at, read_at
		FROM notices
		WHERE user_id = ?
		ORDER BY created_at DESC, id DESC
		LIMIT ?`, u, limit)
	return ns, err
}

// lastTold is when the newest notice with a key came to each of some people.
func lastTold(ctx context.Context, q db.Queryer, us []accounts.UserID, key string) (map[accounts.UserID]clock.Instant, error) {
	if len(us) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT user_id, MAX(created_at) AS at FROM notices WHERE user_id IN (?) AND msg_key = ? GROUP BY user_id`, us, key)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		User accounts.UserID `db:"user_id"`
		At   clock.Instant   `db:"at"`
	}
	err = q.Select(ctx, &rows, query, args...)
	out := make(map[accounts.UserID]clock.Instant, len(rows))
	for _, r := range rows {
		out[r.User] = r.At
	}
	return out, err
}

func readNotices(ctx context.Context, d db.Doer, u accounts.UserID, now clock.Instant) error {
	_, err := d.Do(ctx, `UPDATE notices SET read_at = ? WHERE user_id = ? AND read_at = 0`, now, u)
	return err
}

func unreadNotices(ctx context.Context, q db.Queryer, u accounts.UserID) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM notices WHERE user_id = ? AND read_at = 0`, u)
	return n, err
}
