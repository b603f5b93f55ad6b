package clock_test

import (
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// An instant survives the way to time.Time and back, in any zone.
func TestInstantRoundTrip(t *testing.T) {
	t.Parallel()
	i := clock.Instant(1_764_000_000_123_456)
	if got := clock.Of(i.In(clock.Zone("Pacific/Kiritimati"))); got != i {
		t.Errorf("got %d, want %d", got, i)
	}
	if got := i.Add(90 * time.Minute).Sub(i); got != 90*time.Minute {
		t.Errorf("an hour and a half became %s", got)
	}
}

// The demo's clock runs on after it has been moved.
func TestMovableRunsOn(t *testing.T) {
	t.Parallel()
	var m clock.Movable
	before := m.Now()
	m.Move(24 * time.Hour)
	if gone := m.Now().Sub(before); gone < 24*time.Hour || gone > 24*time.Hour+time.Minute {
		t.Errorf("moved by a day, %s passed", gone)
	}
}

// A zone nobody knows is Helsinki, where the first market is.
func TestUnknownZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Mars/Olympus", "Local\x00"} {
		if got := clock.Zone(name).String(); got != "Europe/Helsinki" {
			t.Errorf("%q: %s", name, got)
		}
	}
}
