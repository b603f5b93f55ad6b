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
	Policy   Policy
	Accounts *accounts.Service
	Messages *messaging.Service
	Payments *payments.Service
	Orders   *orders.Service
}

// isMember tells whether an owner or waiter of a turn is somebody's account.
func isMember(id string) bool { return id != "" && id != turn.Operator && id != turn.Carrier }

// recipient is whom a step of t speaks to: an account, or turn.Operator.
func (s *Service) recipient(t turn.Turn, to string) string {
	switch to {
	case ToOwner:
		return t.Owner
	case ToWaiter:
		return t.Waiter
	}
	return turn.Operator
}

// people are what is known of the two of a turn. Whoever is no member has no
// quiet hours.
func (s *Service) people(ctx context.Context, q db.Queryer, t turn.Turn) (People, error) {
	var p People
	for id, r := range map[string]*Reader{t.Owner: &p.Owner, t.Waiter: &p.Waiter} {
		if !isMember(id) {
			continue
		}
		u, err := s.Accounts.Get(ctx, q, accounts.UserID(id))
		if err != nil {
			return p, err
		}
		r.Quiet = u.Quiet()
	}
	return p, nil
}

// course is all that decides when a turn's reminders come.
type course struct {
	turn   turn.Turn
	ladder Ladder
	people People
}

// plan is the course's reminders in the order of time.
func (c course) plan() []Planned { return c.ladder.Plan(c.turn, c.people) }

// fit is the deadline that the last warning asks for.
func (c course) fit() clock.Instant { return c.ladder.Fit(c.turn, c.people) }

// course finds out how a turn is followed. What staff or a carrier owe has no
// ladder: the desk's queue shows it.
func (s *Service) course(ctx context.Context, q db.Queryer, t turn.Turn) (course, error) {
	c := course{turn: t}
	var err error
	if c.people, err = s.people(ctx, q, t); err != nil || !isMember(t.Owner) {
		return c, err
	}
	c.ladder = s.Policy.Ladders[t.Kind]
	if t.Kind != turn.Ship {
		return c, nil
	}
	o, err := s.Orders.Get(ctx, q, orders.ID(t.Subject))
	c.people.Promise = o.PlannedAt
	return c, err
}

// Fit is the deadline that a turn about to open, or open, has to have so that
// its last warning leaves its owner a whole waking day: its own, or a later one.
func (s *Service) Fit(ctx context.Context, q db.Queryer, t turn.Turn) (clock.Instant, error) {
	people, err := s.people(ctx, q, t)
	if err != nil || !isMember(t.Owner) {
		return t.DueAt, err
	}
	return s.Policy.Ladders[t.Kind].Fit(t, people), nil
}

// Terms are the deadlines of a turn as the policy has them, for orders.
func (s *Service) Terms(_ context.Context, _ db.Queryer, kind turn.Kind) (orders.Terms, error) {
	l := s.Policy.Ladders[kind]
	return orders.Terms{Within: l.Within, Aim: l.Aim, Offered: l.Offered}, nil
}

// Within is when an answer that is asked for at from, by a person with these
// quiet hours or by staff, is due; for messaging.
func (s *Service) Within(_ context.Context, _ db.Queryer, kind turn.Kind, from clock.Instant, q calendar.Quiet) (clock.Instant, error) {
	return s.Policy.Ladders[kind].Within.EndFor(from, orders.Dates{}, q), nil
}

// Retime plans the open turns of a person anew, at once: their quiet hours,
// their time zone or their channels changed.
func (s *Service) Retime(ctx context.Context, tx *db.Tx, who accounts.UserID) error {
	return turn.Replan(ctx, tx, s.Clock.Now(), string(who))
}

// postpone moves a turn's deadline and says so to the two.
func (s *Service) postpone(ctx context.Context, tx *db.Tx, c *course, until clock.Instant) error {
	now := s.Clock.Now()
	if err := turn.Extend(ctx, tx, now, c.turn.ID, until); err != nil {
		return err
	}
	c.turn.DueAt = until
	b, err := s.brief(ctx, tx, c.turn, accounts.UserID(c.turn.Owner))
	if err != nil || b.thread == "" {
		return err
	}
	return s.Messages.Append(ctx, tx, b.thread, messaging.Entry{
		Kind: messaging.Note, Key: "nudges.stream.moved", Args: map[string]any{"Due": until}, Ref: c.turn.Subject,
	})
}

// Plan is what was and will be done about an open turn, for the turn panel and
// the desk.
type Plan struct {
	Past []Nudge
	Next []Planned // in order of time; without the deadline
}

// Plan tells it.
func (s *Service) Plan(ctx context.Context, q db.Queryer, t turn.Turn) (Plan, error) {
	past, err := decided(ctx, q, t.ID)
	if err != nil {
		return Plan{}, err
	}
	c, err := s.course(ctx, q, t)
	if err != nil {
		return Plan{}, err
	}
	done, p := names(past), Plan{Past: past}
	for _, step := range c.plan() {
		if !done[step.Name] && s.Clock.Now().Before(step.At) && step.At.Before(t.DueAt) {
			p.Next = append(p.Next, step)
		}
	}
	return p, nil
}

// sweepGrace is how late a sweep may be before `kierto check` speaks up.
const sweepGrace = 30 * time.Minute

// Check proves that no open turn is forgotten.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	open, broken, err := unwatched(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	late, err := overdue(ctx, s.DB, s.Clock.Now().Add(-sweepGrace))
	if err != nil {
		return nil, err
	}
	return []check.Result{
		{Name: "every open turn has a next step", Count: open, Broken: broken},
		{Name: "no next step is overdue", Count: open, Broken: late},
	}, nil
}
