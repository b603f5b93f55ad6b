package payments_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/payments"
)

// A seller whose account was restricted without our hearing of it is paid as soon
// as it is in order again: the provider's refusal, which it repeats for a day,
// does not stand in the way.
func TestARestrictedAccountIsPaidOnceItIsInOrder(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		a, err := s.Account(s.Context(), anna)
		s.ok(err)
		s.stripe.Drop(1)
		s.stripe.Restrict(a.ID)
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		if got := s.moved("ord_1"); got != "payout waiting;" {
			s.Fatal(got)
		}
		s.clock.Move(time.Hour)
		s.stripe.Onboard(a.ID)
		s.rest()
		if got := s.moved("ord_1"); got != "payout sent;" {
			s.Fatal(got)
		}
		s.sound(released)
	})
}

// failing answers what is asked for a page with an error, and notes the keys.
type failing struct {
	payments.Provider
	fail error
	keys []string
}

func (f *failing) OpenSession(ctx context.Context, key string, a payments.Asking) (payments.Session, error) {
	f.keys = append(f.keys, key)
	if f.fail != nil {
		return payments.Session{}, f.fail
	}
	return f.Provider.OpenSession(ctx, key, a)
}

// An error that the provider answered with is not asked for again; one on the way
// there is, since the page may be made.
func TestAPageIsAskedForAnewAfterAnError(t *testing.T) {
	each(t, func(s *shop) {
		for want, err := range map[int]error{2: payments.ErrFails, 1: context.DeadlineExceeded} {
			order := map[int]string{1: "ord_lost", 2: "ord_failed"}[want]
			f := &failing{Provider: s.Provider, fail: err}
			s.Provider = f
			s.begin(order)
			_, err := s.PayURL(s.Context(), order, "https://kierto.example/orders/"+order)
			if !fault.Is(err, fault.Busy) {
				s.Fatalf("%v", err)
			}
			f.fail = nil
			s.page(order)
			s.Provider = f.Provider
			if got := len(slices.Compact(f.keys)); got != want {
				s.Errorf("%s: asked under %v", order, f.keys)
			}
		}
	})
}

// A refund that fails after it was sent is known to be here again, is shown to a
// person, and goes back once when they try again.
func TestARefundThatFailsLater(t *testing.T) {
	for name, do := range map[string]func(s *shop) error{
		"all": func(s *shop) error { return s.in(s.Refund, "ord_1") },
		"a part": func(s *shop) error {
			return s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Share(s.Context(), tx, "ord_1", 2000) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(s *shop) {
				s.onboard()
				s.pay("ord_1")
				s.ok(do(s))
				s.rest()
				before, err := s.Of(s.Context(), s.d, "ord_1")
				s.ok(err)
				if s.stripe.FailRefunds("ord_1") != 1 {
					s.Fatal("nothing to fail")
				}
				s.rest()
				s.stripe.Resend("charge.refund.updated")
				s.rest()
				var failed payments.Movement
				ms, err := s.MovementsOf(s.Context(), s.d, "ord_1")
				s.ok(err)
				for _, m := range ms {
					if m.Kind == payments.Refund {
						failed = m
					}
				}
				now, err := s.Of(s.Context(), s.d, "ord_1")
				s.ok(err)
				if failed.State != payments.Broken || !strings.Contains(failed.Reason, "came back") || !now.ClosedAt.IsZero() {
					s.Fatalf("%+v %+v", failed, now)
				}
				if found := broken(s); !slices.Equal(found, []string{string(failed.ID)}) {
					s.Fatalf("check finds %v", found)
				}
				if got := balance(s, payments.HeldFor); got != -failed.Amount.Minor {
					s.Errorf("held: %d", got)
				}
				s.ok(s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Retry(s.Context(), tx, failed.ID) }))
				s.rest()
				s.state("ord_1", before.State)
				if found := broken(s); len(found) != 0 || balance(s, payments.HeldFor) != 0 {
					s.Errorf("tried again: %v", found)
				}
			})
		})
	}
}

// broken are what check finds.
func broken(s *shop) (ids []string) {
	rs, err := s.Check(s.Context())
	s.ok(err)
	for _, r := range rs {
		ids = append(ids, r.Broken...)
	}
	return ids
}

// balance is the sum of one account, after it was held against the provider's.
func balance(s *shop, account payments.LedgerAccount) (minor int64) {
	bs, err := s.Balances(s.Context())
	s.ok(err)
	at, err := s.Provider.Balance(s.Context(), "EUR")
	s.ok(err)
	for _, b := range bs {
		if b.Account == payments.PSPBalance && b.Minor != at.Minor {
			s.Errorf("the provider has %d, the ledger says %d", at.Minor, b.Minor)
		}
		if b.Account == account {
			minor = b.Minor
		}
	}
	return minor
}

// What a buyer has paid in an app and the provider still confirms is not given up:
// the order waits for what becomes of it.
func TestAPaymentBeingConfirmedIsNotGivenUp(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		s.ok(s.stripe.PayWallet(session(s.page("ord_1")), "mobilepay", stripe.Slow))
		s.rest()
		s.state("ord_1", payments.Processing)
		if err := s.in(s.Void, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("given up: %v", err)
		}
		s.clock.Move(10 * time.Minute)
		s.ok(s.LookAtAll(s.Context()))
		s.rest()
		s.state("ord_1", payments.Held)
	})
}

// The provider keeps no page open for longer than a day. Who has longer to pay
// gets another one.
func TestAPageEndsBeforeTheTimeToPay(t *testing.T) {
	each(t, func(s *shop) {
		c := charge("ord_1", s.clock.Now())
		c.Expires = s.clock.Now().Add(48 * time.Hour)
		s.ok(s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Begin(s.Context(), tx, c) }))
		first := s.page("ord_1")
		s.clock.Move(25 * time.Hour)
		s.ok(s.LookAtAll(s.Context()))
		s.rest()
		second := s.page("ord_1")
		if second == first || len(s.settled) != 0 {
			s.Fatalf("%s again; told %+v", second, s.settled)
		}
		s.clock.Move(24 * time.Hour) // and now the time is over
		s.ok(s.LookAtAll(s.Context()))
		s.rest()
		s.state("ord_1", payments.Expired)
		if len(s.settled) != 1 || !s.settled[0].Expired {
			s.Fatalf("told %+v", s.settled)
		}
	})
}
