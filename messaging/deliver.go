package messaging

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
)

// How sending is tried again.
const (
	jobTries    = 3   // of one job; the sweep makes a new one when all fail
	sweepBatch  = 500 // rows looked at in one transaction
	maxSweeps   = 40  // batches of one sweep
	stuckAfter  = 24 * time.Hour
	maxListed   = 20  // broken rows named by a check
	maxReason   = 300 // characters kept of why a delivery failed
	sentTimeout = 10 * time.Second
)

// pauses are how long to wait after the 1st, 2nd, … temporary failure; after the
// last the delivery has failed.
var pauses = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour,
}

// Refused is a sender's failure. A temporary one is worth another try.
type Refused struct {
	Temporary bool
	Gone      bool // not temporary, and nothing else sent there will ever arrive
	Reason    string
}

// Error is the reason.
func (r *Refused) Error() string { return r.Reason }

// Sender takes one e-mail to the post. It fails with *Refused, or with any other
// error that counts as temporary; so do all that carry a message out of the house.
type Sender interface {
	Send(ctx context.Context, m Mail) error
}

// DeliverOne sends a delivery, unless it was sent, is no longer wanted, or has to
// wait. Reminders take along the person's others that wait for the same channel.
// Doing it twice sends once; only a process that dies between the provider's
// receipt and our note of it sends twice, under the same id, unless the report
// came before the second try.
func (s *Service) DeliverOne(ctx context.Context, did DeliveryID) error {
	d, err := loadDelivery(ctx, s.DB, did)
	if db.IsNone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	b, err := s.gather(ctx, d, now)
	if err != nil || len(b) == 0 {
		return err
	}
	u, err := s.Accounts.Get(ctx, s.DB, d.User)
	if err != nil {
		return s.putOff(ctx, b, now, "account", err)
	}
	if holds(d.Topic, d.Warning) {
		if end := calendar.NextWaking(now, u.Quiet()); end != now {
			return postpone(ctx, s.DB, did, end, "quiet hours")
		}
	}
	left, err := s.still(ctx, b, u, now)
	if err != nil {
		return s.putOff(ctx, b, now, "recheck", err)
	}
	if len(left) == 0 {
		return nil
	}
	return s.deliver(ctx, left, u, now)
}

// deliver sends what is still wanted.
func (s *Service) deliver(ctx context.Context, b bundle, u accounts.User, now clock.Instant) error {
	d := b.head()
	c, ok := channelOf(d.Channel)
	if !ok || !c.ready(s) {
		return s.giveUp(ctx, d, &Refused{Reason: "nobody carries " + d.Channel})
	}
	to, ok, err := s.addressNow(ctx, d, u)
	if err != nil {
		return s.putOff(ctx, b, now, "address", err)
	}
	if !ok {
		return s.giveUp(ctx, d, &Refused{Reason: "no longer reached by " + d.Channel})
	}
	full, err := s.capped(ctx, b, u, now)
	if err != nil {
		return s.putOff(ctx, b, now, "daily cap", err)
	}
	if full {
		return postpone(ctx, s.DB, d.ID, nextMorning(now, u), "daily cap")
	}
	d.Address, d.Others = to, b[1:]
	send, err := c.compose(s, ctx, d, u, now)
	if err != nil {
		return s.putOff(ctx, b, now, "wording", err)
	}
	return s.post(ctx, d, send)
}

// addressNow is where a delivery goes now: people change their address while a
// message waits, or answer STOP. It says false when the channel no longer
// reaches them.
func (s *Service) addressNow(ctx context.Context, d Delivery, u accounts.User) (string, bool, error) {
	if d.Topic == TopicAccount {
		return d.Address, true, nil
	}
	return s.wayOf(ctx, s.DB, u, d.Channel)
}

// post sends what was composed and notes what became of it.
func (s *Service) post(ctx context.Context, d Delivery, send func(context.Context) (string, error)) error {
	receipt, err := send(ctx)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), sentTimeout) // note it even when the process is being stopped
	defer cancel()
	now := s.Clock.Now()
	if err == nil {
		return s.settle(after, d, now, receipt)
	}
	refused := &Refused{Temporary: true, Reason: err.Error()}
	errors.As(err, &refused)
	if !refused.Temporary || int(d.Tries) > len(pauses) {
		return s.lose(after, d, refused)
	}
	return putBack(after, s.DB, d.ID, now.Add(pauses[d.Tries-1]), clip(refused.Reason, maxReason))
}

