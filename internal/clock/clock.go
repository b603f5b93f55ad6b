// Package clock is the only place that knows what time it is. Everything else
// is handed a Clock, so that tests, the simulator and the demo can move time.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // zones work on machines without a zone database
)

// Instant is a moment: microseconds since 1970-01-01 UTC. It is stored as a
// BIGINT, because text and zoned timestamps compare differently on SQLite and
// PostgreSQL. The zero Instant means "not set".
type Instant int64

// Clock tells the time.
type Clock interface {
	Now() Instant
}

// Of converts a time.Time, dropping what is finer than a microsecond.
func Of(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time is i in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// In is i on the wall clock of loc.
func (i Instant) In(loc *time.Location) time.Time { return time.UnixMicro(int64(i)).In(loc) }

// Add is i moved by d.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Sub is the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// Before tells whether i is earlier than j.
func (i Instant) Before(j Instant) bool { return i < j }

// IsZero tells whether i was never set.
func (i Instant) IsZero() bool { return i == 0 }

// String is i in RFC 3339, for logs.
func (i Instant) String() string { return i.Time().Format(time.RFC3339) }

// System is the machine's clock.
type System struct{}

// Now is the machine's time.
func (System) Now() Instant { return Of(time.Now()) }

// Movable is the machine's clock plus an offset that can be moved: the demo's
// clock. It is safe for concurrent use.
type Movable struct{ offset atomic.Int64 }

// Now is the machine's time plus the offset.
func (m *Movable) Now() Instant { return Of(time.Now()) + Instant(m.offset.Load()) }

// Move moves the clock by d, which may be negative, and returns the new offset.
func (m *Movable) Move(d time.Duration) time.Duration {
	return time.Duration(m.offset.Add(d.Microseconds())) * time.Microsecond
}

// Fixed is a clock that moves only when told to; for tests and the simulator.
// It is safe for concurrent use.
type Fixed struct{ now atomic.Int64 }

// At is a Fixed clock that starts at i.
func At(i Instant) *Fixed {
	f := &Fixed{}
	f.now.Store(int64(i))
	return f
}

// Now is the instant the clock was last set to.
func (f *Fixed) Now() Instant { return Instant(f.now.Load()) }

// Set moves the clock to i.
func (f *Fixed) Set(i Instant) { f.now.Store(int64(i)) }

// Move moves the clock by d.
func (f *Fixed) Move(d time.Duration) { f.now.Add(d.Microseconds()) }

// zones are the time zones that were asked for, by name; reading one takes far
// longer than using it, and there are no more than the zone database has.
var zones sync.Map

// Zone is the named time zone, or Europe/Helsinki when the name is unknown.
func Zone(name string) *time.Location {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location)
	}
	if loc, err := time.LoadLocation(name); err == nil && name != "" {
		zones.Store(name, loc)
		return loc
	}
	if name == home {
		return time.UTC
	}
	return Zone(home)
}

// home is the zone of whoever named none.
const home = "Europe/Helsinki"

// Wall measures real time that passed, for logs and rate limits; it is not
// moved by any Clock.
func Wall() time.Time { return time.Now() }
