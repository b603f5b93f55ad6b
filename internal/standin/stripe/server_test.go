package stripe_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/standin/stripe"
)

const (
	secret = "whsec_test"
	good   = "4242 4242 4242 4242"
)

// monday is when every test begins.
var monday = clock.Of(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))

// bench is a stand-in, a real client that talks to it, and the events its
// webhooks brought.
type bench struct {
	*testing.T
	s     *stripe.Server
	api   *client.API
	base  string
	clock *clock.Fixed

	mu     sync.Mutex
	events []sdk.Event
	fail   int // webhooks still to answer with 500
}

// setup makes a bench; change adjusts the options.
func setup(t *testing.T, change ...func(*stripe.Options)) *bench {
	t.Helper()
	b := &bench{T: t, clock: clock.At(monday)}
	hooks := httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(hooks.Close)
	o := stripe.Options{Clock: b.clock, SecretKey: "sk_test_1", WebhookURL: hooks.URL, WebhookSecret: secret,
		RetryPause: 10 * time.Millisecond, Context: t.Context()}
	for _, c := range change {
		c(&o)
	}
	s, err := stripe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() { web.CloseClientConnections(); web.Close(); _ = s.Close() })
	b.s, b.base = s, web.URL
	b.api = client.New("sk_test_1", sdk.NewBackendsWithConfig(&sdk.BackendConfig{URL: sdk.String(web.URL),
		MaxNetworkRetries: sdk.Int64(0), LeveledLogger: &sdk.LeveledLogger{},
		HTTPClient: &http.Client{Timeout: 2 * time.Second}}))
	return b
}

// receive takes a webhook as the real library reads it.
func (b *bench) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	ev, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.Errorf("ConstructEvent: %v", err)
	}
	if b.fail > 0 {
		b.fail--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	b.events = append(b.events, ev)
}

// kinds waits until the webhooks are through and gives their types.
func (b *bench) kinds() string {
	b.Helper()
	for i := 0; !b.s.Idle(); i++ {
		if i == 500 {
			b.Fatal("webhooks still under way")
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]string, 0, len(b.events))
	for _, e := range b.events {
		out = append(out, string(e.Type))
	}
	return strings.Join(out, " ")
}

// session makes one of 84.90 € for order ord_1.
func (b *bench) session() *sdk.CheckoutSession {
	b.Helper()
	v, err := b.api.CheckoutSessions.New(sessionParams())
	must(b.T, err)
	return v
}

func sessionParams() *sdk.CheckoutSessionParams {
	return &sdk.CheckoutSessionParams{
		Mode: sdk.String("payment"), SuccessURL: sdk.String("https://k.example/done?s={CHECKOUT_SESSION_ID}"),
		CancelURL: sdk.String("https://k.example/no"), ClientReferenceID: sdk.String("ord_1"), Locale: sdk.String("fi"),
		PaymentMethodTypes: sdk.StringSlice([]string{"card", "mobilepay", "paypal"}),
		ExpiresAt:          sdk.Int64(monday.Add(time.Hour).Time().Unix()),
		PaymentIntentData:  &sdk.CheckoutSessionPaymentIntentDataParams{TransferGroup: sdk.String("ord_1")},
		LineItems:          []*sdk.CheckoutSessionLineItemParams{item("Wintec satula 17\"", 8000), item("Toimitus", 490)},
	}
}

func item(name string, minor int64) *sdk.CheckoutSessionLineItemParams {
	return &sdk.CheckoutSessionLineItemParams{Quantity: sdk.Int64(1), PriceData: &sdk.CheckoutSessionLineItemPriceDataParams{
		Currency: sdk.String("eur"), UnitAmount: sdk.Int64(minor),
		ProductData: &sdk.CheckoutSessionLineItemPriceDataProductDataParams{Name: sdk.String(name)}}}
}

// paid makes a session, pays it and gives its charge.
func (b *bench) paid() *sdk.Charge {
	b.Helper()
	v := b.session()
	must(b.T, b.s.PayCard(v.ID, stripe.Card{Number: good}))
	p := &sdk.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge.balance_transaction")
	v, err := b.api.CheckoutSessions.Get(v.ID, p)
	must(b.T, err)
	return v.PaymentIntent.LatestCharge
}

