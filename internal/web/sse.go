package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// liveBeat is how often a quiet event stream says it is alive.
const liveBeat = 20 * time.Second

// Part is one piece of a live page: what it is called and how it looks now.
type Part struct {
	Event string
	Page  templ.Component
}

// Live keeps an event stream open (GET …/live). Each time woken gives, it sends
// what render makes under event; a nil component sends nothing. It ends when
// the reader leaves or woken is closed.
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
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(c.Response().Writer)
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	if _, err := fmt.Fprint(c.Response(), ": hello\n\n"); err != nil {
		return nil
	}
	_ = out.Flush()
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	for {
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-beat.C:
			if _, err := fmt.Fprint(c.Response(), ": beat\n\n"); err != nil {
				return nil
			}
		case _, open := <-woken:
			if !open {
				return nil
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
