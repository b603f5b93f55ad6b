package payments_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/payments"
)

// Every message twice and in reverse order changes nothing.
func TestMessagesComeTwiceAndInAnyOrder(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		s.stripe.Shuffle(2)
		s.stripe.Duplicate(2)
		s.ok(s.stripe.PayWallet(session(s.page("ord_1")), "mobilepay", stripe.Slow))
		s.clock.Move(time.Minute)
		time.Sleep(150 * time.Millisecond)
		s.rest()
		s.state("ord_1", payments.Held)
		s.stripe.Resend("checkout.session.completed")
		s.rest()
		s.sound(map[payments.LedgerAccount]int64{payments.PSPBalance: 8294, payments.PSPFee: 196, payments.HeldFor: -8490})
		if len(s.settled) != 1 {
			s.Fatalf("told: %+v", s.settled)
		}
	})
}

// An old message about an open page does not undo a payment.
func TestOldNewsIsIgnored(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.ok(s.in(s.Refund, "ord_1"))
		s.rest()
		s.stripe.Resend("checkout.session.completed")
		s.stripe.Resend("charge.refunded")
		s.rest()
		s.state("ord_1", payments.Refunded)
		s.sound(refunded)
	})
}

// A message that we fail to answer comes again and is worked once.
func TestUnansweredMessagesComeAgain(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		s.mu.Lock()
		s.deaf = true
		s.mu.Unlock()
		s.ok(s.stripe.PayCard(session(s.page("ord_1")), stripe.Card{Number: card}))
		time.Sleep(30 * time.Millisecond)
		s.mu.Lock()
		s.deaf = false
		s.mu.Unlock()
		s.rest()
		s.sound(held)
	})
}

// A seller who has not finished their details finds the money waiting; once
// they have, it is sent.
func TestMoneyWaitsForTheSellersDetails(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		e, err := s.EarningsOf(s.Context(), anna)
		s.ok(err)
		if got := s.moved("ord_1"); got != "payout waiting;" || e.Waiting.Minor != 7500 || e.Account.ID != "" {
			s.Fatalf("%s %+v", got, e)
		}
		open, err := turn.OpenOf(s.Context(), s.d, string(anna))
		s.ok(err)
		if len(open) != 1 || open[0].Kind != turn.PayoutDetails || open[0].Owner != string(anna) {
			s.Fatalf("turns: %+v", open)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.PSPBalance: 8338, payments.PSPFee: 152, payments.SellerPayable: -7500,
			payments.ShippingPayable: -590, payments.PlatformFee: -400})
		s.onboard()
		s.state("ord_1", payments.Released)
		s.sound(released)
		if open, err = turn.OpenOf(s.Context(), s.d, string(anna)); err != nil || len(open) != 0 {
			s.Fatalf("turns: %+v %v", open, err)
		}
		if e, err = s.EarningsOf(s.Context(), anna); err != nil || e.Sent.Minor != 7500 || !e.Account.Ready || e.Payouts[0].Title != "Wintec satula" {
			s.Fatalf("%+v %v", e, err)
		}
	})
}

// The transfer is made but its answer is lost, and by the next try the provider
// has forgotten the key: the transfer is found, not made again.
func TestAForgottenKeyPaysNobodyTwice(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		s.stripe.Trouble(stripe.Trouble{Kind: stripe.Lose, Match: "POST /v1/transfers", Times: 3})
		s.ok(s.in(s.Release, "ord_1"))
		if err := s.Jobs.Drain(s.Context()); err == nil {
			s.Fatal("no answer was lost")
		}
		s.state("ord_1", payments.Releasing)
		s.clock.Move(30 * time.Hour)
		s.rest()
		s.sound(released)
	})
}

// The same for a refund.
func TestAForgottenKeyRefundsNobodyTwice(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		s.stripe.Trouble(stripe.Trouble{Kind: stripe.Lose, Match: "POST /v1/refunds", Times: 3})
		s.ok(s.in(s.Refund, "ord_1"))
		if err := s.Jobs.Drain(s.Context()); err == nil {
			s.Fatal("no answer was lost")
		}
		s.clock.Move(30 * time.Hour)
		s.rest()
		s.sound(refunded)
	})
}

