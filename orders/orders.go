package orders

import (
	"encoding/json"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/shipping"
)

// ID names a trade: ord_…
type ID string

// Limits of a trade.
const (
	maxCodeTries  = 5    // wrong handover codes, then an operator looks
	maxNote       = 2000 // characters of a claim or a reason
	maxSellerDays = 2    // business days of the seller's one extension
	maxStaffDays  = 14   // days of an operator's extension
)

// Order is a trade.
type Order struct {
	ID           ID                       `db:"id"`
	Ref          string                   `db:"ref"` // K-7F3Q, for people
	Listing      listings.ID              `db:"listing_id"`
	Conversation messaging.ConversationID `db:"conversation_id"`
	Offer        OfferID                  `db:"offer_id"`
	Buyer        accounts.UserID          `db:"buyer_id"`
	Seller       accounts.UserID          `db:"seller_id"`
	CheckoutKey  string                   `db:"checkout_key"`
	Title        string                   `db:"title"`
	Photo        string                   `db:"photo"`
	Category     string                   `db:"category"`
	ItemMinor    int64                    `db:"item"`
	ShipMinor    int64                    `db:"shipping"`
	FeeMinor     int64                    `db:"fee"`
	TotalMinor   int64                    `db:"total"`
	Currency     string                   `db:"currency"`
	Method       shipping.Method          `db:"method"`
	Carrier      string                   `db:"carrier"`
	PointID      string                   `db:"point_id"`
	PointName    string                   `db:"point_name"`
	RawAddress   string                   `db:"address"` // JSON; see Address
	State        State                    `db:"state"`
	Version      int64                    `db:"version"`
	Turn         turn.ID                  `db:"turn_id"`
	PromisedAt   clock.Instant            `db:"promised_at"` // the seller's promise to post; past it the buyer may leave
	PlannedAt    clock.Instant            `db:"planned_at"`  // when the seller said they would post
	Extended     bool                     `db:"extended"`
	Code         string                   `db:"code"` // the buyer's six digits; only the buyer may see them
	CodeTries    int64                    `db:"code_tries"`
	Claim        Claim                    `db:"claim"`
	CreatedAt    clock.Instant            `db:"created_at"`
	PaidAt       clock.Instant            `db:"paid_at"`
	PostedAt     clock.Instant            `db:"posted_at"`
	ReceivedAt   clock.Instant            `db:"received_at"`
	ClosedAt     clock.Instant            `db:"closed_at"` // 0 while open

	due clock.Instant // of the turn opened in this transaction; see dueOf
}

// Claim is what a buyer says is wrong.
type Claim string

// The claims.
const (
	Missing   Claim = "missing"   // it never came
	Broken    Claim = "broken"    // it came broken
	Different Claim = "different" // it is not what was promised
	Other     Claim = "other"
)

// Claims are all of them, in the order of the form.
var Claims = []Claim{Missing, Broken, Different, Other}

// URL is the trade room.
func (o Order) URL() string { return "/orders/" + string(o.ID) }

// Open tells whether somebody still owes something.
func (o Order) Open() bool { return o.ClosedAt.IsZero() }

// Item is the price of the thing, and what the seller gets.
func (o Order) Item() money.Amount { return o.amount(o.ItemMinor) }

// Shipping is what the way costs.
func (o Order) Shipping() money.Amount { return o.amount(o.ShipMinor) }

// Fee is the buyer's protection.
func (o Order) Fee() money.Amount { return o.amount(o.FeeMinor) }

// Total is what the buyer pays.
func (o Order) Total() money.Amount { return o.amount(o.TotalMinor) }

func (o Order) amount(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: o.Currency}
}

// Address is where it goes; zero for a handover in person.
func (o Order) Address() shipping.Address {
	var a shipping.Address
	if o.RawAddress == "" {
		return a
	}
	if json.Unmarshal([]byte(o.RawAddress), &a) != nil {
		return shipping.Address{} // written by setAddress alone; nothing to show is better than half of it
	}
	return a
}

func (o *Order) setAddress(a shipping.Address) error {
	if a.IsZero() {
		o.RawAddress = ""
		return nil
	}
	raw, err := json.Marshal(a)
	o.RawAddress = string(raw)
	return err
}

// Role is what u is in the trade: Buyer, Seller, or "" for neither.
func (o Order) Role(u accounts.UserID) Actor {
	switch u {
	case "":
		return ""
	case o.Buyer:
		return Buyer
	case o.Seller:
		return Seller
	}
	return ""
}

// Party is the person who is a role in the trade; "" for the others.
func (o Order) Party(a Actor) accounts.UserID {
	switch a {
	case Buyer:
		return o.Buyer
	case Seller:
		return o.Seller
	}
	return ""
}

// OtherParty is the one who is not u.
func (o Order) OtherParty(u accounts.UserID) accounts.UserID {
	if u == o.Buyer {
		return o.Seller
	}
	return o.Buyer
}

// Said tells whether the seller says that it is posted while the carrier has
// not seen it.
func (o Order) Said() bool {
	return !o.PostedAt.IsZero() && (o.State == Paid || o.State == CancelRequested)
}

// Facts are what the rules look at now. tracked tells whether we booked the
// parcel and can follow it.
func (o Order) Facts(tracked bool, now clock.Instant) Facts {
	return Facts{
		InPerson: o.Method == shipping.Pickup, Tracked: tracked, Said: o.Said(), Posted: !o.PostedAt.IsZero(),
		Extended: o.Extended, LatePost: !o.PromisedAt.IsZero() && o.PromisedAt.Before(now),
		OutOfTries: o.CodeTries >= maxCodeTries, Claimed: o.Claim != "",
		Received: !o.ReceivedAt.IsZero(),
	}
}

// Happening is one move of a trade.
type Happening struct {
	Order   ID              `db:"order_id"`
	Version int64           `db:"version"`
	Event   Event           `db:"event"`
	From    State           `db:"from_state"`
	To      State           `db:"to_state"`
	Actor   Actor           `db:"actor"`
	ActorID accounts.UserID `db:"actor_id"`
	Note    string          `db:"note"`
	At      clock.Instant   `db:"at"`
}

// Begun is the event of a trade's first row, from nothing.
const Begun Event = "begin"
