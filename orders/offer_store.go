package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
)

const offerColumns = `id, conversation_id, listing_id, buyer_id, seller_id, by_id, amount, currency, state, answers, version,
	expires_at, created_at, closed_at`

func insertOffer(ctx context.Context, tx *db.Tx, o Offer) error {
	_, err := tx.Do(ctx, `
		INSERT INTO offers (`+offerColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.Conversation, o.Listing, o.Buyer, o.Seller, o.By, o.Minor, o.Currency, o.State, o.Answers, o.Version,
		o.ExpiresAt, o.CreatedAt, o.ClosedAt)
	return err
}

func offerByID(ctx context.Context, q db.Queryer, id OfferID) (Offer, error) {
	var o Offer
	err := q.Get(ctx, &o, `SELECT `+offerColumns+` FROM offers WHERE id = ?`, id)
	return o, err
}

func offersByID(ctx context.Context, q db.Queryer, ids []OfferID) ([]Offer, error) {
	query, args, err := db.In(`SELECT `+offerColumns+` FROM offers WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	var os []Offer
	err = q.Select(ctx, &os, query, args...)
	return os, err
}

func offersOf(ctx context.Context, q db.Queryer, cid messaging.ConversationID) ([]Offer, error) {
	var os []Offer
	err := q.Select(ctx, &os, `SELECT `+offerColumns+` FROM offers WHERE conversation_id = ? ORDER BY created_at, id`, cid)
	return os, err
}

// openOffers are those about a listing that wait for an answer.
func openOffers(ctx context.Context, q db.Queryer, lid listings.ID, limit int) ([]Offer, error) {
	var os []Offer
	err := q.Select(ctx, &os, `
		SELECT `+offerColumns+` FROM offers WHERE listing_id = ? AND state = 'open' ORDER BY id LIMIT ?`, lid, limit)
	return os, err
}

// openOffersOf are those somebody made or has to answer.
func openOffersOf(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]Offer, error) {
	var os []Offer
	err := q.Select(ctx, &os, `
		SELECT `+offerColumns+` FROM offers WHERE state = 'open' AND (buyer_id = ? OR seller_id = ?) ORDER BY id LIMIT ?`, u, u, limit)
	return os, err
}

// everyOfferOf are those somebody made or got, whatever became of them.
func everyOfferOf(ctx context.Context, q db.Queryer, u accounts.UserID, limit int) ([]Offer, error) {
	var os []Offer
	err := q.Select(ctx, &os, `
		SELECT `+offerColumns+` FROM offers WHERE buyer_id = ? OR seller_id = ? ORDER BY created_at, id LIMIT ?`, u, u, limit)
	return os, err
}

// endOffer closes an open offer; false when it is closed already.
func endOffer(ctx context.Context, tx *db.Tx, id OfferID, version int64, to OfferState, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE offers
		SET state = ?, version = version + 1, closed_at = ?
		WHERE id = ? AND version = ? AND state = 'open'`, to, now, id, version)
	return n == 1, err
}
