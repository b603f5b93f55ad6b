package ui

import "math"

// Forest is a chart of differences, each a point on its 95 % interval, around a
// line at zero. What crosses the line is drawn faint: it is no finding.
type Forest struct {
	Label string // what the chart shows, for those who do not see it
	Less  string // left of zero
	More  string // right of it
	Rows  []Interval
}

// Interval is one difference.
type Interval struct {
	Label            string
	Value, Low, High float64
	Clear            bool   // the interval leaves out zero
	Text             string // the numbers in words
}

// placedInterval is an interval with its place, in percent of the width.
type placedInterval struct {
	Interval
	low, high, at string
	class         string
}

// reach is how far the axis goes to either side of zero.
func (f Forest) reach() float64 {
	most := 0.0
	for _, r := range f.Rows {
		most = max(most, math.Abs(r.Low), math.Abs(r.High))
	}
	if most == 0 {
		return 1
	}
	return most * 1.05
}

// x is where a number stands: zero in the middle, and room for a point at the
// ends.
func (f Forest) x(v float64) string { return number(50+v/f.reach()*49) + "%" }

// placed puts the rows in their places.
func (f Forest) placed() []placedInterval {
	out := make([]placedInterval, len(f.Rows))
	for i, r := range f.Rows {
		p := placedInterval{Interval: r, low: f.x(r.Low), high: f.x(r.High), at: f.x(r.Value), class: "forest__row"}
		if r.Clear {
			p.class += " forest__row--clear"
		}
		out[i] = p
	}
	return out
}
