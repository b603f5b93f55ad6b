package desk_test

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
	"github.com/kierto/kierto/desk"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
	"github.com/kierto/kierto/templates/layout"
)

const (
	day       = 24 * time.Hour
	stripeKey = "sk_test_kierto"
	hookKey   = "whsec_kierto"
)

// room is the desk over a whole market with its stand-ins: Anna sells, Noora
// buys, Salla is staff. The clock stands on a Tuesday at noon.
type room struct {
	*desk.Service
	*testing.T
	clock              *clock.Fixed
	stripe             *stripe.Server
	srv                *web.Server
	anna, noora, salla accounts.User
	saddle             listings.Listing
	op                 *webtest.Browser
}

// each runs f on both databases.
func each(t *testing.T, f func(r *room)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(open(t, d))
	})
}

// open opens a market with a desk.
func open(t *testing.T, d *db.DB) *room {
	t.Helper()
	r := &room{T: t, clock: clock.At(accountstest.Start)}
	acc := accountstest.New(t, d)
	acc.Clock = r.clock
	log, q := slog.New(slog.DiscardHandler), acc.Jobs
	msgs := messaging.New(d, r.clock, q, live.New(), acc, log, messaging.Config{
		BaseURL: "https://kierto.example", Secret: strings.Repeat("s", 40), Signature: "Salla", From: "hei@kierto.example",
	})
	msgs.Sender = nowhere{}
	msgs.Work(q)
	list := listingstest.New(t, acc)
	rates, err := shipping.LoadRates("")
	r.ok(err)
	post, err := carrier.New(carrier.Options{Clock: r.clock, Key: "k", Secret: "s"})
	r.ok(err)
	postWeb := httptest.NewServer(post.Handler())
	t.Cleanup(postWeb.Close)
	ship := &shipping.Service{DB: d, Clock: r.clock, Jobs: q, Log: log, Rates: rates,
		Carrier: &shipping.Pakettikauppa{Base: postWeb.URL, Key: "k", Secret: "s", Now: r.clock.Now}}
	ship.Work(q)
	pay := r.provider(acc, msgs, log)
	ord := orders.New(d, r.clock, q, log, acc, msgs, list, ship, pay)
	ord.Work(q)
	policy, err := nudges.ReadPolicy("")
	r.ok(err)
	nud := &nudges.Service{DB: d, Clock: r.clock, Log: log, Policy: policy, Accounts: acc, Messages: msgs, Payments: pay, Orders: ord}
	r.Service = desk.New(d, r.clock, log, acc, msgs, list, ship, pay, ord, nud)
	r.srv = web.New(web.Options{BaseURL: "http://kierto.test", Clock: r.clock, Log: log, Identify: acc.Identify, ErrorPage: layout.Error, Sessions: acc.SessionStore()})
	r.Web(r.srv)
	r.anna, r.noora = accountstest.Person(t, acc, "Anna Korpi"), accountstest.Person(t, acc, "Noora Lehto")
	r.salla = accountstest.Operator(t, acc, "Salla Virta")
	r.saddle = listingstest.Live(t, list, r.anna.ID, `Wintec-yleissatula 17"`, 7500)
	r.op = webtest.Client(t, r.srv).As(string(r.salla.ID))
	return r
}

// nowhere takes every letter and sends none.
type nowhere struct{}

func (nowhere) Send(context.Context, messaging.Mail) error { return nil }

// provider is payments with the stand-in beside it.
func (r *room) provider(acc *accounts.Service, msgs *messaging.Service, log *slog.Logger) *payments.Service {
	r.Helper()
	var pay *payments.Service
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if pay.Receive(q.Context(), body, q.Header.Get("Stripe-Signature")) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	r.Cleanup(hooks.Close)
	var err error
	r.stripe, err = stripe.New(stripe.Options{Clock: r.clock, SecretKey: stripeKey, WebhookURL: hooks.URL, WebhookSecret: hookKey,
		RetryPause: 20 * time.Millisecond, Context: context.WithoutCancel(r.Context())})
	r.ok(err)
	psp := httptest.NewServer(r.stripe)
	r.Cleanup(func() { psp.CloseClientConnections(); psp.Close(); _ = r.stripe.Close() })
	pay = &payments.Service{DB: acc.DB, Clock: r.clock, Jobs: acc.Jobs, Log: log, Base: "https://kierto.example",
		Provider: payments.NewStripe(stripeKey, hookKey, psp.URL, true), User: acc.Get, Tell: msgs.Tell}
	pay.Work(acc.Jobs)
	return pay
}

func (r *room) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// paid is Noora's trade about the saddle, paid for.
func (r *room) paid() orders.Order {
	r.Helper()
	o, err := r.Orders.Buy(r.Context(), orders.Purchase{
		Buyer: r.noora.ID, Listing: r.saddle.ID, Key: "checkout-1", Method: shipping.Point, Carrier: "posti", PointID: "201001",
		Point: "K-Citymarket Kupittaa", Address: shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"},
	})
	r.ok(err)
	url, err := r.Orders.PayURL(r.Context(), o.ID, o.Buyer, "https://kierto.example"+o.URL())
	r.ok(err)
	r.ok(r.stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"}))
	r.rest()
	return r.now(o, orders.Paid)
}

// rest waits for webhooks and works all jobs.
func (r *room) rest() {
	r.Helper()
	for range 3 {
		for i := 0; !r.stripe.Idle(); i++ {
			if i == 1000 {
				r.Fatal("webhooks still under way")
			}
			time.Sleep(2 * time.Millisecond)
		}
		r.ok(r.Accounts.Jobs.Drain(r.Context()))
	}
}

// now is the order as it is, which must be in a state.
func (r *room) now(o orders.Order, want orders.State) orders.Order {
	r.Helper()
	o, err := r.Orders.Get(r.Context(), r.DB, o.ID)
	r.ok(err)
	if o.State != want {
		r.Fatalf("the trade is %s, want %s", o.State, want)
	}
	return o
}

// page is the desk's page of a trade.
func page(o orders.Order, more ...string) string {
	return "/desk/orders/" + string(o.ID) + strings.Join(more, "")
}

// logged fails unless the log says that Salla did this to a subject.
func (r *room) logged(subject, action, note string) {
	r.Helper()
	ls, err := r.Accounts.AuditLog(r.Context(), subject, "", 10)
	r.ok(err)
	for _, l := range ls {
		if l.Actor == r.salla.ID && l.Action == action && l.Note == note {
			return
		}
	}
	r.Fatalf("the log says %+v, want %s %q", ls, action, note)
}

// unlogged fails if anything was written down about a subject.
func (r *room) unlogged(subject string) {
	r.Helper()
	if ls, err := r.Accounts.AuditLog(r.Context(), subject, "", 1); err != nil || len(ls) > 0 {
		r.Fatalf("the log says %+v (%v), want nothing", ls, err)
	}
}

// reads is what somebody sees last in a trade's stream: words or key.
func (r *room) reads(o orders.Order, u accounts.User) string {
	r.Helper()
	es, err := r.Messages.Stream(r.Context(), o.Conversation, u.ID)
	r.ok(err)
	last := es[len(es)-1]
	return last.Name(last.Author) + ": " + last.Text + last.Key
}
