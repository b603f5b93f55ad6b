package orders_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// Data that breaks a promise is found.
func TestBrokenPromisesAreFound(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Sound()
		for what, harm := range map[string]struct{ break_, mend string }{
			"exactly one open turn":  {`UPDATE turns SET subject = 'ord_other' WHERE subject = ?`, `UPDATE turns SET subject = ? WHERE subject = 'ord_other'`},
			"is reserved":            {`UPDATE listings SET state = 'live' WHERE id = (SELECT listing_id FROM orders WHERE id = ?)`, `UPDATE listings SET state = 'reserved' WHERE id = (SELECT listing_id FROM orders WHERE id = ?)`},
			"where the order stands": {`UPDATE orders SET state = 'shipped' WHERE id = ?`, `UPDATE orders SET state = 'paid' WHERE id = ?`},
		} {
			_, err := m.DB.Do(m.Context(), harm.break_, o.ID)
			m.OK(err)
			rs, err := m.Check(m.Context())
			m.OK(err)
			found := false
			for _, r := range rs {
				found = found || strings.Contains(r.Name, what) && !r.OK()
			}
			if !found {
				m.Errorf("nobody noticed: %s", what)
			}
			_, err = m.DB.Do(m.Context(), harm.mend, o.ID)
			m.OK(err)
		}
		m.Does(o, orders.Seller, orders.Cancel, orders.Input{})
		m.Sound()
	})
}
