package calendar

import (
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// minutesADay is the number of wall-clock minutes from midnight to midnight.
const minutesADay = 24 * 60

// Quiet is when a person wants to be left alone: from From until Until, both in
// wall-clock minutes from midnight in Zone. Until may be smaller than From, over
// midnight; equal values mean never quiet.
type Quiet struct {
	From, Until int64
	Zone        *time.Location
}

// Night is the default quiet time, 21.00 to 8.00 in Helsinki.
func Night() Quiet { return Quiet{From: 21 * 60, Until: 8 * 60, Zone: clock.Zone("")} }

// location is the zone, or Helsinki when none is set.
func (q Quiet) location() *time.Location {
	if q.Zone == nil {
		return clock.Zone("")
	}
	return q.Zone
}

// never tells whether there is no quiet time at all.
func (q Quiet) never() bool { return norm(q.From) == norm(q.Until) }

// norm brings minutes into one day.
func norm(m int64) int64 { return (m%minutesADay + minutesADay) % minutesADay }

// Asleep tells whether i falls into the quiet time.
func (q Quiet) Asleep(i clock.Instant) bool {
	if q.never() {
		return false
	}
	t := i.In(q.location())
	m := int64(t.Hour()*60 + t.Minute())
	from, until := norm(q.From), norm(q.Until)
	if from < until {
		return m >= from && m < until
	}
	return m >= from || m < until
}

// next is the first instant after i at which the wall clock shows minutes. On
// the night when clocks go forward a time that does not exist is read as the
// same distance after the change.
func (q Quiet) next(i clock.Instant, minutes int64) clock.Instant {
	t := i.In(q.location())
	m := int(norm(minutes))
	for d := 0; d < 3; d++ {
		at := clock.Of(time.Date(t.Year(), t.Month(), t.Day()+d, m/60, m%60, 0, 0, q.location()))
		if i.Before(at) {
			return at
		}
	}
	return i.Add(24 * time.Hour) // not reached: within three days every time of day comes
}

// NextWaking is i when the person is awake then, otherwise the end of the quiet
// time that i falls into.
func NextWaking(i clock.Instant, q Quiet) clock.Instant {
	for tries := 0; q.Asleep(i) && tries < 3; tries++ {
		i = q.next(i, q.Until)
	}
	return i
}

// WakingAdd is the instant by which a person who is awake outside q has been
// awake for d since from. It is never within the quiet time, except that it may
// be its very first instant.
func WakingAdd(from clock.Instant, d time.Duration, q Quiet) clock.Instant {
	i := NextWaking(from, q)
	if q.never() {
		return i.Add(d)
	}
	for {
		sleep := q.next(i, q.From)
		awake := sleep.Sub(i)
		if d <= awake {
			return i.Add(d)
		}
		d -= awake
		i = NextWaking(sleep, q)
	}
}

// WakingBefore is the latest instant, not within the quiet time, from which a
// person is awake for at least d until due. It is how early a warning must go
// out.
func WakingBefore(due clock.Instant, d time.Duration, q Quiet) clock.Instant {
	if q.never() {
		return due.Add(-d)
	}
	i := due
	for d > 0 {
		if woke := q.last(i, q.Until); q.asleepBefore(i) {
			i = q.last(i, q.From)
		} else {
			awake := i.Sub(woke)
			if d <= awake {
				return i.Add(-d)
			}
			d -= awake
			i = woke
		}
	}
	return i
}

// asleepBefore tells whether the person slept in the moment that ended at i.
func (q Quiet) asleepBefore(i clock.Instant) bool { return q.Asleep(i - 1) }

// last is the latest instant before i at which the wall clock shows minutes.
func (q Quiet) last(i clock.Instant, minutes int64) clock.Instant {
	t := i.In(q.location())
	m := int(norm(minutes))
	for d := 0; d < 3; d++ {
		at := clock.Of(time.Date(t.Year(), t.Month(), t.Day()-d, m/60, m%60, 0, 0, q.location()))
		if at.Before(i) {
			return at
		}
	}
	return i.Add(-24 * time.Hour) // not reached, as in next
}

// Waking is how long a person is awake between from and until.
func Waking(from, until clock.Instant, q Quiet) time.Duration {
	if !from.Before(until) {
		return 0
	}
	if q.never() {
		return until.Sub(from)
	}
	var sum time.Duration
	for i := NextWaking(from, q); i.Before(until); {
		sleep := q.next(i, q.From)
		if until.Before(sleep) {
			sleep = until
		}
		sum += sleep.Sub(i)
		i = NextWaking(sleep, q)
	}
	return sum
}
