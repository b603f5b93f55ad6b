package nudges_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders/orderstest"
)

const day = 24 * time.Hour

// watched is a market that is followed up.
type watched struct {
	*orderstest.Market
	nudges *nudges.Service
	broken []string // turns with which the sweep had trouble
}

// Write notes the sweep's trouble.
func (w *watched) Write(line []byte) (int, error) {
	w.broken = append(w.broken, string(line))
	return len(line), nil
}

// watch follows a market up, with the built-in policy.
func watch(m *orderstest.Market) *watched {
	m.Helper()
	policy, err := nudges.ReadPolicy("")
	m.OK(err)
	policy.Holdout = 0 // nobody goes without, unless a test says so
	w := &watched{Market: m}
	w.nudges = &nudges.Service{
		DB: m.DB, Clock: m.Clock, Log: slog.New(slog.NewTextHandler(w, nil)), Policy: policy,
		Accounts: m.Accounts, Messages: m.Messages, Payments: m.Payments, Orders: m.Service,
	}
	m.Reached, m.Messages.Failed = w.nudges.Reached, w.nudges.Failed
	m.Messages.Recheck, m.Messages.Went, m.Messages.Actions = w.nudges.Recheck, w.nudges.Went, w.nudges.Actions
	m.Messages.Within = w.nudges.Within
	m.Accounts.Changed = append(m.Accounts.Changed, w.nudges.Retime)
	m.Plan, m.Fit, m.Terms, m.Muted = w.nudges.Reminders, w.nudges.Fit, w.nudges.Terms, w.nudges.Muted
	return w
}

// each runs f in a followed market on both databases.
func each(t *testing.T, f func(w *watched)) {
	t.Helper()
	orderstest.Each(t, func(m *orderstest.Market) { f(watch(m)) })
}

// lite runs f in a followed market on SQLite alone.
func lite(t *testing.T, f func(w *watched)) {
	t.Helper()
	orderstest.Lite(t, func(m *orderstest.Market) { f(watch(m)) })
}

// look is one sweep, and the letters it led to.
func (w *watched) look() int {
	w.Helper()
	n, err := w.nudges.Sweep(w.Context())
	w.OK(err)
	w.OK(w.Messages.Sweep(w.Context()))
	w.Rest()
	return n
}

// beat is how often the clock stops on its way.
const beat = 30 * time.Minute

// pass lets time pass as it does: with a sweep every half hour. Carriers are
// not asked.
func (w *watched) pass(d time.Duration) {
	w.Helper()
	for end := w.Clock.Now().Add(d); w.Clock.Now().Before(end); {
		w.Clock.Move(min(beat, end.Sub(w.Clock.Now())))
		n, err := w.nudges.Sweep(w.Context())
		w.OK(err)
		w.OK(w.Messages.Sweep(w.Context()))
		if n > 0 || w.Clock.Now().In(clock.Zone("")).Hour() == 8 {
			w.Rest()
		}
	}
	w.Rest()
}

// turnOf is the newest turn of a kind about a subject.
func (w *watched) turnOf(kind turn.Kind, subject string) turn.Turn {
	w.Helper()
	ts, err := turn.AllOf(w.Context(), w.DB, subject)
	w.OK(err)
	for i := range ts {
		if t := ts[len(ts)-1-i]; t.Kind == kind {
			return t
		}
	}
	w.Fatalf("nobody ever owed %s of %s", kind, subject)
	return turn.Turn{}
}

// steps are what was decided about a turn, in order; what was not sent with its
// verdict, and what the one who waits was told of with a plus.
func (w *watched) steps(t turn.Turn) string {
	w.Helper()
	p, err := w.nudges.Plan(w.Context(), w.DB, t)
	w.OK(err)
	var names []string
	told := map[string]bool{}
	for _, n := range p.Past {
		told[n.Step] = told[n.Step] || n.UserID == t.Waiter
	}
	seen := map[string]bool{}
	for _, n := range p.Past {
		if seen[n.Step] {
			continue
		}
		seen[n.Step] = true
		name := n.Step
		if told[name] {
			name += "+"
		}
		if !n.Sent() {
			name += "=" + n.Verdict
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// took fails unless exactly these steps were decided about a turn, each told to
// its reader once by each channel, and none in the night.
func (w *watched) took(t turn.Turn, want string) {
	w.Helper()
	if got := w.steps(t); got != want {
		w.Errorf("%s: decided %q, want %q", t.Kind, got, want)
	}
	ds, err := w.Messages.DeliveriesOf(w.Context(), t.ID)
	w.OK(err)
	once := map[string]bool{}
	for _, d := range ds {
		key := d.Step + " " + d.Channel + " " + string(d.User)
		if once[key] {
			w.Errorf("told twice: %s", key)
		}
		once[key] = true
		if calendar.Night().Asleep(d.CreatedAt) {
			w.Errorf("%s %s was told at %s", t.Kind, key, d.CreatedAt.In(clock.Zone("")))
		}
	}
}

// warned fails unless the turn's last warning left its owner 24 waking hours
// until it was due.
func (w *watched) warned(t turn.Turn, step string) {
	w.Helper()
	p, err := w.nudges.Plan(w.Context(), w.DB, t)
	w.OK(err)
	for _, n := range p.Past {
		if n.Step != step || !n.Sent() {
			continue
		}
		if left := calendar.Waking(n.DecidedAt, t.DueAt, calendar.Night()); left < day {
			w.Errorf("%s: the last warning left %s until %s", t.Kind, left, t.DueAt)
		}
		return
	}
	w.Errorf("%s: nobody was warned", t.Kind)
}

// subjects are the letters somebody got.
func (w *watched) subjects(u accounts.User) []string {
	var out []string
	for _, m := range w.Letters.To(u) {
		out = append(out, m.Subject)
	}
	return out
}

// got fails unless somebody got a letter whose subject begins so.
func (w *watched) got(u accounts.User, begins string) {
	w.Helper()
	for _, s := range w.subjects(u) {
		if strings.HasPrefix(s, begins) {
			return
		}
	}
	w.Errorf("%s got %q, nothing like %q", u.Name, w.subjects(u), begins)
}

// dues are the deadlines that the stream speaks of, oldest first.
func (w *watched) dues(c messaging.ConversationID) []clock.Instant {
	w.Helper()
	es, err := w.Messages.Whole(w.Context(), c)
	w.OK(err)
	var out []clock.Instant
	for _, e := range es {
		if due, ok := e.Args["Due"].(clock.Instant); ok {
			out = append(out, due)
		}
	}
	return out
}
