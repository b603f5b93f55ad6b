package stripe

import (
	"errors"
	"fmt"
	"strings"
)

// Outcomes of a wallet payment (MobilePay, PayPal).
const (
	Approve = "approve" // paid at once
	Decline = "decline" // refused by the payer
	Slow    = "slow"    // complete but unpaid; succeeds Options.SlowPayment later
	SlowNo  = "slow_no" // complete but unpaid; fails Options.SlowPayment later
)

// Test cards that do not succeed.
const (
	cardDeclined     = "4000000000000002"
	cardInsufficient = "4000000000009995"
)

// Card is what the payer types.
type Card struct {
	Number string // digits; spaces allowed
	Month  int64
	Year   int64
}

// ErrSession is a session that cannot be paid: unknown, paid or expired.
var ErrSession = errors.New("stripe stand-in: the session is not open")

// PayCard pays a session by card, as its page does. A declined card gives an
// error that says so.
func (s *Server) PayCard(sessionID string, c Card) error {
	number := strings.NewReplacer(" ", "", "-", "").Replace(c.Number)
	d := methodDetails{Type: "card"}
	if luhn(number) {
		d.Card = &cardDetails{Brand: brand(number), Last4: number[len(number)-4:], ExpMonth: c.Month, ExpYear: c.Year, Country: "FI"}
	}
	return s.pay(sessionID, func(v *session) *apiError {
		switch {
		case d.Card == nil:
			return declined("incorrect_number", "", "Your card number is incorrect.")
		case number == cardDeclined:
			return declined("card_declined", "generic_decline", "Your card was declined.")
		case number == cardInsufficient:
			return declined("card_declined", "insufficient_funds", "Your card has insufficient funds.")
		}
		return nil
	}, d, false, true)
}

// PayWallet pays a session by MobilePay or PayPal with one of the outcomes.
func (s *Server) PayWallet(sessionID, method, outcome string) error {
	return s.pay(sessionID, func(*session) *apiError {
		if outcome == Decline {
			return declined("payment_method_provider_decline", "generic_decline", "The payment was declined in the app.")
		}
		return nil
	}, methodDetails{Type: method}, strings.HasPrefix(outcome, Slow), outcome != SlowNo)
}

// pay moves an open session along: refused, paid, or waiting.
func (s *Server) pay(id string, check func(*session) *apiError, d methodDetails, slow, succeed bool) error {
	var fail error
	s.locked(func() {
		s.tick()
		v := s.sessions.get(id)
		if v == nil || v.Status != statusOpen {
			fail = ErrSession
			return
		}
		no := s.takeDecline()
		if no == nil {
			no = check(v)
		}
		in := s.intentOf(v)
		switch {
		case no != nil:
			s.refuse(v, in, d, no)
			fail = &DeclinedError{Code: no.Code, DeclineCode: no.DeclineCode}
		case slow:
			s.beginSlow(v, in, d, succeed)
		default:
			s.capture(v, in, d)
			s.complete(v, statusPaid)
		}
	})
	return fail
}

// DeclinedError is a payment that the payer's bank or app refused.
type DeclinedError struct{ Code, DeclineCode string }

// Error is the codes.
func (e *DeclinedError) Error() string {
	return fmt.Sprintf("stripe stand-in: declined: %s %s", e.Code, e.DeclineCode)
}

// intentOf is the session's PaymentIntent, made at the first attempt.
func (s *Server) intentOf(v *session) *intent {
	if v.PaymentIntent != nil {
		return s.intents.get(*v.PaymentIntent)
	}
	b := s.baskets.get(v.ID)
	in := &intent{ID: newID("pi"), Object: "payment_intent", Amount: v.AmountTotal, Created: s.now(), Currency: v.Currency,
		Description: b.Text, Metadata: b.Metadata, PaymentMethodTypes: v.PaymentMethodTypes, Status: "requires_payment_method",
		TransferGroup: ref(b.Group)}
	s.intents.put(in)
	v.PaymentIntent = ref(in.ID)
	s.sessions.put(v)
	return in
}

