package orders

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/shipping"
)

// Limits of offers.
const (
	offerLife  = 48 * time.Hour // to answer an offer; it never ends at night
	offerMorn  = 2 * time.Hour  // of the morning are left when it would have ended at night
	minOffer   = 100            // minor units
	maxOffers  = 20             // offers in one conversation
	sweepOffer = 200            // other offers closed when a thing is sold
)

// OfferID names an offer: off_…
type OfferID string

// OfferState is what became of an offer.
type OfferState string

// The states of an offer.
const (
	OfferOpen      OfferState = "open"
	OfferAccepted  OfferState = "accepted"
	OfferDeclined  OfferState = "declined"
	OfferCountered OfferState = "countered"
	OfferWithdrawn OfferState = "withdrawn"
	OfferExpired   OfferState = "expired"
)

// Offer is a price one of the two proposes; the other one answers.
type Offer struct {
	ID           OfferID                  `db:"id"`
	Conversation messaging.ConversationID `db:"conversation_id"`
	Listing      listings.ID              `db:"listing_id"`
	Buyer        accounts.UserID          `db:"buyer_id"`
	Seller       accounts.UserID          `db:"seller_id"`
	By           accounts.UserID          `db:"by_id"`
	Minor        int64                    `db:"amount"`
	Currency     string                   `db:"currency"`
	State        OfferState               `db:"state"`
	Answers      OfferID                  `db:"answers"` // the offer it counters
	Version      int64                    `db:"version"`
	ExpiresAt    clock.Instant            `db:"expires_at"`
	CreatedAt    clock.Instant            `db:"created_at"`
	ClosedAt     clock.Instant            `db:"closed_at"`
}

// Amount is the price proposed.
func (o Offer) Amount() money.Amount { return money.Amount{Minor: o.Minor, Currency: o.Currency} }

// price is what is paid when it is accepted now: what was proposed, and not more
// than anybody else is asked.
func (o Offer) price(l listings.Listing) money.Amount {
	if l.PriceMinor < o.Minor {
		return l.Price()
	}
	return o.Amount()
}

// Answerer is the one who has to answer.
func (o Offer) Answerer() accounts.UserID {
	if o.By == o.Buyer {
		return o.Seller
	}
	return o.Buyer
}

// IsOpen tells whether it waits for an answer.
func (o Offer) IsOpen() bool { return o.State == OfferOpen }

// MakeOffer proposes a price for a listing; for anybody active who may buy it.
// Faults as of Buy, and Invalid on "amount"; Conflict "orders.offer_open" while
// one waits for an answer.
func (s *Service) MakeOffer(ctx context.Context, buyer accounts.UserID, lid listings.ID, amount money.Amount) (Offer, error) {
	var o Offer
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, l, err := s.mayBuy(ctx, tx, buyer, lid)
		if err != nil {
			return err
		}
		if !l.OnSale() {
			return fault.New(fault.Conflict, "listings.gone")
		}
		conv, err := s.Messages.Open(ctx, tx, messaging.Opening{
			Kind: messaging.AboutListing, Subject: string(lid), Buyer: buyer, Seller: l.Seller, Title: l.Title, Photo: l.Cover,
		})
		if err != nil {
			return err
		}
		o = Offer{Conversation: conv.ID, Listing: lid, Buyer: buyer, Seller: l.Seller, By: buyer, Minor: amount.Minor, Currency: l.Currency}
		return s.propose(ctx, tx, &o, l, "orders.did.offer")
	})
	if db.IsUnique(err) {
		err = fault.New(fault.Conflict, "orders.offer_open")
	}
	return o, err
}

// propose stores a new offer and opens the turn to answer it.
func (s *Service) propose(ctx context.Context, tx *db.Tx, o *Offer, l listings.Listing, key string) error {
	switch {
	case o.Minor < minOffer:
		return fault.Field("amount", "orders.offer_low", "Min", money.Amount{Minor: minOffer, Currency: l.Currency})
	case o.By == o.Buyer && o.Minor >= l.PriceMinor:
		return fault.Field("amount", "orders.offer_high", "Price", l.Price())
	case o.Minor > l.PriceMinor:
		return fault.Field("amount", "orders.counter_high", "Price", l.Price())
	}
	all, err := offersOf(ctx, tx, o.Conversation)
	if err != nil {
		return err
	}
	if len(all) >= maxOffers {
		return fault.New(fault.Conflict, "orders.offers_many")
	}
	for _, old := range all {
		if old.IsOpen() {
			return fault.New(fault.Conflict, "orders.offer_open")
		}
	}
	answerer, err := s.Accounts.Get(ctx, tx, o.Answerer())
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	o.ID, o.State, o.Version, o.CreatedAt = id.New[OfferID]("off", now), OfferOpen, 1, now
	if o.ExpiresAt, err = s.offerEnds(ctx, tx, now, answerer.Quiet()); err != nil {
		return err
	}
	if err := insertOffer(ctx, tx, *o); err != nil {
		return err
	}
	_, err = turn.Open(ctx, tx, now, turn.Spec{
		Kind: turn.AnswerOffer, Subject: string(o.ID), Version: o.Version, Owner: string(answerer.ID), Waiter: string(o.By), Due: o.ExpiresAt,
	})
	if err != nil {
		return err
	}
	return s.offerEntry(ctx, tx, *o, o.By, key)
}

