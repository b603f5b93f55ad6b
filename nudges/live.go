package nudges

import (
	"context"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// scheduleKept is how long the list of live policies is believed before it is
// read again: what another process puts live holds here this much later.
const scheduleKept = 2 * time.Second

// cache keeps which policies are live from when on, and the newest that was
// read, since both are asked for often and change seldom.
type cache struct {
	mu       sync.Mutex
	readAt   time.Time // of schedule; zero: never, or it has changed since
	schedule []Version // live ones without their text, the last first
	version  int64
	policy   Policy
}

// head is the version that holds at now, zero when none does; false when the
// list has to be read again.
func (c *cache) head(now clock.Instant) (Version, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readAt.IsZero() || clock.Wall().Sub(c.readAt) > scheduleKept {
		return Version{}, false
	}
	return liveAt(c.schedule, now), true
}

// liveAt is the version of a schedule that holds at now; zero when none does.
func liveAt(schedule []Version, now clock.Instant) Version {
	for _, v := range schedule {
		if v.LiveAt <= now {
			return v
		}
	}
	return Version{}
}

// know keeps a list that was asked for at a time.
func (c *cache) know(schedule []Version, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schedule, c.readAt = schedule, asked
}

// forget has the list read again.
func (c *cache) forget() { c.know(nil, time.Time{}) }

// get is the policy of a version that was read before.
func (c *cache) get(version int64) (Policy, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.policy, c.version == version
}

// last is the newest policy that was read, or otherwise when none was.
func (c *cache) last(otherwise Policy) Policy {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version == 0 {
		return otherwise
	}
	return c.policy
}

func (c *cache) put(version int64, p Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.policy = version, p
}

// Live is the policy that holds now: the one that operators put live last, or
// else the file's, or the built-in one. A version that this program cannot read
// any more is passed over, and the log says so.
func (s *Service) Live(ctx context.Context, q db.Queryer) (Policy, error) {
	head, err := s.liveHead(ctx, q)
	if err != nil || head.Number == 0 {
		return s.Policy, err
	}
	if p, ok := s.stored.get(head.Number); ok && p.LiveAt == head.LiveAt {
		return p, nil
	}
	v, err := version(ctx, q, head.Number)
	if err != nil {
		return Policy{}, err
	}
	p, err := v.Policy()
	if err != nil {
		s.Log.Error("the live policy cannot be read; the last good one holds", "version", v.Number, "err", err)
		p = s.stored.last(s.Policy)
	}
	p.LiveAt = v.LiveAt
	s.stored.put(v.Number, p)
	return p, nil
}

// liveHead is the version that holds now, without its text; zero when operators
// put none live.
func (s *Service) liveHead(ctx context.Context, q db.Queryer) (Version, error) {
	now := s.Clock.Now()
	if v, ok := s.stored.head(now); ok {
		return v, nil
	}
	asked := clock.Wall()
	all, err := schedule(ctx, q)
	if err != nil {
		return Version{}, err
	}
	s.stored.know(all, asked)
	return liveAt(all, now), nil
}
