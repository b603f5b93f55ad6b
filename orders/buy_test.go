package orders_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/shipping"
)

// A doubled click is one order, one reservation, one charge.
func TestADoubledClickBuysOnce(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		var wg sync.WaitGroup
		got := make([]orders.Order, 8)
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = m.Buy(m.Context(), m.Purchase()); err != nil {
					m.Errorf("click %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		for _, o := range got {
			if o.ID != got[0].ID {
				m.Errorf("two orders: %s and %s", o.ID, got[0].ID)
			}
		}
		m.Sound()
	})
}

// The back button and another way: the new checkout takes the place of the
// unpaid one; the same way is the same order.
func TestTheBackButton(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		first := m.Bought()
		same := m.Bought(func(p *orders.Purchase) { p.Key = "checkout-2" })
		if same.ID != first.ID {
			m.Error("the same checkout made another order")
		}
		second := m.Bought(func(p *orders.Purchase) { p.Key = "checkout-3"; p.Method = shipping.Home })
		if second.ID == first.ID || second.ShipMinor != 1290 {
			m.Errorf("another way: %+v", second)
		}
		m.Is(first, orders.Cancelled)
		m.Is(second, orders.PendingPayment)
		m.PayPage(second)
		again := m.Bought(func(p *orders.Purchase) { p.Key = "checkout-4" })
		if again.ID != second.ID {
			m.Error("bought twice")
		}
		m.Sound()
	})
}

// Who comes back to the very page they bought from and mends their address buys
// with the new one, and the page of the old payment is closed.
func TestTheSamePageWithAnotherAddress(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		first := m.Bought()
		old, err := m.PayURL(m.Context(), first.ID, m.Noora.ID, "https://kierto.example"+first.URL())
		m.OK(err)
		second := m.Bought(func(p *orders.Purchase) { p.Address.Street = "Kauppakatu 13" })
		if second.ID == first.ID || second.Address().Street != "Kauppakatu 13" {
			m.Errorf("it goes to %+v", second.Address())
		}
		m.Rest()
		m.Is(first, orders.Cancelled)
		if m.Stripe.PayCard(old[strings.LastIndex(old, "/")+1:], stripe.Card{Number: "4242424242424242"}) == nil {
			m.Error("the old page can still be paid")
		}
		m.PayPage(second)
		m.Is(second, orders.Paid)
		m.Sound()
	})
}

// Who may not buy is told why, kindly.
func TestWhoMayNotBuy(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		_, err := m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Buyer = m.Anna.ID }))
		m.Wants(err, "orders.own")
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Address = shipping.Address{} }))
		m.Wants(err, "accounts.street_missing")
		m.Wants(err, "orders.phone_missing")
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Carrier = "pigeon" }))
		m.Wants(err, "shipping.no_such_way")
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Seen = money.EUR(100) }))
		m.Wants(err, "orders.price_changed")
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Key = "x" }))
		m.Wants(err, "web.broken_form")
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Listing = "lst_nothing" }))
		if !fault.Is(err, fault.Missing) {
			m.Errorf("a listing that is not there: %v", err)
		}
		m.Listing(listings.Live)
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		m.OK(m.Messages.Block(m.Context(), m.Anna.ID, mikko.ID))
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Buyer = mikko.ID }))
		m.Wants(err, "orders.blocked")
		m.OK(m.DB.InTx(m.Context(), func(tx *db.Tx) error { return m.Accounts.Suspend(m.Context(), tx, m.Salla.ID, m.Noora.ID, "testi") }))
		_, err = m.Buy(m.Context(), m.Purchase())
		m.Wants(err, "orders.suspended")
		m.Sound()
	})
}

// The second buyer is told that somebody was faster.
func TestTheSecondBuyer(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		m.Bought()
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		_, err := m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Buyer = mikko.ID }))
		m.Wants(err, "listings.gone")
	})
}

