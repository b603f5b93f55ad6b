package nudges

import (
	"context"
	"sync"

	"github.com/kierto/kierto/internal/db"
)

// cache keeps the newest policy that was read, since it is asked for often and
// changes seldom.
type cache struct {
	mu      sync.Mutex
	version int64
	policy  Policy
}

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
	head, err := liveNumber(ctx, q, s.Clock.Now())
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
