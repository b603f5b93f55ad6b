package nudges

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
)

// stayOpen is how long a turn that only a person can end, and whose lapse costs
// nobody, is left alone after its deadline: the desk's queue shows it.
const stayOpen = 24 * time.Hour

// lapse makes the clock's move for a turn whose deadline has passed.
func (s *Service) lapse(ctx context.Context, t turn.Turn) error {
	if wait, err := s.waits(ctx, t); wait || err != nil {
		return err
	}
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
// app, where else they may look. That we reminded the other is said where we did.
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
	past, err := decidedMany(ctx, tx, []turn.ID{t.ID})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(past, func(n Nudge) bool { return n.Went() && n.UserID == t.Owner }) {
		key += "_unsaid"
	}
	return s.Messages.Tell(ctx, tx, messaging.Telling{
		To: accounts.UserID(t.Waiter), Topic: messaging.TopicNudge, Key: key, URL: url, Dedupe: string(t.ID) + ":unanswered",
		Args: map[string]any{"Title": c.Title, "Other": accounts.UserID(t.Owner)}, By: []string{messaging.App},
	})
}

// Recheck tells whether a message about a turn is still wanted, right before it
// is sent: the turn is open, its reader still has to do with it, nobody at the
// desk has it in hand, and its owner has not said meanwhile that they will do it
// later. What its words speak of is brought up to date: a deadline that moved while
// it waited is told as it is.
func (s *Service) Recheck(ctx context.Context, d *messaging.Delivery) (ok bool, reason string, err error) {
	t, err := turn.Get(ctx, s.DB, d.Turn)
	switch {
	case db.IsNone(err):
		return false, "the turn is gone", nil
	case err != nil:
		return false, "", err
	case !t.Open():
		return false, "done meanwhile: " + t.Outcome, nil
	}
	f, err := s.gatherNow(ctx, t)
	if err != nil {
		return false, "", err
	}
	now := s.Clock.Now()
	step, known := f.ladder(t).Step(d.Step)
	_, inHand := f.takeovers[t.Subject]
	switch {
	case !f.concerns(t, d.User, step):
		return false, "no longer theirs", nil
	case strings.HasPrefix(d.Step, stepInHand+"."):
		return inHand, "not in hand any more", nil
	case inHand:
		return false, droppedInHand, nil
	case !d.Warning && f.muted[muteKey{d.User, t.Subject}]:
		return false, "they asked for no reminders about it", nil
	case known && now.Before(f.people(t).Promise) && string(d.User) == t.Owner && !step.Warning && !step.AtOnce():
		return false, "they said when they will", nil
	}
	d.RawArgs, err = f.anew(t, *d, step.To == ToOperator || inHand)
	return err == nil, "", err
}

// anew are the values of a message's words as they are now. It keeps those that
// the turn does not know, such as when the other was reminded.
func (f *facts) anew(t turn.Turn, d messaging.Delivery, staff bool) (string, error) {
	b, ok := f.brief(t, d.User, staff)
	if !ok {
		return d.RawArgs, nil
	}
	args, err := messaging.DecodeArgs(d.RawArgs)
	if err != nil {
		return "", err
	}
	for k := range args {
		if v, ok := b.args[k]; ok {
			args[k] = v
		}
	}
	return messaging.EncodeArgs(args)
}

// concerns tells whether a turn is still somebody's: one of its two, or staff
// where a step speaks to them.
func (f *facts) concerns(t turn.Turn, u accounts.UserID, step Step) bool {
	if t.Owner == string(u) || t.Waiter == string(u) {
		return true
	}
	for _, op := range f.operators {
		if op.ID == u {
			return t.Owner == turn.Operator || step.To == ToOperator
		}
	}
	k, ok := f.takeovers[t.Subject]
	return ok && k.Operator == u
}
