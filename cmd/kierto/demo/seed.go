package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
)

// Roles of the people to sign in as.
const (
	roleBuyer    = "buyer"
	roleSeller   = "seller"
	roleOperator = "operator"
)

// How the past is made up.
const (
	past       = 56 * 24 * time.Hour // how far back it begins
	farTick    = 4 * time.Hour       // between sweeps long ago
	nearTick   = time.Hour           // between sweeps of late
	near       = 4 * 24 * time.Hour  // how long ago is of late
	mailKept   = 2 * 24 * time.Hour  // letters older than this are not in the outbox
	bookTries  = 7                   // works of the queue until the carrier is given up on
	seedNumber = 20261125
)

// Amount is how much the demo makes up.
type Amount struct{ People, Listings, Trades int }

// Amounts are the sizes of the demo by name.
var Amounts = map[string]Amount{
	"full":  {People: 60, Listings: 400, Trades: 150},
	"small": {People: 14, Listings: 56, Trades: 36},
	"none":  {},
}

// seeding is the past being made up: real calls of the services, in order of
// time, while the clock stands where each belongs.
type seeding struct {
	*Demo
	Market
	random *rand.Rand
	begin  clock.Instant
	now    clock.Instant // when the past ends
	queue  schedule
	sweep  func(ctx context.Context) error

	people  []accounts.User // members; the first two are Noora and Anna
	staff   accounts.User
	things  []*thing // what will be for sale, the first published first
	catalog map[string]wares
	talks   talks
	odd     []error // moves that somebody else came before
}

// errInhabited is the failure to make a past up for people who have one.
var errInhabited = errors.New("there are people in this database already: another marketplace's, or those of a demo that was stopped before it was ready; " +
	"name an empty folder with --data, or none for one that is thrown away")

// Seed fills an empty database and lets the clock go. sweep is nudges'.
func (d *Demo) Seed(ctx context.Context, a Amount, sweep func(ctx context.Context) error) error {
	taken, err := inhabited(ctx, d.market.DB)
	if err == nil && taken {
		err = errInhabited
	}
	if err != nil {
		return err
	}
	now := clock.Of(clock.Wall().Truncate(time.Minute))
	s := &seeding{
		Demo: d, Market: d.market, random: rand.New(rand.NewPCG(seedNumber, uint64(a.Listings))),
		begin: now.Add(-past), now: now, sweep: sweep,
	}
	d.Clock.stands.Set(s.begin)
	d.posted.burn.Store(true)
	d.Phone.Forget(true)
	if err := s.read(); err != nil {
		return err
	}
	steps := []struct {
		name string
		do   func(context.Context, Amount) error
	}{{"people", s.enrol}, {"things", s.stock}, {"trades", s.plot}, {"past", s.live}}
	for _, x := range steps {
		start := clock.Wall()
		if err := x.do(ctx, a); err != nil {
			return fmt.Errorf("demo: %s: %w", x.name, err)
		}
		d.market.Log.Info("demo", "made", x.name, "ms", clock.Wall().Sub(start).Milliseconds())
	}
	d.odd = s.odd
	d.posted.burn.Store(false)
	d.Phone.Forget(false)
	d.Clock.run(0)
	d.state.People = []person{
		{s.people[0].ID, s.people[0].First(), roleBuyer},
		{s.people[1].ID, s.people[1].First(), roleSeller},
		{s.staff.ID, s.staff.First(), roleOperator},
	}
	d.more = s.furtherPhotos()
	return d.save()
}

// Odd are the moves that were left out because somebody else came before: there
// should be none.
func (d *Demo) Odd() []error { return d.odd }

// live plays everything that was scheduled, in order, and sweeps in between.
func (s *seeding) live(ctx context.Context, _ Amount) error {
	tick := s.begin
	for {
		e, more := s.queue.peek()
		switch {
		case more && e.at <= s.now && e.at <= tick:
			s.queue.pop()
			s.stand(e.at)
			if err := s.act(ctx, e); err != nil {
				return err
			}
		case tick > s.now:
			s.stand(s.now)
			return errors.Join(s.around(ctx), s.Jobs.Tick(ctx), s.Jobs.Drain(ctx))
		default:
			s.stand(tick)
			if err := s.around(ctx); err != nil {
				return err
			}
			if s.now.Sub(tick) > near {
				tick = tick.Add(s.between(farTick*3/4, farTick*5/4))
			} else {
				tick = tick.Add(s.between(nearTick/2, nearTick))
			}
		}
	}
}

// stand puts the clock at an instant.
func (s *seeding) stand(at clock.Instant) {
	s.Clock.stands.Set(at)
	s.posted.burn.Store(s.now.Sub(at) > mailKept)
}

// act does what was scheduled, and what follows from it. A move that somebody
// came before is left out: invented people are late as well.
func (s *seeding) act(ctx context.Context, e event) error {
	err := e.do(ctx)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Missing) {
		s.odd = append(s.odd, fmt.Errorf("%s at %s: %w", e.what, e.at, err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.what, err)
	}
	return s.Jobs.Drain(ctx)
}

// around lets the world go on: turns are swept, letters go out, the carrier is
// asked.
func (s *seeding) around(ctx context.Context) error {
	s.Stripe.Tick()
	if err := errors.Join(s.sweep(ctx), s.Messages.Sweep(ctx)); err != nil {
		return err
	}
	if _, err := s.Shipping.Poll(ctx); err != nil {
		return err
	}
	return s.Jobs.Drain(ctx)
}

// at schedules something.
func (s *seeding) at(when clock.Instant, what string, do func(ctx context.Context) error) {
	s.queue.push(event{at: when, what: what, do: do})
}

// pick is one of several.
func pick[T any](s *seeding, of []T) T { return of[s.random.IntN(len(of))] }

// between is a length of time from a to b.
func (s *seeding) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.random.Int64N(int64(b-a)+1))
}

// chance is true in percent of cases.
func (s *seeding) chance(percent int) bool { return s.random.IntN(100) < percent }

// Hours in which invented people are up; what falls between is moved into the
// hour before bed.
const (
	upFrom = 8 * time.Hour
	bedAt  = 20*time.Hour + 30*time.Minute
	wind   = time.Hour
)

// awake moves an instant into the hours in which people are up, in Helsinki,
// never later and never past one that came before it.
func awake(at clock.Instant) clock.Instant {
	zone := clock.Zone("")
	t := at.In(zone)
	midnight := clock.Of(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone))
	into := at.Sub(midnight)
	night := 24*time.Hour - bedAt + upFrom
	switch {
	case into < upFrom:
		y := midnight.Add(-upFrom).In(zone)
		bed := clock.Of(time.Date(y.Year(), y.Month(), y.Day(), 0, 0, 0, 0, zone)).Add(bedAt)
		return bed.Add(time.Duration(float64(24*time.Hour-bedAt+into) / float64(night) * float64(wind)))
	case into > bedAt:
		return midnight.Add(bedAt + time.Duration(float64(into-bedAt)/float64(night)*float64(wind)))
	}
	return at
}
