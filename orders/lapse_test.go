package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// They never meet: the trade is cancelled and everything goes back.
func TestTheyNeverMeet(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		m.Later(6 * day)
		m.Is(o, orders.AwaitingHandover)
		m.Later(2 * day)
		m.Is(o, orders.Cancelled)
		m.Listing(listings.Live)
		m.Money(o, payments.Refunding, payments.Refunded)
		m.Sound()
	})
}

// A lapse meant for an earlier turn, or come too early, does nothing.
func TestAStaleLapseDoesNothing(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.OK(m.Lapse(m.Context(), o.ID, o.Version)) // too early
		m.Is(o, orders.Paid)
		m.Does(o, orders.Seller, orders.Extend, orders.Input{Days: 2})
		m.Clock.Move(60 * day)
		m.OK(m.Lapse(m.Context(), o.ID, o.Version)) // of the turn before the extension
		m.Is(o, orders.Paid)
		m.OK(m.Lapse(m.Context(), o.ID, m.Now(o).Version))
		m.Is(o, orders.Cancelled)
		m.OK(m.Lapse(m.Context(), o.ID, m.Now(o).Version)) // again
		m.Sound()
	})
}

// Whether somebody was reached is what messaging knows: a reminder that was
// really delivered counts, none does not.
func TestReachedIsWhatMessagingKnows(t *testing.T) {
	for _, reminded := range []bool{false, true} {
		name := map[bool]string{false: "never reminded", true: "reminded"}[reminded]
		t.Run(name, func(t *testing.T) {
			lite(t, func(m *orderstest.Market) {
				m.Reached = m.Messages.Delivered
				o := m.PaidFor()
				owed := m.Owes(o, turn.Ship, string(m.Anna.ID))
				if reminded {
					m.OK(m.DB.InTx(m.Context(), func(tx *db.Tx) error {
						return m.Messages.Tell(m.Context(), tx, messaging.Telling{To: m.Anna.ID, Topic: messaging.TopicNudge,
							Key: "nudges.ship_last", URL: o.URL(), Turn: owed.ID, Step: "last", Warning: true, Dedupe: "one",
							Args: map[string]any{"Title": o.Title, "Other": m.Noora.ID, "Due": owed.DueAt, "Total": o.Total(), "Item": o.Item()}})
					}))
					m.Rest()
				}
				m.Later(8 * day)
				if reminded {
					m.Is(o, orders.Cancelled)
				} else {
					m.Owes(m.Is(o, orders.Paid), turn.Ship, turn.Operator)
				}
				m.Sound()
			})
		})
	}
}

// Scans come late, twice and out of order; the trade only ever goes forward.
func TestScansOutOfOrder(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.OK(m.Carrier.Cue(o.Ref, "collect"))
		m.Clock.Move(3 * day) // everything happened while nobody looked
		_, err := m.Shipping.Poll(m.Context())
		m.OK(err)
		m.Rest()
		o = m.Is(o, orders.Delivered)
		if o.PostedAt.IsZero() || o.ReceivedAt.IsZero() {
			m.Errorf("posted %s, received %s", o.PostedAt, o.ReceivedAt)
		}
		if left := m.Owes(o, turn.Confirm, string(m.Noora.ID)).DueAt.Sub(m.Clock.Now()); left < day {
			m.Errorf("only %s are left to look at it", left)
		}
		m.Sound()
	})
}

// The job that says that the money is here is lost. The order goes on all the
// same, at the latest when its time to pay is over.
func TestMoneyNobodyTellsOfIsNoticed(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Bought()
		url, err := m.PayURL(m.Context(), o.ID, o.Buyer, "https://kierto.example"+o.URL())
		m.OK(err)
		m.OK(m.Stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"}))
		m.OK(m.Payments.Look(m.Context(), string(o.ID)))
		_, err = m.DB.Do(m.Context(), `DELETE FROM river_job WHERE kind = 'payments.settled'`)
		m.OK(err)
		m.Rest()
		m.Is(o, orders.PendingPayment)
		m.Later(31 * time.Minute)
		m.Is(o, orders.Paid)
		m.Sound()
	})
}