// seller makes an account that may be paid.
func (b *bench) seller() string {
	b.Helper()
	a, err := b.api.Accounts.New(&sdk.AccountParams{Type: sdk.String("express"), Country: sdk.String("FI"),
		BusinessType: sdk.String("individual"), Email: sdk.String("anna@kierto.example"),
		Capabilities: &sdk.AccountCapabilitiesParams{Transfers: &sdk.AccountCapabilitiesTransfersParams{Requested: sdk.Bool(true)}}})
	must(b.T, err)
	b.s.Onboard(a.ID)
	return a.ID
}

func transferParams(c *sdk.Charge, to string, minor int64) *sdk.TransferParams {
	return &sdk.TransferParams{Amount: sdk.Int64(minor), Currency: sdk.String("eur"), Destination: sdk.String(to),
		SourceTransaction: sdk.String(c.ID), TransferGroup: sdk.String("ord_1")}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless err is Stripe's refusal with a status, code and parameter.
func wants(t *testing.T, err error, status int, code, param string) {
	t.Helper()
	var e *sdk.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a Stripe error", err)
	}
	if e.HTTPStatusCode != status || string(e.Code) != code || e.Param != param {
		t.Fatalf("got %d %q %q (%s), want %d %q %q", e.HTTPStatusCode, e.Code, e.Param, e.Msg, status, code, param)
	}
}

// A paid session has a charge with its fee, and says so in one signed event.
func TestACardPaysASession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.paid()
	if c.Amount != 8490 || c.TransferGroup != "ord_1" || c.BalanceTransaction.Fee != 152 || c.PaymentMethodDetails.Card.Last4 != "4242" {
		t.Fatalf("charge %+v", c)
	}
	if got := b.kinds(); got != "checkout.session.completed" {
		t.Fatalf("events: %s", got)
	}
	if b.events[0].Data.Object["payment_status"] != "paid" || b.events[0].Data.Object["client_reference_id"] != "ord_1" {
		t.Fatalf("event: %+v", b.events[0].Data.Object)
	}
}

// A declined card leaves the session open; the next card pays it.
func TestADeclinedCardMayTryAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.session()
	for number, code := range map[string]string{"4000000000000002": "generic_decline", "4000 0000 0000 9995": "insufficient_funds"} {
		var no *stripe.DeclinedError
		if err := b.s.PayCard(v.ID, stripe.Card{Number: number}); !errors.As(err, &no) || no.DeclineCode != code {
			t.Fatalf("%s: %v", number, err)
		}
	}
	p := &sdk.CheckoutSessionParams{}
	p.AddExpand("payment_intent")
	v, err := b.api.CheckoutSessions.Get(v.ID, p)
	must(t, err)
	if v.Status != "open" || v.PaymentIntent.Status != "requires_payment_method" || v.PaymentIntent.LastPaymentError.DeclineCode != "insufficient_funds" && v.PaymentIntent.LastPaymentError.DeclineCode != "generic_decline" {
		t.Fatalf("%s %+v", v.Status, v.PaymentIntent)
	}
	must(t, b.s.PayCard(v.ID, stripe.Card{Number: good}))
}

// A slow MobilePay payment completes unpaid and succeeds when its time comes.
func TestASlowPaymentSucceedsLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.session()
	must(t, b.s.PayWallet(v.ID, "mobilepay", stripe.Slow))
	v, err := b.api.CheckoutSessions.Get(v.ID, nil)
	must(t, err)
	if v.Status != "complete" || v.PaymentStatus != "unpaid" {
		t.Fatalf("%s %s", v.Status, v.PaymentStatus)
	}
	b.clock.Move(time.Minute)
	v, err = b.api.CheckoutSessions.Get(v.ID, nil)
	must(t, err)
	if v.PaymentStatus != "paid" {
		t.Fatalf("later: %s", v.PaymentStatus)
	}
	if got := b.kinds(); got != "checkout.session.completed checkout.session.async_payment_succeeded" &&
		got != "checkout.session.async_payment_succeeded checkout.session.completed" {
		t.Fatalf("events: %s", got)
	}
}

