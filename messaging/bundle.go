package messaging

import (
	"context"
	"errors"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// usualCap is how many reminders outside the app a person gets on one day of
// theirs when nobody says otherwise.
const usualCap = 3

// digestWords word several reminders that go as one message.
const digestWords = "messaging.digest"

// bundle is what one message tells: several reminders to one person that wait
// for the same channel go as one, under the name of the first.
type bundle []Delivery

// merges tells whether a delivery may go together with others like it, and
// counts against the daily cap: reminders do, last warnings stand alone.
func merges(d Delivery) bool { return d.Topic == TopicNudge && !d.Warning && d.Channel != App }

// gather takes a waiting delivery, and those that go with it, for this sender
// until the lease ends. It gives none when another has it or it is done.
func (s *Service) gather(ctx context.Context, d Delivery, now clock.Instant) (b bundle, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		b, err = claim(ctx, tx, d, now, now.Add(lease))
		return err
	})
	return b, err
}

// ids name what is in a bundle.
func (b bundle) ids() []DeliveryID {
	out := make([]DeliveryID, len(b))
	for i, d := range b {
		out[i] = d.ID
	}
	return out
}

// head is the one by whose name the others go.
func (b bundle) head() Delivery { return b[0] }

// still is what of a bundle is still to be sent: the rest is settled.
func (s *Service) still(ctx context.Context, b bundle, u accounts.User, now clock.Instant) (bundle, error) {
	var out bundle
	for _, d := range b {
		if !d.ReachedAt.IsZero() { // reported before a sender that died could note it
			if err := drop(ctx, s.DB, d.ID, now, Sent, ""); err != nil {
				return nil, err
			}
			continue
		}
		ok, reason, err := s.stillWanted(ctx, &d, u, now)
		if err != nil {
			return nil, err
		}
		if !ok {
			if err := drop(ctx, s.DB, d.ID, now, Dropped, reason); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, d)
	}
	if len(out) > 0 && out.head().ID != b.head().ID {
		return out, rename(ctx, s.DB, b.head().ID, out.head().ID)
	}
	return out, nil
}

// capped tells whether a person has had their reminders today; otherwise this
// one counts from now on. One that is tried again counts once.
func (s *Service) capped(ctx context.Context, b bundle, u accounts.User, now clock.Instant) (bool, error) {
	if !merges(b.head()) {
		return false, nil
	}
	day, limit := dayNumber(now, u), usualCap
	if s.Cap != nil {
		var err error
		if limit, err = s.Cap(ctx); err != nil {
			return false, err
		}
	}
	for _, d := range b {
		if d.Day == day {
			return false, nil
		}
	}
	taken := false
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		if taken, err = takeDay(ctx, tx, u.ID, day, limit); err != nil || !taken {
			return err
		}
		return setDay(ctx, tx, b.head().ID, day)
	})
	return !taken, err
}

// giveBack lets a message that never went out count no more.
func (s *Service) giveBack(ctx context.Context, tx *db.Tx, d Delivery) error {
	if !merges(d) {
		return nil
	}
	return returnDay(ctx, tx, d)
}

// dayNumber is the person's day, counted from 1970.
func dayNumber(now clock.Instant, u accounts.User) int64 {
	t := now.In(clock.Zone(u.Zone))
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / int64((24 * time.Hour).Seconds())
}

// nextMorning is when a person who had enough for today may hear from us again.
func nextMorning(now clock.Instant, u accounts.User) clock.Instant {
	zone := clock.Zone(u.Zone)
	t := now.In(zone)
	return calendar.NextWaking(clock.Of(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone)), u.Quiet())
}

// putOff gives a bundle back after something of ours failed. It is tried as often
// as what a provider puts off; then the follow-up hears that it failed.
func (s *Service) putOff(ctx context.Context, b bundle, now clock.Instant, why string, err error) error {
	d := b.head()
	if int(d.Tries) > len(pauses) {
		return errors.Join(err, s.lose(ctx, d, &Refused{Reason: why}))
	}
	return errors.Join(err, putBack(ctx, s.DB, d.ID, now.Add(pauses[max(d.Tries-1, 0)]), why))
}
