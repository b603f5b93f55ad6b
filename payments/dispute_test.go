package payments_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/payments"
)

// What a card payment of 84.90 € and a dispute of it cost, in cents.
const (
	cardFee    = 152
	disputeFee = 2000
)

// disputes are what the order was told of its buyer's bank.
func (s *shop) disputes() *[]payments.DisputeState {
	told := &[]payments.DisputeState{}
	jobs.Register(s.Jobs, func(_ context.Context, j *river.Job[payments.Disputed]) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		*told = append(*told, j.Args.State)
		return nil
	}, jobs.WorkerOptions{})
	return told
}

// share completes the trade with a part given back.
func (s *shop) share(order string, back int64) error {
	return s.in(func(ctx context.Context, tx *db.Tx, id string) error { return s.Share(ctx, tx, id, back) }, order)
}

// A bank takes the money back while the trade is under way: nothing leaves until
// it has decided. When it decides for us, all goes on.
func TestADisputeHoldsTheMoneyBack(t *testing.T) {
	each(t, func(s *shop) {
		told := s.disputes()
		s.onboard()
		s.pay("ord_1")
		if s.stripe.Dispute("ord_1") == "" {
			s.Fatal("nothing to dispute")
		}
		s.rest()
		if err := s.in(s.Release, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("released while the bank disputes it: %v", err)
		}
		s.ok(s.in(s.Refund, "ord_1")) // promised, and held back
		s.rest()
		if got := s.moved("ord_1"); got != "refund promised;" {
			s.Fatalf("while disputed: %s", got)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.HeldFor: -8490, payments.Chargebacks: 8490, payments.PSPFee: cardFee + disputeFee, payments.PSPBalance: -cardFee - disputeFee})
		s.stripe.Settle(true)
		s.rest()
		if got := s.moved("ord_1"); got != "refund sent;" {
			s.Errorf("after the bank decided for us: %s", got)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.PSPFee: cardFee + disputeFee, payments.PSPBalance: -cardFee - disputeFee})
		if len(*told) != 2 || (*told)[0] != payments.Waits || (*told)[1] != payments.Won {
			s.Errorf("the order was told %v", *told)
		}
	})
}

// What the bank gave the buyer is refunded, and not a second time by us.
func TestALostDisputeIsTheRefund(t *testing.T) {
	each(t, func(s *shop) {
		s.disputes()
		s.pay("ord_1")
		s.stripe.Dispute("ord_1")
		s.rest()
		s.stripe.Settle(false)
		s.rest()
		if err := s.in(s.Release, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Fatalf("released what the bank has taken: %v", err)
		}
		s.ok(s.in(s.Refund, "ord_1"))
		s.rest()
		s.state("ord_1", payments.Refunded)
		s.sound(map[payments.LedgerAccount]int64{payments.PSPFee: cardFee + disputeFee, payments.PSPBalance: -cardFee - disputeFee})
		if len(s.told) != 1 || s.told[0].To != mikko || s.told[0].Key != "payments.bank_sent" {
			s.Errorf("told: %+v", s.told)
		}
	})
}

// After the release a dispute that is lost is the marketplace's loss: the seller
// keeps what they were paid.
func TestADisputeAfterTheReleaseIsALoss(t *testing.T) {
	each(t, func(s *shop) {
		s.disputes()
		s.onboard()
		s.pay("ord_1")
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		s.stripe.Dispute("ord_1")
		s.rest()
		s.stripe.Settle(false)
		s.rest()
		s.state("ord_1", payments.Released)
		s.sound(map[payments.LedgerAccount]int64{payments.Chargebacks: 8490, payments.PSPFee: cardFee + disputeFee,
			payments.ShippingPayable: -590, payments.PlatformFee: -400, payments.PSPBalance: 990 - cardFee - 8490 - disputeFee})
	})
}

// Messages about a dispute may come twice, in any order, or not at all.
func TestDisputesAreHeardOfOnce(t *testing.T) {
	each(t, func(s *shop) {
		told := s.disputes()
		s.pay("ord_1")
		s.stripe.Shuffle(2)
		s.stripe.Duplicate(2)
		s.stripe.Dispute("ord_1")
		s.rest()
		s.stripe.Drop(10)
		s.stripe.Settle(true)
		s.rest()
		s.ok(s.Nightly(s.Context()))
		s.rest()
		if len(*told) != 2 {
			s.Errorf("the order was told %v", *told)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.HeldFor: -8490, payments.PSPFee: cardFee + disputeFee, payments.PSPBalance: 8490 - cardFee - disputeFee})
	})
}

