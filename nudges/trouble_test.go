package nudges_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// After the post was away for days nothing is lost and nothing stale goes out: a
// reminder whose time has passed is dropped with its reason, and the one who waits
// was not told of it; the last warning comes, with a whole day left.
func TestThePostAwayForDays(t *testing.T) {
	each(t, func(w *watched) {
		o, owed := w.held()
		w.pass(2*day + 6*time.Hour)
		w.Letters.Refuse(nil)
		w.pass(day)
		ds, err := w.Messages.DeliveriesOf(w.Context(), owed.ID)
		w.OK(err)
		dropped := false
		for _, d := range ds {
			if d.Step == "day" && d.Channel == messaging.Email {
				dropped = d.State == messaging.Dropped && d.Reason == "too late"
			}
			if d.Channel != messaging.App && (d.State == messaging.Queued || d.State == messaging.Sending) && !d.Warning {
				w.Errorf("%s by %s still waits", d.Step, d.Channel)
			}
		}
		if !dropped {
			w.Error("the stale reminder was kept")
		}
		for _, s := range w.subjects(w.Anna) {
			if strings.HasPrefix(s, "Noora odottaa") {
				w.Errorf("it went out late: %q", w.subjects(w.Anna))
			}
		}
		if strings.Contains(w.steps(owed), "day+") {
			w.Errorf("Noora was told of what never went: %s", w.steps(owed))
		}
		w.pass(5 * day)
		w.warned(w.turnOf(turn.Ship, string(o.ID)), "last")
		w.got(w.Anna, "Viimeinen muistutus")
		w.Is(o, orders.Cancelled)
		w.Sound()
	})
}

// A clock that jumps ahead and back, again and again, makes nothing happen twice,
// and nothing lapse before its time.
func TestAClockThatJumps(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		end := w.reload(owed).DueAt
		for n := 0; w.Clock.Now().Before(end.Add(-3 * time.Hour)); n++ {
			for _, jump := range []time.Duration{2 * time.Hour, -2 * time.Hour, -9 * time.Hour, 9 * time.Hour} {
				w.Clock.Move(jump)
				w.look()
			}
			w.Clock.Move(3 * time.Hour)
			w.look()
			end = w.turnOf(turn.Ship, string(o.ID)).DueAt
			w.Is(o, orders.Paid)
			if n == 200 {
				w.Fatal("the deadline runs away")
			}
		}
		w.took(w.turnOf(turn.Ship, string(o.ID)), w.steps(owed)) // each once
		w.warned(w.turnOf(turn.Ship, string(o.ID)), "last")
		once := map[string]bool{}
		for _, s := range w.subjects(w.Anna) {
			if once[s] {
				w.Errorf("twice: %s", s)
			}
			once[s] = true
		}
		w.pass(2 * day)
		w.Is(o, orders.Cancelled)
		w.Sound()
	})
}
