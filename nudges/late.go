package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// waits tells whether a turn that is due must not lapse yet: somebody at the desk
// has taken it over meanwhile, or its last warning, which went out in time, came
// late or is still on its way. Then the deadline moves so that its owner has a
// waking day, and the two read of it.
func (s *Service) waits(ctx context.Context, t turn.Turn) (wait bool, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		p, err := s.Live(ctx, tx)
		if err != nil {
			return err
		}
		w, costly := p.For(t).Warning()
		if !costly || !isMember(t.Owner) {
			return nil
		}
		held, err := takeovers(ctx, tx, []string{t.Subject})
		if err != nil {
			return err
		}
		if _, wait = held[t.Subject]; wait {
			return nil
		}
		ds, err := s.Messages.DeliveriesAbout(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		wait, err = s.leaveADay(ctx, tx, t, landed(ds, w.Name, t.Owner, s.Clock.Now()))
		return err
	})
	return wait, err
}

// leaveADay moves the deadline of a turn whose last warning landed at a moment, if
// that left its owner less than a waking day. It says whether it did.
func (s *Service) leaveADay(ctx context.Context, tx *db.Tx, t turn.Turn, at clock.Instant) (bool, error) {
	if at.IsZero() {
		return false, nil
	}
	f, err := s.gather(ctx, tx, []turn.Turn{t})
	if err != nil {
		return false, err
	}
	now, q := s.Clock.Now(), f.people(t).Owner.Quiet
	until := calendar.WakingAdd(at, WarningLead, q)
	if !t.DueAt.Before(calendar.WakingAdd(at, WarningLead-warningSlack, q)) || !now.Before(until) {
		return false, nil
	}
	if err := turn.Extend(ctx, tx, now, t.ID, until); err != nil {
		return false, err
	}
	d := decision{}
	f.postpone(&d, &t, until)
	return true, s.Messages.AppendMany(ctx, tx, d.post)
}

// landed is when a step first got to its reader out of the house: when the post
// took it, or its arrival was reported; now, when nothing did and something is
// still on its way. 0 when there is nothing to wait for.
func landed(ds []messaging.Delivery, step, user string, now clock.Instant) (first clock.Instant) {
	pending := false
	for _, d := range ds {
		if d.Step != step || string(d.User) != user || d.Channel == messaging.App {
			continue
		}
		at := d.ReachedAt
		if at.IsZero() && d.Channel == messaging.Email && d.State == messaging.Sent {
			at = d.DoneAt
		}
		switch {
		case !at.IsZero() && (first.IsZero() || at.Before(first)):
			first = at
		case at.IsZero():
			pending = pending || d.State == messaging.Queued || d.State == messaging.Sending
		}
	}
	if first.IsZero() && pending {
		return now
	}
	return first
}