// The buyer gets a part back, the seller the rest, and fees stay as agreed: to
// the cent, however often it is asked for.
func TestSharedMoneyAddsUp(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		for _, wrong := range []int64{-1, 7500, 8490} {
			if err := s.share("ord_1", wrong); !fault.Is(err, fault.Invalid) {
				s.Errorf("%d: %v", wrong, err)
			}
		}
		s.ok(s.share("ord_1", 1501))
		s.ok(s.share("ord_1", 1501))
		if err := s.in(s.Refund, "ord_1"); !fault.Is(err, fault.Conflict) {
			s.Errorf("refunded what was shared: %v", err)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.HeldFor: -1501, payments.SellerPayable: -5999, payments.ShippingPayable: -590,
			payments.PlatformFee: -400, payments.PSPFee: cardFee, payments.PSPBalance: 8490 - cardFee})
		s.rest()
		s.state("ord_1", payments.Released)
		s.sound(map[payments.LedgerAccount]int64{payments.ShippingPayable: -590, payments.PlatformFee: -400, payments.PSPFee: cardFee, payments.PSPBalance: 990 - cardFee})
		got := map[string]money.Amount{}
		for _, x := range s.told {
			got[x.Key] = x.Args["Amount"].(money.Amount)
		}
		if len(s.told) != 2 || got["payments.part_sent"] != money.EUR(1501) || got["payments.payout_sent"] != money.EUR(5999) {
			s.Errorf("told: %+v", s.told)
		}
	})
}

// A seller who has not finished their details waits for their half; the buyer
// does not.
func TestHalvesGoByThemselves(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.ok(s.share("ord_1", 1000))
		s.rest()
		s.state("ord_1", payments.Releasing)
		if got := s.moved("ord_1"); got != "refund sent;payout waiting;" && got != "payout waiting;refund sent;" {
			s.Errorf("moved %s", got)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.SellerPayable: -6500, payments.ShippingPayable: -590, payments.PlatformFee: -400,
			payments.PSPFee: cardFee, payments.PSPBalance: 7490 - cardFee})
		s.onboard()
		s.rest()
		s.state("ord_1", payments.Released)
	})
}

// Every night the books are compared with the provider's. What was taken out to
// our own bank is known; what nobody knows of is told, and not mended.
func TestTheNightlyComparison(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.stripe.Withdraw(100)
		agreed := func(off int64) {
			s.Helper()
			s.clock.Move(24 * time.Hour)
			s.ok(s.Nightly(s.Context()))
			cs, err := s.Compared(s.Context())
			s.ok(err)
			if len(cs) != 1 || cs[0].Off() != money.EUR(off) || cs[0].At != s.clock.Now() {
				s.Errorf("compared: %+v, want it off by %d", cs, off)
			}
		}
		agreed(0)
		_, err := s.Provider.Return(s.Context(), payments.Sending{Key: "by hand", OrderID: "ord_1", Charge: s.charge("ord_1"), Amount: money.EUR(500)})
		s.ok(err)
		s.rest()
		agreed(-500)
		agreed(-500)
		ps, err := s.Postings(s.Context(), "ord_1")
		s.ok(err)
		if len(ps) != 2 {
			s.Errorf("a machine mended the books: %+v", ps)
		}
	})
}

// A fee that the provider says late is posted by the nightly look.
func TestLateFeesArePosted(t *testing.T) {
	each(t, func(s *shop) {
		s.Provider = &lateFee{Provider: s.Provider, late: true}
		s.pay("ord_1")
		s.Provider.(*lateFee).late = false
		s.ok(s.Nightly(s.Context()))
		s.sound(map[payments.LedgerAccount]int64{payments.HeldFor: -8490, payments.PSPFee: cardFee, payments.PSPBalance: 8490 - cardFee})
		cs, err := s.Compared(s.Context())
		s.ok(err)
		if len(cs) != 1 || !cs[0].Agree() {
			s.Errorf("compared: %+v", cs)
		}
	})
}

// lateFee is a provider that does not say its fee at first.
type lateFee struct {
	payments.Provider
	late bool
}

func (l *lateFee) Session(ctx context.Context, id string) (payments.Session, error) {
	v, err := l.Provider.Session(ctx, id)
	if l.late {
		v.Paid.Fee.Minor = 0
	}
	return v, err
}

// charge is the provider's name for what paid an order.
func (s *shop) charge(order string) (id string) {
	s.Helper()
	s.ok(s.d.Get(s.Context(), &id, `SELECT charge_id FROM payments WHERE order_id = ?`, order))
	return id
}