// 200 buyers, one saddle, on PostgreSQL: one order; everybody else is told.
func TestTwoHundredBuyers(t *testing.T) {
	t.Parallel()
	m := orderstest.Open(t, testdb.Postgres(t))
	const buyers = 200
	people := make([]accounts.User, buyers)
	for i := range people {
		people[i] = accountstest.Person(t, m.Accounts, fmt.Sprintf("Ostaja %d", i))
	}
	var won, told atomic.Int64
	var wg sync.WaitGroup
	for i, p := range people {
		wg.Go(func() {
			_, err := m.Buy(m.Context(), m.Purchase(func(x *orders.Purchase) { x.Buyer = p.ID; x.Key = fmt.Sprintf("checkout-%d", i) }))
			switch {
			case err == nil:
				won.Add(1)
			case fault.Is(err, fault.Conflict):
				told.Add(1)
			default:
				t.Errorf("buyer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || told.Load() != buyers-1 {
		t.Errorf("%d bought and %d were told", won.Load(), told.Load())
	}
	m.Sound()
}

// Two moves at once: one wins, the other reads what happened.
func TestTwoMovesAtOnce(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Does(o, orders.Seller, orders.Extend, orders.Input{Days: 1}) // now the buyer may leave at once
		var wg sync.WaitGroup
		var errs [6]error
		for i := range errs {
			wg.Go(func() {
				if i%2 == 0 {
					_, errs[i] = m.Tries(o, orders.Buyer, orders.Cancel, orders.Input{})
				} else {
					_, errs[i] = m.Tries(o, orders.Seller, orders.Cancel, orders.Input{})
				}
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				m.Wants(err, "orders.too_late")
				if m.Noora.Speaker(m.Clock.Now()).Fault(fault.As(err)[0]) == "" {
					m.Error("the loser reads nothing")
				}
			}
		}
		if won != 1 {
			m.Errorf("%d moves won", won)
		}
		m.Rest()
		m.Is(o, orders.Cancelled)
		m.Sound()
	})
}

// A trade is its parties' alone.
func TestOthersTradesDoNotExist(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		missing := func(err error, what string) {
			m.Helper()
			if !fault.Is(err, fault.Missing) {
				m.Errorf("%s by a stranger: %v", what, err)
			}
		}
		_, _, err := m.For(m.Context(), m.DB, o.ID, mikko.ID)
		missing(err, "looking")
		for _, who := range []orders.Actor{orders.Buyer, orders.Seller} {
			for _, ev := range orders.Events() {
				in := orders.Input{Days: 1, Code: "123456", Claim: orders.Broken, Note: "x", Back: 1}
				_, err := m.Move(m.Context(), o.ID, ev, orders.Who{Actor: who, User: mikko.ID}, in)
				missing(err, string(ev))
			}
		}
		_, err = m.PayURL(m.Context(), o.ID, mikko.ID, "x")
		missing(err, "paying")
		_, err = m.PayURL(m.Context(), o.ID, m.Anna.ID, "x")
		missing(err, "paying")
		missing(m.WriteReview(m.Context(), o.ID, mikko.ID, orders.Good, ""), "a review")
		missing(m.PlanPosting(m.Context(), o.ID, mikko.ID, m.Clock.Now()), "a plan")
		_, err = m.Move(m.Context(), "ord_nothing", orders.Cancel, orders.Who{Actor: orders.Buyer, User: mikko.ID}, orders.Input{})
		missing(err, "an order that is not there")
		m.Is(o, orders.Paid)
	})
}

// The buyer's protection is 4 %, at least 70 cents, and every part adds up.
func TestTheFee(t *testing.T) {
	t.Parallel()
	for item, fee := range map[int64]int64{7500: 300, 100: 70, 1750: 70, 1763: 71, 100000: 4000, 1: 70} {
		if got := orders.Fee(money.EUR(item)).Minor; got != fee {
			t.Errorf("the fee of %d is %d, want %d", item, got, fee)
		}
		p := orders.PriceOf(money.EUR(item), money.EUR(690))
		if p.Total.Minor != item+690+fee {
			t.Errorf("%+v does not add up", p)
		}
	}
}
