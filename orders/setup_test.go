package orders_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

const (
	day       = 24 * time.Hour
	stripeKey = "sk_test_kierto"
	hookKey   = "whsec_kierto"
)

// market is the whole trade with its stand-ins: Anna sells, Noora buys, Salla
// is staff. The clock stands on a Tuesday at noon.
type market struct {
	*orders.Service
	*testing.T
	clock              *clock.Fixed
	stripe             *stripe.Server
	carrier            *carrier.Standin
	anna, noora, salla accounts.User
	saddle             listings.Listing
	unreached          bool // reminders reach nobody
}

// each runs f in a market on both databases.
func each(t *testing.T, f func(m *market)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(open(t, d))
	})
}

// lite runs f in a market on SQLite alone.
func lite(t *testing.T, f func(m *market)) {
	t.Helper()
	t.Parallel()
	f(open(t, testdb.SQLite(t)))
}

// open opens a market.
func open(t *testing.T, d *db.DB) *market {
	t.Helper()
	m := &market{T: t, clock: clock.At(accountstest.Start)}
	acc := accountstest.New(t, d)
	acc.Clock = m.clock
	log := slog.New(slog.DiscardHandler)
	q := acc.Jobs
	msgs := messaging.New(d, m.clock, q, live.New(), acc, log, messaging.Config{
		BaseURL: "https://kierto.example", Secret: strings.Repeat("s", 40), Signature: "Salla", From: "hei@kierto.example",
	})
	msgs.Sender = nowhere{}
	msgs.Work(q)
	list := listingstest.New(t, acc)
	m.startCarrier()
	rates, err := shipping.LoadRates("")
	m.ok(err)
	carrierWeb := httptest.NewServer(m.carrier.Handler())
	t.Cleanup(carrierWeb.Close)
	ship := &shipping.Service{DB: d, Clock: m.clock, Jobs: q, Log: log, Rates: rates,
		Carrier: &shipping.Pakettikauppa{Base: carrierWeb.URL, Key: "k", Secret: "s", Now: m.clock.Now}}
	ship.Work(q)
	pay := m.startPayments(acc, msgs, log)
	m.Service = orders.New(d, m.clock, q, log, acc, msgs, list, ship, pay)
	m.Reached = func(context.Context, db.Queryer, turn.ID, accounts.UserID) (bool, error) { return !m.unreached, nil }
	m.Work(q)
	m.anna, m.noora = accountstest.Person(t, acc, "Anna Korpi"), accountstest.Person(t, acc, "Noora Lehto")
	m.salla = accountstest.Operator(t, acc, "Salla")
	m.saddle = listingstest.Live(t, list, m.anna.ID, `Wintec-yleissatula 17"`, 7500)
	return m
}

// nowhere takes every letter and sends none.
type nowhere struct{}

func (nowhere) Send(context.Context, messaging.Mail) error { return nil }

func (m *market) startCarrier() {
	m.Helper()
	var err error
	m.carrier, err = carrier.New(carrier.Options{Clock: m.clock, Key: "k", Secret: "s"})
	m.ok(err)
}

// startPayments is payments with the stand-in provider beside it.
func (m *market) startPayments(acc *accounts.Service, msgs *messaging.Service, log *slog.Logger) *payments.Service {
	m.Helper()
	var pay *payments.Service
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if pay.Receive(r.Context(), body, r.Header.Get("Stripe-Signature")) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	m.Cleanup(hooks.Close)
	var err error
	m.stripe, err = stripe.New(stripe.Options{Clock: m.clock, SecretKey: stripeKey, WebhookURL: hooks.URL, WebhookSecret: hookKey,
		RetryPause: 20 * time.Millisecond, Context: context.WithoutCancel(m.Context())})
	m.ok(err)
	web := httptest.NewServer(m.stripe)
	m.Cleanup(func() { web.CloseClientConnections(); web.Close(); _ = m.stripe.Close() })
	pay = &payments.Service{DB: acc.DB, Clock: m.clock, Jobs: acc.Jobs, Log: log, Base: "https://kierto.example",
		Provider: payments.NewStripe(stripeKey, hookKey, web.URL, true), User: acc.Get, Tell: msgs.Tell}
	pay.Work(acc.Jobs)
	return pay
}

func (m *market) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// wants fails unless err is the fault called key.
func (m *market) wants(err error, key string) {
	m.Helper()
	for _, f := range fault.As(err) {
		if f.Key == key {
			return
		}
	}
	m.Fatalf("got %v, want the fault %s", err, key)
}