// settle notes that a message, and those under its name, were sent, and tells who
// waits for that. What goes wrong with telling them loses no note of the sending.
func (s *Service) settle(ctx context.Context, d Delivery, now clock.Instant, receipt string) error {
	about := s.aboutTurns(append([]Delivery{d}, d.Others...))
	if len(about) == 0 {
		return settle(ctx, s.DB, d.ID, now, receipt)
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := settle(ctx, tx, d.ID, now, receipt); err != nil {
			return err
		}
		return s.went(ctx, tx, about)
	})
	if err != nil {
		s.Log.Error("sent, and not told on", "delivery", d.ID, "err", err)
		return settle(ctx, s.DB, d.ID, now, receipt)
	}
	return nil
}

// aboutTurns are those of some deliveries that somebody waits to hear of.
func (s *Service) aboutTurns(ds []Delivery) []Delivery {
	return slices.DeleteFunc(ds, func(d Delivery) bool { return d.Turn == "" || s.Went == nil })
}

// went tells of messages that left the house.
func (s *Service) went(ctx context.Context, tx *db.Tx, ds []Delivery) error {
	for _, d := range ds {
		if err := s.Went(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// lose ends a delivery that nobody took; it counts against no cap.
func (s *Service) lose(ctx context.Context, d Delivery, why *Refused) error {
	return errors.Join(s.giveUp(ctx, d, why), s.DB.InTx(ctx, func(tx *db.Tx) error { return s.giveBack(ctx, tx, d) }))
}

// giveUp ends a delivery that will never be taken.
func (s *Service) giveUp(ctx context.Context, d Delivery, why *Refused) error {
	s.Log.Warn("message failed", "delivery", d.ID, "channel", d.Channel, "user", d.User, "tries", d.Tries, "reason", faceless(why.Reason))
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.fail(ctx, tx, d, clip(why.Reason, maxReason), why.Gone)
	})
}

// stillWanted checks again, right before sending, and brings d up to date.
func (s *Service) stillWanted(ctx context.Context, d *Delivery, u accounts.User, now clock.Instant) (bool, string, error) {
	if !d.StaleAt.IsZero() && !now.Before(d.StaleAt) {
		return false, "too late", nil
	}
	if !wants(u, d.Channel, d.Topic, d.Warning) {
		return false, "turned off", nil
	}
	if d.Topic == TopicMessage && d.Thread != "" {
		c, err := load(ctx, s.DB, d.Thread)
		if err != nil {
			return false, "", err
		}
		if !c.Unread(u.ID) {
			return false, "read", nil
		}
	}
	if d.Turn == "" || s.Recheck == nil {
		return true, "", nil
	}
	was := d.RawArgs
	ok, reason, err := s.Recheck(ctx, d)
	if err == nil && ok && d.RawArgs != was {
		err = reword(ctx, s.DB, d.ID, d.RawArgs)
	}
	return ok, reason, err
}

// Sweep hands out what is due: deliveries that waited for the morning, for
// another try, or whose job was lost; and mails about unread messages. Running
// it late, twice, or in several processes does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.sweepUnread(ctx), s.sweepDeliveries(ctx))
}

func (s *Service) sweepDeliveries(ctx context.Context) error {
	for range maxSweeps {
		now := s.Clock.Now()
		ids, err := dueDeliveries(ctx, s.DB, now, sweepBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.DB.InTx(ctx, func(tx *db.Tx) error {
			for _, did := range ids {
				mine, err := handOver(ctx, tx, did, now, now.Add(lease))
				if err != nil {
					return err
				}
				if !mine {
					continue
				}
				if err := s.Jobs.Insert(ctx, tx, Deliver{ID: did}, jobs.Attempts(jobTries)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ids) < sweepBatch {
			return err
		}
	}
	return nil
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// addresses are e-mail addresses and phone numbers, as providers name them in
// their answers.
var addresses = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+|\+?[0-9][0-9 -]{5,}[0-9]`)

// faceless is what a provider said, for the log: without whom it was about.
func faceless(reason string) string { return addresses.ReplaceAllString(reason, "…") }
