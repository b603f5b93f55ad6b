package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Limits of a checkout.
const (
	minKey   = 8   // characters of a checkout key
	maxKey   = 64  // characters of a checkout key
	maxPoint = 120 // characters of a pickup point's name
	refTries = 6   // attempts to find a free reference
)

// Purchase is what a checkout asks for.
type Purchase struct {
	Buyer   accounts.UserID
	Listing listings.ID
	Offer   OfferID // an accepted one; "" buys at the asked price
	Key     string  // from the checkout page: the same key and the same wishes are the same order
	Method  shipping.Method
	Carrier string
	PointID string // "" lets the carrier choose by postcode
	Point   string // its name
	Address shipping.Address
	Seen    money.Amount // the total the buyer saw; zero skips the check
}

// Price is what a purchase costs, every part named.
type Price struct {
	Item, Shipping, Fee, Total money.Amount
}

// PriceOf is what a thing costs when it travels some way.
func PriceOf(item, shipping money.Amount) Price {
	p := Price{Item: item, Shipping: shipping, Fee: Fee(item), Total: item}
	p.Total.Minor += shipping.Minor + p.Fee.Minor
	return p
}

// Ways are the ways a listing travels.
func Ways(l listings.Listing) shipping.Ways {
	return shipping.Ways{Pickup: l.ShipPickup, Point: l.ShipPoint, Home: l.ShipHome}
}

// Buy makes the order of a checkout, reserves the thing and asks for the money;
// PayURL then leads to payment. Asked again with the same key for the same it
// gives the same order; another checkout of the same buyer for the same thing, or
// the same page with something changed, replaces one that is not paid yet. Anybody
// active may buy what is not their own.
//
// Faults: Forbidden "orders.suspended"; Conflict "orders.own", "orders.blocked",
// "listings.gone" (somebody was faster), "orders.price_changed",
// "orders.offer_over"; Invalid on the fields way, name, street, postcode, town
// and phone.
func (s *Service) Buy(ctx context.Context, p Purchase) (Order, error) {
	if len(p.Key) < minKey || len(p.Key) > maxKey {
		return Order{}, fault.New(fault.Invalid, "web.broken_form")
	}
	if err := s.checkPurchase(&p); err != nil {
		return Order{}, err
	}
	p.Key = p.click()
	var o Order
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		o, err = s.buy(ctx, tx, p)
		return err
	})
	if db.IsUnique(err) || fault.Is(err, fault.Conflict) {
		if twin, ok := s.twin(ctx, p, db.IsUnique(err)); ok {
			return twin, nil
		}
	}
	if db.IsUnique(err) {
		err = fault.New(fault.Conflict, "listings.gone")
	}
	return o, err
}

// checkPurchase mends and checks what the buyer typed.
func (s *Service) checkPurchase(p *Purchase) error {
	if p.Method == shipping.Pickup {
		p.Carrier, p.PointID, p.Point, p.Address = "", "", "", shipping.Address{}
		return nil
	}
	if p.Method == shipping.Home {
		p.PointID, p.Point = "", ""
	}
	if r := []rune(p.Point); len(r) > maxPoint {
		p.Point = string(r[:maxPoint])
	}
	a, err := accounts.CheckAddress(accounts.Address{
		Name: p.Address.Name, Street: p.Address.Street, Postcode: p.Address.Postcode, Town: p.Address.Town, Phone: p.Address.Phone,
	})
	p.Address = shipping.Address{Name: a.Name, Street: a.Street, Postcode: a.Postcode, Town: a.Town, Phone: a.Phone}
	fs := fault.As(err)
	if err != nil && len(fs) == 0 {
		return err
	}
	if a.Phone == "" && !hasField(fs, "phone") {
		fs.Add(fault.Field("phone", "orders.phone_missing"))
	}
	return fs.Or()
}

func hasField(fs fault.Faults, field string) bool {
	for _, f := range fs {
		if f.Field == field {
			return true
		}
	}
	return false
}