// An unpaid session expires by the clock, or when told to, and is then closed.
func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	byClock, byHand := b.session(), b.session()
	v, err := b.api.CheckoutSessions.Expire(byHand.ID, nil)
	must(t, err)
	if v.Status != "expired" {
		t.Fatal(v.Status)
	}
	b.clock.Move(2 * time.Hour)
	if err := b.s.PayCard(byClock.ID, stripe.Card{Number: good}); !errors.Is(err, stripe.ErrSession) {
		t.Fatalf("paid an expired session: %v", err)
	}
	_, err = b.api.CheckoutSessions.Expire(byClock.ID, nil)
	wants(t, err, 400, "", "")
	if got := b.kinds(); got != "checkout.session.expired checkout.session.expired" {
		t.Fatalf("events: %s", got)
	}
}

// What Stripe would refuse is refused, with the parameter named.
func TestBadSessionsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		spoil func(*sdk.CheckoutSessionParams)
		code  string
		param string
	}{
		"no items": {func(p *sdk.CheckoutSessionParams) { p.LineItems = nil }, "parameter_missing", "line_items"},
		"no mode":  {func(p *sdk.CheckoutSessionParams) { p.Mode = nil }, "parameter_missing", "mode"},
		"too soon": {func(p *sdk.CheckoutSessionParams) {
			p.ExpiresAt = sdk.Int64(monday.Add(29 * time.Minute).Time().Unix())
		}, "", "expires_at"},
		"too far":    {func(p *sdk.CheckoutSessionParams) { p.ExpiresAt = sdk.Int64(monday.Add(25 * time.Hour).Time().Unix()) }, "", "expires_at"},
		"bad method": {func(p *sdk.CheckoutSessionParams) { p.PaymentMethodTypes[1] = sdk.String("cowrie") }, "", "payment_method_types[1]"},
		"bad url":    {func(p *sdk.CheckoutSessionParams) { p.SuccessURL = sdk.String("done") }, "url_invalid", "success_url"},
		"too little": {func(p *sdk.CheckoutSessionParams) {
			p.LineItems = p.LineItems[:1]
			p.LineItems[0].PriceData.UnitAmount = sdk.Int64(49)
		}, "amount_too_small", ""},
		"unknown name": {func(p *sdk.CheckoutSessionParams) { p.AddExtra("colour", "blue") }, "parameter_unknown", "colour"},
	} {
		p := sessionParams()
		c.spoil(p)
		_, err := b.api.CheckoutSessions.New(p)
		t.Run(name, func(t *testing.T) { wants(t, err, 400, c.code, c.param) })
	}
	stranger := client.New("sk_test_2", sdk.NewBackendsWithConfig(&sdk.BackendConfig{URL: sdk.String(b.base), MaxNetworkRetries: sdk.Int64(0), LeveledLogger: &sdk.LeveledLogger{}}))
	_, err := stranger.Balance.Get(nil)
	wants(t, err, 401, "", "")
	_, err = b.api.CheckoutSessions.Get("cs_none", nil)
	wants(t, err, 404, "resource_missing", "session")
}

// The same key and body give the same answer; another body is refused; after a
// day the key is forgotten, as Stripe forgets.
func TestIdempotencyKeysAreHonoured(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, to := b.paid(), b.seller()
	p := transferParams(c, to, 4000)
	p.SetIdempotencyKey("release:ord_1")
	first, err := b.api.Transfers.New(p)
	must(t, err)
	again, err := b.api.Transfers.New(p)
	must(t, err)
	if again.ID != first.ID || again.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Fatalf("%s then %s", first.ID, again.ID)
	}
	other := transferParams(c, to, 4001)
	other.SetIdempotencyKey("release:ord_1")
	_, err = b.api.Transfers.New(other)
	wants(t, err, 400, "", "")
	b.clock.Move(25 * time.Hour)
	late, err := b.api.Transfers.New(p)
	must(t, err)
	if late.ID == first.ID {
		t.Fatal("the key was still known after a day")
	}
}

