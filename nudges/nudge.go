package nudges

import (
	"context"
	"fmt"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// stayOpen is how long a turn that only a person can end, and whose lapse costs
// nobody, is left alone after its deadline: the desk's queue shows it.
const stayOpen = 24 * time.Hour

// nudge takes a step: it records it and tells its reader. What cannot be told
// to anybody is recorded as such.
func (s *Service) nudge(ctx context.Context, tx *db.Tx, t turn.Turn, p Planned) error {
	to, now := s.recipient(t, p.To), s.Clock.Now()
	n := Nudge{TurnID: t.ID, Step: p.Name, UserID: to, PlannedAt: p.At, DecidedAt: now, Verdict: sent}
	if !isMember(to) {
		n.Verdict = noChannel
	}
	first, err := record(ctx, tx, n)
	if err != nil || !first || n.Verdict != sent {
		return err
	}
	b, err := s.brief(ctx, tx, t, accounts.UserID(to))
	if err != nil {
		return err
	}
	err = s.Messages.Tell(ctx, tx, messaging.Telling{
		To: accounts.UserID(to), Topic: messaging.TopicNudge, Key: b.key(p.Step), Args: b.args, URL: b.url, Thread: b.thread,
		Dedupe: fmt.Sprintf("%s:%s:%s", t.ID, p.Name, to), Turn: t.ID, Step: p.Name, Warning: p.Warning, By: p.By,
	})
	if err != nil || b.thread == "" || p.To != ToOwner || p.AtOnce() {
		return err
	}
	key := "nudges.stream.reminded"
	if p.Warning {
		key = "nudges.stream.warned"
	}
	return s.Messages.Append(ctx, tx, b.thread, messaging.Entry{
		Kind: messaging.Nudge, Key: key, Args: map[string]any{"Who": accounts.UserID(to)}, Ref: string(t.ID),
	})
}

// Preview is the next reminder of a turn that goes to a member, in the words they
// will read, and when; false when none is planned. It is for the desk.
func (s *Service) Preview(ctx context.Context, q db.Queryer, t turn.Turn) (messaging.Preview, Planned, bool, error) {
	plan, err := s.Plan(ctx, q, t)
	if err != nil {
		return messaging.Preview{}, Planned{}, false, err
	}
	for _, p := range plan.Next {
		to := s.recipient(t, p.To)
		if !isMember(to) {
			continue
		}
		b, err := s.brief(ctx, q, t, accounts.UserID(to))
		if err != nil {
			return messaging.Preview{}, p, false, err
		}
		v, err := s.Messages.Preview(ctx, q, messaging.Telling{
			To: accounts.UserID(to), Topic: messaging.TopicNudge, Key: b.key(p.Step), Args: b.args, Warning: p.Warning,
		})
		return v, p, err == nil, err
	}
	return messaging.Preview{}, Planned{}, false, nil
}

// brief is what the words of a nudge may speak of.
type brief struct {
	args   map[string]any
	url    string
	thread messaging.ConversationID // where both see it; "" when it concerns one alone
	ending string                   // of the words' key, where the same step says something else
}

// key is the words of a step.
func (b brief) key(s Step) string { return "nudges." + s.Text + b.ending }

// brief finds out what a turn is about, for one of its two.
func (s *Service) brief(ctx context.Context, q db.Queryer, t turn.Turn, to accounts.UserID) (brief, error) {
	switch t.Kind {
	case turn.AnswerMessage:
		return s.briefMessage(ctx, q, t, to)
	case turn.AnswerOffer:
		return s.briefOffer(ctx, q, t, to)
	case turn.PayoutDetails:
		e, err := s.Payments.EarningsOf(ctx, to)
		return brief{args: map[string]any{"Due": t.DueAt, "Payout": e.Waiting}, url: "/account/payouts"}, err
	}
	return s.briefOrder(ctx, q, t, to)
}

func (s *Service) briefOrder(ctx context.Context, q db.Queryer, t turn.Turn, to accounts.UserID) (brief, error) {
	o, err := s.Orders.Get(ctx, q, orders.ID(t.Subject))
	if err != nil {
		return brief{}, err
	}
	b := brief{url: o.URL(), thread: o.Conversation, args: map[string]any{
		"Title": o.Title, "Ref": o.Ref, "Other": o.OtherParty(to), "Due": t.DueAt, "Total": o.Total(), "Payout": o.Item(),
	}}
	if t.Kind == turn.Review {
		b.url, b.thread = o.URL()+"/review", ""
	}
	return b, nil
}

func (s *Service) briefMessage(ctx context.Context, q db.Queryer, t turn.Turn, to accounts.UserID) (brief, error) {
	c, err := s.Messages.Load(ctx, q, messaging.ConversationID(t.Subject))
	if err != nil {
		return brief{}, err
	}
	b := brief{url: "/inbox/" + string(c.ID), args: map[string]any{"Title": c.Title, "Other": c.Other(to), "Due": t.DueAt}}
	if !asksAbout(c, t) {
		b.ending = "_plain"
	}
	return b, nil
}

// asksAbout tells whether somebody waits to hear about a thing they might buy,
// and not about a trade that is on.
func asksAbout(c messaging.Conversation, t turn.Turn) bool {
	return c.Kind == messaging.AboutListing && c.OrderID == "" && t.Waiter == string(c.Buyer)
}

func (s *Service) briefOffer(ctx context.Context, q db.Queryer, t turn.Turn, to accounts.UserID) (brief, error) {
	o, err := s.Orders.OfferFor(ctx, q, orders.OfferID(t.Subject), to)
	if err != nil {
		return brief{}, err
	}
	c, err := s.Messages.Load(ctx, q, o.Conversation)
	return brief{url: "/inbox/" + string(o.Conversation), args: map[string]any{
		"Title": c.Title, "Other": o.By, "Due": t.DueAt, "Total": o.Amount(),
	}}, err
}

// lapse makes the clock's move for a turn whose deadline has passed.
func (s *Service) lapse(ctx context.Context, t turn.Turn) error {
	if ours, err := s.Orders.LapseTurn(ctx, t); ours || err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if t.Kind == turn.AnswerMessage {
			return s.unanswered(ctx, tx, t)
		}
		return turn.Snooze(ctx, tx, t.ID, now.Add(stayOpen), turn.StepLapse)
	})
}

