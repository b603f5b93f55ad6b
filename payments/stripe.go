package payments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
)

// Limits of talking to Stripe.
const (
	stripeTimeout = 20 * time.Second // for one request
	stripeRetries = 2                // by Stripe's own library, with the same key
	stripeConns   = 64               // kept open
	maxListed     = 100              // transfers or refunds looked through for one order
	movementTag   = "movement"       // metadata key that names our movement
	paymentTag    = "payment"        // metadata key that names our payment
	userTag       = "user"           // metadata key that names our user
	sellerCountry = "FI"
)

// Stripe takes money on a platform account: Checkout Sessions, and separate
// transfers to sellers' Express accounts. No other file knows its types, so that
// its next major version is a day's work.
type Stripe struct {
	api     *client.API
	secrets []string
	methods []*string
}

// NewStripe talks to Stripe with a secret key. secrets are those of the webhook
// endpoints, comma-separated; baseURL is empty for the real Stripe.
func NewStripe(key, secrets, baseURL string, paypal bool) *Stripe {
	cfg := &stripe.BackendConfig{
		MaxNetworkRetries: stripe.Int64(stripeRetries),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		HTTPClient: &http.Client{Timeout: stripeTimeout,
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: stripeConns, ForceAttemptHTTP2: true}},
	}
	if baseURL != "" {
		cfg.URL = stripe.String(baseURL)
	}
	s := &Stripe{api: client.New(key, stripe.NewBackendsWithConfig(cfg)), secrets: strings.Split(secrets, ","),
		methods: stripe.StringSlice([]string{"card", "mobilepay"})}
	if paypal {
		s.methods = append(s.methods, stripe.String("paypal"))
	}
	return s
}

// OpenSession implements Provider.
func (s *Stripe) OpenSession(ctx context.Context, key string, a Asking) (Session, error) {
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String(a.Success), CancelURL: stripe.String(a.Cancel),
		ClientReferenceID: stripe.String(a.OrderID), Locale: stripe.String(a.Lang), PaymentMethodTypes: s.methods,
		ExpiresAt: stripe.Int64(a.Expires.Time().Unix()),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{TransferGroup: stripe.String(a.OrderID),
			Metadata: map[string]string{paymentTag: string(a.Payment)}},
	}
	if a.Email != "" {
		p.CustomerEmail = stripe.String(a.Email)
	}
	for _, l := range a.Lines {
		if l.Amount == 0 {
			continue
		}
		p.LineItems = append(p.LineItems, &stripe.CheckoutSessionLineItemParams{Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String(strings.ToLower(a.Money)), UnitAmount: stripe.Int64(l.Amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(l.Label)}}})
	}
	p.AddMetadata(paymentTag, string(a.Payment))
	p.Context = ctx
	p.SetIdempotencyKey(key)
	v, err := s.api.CheckoutSessions.New(p)
	if err != nil {
		return Session{}, explain(err)
	}
	return session(v), nil
}

// Session implements Provider.
func (s *Stripe) Session(ctx context.Context, id string) (Session, error) {
	p := &stripe.CheckoutSessionParams{}
	p.Context = ctx
	p.AddExpand("payment_intent.latest_charge.balance_transaction")
	v, err := s.api.CheckoutSessions.Get(id, p)
	if err != nil {
		return Session{}, explain(err)
	}
	return session(v), nil
}

// ExpireSession implements Provider.
func (s *Stripe) ExpireSession(ctx context.Context, id string) (Session, error) {
	p := &stripe.CheckoutSessionExpireParams{}
	p.Context = ctx
	if _, err := s.api.CheckoutSessions.Expire(id, p); err != nil {
		if err = explain(err); !errors.Is(err, ErrRefused) {
			return Session{}, err
		}
	}
	return s.Session(ctx, id)
}

// session reads Stripe's session.
func session(v *stripe.CheckoutSession) Session {
	out := Session{ID: v.ID, URL: v.URL, OrderID: v.ClientReferenceID}
	switch {
	case v.Status == stripe.CheckoutSessionStatusExpired:
		out.State = SessionExpired
	case v.Status != stripe.CheckoutSessionStatusComplete:
		out.State = SessionOpen
	case v.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid && v.PaymentIntent != nil && v.PaymentIntent.LatestCharge != nil:
		out.State, out.Paid = SessionPaid, capture(v.PaymentIntent)
	case v.PaymentIntent != nil && (v.PaymentIntent.Status == stripe.PaymentIntentStatusRequiresPaymentMethod ||
		v.PaymentIntent.Status == stripe.PaymentIntentStatusCanceled):
		out.State = SessionFailed
	default:
		out.State = SessionProcessing
	}
	return out
}

