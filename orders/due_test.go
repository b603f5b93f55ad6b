package orders_test

import (
	"testing"
	"time"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// However often an operator gives more time, a trade's deadline stays far enough
// from the day on which the money can be held no longer.
func TestNoDeadlineOutlivesTheHold(t *testing.T) {
	orderstest.Each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		paid := m.Clock.Now()
		for range 6 {
			o = m.Does(o, orders.Operator, orders.Extend, orders.Input{Days: 14, Note: "Anna on sairaana."})
		}
		x, err := turn.Get(m.Context(), m.DB, o.Turn)
		m.OK(err)
		if most := paid.Add(orders.LateAfter + 5*24*time.Hour); most.Before(x.DueAt) {
			m.Errorf("due %s after the payment", x.DueAt.Sub(paid))
		}
	})
}
