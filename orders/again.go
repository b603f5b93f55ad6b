package orders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
)

// click is the key of a purchase: of its page, and of what was chosen there. Who
// comes back to the page and changes their address means another purchase.
func (p Purchase) click() string {
	a := p.Address
	sum := sha256.Sum256([]byte(strings.Join([]string{
		string(p.Method), p.Carrier, p.PointID, a.Name, a.Street, a.Postcode, a.Town, a.Phone,
	}, "\n")))
	return p.Key + ":" + hex.EncodeToString(sum[:8])
}

// twin is the order that the same click made when it came twice at once: offered
// tells that it may be the one of an accepted offer, which has a key of its own.
func (s *Service) twin(ctx context.Context, p Purchase, offered bool) (Order, bool) {
	if o, err := orderByKey(ctx, s.DB, p.Buyer, p.Key); err == nil || !offered {
		return o, err == nil
	}
	o, err := openOf(ctx, s.DB, p.Buyer, p.Listing)
	return o, err == nil && o.Offer != "" && o.Offer == p.Offer
}

// replace drops an unpaid order of the same buyer that another checkout takes
// the place of. It gives back the old one when that is paid, or the same.
func (s *Service) replace(ctx context.Context, tx *db.Tx, old Order, p Purchase) (Order, error) {
	if !old.State.Payable() || old.goes(p) {
		return old, nil
	}
	_, err := s.move(ctx, tx, &old, Cancel, Who{Buyer, p.Buyer}, Input{quiet: true})
	return Order{}, err
}

// goes tells whether an order travels as a purchase wants it to.
func (o Order) goes(p Purchase) bool {
	return o.Method == p.Method && o.Carrier == p.Carrier && o.PointID == p.PointID && o.Address() == p.Address
}

// settleOffer completes the order that an accepted offer began: how it travels,
// and the money. Asked again for the same once the money is asked for, it changes
// nothing; for something else, another order takes its place until the same time.
func (s *Service) settleOffer(ctx context.Context, tx *db.Tx, o Order, buyer accounts.User, l listings.Listing, p Purchase) (Order, error) {
	_, err := s.Payments.Of(ctx, tx, string(o.ID))
	switch {
	case err == nil && o.goes(p):
		return o, nil
	case err == nil:
		return s.offerAnew(ctx, tx, o, buyer, l, p)
	case !db.IsNone(err):
		return o, err
	}
	if err := s.setWay(&o, l, p); err != nil {
		return o, err
	}
	if err := seen(o, p); err != nil {
		return o, err
	}
	ours, err := saveWay(ctx, tx, o)
	if err != nil {
		return o, err
	}
	if !ours {
		return o, s.lost(ctx, tx, o.ID)
	}
	return o, s.charge(ctx, tx, o, buyer)
}

// offerAnew replaces the unpaid order of an accepted offer by one that travels
// another way.
func (s *Service) offerAnew(ctx context.Context, tx *db.Tx, old Order, buyer accounts.User, l listings.Listing, p Purchase) (Order, error) {
	due, err := s.dueOf(ctx, tx, old)
	if err != nil {
		return old, err
	}
	if _, err := s.move(ctx, tx, &old, Cancel, Who{Buyer, p.Buyer}, Input{quiet: true}); err != nil {
		return old, err
	}
	p.Offer = old.Offer
	o, err := s.newOrder(ctx, tx, buyer, l, old.Item(), p)
	if err != nil {
		return o, err
	}
	if err := seen(o, p); err != nil {
		return o, err
	}
	if err := s.begin(ctx, tx, &o, buyer, due); err != nil {
		return o, err
	}
	return o, s.charge(ctx, tx, o, buyer)
}