// capture reads the charge of a paid intent.
func capture(in *stripe.PaymentIntent) Capture {
	ch := in.LatestCharge
	c := Capture{Intent: in.ID, Charge: ch.ID, Amount: amount(ch.Amount, ch.Currency), Fee: amount(0, ch.Currency)}
	if ch.PaymentMethodDetails != nil {
		c.Method = string(ch.PaymentMethodDetails.Type)
	}
	if ch.BalanceTransaction != nil {
		c.Fee = amount(ch.BalanceTransaction.Fee, ch.BalanceTransaction.Currency)
	}
	return c
}

// amount is Stripe's amount as ours.
func amount(minor int64, currency stripe.Currency) money.Amount {
	return money.Amount{Minor: minor, Currency: strings.ToUpper(string(currency))}
}

// request is the idempotency key of what is asked now. Stripe repeats its answer
// to a key for a day, refusals too, whatever has changed meanwhile.
func (m Sending) request() string {
	if m.Refused == 0 {
		return m.Key
	}
	return fmt.Sprintf("%s:%d", m.Key, m.Refused)
}

// refundFailed tells whether a refund has come to nothing.
func refundFailed(v *stripe.Refund) bool {
	return v.Status == stripe.RefundStatusFailed || v.Status == stripe.RefundStatusCanceled
}

// Pay implements Provider.
func (s *Stripe) Pay(ctx context.Context, m Sending) (string, error) {
	p := &stripe.TransferParams{Amount: stripe.Int64(m.Amount.Minor), Currency: stripe.String(strings.ToLower(m.Amount.Currency)),
		Destination: stripe.String(m.Account), SourceTransaction: stripe.String(m.Charge), TransferGroup: stripe.String(m.OrderID)}
	p.AddMetadata(movementTag, m.Key)
	p.Context = ctx
	p.SetIdempotencyKey(m.request())
	v, err := s.api.Transfers.New(p)
	if err != nil {
		return "", explain(err)
	}
	return v.ID, nil
}

// Paid implements Provider. A transfer taken back counts: a person did that, and
// sending it again is a person's decision too.
func (s *Stripe) Paid(ctx context.Context, m Sending) (string, error) {
	p := &stripe.TransferListParams{TransferGroup: stripe.String(m.OrderID)}
	p.Context = ctx
	p.Limit = stripe.Int64(maxListed)
	l := s.api.Transfers.List(p)
	for l.Next() {
		if v := l.Transfer(); v.Metadata[movementTag] == m.Key {
			return v.ID, nil
		}
	}
	return "", explain(l.Err())
}

// Return implements Provider.
func (s *Stripe) Return(ctx context.Context, m Sending) (string, error) {
	p := &stripe.RefundParams{Charge: stripe.String(m.Charge), Amount: stripe.Int64(m.Amount.Minor)}
	p.AddMetadata(movementTag, m.Key)
	p.Context = ctx
	p.SetIdempotencyKey(m.request())
	v, err := s.api.Refunds.New(p)
	if err != nil {
		return "", explain(err)
	}
	if refundFailed(v) {
		return "", fmt.Errorf("%w: refund %s is %s", ErrRefused, v.ID, v.Status)
	}
	return v.ID, nil
}

// Returned implements Provider.
func (s *Stripe) Returned(ctx context.Context, m Sending) (string, error) {
	p := &stripe.RefundListParams{Charge: stripe.String(m.Charge)}
	p.Context = ctx
	p.Limit = stripe.Int64(maxListed)
	l := s.api.Refunds.List(p)
	for l.Next() {
		if v := l.Refund(); v.Metadata[movementTag] == m.Key && !refundFailed(v) {
			return v.ID, nil
		}
	}
	return "", explain(l.Err())
}

// OpenAccount implements Provider.
func (s *Stripe) OpenAccount(ctx context.Context, key, email, userID string) (string, error) {
	p := &stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String(sellerCountry), Email: stripe.String(email),
		BusinessType: stripe.String("individual"),
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}}}
	p.AddMetadata(userTag, userID)
	p.Context = ctx
	p.SetIdempotencyKey(key)
	v, err := s.api.Accounts.New(p)
	if err != nil {
		return "", explain(err)
	}
	return v.ID, nil
}

// AccountReady implements Provider.
func (s *Stripe) AccountReady(ctx context.Context, id string) (bool, error) {
	p := &stripe.AccountParams{}
	p.Context = ctx
	v, err := s.api.Accounts.GetByID(id, p)
	if err != nil {
		return false, explain(err)
	}
	return v.PayoutsEnabled && v.Capabilities != nil && v.Capabilities.Transfers == stripe.AccountCapabilityStatusActive, nil
}

// OnboardURL implements Provider.
func (s *Stripe) OnboardURL(ctx context.Context, id, again, back string) (string, error) {
	p := &stripe.AccountLinkParams{Account: stripe.String(id), Type: stripe.String("account_onboarding"),
		RefreshURL: stripe.String(again), ReturnURL: stripe.String(back)}
	p.Context = ctx
	v, err := s.api.AccountLinks.New(p)
	if err != nil {
		return "", explain(err)
	}
	return v.URL, nil
}

