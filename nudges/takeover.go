package nudges

import (
	"context"
	"strconv"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// droppedInHand is why a message about what is in hand was not sent.
const droppedInHand = "somebody at the desk has it in hand"

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
	if err := s.lookAgain(ctx, tx, subject, now); err != nil {
		return err
	}
	return s.Accounts.Audit(ctx, tx, op, "orders.take_over", subject, "")
}

// HandBack gives it back to the machine. Deadlines move by as long as it was in
// hand, and leave whoever owes a waking day at the least; reminders are planned
// anew, and last warnings that were not sent because of it are sent now. It is for
// operators, and is written down. It fails with Conflict when nobody has it.
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
		if err := s.Messages.Revive(ctx, tx, x.ID, droppedInHand); err != nil {
			return err
		}
		due := x.DueAt.Add(now.Sub(max(t.Began, x.OpenedAt)))
		if err := s.makeRoom(ctx, tx, x, due, now); err != nil {
			return err
		}
	}
	return s.Accounts.Audit(ctx, tx, op, "orders.hand_back", subject, "")
}

// InHand are the takeovers among subjects, by subject.
func (s *Service) InHand(ctx context.Context, q db.Queryer, subjects ...string) (map[string]Takeover, error) {
	return takeovers(ctx, q, subjects)
}

// makeRoom moves the deadline of a turn to due, or further, so that whoever owes
// has a waking day from now, and says so to the two.
func (s *Service) makeRoom(ctx context.Context, tx *db.Tx, t turn.Turn, due, now clock.Instant) error {
	f, err := s.gather(ctx, tx, []turn.Turn{t})
	if err != nil {
		return err
	}
	if isMember(t.Owner) {
		due = max(due, calendar.WakingAdd(now, WarningLead+warningSlack, f.people(t).Owner.Quiet))
	}
	if err := turn.Extend(ctx, tx, now, t.ID, max(due, now)); err != nil {
		return err
	}
	d := decision{}
	f.postpone(&d, &t, due)
	return s.Messages.AppendMany(ctx, tx, d.post)
}

// lookAgain lets the sweep look at once at what is open about a subject.
func (s *Service) lookAgain(ctx context.Context, tx *db.Tx, subject string, now clock.Instant) error {
	open, err := turn.OpenOf(ctx, tx, subject)
	if err != nil {
		return err
	}
	for _, t := range open {
		if err := turn.Snooze(ctx, tx, t.ID, now, turn.StepPlan); err != nil {
			return err
		}
	}
	return nil
}

// stillInHand asks an operator about what they took over, on the n-th day.
func (f *facts) stillInHand(t turn.Turn, k Takeover, n int64) messaging.Telling {
	b, _ := f.brief(t, k.Operator, true)
	return messaging.Telling{
		To: k.Operator, Topic: messaging.TopicNudge, Key: "nudges.still_in_hand", Args: b.args, URL: b.url, Turn: t.ID, Step: stepInHand + "." + strconv.FormatInt(n, 10),
		Dedupe: string(k.ID) + ":" + strconv.FormatInt(n, 10), By: []string{messaging.App, messaging.Push, messaging.Email},
	}
}
