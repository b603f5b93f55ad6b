package nudges

import (
	"sort"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// How habits are used.
const (
	habitActs  = 3.0            // deeds, older ones counting less, before an hour is called usual
	habitShare = 0.25           // of them that fall into an hour and its neighbours
	habitWait  = 12 * time.Hour // a reminder waits no longer for the usual hour
)

// Habit is how often a person acted at each hour of their day, older deeds
// counting less. The zero Habit is that of somebody unknown.
type Habit [24]float64

// hour is the hour at which a person usually acts; false when they have none.
func (h Habit) hour() (int, bool) {
	sum, best, most := 0.0, 0, 0.0
	for i, w := range h {
		sum += w
		if around := w + (h[(i+23)%24]+h[(i+1)%24])/2; around > most {
			best, most = i, around
		}
	}
	return best, sum >= habitActs && most >= habitShare*sum
}

// after is the next instant at or after i, awake, at which the person usually
// acts; false when that is longer than habitWait away.
func (h Habit) after(i clock.Instant, q calendar.Quiet) (clock.Instant, bool) {
	hour, known := h.hour()
	if !known {
		return 0, false
	}
	zone := q.Zone
	if zone == nil {
		zone = clock.Zone("")
	}
	t := i.In(zone)
	if t.Hour() == hour {
		return i, true
	}
	for d := range 2 {
		at := clock.Of(time.Date(t.Year(), t.Month(), t.Day()+d, hour, 0, 0, 0, zone))
		if i.Before(at) {
			return at, at.Sub(i) <= habitWait && !q.Asleep(at)
		}
	}
	return 0, false
}

// usual moves reminders to the hour at which their reader usually acts, where
// the ladder leaves room: never before the step's own time, never past the next
// step of the same reader nor the deadline, and neither what is said at once nor
// a last warning.
func usual(ps []Planned, t turn.Turn, people People) []Planned {
	for i, p := range ps {
		if p.Warning || p.AtOnce() || p.When != After || p.To == ToOperator {
			continue
		}
		r := people.of(p.To)
		at, ok := r.Habit.after(p.At, r.Quiet)
		if !ok {
			continue
		}
		end := t.DueAt
		for _, later := range ps[i+1:] {
			if later.To == p.To {
				end = min(end, later.At)
				break
			}
		}
		if at.Before(end) {
			ps[i].At = at
		}
	}
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].At < ps[j].At })
	return ps
}
