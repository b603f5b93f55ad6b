package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
)

// Limits of event streams.
const (
	liveBeat    = 20 * time.Second // how often a quiet one says it is alive, and looks whether its reader is still signed in
	liveFor     = 10 * time.Minute // one stream, before the browser asks, and is checked, again
	liveStreams = 20               // streams of one member on one node; one more is answered 429, and its browser tries again ever more rarely
)

// Part is one piece of a live page: what it is called and how it looks now.
type Part struct {
	Event string
	Page  templ.Component
}

// Live keeps an event stream open (GET …/live). Each time woken gives, it sends
// what render makes under event; a nil component sends nothing. It ends when
// the reader leaves, woken is closed, or the session that it was asked for in has
// ended: before anything is sent, or at the next beat. Fault TooMany when the
// reader has as many open as one may.
func (c *Ctx) Live(event string, woken <-chan struct{}, render func() (templ.Component, error)) error {
	return c.LiveParts(woken, func() ([]Part, error) {
		page, err := render()
		if page == nil {
			return nil, err
		}
		return []Part{{event, page}}, err
	})
}

// LiveParts is Live for several pieces of one page.
func (c *Ctx) LiveParts(woken <-chan struct{}, render func() ([]Part, error)) error {
	if c.Request().Method == http.MethodHead {
		c.liveHead()
		return nil
	}
	leave, err := c.srv.streams.enter(c.Reader.ID)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request().Context(), liveFor)
	defer cancel()
	c.SetRequest(c.Request().WithContext(ctx))
	c.liveHead()
	out := http.NewResponseController(c.Response().Writer)
	if _, err := fmt.Fprint(c.Response(), ": hello\n\n"); err != nil {
		return nil
	}
	_ = out.Flush()
	beat := time.NewTicker(cmp.Or(c.srv.opt.Beat, liveBeat))
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if lives, err := c.lives(ctx); err == nil && !lives {
				return nil // while the database is away nothing is sent either
			}
			if _, err := fmt.Fprint(c.Response(), ": beat\n\n"); err != nil {
				return nil
			}
		case _, open := <-woken:
			lives, err := c.lives(ctx)
			if err != nil || !open || !lives {
				return err
			}
			parts, err := render()
			if err != nil {
				return err
			}
			for _, p := range parts {
				if err := c.event(p.Event, p.Page); err != nil {
					return nil
				}
			}
		}
		_ = out.Flush()
	}
}

// liveHead begins the answer of an event stream.
func (c *Ctx) liveHead() {
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
}

// lives tells whether the session that a stream was asked for in still lives.
func (c *Ctx) lives(ctx context.Context) (bool, error) {
	if c.srv.opt.Sessions == nil || c.Reader.Session == "" {
		return true, nil
	}
	_, lives, err := c.srv.opt.Sessions.FindCtx(ctx, c.Reader.Session)
	return lives, err
}

// streams counts the open streams of each member.
type streams struct {
	sync.Mutex
	open map[string]int
}

// enter counts one more of a member, until leave is called; strangers are not
// counted.
func (s *streams) enter(who string) (leave func(), err error) {
	if who == "" {
		return func() {}, nil
	}
	s.Lock()
	defer s.Unlock()
	if s.open[who] >= liveStreams {
		return nil, fault.New(fault.TooMany, "web.too_many")
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[who]++
	return func() {
		s.Lock()
		defer s.Unlock()
		if s.open[who]--; s.open[who] == 0 {
			delete(s.open, who)
		}
	}, nil
}

// lineEnds are what ends a line of an event stream, and the "data:" that the next
// one begins with.
var lineEnds = strings.NewReplacer("\r\n", "\ndata: ", "\r", "\ndata: ", "\n", "\ndata: ")

// event writes one server-sent event; each line of the body gets its "data:".
func (c *Ctx) event(name string, part templ.Component) error {
	var b bytes.Buffer
	if err := part.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.Response(), "event: %s\ndata: %s\n\n", name, lineEnds.Replace(strings.TrimSpace(b.String())))
	return err
}
