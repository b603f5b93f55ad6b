package orders_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// A whole trade: bought, paid, booked, posted, collected, confirmed, paid out,
// reviewed; each step seen by both, each turn owed by the right one.
func TestAWholeTrade(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Bought()
		if o.TotalMinor != 7500+690+300 {
			m.Fatalf("the sum: %+v", o)
		}
		m.Listing(listings.Reserved)
		m.Owes(o, turn.Pay, string(m.Noora.ID))
		m.PayPage(o)
		o = m.Is(o, orders.Paid)
		m.Owes(o, turn.Ship, string(m.Anna.ID))
		tr, err := m.Trade(m.Context(), m.DB, o.ID)
		m.OK(err)
		if tr.Parcel == nil || tr.Parcel.DropCode == "" || !tr.Facts.Tracked || tr.Payment.State != payments.Held {
			m.Fatalf("after paying: %+v %+v", tr.Parcel, tr.Facts)
		}
		m.Cue(o, "drop")
		m.Owes(m.Is(o, orders.Shipped), turn.Deliver, turn.Carrier)
		m.Later(25 * time.Hour)
		m.Owes(m.Is(o, orders.ReadyForPickup), turn.Collect, string(m.Noora.ID))
		m.Cue(o, "collect")
		m.Owes(m.Is(o, orders.Delivered), turn.Confirm, string(m.Noora.ID))
		m.Sound()
		m.Does(o, orders.Buyer, orders.Complete, orders.Input{})
		m.Is(o, orders.Completed)
		ended(m, o, "pay seen", "ship seen", "deliver done", "collect seen", "confirm done")
		m.Listing(listings.Sold)
		m.Money(o, payments.Releasing, payments.Released)
		m.OK(m.WriteReview(m.Context(), o.ID, m.Noora.ID, orders.Good, "Juuri kuten kuvissa."))
		m.OK(m.WriteReview(m.Context(), o.ID, m.Anna.ID, orders.Good, ""))
		if rs, err := m.ReviewsAbout(m.Context(), m.Anna.ID, 10); err != nil || len(rs) != 1 {
			m.Errorf("reviews: %+v, %v", rs, err)
		}
		if got, want := m.Keys(o, m.Noora), "begin pay.payment accept.carrier arrive.carrier deliver.carrier complete.buyer review review"; got != want {
			m.Errorf("the stream says %q, want %q", got, want)
		}
		m.Sound()
	})
}

// In person the seller types the buyer's code; nothing else completes it.
func TestAHandover(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		m.Owes(m.Is(o, orders.AwaitingHandover), turn.HandOver, string(m.Anna.ID))
		if len(o.Code) != 6 {
			m.Fatalf("the code is %q", o.Code)
		}
		for _, none := range []string{"", "nonsense", o.Code[:5], o.Code + "0"} { // are no tries
			_, err := m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: none})
			m.Wants(err, "orders.code_digits")
		}
		_, err := m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: other(o.Code)})
		m.Wants(err, "orders.code_wrong")
		if m.Now(o).CodeTries != 1 {
			m.Error("a wrong code was not counted")
		}
		m.Does(o, orders.Seller, orders.HandOver, orders.Input{Code: " " + o.Code[:3] + " " + o.Code[3:]})
		m.Is(o, orders.Completed)
		m.Money(o, payments.Releasing, payments.Released)
		m.Sound()
	})
}

// Five wrong codes, and a person looks; the right one is too late then.
func TestCodesCannotBeGuessed(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		for range 4 {
			_, err := m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: other(o.Code)})
			m.Wants(err, "orders.code_wrong")
		}
		_, err := m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: other(o.Code)})
		m.Wants(err, "orders.code_tries")
		m.Owes(m.Is(o, orders.InReview), turn.Rule, turn.Operator)
		_, err = m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		m.Wants(err, "orders.too_late")
		m.Does(o, orders.Operator, orders.Complete, orders.Input{Note: "Molemmat vahvistivat."})
		m.Is(o, orders.Completed)
		m.Sound()
	})
}

