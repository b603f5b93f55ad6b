package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// A whole trade: bought, paid, booked, posted, collected, confirmed, paid out,
// reviewed; each step seen by both, each turn owed by the right one.
func TestAWholeTrade(t *testing.T) {
	each(t, func(m *market) {
		o := m.buy()
		if o.TotalMinor != 7500+690+300 {
			m.Fatalf("the sum: %+v", o)
		}
		m.listing(listings.Reserved)
		m.owes(o, turn.Pay, string(m.noora.ID))
		m.payPage(o)
		o = m.is(o, orders.Paid)
		m.owes(o, turn.Ship, string(m.anna.ID))
		tr, err := m.Trade(m.Context(), m.DB, o.ID)
		m.ok(err)
		if tr.Parcel == nil || tr.Parcel.DropCode == "" || !tr.Facts.Tracked || tr.Payment.State != payments.Held {
			m.Fatalf("after paying: %+v %+v", tr.Parcel, tr.Facts)
		}
		m.cue(o, "drop")
		m.owes(m.is(o, orders.Shipped), turn.Deliver, turn.Carrier)
		m.later(25 * time.Hour)
		m.owes(m.is(o, orders.ReadyForPickup), turn.Collect, string(m.noora.ID))
		m.cue(o, "collect")
		m.owes(m.is(o, orders.Delivered), turn.Confirm, string(m.noora.ID))
		m.sound()
		m.does(o, orders.Buyer, orders.Complete, orders.Input{})
		m.is(o, orders.Completed)
		m.listing(listings.Sold)
		m.money(o, payments.Releasing, payments.Released)
		m.ok(m.WriteReview(m.Context(), o.ID, m.noora.ID, orders.Good, "Juuri kuten kuvissa."))
		m.ok(m.WriteReview(m.Context(), o.ID, m.anna.ID, orders.Good, ""))
		if rs, err := m.ReviewsAbout(m.Context(), m.anna.ID, 10); err != nil || len(rs) != 1 {
			m.Errorf("reviews: %+v, %v", rs, err)
		}
		if got, want := m.stream(o, m.noora), "begin pay.payment accept.carrier arrive.carrier deliver.carrier complete.buyer review review"; got != want {
			m.Errorf("the stream says %q, want %q", got, want)
		}
		m.sound()
	})
}

// In person the seller types the buyer's code; nothing else completes it.
func TestAHandover(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid(inPerson)
		m.owes(m.is(o, orders.AwaitingHandover), turn.HandOver, string(m.anna.ID))
		if len(o.Code) != 6 {
			m.Fatalf("the code is %q", o.Code)
		}
		_, err := m.tries(o, orders.Seller, orders.HandOver, orders.Input{Code: "nonsense"})
		m.wants(err, "orders.code_wrong")
		if m.now(o).CodeTries != 1 {
			m.Error("a wrong code was not counted")
		}
		m.does(o, orders.Seller, orders.HandOver, orders.Input{Code: " " + o.Code[:3] + " " + o.Code[3:]})
		m.is(o, orders.Completed)
		m.money(o, payments.Releasing, payments.Released)
		m.sound()
	})
}

// Five wrong codes, and a person looks; the right one is too late then.
func TestCodesCannotBeGuessed(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid(inPerson)
		for range 4 {
			_, err := m.tries(o, orders.Seller, orders.HandOver, orders.Input{Code: "000000x"})
			m.wants(err, "orders.code_wrong")
		}
		_, err := m.tries(o, orders.Seller, orders.HandOver, orders.Input{Code: "000000x"})
		m.wants(err, "orders.code_tries")
		m.owes(m.is(o, orders.InReview), turn.Rule, turn.Operator)
		_, err = m.tries(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		m.wants(err, "orders.too_late")
		m.does(o, orders.Operator, orders.Complete, orders.Input{Note: "Molemmat vahvistivat."})
		m.is(o, orders.Completed)
		m.sound()
	})
}

// Nobody pays: the order lapses and the thing is on sale again; money that
// comes all the same goes back.
func TestNobodyPays(t *testing.T) {
	each(t, func(m *market) {
		o := m.buy()
		_, err := m.PayURL(m.Context(), o.ID, m.noora.ID, "https://kierto.example"+o.URL())
		m.ok(err)
		m.later(29 * time.Minute)
		m.is(o, orders.PendingPayment)
		m.later(2 * time.Minute)
		m.is(o, orders.Expired)
		m.listing(listings.Live)
		m.sound()
	})
}