// DashboardURL implements Provider.
func (s *Stripe) DashboardURL(ctx context.Context, id string) (string, error) {
	p := &stripe.LoginLinkParams{Account: stripe.String(id)}
	p.Context = ctx
	v, err := s.api.LoginLinks.New(p)
	if err != nil {
		return "", explain(err)
	}
	return v.URL, nil
}

// Balance implements Provider.
func (s *Stripe) Balance(ctx context.Context, currency string) (money.Amount, error) {
	p := &stripe.BalanceParams{}
	p.Context = ctx
	v, err := s.api.Balance.Get(p)
	if err != nil {
		return money.Amount{}, explain(err)
	}
	sum := money.Amount{Currency: currency}
	for _, a := range append(v.Available, v.Pending...) {
		if strings.EqualFold(string(a.Currency), currency) {
			sum.Minor += a.Amount
		}
	}
	return sum, nil
}

// Dispute implements Provider.
func (s *Stripe) Dispute(ctx context.Context, id string) (Dispute, error) {
	p := &stripe.DisputeParams{}
	p.Context = ctx
	v, err := s.api.Disputes.Get(id, p)
	if err != nil {
		return Dispute{}, explain(err)
	}
	d := Dispute{ID: v.ID, Amount: amount(v.Amount, v.Currency), State: Waits}
	if v.Charge != nil {
		d.Charge = v.Charge.ID
	}
	switch v.Status {
	case stripe.DisputeStatusWon, stripe.DisputeStatusWarningClosed:
		d.State = Won
	case stripe.DisputeStatusLost:
		d.State = Lost
	}
	for _, b := range v.BalanceTransactions {
		d.Moves = append(d.Moves, BankMove{ID: b.ID, Amount: amount(b.Amount, b.Currency), Fee: amount(b.Fee, b.Currency)})
	}
	return d, nil
}

// Withdrawals implements Provider.
func (s *Stripe) Withdrawals(ctx context.Context, since clock.Instant) ([]Withdrawal, error) {
	p := &stripe.PayoutListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Time().Unix()}}
	p.Context = ctx
	p.Limit = stripe.Int64(maxListed)
	l := s.api.Payouts.List(p)
	var out []Withdrawal
	for l.Next() {
		if v := l.Payout(); v.Status != stripe.PayoutStatusFailed && v.Status != stripe.PayoutStatusCanceled {
			out = append(out, Withdrawal{ID: v.ID, Amount: amount(v.Amount, v.Currency)})
		}
	}
	return out, explain(l.Err())
}

// Event implements Provider. The endpoint has to be made with API version
// 2023-10-16, or Stripe's library accepts none of its events.
func (s *Stripe) Event(body []byte, signature string) (Event, error) {
	for _, secret := range s.secrets {
		v, err := webhook.ConstructEvent(body, signature, strings.TrimSpace(secret))
		if err != nil {
			continue
		}
		id, _ := v.Data.Object["id"].(string)
		return Event{ID: v.ID, Kind: eventKind(string(v.Type)), Name: string(v.Type), Object: id}, nil
	}
	return Event{}, ErrForged
}

// eventKind says what an event of Stripe's is about.
func eventKind(name string) EventKind {
	switch {
	case strings.HasPrefix(name, "checkout.session."):
		return EventSession
	case name == "account.updated":
		return EventAccount
	case name == "charge.refunded":
		return EventRefund
	case name == "charge.refund.updated", name == "refund.updated", name == "refund.failed":
		return EventReturn
	case strings.HasPrefix(name, "transfer."):
		return EventMoved
	case strings.HasPrefix(name, "charge.dispute."):
		return EventDispute
	}
	return EventOther
}

// explain sorts Stripe's refusals: what will never pass, what waits for the
// seller, and everything else, which may pass when tried again.
func explain(err error) error {
	var e *stripe.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	reason := fmt.Sprintf("%d %s %s: %s", e.HTTPStatusCode, e.Type, e.Code, e.Msg)
	switch {
	case e.Type == stripe.ErrorTypeIdempotency && e.HTTPStatusCode == http.StatusBadRequest:
		return fmt.Errorf("%w: %s", ErrKeyUsed, reason)
	case e.Code == "insufficient_capabilities_for_transfer":
		return fmt.Errorf("%w: %s", ErrNotReady, reason)
	case e.Code == stripe.ErrorCodeBalanceInsufficient:
		return fmt.Errorf("%w: %s", ErrShort, reason)
	case e.HTTPStatusCode == http.StatusUnauthorized: // passes once somebody has seen to it
		return fmt.Errorf("%w: %s", ErrFails, reason)
	case e.Type == stripe.ErrorTypeInvalidRequest && e.HTTPStatusCode < 409, e.HTTPStatusCode == http.StatusPaymentRequired:
		return fmt.Errorf("%w: %s", ErrRefused, reason)
	}
	return fmt.Errorf("%w: %s", ErrFails, reason)
}
