package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// Went tells the one who waits that the other was reminded, as soon as that is so:
// when the first message of a step has left the house. It is messaging's hook, in
// the transaction that notes it.
func (s *Service) Went(ctx context.Context, tx *db.Tx, m messaging.Delivery) error {
	now := s.Clock.Now()
	first, err := wentOut(ctx, tx, m.Turn, m.Step, m.User, now)
	if err != nil || !first {
		return err
	}
	t, err := turn.Get(ctx, tx, m.Turn)
	if err != nil || t.Owner != string(m.User) {
		return err
	}
	f, err := s.gather(ctx, tx, []turn.Turn{t})
	if err != nil {
		return err
	}
	step, known := f.ladder(t).Step(m.Step)
	if !known { // of a policy that is no longer live
		step = Step{Name: m.Step, When: After, Later: 1, To: ToOwner, Warning: m.Warning}
	}
	if step.To != ToOwner {
		return nil
	}
	d := decision{}
	f.reassure(&d, t, step, now)
	return s.told(ctx, tx, d)
}

// told writes what reassure decided.
func (s *Service) told(ctx context.Context, tx *db.Tx, d decision) error {
	if err := recordMany(ctx, tx, d.record); err != nil {
		return err
	}
	if len(d.tell) > 0 {
		if err := s.Messages.TellMany(ctx, tx, d.tell); err != nil {
			return err
		}
	}
	return s.Messages.AppendMany(ctx, tx, d.post)
}

// reassure tells the one who waits that the other was reminded: in the stream,
// and by the channels the step names.
func (f *facts) reassure(d *decision, t turn.Turn, p Step, now clock.Instant) {
	owner := accounts.UserID(t.Owner)
	if b, ok := f.brief(t, owner, false); ok && b.thread != "" && !p.AtOnce() {
		key := "nudges.stream.reminded"
		if p.Warning {
			key = "nudges.stream.warned"
		}
		d.post = append(d.post, messaging.Posting{To: b.thread, Entry: messaging.Entry{
			Kind: messaging.Nudge, Key: key, Args: map[string]any{"Who": owner}, Ref: string(t.ID),
		}})
	}
	u, known := f.users[accounts.UserID(t.Waiter)]
	if len(p.Tell) == 0 || !t.Open() || !known || u.IsDeleted() {
		return
	}
	n := Nudge{TurnID: t.ID, Step: p.Name, UserID: t.Waiter, PlannedAt: now, DecidedAt: now, Verdict: sent}
	by, _ := ways(Step{By: p.Tell}, f.reach[u.ID])
	if f.muted[muteKey{u.ID, t.Subject}] {
		n.Verdict = wasMuted
	} else if b, ok := f.brief(t, u.ID, false); ok {
		b.args["When"] = now
		d.tell = append(d.tell, messaging.Telling{
			To: u.ID, Topic: messaging.TopicNudge, Key: toldKey(t.Kind), Args: b.args, URL: b.url, Thread: b.answers(),
			Dedupe: dedupe(t.ID, p.Name, u.ID), Turn: t.ID, Step: p.Name, By: by,
			Stale: calendar.WakingAdd(now, staleAfter, u.Quiet()),
		})
		if !f.leaves(u, by, false) {
			n.WentAt = now
		}
	}
	d.record = append(d.record, n)
}
