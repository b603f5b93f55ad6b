package listings

import (
	"context"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// Counts that are large or slow are remembered for a moment: nobody minds
// whether there are 4 210 or 4 213.
const (
	countKept  = 30 * time.Second
	countLarge = 500                   // from this many on
	countSlow  = 10 * time.Millisecond // or when counting a page or more took this long
	maxCounts  = 2_000                 // remembered at once
)

// counts are the remembered counts, by canonical filter.
type counts struct {
	sync.Mutex
	of map[string]counted
}

type counted struct {
	n     int
	more  bool // there are yet others
	until time.Time
}

// Count is how many things a filter finds; more tells that there are yet others.
func (s *Service) Count(ctx context.Context, f Filter) (n int, more bool, err error) {
	f.After, f.Sort = Cursor{}, Newest
	key, now := f.Canonical(), clock.Wall()
	s.counts.Lock()
	c, ok := s.counts.of[key]
	s.counts.Unlock()
	if ok && now.Before(c.until) {
		return c.n, c.more, nil
	}
	n, more, err = count(ctx, s.DB, planOf(f, s.Tree))
	if err != nil {
		return 0, false, err
	}
	if n >= countLarge || clock.Wall().Sub(now) >= countSlow && n > pageSize {
		s.counts.keep(key, counted{n, more, now.Add(countKept)})
	}
	return n, more, nil
}

func (c *counts) keep(key string, v counted) {
	c.Lock()
	defer c.Unlock()
	if c.of == nil || len(c.of) >= maxCounts {
		c.of = map[string]counted{}
	}
	c.of[key] = v
}

// Find is a page of what a filter finds, and the cursor of the next page, zero
// when there is none. A filter that few things pass may give a short page with
// a next one.
func (s *Service) Find(ctx context.Context, f Filter, limit int) (cards []Card, next Cursor, err error) {
	return s.find(ctx, s.DB, f, limit)
}

// shortPages is how many pages in a row of a filter without words may be empty
// before a page shows that.
const shortPages = 3

func (s *Service) find(ctx context.Context, q db.Queryer, f Filter, limit int) (cards []Card, next Cursor, err error) {
	p := planOf(f, s.Tree)
	next = f.After
	for range shortPages {
		cards, next, err = find(ctx, q, p, next, limit)
		if err != nil || len(cards) > 0 || next.IsZero() || len(p.terms) > 0 {
			break
		}
	}
	return cards, next, err
}