// Nobody pays: the order lapses and the thing is on sale again; money that
// comes all the same goes back.
func TestNobodyPays(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Bought()
		_, err := m.PayURL(m.Context(), o.ID, m.Noora.ID, "https://kierto.example"+o.URL())
		m.OK(err)
		m.Later(29 * time.Minute)
		m.Is(o, orders.PendingPayment)
		m.Later(2 * time.Minute)
		m.Is(o, orders.Expired)
		m.Listing(listings.Live)
		m.Sound()
	})
}

// Money that comes after the end is sent back, and said once.
func TestMoneyThatComesLate(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.Bought()
		url, err := m.PayURL(m.Context(), o.ID, m.Noora.ID, "https://kierto.example"+o.URL())
		m.OK(err)
		_, err = m.Tries(o, orders.Buyer, orders.Cancel, orders.Input{})
		m.OK(err)
		m.OK(m.Stripe.PayCard(url[strings.LastIndex(url, "/")+1:], stripe.Card{Number: "4242424242424242"})) // the page was still open
		m.Rest()
		m.OK(m.Settled(m.Context(), o.ID, true))
		m.Is(o, orders.Cancelled)
		m.Listing(listings.Live)
		m.Money(o, payments.Refunding, payments.Refunded)
		if got, want := m.Keys(o, m.Noora), "begin cancel.buyer.unpaid pay_late.payment"; got != want {
			m.Errorf("the stream says %q, want %q", got, want)
		}
		m.Sound()
	})
}

// The seller never posts: past the promise the buyer may leave, at the deadline
// the clock cancels, and everything goes back.
func TestTheSellerNeverPosts(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		if _, err := m.Tries(o, orders.Buyer, orders.Cancel, orders.Input{}); !fault.Is(err, fault.Conflict) {
			m.Fatalf("a buyer left before the promised day: %v", err)
		}
		m.Later(4 * day) // Saturday
		tr, err := m.Trade(m.Context(), m.DB, o.ID)
		m.OK(err)
		if !tr.May(orders.Buyer, orders.Cancel) || tr.May(orders.Buyer, orders.RequestCancel) {
			m.Errorf("past the promise: %v", tr.Moves(orders.Buyer))
		}
		m.Later(3*day + 8*time.Hour) // Tuesday 20.00, five business days later
		m.Is(o, orders.Cancelled)
		m.Listing(listings.Live)
		m.Money(o, payments.Refunding, payments.Refunded)
		m.Sound()
	})
}

// A lapse that costs somebody we did not reach passes the turn to an operator;
// the person may still do their part.
func TestWhoWasNotReachedLosesNothing(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		m.Unreached = true
		o := m.PaidFor()
		m.Later(8 * day)
		o = m.Is(o, orders.Paid)
		got := m.Owes(o, turn.Ship, turn.Operator)
		m.Sound()
		m.Cue(o, "drop")
		m.Is(o, orders.Shipped)
		if got.DueAt.Before(m.Clock.Now()) {
			m.Error("the operator has no time")
		}
		m.Sound()
	})
}

// When the operator is silent too, the clock makes its move after all.
func TestASilentOperator(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		m.Unreached = true
		o := m.PaidFor()
		m.Later(8 * day)
		m.Owes(m.Is(o, orders.Paid), turn.Ship, turn.Operator)
		m.Later(15 * day)
		m.Is(o, orders.Cancelled)
		m.Sound()
	})
}

// The seller asks for more time once; the buyer may leave instead.
func TestOneExtension(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		before := m.Owes(o, turn.Ship, string(m.Anna.ID))
		_, err := m.Tries(o, orders.Seller, orders.Extend, orders.Input{Days: 3})
		m.Wants(err, "orders.days_wrong")
		m.Does(o, orders.Seller, orders.Extend, orders.Input{Days: 2})
		after := m.Owes(o, turn.Ship, string(m.Anna.ID))
		if d := after.DueAt.Sub(before.DueAt); d < day || d > 5*day {
			m.Errorf("two business days more are %s", d)
		}
		_, err = m.Tries(o, orders.Seller, orders.Extend, orders.Input{Days: 1})
		m.Wants(err, "orders.too_late")
		m.Does(o, orders.Buyer, orders.Cancel, orders.Input{})
		m.Is(o, orders.Cancelled)
		m.Sound()
	})
}

