package simulate

import (
	"context"
	"strconv"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

// Shapes of trades, as shares of all.
const (
	asking   = 0.35 // begin with a question
	offering = 0.30 // begin with an offer
	meeting  = 0.15 // are handed over in person
	home     = 0.15 // travel to the door; the rest to a pickup point
	faulty   = 0.06 // something is wrong with the thing
	rivals   = 0.08 // somebody else wants the thing, too
	regrets  = 0.03 // the buyer wants out
	annoyed  = 0.01 // of readers of a reminder: they want no more about this trade
)

// trade is one that is meant to come about.
type trade struct {
	dice
	n       int
	seller  *person
	buyer   *person
	rival   *person // nil: nobody else wants it
	listing listings.ID
	price   int64
	method  shipping.Method
	carrier string
	asks    bool
	offers  bool
	bad     bool // something is wrong with the thing
	at      clock.Instant

	conv   string
	order  string
	ref    string
	offer  orders.OfferID
	state  orders.State // as last noticed; "" before there is an order
	counts map[turnKind]uint64
	tried  int  // checkouts begun
	posted bool // the seller did post it
	begun  clock.Instant
	paid   clock.Instant
	closed clock.Instant
	back   clock.Instant // the return has arrived by then
	came   clock.Instant // what nobody can follow has arrived by then; 0: never
}

// newTrade is the n-th trade.
func (w *world) newTrade(n int) *trade {
	d := w.of(forTrade, uint64(n))
	t := &trade{dice: d, n: n, counts: map[turnKind]uint64{}}
	s := d.below(1, len(w.people))
	b := d.below(2, len(w.people)-1)
	if b >= s {
		b++
	}
	t.seller, t.buyer = w.people[s], w.people[b]
	if r := d.below(3, len(w.people)); r != s && r != b && d.chance(4, rivals) {
		t.rival = w.people[r]
	}
	t.asks, t.offers, t.bad = d.chance(5, asking), d.chance(6, offering), d.chance(7, faulty)
	t.price = int64(500 + 100*d.below(8, 300))
	t.method, t.carrier = shipping.Point, "posti"
	switch x := d.float(9); {
	case x < meeting:
		t.method, t.carrier = shipping.Pickup, ""
	case x < meeting+home:
		t.method = shipping.Home
	case x < 0.6:
		t.carrier = "matkahuolto"
	}
	t.at = t.buyer.awake(begin.Add(d.between(10, 0, time.Duration(w.o.Days)*dayLength)))
	return t
}

// populate makes the people, and puts everything on sale.
func (w *world) populate(ctx context.Context) error {
	defer func() { w.calm = false }()
	now := w.clock.Now()
	for i := range 20 + w.o.Orders/4 {
		w.people = append(w.people, newPerson(w.dice, i, now, w.o.Days))
	}
	for i := range 3 {
		op := newPerson(w.dice, 1_000_000+i, now, w.o.Days)
		op.operator, op.bounces, op.habit, op.push, op.phone, op.texts = true, false, habits[0], false, "", "sms"
		w.staff = append(w.staff, op)
	}
	all := append(append([]*person{}, w.people...), w.staff...)
	for _, p := range all {
		p.id = id.New[personID]("usr", now)
		if p.texts == "" {
			p.texts = "sms"
		}
		w.byID[string(p.id)], w.byMail[p.email] = p, p
		if p.phone != "" {
			w.byTel[p.phone] = p
		}
	}
	for i := range w.o.Orders {
		w.trades = append(w.trades, w.newTrade(i))
	}
	if err := w.db.InTx(ctx, func(tx *db.Tx) error { return w.furnish(ctx, tx, all, now) }); err != nil {
		return err
	}
	for _, t := range w.trades {
		w.at(t.at, func(ctx context.Context) error { return w.open(ctx, t, 0) })
	}
	for _, p := range w.people {
		w.planWhims(p)
		w.planLeaving(p)
	}
	w.planStaff()
	return nil
}

// furnish stores the people, their accounts at the provider and the listings.
func (w *world) furnish(ctx context.Context, tx *db.Tx, all []*person, now clock.Instant) error {
	secret, err := hashed(ctx)
	if err != nil {
		return err
	}
	if err := insertPeople(ctx, tx, now, secret, all); err != nil {
		return err
	}
	for _, p := range w.people {
		if !p.ready {
			continue
		}
		a := &account{id: w.bank.name("acct"), ready: true}
		w.bank.accounts[a.id], w.bank.byUser[string(p.id)] = a, a
		if err := insertAccount(ctx, tx, p, a.id, now); err != nil {
			return err
		}
	}
	const most = 500
	for from := 0; from < len(w.trades); from += most {
		var ls []listings.Listing
		for _, t := range w.trades[from:min(from+most, len(w.trades))] {
			t.listing = id.New[listings.ID]("lst", now)
			w.things[string(t.listing)] = t
			ls = append(ls, listings.Listing{
				ID: t.listing, Seller: t.seller.id, Category: "saddles", Attrs: listings.Attrs{"type": "general", "seat": "17", "tree": "medium"},
				Title: "Satula " + strconv.Itoa(t.n), Description: "Ehjä.", Condition: "good", PriceMinor: t.price, Currency: "EUR",
				Parcel: "L", ShipPickup: true, ShipPoint: true, ShipHome: true, Town: "Tampere", Version: 1, CreatedAt: now,
			})
		}
		if err := w.node.Listings.PutOnSale(ctx, tx, ls); err != nil {
			return err
		}
	}
	return nil
}

// open is a trade's beginning: a question, an offer, or the checkout.
func (w *world) open(ctx context.Context, t *trade, try uint64) error {
	if t.buyer.gone {
		return nil
	}
	what, do := "buy", w.buys
	switch {
	case t.asks:
		what, do = "ask", w.ask
	case t.offers:
		what, do = "offer", w.offers
	}
	_, again, err := w.attempt(ctx, what, func(ctx context.Context) error { return do(ctx, t) })
	if again && try < 20 {
		w.at(t.buyer.soon(w.clock.Now(), t.dice, 100+try), func(ctx context.Context) error { return w.open(ctx, t, try+1) })
	}
	return err
}

// ask is the buyer asking whether it is still for sale.
func (w *world) ask(ctx context.Context, t *trade) error {
	return w.db.InTx(ctx, func(tx *db.Tx) error {
		c, err := w.node.Messages.Open(ctx, tx, messaging.Opening{
			Subject: string(t.listing), Buyer: t.buyer.id, Seller: t.seller.id, Title: "Satula " + strconv.Itoa(t.n),
		})
		if err != nil {
			return err
		}
		t.conv = string(c.ID)
		w.convs[t.conv] = t
		return w.node.Messages.SendTx(ctx, tx, t.buyer.id, c, "Onko tämä vielä myynnissä?", "")
	})
}

// answered goes on after the question: the buyer has an answer, or none.
func (w *world) answered(t *trade, yes bool) {
	if !t.asks || t.order != "" || !yes && t.chance(20, 0.5) {
		return
	}
	t.asks = false
	w.at(t.buyer.soon(w.clock.Now(), t.dice, 21), func(ctx context.Context) error { return w.open(ctx, t, 0) })
}

// offers is the buyer proposing a price.
func (w *world) offers(ctx context.Context, t *trade) error {
	o, err := w.node.Orders.MakeOffer(ctx, t.buyer.id, t.listing, money.EUR(t.price*85/100))
	if err != nil {
		return err
	}
	t.offer, t.conv = o.ID, string(o.Conversation)
	w.convs[t.conv], w.bids[string(o.ID)] = t, t
	return nil
}

// purchase is what the buyer's checkout asks for.
func (t *trade) purchase(p *person) orders.Purchase {
	u := orders.Purchase{
		Buyer: p.id, Listing: t.listing, Key: "checkout-" + strconv.Itoa(t.n) + "-" + strconv.Itoa(p.n) + "-" + strconv.Itoa(t.tried),
		Method: t.method, Carrier: t.carrier, PointID: "201001", Point: "K-Citymarket", Offer: t.offer,
	}
	if t.method != shipping.Pickup {
		u.Address = shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"}
	}
	return u
}

// buys is the buyer at the checkout; most pay at once. A rival tries at the same
// moment.
func (w *world) buys(ctx context.Context, t *trade) error {
	t.offer = ""
	o, err := w.node.Orders.Buy(ctx, t.purchase(t.buyer))
	if err != nil {
		return err
	}
	w.meet(t, string(o.ID), string(o.Conversation))
	if t.rival != nil && !t.rival.gone {
		if _, _, err := w.attempt(ctx, "rival", func(ctx context.Context) error {
			_, err := w.node.Orders.Buy(ctx, t.purchase(t.rival))
			return err
		}); err != nil {
			return err
		}
	}
	if t.chance(30, 0.85) {
		w.in(t.between(31, 20*time.Second, 6*time.Minute), func(ctx context.Context) error { return w.payNow(ctx, t, 0) })
	}
	return nil
}

// meet remembers the order of a trade.
func (w *world) meet(t *trade, order, conv string) {
	t.order, t.conv = order, conv
	w.orders[order], w.convs[conv] = t, t
}

// payNow is the buyer on the provider's page.
func (w *world) payNow(ctx context.Context, t *trade, try uint64) error {
	_, again, err := w.attempt(ctx, "pay", func(ctx context.Context) error { return w.pays(ctx, t) })
	if again && try < 4 {
		w.in(t.between(40+try, time.Minute, 8*time.Minute), func(ctx context.Context) error { return w.payNow(ctx, t, try+1) })
	}
	return err
}

func (w *world) pays(ctx context.Context, t *trade) error {
	if t.offer != "" { // the way it travels is chosen now
		if _, err := w.node.Orders.Buy(ctx, t.purchase(t.buyer)); err != nil {
			return err
		}
	}
	url, err := w.node.Orders.PayURL(ctx, orders.ID(t.order), t.buyer.id, "https://kierto.example/orders/"+t.order)
	if err != nil {
		return err
	}
	w.bank.pay(url)
	return nil
}

// tradeOf is the trade an order belongs to.
func (w *world) tradeOf(o *order) *trade {
	t := w.orders[o.ID]
	if t == nil {
		if t = w.things[o.Listing]; t != nil {
			w.meet(t, o.ID, o.Conv)
		}
	}
	return t
}

// tradeOfTurn is the trade a turn is about; nil for what concerns one alone.
func (w *world) tradeOfTurn(t *turnRow) *trade {
	if t == nil {
		return nil
	}
	if tr := w.orders[t.Subject]; tr != nil {
		return tr
	}
	if tr := w.convs[t.Subject]; tr != nil {
		return tr
	}
	return w.bids[t.Subject]
}

// openTrades counts the trades that are not over.
func (w *world) openTrades() int { return w.unended }
