package nudges_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// walk lets the sweep look at a turn exactly when it means to, until it ends, and
// tells what was done when.
func (w *watched) walk(t turn.Turn) []string {
	w.Helper()
	for range 40 {
		t = w.reload(t)
		if !t.Open() || t.Owner == turn.Operator {
			break
		}
		w.Clock.Move(max(0, t.NextAt.Sub(w.Clock.Now())))
		w.look()
	}
	p, err := w.nudges.Plan(w.Context(), w.DB, t)
	w.OK(err)
	var out []string
	seen := map[string]bool{}
	for _, n := range p.Past {
		if n.Sent() && !seen[n.Step] {
			seen[n.Step] = true
			out = append(out, w.local(n.DecidedAt)+" "+n.Step)
		}
	}
	return append(out, w.local(t.ClosedAt)+" "+t.Outcome)
}

// local is a moment on a Finnish clock.
func (w *watched) local(i clock.Instant) string {
	return i.In(clock.Zone("Europe/Helsinki")).Format("Mon 2.1. 15:04")
}

func (w *watched) reload(t turn.Turn) turn.Turn {
	w.Helper()
	t, err := turn.Get(w.Context(), w.DB, t.ID)
	w.OK(err)
	return t
}

// holidays are trades paid for at noon before Finnish holidays that fall on
// weekdays, and what becomes of them when nobody posts.
var holidays = map[string]struct {
	paid time.Time
	want []string
}{
	"Christmas": {time.Date(2026, 12, 22, 10, 0, 0, 0, time.UTC), []string{
		"Tue 22.12. 12:00 start",
		"Wed 23.12. 19:00 day",
		"Mon 28.12. 18:00 promise",
		"Tue 29.12. 18:00 missed",
		"Tue 29.12. 18:00 seen",
		"Tue 29.12. 19:30 last",
		"Thu 31.12. 18:00 lapsed",
	}},
	"Easter": {time.Date(2027, 3, 24, 10, 0, 0, 0, time.UTC), []string{
		"Wed 24.3. 12:00 start",
		"Thu 25.3. 19:00 day",
		"Tue 30.3. 18:00 promise",
		"Wed 31.3. 18:00 missed",
		"Wed 31.3. 18:00 seen",
		"Wed 31.3. 19:30 last",
		"Fri 2.4. 18:00 lapsed",
	}},
	"Juhannus": {time.Date(2027, 6, 23, 9, 0, 0, 0, time.UTC), []string{
		"Wed 23.6. 12:00 start",
		"Thu 24.6. 19:00 day",
		"Mon 28.6. 18:00 promise",
		"Tue 29.6. 18:00 missed",
		"Tue 29.6. 18:00 seen",
		"Tue 29.6. 19:30 last",
		"Thu 1.7. 18:00 lapsed",
	}},
}

// Over holidays promises and deadlines move with the business days, and every
// reminder comes at its exact moment.
func TestLaddersOverHolidays(t *testing.T) {
	for name, h := range holidays {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *watched) {
				w.Clock.Move(clock.Of(h.paid).Sub(w.Clock.Now()))
				o := w.PaidFor()
				got := w.walk(w.Owes(o, turn.Ship, string(w.Anna.ID)))
				if !slices.Equal(got, h.want) {
					w.Errorf("walked\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(h.want, "\n\t"))
				}
				w.Is(o, orders.Cancelled)
			})
		})
	}
}

// A step for the operators tells each of them, and each once, however often and
// by whomever it is looked at.
func TestEveryOperatorIsToldOnce(t *testing.T) {
	each(t, func(w *watched) {
		staff := []accounts.User{w.Salla, accountstest.Operator(w.T, w.Accounts, "Veikko Salo"), accountstest.Operator(w.T, w.Accounts, "Aino Kivi")}
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.Letters.Refuse(&messaging.Refused{Reason: "no such mailbox"})
		w.walk(owed)
		w.Letters.Refuse(nil)
		rule := w.Owes(w.Is(o, orders.Paid), turn.Ship, turn.Operator)
		for range 60 {
			w.Clock.Move(time.Hour)
			w.look()
			w.look()
		}
		ds, err := w.Messages.DeliveriesOf(w.Context(), rule.ID)
		w.OK(err)
		told := map[string]int{}
		for _, d := range ds {
			told[d.Step+" "+d.Channel+" "+string(d.User)]++
		}
		for _, op := range staff {
			for _, step := range []string{"start app", "day app", "day email", "all app", "all email"} {
				if n := told[step+" "+string(op.ID)]; n != 1 {
					w.Errorf("%s was told of %s %d times", op.Name, step, n)
				}
			}
			letters := 0
			for _, d := range ds {
				if d.User == op.ID && d.Channel == messaging.Email && d.State == messaging.Sent {
					letters++
				}
			}
			if letters != 2 {
				w.Errorf("%s got %d letters", op.Name, letters)
			}
		}
	})
}
