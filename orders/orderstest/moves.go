package orderstest

import (
	"context"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// OK fails unless err is nil.
func (m *Market) OK(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// Wants fails unless err is the fault called key.
func (m *Market) Wants(err error, key string) {
	m.Helper()
	for _, f := range fault.As(err) {
		if f.Key == key {
			return
		}
	}
	m.Fatalf("got %v, want the fault %s", err, key)
}

// Purchase is Noora's, to a pickup point.
func (m *Market) Purchase(change ...func(*orders.Purchase)) orders.Purchase {
	p := orders.Purchase{
		Buyer: m.Noora.ID, Listing: m.Saddle.ID, Key: "checkout-1", Method: shipping.Point, Carrier: "posti", PointID: "201001",
		Point: "K-Citymarket Kupittaa", Address: shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"},
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

// InPerson makes a purchase one that is fetched at the seller's.
func InPerson(p *orders.Purchase) { p.Method, p.Carrier = shipping.Pickup, "" }

// Bought is Noora at the checkout.
func (m *Market) Bought(change ...func(*orders.Purchase)) orders.Order {
	m.Helper()
	o, err := m.Buy(m.Context(), m.Purchase(change...))
	m.OK(err)
	return o
}

// PayPage pays on the provider's page.
func (m *Market) PayPage(o orders.Order) {
	m.Helper()
	url, err := m.PayURL(m.Context(), o.ID, o.Buyer, "https://kierto.example"+o.URL())
	m.OK(err)
	m.OK(m.Stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"}))
	m.Rest()
}

// PaidFor is a trade that is paid for.
func (m *Market) PaidFor(change ...func(*orders.Purchase)) orders.Order {
	m.Helper()
	o := m.Bought(change...)
	m.PayPage(o)
	return m.Now(o)
}

// Rest waits for webhooks and works all jobs.
func (m *Market) Rest() {
	m.Helper()
	for range 3 {
		for i := 0; !m.Stripe.Idle(); i++ {
			if i == 1000 {
				m.Fatal("webhooks still under way")
			}
			time.Sleep(2 * time.Millisecond)
		}
		m.OK(m.Jobs.Drain(m.Context()))
	}
}

// Later moves the clock; carriers are asked and lapsed turns make the clock's
// move.
func (m *Market) Later(d time.Duration) {
	m.Helper()
	m.Clock.Move(d)
	_, err := m.Shipping.Poll(m.Context())
	m.OK(err)
	m.Rest()
	m.SweepOrders()
	m.Rest()
}

// SweepOrders lapses what is due, as the follow-up does.
func (m *Market) SweepOrders() {
	m.Helper()
	due, err := turn.Due(m.Context(), m.DB, m.Clock.Now(), 100)
	m.OK(err)
	for _, t := range due {
		if !m.Clock.Now().Before(t.DueAt) {
			_, err := m.LapseTurn(m.Context(), t)
			m.OK(err)
		}
	}
}

// Now is the order as it is.
func (m *Market) Now(o orders.Order) orders.Order {
	m.Helper()
	o, err := m.Get(m.Context(), m.DB, o.ID)
	m.OK(err)
	return o
}

// Is fails unless the trade is in a state.
func (m *Market) Is(o orders.Order, want orders.State) orders.Order {
	m.Helper()
	o = m.Now(o)
	if o.State != want {
		m.Fatalf("the trade is %s, want %s", o.State, want)
	}
	return o
}

// Does is a move that must work.
func (m *Market) Does(o orders.Order, who orders.Actor, ev orders.Event, in orders.Input) orders.Order {
	m.Helper()
	o, err := m.Tries(o, who, ev, in)
	if err != nil {
		m.Fatalf("%s by %s: %v", ev, who, err)
	}
	m.Rest()
	return o
}

// Tries is a move that may fail.
func (m *Market) Tries(o orders.Order, who orders.Actor, ev orders.Event, in orders.Input) (orders.Order, error) {
	u := o.Party(who)
	if who == orders.Operator {
		u = m.Salla.ID
	}
	return m.Move(m.Context(), o.ID, ev, orders.Who{Actor: who, User: u}, in)
}

// Cue makes something happen to the order's parcel at the carrier, and lets the
// carrier be asked.
func (m *Market) Cue(o orders.Order, what string) {
	m.Helper()
	m.OK(m.Carrier.Cue(o.Ref, what))
	m.Later(30 * time.Minute)
}

// Listing fails unless the saddle is in a state.
func (m *Market) Listing(want listings.State) {
	m.Helper()
	l, err := m.Listings.Get(m.Context(), m.DB, m.Saddle.ID)
	m.OK(err)
	if l.State != want {
		m.Errorf("the listing is %s, want %s", l.State, want)
	}
}

// Money fails unless the payment is in a state.
func (m *Market) Money(o orders.Order, want ...payments.State) {
	m.Helper()
	p, err := m.Payments.Of(m.Context(), m.DB, string(o.ID))
	m.OK(err)
	for _, w := range want {
		if p.State == w {
			return
		}
	}
	m.Errorf("the payment is %s, want %v", p.State, want)
}

// Owes fails unless exactly this is owed in the trade.
func (m *Market) Owes(o orders.Order, kind turn.Kind, owner string) turn.Turn {
	m.Helper()
	ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
	m.OK(err)
	if len(ts) != 1 || ts[0].Kind != kind || ts[0].Owner != owner {
		m.Fatalf("owed: %+v, want %s by %s", ts, kind, owner)
	}
	return ts[0]
}

// Sound fails unless every invariant holds.
func (m *Market) Sound() {
	m.Helper()
	for _, f := range []func(context.Context) error{m.checkOrders, m.checkMoney} {
		m.OK(f(m.Context()))
	}
}

func (m *Market) checkOrders(ctx context.Context) error {
	rs, err := m.Check(ctx)
	for _, r := range rs {
		if !r.OK() {
			m.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	return err
}

func (m *Market) checkMoney(ctx context.Context) error {
	rs, err := m.Payments.Check(ctx)
	for _, r := range rs {
		if !r.OK() {
			m.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	return err
}

// Keys is what somebody reads in the trade's stream, newest last.
func (m *Market) Keys(o orders.Order, who accounts.User) string {
	m.Helper()
	es, err := m.Messages.Stream(m.Context(), o.Conversation, who.ID)
	m.OK(err)
	var keys []string
	for _, e := range es {
		keys = append(keys, strings.TrimPrefix(e.Key, "orders.did."))
	}
	return strings.Join(keys, " ")
}

// OwesOffer fails unless the offer waits for its answerer.
func (m *Market) OwesOffer(o orders.Offer, owner string) {
	m.Helper()
	ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
	m.OK(err)
	if len(ts) != 1 || ts[0].Kind != turn.AnswerOffer || ts[0].Owner != owner {
		m.Fatalf("owed: %+v, want an answer by %s", ts, owner)
	}
}

// User is an id from text.
func (m *Market) User(id string) accounts.UserID { return accounts.UserID(id) }