// A charge pays out no more than it brought, and only to a seller who has
// finished onboarding.
func TestTransfersStayWithinTheCharge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, to := b.paid(), b.seller()
	_, err := b.api.Transfers.New(transferParams(c, to, 8491))
	wants(t, err, 400, "", "amount")
	tr, err := b.api.Transfers.New(transferParams(c, to, 8000))
	must(t, err)
	_, err = b.api.Transfers.New(transferParams(c, to, 491))
	wants(t, err, 400, "", "amount")
	l := b.api.Transfers.List(&sdk.TransferListParams{TransferGroup: sdk.String("ord_1")})
	if !l.Next() || l.Transfer().ID != tr.ID || l.Next() {
		t.Fatal("the transfer is not found by its group")
	}
	fresh, err := b.api.Accounts.New(&sdk.AccountParams{Type: sdk.String("express"), Country: sdk.String("FI"),
		Capabilities: &sdk.AccountCapabilitiesParams{Transfers: &sdk.AccountCapabilitiesTransfersParams{Requested: sdk.Bool(true)}}})
	must(t, err)
	_, err = b.api.Transfers.New(transferParams(c, fresh.ID, 100))
	wants(t, err, 400, "insufficient_capabilities_for_transfer", "")
	noSource := transferParams(c, to, 100)
	noSource.SourceTransaction = nil
	_, err = b.api.Transfers.New(noSource)
	wants(t, err, 400, "balance_insufficient", "")
}

// A refund takes what is left of the charge and no more, before or after a
// transfer; a transfer can be taken back while the seller still has it.
func TestRefundsAndReversals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, to := b.paid(), b.seller()
	tr, err := b.api.Transfers.New(transferParams(c, to, 8000))
	must(t, err)
	_, err = b.api.TransferReversals.New(&sdk.TransferReversalParams{ID: sdk.String(tr.ID), Amount: sdk.Int64(8001)})
	wants(t, err, 400, "", "amount")
	_, err = b.api.TransferReversals.New(&sdk.TransferReversalParams{ID: sdk.String(tr.ID), Amount: sdk.Int64(3000)})
	must(t, err)
	_, err = b.api.Refunds.New(&sdk.RefundParams{Charge: sdk.String(c.ID), Amount: sdk.Int64(490)})
	must(t, err)
	_, err = b.api.Refunds.New(&sdk.RefundParams{Charge: sdk.String(c.ID), Amount: sdk.Int64(8001)})
	wants(t, err, 400, "", "amount")
	re, err := b.api.Refunds.New(&sdk.RefundParams{PaymentIntent: sdk.String(c.PaymentIntent.ID)})
	must(t, err)
	if re.Amount != 8000 {
		t.Fatalf("refunded %d", re.Amount)
	}
	_, err = b.api.Refunds.New(&sdk.RefundParams{Charge: sdk.String(c.ID)})
	wants(t, err, 400, "charge_already_refunded", "")
	n := 0
	for l := b.api.Refunds.List(&sdk.RefundListParams{Charge: sdk.String(c.ID)}); l.Next(); n++ {
		if l.Refund().Charge.ID != c.ID {
			t.Fatal("another charge's refund")
		}
	}
	if n != 2 {
		t.Fatalf("%d refunds listed", n)
	}
	b.clock.Move(72 * time.Hour) // the seller's bank has it by now
	_, err = b.api.TransferReversals.New(&sdk.TransferReversalParams{ID: sdk.String(tr.ID)})
	wants(t, err, 400, "balance_insufficient", "")
	bal := &sdk.BalanceParams{}
	bal.SetStripeAccount(to)
	left, err := b.api.Balance.Get(bal)
	must(t, err)
	if left.Available[0].Amount != 0 {
		t.Fatalf("the seller still has %d at Stripe", left.Available[0].Amount)
	}
}