// offerEnds is when an offer made now is over.
func (s *Service) offerEnds(ctx context.Context, q db.Queryer, now clock.Instant, quiet calendar.Quiet) (clock.Instant, error) {
	end := now.Add(offerLife)
	if s.Terms != nil {
		live, err := s.Terms(ctx, q, turn.AnswerOffer)
		if err != nil {
			return 0, err
		}
		if !live.Within.IsZero() {
			end = live.Within.EndFor(now, Dates{}, quiet)
		}
	}
	return byDay(end, quiet), nil
}

// byDay moves an end that falls into the night well into the morning.
func byDay(end clock.Instant, q calendar.Quiet) clock.Instant {
	if !q.Asleep(end) {
		return end
	}
	return calendar.NextWaking(end, q).Add(offerMorn)
}

func (s *Service) offerEntry(ctx context.Context, tx *db.Tx, o Offer, author accounts.UserID, key string) error {
	return s.Messages.Append(ctx, tx, o.Conversation, messaging.Entry{
		Kind: messaging.Offer, Author: author, Key: key, Ref: string(o.ID),
		Args: map[string]any{"Price": o.Amount(), "Until": o.ExpiresAt},
	})
}

// OfferFor is an offer that u made or may answer. To others it does not exist.
func (s *Service) OfferFor(ctx context.Context, q db.Queryer, oid OfferID, u accounts.UserID) (Offer, error) {
	o, err := offerByID(ctx, q, oid)
	if db.IsNone(err) || err == nil && u != o.Buyer && u != o.Seller {
		return Offer{}, missing()
	}
	return o, err
}

// OffersOf are all offers of a conversation, oldest first. Who may see them is
// the caller's to ask.
func (s *Service) OffersOf(ctx context.Context, q db.Queryer, cid messaging.ConversationID) ([]Offer, error) {
	return offersOf(ctx, q, cid)
}

// Accept takes an offer: the thing is held for the buyer, who has 24 hours to
// pay. The order it begins still lacks the way to travel; the buyer chooses it
// at the checkout (Buy with Purchase.Offer). Only who has to answer may. Accepting
// twice gives the same order.
func (s *Service) Accept(ctx context.Context, oid OfferID, u accounts.UserID) (Order, error) {
	var order Order
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		order, err = s.AcceptTx(ctx, tx, oid, u)
		return err
	})
	if fault.Is(err, fault.Conflict) {
		if twin, ok := s.accepted(ctx, oid, u); ok {
			return twin, nil
		}
	}
	return order, err
}

// accepted is the open order of an offer that its answerer accepted before.
func (s *Service) accepted(ctx context.Context, oid OfferID, u accounts.UserID) (Order, bool) {
	offer, err := s.OfferFor(ctx, s.DB, oid, u)
	if err != nil || offer.State != OfferAccepted || offer.Answerer() != u {
		return Order{}, false
	}
	o, err := openOf(ctx, s.DB, offer.Buyer, offer.Listing)
	return o, err == nil && o.Offer == oid
}

// AcceptTx is Accept within the caller's transaction.
func (s *Service) AcceptTx(ctx context.Context, tx *db.Tx, oid OfferID, u accounts.UserID) (Order, error) {
	var order Order
	err := s.answer(ctx, tx, oid, u, OfferAccepted, func(o Offer) error {
		buyer, l, err := s.mayBuy(ctx, tx, o.Buyer, o.Listing)
		if err != nil {
			return err
		}
		o.Minor = o.price(l).Minor
		way, carrier := cheapest(s.Shipping.Options(string(l.Parcel), Ways(l)))
		order, err = s.newOrder(ctx, tx, buyer, l, o.Amount(), Purchase{
			Buyer: o.Buyer, Listing: o.Listing, Offer: o.ID, Key: "offer:" + string(o.ID), Method: way, Carrier: carrier,
		})
		if err != nil {
			return err
		}
		if err := s.offerEntry(ctx, tx, o, u, "orders.did.accept_offer"); err != nil {
			return err
		}
		if err := s.begin(ctx, tx, &order, buyer, 0); err != nil || u == o.Buyer {
			return err
		}
		return s.tell(ctx, tx, order, Buyer, "accepted", Input{})
	})
	return order, err
}

// cheapest is the way an accepted offer begins with.
func cheapest(os []shipping.Option) (shipping.Method, string) {
	if len(os) == 0 {
		return shipping.Pickup, ""
	}
	best := os[0]
	for _, o := range os {
		if o.Price.Minor < best.Price.Minor {
			best = o
		}
	}
	return best.Method, best.Carrier
}