// purchase is Noora's, to a pickup point.
func (m *market) purchase(change ...func(*orders.Purchase)) orders.Purchase {
	p := orders.Purchase{
		Buyer: m.noora.ID, Listing: m.saddle.ID, Key: "checkout-1", Method: shipping.Point, Carrier: "posti", PointID: "201001",
		Point: "K-Citymarket Kupittaa", Address: shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"},
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

func inPerson(p *orders.Purchase) { p.Method, p.Carrier = shipping.Pickup, "" }

// buy is Noora at the checkout.
func (m *market) buy(change ...func(*orders.Purchase)) orders.Order {
	m.Helper()
	o, err := m.Buy(m.Context(), m.purchase(change...))
	m.ok(err)
	return o
}

// payPage pays on the provider's page.
func (m *market) payPage(o orders.Order) {
	m.Helper()
	url, err := m.PayURL(m.Context(), o.ID, o.Buyer, "https://kierto.example"+o.URL())
	m.ok(err)
	m.ok(m.stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"}))
	m.rest()
}

// paid is a trade that is paid for.
func (m *market) paid(change ...func(*orders.Purchase)) orders.Order {
	m.Helper()
	o := m.buy(change...)
	m.payPage(o)
	return m.now(o)
}

// rest waits for webhooks and works all jobs.
func (m *market) rest() {
	m.Helper()
	for range 3 {
		for i := 0; !m.stripe.Idle(); i++ {
			if i == 1000 {
				m.Fatal("webhooks still under way")
			}
			time.Sleep(2 * time.Millisecond)
		}
		m.ok(m.Jobs.Drain(m.Context()))
	}
}

// later moves the clock; carriers are asked and lapsed turns make the clock's
// move.
func (m *market) later(d time.Duration) {
	m.Helper()
	m.clock.Move(d)
	_, err := m.Shipping.Poll(m.Context())
	m.ok(err)
	m.rest()
	m.sweep()
	m.rest()
}

// sweep lapses what is due, as the follow-up does.
func (m *market) sweep() {
	m.Helper()
	due, err := turn.Due(m.Context(), m.DB, m.clock.Now(), 100)
	m.ok(err)
	for _, t := range due {
		if !m.clock.Now().Before(t.DueAt) {
			_, err := m.LapseTurn(m.Context(), t)
			m.ok(err)
		}
	}
}

// now is the order as it is.
func (m *market) now(o orders.Order) orders.Order {
	m.Helper()
	o, err := m.Get(m.Context(), m.DB, o.ID)
	m.ok(err)
	return o
}

// is fails unless the trade is in a state.
func (m *market) is(o orders.Order, want orders.State) orders.Order {
	m.Helper()
	o = m.now(o)
	if o.State != want {
		m.Fatalf("the trade is %s, want %s", o.State, want)
	}
	return o
}

// does is a move that must work.
func (m *market) does(o orders.Order, who orders.Actor, ev orders.Event, in orders.Input) orders.Order {
	m.Helper()
	o, err := m.tries(o, who, ev, in)
	if err != nil {
		m.Fatalf("%s by %s: %v", ev, who, err)
	}
	m.rest()
	return o
}

// tries is a move that may fail.
func (m *market) tries(o orders.Order, who orders.Actor, ev orders.Event, in orders.Input) (orders.Order, error) {
	u := o.Party(who)
	if who == orders.Operator {
		u = m.salla.ID
	}
	return m.Move(m.Context(), o.ID, ev, orders.Who{Actor: who, User: u}, in)
}

// cue makes something happen to the order's parcel at the carrier, and lets the
// carrier be asked.
func (m *market) cue(o orders.Order, what string) {
	m.Helper()
	m.ok(m.carrier.Cue(o.Ref, what))
	m.later(30 * time.Minute)
}

// listing fails unless the saddle is in a state.
func (m *market) listing(want listings.State) {
	m.Helper()
	l, err := m.Listings.Get(m.Context(), m.DB, m.saddle.ID)
	m.ok(err)
	if l.State != want {
		m.Errorf("the listing is %s, want %s", l.State, want)
	}
}

// money fails unless the payment is in a state.
func (m *market) money(o orders.Order, want ...payments.State) {
	m.Helper()
	p, err := m.Payments.Of(m.Context(), m.DB, string(o.ID))
	m.ok(err)
	for _, w := range want {
		if p.State == w {
			return
		}
	}
	m.Errorf("the payment is %s, want %v", p.State, want)
}

// owes fails unless exactly this is owed in the trade.
func (m *market) owes(o orders.Order, kind turn.Kind, owner string) turn.Turn {
	m.Helper()
	ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
	m.ok(err)
	if len(ts) != 1 || ts[0].Kind != kind || ts[0].Owner != owner {
		m.Fatalf("owed: %+v, want %s by %s", ts, kind, owner)
	}
	return ts[0]
}

// sound fails unless every invariant holds.
func (m *market) sound() {
	m.Helper()
	for _, f := range []func(context.Context) error{m.checkOrders, m.checkMoney} {
		m.ok(f(m.Context()))
	}
}

func (m *market) checkOrders(ctx context.Context) error {
	rs, err := m.Check(ctx)
	for _, r := range rs {
		if !r.OK() {
			m.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	return err
}

func (m *market) checkMoney(ctx context.Context) error {
	rs, err := m.Payments.Check(ctx)
	for _, r := range rs {
		if !r.OK() {
			m.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	return err
}

// stream is what somebody reads in the trade's stream, newest last.
func (m *market) stream(o orders.Order, who accounts.User) string {
	m.Helper()
	es, err := m.Messages.Stream(m.Context(), o.Conversation, who.ID)
	m.ok(err)
	var keys []string
	for _, e := range es {
		keys = append(keys, strings.TrimPrefix(e.Key, "orders.did."))
	}
	return strings.Join(keys, " ")
}

// owesOffer fails unless the offer waits for its answerer.
func (m *market) owesOffer(o orders.Offer, owner string) {
	m.Helper()
	ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
	m.ok(err)
	if len(ts) != 1 || ts[0].Kind != turn.AnswerOffer || ts[0].Owner != owner {
		m.Fatalf("owed: %+v, want an answer by %s", ts, owner)
	}
}

// user is an id from text.
func (m *market) user(id string) accounts.UserID { return accounts.UserID(id) }
