package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// Who pays in an app in the last minute gets the thing, although the provider
// confirms it only after the time to pay is over; who then does not pay after all
// loses it as everybody does.
func TestPaidInTheLastMinute(t *testing.T) {
	for outcome, want := range map[string]orders.State{stripe.Slow: orders.Paid, stripe.SlowNo: orders.Expired} {
		t.Run(outcome, func(t *testing.T) {
			orderstest.Each(t, func(m *orderstest.Market) {
				o := m.Bought()
				url, err := m.PayURL(m.Context(), o.ID, m.Noora.ID, "https://kierto.example"+o.URL())
				m.OK(err)
				due := m.Owes(o, "pay", string(m.Noora.ID)).DueAt
				m.Clock.Set(due.Add(-5 * time.Second))
				m.OK(m.Stripe.PayWallet(url[strings.LastIndex(url, "/")+1:], "mobilepay", outcome))
				m.Rest()
				m.Money(o, payments.Processing)
				m.Clock.Set(due.Add(time.Second))
				m.SweepOrders()
				m.Is(o, orders.PendingPayment)
				m.Listing(listings.Reserved)
				if _, err := m.Tries(o, orders.Buyer, orders.Cancel, orders.Input{}); err == nil {
					m.Error("cancelled while it is being paid")
				}
				m.Later(6 * time.Minute)
				m.OK(m.Payments.LookAtAll(m.Context()))
				m.Rest()
				m.Later(6 * time.Minute)
				m.Is(o, want)
				m.Sound()
			})
		})
	}
}