// Decline turns an offer down. Only who has to answer may.
func (s *Service) Decline(ctx context.Context, oid OfferID, u accounts.UserID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.DeclineTx(ctx, tx, oid, u) })
}

// DeclineTx is Decline within the caller's transaction.
func (s *Service) DeclineTx(ctx context.Context, tx *db.Tx, oid OfferID, u accounts.UserID) error {
	return s.answer(ctx, tx, oid, u, OfferDeclined, func(o Offer) error {
		if err := s.offerEntry(ctx, tx, o, u, "orders.did.decline_offer"); err != nil {
			return err
		}
		conv, err := s.Messages.Load(ctx, tx, o.Conversation)
		if err != nil {
			return err
		}
		return s.Messages.Tell(ctx, tx, messaging.Telling{
			To: o.By, Topic: messaging.TopicNudge, Key: "orders.told.declined", URL: "/inbox/" + string(conv.ID), Thread: conv.ID,
			Args:   map[string]any{"Title": conv.Title, "Price": o.Amount(), "Other": u},
			Dedupe: string(o.ID) + ":declined",
		})
	})
}

// Counter answers an offer with another price. Only who has to answer may.
func (s *Service) Counter(ctx context.Context, oid OfferID, u accounts.UserID, amount money.Amount) (Offer, error) {
	var counter Offer
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.answer(ctx, tx, oid, u, OfferCountered, func(o Offer) error {
			_, l, err := s.mayBuy(ctx, tx, o.Buyer, o.Listing)
			if err != nil {
				return err
			}
			if !l.OnSale() {
				return fault.New(fault.Conflict, "listings.gone")
			}
			counter = Offer{Conversation: o.Conversation, Listing: o.Listing, Buyer: o.Buyer, Seller: o.Seller, By: u,
				Minor: amount.Minor, Currency: l.Currency, Answers: o.ID}
			return s.propose(ctx, tx, &counter, l, "orders.did.counter_offer")
		})
	})
	return counter, err
}

// WithdrawOffer takes an offer back. Only who made it may.
func (s *Service) WithdrawOffer(ctx context.Context, oid OfferID, u accounts.UserID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := s.OfferFor(ctx, tx, oid, u)
		if err != nil {
			return err
		}
		if o.By != u {
			return missing()
		}
		if err := s.closeOffer(ctx, tx, o, OfferWithdrawn, turn.Moved); err != nil {
			return err
		}
		return s.offerEntry(ctx, tx, o, u, "orders.did.withdraw_offer")
	})
}

// answer closes an offer as its answerer does, and lets fn do the rest.
func (s *Service) answer(ctx context.Context, tx *db.Tx, oid OfferID, u accounts.UserID, to OfferState, fn func(Offer) error) error {
	o, err := s.OfferFor(ctx, tx, oid, u)
	if err != nil {
		return err
	}
	if o.Answerer() != u {
		return missing()
	}
	if err := s.closeOffer(ctx, tx, o, to, turn.Done); err != nil {
		return err
	}
	return fn(o)
}

// closeOffer ends an open offer; Conflict "orders.offer_over" when it is over.
func (s *Service) closeOffer(ctx context.Context, tx *db.Tx, o Offer, to OfferState, outcome string) error {
	now := s.Clock.Now()
	ok, err := endOffer(ctx, tx, o.ID, o.Version, to, now)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "orders.offer_over")
	}
	return turn.Close(ctx, tx, now, turn.AnswerOffer, string(o.ID), outcome)
}

// LapseOffer ends an offer nobody answered. If somebody did, it does nothing.
func (s *Service) LapseOffer(ctx context.Context, oid OfferID, version int64) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := offerByID(ctx, tx, oid)
		if db.IsNone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if !o.IsOpen() || o.Version != version || s.Clock.Now().Before(o.ExpiresAt) {
			return nil
		}
		if err := s.closeOffer(ctx, tx, o, OfferExpired, turn.Lapsed); err != nil {
			return err
		}
		return s.offerEntry(ctx, tx, o, "", "orders.did.expire_offer")
	})
}

// OffSale ends the offers for a thing that nobody can buy any more, as both can
// read; for listings.Service.OffSale.
func (s *Service) OffSale(ctx context.Context, tx *db.Tx, l listings.Listing) error {
	key := "orders.did.gone_offer"
	if l.State == listings.Sold {
		key = "orders.did.sold_offer"
	}
	return s.closeOffers(ctx, tx, l.ID, key)
}

// closeOffers ends what is open about a thing, for the reason that key words.
func (s *Service) closeOffers(ctx context.Context, tx *db.Tx, lid listings.ID, key string) error {
	open, err := openOffers(ctx, tx, lid, sweepOffer)
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := s.closeOffer(ctx, tx, o, OfferExpired, turn.Moved); err != nil {
			return err
		}
		if err := s.offerEntry(ctx, tx, o, "", key); err != nil {
			return err
		}
	}
	return nil
}
