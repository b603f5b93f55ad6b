package nudges

import (
	"context"
	"log/slog"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// Service watches every open turn.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Policy   Policy // what holds as long as operators put no other live
	Accounts *accounts.Service
	Messages *messaging.Service
	Payments *payments.Service
	Orders   *orders.Service
	Hands    int // batches that a sweep works on at the same time; 0 means one, and SQLite, where one transaction writes at a time, gains by no more

	stored cache // the newest policy that operators put live
}

// Fit is the deadline that a turn about to open, or open, has to have so that
// its last warning leaves its owner a whole waking day: its own, or a later one.
func (s *Service) Fit(ctx context.Context, q db.Queryer, t turn.Turn) (clock.Instant, error) {
	if !isMember(t.Owner) {
		return t.DueAt, nil
	}
	p, err := s.Live(ctx, q)
	if err != nil {
		return 0, err
	}
	u, err := s.Accounts.Get(ctx, q, accounts.UserID(t.Owner))
	return p.For(t).Fit(t, People{Owner: Reader{Quiet: u.Quiet()}}), err
}

// Terms are the deadlines of a turn as the policy has them, for orders.
func (s *Service) Terms(ctx context.Context, q db.Queryer, kind turn.Kind) (orders.Terms, error) {
	p, err := s.Live(ctx, q)
	l := p.Ladders[kind]
	return orders.Terms{Within: l.Within, Aim: l.Aim, Offered: l.Offered}, err
}

// Within is when an answer that is asked for at from, by a person with these
// quiet hours or by staff, is due; for messaging.
func (s *Service) Within(ctx context.Context, q db.Queryer, kind turn.Kind, from clock.Instant, quiet calendar.Quiet) (clock.Instant, error) {
	p, err := s.Live(ctx, q)
	return p.Ladders[kind].Within.EndFor(from, orders.Dates{}, quiet), err
}

// Retime plans the open turns of a person anew, at once: their quiet hours,
// their time zone or their channels changed.
func (s *Service) Retime(ctx context.Context, tx *db.Tx, who accounts.UserID) error {
	return turn.Replan(ctx, tx, s.Clock.Now(), string(who))
}

// Plan is what was and will be done about an open turn, for the turn panel and
// the desk.
type Plan struct {
	Past []Nudge
	Next []Planned // in order of time; without the deadline
}

// Plan tells it.
func (s *Service) Plan(ctx context.Context, q db.Queryer, t turn.Turn) (Plan, error) {
	f, err := s.gather(ctx, q, []turn.Turn{t})
	if err != nil {
		return Plan{}, err
	}
	return f.plan(t, s.Clock.Now()), nil
}

// plan is Plan, from what is known.
func (f *facts) plan(t turn.Turn, now clock.Instant) Plan {
	p := Plan{Past: f.past[t.ID]}
	if _, inHand := f.takeovers[t.Subject]; inHand {
		return p
	}
	done := names(p.Past)
	if t.Policy == "" {
		t.Arm = f.arm(t)
	}
	for _, step := range f.ladder(t).Plan(t, f.people(t)) {
		held := t.Arm == turn.Holdout && spared(t, step)
		if !held && !done[step.Name] && now.Before(step.At) && step.At.Before(t.DueAt) {
			p.Next = append(p.Next, step)
		}
	}
	return p
}

// taken are the steps that were decided, by name.
type taken map[string]bool

func (t taken) has(step string) bool { return t[step] }

// names are the steps that were decided.
func names(past []Nudge) taken {
	m := make(taken, len(past))
	for _, n := range past {
		m[n.Step] = true
	}
	return m
}

// Reminders is orders' view of a turn's plan, for the trade room.
func (s *Service) Reminders(ctx context.Context, q db.Queryer, t turn.Turn) ([]orders.PastNudge, []orders.PlannedNudge, error) {
	p, err := s.Plan(ctx, q, t)
	if err != nil {
		return nil, nil, err
	}
	var past []orders.PastNudge
	for _, n := range p.Past {
		if n.Went() {
			past = append(past, orders.PastNudge{To: accounts.UserID(n.UserID), Step: n.Step, At: n.WentAt})
		}
	}
	var next []orders.PlannedNudge
	for _, x := range p.Next {
		next = append(next, orders.PlannedNudge{To: recipient(t, x.To), Step: x.Name, At: x.At})
	}
	return past, next, nil
}

// recipient is whom a step of t speaks to: an account, or turn.Operator.
func recipient(t turn.Turn, to string) string {
	switch to {
	case ToOwner:
		return t.Owner
	case ToWaiter:
		return t.Waiter
	}
	return turn.Operator
}

// Preview is the next reminder of a turn that goes to a member, in the words they
// will read, and when; false when none is planned. It is for the desk.
func (s *Service) Preview(ctx context.Context, q db.Queryer, t turn.Turn) (messaging.Preview, Planned, bool, error) {
	f, err := s.gather(ctx, q, []turn.Turn{t})
	if err != nil {
		return messaging.Preview{}, Planned{}, false, err
	}
	for _, p := range f.plan(t, s.Clock.Now()).Next {
		to := accounts.UserID(recipient(t, p.To))
		b, ok := f.brief(t, to, false)
		if !isMember(string(to)) || !ok {
			continue
		}
		v, err := s.Messages.Preview(ctx, q, messaging.Telling{
			To: to, Topic: messaging.TopicNudge, Key: "nudges." + p.Text + b.ending, Args: b.args, Warning: p.Warning,
		})
		return v, p, err == nil, err
	}
	return messaging.Preview{}, Planned{}, false, nil
}

// sweepGrace is how late a sweep may be before `kierto check` speaks up.
const sweepGrace = 30 * time.Minute

// Check proves that no open turn is forgotten, and that what was recorded was
// done.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	open, broken, err := unwatched(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	late, err := overdue(ctx, s.DB, s.Clock.Now().Add(-sweepGrace))
	if err != nil {
		return nil, err
	}
	all, mute, err := unsaid(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	stray, err := strayArms(ctx, s.DB)
	return []check.Result{
		{Name: "every open turn has a next step", Count: open, Broken: broken},
		{Name: "no next step is overdue", Count: open, Broken: late},
		{Name: "every reminder recorded as sent has its message", Count: all, Broken: mute},
		{Name: "everything is followed in one arm", Count: open, Broken: stray},
	}, err
}

// firstOf is the first error, if one is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
