package orders_test

import (
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// They never meet: the trade is cancelled and everything goes back.
func TestTheyNeverMeet(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid(inPerson)
		m.later(6 * day)
		m.is(o, orders.AwaitingHandover)
		m.later(2 * day)
		m.is(o, orders.Cancelled)
		m.listing(listings.Live)
		m.money(o, payments.Refunding, payments.Refunded)
		m.sound()
	})
}

// A lapse meant for an earlier turn, or come too early, does nothing.
func TestAStaleLapseDoesNothing(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid()
		m.ok(m.Lapse(m.Context(), o.ID, o.Version)) // too early
		m.is(o, orders.Paid)
		m.does(o, orders.Seller, orders.Extend, orders.Input{Days: 2})
		m.clock.Move(60 * day)
		m.ok(m.Lapse(m.Context(), o.ID, o.Version)) // of the turn before the extension
		m.is(o, orders.Paid)
		m.ok(m.Lapse(m.Context(), o.ID, m.now(o).Version))
		m.is(o, orders.Cancelled)
		m.ok(m.Lapse(m.Context(), o.ID, m.now(o).Version)) // again
		m.sound()
	})
}

// Whether somebody was reached is what messaging knows: a reminder that was
// really delivered counts, none does not.
func TestReachedIsWhatMessagingKnows(t *testing.T) {
	for _, reminded := range []bool{false, true} {
		name := map[bool]string{false: "never reminded", true: "reminded"}[reminded]
		t.Run(name, func(t *testing.T) {
			lite(t, func(m *market) {
				m.Reached = m.Messages.Delivered
				o := m.paid()
				owed := m.owes(o, turn.Ship, string(m.anna.ID))
				if reminded {
					m.ok(m.DB.InTx(m.Context(), func(tx *db.Tx) error {
						return m.Messages.Tell(m.Context(), tx, messaging.Telling{To: m.anna.ID, Topic: messaging.TopicNudge,
							Key: "nudges.ship_last", URL: o.URL(), Turn: owed.ID, Step: "last", Warning: true, Dedupe: "one",
							Args: map[string]any{"Title": o.Title, "Other": m.noora.ID, "Due": owed.DueAt, "Total": o.Total(), "Item": o.Item()}})
					}))
					m.rest()
				}
				m.later(8 * day)
				if reminded {
					m.is(o, orders.Cancelled)
				} else {
					m.owes(m.is(o, orders.Paid), turn.Ship, turn.Operator)
				}
				m.sound()
			})
		})
	}
}

// Scans come late, twice and out of order; the trade only ever goes forward.
func TestScansOutOfOrder(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.ok(m.carrier.Cue(o.Ref, "collect"))
		m.clock.Move(3 * day) // everything happened while nobody looked
		_, err := m.Shipping.Poll(m.Context())
		m.ok(err)
		m.rest()
		o = m.is(o, orders.Delivered)
		if o.PostedAt.IsZero() || o.ReceivedAt.IsZero() {
			m.Errorf("posted %s, received %s", o.PostedAt, o.ReceivedAt)
		}
		if left := m.owes(o, turn.Confirm, string(m.noora.ID)).DueAt.Sub(m.clock.Now()); left < day {
			m.Errorf("only %s are left to look at it", left)
		}
		m.sound()
	})
}
