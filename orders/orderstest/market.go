// Package orderstest opens a whole market with its stand-ins, for the tests of
// trades and of all that watches them.
package orderstest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
	"github.com/kierto/kierto/templates/layout"
)

const (
	stripeKey = "sk_test_kierto"
	hookKey   = "whsec_kierto"
)

// Market is the whole trade with its stand-ins: Anna sells, Noora buys, Salla
// is staff. The clock stands on a Tuesday at noon.
type Market struct {
	*orders.Service
	*testing.T
	Clock              *clock.Fixed
	Stripe             *stripe.Server
	Carrier            *carrier.Standin
	Letters            *Letters
	Anna, Noora, Salla accounts.User
	Saddle             listings.Listing
	Unreached          bool // reminders reach nobody
}

// Each runs f in a market on both databases.
func Each(t *testing.T, f func(m *Market)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(Open(t, d))
	})
}

// Lite runs f in a market on SQLite alone.
func Lite(t *testing.T, f func(m *Market)) {
	t.Helper()
	t.Parallel()
	f(Open(t, testdb.SQLite(t)))
}

// Open opens a market.
func Open(t *testing.T, d *db.DB) *Market {
	t.Helper()
	m := &Market{T: t, Clock: clock.At(accountstest.Start), Letters: &Letters{}}
	acc := accountstest.New(t, d)
	acc.Clock = m.Clock
	log := slog.New(slog.DiscardHandler)
	q := acc.Jobs
	msgs := messaging.New(d, m.Clock, q, live.New(), acc, log, messaging.Config{
		BaseURL: "https://kierto.example", Secret: strings.Repeat("s", 40), Signature: "Salla", From: "hei@kierto.example",
	})
	msgs.Sender = m.Letters
	msgs.Work(q)
	list := listingstest.New(t, acc)
	m.startCarrier()
	rates, err := shipping.LoadRates("")
	m.OK(err)
	carrierWeb := httptest.NewServer(m.Carrier.Handler())
	t.Cleanup(carrierWeb.Close)
	ship := &shipping.Service{DB: d, Clock: m.Clock, Jobs: q, Log: log, Rates: rates,
		Carrier: &shipping.Pakettikauppa{Base: carrierWeb.URL, Key: "k", Secret: "s", Now: m.Clock.Now}}
	ship.Work(q)
	pay := m.startPayments(acc, msgs, log)
	m.Service = orders.New(d, m.Clock, q, log, acc, msgs, list, ship, pay)
	list.OffSale = m.OffSale
	m.Reached = func(context.Context, db.Queryer, turn.ID, accounts.UserID) (bool, error) { return !m.Unreached, nil }
	m.Work(q)
	m.Anna, m.Noora = accountstest.Person(t, acc, "Anna Korpi"), accountstest.Person(t, acc, "Noora Lehto")
	m.Salla = accountstest.Operator(t, acc, "Salla")
	m.Saddle = listingstest.Live(t, list, m.Anna.ID, `Wintec-yleissatula 17"`, 7500)
	return m
}

// Site is the market's web server, with the pages of conversations and trades.
func (m *Market) Site() *web.Server {
	srv := web.New(web.Options{
		BaseURL: "http://kierto.test", Clock: m.Clock, Log: slog.New(slog.DiscardHandler), Identify: m.Accounts.Identify,
		Badges: m.Messages.Badges, ErrorPage: layout.Error, Sessions: m.Accounts.SessionStore(),
	})
	m.Messages.Web(srv)
	m.Web(srv)
	return srv
}

// Letters keeps every letter that the market sends.
type Letters struct {
	mu   sync.Mutex
	sent []messaging.Mail
	fail error
}

// Send takes a letter.
func (l *Letters) Send(_ context.Context, m messaging.Mail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.sent = append(l.sent, m)
	}
	return l.fail
}

// Refuse makes the post refuse what is sent from now on; nil takes it again.
func (l *Letters) Refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// To are the letters to somebody, oldest first.
func (l *Letters) To(u accounts.User) []messaging.Mail {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []messaging.Mail
	for _, m := range l.sent {
		if m.To == u.Email {
			out = append(out, m)
		}
	}
	return out
}

func (m *Market) startCarrier() {
	m.Helper()
	var err error
	m.Carrier, err = carrier.New(carrier.Options{Clock: m.Clock, Key: "k", Secret: "s"})
	m.OK(err)
}

// startPayments is payments with the stand-in provider beside it.
func (m *Market) startPayments(acc *accounts.Service, msgs *messaging.Service, log *slog.Logger) *payments.Service {
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
	m.Stripe, err = stripe.New(stripe.Options{Clock: m.Clock, SecretKey: stripeKey, WebhookURL: hooks.URL, WebhookSecret: hookKey,
		RetryPause: 20 * time.Millisecond, Context: context.WithoutCancel(m.Context())})
	m.OK(err)
	web := httptest.NewServer(m.Stripe)
	m.Cleanup(func() { web.CloseClientConnections(); web.Close(); _ = m.Stripe.Close() })
	pay = &payments.Service{DB: acc.DB, Clock: m.Clock, Jobs: acc.Jobs, Log: log, Base: "https://kierto.example",
		Provider: payments.NewStripe(stripeKey, hookKey, web.URL, true), User: acc.Get, Tell: msgs.Tell}
	pay.Work(acc.Jobs)
	return pay
}
