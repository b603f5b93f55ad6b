package demo

import (
	"sync/atomic"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// Clock is the demo's: it stands where it is set while the past is made up, and
// then runs, from where people move it.
type Clock struct {
	stands clock.Fixed
	runs   clock.Movable
	live   atomic.Bool
}

// Now is the demo's time.
func (c *Clock) Now() clock.Instant {
	if c.live.Load() {
		return c.runs.Now()
	}
	return c.stands.Now()
}

// run lets the clock go, ahead of the machine's by d.
func (c *Clock) run(d time.Duration) {
	c.runs.Move(d)
	c.live.Store(true)
}

// ahead is how far the clock is ahead of the machine's.
func (c *Clock) ahead() time.Duration { return c.runs.Move(0) }
