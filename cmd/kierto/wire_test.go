package main

import (
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
)

// The program tells trades of what goes off sale: an offer for it ends.
func offersHearOfWithdrawals(t *testing.T, m *market) {
	t.Helper()
	var ware struct {
		ID     listings.ID
		Seller accounts.UserID
		Price  int64
	}
	err := m.db.Get(t.Context(), &ware, `SELECT id, seller_id AS seller, price FROM listings WHERE state = 'live' AND NOT hidden AND price > 1000 ORDER BY id LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	var buyer accounts.UserID
	err = m.db.Get(t.Context(), &buyer, `
		SELECT id FROM users
		WHERE role = 'member' AND status = 'active' AND id <> ? AND id NOT IN (SELECT buyer_id FROM conversations WHERE subject = ?)
		ORDER BY id
		LIMIT 1`, ware.Seller, ware.ID)
	if err != nil {
		t.Fatal(err)
	}
	o, err := m.orders.MakeOffer(t.Context(), buyer, ware.ID, money.EUR(ware.Price-100))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.listings.Withdraw(t.Context(), ware.Seller, ware.ID); err != nil {
		t.Fatal(err)
	}
	if o, err = m.orders.OfferFor(t.Context(), m.db, o.ID, buyer); err != nil || o.State != orders.OfferExpired {
		t.Errorf("the offer is %s, %v", o.State, err)
	}
}