// Money that comes after the end is sent back, and said once.
func TestMoneyThatComesLate(t *testing.T) {
	each(t, func(m *market) {
		o := m.buy()
		url, err := m.PayURL(m.Context(), o.ID, m.noora.ID, "https://kierto.example"+o.URL())
		m.ok(err)
		_, err = m.tries(o, orders.Buyer, orders.Cancel, orders.Input{})
		m.ok(err)
		m.ok(m.stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"})) // the page was still open
		m.rest()
		m.ok(m.Settled(m.Context(), o.ID, true))
		m.is(o, orders.Cancelled)
		m.listing(listings.Live)
		m.money(o, payments.Refunding, payments.Refunded)
		if got, want := m.stream(o, m.noora), "begin cancel.buyer.unpaid pay_late.payment"; got != want {
			m.Errorf("the stream says %q, want %q", got, want)
		}
		m.sound()
	})
}

// The seller never posts: past the promise the buyer may leave, at the deadline
// the clock cancels, and everything goes back.
func TestTheSellerNeverPosts(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid()
		if _, err := m.tries(o, orders.Buyer, orders.Cancel, orders.Input{}); !fault.Is(err, fault.Conflict) {
			m.Fatalf("a buyer left before the promised day: %v", err)
		}
		m.later(4 * day) // Saturday
		tr, err := m.Trade(m.Context(), m.DB, o.ID)
		m.ok(err)
		if !tr.May(orders.Buyer, orders.Cancel) || tr.May(orders.Buyer, orders.RequestCancel) {
			m.Errorf("past the promise: %v", tr.Moves(orders.Buyer))
		}
		m.later(3*day + 8*time.Hour) // Tuesday 20.00, five business days later
		m.is(o, orders.Cancelled)
		m.listing(listings.Live)
		m.money(o, payments.Refunding, payments.Refunded)
		m.sound()
	})
}

// A lapse that costs somebody we did not reach passes the turn to an operator;
// the person may still do their part.
func TestWhoWasNotReachedLosesNothing(t *testing.T) {
	each(t, func(m *market) {
		m.unreached = true
		o := m.paid()
		m.later(8 * day)
		o = m.is(o, orders.Paid)
		got := m.owes(o, turn.Ship, turn.Operator)
		m.sound()
		m.cue(o, "drop")
		m.is(o, orders.Shipped)
		if got.DueAt.Before(m.clock.Now()) {
			m.Error("the operator has no time")
		}
		m.sound()
	})
}

// When the operator is silent too, the clock makes its move after all.
func TestASilentOperator(t *testing.T) {
	lite(t, func(m *market) {
		m.unreached = true
		o := m.paid()
		m.later(8 * day)
		m.owes(m.is(o, orders.Paid), turn.Ship, turn.Operator)
		m.later(15 * day)
		m.is(o, orders.Cancelled)
		m.sound()
	})
}

// The seller asks for more time once; the buyer may leave instead.
func TestOneExtension(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid()
		before := m.owes(o, turn.Ship, string(m.anna.ID))
		_, err := m.tries(o, orders.Seller, orders.Extend, orders.Input{Days: 3})
		m.wants(err, "orders.days_wrong")
		m.does(o, orders.Seller, orders.Extend, orders.Input{Days: 2})
		after := m.owes(o, turn.Ship, string(m.anna.ID))
		if d := after.DueAt.Sub(before.DueAt); d < day || d > 5*day {
			m.Errorf("two business days more are %s", d)
		}
		_, err = m.tries(o, orders.Seller, orders.Extend, orders.Input{Days: 1})
		m.wants(err, "orders.too_late")
		m.does(o, orders.Buyer, orders.Cancel, orders.Input{})
		m.is(o, orders.Cancelled)
		m.sound()
	})
}

// Before the promised day the buyer asks, and the seller agrees, posts, or is
// silent.
func TestAskingToCancel(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(m *market, o orders.Order)
		want orders.State
	}{
		{"the seller agrees", func(m *market, o orders.Order) { m.does(o, orders.Seller, orders.Cancel, orders.Input{}) }, orders.Cancelled},
		{"the seller has posted", func(m *market, o orders.Order) { m.cue(o, "drop") }, orders.Shipped},
		{"the buyer keeps it", func(m *market, o orders.Order) { m.does(o, orders.Buyer, orders.Keep, orders.Input{}) }, orders.Paid},
		{"silence", func(m *market, o orders.Order) { m.later(25 * time.Hour) }, orders.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *market) {
				o := m.paid()
				m.does(o, orders.Buyer, orders.RequestCancel, orders.Input{})
				m.owes(m.is(o, orders.CancelRequested), turn.AgreeCancel, string(m.anna.ID))
				c.then(m, o)
				m.is(o, c.want)
				m.sound()
			})
		})
	}
}

// The seller says it is posted, the carrier sees nothing: a person looks.
func TestPostedAndNeverSeen(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.does(o, orders.Seller, orders.Ship, orders.Input{})
		m.owes(m.is(o, orders.Paid), turn.Deliver, turn.Carrier)
		m.later(9 * day)
		m.owes(m.is(o, orders.InReview), turn.Rule, turn.Operator)
		m.does(o, orders.Operator, orders.Cancel, orders.Input{Note: "Paketti löytyi kotoa."})
		m.is(o, orders.Cancelled)
		m.sound()
	})
}

// Said to be posted, and seen the next morning: nothing is lost.
func TestPostedAndSeenLater(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.does(o, orders.Seller, orders.Ship, orders.Input{})
		m.later(20 * time.Hour)
		m.cue(o, "drop")
		m.is(o, orders.Shipped)
		m.sound()
	})
}

