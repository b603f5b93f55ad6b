package orders

import (
	"fmt"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
)

// Term is a length of time as people agree on it.
type Term struct {
	Length       time.Duration // of real time
	BusinessDays int           // until 18.00 of such a day
	Base         Base          // from when it counts
}

// Base is what a term counts from.
type Base int

// The bases.
const (
	FromNow      Base = iota // the move into the state
	FromEstimate             // the carrier's estimate
	FromHold                 // the pickup point's own date; Length only when it names none
)

func minutes(n int) Term      { return Term{Length: time.Duration(n) * time.Minute} }
func hours(n int) Term        { return Term{Length: time.Duration(n) * time.Hour} }
func days(n int) Term         { return Term{Length: time.Duration(n) * 24 * time.Hour} }
func businessDays(n int) Term { return Term{BusinessDays: n} }
func estimatePlus(n int) Term {
	return Term{Length: time.Duration(n) * 24 * time.Hour, Base: FromEstimate}
}
func pointHold(n int) Term { return Term{Length: time.Duration(n) * 24 * time.Hour, Base: FromHold} }

// IsZero tells whether there is no term.
func (t Term) IsZero() bool { return t == Term{} }

// carrierDays is how long a carrier may take when it names no estimate, in
// business days.
const carrierDays = 4

// Dates are what the carrier has said.
type Dates struct {
	Estimate clock.Instant // when it should arrive; 0: not said
	Hold     clock.Instant // until when the pickup point keeps it; 0: not said
}

// End is when the term that begins at from is over. Business days and the
// carrier's days are those of zone.
func (t Term) End(from clock.Instant, d Dates, zone *time.Location) clock.Instant {
	switch {
	case t.BusinessDays > 0:
		return calendar.AddBusinessDays(from, t.BusinessDays, zone)
	case t.Base == FromEstimate:
		eta := d.Estimate
		if eta.Before(from) {
			eta = calendar.AddBusinessDays(from, carrierDays, zone)
		}
		return eta.Add(t.Length)
	case t.Base == FromHold && from.Before(d.Hold):
		return d.Hold
	}
	return from.Add(t.Length)
}

// String is the term in plain English, for the docs.
func (t Term) String() string {
	day := 24 * time.Hour
	switch {
	case t.IsZero():
		return "–"
	case t.BusinessDays > 0:
		return fmt.Sprintf("%d business days", t.BusinessDays)
	case t.Base == FromEstimate:
		return fmt.Sprintf("carrier's estimate + %d days", t.Length/day)
	case t.Base == FromHold:
		return fmt.Sprintf("the point's hold, else %d days", t.Length/day)
	case t.Length >= 3*day:
		return fmt.Sprintf("%d days", t.Length/day)
	case t.Length >= time.Hour:
		return fmt.Sprintf("%d h", t.Length/time.Hour)
	}
	return fmt.Sprintf("%d min", t.Length/time.Minute)
}
