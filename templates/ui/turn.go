package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// pct is a place on the clock, kept within its ends.
func pct(p float64) string {
	return strconv.FormatFloat(min(100, max(0, p)), 'f', 1, 64) + "%"
}

// dotRoom is how much of the clock a dot needs for itself, in hundredths.
const dotRoom = 4

// apart are the places that can be told from the two between which they lie;
// a dot half hidden behind another reads as a mistake.
func apart(places []float64, from, to float64) []float64 {
	var out []float64
	for _, p := range places {
		if p-from >= dotRoom && to-p >= dotRoom {
			out = append(out, p)
		}
	}
	return out
}

// nowStep marks the step a trade is at.
func nowStep(s Step) templ.Attributes {
	if s.State == "now" {
		return templ.Attributes{"aria-current": "step"}
	}
	return nil
}

// or is s, or otherwise when s is empty.
func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