// refuse records a failed attempt; the session stays open for another.
func (s *Server) refuse(_ *session, in *intent, d methodDetails, no *apiError) {
	c := s.newCharge(in, d)
	c.Status, c.FailureCode, c.FailureMessage = "failed", ref(no.Code), ref(no.Message)
	s.charges.put(c)
	no.Charge = c.ID
	in.LastPaymentError, in.LatestCharge, in.Status = no, ref(c.ID), "requires_payment_method"
	s.intents.put(in)
	s.emit("charge.failed", c, "")
	s.emit("payment_intent.payment_failed", in, "")
}

// newCharge is an attempt to collect in.
func (s *Server) newCharge(in *intent, d methodDetails) *charge {
	return &charge{ID: newID("ch"), Object: "charge", Amount: in.Amount, Created: s.now(), Currency: in.Currency,
		Metadata: in.Metadata, PaymentIntent: ref(in.ID), PaymentMethodDetails: d, TransferGroup: in.TransferGroup}
}

// capture collects the money.
func (s *Server) capture(_ *session, in *intent, d methodDetails) {
	c := s.newCharge(in, d)
	t := s.book("charge", c.ID, c.Amount, feeFor(d.Type, c.Amount), c.Currency)
	c.Status, c.Paid, c.Captured, c.AmountCaptured, c.BalanceTransaction = "succeeded", true, true, c.Amount, ref(t.ID)
	s.charges.put(c)
	in.Status, in.AmountReceived, in.LatestCharge, in.LastPaymentError = "succeeded", in.Amount, ref(c.ID), nil
	s.intents.put(in)
	s.emit("charge.succeeded", c, "")
	s.emit("payment_intent.succeeded", in, "")
}

// complete ends an open session with its payment in a status.
func (s *Server) complete(v *session, payment string) {
	v.Status, v.PaymentStatus, v.URL = statusComplete, payment, nil
	delete(s.openSessions, v.ID)
	s.sessions.put(v)
	s.emit("checkout.session.completed", v, "")
}

// beginSlow completes the session unpaid and lets the outcome wait.
func (s *Server) beginSlow(v *session, in *intent, d methodDetails, succeed bool) {
	in.Status = "processing"
	s.intents.put(in)
	s.waits.put(&waiting{Session: v.ID, At: s.now() + int64(s.o.SlowPayment.Seconds()), Succeed: succeed, Method: d})
	s.openWaits[v.ID] = true
	s.complete(v, statusUnpaid)
}

// settle brings a slow payment to its end.
func (s *Server) settle(w *waiting) {
	w.Done = true
	delete(s.openWaits, w.Session)
	s.waits.put(w)
	v := s.sessions.get(w.Session)
	in := s.intents.get(deref(v.PaymentIntent))
	if !w.Succeed {
		s.refuse(v, in, w.Method, declined("payment_method_provider_timeout", "", "The payment was not approved in time."))
		s.emit("checkout.session.async_payment_failed", v, "")
		return
	}
	s.capture(v, in, w.Method)
	v.PaymentStatus = statusPaid
	s.sessions.put(v)
	s.emit("checkout.session.async_payment_succeeded", v, "")
}

// What the provider keeps of a payment: 1.5 % and 25 cents by card, 1.9 % and
// 35 cents otherwise.
func feeFor(method string, amount int64) int64 {
	if method == "card" {
		return (amount*15+500)/1000 + 25
	}
	return (amount*19+500)/1000 + 35
}

// brand is a card's brand by its first digit.
func brand(number string) string {
	switch number[0] {
	case '4':
		return "visa"
	case '5', '2':
		return "mastercard"
	case '3':
		return "amex"
	}
	return "unknown"
}

// luhn checks a card number's length, digits and check digit.
func luhn(number string) bool {
	if len(number) < 12 || len(number) > 19 {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
