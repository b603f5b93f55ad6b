package demo

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

// trade is one trade of the made-up past: who, what, and a cursor that moves
// ahead as its steps are scheduled.
type trade struct {
	*seeding
	thing  *thing
	buyer  accounts.User
	seller accounts.User
	method shipping.Method
	loose  bool // the carrier gives no code, so that the seller posts by themselves
	at     clock.Instant
	began  clock.Instant // its first step

	order orders.ID
	ref   string
}

// recent is how short ago a trade began whose steps happen at any hour: there is
// no time for nights.
const recent = 20 * time.Hour

// then moves the cursor, and schedules a step there.
func (t *trade) then(after time.Duration, what string, do func(ctx context.Context) error) {
	t.at = t.at.Add(after)
	if t.began.IsZero() {
		t.began = t.at
	}
	when := t.at
	if t.now.Sub(t.began) > recent {
		when = awake(when)
	}
	t.seeding.at(when, what+" "+t.thing.form.Get("title"), do)
}

// buy makes the order at the checkout.
func (t *trade) buy(after time.Duration) {
	t.then(after, "buy", func(ctx context.Context) error { return t.checkout(ctx, "") })
}

// checkout is what the buyer's checkout page does; offer names an accepted one.
func (t *trade) checkout(ctx context.Context, offer orders.OfferID) error {
	p := orders.Purchase{Buyer: t.buyer.ID, Listing: t.thing.id, Offer: offer, Key: "demo:" + string(t.thing.id), Method: t.method}
	if offer != "" {
		p.Key = "demo:" + string(offer)
	}
	if t.method != shipping.Pickup {
		if err := t.address(ctx, &p); err != nil {
			return err
		}
	}
	o, err := t.Orders.Buy(ctx, p)
	t.order, t.ref = o.ID, o.Ref
	return err
}

