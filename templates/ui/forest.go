package ui

import (
	"math"
	"strconv"
)

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

// Measures of a forest, in its own units.
const (
	forestWide  = 640
	forestLeft  = 180 // where the axis begins
	forestRight = 490 // where it ends, and the numbers begin
	forestTop   = 30
	forestStep  = 30 // from row to row
)

// placedInterval is an interval with its place.
type placedInterval struct {
	Interval
	y, text, low, high, at string
	class                  string
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

// x is where a number stands.
func (f Forest) x(v float64) float64 {
	mid, half := (forestLeft+forestRight)/2.0, (forestRight-forestLeft)/2.0
	return mid + v/f.reach()*half
}

// placed puts the rows in their places.
func (f Forest) placed() []placedInterval {
	out := make([]placedInterval, len(f.Rows))
	for i, r := range f.Rows {
		y := forestTop + i*forestStep + forestStep/2
		p := placedInterval{
			Interval: r, y: strconv.Itoa(y), text: strconv.Itoa(y + 5),
			low: number(f.x(r.Low)), high: number(f.x(r.High)), at: number(f.x(r.Value)), class: "forest__row",
		}
		if r.Clear {
			p.class += " forest__row--clear"
		}
		out[i] = p
	}
	return out
}

func (f Forest) zero() string   { return number(f.x(0)) }
func (f Forest) height() string { return strconv.Itoa(forestTop + len(f.Rows)*forestStep + 8) }
func (f Forest) box() string    { return "0 0 " + strconv.Itoa(forestWide) + " " + f.height() }
func (f Forest) axis() string {
	return "M" + f.zero() + " " + strconv.Itoa(forestTop-6) + "V" + f.height()
}
