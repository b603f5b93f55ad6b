package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
)

const orderColumns = `id, ref, listing_id, conversation_id, offer_id, buyer_id, seller_id, checkout_key, title, photo, category,
	item, shipping, fee, total, currency, method, carrier, point_id, point_name, address, state, version, turn_id,
	promised_at, planned_at, extended, code, code_tries, claim, created_at, paid_at, posted_at, received_at, closed_at`

// insertOrder adds an order. It says false when its reference is taken.
func insertOrder(ctx context.Context, tx *db.Tx, o Order) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO orders (`+orderColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (ref) DO NOTHING`,
		o.ID, o.Ref, o.Listing, o.Conversation, o.Offer, o.Buyer, o.Seller, o.CheckoutKey, o.Title, o.Photo, o.Category,
		o.ItemMinor, o.ShipMinor, o.FeeMinor, o.TotalMinor, o.Currency, o.Method, o.Carrier, o.PointID, o.PointName, o.RawAddress,
		o.State, o.Version, o.Turn, o.PromisedAt, o.PlannedAt, o.Extended, o.Code, o.CodeTries, o.Claim, o.CreatedAt, o.PaidAt,
		o.PostedAt, o.ReceivedAt, o.ClosedAt)
	return n == 1, err
}

func orderByID(ctx context.Context, q db.Queryer, id ID) (Order, error) {
	var o Order
	err := q.Get(ctx, &o, `SELECT `+orderColumns+` FROM orders WHERE id = ?`, id)
	return o, err
}

func ordersByID(ctx context.Context, q db.Queryer, ids []ID) ([]Order, error) {
	query, args, err := db.In(`SELECT `+orderColumns+` FROM orders WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	var os []Order
	err = q.Select(ctx, &os, query, args...)
	return os, err
}

func orderByKey(ctx context.Context, q db.Queryer, buyer accounts.UserID, key string) (Order, error) {
	var o Order
	err := q.Get(ctx, &o, `SELECT `+orderColumns+` FROM orders WHERE buyer_id = ? AND checkout_key = ?`, buyer, key)
	return o, err
}

// openOf is a buyer's open order of a listing. A listing has one at most.
func openOf(ctx context.Context, q db.Queryer, buyer accounts.UserID, l listings.ID) (Order, error) {
	var o Order
	err := q.Get(ctx, &o, `SELECT `+orderColumns+` FROM orders WHERE listing_id = ? AND buyer_id = ? AND closed_at = 0`, l, buyer)
	return o, err
}

// saveOrder stores what a move made of the order that was at a version, and locks
// the row until the transaction ends. It says false when somebody moved since.
func saveOrder(ctx context.Context, tx *db.Tx, o Order, version int64) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE orders
		SET state = ?, turn_id = ?, promised_at = ?, planned_at = ?, extended = ?, code = ?, claim = ?,
			paid_at = ?, posted_at = ?, received_at = ?, closed_at = ?, version = ?
		WHERE id = ? AND version = ?`,
		o.State, o.Turn, o.PromisedAt, o.PlannedAt, o.Extended, o.Code, o.Claim,
		o.PaidAt, o.PostedAt, o.ReceivedAt, o.ClosedAt, o.Version, o.ID, version)
	return n == 1, err
}

// saveWay stores how an order travels and what it costs then, while it is not
// paid for; false when somebody moved since. It does not count as a move.
func saveWay(ctx context.Context, tx *db.Tx, o Order) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE orders
		SET method = ?, carrier = ?, point_id = ?, point_name = ?, address = ?, shipping = ?, fee = ?, total = ?
		WHERE id = ? AND version = ?`,
		o.Method, o.Carrier, o.PointID, o.PointName, o.RawAddress, o.ShipMinor, o.FeeMinor, o.TotalMinor, o.ID, o.Version)
	return n == 1, err
}

// setPlanned stores when the seller means to post.
func setPlanned(ctx context.Context, tx *db.Tx, id ID, version int64, at clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE orders SET planned_at = ? WHERE id = ? AND version = ?`, at, id, version)
	return n == 1, err
}

// countTry counts a wrong handover code.
func countTry(ctx context.Context, tx *db.Tx, id ID) error {
	_, err := tx.Do(ctx, `UPDATE orders SET code_tries = code_tries + 1 WHERE id = ?`, id)
	return err
}

func insertHappening(ctx context.Context, tx *db.Tx, h Happening) error {
	return tx.Later(ctx, `
		INSERT INTO order_events (order_id, version, event, from_state, to_state, actor, actor_id, note, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		h.Order, h.Version, h.Event, h.From, h.To, h.Actor, h.ActorID, h.Note, h.At)
}

func happenings(ctx context.Context, q db.Queryer, id ID) ([]Happening, error) {
	var hs []Happening
	err := q.Select(ctx, &hs, `
		SELECT order_id, version, event, from_state, to_state, actor, actor_id, note, at
		FROM order_events
		WHERE order_id = ?
		ORDER BY version`, id)
	return hs, err
}

// ordersOf are somebody's orders, those that wait for them first.
func ordersOf(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]Mine, error) {
	var os []Mine
	err := q.Select(ctx, &os, `
		SELECT o.id, o.ref, o.listing_id, o.conversation_id, o.offer_id, o.buyer_id, o.seller_id, o.checkout_key, o.title, o.photo,
			o.category, o.item, o.shipping, o.fee, o.total, o.currency, o.method, o.carrier, o.point_id, o.point_name, o.address,
			o.state, o.version, o.turn_id, o.promised_at, o.planned_at, o.extended, o.code, o.code_tries, o.claim, o.created_at,
			o.paid_at, o.posted_at, o.received_at, o.closed_at,
			COALESCE(t.due_at, 0) AS due_at, COALESCE(t.owner_id, '') AS owner_id
		FROM orders o
		LEFT JOIN turns t ON t.id = o.turn_id AND t.closed_at = 0
		WHERE o.buyer_id = ? OR o.seller_id = ?
		ORDER BY CASE WHEN t.owner_id = ? THEN 0 WHEN o.closed_at = 0 THEN 1 ELSE 2 END,
			CASE WHEN t.owner_id = ? THEN t.due_at ELSE 0 END, o.created_at DESC, o.id DESC
		LIMIT ?`, u, u, u, u, limit)
	return os, err
}

// countOpen is how many trades somebody has not finished.
func countOpen(ctx context.Context, q db.Queryer, u accounts.UserID) (int, error) {
	var n int
	err := q.Get(ctx, &n, `
		SELECT (SELECT COUNT(*) FROM orders WHERE buyer_id = ? AND closed_at = 0)
			+ (SELECT COUNT(*) FROM orders WHERE seller_id = ? AND closed_at = 0)`, u, u)
	return n, err
}