// The process dies between the provider's answer and our commit: the next run
// records what was done.
func TestADeathBeforeTheCommitPaysNobodyTwice(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		dying := &dyingProvider{Provider: s.Provider}
		s.Provider = dying
		s.ok(s.in(s.Release, "ord_1"))
		if err := s.Jobs.Drain(s.Context()); err == nil || dying.paid != 1 {
			s.Fatalf("died %d times: %v", dying.paid, err)
		}
		s.Provider = dying.Provider
		s.clock.Move(48 * time.Hour)
		s.rest()
		s.sound(map[payments.LedgerAccount]int64{payments.PSPBalance: 838, payments.PSPFee: 152,
			payments.ShippingPayable: -590, payments.PlatformFee: -400})
	})
}

// dyingProvider pays, and then the process is as good as dead.
type dyingProvider struct {
	payments.Provider
	paid int
}

func (d *dyingProvider) Pay(ctx context.Context, m payments.Sending) (string, error) {
	d.paid++
	if _, err := d.Provider.Pay(ctx, m); err != nil {
		return "", err
	}
	return "", errors.New("killed")
}

// While the provider fails or hangs nothing is lost: what was promised is sent
// when it is back.
func TestAFailingProviderOnlyDelays(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		s.stripe.Trouble(stripe.Trouble{Kind: stripe.Fail, Times: 6})
		s.ok(s.in(s.Release, "ord_1"))
		for range 2 {
			if err := s.Jobs.Drain(s.Context()); err == nil {
				s.Fatal("the provider did not fail")
			}
		}
		if got := s.moved("ord_1"); got != "payout promised;" {
			s.Fatal(got)
		}
		s.rest()
		s.sound(released)
	})
}

// Money that the provider refuses for good is shown, and sent once a person has
// seen to it.
func TestRefusedMoneyIsShown(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		refusing := &refusingProvider{Provider: s.Provider}
		s.Provider = refusing
		s.ok(s.in(s.Release, "ord_1"))
		s.ok(s.Jobs.Drain(s.Context()))
		ms, err := s.MovementsOf(s.Context(), s.d, "ord_1")
		s.ok(err)
		if len(ms) != 1 || ms[0].State != payments.Broken || !strings.Contains(ms[0].Reason, "closed") {
			s.Fatalf("%+v", ms)
		}
		rs, err := s.Check(s.Context())
		s.ok(err)
		shown := 0
		for _, r := range rs {
			shown += len(r.Broken)
		}
		if shown != 1 {
			s.Fatalf("check: %+v", rs)
		}
		s.Provider = refusing.Provider
		s.ok(s.d.InTx(s.Context(), func(tx *db.Tx) error { return s.Retry(s.Context(), tx, ms[0].ID) }))
		s.rest()
		s.sound(released)
	})
}

// refusingProvider refuses to pay.
type refusingProvider struct{ payments.Provider }

func (*refusingProvider) Pay(context.Context, payments.Sending) (string, error) {
	return "", errors.Join(payments.ErrRefused, errors.New("the account is closed"))
}

// Many workers carry the same promise out at once: one transfer.
func TestManyWorkersMakeOneTransfer(t *testing.T) {
	each(t, func(s *shop) {
		s.onboard()
		s.pay("ord_1")
		s.ok(s.in(s.Release, "ord_1"))
		ms, err := s.MovementsOf(s.Context(), s.d, "ord_1")
		s.ok(err)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { s.ok(s.CarryOut(s.Context(), ms[0].ID)) })
		}
		wg.Wait()
		s.rest()
		s.sound(released)
		if len(s.told) != 1 {
			s.Fatalf("told %d times", len(s.told))
		}
	})
}