// Before the promised day the buyer asks, and the seller agrees, posts, or is
// silent.
func TestAskingToCancel(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(m *orderstest.Market, o orders.Order)
		want orders.State
	}{
		{"the seller agrees", func(m *orderstest.Market, o orders.Order) { m.Does(o, orders.Seller, orders.Cancel, orders.Input{}) }, orders.Cancelled},
		{"the seller has posted", func(m *orderstest.Market, o orders.Order) { m.Cue(o, "drop") }, orders.Shipped},
		{"the buyer keeps it", func(m *orderstest.Market, o orders.Order) { m.Does(o, orders.Buyer, orders.Keep, orders.Input{}) }, orders.Paid},
		{"silence", func(m *orderstest.Market, o orders.Order) { m.Later(25 * time.Hour) }, orders.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *orderstest.Market) {
				o := m.PaidFor()
				m.Does(o, orders.Buyer, orders.RequestCancel, orders.Input{})
				m.Owes(m.Is(o, orders.CancelRequested), turn.AgreeCancel, string(m.Anna.ID))
				c.then(m, o)
				m.Is(o, c.want)
				m.Sound()
			})
		})
	}
}

// The seller says it is posted, the carrier sees nothing: a person looks.
func TestPostedAndNeverSeen(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Does(o, orders.Seller, orders.Ship, orders.Input{})
		m.Owes(m.Is(o, orders.Paid), turn.Deliver, turn.Carrier)
		m.Later(9 * day)
		m.Owes(m.Is(o, orders.InReview), turn.Rule, turn.Operator)
		m.Does(o, orders.Operator, orders.Cancel, orders.Input{Note: "Paketti löytyi kotoa."})
		m.Is(o, orders.Cancelled)
		m.Sound()
	})
}

// Said to be posted, and seen the next morning: nothing is lost.
func TestPostedAndSeenLater(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Does(o, orders.Seller, orders.Ship, orders.Input{})
		m.Later(20 * time.Hour)
		m.Cue(o, "drop")
		m.Is(o, orders.Shipped)
		m.Sound()
	})
}

// Without a carrier the seller posts by themselves and the buyer says it came.
func TestPostingByThemselves(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		m.Shipping.Carrier = nil
		o := m.PaidFor()
		_, err := m.Tries(o, orders.Seller, orders.Ship, orders.Input{Carrier: "pigeon"})
		m.Wants(err, "orders.carrier_missing")
		m.Does(o, orders.Seller, orders.Ship, orders.Input{Carrier: "posti", Tracking: "jjfi 6457 4900"})
		m.Owes(m.Is(o, orders.Sent), turn.SayArrived, string(m.Noora.ID))
		m.Later(9 * day)
		m.Is(o, orders.Sent)
		m.Later(2 * day)
		m.Is(o, orders.Completed)
		m.Money(o, payments.Releasing, payments.Released)
		m.Sound()
	})
}

// Nobody collects: the parcel goes back, the seller has it, the money returns.
func TestNobodyCollects(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Cue(o, "drop")
		for range 14 {
			m.Later(day)
		}
		m.Later(3 * day)
		m.Is(o, orders.Refunded)
		m.Listing(listings.Live)
		m.Money(o, payments.Refunding, payments.Refunded)
		m.Sound()
	})
}

// A parcel that is lost: a person looks, and if nobody rules, the buyer has the
// money back.
func TestALostParcel(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Cue(o, "drop")
		m.OK(m.Carrier.Cue(o.Ref, "lose"))
		for range 10 {
			m.Later(day)
		}
		m.Owes(m.Is(o, orders.InReview), turn.Rule, turn.Operator)
		m.Later(15 * day)
		m.Is(o, orders.Refunded)
		m.Listing(listings.Withdrawn)
		m.Sound()
	})
}

// Silence after the collection completes the trade.
func TestSilenceAfterDelivery(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Cue(o, "collect")
		m.Later(47 * time.Hour)
		m.Is(o, orders.Delivered)
		m.Later(2 * time.Hour)
		m.Is(o, orders.Completed)
		m.Sound()
	})
}