// The platform's balance is the sum of its transactions.
func TestTheBalanceAddsUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, to := b.paid(), b.seller()
	_, err := b.api.Transfers.New(transferParams(c, to, 8000))
	must(t, err)
	bal, err := b.api.Balance.Get(nil)
	must(t, err)
	if bal.Available[0].Amount != 0 || bal.Pending[0].Amount != 8490-152-8000 {
		t.Fatalf("available %d, pending %d", bal.Available[0].Amount, bal.Pending[0].Amount)
	}
	var sum int64
	for l := b.api.BalanceTransactions.List(&sdk.BalanceTransactionListParams{}); l.Next(); {
		sum += l.BalanceTransaction().Net
	}
	if sum != 338 {
		t.Fatalf("transactions sum to %d", sum)
	}
}

// Webhooks are tried again, and can be doubled, reordered and lost on cue.
func TestWebhooksMisbehaveOnCue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fail = 2
	v := b.session()
	must(t, b.s.PayCard(v.ID, stripe.Card{Number: good}))
	if got := b.kinds(); got != "checkout.session.completed" {
		t.Fatalf("after two failures: %s", got)
	}
	b.s.Duplicate(1)
	must(t, b.s.PayCard(b.session().ID, stripe.Card{Number: good}))
	if got := b.kinds(); strings.Count(got, "completed") != 3 || b.events[1].ID != b.events[2].ID {
		t.Fatalf("doubled: %s", got)
	}
	b.s.Drop(1)
	must(t, b.s.PayCard(b.session().ID, stripe.Card{Number: good}))
	if got := b.kinds(); strings.Count(got, "completed") != 3 {
		t.Fatalf("lost: %s", got)
	}
	to := b.seller()
	if got := b.kinds(); !strings.HasSuffix(got, "account.updated") || b.events[3].Account != to {
		t.Fatalf("onboarded: %s", got)
	}
}

// Requests fail, hang and lose their answers on cue. A lost answer is found
// again under its key.
func TestRequestsGoWrongOnCue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.s.Trouble(stripe.Trouble{Kind: stripe.Fail, Match: "POST /v1/checkout"})
	_, err := b.api.CheckoutSessions.New(sessionParams())
	wants(t, err, 500, "", "")
	c := b.paid()
	p := &sdk.RefundParams{Charge: sdk.String(c.ID), Amount: sdk.Int64(100)}
	p.SetIdempotencyKey("refund:1")
	b.s.Trouble(stripe.Trouble{Kind: stripe.Lose, Match: "POST /v1/refunds"})
	if _, err := b.api.Refunds.New(p); err == nil {
		t.Fatal("the answer was not lost")
	}
	re, err := b.api.Refunds.New(p)
	must(t, err)
	if re.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Fatal("refunded twice")
	}
	b.s.DeclineNext("lost_card")
	var no *stripe.DeclinedError
	if err := b.s.PayCard(b.session().ID, stripe.Card{Number: good}); !errors.As(err, &no) || no.DeclineCode != "lost_card" {
		t.Fatalf("not declined: %v", err)
	}
	res, err := http.PostForm(b.base+"/_cue/hang", url.Values{"match": {"GET /v1/balance"}})
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("cue: %d", res.StatusCode)
	}
	if _, err := b.api.Balance.Get(nil); err == nil {
		t.Fatal("the request did not hang")
	}
}

// State outlives the process, without a clean ending.
func TestStateSurvivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "stripe.jsonl")
	keep := func(o *stripe.Options) { o.File = file }
	b := setup(t, keep)
	c, to := b.paid(), b.seller()
	p := transferParams(c, to, 100)
	p.SetIdempotencyKey("k")
	tr, err := b.api.Transfers.New(p)
	must(t, err)
	open := b.session()
	b.kinds()

	again := setup(t, keep) // the first is still running: nothing was closed
	same, err := again.api.Transfers.New(p)
	must(t, err)
	if same.ID != tr.ID {
		t.Fatalf("%s became %s", tr.ID, same.ID)
	}
	must(t, again.s.PayCard(open.ID, stripe.Card{Number: good}))
	if got := again.kinds(); got != "checkout.session.completed" {
		t.Fatalf("events sent again: %s", got)
	}
}
