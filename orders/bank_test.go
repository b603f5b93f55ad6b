package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// bank lets the buyer's bank dispute a trade's payment.
func bank(m *orderstest.Market, o orders.Order) orders.Order {
	m.Helper()
	if m.Stripe.Dispute(string(o.ID)) == "" {
		m.Fatal("nothing to dispute")
	}
	m.Rest()
	return m.Now(o)
}

// settle lets the bank decide.
func settle(m *orderstest.Market, won bool) {
	m.Helper()
	m.Stripe.Settle(won)
	m.Rest()
}

// Whatever a trade was doing stops while the bank has the money, and goes on
// when it gives it back.
func TestTheBankStopsATrade(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := bank(m, m.PaidFor())
		m.Owes(m.Is(o, orders.ChargedBack), turn.Rule, turn.Operator)
		for who, u := range map[string]string{"buyer": m.Keys(o, m.Noora), "seller": m.Keys(o, m.Anna)} {
			if strings.Count(u, "charge_back.payment") != 1 {
				t.Errorf("the %s reads %s", who, u)
			}
		}
		settle(m, true)
		m.Owes(m.Is(o, orders.Paid), turn.Ship, string(m.Anna.ID))
		m.Money(o, payments.Held)
		m.Cue(o, "collect")
		m.Does(o, orders.Buyer, orders.Complete, orders.Input{})
		m.Sound()
	})
}

// A parcel goes on while the bank has the money. Nothing moves by that; once the
// bank gives it back the trade is where the parcel is.
func TestTheParcelGoesOnMeanwhile(t *testing.T) {
	for cue, want := range map[string]orders.State{"drop": orders.Shipped, "arrive": orders.ReadyForPickup, "collect": orders.Delivered} {
		t.Run(cue, func(t *testing.T) {
			orderstest.Each(t, func(m *orderstest.Market) {
				o := bank(m, m.PaidFor())
				m.Cue(o, cue)
				m.Is(o, orders.ChargedBack)
				settle(m, true)
				m.Is(o, want)
				m.Sound()
			})
		})
	}
}

// A bank may take longer than an operator's deadline. The trade stays with the
// operator whatever its parcel does, so that nobody is paid what the bank takes.
func TestTheBankTakesItsTime(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := bank(m, m.PaidFor())
		m.Later(15 * 24 * time.Hour)
		m.Is(o, orders.InReview)
		m.Cue(o, "collect")
		m.Owes(m.Is(o, orders.InReview), turn.Rule, turn.Operator)
		settle(m, false)
		m.Does(o, orders.Operator, orders.Refund, orders.Input{Note: "Pankki päätti."})
		m.Money(m.Is(o, orders.Refunded), payments.Refunded)
		m.Sound()
	})
}

// A bank may want the money a second time: the trade stops again.
func TestTheBankWantsItTwice(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := bank(m, m.PaidFor())
		settle(m, true)
		m.Is(o, orders.Paid)
		o = bank(m, o)
		m.Is(o, orders.ChargedBack)
		settle(m, false)
		m.Does(o, orders.Operator, orders.Refund, orders.Input{Note: "Pankki päätti."})
		m.Money(m.Is(o, orders.Refunded), payments.Refunded)
		m.Sound()
	})
}

// A trade that was received, argued about or to be handed over goes on where it
// was.
func TestWhereATradeGoesOn(t *testing.T) {
	for want, begin := range map[orders.State]func(m *orderstest.Market) orders.Order{
		orders.Delivered: delivered, orders.InReview: disputed,
		orders.AwaitingHandover: func(m *orderstest.Market) orders.Order { return m.PaidFor(orderstest.InPerson) },
	} {
		t.Run(string(want), func(t *testing.T) {
			orderstest.Each(t, func(m *orderstest.Market) {
				o := bank(m, begin(m))
				settle(m, true)
				m.Is(o, want)
				m.Sound()
			})
		})
	}
}

// What the bank gave the buyer ends in a refund by an operator, and no second
// one by us.
func TestTheBankDecidesForTheBuyer(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := bank(m, m.PaidFor())
		if _, err := m.Tries(o, orders.Operator, orders.Refund, orders.Input{Note: "x"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("refunded before the bank decided: %v", err)
		}
		settle(m, false)
		m.Is(o, orders.ChargedBack)
		m.Does(o, orders.Operator, orders.Refund, orders.Input{Note: "Pankki päätti."})
		m.Rest()
		m.Money(m.Is(o, orders.Refunded), payments.Refunded)
		ms, err := m.Payments.MovementsOf(m.Context(), m.DB, string(o.ID))
		m.OK(err)
		if len(ms) != 1 || ms[0].State != payments.Sent {
			t.Errorf("movements: %+v", ms)
		}
		m.Listing(listings.Withdrawn)
		m.Sound()
	})
}

// After the end a dispute changes nothing for the two, and both may read of it.
func TestTheBankAfterTheEnd(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Does(delivered(m), orders.Buyer, orders.Complete, orders.Input{})
		m.Rest()
		bank(m, o)
		settle(m, false)
		m.Is(o, orders.Completed)
		for _, key := range []string{"charge_back.payment", "lose_back.payment"} {
			if got := m.Keys(o, m.Anna); strings.Count(got, key+".over") != 1 {
				t.Errorf("Anna reads %s", got)
			}
		}
		m.Sound()
	})
}

// Left to the clock, a trade at the bank comes to a person's ruling and then to
// its end, and its money still only once.
func TestTheClockAndTheBank(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := bank(m, m.PaidFor())
		m.Later(15 * day)
		m.Is(o, orders.InReview)
		m.Later(15 * day)
		m.Is(o, orders.Refunded)
		m.Money(o, payments.Refunding) // promised, and held back until the bank decides
		settle(m, false)
		m.Money(o, payments.Refunded)
		m.Sound()
	})
}
