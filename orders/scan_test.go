package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/shipping"
)

// Whatever order sightings are heard in, the trade ends where the parcel is.
func TestScansInAnyOrder(t *testing.T) {
	codes := []shipping.ScanCode{shipping.ScanAccepted, shipping.ScanReturning, shipping.ScanReturned}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}, {1, 0, 2}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			m := orderstest.Open(t, testdb.SQLite(t))
			o := m.PaidFor()
			p, _, err := m.Shipping.Of(m.Context(), m.DB, string(o.ID), false)
			m.OK(err)
			var scans []shipping.Scan
			for i, c := range codes {
				scans = append(scans, shipping.Scan{Code: c, At: m.Clock.Now().Add(time.Duration(i) * time.Hour)})
			}
			m.Clock.Move(6 * time.Hour)
			m.OK(m.Shipping.Seen(m.Context(), p.ID, scans))
			for _, i := range order {
				m.OK(m.Scanned(m.Context(), shipping.Scanned{OrderID: string(o.ID), ParcelID: p.ID, Code: scans[i].Code, At: scans[i].At}))
			}
			m.Owes(m.Is(o, orders.Returned), turn.ConfirmReturn, string(m.Anna.ID))
			m.Rest()
			m.Sound()
		})
	}
}

// What a seller reports of a return is told in words; the buyer's claim stays.
func TestASellersReportKeepsTheClaim(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := returnPending(m)
		m.Does(o, orders.Buyer, orders.SendBack, orders.Input{})
		_, err := m.DB.Do(m.Context(), `UPDATE orders SET state = 'returned' WHERE id = ?`, o.ID)
		m.OK(err)
		o = m.Does(o, orders.Seller, orders.Report, orders.Input{Claim: "purple", Note: "Satula ei ole sama."})
		if m.Is(o, orders.InReview).Claim != orders.Broken {
			t.Errorf("the claim is %q", o.Claim)
		}
	})
}

// What the seller says is posted waits for the carrier: nobody may ask to cancel
// it meanwhile, and more time is the carrier's, not a second turn of the seller's.
func TestSaidToBePostedStaysWithTheCarrier(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Does(m.PaidFor(), orders.Seller, orders.Ship, orders.Input{})
		m.Owes(o, turn.Deliver, turn.Carrier)
		_, err := m.Tries(o, orders.Buyer, orders.RequestCancel, orders.Input{})
		m.Wants(err, "orders.too_late")
		m.Does(o, orders.Operator, orders.Extend, orders.Input{Days: 3, Note: "Posti lakkoilee."})
		m.Owes(m.Is(o, orders.Paid), turn.Deliver, turn.Carrier)
		m.Sound()
	})
}

// Nothing is called off under a parcel that the carrier has, though nobody was
// told of it yet: it is asked first.
func TestTheCarrierIsAskedBeforeTheEnd(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Later(4 * day) // the promise is broken
		m.OK(m.Carrier.Cue(o.Ref, "drop"))
		m.Clock.Move(2 * time.Minute)
		_, err := m.Tries(o, orders.Buyer, orders.Cancel, orders.Input{})
		m.Wants(err, "orders.too_late")
		m.Owes(m.Is(o, orders.Shipped), turn.Deliver, turn.Carrier)
		m.Rest()
		m.Sound()
	})
}

// The same in the last minute before the clock would cancel it.
func TestPostedInTheLastMinute(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		due := m.Owes(o, turn.Ship, string(m.Anna.ID)).DueAt
		m.Clock.Set(due.Add(-time.Minute))
		m.OK(m.Carrier.Cue(o.Ref, "drop"))
		m.Clock.Set(due.Add(time.Second))
		m.SweepOrders()
		m.Is(o, orders.Shipped)
		m.Rest()
		m.Sound()
	})
}