// buy is Buy within its transaction.
func (s *Service) buy(ctx context.Context, tx *db.Tx, p Purchase) (Order, error) {
	if o, err := orderByKey(ctx, tx, p.Buyer, p.Key); err == nil || !db.IsNone(err) {
		return o, err
	}
	buyer, l, err := s.mayBuy(ctx, tx, p.Buyer, p.Listing)
	if err != nil {
		return Order{}, err
	}
	old, found, err := s.OpenBetween(ctx, tx, p.Buyer, p.Listing)
	if err != nil {
		return Order{}, err
	}
	if found && old.State.Payable() && old.Offer != "" {
		return s.settleOffer(ctx, tx, old, buyer, l, p)
	}
	if p.Offer != "" {
		return Order{}, fault.New(fault.Conflict, "orders.offer_over")
	}
	if found {
		if old, err = s.replace(ctx, tx, old, p); err != nil || old.ID != "" {
			return old, err
		}
	}
	o, err := s.newOrder(ctx, tx, buyer, l, l.Price(), p)
	if err != nil {
		return Order{}, err
	}
	if err := seen(o, p); err != nil {
		return Order{}, err
	}
	if err := s.begin(ctx, tx, &o, buyer, 0); err != nil {
		return Order{}, err
	}
	return o, s.charge(ctx, tx, o, buyer)
}

// Payable tells whether the buyer may still pay.
func (s State) Payable() bool {
	_, err := next(s, Pay, Payment, Facts{})
	return err == nil
}

// seen refuses a price the buyer did not see.
func seen(o Order, p Purchase) error {
	if p.Seen.Minor != 0 && p.Seen != o.Total() {
		return fault.New(fault.Conflict, "orders.price_changed", "Total", o.Total())
	}
	return nil
}

// mayBuy refuses buyers who may not, and things that nobody may.
func (s *Service) mayBuy(ctx context.Context, tx *db.Tx, who accounts.UserID, lid listings.ID) (accounts.User, listings.Listing, error) {
	buyer, err := s.Accounts.Get(ctx, tx, who)
	if err != nil {
		return buyer, listings.Listing{}, err
	}
	l, err := s.Listings.Get(ctx, tx, lid)
	if err != nil {
		return buyer, l, err
	}
	switch {
	case buyer.IsSuspended():
		return buyer, l, fault.New(fault.Forbidden, "orders.suspended")
	case !l.Public() && l.Seller != who:
		return buyer, l, missing()
	case l.Seller == who:
		return buyer, l, fault.New(fault.Conflict, "orders.own")
	}
	return buyer, l, s.mayMeet(ctx, tx, who, l.Seller)
}

// mayMeet refuses two of whom one has blocked the other.
func (s *Service) mayMeet(ctx context.Context, q db.Queryer, a, b accounts.UserID) error {
	blocked, err := s.Messages.Blocked(ctx, q, a, b)
	if err == nil && blocked {
		err = fault.New(fault.Conflict, "orders.blocked")
	}
	return err
}

// newOrder is an order as it begins, not stored yet.
func (s *Service) newOrder(ctx context.Context, tx *db.Tx, buyer accounts.User, l listings.Listing, item money.Amount, p Purchase) (Order, error) {
	conv, err := s.Messages.Open(ctx, tx, messaging.Opening{
		Kind: messaging.AboutListing, Subject: string(l.ID), Buyer: buyer.ID, Seller: l.Seller, Title: l.Title, Photo: l.Cover,
	})
	if err != nil {
		return Order{}, err
	}
	now := s.Clock.Now()
	o := Order{
		ID: id.New[ID]("ord", now), Listing: l.ID, Conversation: conv.ID, Offer: p.Offer, Buyer: buyer.ID, Seller: l.Seller,
		CheckoutKey: p.Key, Title: l.Title, Photo: l.Cover, Category: l.Category, ItemMinor: item.Minor, Currency: item.Currency,
		State: PendingPayment, Version: 1, CreatedAt: now,
	}
	return o, s.setWay(&o, l, p)
}