// An order paid twice, on two pages, keeps one payment and gives the other back.
func TestTheSecondPaymentGoesBack(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		lost := s.page("ord_1")
		_, err := s.d.Do(s.Context(), `UPDATE payments SET state = 'opening', session_id = '', pay_url = '', asked_until = 0`)
		s.ok(err) // as if the first page's address had never been kept
		again := s.page("ord_1")
		if again == lost {
			s.Fatal("the same page")
		}
		s.ok(s.stripe.PayCard(session(lost), stripe.Card{Number: card}))
		s.rest()
		s.ok(s.stripe.PayCard(session(again), stripe.Card{Number: card}))
		s.rest()
		s.state("ord_1", payments.Held)
		if got := s.moved("ord_1"); got != "stray sent;" || len(s.settled) != 1 {
			s.Fatalf("%s %+v", got, s.settled)
		}
		s.sound(map[payments.LedgerAccount]int64{payments.PSPBalance: 8338 - 152, payments.PSPFee: 304, payments.HeldFor: -8490})
	})
}

// The invariants notice what they are there for.
func TestCheckNotices(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		for _, c := range []struct{ spoil, mend, want string }{
			{`UPDATE payments SET amount = amount + 1`, `UPDATE payments SET amount = amount - 1`, "held + released (fees included) + refunded"},
			{`UPDATE payments SET state = 'refunding'`, `UPDATE payments SET state = 'held'`, "everything leaving"},
			{`UPDATE payments SET order_id = 'x'`, `UPDATE payments SET order_id = 'ord_1'`, "without a payment"},
			{`INSERT INTO postings (id, kind, external_ref, order_id, at) VALUES ('pst_0', 'captured', 'ch_0', 'ord_1', 0)`, ``, "every posting"},
		} {
			_, err := s.d.Do(s.Context(), c.spoil)
			s.ok(err)
			rs, err := s.Check(s.Context())
			s.ok(err)
			found := false
			for _, r := range rs {
				found = found || !r.OK() && strings.Contains(r.Name, c.want)
			}
			if !found {
				s.Errorf("%s: nothing noticed", c.spoil)
			}
			if c.mend != "" {
				_, err = s.d.Do(s.Context(), c.mend)
				s.ok(err)
			}
		}
	})
}

// Money that somebody moves on the provider's own pages does not go unnoticed.
func TestMoneyMovedWithoutUsIsNamed(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		for _, e := range []string{"charge.refunded", "transfer.created", "account.updated"} {
			_, err := s.DB.Do(s.Context(), `INSERT INTO webhook_events (id, kind, object_id, received_at) VALUES (?, ?, ?, ?)`,
				"evt_"+e, e, "obj_"+e, s.clock.Now())
			s.ok(err)
		}
		named := func() (ids []string) {
			results, err := s.Check(s.Context())
			s.ok(err)
			for _, r := range results {
				ids = append(ids, r.Broken...)
			}
			return ids
		}
		if ids := named(); len(ids) != 0 {
			s.Fatalf("named at once: %v", ids)
		}
		s.clock.Move(49 * time.Hour)
		if ids := named(); !slices.Equal(ids, []string{"evt_charge.refunded", "evt_transfer.created"}) {
			s.Fatalf("named: %v", ids)
		}
	})
}

// The job that closes a voided payment's page is lost, and so is the message
// about whoever pays there in spite of that: the money is noticed and goes back.
func TestALostClosingLosesNoMoney(t *testing.T) {
	each(t, func(s *shop) {
		s.begin("ord_1")
		page := s.page("ord_1")
		s.ok(s.in(s.Void, "ord_1"))
		_, err := s.d.Do(s.Context(), `DELETE FROM river_job WHERE kind = 'payments.shut'`)
		s.ok(err)
		s.mu.Lock()
		s.deaf = true
		s.mu.Unlock()
		s.ok(s.stripe.PayCard(session(page), stripe.Card{Number: card}))
		s.clock.Move(6 * time.Minute)
		s.ok(s.LookAtAll(s.Context()))
		s.ok(s.Jobs.Drain(s.Context()))
		s.state("ord_1", payments.Refunded)
		s.sound(refunded)
	})
}