// address fills in where it goes, and with which carrier.
func (t *trade) address(ctx context.Context, p *orders.Purchase) error {
	all, err := t.Accounts.Addresses(ctx, t.DB, t.buyer.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	a := all[0]
	p.Carrier = "posti"
	p.Address = shipping.Address{Name: a.Name, Street: a.Street, Postcode: a.Postcode, Town: a.Town, Phone: a.Phone}
	if t.method == shipping.Home {
		return nil
	}
	if t.chance(30) && t.thing.form.Get("title") != annasTitle {
		p.Carrier = "matkahuolto"
	}
	points, err := t.Shipping.Points(ctx, a.Postcode, p.Carrier)
	if err != nil || len(points) == 0 {
		return err
	}
	p.PointID, p.Point = points[0].ID, points[0].Line()
	return nil
}

// offer lets the buyer offer less, and the seller take it; then the order is
// there and the checkout completes it.
func (t *trade) offer(after, answer time.Duration) {
	var offered orders.Offer
	t.then(after, "offer", func(ctx context.Context) (err error) {
		offered, err = t.Orders.MakeOffer(ctx, t.buyer.ID, t.thing.id, t.less(ctx, 88))
		return err
	})
	t.then(answer, "accept the offer for", func(ctx context.Context) error {
		o, err := t.Orders.Accept(ctx, offered.ID, t.seller.ID)
		t.order, t.ref = o.ID, o.Ref
		return err
	})
}

// less is so many percent of the asked price, in whole euros.
func (t *trade) less(ctx context.Context, percent int64) money.Amount {
	l, err := t.Listings.Get(ctx, t.DB, t.thing.id)
	if err != nil {
		return money.Amount{}
	}
	a := l.Price()
	a.Minor = max(a.Minor*percent/10_000*100, 100)
	return a
}

// afterOffer completes the order of an accepted offer at the checkout.
func (t *trade) afterOffer(after time.Duration) {
	t.then(after, "check out", func(ctx context.Context) error {
		o, err := t.Orders.Get(ctx, t.DB, t.order)
		if err != nil {
			return err
		}
		return t.checkout(ctx, o.Offer)
	})
}

// pay pays on the provider's page, and comes back.
func (t *trade) pay(after time.Duration) {
	way := pick(t.seeding, []string{"mobilepay", "mobilepay", "card", "paypal"})
	t.then(after, "pay", func(ctx context.Context) error {
		if err := t.payBy(ctx, way); err != nil {
			return err
		}
		if !t.loose {
			return nil
		}
		t.Carrier.Refuse(true) // the queue gives up on a code, and the seller posts by themselves
		defer t.Carrier.Refuse(false)
		for range bookTries {
			_ = t.Jobs.Drain(ctx) // each failure but the last is expected
		}
		return nil
	})
}

func (t *trade) payBy(ctx context.Context, way string) error {
	url, err := t.Orders.PayURL(ctx, t.order, t.buyer.ID, t.base+"/orders/"+string(t.order))
	if err != nil {
		return err
	}
	session := path.Base(url)
	if way == "card" {
		err = t.Stripe.PayCard(session, stripe.Card{Number: "4242 4242 4242 4242", Month: 12, Year: 2030})
	} else {
		err = t.Stripe.PayWallet(session, way, stripe.Approve)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", way, err)
	}
	return t.Payments.Look(ctx, string(t.order))
}

// move lets somebody move the trade.
func (t *trade) move(after time.Duration, ev orders.Event, who orders.Actor, in orders.Input) {
	t.then(after, string(ev), func(ctx context.Context) error {
		_, err := t.Orders.Move(ctx, t.order, ev, t.who(who), in)
		return err
	})
}

func (t *trade) who(a orders.Actor) orders.Who {
	switch a {
	case orders.Buyer:
		return orders.Who{Actor: a, User: t.buyer.ID}
	case orders.Seller:
		return orders.Who{Actor: a, User: t.seller.ID}
	case orders.Operator:
		return orders.Who{Actor: a, User: t.staff.ID}
	}
	return orders.Who{Actor: a}
}

// scan lets the carrier see the parcel: "drop", "collect" and the like.
func (t *trade) scan(after time.Duration, what string) {
	t.then(after, "carrier: "+what, func(ctx context.Context) error {
		p, ok, err := t.Shipping.Of(ctx, t.DB, string(t.order), false)
		if err != nil || !ok {
			return err
		}
		if err := t.Carrier.Cue(p.Tracking, what); err != nil {
			return fmt.Errorf("%s: %w", t.ref, err)
		}
		if err := forgetPoll(ctx, t.DB, p.Tracking); err != nil {
			return err
		}
		_, err = t.Shipping.Poll(ctx)
		return err
	})
}

// chargeback lets the buyer's bank take the payment back.
func (t *trade) chargeback() {
	t.then(0, "chargeback", func(ctx context.Context) error {
		return t.Payments.LookAtDispute(ctx, t.Stripe.Dispute(string(t.order)))
	})
}

// handOver lets the seller type the buyer's code.
func (t *trade) handOver(after time.Duration) {
	t.then(after, "hand over", func(ctx context.Context) error {
		o, err := t.Orders.Get(ctx, t.DB, t.order)
		if err != nil {
			return err
		}
		_, err = t.Orders.Move(ctx, t.order, orders.HandOver, t.who(orders.Seller), orders.Input{Code: o.Code})
		return err
	})
}

// review lets one of them say how it went.
func (t *trade) review(after time.Duration, author accounts.User, v orders.Verdict, text string) {
	t.then(after, "review", func(ctx context.Context) error {
		return t.Orders.WriteReview(ctx, t.order, author.ID, v, text)
	})
}

// reviews lets most people say how it went.
func (t *trade) reviews() {
	words := t.talks.Reviews
	if t.chance(75) {
		v := pick(t.seeding, []orders.Verdict{orders.Good, orders.Good, orders.Good, orders.Good, orders.Okay})
		t.review(t.between(time.Hour, 30*time.Hour), t.buyer, v, pick(t.seeding, append(words.OfSeller, words.Plain...)))
	}
	if t.chance(65) {
		t.review(t.between(time.Hour, 40*time.Hour), t.seller, orders.Good, pick(t.seeding, append(words.OfBuyer, words.Plain...)))
	}
}

// thank is a short exchange once the money is there, the seller first.
func (t *trade) thank() {
	if !t.chance(60) {
		return
	}
	t.says(t.between(20*time.Minute, 4*time.Hour), t.seller, t.buyer, pick(t.seeding, t.talks.After).Says)
}

// says lets two people write by turns in the conversation about the thing.
func (t *trade) says(after time.Duration, first, second accounts.User, lines []string) {
	for i, line := range lines {
		author := first
		if i%2 == 1 {
			author = second
		}
		t.then(after, "write about", func(ctx context.Context) error { return t.write(ctx, t.thing, t.buyer, author, line) })
		after = t.between(12*time.Minute, 90*time.Minute)
	}
}

// inTx runs do in a transaction.
func (s *seeding) inTx(ctx context.Context, do func(tx *db.Tx) error) error {
	return s.DB.InTx(ctx, do)
}
