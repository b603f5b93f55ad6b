package orders

import (
	"fmt"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
)

// Term is a length of time as people agree on it.
type Term struct {
	Length       time.Duration // of real time
	Waking       time.Duration // of the time that whoever owes is awake
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
// carrier's days are those of zone, where the night is everybody's.
func (t Term) End(from clock.Instant, d Dates, zone *time.Location) clock.Instant {
	q := calendar.Night()
	q.Zone = zone
	return t.EndFor(from, d, q)
}

// EndFor is End for somebody with quiet hours of their own.
func (t Term) EndFor(from clock.Instant, d Dates, q calendar.Quiet) clock.Instant {
	zone := q.Zone
	if zone == nil {
		zone = clock.Zone("")
	}
	switch {
	case t.Waking > 0:
		return calendar.WakingAdd(from, t.Waking, q)
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
	case t.Waking > 0:
		return fmt.Sprintf("%d waking h", t.Waking/time.Hour)
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

// terms are the ways to write one, each with its unit and what its number means.
var terms = []struct {
	unit, words string
	make        func(n int) Term
}{
	{"min", "%d min", minutes},
	{"h", "%d h", hours},
	{"waking", "%d waking h", func(n int) Term { return Term{Waking: time.Duration(n) * time.Hour} }},
	{"days", "%d days", days},
	{"business", "%d business days", businessDays},
	{"estimate", "estimate + %d days", estimatePlus},
	{"hold", "hold, else %d days", pointHold},
}

// MaxTerm is the largest number in a term.
const MaxTerm = 1000

// ParseTerm reads a term as a policy writes it: "30 min", "48 h", "24 waking h",
// "7 days", "5 business days", "estimate + 3 days", "hold, else 7 days".
func ParseTerm(s string) (Term, error) {
	n, unit := SplitTerm(s)
	for _, t := range terms {
		if t.unit != unit {
			continue
		}
		if n < 1 || n > MaxTerm {
			return Term{}, fmt.Errorf("%q is not between 1 and %d", s, MaxTerm)
		}
		return t.make(n), nil
	}
	return Term{}, fmt.Errorf("%q is not a time such as \"48 h\", \"24 waking h\", \"7 days\", \"5 business days\", "+
		"\"estimate + 3 days\" or \"hold, else 7 days\"", s)
}

// Units are those of terms.
func Units() []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = t.unit
	}
	return out
}

// SplitTerm takes a written term apart: "5 business days" is 5 and "business".
// The unit of what is no term is "".
func SplitTerm(s string) (n int, unit string) {
	tidy := strings.Join(strings.Fields(s), " ")
	if strings.HasSuffix(tidy, " day") {
		tidy += "s"
	}
	for _, t := range terms {
		if _, err := fmt.Sscanf(tidy, t.words, &n); err == nil && fmt.Sprintf(t.words, n) == tidy {
			return n, t.unit
		}
	}
	switch d, err := time.ParseDuration(tidy); {
	case err != nil || d%time.Minute != 0:
		return 0, ""
	case d%time.Hour == 0:
		return int(d / time.Hour), "h"
	default:
		return int(d / time.Minute), "min"
	}
}

// JoinTerm writes a term of a number, as somebody typed it, and one of Units.
func JoinTerm(number, unit string) string {
	for _, t := range terms {
		if t.unit == unit {
			return strings.Replace(t.words, "%d", number, 1)
		}
	}
	return number
}