// unanswered ends the wait for an answer, and tells the one who asked, in the
// app, where else they may look.
func (s *Service) unanswered(ctx context.Context, tx *db.Tx, t turn.Turn) error {
	first, err := turn.CloseID(ctx, tx, s.Clock.Now(), t.ID, turn.Lapsed)
	if err != nil || !first || !isMember(t.Waiter) {
		return err
	}
	c, err := s.Messages.Load(ctx, tx, messaging.ConversationID(t.Subject))
	if err != nil {
		return err
	}
	key, url := "nudges.unanswered", "/inbox/"+string(c.ID)
	if asksAbout(c, t) {
		l, err := s.Orders.Listings.Get(ctx, tx, listings.ID(c.Subject))
		if err != nil {
			return err
		}
		key, url = "nudges.unanswered_similar", "/?category="+l.Category
	}
	return s.Messages.Tell(ctx, tx, messaging.Telling{
		To: accounts.UserID(t.Waiter), Topic: messaging.TopicNudge, Key: key, URL: url, Dedupe: string(t.ID) + ":unanswered",
		Args: map[string]any{"Title": c.Title, "Other": accounts.UserID(t.Owner)}, By: []string{messaging.App},
	})
}

// Recheck tells whether a message about a turn is still wanted, right before it
// is sent: the turn is open, its reader is still one of its two, and its owner has
// not said meanwhile that they will do it later.
func (s *Service) Recheck(ctx context.Context, d messaging.Delivery) (ok bool, reason string, err error) {
	t, err := turn.Get(ctx, s.DB, d.Turn)
	switch {
	case db.IsNone(err):
		return false, "the turn is gone", nil
	case err != nil:
		return false, "", err
	case !t.Open():
		return false, "done meanwhile: " + t.Outcome, nil
	case t.Owner != string(d.User) && t.Waiter != string(d.User):
		return false, "no longer theirs", nil
	}
	c, err := s.course(ctx, s.DB, t)
	if err != nil {
		return false, "", err
	}
	if step, ok := c.ladder.Step(d.Step); ok && s.Clock.Now().Before(c.people.Promise) && !step.Warning && !step.AtOnce() {
		return false, "they said when they will", nil
	}
	return true, "", nil
}

// Reminders is orders' view of a turn's plan, for the trade room.
func (s *Service) Reminders(ctx context.Context, q db.Queryer, t turn.Turn) ([]orders.PastNudge, []orders.PlannedNudge, error) {
	p, err := s.Plan(ctx, q, t)
	if err != nil {
		return nil, nil, err
	}
	var past []orders.PastNudge
	for _, n := range p.Past {
		if n.Verdict == sent {
			past = append(past, orders.PastNudge{To: accounts.UserID(n.UserID), Step: n.Step, At: n.DecidedAt})
		}
	}
	var next []orders.PlannedNudge
	for _, x := range p.Next {
		next = append(next, orders.PlannedNudge{To: s.recipient(t, x.To), Step: x.Name, At: x.At})
	}
	return past, next, nil
}
