package payments_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/payments"
)

const (
	key    = "sk_test_kierto"
	secret = "whsec_kierto"
	card   = "4242424242424242"
	anna   = accounts.UserID("usr_anna")  // sells
	mikko  = accounts.UserID("usr_mikko") // buys
)

var monday = clock.Of(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))

// shop is the service with its provider beside it, as in the demo.
type shop struct {
	*testing.T
	*payments.Service
	d      *db.DB
	clock  *clock.Fixed
	stripe *stripe.Server

	mu      sync.Mutex
	deaf    bool // webhooks are answered with 500
	settled []payments.Settled
	told    []messaging.Telling
}

// each runs a test on both databases, each with a shop of its own.
func each(t *testing.T, f func(s *shop)) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) { f(open(t, d)) })
}

// open makes a shop.
func open(t *testing.T, d *db.DB) *shop {
	t.Helper()
	s := &shop{T: t, d: d, clock: clock.At(monday)}
	hooks := httptest.NewServer(http.HandlerFunc(s.hook))
	t.Cleanup(hooks.Close)
	var err error
	s.stripe, err = stripe.New(stripe.Options{Clock: s.clock, SecretKey: key, WebhookURL: hooks.URL, WebhookSecret: secret,
		RetryPause: 20 * time.Millisecond, Context: context.WithoutCancel(t.Context())})
	s.ok(err)
	web := httptest.NewServer(s.stripe)
	t.Cleanup(func() { web.CloseClientConnections(); web.Close(); _ = s.stripe.Close() })
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	queue := jobs.New(d, log, jobs.Options{Quick: true})
	s.Service = &payments.Service{DB: d, Clock: s.clock, Jobs: queue, Log: log,
		Provider: payments.NewStripe(key, "whsec_old, "+secret, web.URL, true), Base: "https://kierto.example",
		User: func(_ context.Context, _ db.Queryer, who accounts.UserID) (accounts.User, error) {
			return accounts.User{ID: who, Email: string(who) + "@kierto.example"}, nil
		},
		Tell: func(_ context.Context, _ *db.Tx, tell messaging.Telling) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, tell)
			return nil
		}}
	s.Work(queue)
	jobs.Register(queue, func(_ context.Context, j *river.Job[payments.Settled]) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settled = append(s.settled, j.Args)
		return nil
	}, jobs.WorkerOptions{})
	for _, who := range []accounts.UserID{anna, mikko} {
		_, err := d.Do(t.Context(), `INSERT INTO users (id, email, email_folded, name, password_hash, created_at) VALUES (?, ?, ?, ?, '', ?)`,
			who, who, who, who, monday)
		s.ok(err)
	}
	return s
}

// hook is the webhook endpoint.
func (s *shop) hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	if deaf || s.Receive(r.Context(), body, r.Header.Get("Stripe-Signature")) != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// ok ends the test on an error.
func (s *shop) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// begin asks Mikko for 84.90 €, of which Anna gets 75.
func (s *shop) begin(order string) {
	s.Helper()
	s.ok(s.d.InTx(s.Context(), func(tx *db.Tx) error {
		return s.Begin(s.Context(), tx, charge(order, s.clock.Now()))
	}))
}

func charge(order string, now clock.Instant) payments.Charge {
	return payments.Charge{OrderID: order, Buyer: mikko, Seller: anna, Total: money.EUR(8490), Payout: money.EUR(7500),
		Lines: []payments.Line{{Kind: payments.ItemLine, Label: "Wintec satula", Amount: 7500},
			{Kind: payments.ShippingLine, Label: "Toimitus", Amount: 590}, {Kind: payments.FeeLine, Label: "Ostajan turva", Amount: 400}},
		Title: "Wintec satula", Expires: now.Add(30 * time.Minute), Lang: "fi"}
}

// page is the provider's page for an order.
func (s *shop) page(order string) string {
	s.Helper()
	url, err := s.PayURL(s.Context(), order, "https://kierto.example/orders/"+order)
	s.ok(err)
	return url
}

// session is the session at the end of a page's address.
func session(url string) string {
	for i := len(url) - 1; i >= 0; i-- {
		if url[i] == '/' {
			return url[i+1:]
		}
	}
	return url
}

// pay takes an order from its beginning to money held.
func (s *shop) pay(order string) {
	s.Helper()
	s.begin(order)
	s.ok(s.stripe.PayCard(session(s.page(order)), stripe.Card{Number: card}))
	s.rest()
	s.state(order, payments.Held)
}

// rest waits for webhooks and works all jobs.
func (s *shop) rest() {
	s.Helper()
	s.quiet()
	s.ok(s.Jobs.Drain(s.Context()))
	s.quiet()
	s.ok(s.Jobs.Drain(s.Context()))
}

// quiet waits for webhooks.
func (s *shop) quiet() {
	s.Helper()
	for i := 0; !s.stripe.Idle(); i++ {
		if i == 1000 {
			s.Fatal("webhooks still under way")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// in runs one call of the service in a transaction.
func (s *shop) in(f func(context.Context, *db.Tx, string) error, order string) error {
	return s.d.InTx(s.Context(), func(tx *db.Tx) error { return f(s.Context(), tx, order) })
}

// state fails unless the payment is in a state.
func (s *shop) state(order string, want payments.State) {
	s.Helper()
	p, err := s.Of(s.Context(), s.d, order)
	s.ok(err)
	if p.State != want {
		s.Fatalf("payment is %s, want %s", p.State, want)
	}
}

// onboard gives Anna an account that can be paid.
func (s *shop) onboard() {
	s.Helper()
	_, err := s.OnboardURL(s.Context(), anna)
	s.ok(err)
	a, err := s.Account(s.Context(), anna)
	s.ok(err)
	s.stripe.Onboard(a.ID)
	s.rest()
}

// sound fails unless every invariant holds and the accounts have these sums, in
// minor units; the rest must be zero.
func (s *shop) sound(want map[payments.LedgerAccount]int64) {
	s.Helper()
	rs, err := s.Check(s.Context())
	s.ok(err)
	for _, r := range rs {
		if !r.OK() {
			s.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	bs, err := s.Balances(s.Context())
	s.ok(err)
	for _, b := range bs {
		if b.Minor != want[b.Account] {
			s.Errorf("%s is %d, want %d", b.Account, b.Minor, want[b.Account])
		}
	}
	at, err := s.Provider.Balance(s.Context(), "EUR")
	s.ok(err)
	if at.Minor != want[payments.PSPBalance] {
		s.Errorf("the provider has %d, the ledger says %d", at.Minor, want[payments.PSPBalance])
	}
}

// moved lists how the order's money moved, as "kind state".
func (s *shop) moved(order string) string {
	s.Helper()
	ms, err := s.MovementsOf(s.Context(), s.d, order)
	s.ok(err)
	out := ""
	for _, m := range ms {
		out += fmt.Sprintf("%s %s;", m.Kind, m.State)
	}
	return out
}
