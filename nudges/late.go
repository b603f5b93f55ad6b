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
		at, pending, err := s.heard(ctx, tx, t.ID, w.Name, accounts.UserID(t.Owner))
		if err != nil {
			return err
		}
		if pending {
			at = s.Clock.Now()
		}
		wait, err = s.leaveADay(ctx, tx, t, at)
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

// Reached tells whether somebody is known to have been reached about a turn, so
// that the clock may take something from them. Of a turn that has a last warning
// that is the warning itself: an earlier letter that arrived says nothing about
// one that did not. Otherwise it is any message. Whoever was spoken to was reached.
func (s *Service) Reached(ctx context.Context, q db.Queryer, tid turn.ID, u accounts.UserID) (bool, error) {
	t, err := turn.Get(ctx, q, tid)
	if err != nil {
		return false, err
	}
	p, err := s.Live(ctx, q)
	if err != nil {
		return false, err
	}
	if w, costly := p.For(t).Warning(); costly {
		at, _, err := s.heard(ctx, q, tid, w.Name, u)
		return !at.IsZero(), err
	}
	if ok, err := s.Messages.Delivered(ctx, q, tid, u); ok || err != nil {
		return ok, err
	}
	at, err := spokenTo(ctx, q, tid, u)
	return !at.IsZero(), err
}

// heard is since when somebody is known to have heard a step of a turn: it got to
// them out of the house, or, when nothing did, they read of it in the app or were
// spoken to about the turn. 0: not known. It says whether it has reached them by
// nothing yet, while something is still on its way.
func (s *Service) heard(ctx context.Context, q db.Queryer, t turn.ID, step string, u accounts.UserID) (at clock.Instant, pending bool, err error) {
	ds, err := s.Messages.DeliveriesAbout(ctx, q, t)
	if err != nil {
		return 0, false, err
	}
	if at, pending = landed(ds, step, u); !at.IsZero() || pending {
		return at, pending, nil
	}
	if at, err = s.Messages.ReadAt(ctx, q, t, step, u); err != nil {
		return 0, false, err
	}
	spoken, err := spokenTo(ctx, q, t, u)
	if at.IsZero() || !spoken.IsZero() && spoken.Before(at) {
		at = spoken
	}
	return at, false, err
}

// landed is when a step first got to its reader out of the house: when the post
// took it, or its arrival was reported; 0 when nothing did. It says whether
// something is still on its way then.
func landed(ds []messaging.Delivery, step string, u accounts.UserID) (first clock.Instant, pending bool) {
	for _, d := range ds {
		if d.Step != step || d.User != u || d.Channel == messaging.App {
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
	return first, pending && first.IsZero()
}