// setWay sets how an order travels, and its price.
func (s *Service) setWay(o *Order, l listings.Listing, p Purchase) error {
	way, err := s.Shipping.Quote(string(l.Parcel), Ways(l), p.Method, p.Carrier)
	if err != nil {
		return err
	}
	price := PriceOf(o.Item(), way.Price)
	o.Method, o.Carrier, o.PointID, o.PointName = way.Method, way.Carrier, p.PointID, p.Point
	o.ShipMinor, o.FeeMinor, o.TotalMinor = price.Shipping.Minor, price.Fee.Minor, price.Total.Minor
	return o.setAddress(p.Address)
}

// begin stores a new order: the thing is reserved, the turn to pay opens, and
// both see it in their stream. until is when it lapses; 0 leaves that to the turn.
func (s *Service) begin(ctx context.Context, tx *db.Tx, o *Order, buyer accounts.User, until clock.Instant) error {
	if err := s.Listings.Reserve(ctx, tx, o.Listing); err != nil {
		return err
	}
	next, err := s.nextTurn(ctx, tx, o, Rule{To: o.State}, Input{until: until})
	if err != nil {
		return err
	}
	if _, err := turn.Open(ctx, tx, s.Clock.Now(), next); err != nil {
		return err
	}
	stored := false
	for try := range refTries {
		o.Ref = "K-" + id.Ref(4+try/2)
		if stored, err = insertOrder(ctx, tx, *o); err != nil {
			return err
		}
		if stored {
			break
		}
	}
	if !stored {
		return fault.New(fault.Busy, "web.failed")
	}
	err = insertHappening(ctx, tx, Happening{
		Order: o.ID, Version: o.Version, Event: Begun, To: o.State, Actor: Buyer, ActorID: buyer.ID, At: o.CreatedAt,
	})
	if err != nil {
		return err
	}
	return s.Messages.Append(ctx, tx, o.Conversation, messaging.Entry{
		Kind: messaging.Move, Author: buyer.ID, Key: "orders.did.begin", Ref: string(o.ID), Begins: string(o.ID), // no sum yet: how it travels may still be chosen
	})
}

// charge asks the buyer for the money.
func (s *Service) charge(ctx context.Context, tx *db.Tx, o Order, buyer accounts.User) error {
	due, err := s.dueOf(ctx, tx, o)
	if err != nil {
		return err
	}
	c := o.charge(buyer.Speaker(s.Clock.Now()))
	c.Expires, c.Lang = due, buyer.Lang
	return s.Payments.Begin(ctx, tx, c)
}

// charge is what the buyer pays and what of it is the seller's, line by line.
func (o Order) charge(say *i18n.Speaker) payments.Charge {
	lines := []payments.Line{{Kind: payments.ItemLine, Label: o.Title, Amount: o.ItemMinor}}
	if o.ShipMinor > 0 {
		lines = append(lines, payments.Line{Kind: payments.ShippingLine, Label: say.T("orders.line_shipping"), Amount: o.ShipMinor})
	}
	lines = append(lines, payments.Line{Kind: payments.FeeLine, Label: say.T("orders.line_fee"), Amount: o.FeeMinor})
	return payments.Charge{
		OrderID: string(o.ID), Buyer: o.Buyer, Seller: o.Seller, Total: o.Total(), Payout: o.Item(), Lines: lines, Title: o.Title,
	}
}

// PayURL is the provider's page where the buyer pays; back is the trade room's
// whole address. Call it outside transactions. Faults: Missing to others,
// Conflict when there is nothing (more) to pay, Busy when the provider does not
// answer.
func (s *Service) PayURL(ctx context.Context, oid ID, buyer accounts.UserID, back string) (string, error) {
	o, role, err := s.For(ctx, s.DB, oid, buyer)
	if err != nil {
		return "", err
	}
	if role != Buyer {
		return "", missing()
	}
	if !o.State.Payable() {
		return "", tooLate(o.State)
	}
	return s.Payments.PayURL(ctx, string(oid), back)
}
