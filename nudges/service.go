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

// quiet gives the quiet hours of the people of a turn. Whoever is no member has
// none.
func (s *Service) quiet(ctx context.Context, q db.Queryer, t turn.Turn) (readers, error) {
	hours := map[string]calendar.Quiet{}
	for _, id := range []string{t.Owner, t.Waiter} {
		if !isMember(id) {
			continue
		}
		u, err := s.Accounts.Get(ctx, q, accounts.UserID(id))
		if err != nil {
			return nil, err
		}
		hours[id] = calendar.Quiet{From: u.QuietFrom, Until: u.QuietUntil, Zone: clock.Zone(u.Zone)}
	}
	return func(to string) calendar.Quiet { return hours[s.recipient(t, to)] }, nil
}

// makeRoom moves a deadline that would leave the owner less than a waking day
// after the last warning, and returns the one that holds.
func (s *Service) makeRoom(ctx context.Context, tx *db.Tx, t turn.Turn, l Ladder, quiet readers) (clock.Instant, error) {
	room := l.fit(t, quiet)
	if room == t.DueAt {
		return t.DueAt, nil
	}
	return room, turn.Extend(ctx, tx, s.Clock.Now(), t.ID, room)
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
	quiet, err := s.quiet(ctx, q, t)
	if err != nil {
		return Plan{}, err
	}
	done, p := names(past), Plan{Past: past}
	for _, step := range s.Policy.Ladders[t.Kind].plan(t, quiet) {
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
