package orders

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/shipping"
)

// reviewDays is how long reviews stay open, in days.
const reviewDays = 14

// promise does what a rule causes outside the order, in its transaction: money,
// parcels and listings have their own rows and jobs.
func (s *Service) promise(ctx context.Context, tx *db.Tx, o *Order, r Rule, in Input) error {
	for _, e := range r.Do {
		if err := s.do(ctx, tx, o, e, in); err != nil {
			return fmt.Errorf("%s of %s: %w", e, o.ID, err)
		}
	}
	return s.post(ctx, tx, *o, r, in)
}

// do is one effect.
func (s *Service) do(ctx context.Context, tx *db.Tx, o *Order, e Effect, in Input) error {
	oid := string(o.ID)
	switch e {
	case VoidPayment:
		return s.Payments.Void(ctx, tx, oid)
	case RefundAll:
		return s.Payments.Refund(ctx, tx, oid)
	case Payout:
		return s.Payments.Release(ctx, tx, oid)
	case ShareOut:
		return s.Payments.Share(ctx, tx, oid, in.Back)
	case BookParcel:
		return s.book(ctx, tx, *o)
	case MakeCode:
		return s.makeCode(ctx, tx, o)
	case AskCarrier:
		return s.Shipping.Said(ctx, tx, oid, false)
	case Relist:
		return s.Listings.Release(ctx, tx, o.Listing)
	case Withdraw:
		return s.Listings.Shelve(ctx, tx, o.Listing)
	case MarkSold:
		return s.sold(ctx, tx, *o)
	case OpenReviews:
		return s.openReviews(ctx, tx, *o)
	}
	return fmt.Errorf("orders: unknown effect %q", e)
}

// post records how somebody posted it by themselves.
func (s *Service) post(ctx context.Context, tx *db.Tx, o Order, r Rule, in Input) error {
	switch {
	case r.Event == Ship && r.If == Untracked:
		carrier := in.Carrier
		if carrier == "" {
			carrier = "other"
		}
		_, err := s.Shipping.Post(ctx, tx, string(o.ID), false, carrier, in.Tracking)
		return err
	case r.Event == SendBack && in.Carrier+in.Tracking != "":
		_, err := s.Shipping.Post(ctx, tx, string(o.ID), true, in.Carrier, in.Tracking)
		return err
	}
	return nil
}

// book asks the carrier for a sending code.
func (s *Service) book(ctx context.Context, tx *db.Tx, o Order) error {
	from, l, err := s.from(ctx, tx, o)
	if err != nil {
		return err
	}
	_, err = s.Shipping.Book(ctx, tx, shipping.Spec{
		OrderID: string(o.ID), Reference: o.Ref, Method: o.Method, Carrier: o.Carrier, Size: string(l.Parcel),
		PointID: o.PointID, PointName: o.PointName, Contents: s.Listings.Tree.Word(o.Category, "fi", listings.Nominative),
		From: from, To: o.Address(),
	})
	return err
}

// from is where the seller sends it from: their newest address, or as much as
// the listing says.
func (s *Service) from(ctx context.Context, tx *db.Tx, o Order) (shipping.Address, listings.Listing, error) {
	l, err := s.Listings.Get(ctx, tx, o.Listing)
	if err != nil {
		return shipping.Address{}, l, err
	}
	seller, err := s.Accounts.Get(ctx, tx, o.Seller)
	if err != nil {
		return shipping.Address{}, l, err
	}
	all, err := s.Accounts.Addresses(ctx, tx, o.Seller)
	if err != nil || len(all) == 0 {
		return shipping.Address{Name: seller.Name, Postcode: seller.Postcode, Town: l.Town}, l, err
	}
	a := all[0]
	return shipping.Address{Name: a.Name, Street: a.Street, Postcode: a.Postcode, Town: a.Town, Phone: a.Phone}, l, nil
}

// makeCode gives the buyer six digits to say when they have the thing.
func (s *Service) makeCode(ctx context.Context, tx *db.Tx, o *Order) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	o.Code = fmt.Sprintf("%06d", n.Int64())
	_, err = saveOrder(ctx, tx, *o, o.Version)
	return err
}

// sold marks the thing sold: both have one more trade, and other offers for it
// are over.
func (s *Service) sold(ctx context.Context, tx *db.Tx, o Order) error {
	if err := s.Listings.Sold(ctx, tx, o.Listing); err != nil {
		return err
	}
	for _, u := range []accounts.UserID{o.Buyer, o.Seller} {
		if err := s.Accounts.AddTrade(ctx, tx, u); err != nil {
			return err
		}
	}
	return s.closeOffers(ctx, tx, o.Listing, "orders.did.sold_offer")
}

// openReviews lets both say how it went.
func (s *Service) openReviews(ctx context.Context, tx *db.Tx, o Order) error {
	now := s.Clock.Now()
	for _, u := range []accounts.UserID{o.Buyer, o.Seller} {
		_, err := turn.Open(ctx, tx, now, turn.Spec{
			Kind: turn.Review, Subject: string(o.ID), Version: o.Version, Owner: string(u),
			Waiter: string(o.OtherParty(u)), Due: days(reviewDays).End(now, Dates{}, nil),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
