package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// pct is a place on the clock, kept within its ends.
func pct(p float64) string {
	return strconv.FormatFloat(min(100, max(0, p)), 'f', 1, 64) + "%"
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
