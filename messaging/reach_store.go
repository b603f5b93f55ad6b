package messaging

import (
	"cmp"
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// subscribed are those of some people who have a browser that takes push
// messages.
func subscribed(ctx context.Context, q db.Queryer, us []accounts.UserID) (have []accounts.UserID, err error) {
	query, args, err := db.In(`SELECT DISTINCT user_id FROM push_subscriptions WHERE user_id IN (?)`, us)
	if err != nil {
		return nil, err
	}
	err = q.Select(ctx, &have, query, args...)
	return have, err
}

// optOut is an address that answered STOP.
type optOut struct {
	Channel string `db:"channel"`
	Address string `db:"address"`
}

// optedOut are those of some addresses that answered STOP.
func optedOut(ctx context.Context, q db.Queryer, addresses []string) (os []optOut, err error) {
	query, args, err := db.In(`SELECT channel, address FROM opt_outs WHERE address IN (?)`, addresses)
	if err != nil {
		return nil, err
	}
	err = q.Select(ctx, &os, query, args...)
	return os, err
}

// arrived notes that a message, and those it told too, reached its reader. It
// gives those of which that was not known.
func arrived(ctx context.Context, tx *db.Tx, did DeliveryID, now clock.Instant) (ds []Delivery, err error) {
	err = tx.Select(ctx, &ds, `
		UPDATE deliveries
		SET reached_at = ?,
			state = CASE WHEN state = 'failed' THEN 'sent' ELSE state END,
			reason = CASE WHEN state = 'failed' THEN '' ELSE reason END
		WHERE `+told+` AND reached_at = 0 AND state IN ('queued', 'sending', 'sent', 'failed')
		RETURNING `+deliveryColumns, now, did, did)
	slices.SortFunc(ds, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return ds, err
}

// bounced ends a message that will not arrive, and those it told too. It says
// which have failed by this; one that is known to have arrived has not.
func bounced(ctx context.Context, tx *db.Tx, did DeliveryID, now clock.Instant, reason string) ([]Delivery, error) {
	var ds []Delivery
	err := tx.Select(ctx, &ds, `
		SELECT `+deliveryColumns+`
		FROM deliveries
		WHERE `+told+` AND reached_at = 0 AND state IN ('queued', 'sending', 'sent')
		ORDER BY id`, did, did)
	if err != nil {
		return nil, err
	}
	var out []Delivery
	for _, d := range ds {
		n, err := tx.Do(ctx, `
			UPDATE deliveries
			SET state = ?, reason = ?, next_at = 0, done_at = ?
			WHERE id = ? AND reached_at = 0 AND state IN ('queued', 'sending', 'sent')`, Failed, reason, now, d.ID)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			d.State, d.Reason = Failed, reason
			out = append(out, d)
		}
	}
	return out, nil
}

// byReceipt is the delivery a provider calls so, and of several that went as one
// message the one by whose name they went; sql.ErrNoRows when there is none.
func byReceipt(ctx context.Context, q db.Queryer, channel, receipt string) (did DeliveryID, err error) {
	err = q.Get(ctx, &did, `SELECT id FROM deliveries WHERE receipt = ? AND channel = ? AND receipt <> '' AND bundle = ''`, receipt, channel)
	return did, err
}

// optOutOf notes that an address answered STOP; it says false when it had before.
func optOutOf(ctx context.Context, tx *db.Tx, channel, address string, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO opt_outs (channel, address, created_at)
		VALUES (?, ?, ?)
		ON CONFLICT (channel, address) DO NOTHING`, channel, address, now)
	return n == 1, err
}

// optIn forgets that an address answered STOP; it says for how many channels it
// had.
func optIn(ctx context.Context, tx *db.Tx, address string) (int64, error) {
	return tx.Do(ctx, `DELETE FROM opt_outs WHERE address = ?`, address)
}

// release lets the sweep look again, now, at what waits for a person's morning.
func release(ctx context.Context, tx *db.Tx, u accounts.UserID, now clock.Instant) error {
	_, err := tx.Do(ctx, `
		UPDATE deliveries
		SET next_at = ?
		WHERE user_id = ? AND state = 'queued' AND next_at > ? AND tries = 0`, now, u, now)
	return err
}