// Something is wrong: every way it may end.
func TestProblems(t *testing.T) {
	in := orders.Input{Note: "Kaari on poikki."}
	for _, c := range []struct {
		name string
		then func(m *orderstest.Market, o orders.Order)
		want orders.State
	}{
		{"the seller refunds", func(m *orderstest.Market, o orders.Order) { m.Does(o, orders.Seller, orders.Refund, in) }, orders.Refunded},
		{"the buyer was wrong", func(m *orderstest.Market, o orders.Order) { m.Does(o, orders.Buyer, orders.Complete, orders.Input{}) }, orders.Completed},
		{"contested, ruled for the seller", func(m *orderstest.Market, o orders.Order) {
			m.Does(o, orders.Seller, orders.Contest, in)
			m.Does(o, orders.Operator, orders.Complete, in)
		}, orders.Completed},
		{"silence, ruled for the buyer", func(m *orderstest.Market, o orders.Order) {
			m.Later(49 * time.Hour)
			m.Does(o, orders.Operator, orders.Refund, in)
		}, orders.Refunded},
		{"sent back and confirmed", func(m *orderstest.Market, o orders.Order) {
			m.Does(o, orders.Seller, orders.Return, in)
			m.Does(o, orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti", Tracking: "JJFI1234567890"})
			m.Does(o, orders.Seller, orders.ConfirmReturn, orders.Input{})
		}, orders.Refunded},
		{"never sent back", func(m *orderstest.Market, o orders.Order) {
			m.Does(o, orders.Seller, orders.Return, in)
			m.Later(9 * day)
		}, orders.Completed},
		{"sent back and lost", func(m *orderstest.Market, o orders.Order) {
			m.Does(o, orders.Seller, orders.Return, in)
			m.Does(o, orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti"})
			m.Later(12 * day)
		}, orders.InReview},
	} {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *orderstest.Market) {
				o := m.PaidFor()
				m.Cue(o, "collect")
				_, err := m.Tries(o, orders.Buyer, orders.Report, orders.Input{Claim: "ugly"})
				m.Wants(err, "orders.claim_missing")
				m.Wants(err, "orders.note_missing")
				m.Does(o, orders.Buyer, orders.Report, orders.Input{Claim: orders.Broken, Note: "Kaari on poikki."})
				m.Owes(m.Is(o, orders.Disputed), turn.AnswerClaim, string(m.Anna.ID))
				c.then(m, o)
				m.Is(o, c.want)
				m.Sound()
			})
		})
	}
}

// The seller says when they will post: the buyer sees it, and reminders are
// planned anew.
func TestPlanning(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		at := m.Clock.Now().Add(20 * time.Hour)
		if err := m.PlanPosting(m.Context(), o.ID, m.Noora.ID, at); !fault.Is(err, fault.Missing) {
			m.Errorf("the buyer planned: %v", err)
		}
		m.Wants(m.PlanPosting(m.Context(), o.ID, m.Anna.ID, m.Clock.Now().Add(60*day)), "orders.when_wrong")
		m.OK(m.PlanPosting(m.Context(), o.ID, m.Anna.ID, at))
		if m.Now(o).PlannedAt != at {
			m.Error("the plan is not kept")
		}
		if got := m.Owes(o, turn.Ship, string(m.Anna.ID)); got.NextStep != turn.StepPlan {
			m.Errorf("the ladder was not planned anew: %+v", got)
		}
	})
}

// ended fails unless the trade's turns ended like this: what the payment and the
// scans tell counts as done by whoever owed it.
func ended(m *orderstest.Market, o orders.Order, want ...string) {
	m.Helper()
	var got []string
	m.OK(m.DB.Select(m.Context(), &got, `SELECT kind || ' ' || outcome FROM turns WHERE subject = ? AND closed_at > 0 ORDER BY closed_at, opened_at`, o.ID))
	if !slices.Equal(got, want) {
		m.Errorf("the turns ended as %q, want %q", got, want)
	}
}

// other is a code that is not this one.
func other(code string) string {
	return code[:5] + string('0'+(code[5]-'0'+1)%10)
}
