package payments_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/payments"
)

// Sums of the ledger at the usual moments of one order.
var (
	held     = map[payments.LedgerAccount]int64{payments.PSPBalance: 8338, payments.PSPFee: 152, payments.HeldFor: -8490}
	released = map[payments.LedgerAccount]int64{payments.PSPBalance: 838, payments.PSPFee: 152,
		payments.ShippingPayable: -590, payments.PlatformFee: -400}
	refunded = map[payments.LedgerAccount]int64{payments.PSPBalance: -152, payments.PSPFee: 152}
)

// The buyer pays, the money is held, the order is told once, and the ledger
// agrees with the provider.
func TestPaidMoneyIsHeld(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		if len(s.settled) != 1 || !s.settled[0].Held || s.settled[0].OrderID != "ord_1" {
			s.Fatalf("told: %+v", s.settled)
		}
		s.sound(held)
		if _, err := s.PayURL(s.Context(), "ord_1", "https://kierto.example/orders/ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("asked to pay again: %v", err)
		}
	})
}

// A completed trade pays the seller once, however often it is asked to.
func TestReleasePaysTheSellerOnce(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		s.ok(s.in(s.Release, "ord_1"))
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		s.state("ord_1", payments.Released)
		s.sound(released)
		if err := s.in(s.Refund, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("refunded after the release: %v", err)
		}
		if len(s.told) != 1 || s.told[0].To != anna || s.told[0].Key != "payments.payout_sent" || s.told[0].Args["Amount"] != money.EUR(7500) {
			s.Fatalf("told: %+v", s.told)
		}
	})
}

// A trade that ends badly gives the buyer everything back, once.
func TestRefundReturnsEverything(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.ok(s.in(s.Refund, "ord_1"))
		s.ok(s.in(s.Refund, "ord_1"))
		s.state("ord_1", payments.Refunding)
		s.rest()
		s.state("ord_1", payments.Refunded)
		s.sound(refunded)
		if err := s.in(s.Release, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("released after the refund: %v", err)
		}
		if len(s.told) != 1 || s.told[0].To != mikko || s.told[0].Key != "payments.refund_sent" {
			s.Fatalf("told: %+v", s.told)
		}
	})
}

// Money that is not here can be neither released nor refunded.
func TestOnlyHeldMoneyMoves(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		for _, f := range []func(context.Context, *db.Tx, string) error{s.Release, s.Refund} {
			if err := s.in(f, "ord_1"); !fault.Is(err, fault.Conflict) {
				s.Errorf("moved money that never came: %v", err)
			}
			if err := s.in(f, "ord_none"); !fault.Is(err, fault.Conflict) {
				s.Errorf("moved money of no order: %v", err)
			}
		}
	})
}

// A release and a refund at the same moment: one wins, whole.
func TestReleaseAndRefundRace(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			f := s.Release
			if i%2 == 1 {
				f = s.Refund
			}
			wg.Go(func() { errs[i] = s.in(f, "ord_1") })
		}
		wg.Wait()
		s.rest()
		for _, err := range errs {
			if err != nil && !fault.Is(err, fault.Conflict) {
				s.Error(err)
			}
		}
		switch p, err := s.Of(s.Context(), s.d, "ord_1"); {
		case err != nil:
			s.Fatal(err)
		case p.State == payments.Released:
			s.sound(released)
		case p.State == payments.Refunded:
			s.sound(refunded)
		default:
			s.Fatal(p.State)
		}
	})
}

// Two browsers, or a browser and its back button, are led to the same page.
func TestOnePagePerOrder(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		urls := make([]string, 4)
		var wg sync.WaitGroup
		for i := range urls {
			wg.Go(func() { urls[i] = s.page("ord_1") })
		}
		wg.Wait()
		for _, u := range urls {
			if u != urls[0] || u == "" {
				s.Fatalf("pages: %v", urls)
			}
		}
	})
}

// The answer that named the page is lost: the next try finds the same page.
func TestALostPageIsFoundAgain(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		s.stripe.Trouble(stripe.Trouble{Kind: stripe.Lose, Match: "POST /v1/checkout/sessions", Times: 3})
		if _, err := s.PayURL(s.Context(), "ord_1", "https://kierto.example/orders/ord_1"); !fault.Is(err, fault.Busy) {
			s.Fatalf("got %v", err)
		}
		s.clock.Move(5 * time.Minute)
		s.ok(s.stripe.PayCard(session(s.page("ord_1")), stripe.Card{Number: card}))
		s.rest()
		s.sound(held)
	})
}

// A deadline further off than the provider's longest session, or nearer than its
// shortest, still gives a page.
func TestSessionsFitTheProvidersLimits(t *testing.T) {
	each(t, func(s *shop) {
		for i, within := range []time.Duration{time.Minute, 30 * time.Minute, 24 * time.Hour, 7 * 24 * time.Hour} {
			order := "ord_" + string(rune('a'+i))
			c := charge(order, s.clock.Now())
			c.Expires = s.clock.Now().Add(within)
			s.ok(s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Begin(s.Context(), tx, c) }))
			s.page(order)
		}
	})
}

// Lines that do not explain the total are a bug, not a payment.
func TestTheLinesExplainTheTotal(t *testing.T) {
	each(t, func(s *shop) {
		for _, spoil := range []func(*payments.Charge){
			func(c *payments.Charge) { c.Lines[0].Amount++ },
			func(c *payments.Charge) { c.Payout = money.EUR(8000) },
			func(c *payments.Charge) { c.Payout = money.EUR(-1) },
		} {
			c := charge("ord_1", s.clock.Now())
			spoil(&c)
			if err := s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Begin(s.Context(), tx, c) }); err == nil {
				s.Errorf("took %+v", c)
			}
		}
	})
}