// Without a carrier the seller posts by themselves and the buyer says it came.
func TestPostingByThemselves(t *testing.T) {
	each(t, func(m *market) {
		m.Shipping.Carrier = nil
		o := m.paid()
		_, err := m.tries(o, orders.Seller, orders.Ship, orders.Input{Carrier: "pigeon"})
		m.wants(err, "orders.carrier_missing")
		m.does(o, orders.Seller, orders.Ship, orders.Input{Carrier: "posti", Tracking: "jjfi 6457 4900"})
		m.owes(m.is(o, orders.Sent), turn.SayArrived, string(m.noora.ID))
		m.later(9 * day)
		m.is(o, orders.Sent)
		m.later(2 * day)
		m.is(o, orders.Completed)
		m.money(o, payments.Releasing, payments.Released)
		m.sound()
	})
}

// Nobody collects: the parcel goes back, the seller has it, the money returns.
func TestNobodyCollects(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.cue(o, "drop")
		for range 14 {
			m.later(day)
		}
		m.later(3 * day)
		m.is(o, orders.Refunded)
		m.listing(listings.Live)
		m.money(o, payments.Refunding, payments.Refunded)
		m.sound()
	})
}

// A parcel that is lost: a person looks, and if nobody rules, the buyer has the
// money back.
func TestALostParcel(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.cue(o, "drop")
		m.ok(m.carrier.Cue(o.Ref, "lose"))
		for range 10 {
			m.later(day)
		}
		m.owes(m.is(o, orders.InReview), turn.Rule, turn.Operator)
		m.later(15 * day)
		m.is(o, orders.Refunded)
		m.listing(listings.Withdrawn)
		m.sound()
	})
}

// Silence after the collection completes the trade.
func TestSilenceAfterDelivery(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		m.cue(o, "collect")
		m.later(47 * time.Hour)
		m.is(o, orders.Delivered)
		m.later(2 * time.Hour)
		m.is(o, orders.Completed)
		m.sound()
	})
}

// Something is wrong: every way it may end.
func TestProblems(t *testing.T) {
	in := orders.Input{Note: "Kaari on poikki."}
	for _, c := range []struct {
		name string
		then func(m *market, o orders.Order)
		want orders.State
	}{
		{"the seller refunds", func(m *market, o orders.Order) { m.does(o, orders.Seller, orders.Refund, in) }, orders.Refunded},
		{"the buyer was wrong", func(m *market, o orders.Order) { m.does(o, orders.Buyer, orders.Complete, orders.Input{}) }, orders.Completed},
		{"contested, ruled for the seller", func(m *market, o orders.Order) {
			m.does(o, orders.Seller, orders.Contest, in)
			m.does(o, orders.Operator, orders.Complete, in)
		}, orders.Completed},
		{"silence, ruled for the buyer", func(m *market, o orders.Order) {
			m.later(49 * time.Hour)
			m.does(o, orders.Operator, orders.Refund, in)
		}, orders.Refunded},
		{"sent back and confirmed", func(m *market, o orders.Order) {
			m.does(o, orders.Seller, orders.Return, in)
			m.does(o, orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti", Tracking: "JJFI1234567890"})
			m.does(o, orders.Seller, orders.ConfirmReturn, orders.Input{})
		}, orders.Refunded},
		{"never sent back", func(m *market, o orders.Order) {
			m.does(o, orders.Seller, orders.Return, in)
			m.later(9 * day)
		}, orders.Completed},
		{"sent back and lost", func(m *market, o orders.Order) {
			m.does(o, orders.Seller, orders.Return, in)
			m.does(o, orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti"})
			m.later(12 * day)
		}, orders.InReview},
	} {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *market) {
				o := m.paid()
				m.cue(o, "collect")
				_, err := m.tries(o, orders.Buyer, orders.Report, orders.Input{Claim: "ugly"})
				m.wants(err, "orders.claim_missing")
				m.wants(err, "orders.note_missing")
				m.does(o, orders.Buyer, orders.Report, orders.Input{Claim: orders.Broken, Note: "Kaari on poikki."})
				m.owes(m.is(o, orders.Disputed), turn.AnswerClaim, string(m.anna.ID))
				c.then(m, o)
				m.is(o, c.want)
				m.sound()
			})
		})
	}
}

// The seller says when they will post: the buyer sees it, and reminders are
// planned anew.
func TestPlanning(t *testing.T) {
	lite(t, func(m *market) {
		o := m.paid()
		at := m.clock.Now().Add(20 * time.Hour)
		if err := m.PlanPosting(m.Context(), o.ID, m.noora.ID, at); !fault.Is(err, fault.Missing) {
			m.Errorf("the buyer planned: %v", err)
		}
		m.wants(m.PlanPosting(m.Context(), o.ID, m.anna.ID, m.clock.Now().Add(60*day)), "orders.when_wrong")
		m.ok(m.PlanPosting(m.Context(), o.ID, m.anna.ID, at))
		if m.now(o).PlannedAt != at {
			m.Error("the plan is not kept")
		}
		if got := m.owes(o, turn.Ship, string(m.anna.ID)); got.NextStep != turn.StepPlan {
			m.Errorf("the ladder was not planned anew: %+v", got)
		}
	})
}
