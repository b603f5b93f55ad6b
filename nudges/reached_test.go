package nudges_test

import (
	"testing"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// unheard is a trade whose seller got every letter but the last warning, shortly
// before its deadline.
func (w *watched) unheard() (orders.Order, turn.Turn) {
	w.Helper()
	o := w.PaidFor()
	owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
	w.look()
	w.pass(2 * day)
	w.got(w.Anna, "Myyty!")
	w.Letters.Refuse(&messaging.Refused{Reason: "no such mailbox"})
	owed = w.turnOf(turn.Ship, string(o.ID))
	w.pass(owed.DueAt.Sub(w.Clock.Now()) - beat)
	owed = w.Owes(w.Is(o, orders.Paid), turn.Ship, string(w.Anna.ID))
	if len(w.warnings(owed)) > 0 {
		w.Fatal("the warning went out")
	}
	return o, owed
}

// leftADay fails unless a turn lapsed a waking day after a moment.
func (w *watched) leftADay(o orders.Order, from clock.Instant) {
	w.Helper()
	w.Is(o, orders.Cancelled)
	ended := w.turnOf(turn.Ship, string(o.ID))
	if left := calendar.Waking(from, ended.ClosedAt, calendar.Night()); left < day {
		w.Errorf("%s were left after %s", left, from)
	}
}

// A last warning that no channel took costs nobody anything, whatever arrived
// before it: a person has the trade then.
func TestAnEarlierLetterIsNoWarning(t *testing.T) {
	each(t, func(w *watched) {
		o, _ := w.unheard()
		w.pass(day)
		w.Owes(w.Is(o, orders.Paid), turn.Ship, turn.Operator)
		w.Sound()
	})
}

// Whoever reads of it in the app has been warned, and has a day from then on.
func TestAWarningReadInTheApp(t *testing.T) {
	each(t, func(w *watched) {
		o, _ := w.unheard()
		read := w.Clock.Now()
		w.OK(w.Messages.ReadNotices(w.Context(), w.Anna.ID))
		w.pass(day)
		w.Owes(w.Is(o, orders.Paid), turn.Ship, string(w.Anna.ID))
		w.pass(2 * day)
		w.leftADay(o, read)
	})
}

// Whoever was spoken to has been warned, and has a day from then on.
func TestAWarningSpoken(t *testing.T) {
	each(t, func(w *watched) {
		o, owed := w.unheard()
		spoken := w.Clock.Now()
		cs, err := w.nudges.Calls(w.Context(), 10)
		w.OK(err)
		if len(cs) != 1 || cs[0].Turn != owed.ID {
			w.Fatalf("to call: %+v", cs)
		}
		w.OK(w.nudges.Called(w.Context(), w.Salla.ID, cs[0].ID, true, ""))
		w.pass(3 * day)
		w.leftADay(o, spoken)
	})
}