// A voided payment's page is closed; nobody can pay there.
func TestVoidClosesThePage(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		page := s.page("ord_1")
		s.ok(s.in(s.Void, "ord_1"))
		s.ok(s.in(s.Void, "ord_1"))
		s.rest()
		if err := s.stripe.PayCard(session(page), stripe.Card{Number: card}); !errors.Is(err, stripe.ErrSession) {
			s.Fatalf("paid a voided order: %v", err)
		}
		s.state("ord_1", payments.Expired)
		if _, err := s.PayURL(s.Context(), "ord_1", "https://kierto.example/x"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("led to pay a voided order: %v", err)
		}
		if len(s.settled) != 0 {
			s.Fatalf("told: %+v", s.settled)
		}
		s.sound(nil)
	})
}

// Money that comes after the order was given up goes back by itself; money that
// came just before keeps the order from being given up.
func TestLateMoneyGoesBack(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_late")
		page := s.page("ord_late")
		s.ok(s.in(s.Void, "ord_late"))
		s.ok(s.stripe.PayCard(session(page), stripe.Card{Number: card})) // before the page was closed
		s.rest()
		s.state("ord_late", payments.Refunded)
		s.sound(refunded)

		s.pay("ord_early")
		if err := s.in(s.Void, "ord_early"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("voided paid money: %v", err)
		}
		s.state("ord_early", payments.Held)
	})
}

// A session that runs out tells the order.
func TestExpiryIsTold(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		s.page("ord_1")
		s.clock.Move(time.Hour)
		time.Sleep(150 * time.Millisecond) // the stand-in's clockwork looks
		s.rest()
		s.state("ord_1", payments.Expired)
		if len(s.settled) != 1 || !s.settled[0].Expired {
			s.Fatalf("told: %+v", s.settled)
		}
	})
}

// A slow MobilePay payment is first in progress, then held; one that fails lets
// the buyer try again on a fresh page.
func TestSlowPayments(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		first := s.page("ord_1")
		s.ok(s.stripe.PayWallet(session(first), "mobilepay", stripe.SlowNo))
		s.rest()
		s.state("ord_1", payments.Processing)
		if _, err := s.PayURL(s.Context(), "ord_1", "https://kierto.example/x"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("asked to pay twice: %v", err)
		}
		s.clock.Move(time.Minute)
		time.Sleep(150 * time.Millisecond)
		s.rest()
		s.state("ord_1", payments.Opening)
		second := s.page("ord_1")
		if second == first {
			s.Fatal("led to the page that failed")
		}
		s.ok(s.stripe.PayWallet(session(second), "mobilepay", stripe.Slow))
		s.clock.Move(time.Minute)
		time.Sleep(150 * time.Millisecond)
		s.rest()
		s.state("ord_1", payments.Held)
		p, err := s.Of(s.Context(), s.d, "ord_1")
		s.ok(err)
		if p.Method != "mobilepay" || len(s.settled) != 1 {
			s.Fatalf("%s %+v", p.Method, s.settled)
		}
	})
}

// Messages that nobody signed, or that were changed on the way, are refused.
func TestForgedMessagesAreRefused(t *testing.T) {
	each(t, func(s *shop) {
		body := []byte(`{"id":"evt_1","object":"event","api_version":"2023-10-16","type":"account.updated","data":{"object":{"id":"acct_1"}}}`)
		now := clock.Wall()
		for name, signature := range map[string]string{
			"none": "", "another secret": stripe.Sign(body, "whsec_other", now), "too old": stripe.Sign(body, secret, now.Add(-time.Hour)),
			"another body": stripe.Sign([]byte("{}"), secret, now),
		} {
			if err := s.Receive(s.Context(), body, signature); !fault.Is(err, fault.Invalid) {
				s.Errorf("%s: %v", name, err)
			}
		}
		s.ok(s.Receive(s.Context(), body, stripe.Sign(body, secret, now)))
	})
}

// The ledger refuses to be changed.
func TestTheLedgerIsAppendOnly(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		for _, q := range []string{`UPDATE ledger SET amount = 0`, `DELETE FROM ledger`, `UPDATE postings SET order_id = 'x'`, `DELETE FROM postings`} {
			if _, err := s.d.Do(s.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
				s.Errorf("%s: %v", q, err)
			}
		}
	})
}

// Looking is enough: with every message lost, the periodic look finds the money.
func TestLostMessagesDoNotMatter(t *testing.T) {
	each(t, func(s *shop) {
		s.stripe.Drop(1000)
		s.begin("ord_1")
		s.ok(s.stripe.PayCard(session(s.page("ord_1")), stripe.Card{Number: card}))
		s.ok(s.Jobs.Tick(s.Context()))
		s.state("ord_1", payments.Open) // too soon to look
		s.clock.Move(6 * time.Minute)
		s.ok(s.Jobs.Tick(s.Context()))
		s.rest()
		s.sound(held)
		if len(s.settled) != 1 {
			s.Fatalf("told: %+v", s.settled)
		}
		_, err := s.OnboardURL(s.Context(), anna)
		s.ok(err)
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		a, err := s.Account(s.Context(), anna)
		s.ok(err)
		s.stripe.Onboard(a.ID)
		if got := s.moved("ord_1"); got != "payout waiting;" {
			s.Fatal(got)
		}
		s.clock.Move(time.Hour)
		s.ok(s.Jobs.Tick(s.Context()))
		s.rest()
		s.sound(released)
	})
}
