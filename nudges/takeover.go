package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// TakeoverID names a takeover: tko_…
type TakeoverID string

// Takeover is a person at the desk having something in hand: nobody is reminded
// about it and no deadline of it passes meanwhile.
type Takeover struct {
	ID       TakeoverID      `db:"id"`
	Subject  string          `db:"subject"`
	Operator accounts.UserID `db:"operator_id"`
	Began    clock.Instant   `db:"began_at"`
	Ended    clock.Instant   `db:"ended_at"`
}

// TakeOver puts a trade, an offer or a conversation into an operator's hand. It
// is for operators, and is written down. It fails with Conflict when somebody
// has it already.
func (s *Service) TakeOver(ctx context.Context, tx *db.Tx, op accounts.UserID, subject string) error {
	now := s.Clock.Now()
	fresh, err := insertTakeover(ctx, tx, Takeover{ID: id.New[TakeoverID]("tko", now), Subject: subject, Operator: op, Began: now})
	if err != nil {
		return err
	}
	if !fresh {
		return fault.New(fault.Conflict, "nudges.in_hand")
	}
	return s.Accounts.Audit(ctx, tx, op, "orders.take_over", subject, "")
}

// HandBack gives it back to the machine. Deadlines move by as long as it was in
// hand, and reminders are planned anew. It is for operators, and is written
// down. It fails with Conflict when nobody has it.
func (s *Service) HandBack(ctx context.Context, tx *db.Tx, op accounts.UserID, subject string) error {
	now := s.Clock.Now()
	held, err := takeovers(ctx, tx, []string{subject})
	if err != nil {
		return err
	}
	t, ok := held[subject]
	if !ok {
		return fault.New(fault.Conflict, "nudges.not_in_hand")
	}
	if err := endTakeover(ctx, tx, t.ID, now); err != nil {
		return err
	}
	open, err := turn.OpenOf(ctx, tx, subject)
	if err != nil {
		return err
	}
	for _, x := range open {
		due := max(now, x.DueAt.Add(now.Sub(max(t.Began, x.OpenedAt))))
		if err := turn.Extend(ctx, tx, now, x.ID, due); err != nil {
			return err
		}
	}
	return s.Accounts.Audit(ctx, tx, op, "orders.hand_back", subject, "")
}

// InHand are the takeovers among subjects, by subject.
func (s *Service) InHand(ctx context.Context, q db.Queryer, subjects ...string) (map[string]Takeover, error) {
	return takeovers(ctx, q, subjects)
}
