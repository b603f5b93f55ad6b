package messaging

import (
	"cmp"
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// claim takes a waiting delivery for one sender, until a lease ends, and with it
// the same person's other reminders that wait for the channel: one statement, so
// that each goes to one sender alone. Those that wait for another try come along
// when that is due. So does the delivery itself: what was put back says why until
// the sweep hands it out again, and a second job for it finds nothing to do. It
// comes first; without it there are none.
func claim(ctx context.Context, tx *db.Tx, x Delivery, now, until clock.Instant) (bundle, error) {
	var ds bundle
	var err error
	if merges(x) {
		err = tx.Select(ctx, &ds, `
			UPDATE deliveries
			SET state = ?, tries = tries + 1, next_at = ?, bundle = CASE WHEN id = ? THEN '' ELSE ? END
			WHERE user_id = ? AND next_at > 0 AND channel = ? AND topic = ? AND NOT warning AND state = ?
				AND (id = ? AND reason = '' OR id <> ? AND tries = 0 OR next_at <= ?)
			RETURNING `+deliveryColumns,
			Sending, until, x.ID, x.ID, x.User, x.Channel, x.Topic, Queued, x.ID, x.ID, now)
	} else {
		err = tx.Select(ctx, &ds, `
			UPDATE deliveries
			SET state = ?, tries = tries + 1, next_at = ?, bundle = ''
			WHERE id = ? AND state = ? AND (reason = '' OR next_at <= ?)
			RETURNING `+deliveryColumns, Sending, until, x.ID, Queued, now)
	}
	slices.SortFunc(ds, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(rank(a, x), rank(b, x)), cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	if err != nil || len(ds) == 0 || ds[0].ID == x.ID {
		return ds, err
	}
	// Another sender took it first, and left some that came after.
	query, args, err := db.In(`
		UPDATE deliveries
		SET state = ?, next_at = ?, bundle = '', tries = tries - 1
		WHERE id IN (?)`, Queued, now, ds.ids())
	if err != nil {
		return nil, err
	}
	_, err = tx.Do(ctx, query, args...)
	return nil, err
}

// rank puts x before all others.
func rank(d, x Delivery) int {
	if d.ID == x.ID {
		return 0
	}
	return 1
}

// rename puts those that went under one name under another of them.
func rename(ctx context.Context, d db.Doer, from, to DeliveryID) error {
	_, err := d.Do(ctx, `
		UPDATE deliveries
		SET bundle = CASE WHEN id = ? THEN '' ELSE ? END
		WHERE bundle = ? AND bundle <> '' AND state = ?`, to, to, from, Sending)
	return err
}

// told is a message and those under its name. That a name is not empty is what
// lets them be found by it.
const told = `(id = ? OR bundle = ? AND bundle <> '')`

// putBack lets a message wait until next, and those under its name.
func putBack(ctx context.Context, d db.Doer, did DeliveryID, next clock.Instant, reason string) error {
	_, err := d.Do(ctx, `
		UPDATE deliveries
		SET state = ?, next_at = ?, reason = ?, bundle = ''
		WHERE `+told+` AND state = ?`, Queued, next, reason, did, did, Sending)
	return err
}

// postpone is putBack that counts as no try.
func postpone(ctx context.Context, d db.Doer, did DeliveryID, next clock.Instant, reason string) error {
	_, err := d.Do(ctx, `
		UPDATE deliveries
		SET state = ?, next_at = ?, reason = ?, bundle = '', tries = tries - 1
		WHERE `+told+` AND state = ?`, Queued, next, reason, did, did, Sending)
	return err
}

// settle notes that a message was sent, and those under its name. Secrets are
// forgotten.
func settle(ctx context.Context, d db.Doer, did DeliveryID, now clock.Instant, receipt string) error {
	_, err := d.Do(ctx, `
		UPDATE deliveries
		SET state = ?, reason = '', receipt = ?, done_at = ?, next_at = 0,
			url = CASE WHEN topic = 'account' THEN '' ELSE url END,
			args = CASE WHEN topic = 'account' AND channel <> 'email' THEN '' ELSE args END
		WHERE `+told+` AND state = ?`, Sent, receipt, now, did, did, Sending)
	return err
}

// drop ends one delivery, whatever becomes of those under its name.
func drop(ctx context.Context, d db.Doer, did DeliveryID, now clock.Instant, state State, reason string) error {
	_, err := d.Do(ctx, `
		UPDATE deliveries
		SET state = ?, reason = ?, done_at = ?, next_at = 0,
			url = CASE WHEN topic = 'account' THEN '' ELSE url END,
			args = CASE WHEN topic = 'account' AND channel <> 'email' THEN '' ELSE args END
		WHERE id = ? AND state = ?`, state, reason, now, did, Sending)
	return err
}

// takeDay counts one more reminder of a person's day; it says false when the day
// has had its fill. Of two at the same moment for the last place, one gets it.
func takeDay(ctx context.Context, tx *db.Tx, u accounts.UserID, day int64, limit int) (bool, error) {
	if limit < 1 {
		return false, nil
	}
	n, err := tx.Do(ctx, `
		INSERT INTO reminder_days (user_id, day, sent)
		VALUES (?, ?, 1)
		ON CONFLICT (user_id, day) DO UPDATE
		SET sent = reminder_days.sent + 1
		WHERE reminder_days.sent < ?`, u, day, limit)
	return n == 1, err
}

// returnDay counts one less on the day on which a message counted.
func returnDay(ctx context.Context, tx *db.Tx, d Delivery) error {
	_, err := tx.Do(ctx, `
		UPDATE reminder_days
		SET sent = sent - 1
		WHERE user_id = ? AND day = (SELECT day FROM deliveries WHERE id = ?) AND sent > 0`, d.User, d.ID)
	return err
}

// setDay notes on which day a message counted. Those under its name do not count:
// when it has to be tried again they may go apart, and each message counts once.
func setDay(ctx context.Context, tx *db.Tx, did DeliveryID, day int64) error {
	_, err := tx.Do(ctx, `UPDATE deliveries SET day = ? WHERE id = ? AND state = ?`, day, did, Sending)
	return err
}
