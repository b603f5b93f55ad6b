package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// openNow marks the row whose content is shown.
func openNow(open bool) templ.Attributes {
	if open {
		return templ.Attributes{"aria-current": "true"}
	}
	return nil
}

// stackNumbers is from how many columns of numbers on a table is for comparing
// them, and stays a table on phones.
const stackNumbers = 3

func (t Table) stacks() bool {
	n := 0
	for _, c := range t.Cols {
		if c.Numbers {
			n++
		}
	}
	return n < stackNumbers
}

// column gives a cell its column's name, for where a table is shown as stacks.
func column(t Table, i int, c Cell) templ.Attributes {
	if !t.stacks() || c.Text == "" && c.Tag == nil && c.Body == nil {
		return nil
	}
	return templ.Attributes{"data-col": t.Cols[i].Label}
}

// gallerySizes tells the browser how wide the gallery's picture is.
const gallerySizes = "(min-width: 960px) 760px, 100vw"

// srcset are the sizes of a picture, when it has several.
func srcset(p Picture) templ.Attributes {
	if p.Set == "" {
		return nil
	}
	return templ.Attributes{"srcset": p.Set, "sizes": gallerySizes}
}

// priority asks for the first picture before the rest.
func priority(i int) string {
	if i == 0 {
		return "high"
	}
	return "low"
}

// Measures of a chart of bars, in its own units.
const (
	barsLeft  = "96" // where the bars begin
	barsStart = 96
	barsWide  = 220 // the longest bar
	barsStep  = 34  // from bar to bar
)

// placedBar is a bar with its place.
type placedBar struct {
	Bar
	y, text, width, end string
}

// placed puts the bars in their places, the longest over the whole width.
func placed(bars []Bar) []placedBar {
	most := 0.0
	for _, b := range bars {
		most = max(most, b.Value)
	}
	out := make([]placedBar, len(bars))
	for i, b := range bars {
		w := 0.0
		if most > 0 {
			w = b.Value / most * barsWide
		}
		out[i] = placedBar{
			Bar: b, y: strconv.Itoa(7 + i*barsStep), text: strconv.Itoa(21 + i*barsStep),
			width: number(w), end: number(barsStart + w + 8),
		}
	}
	return out
}

func barsHeight(bars []Bar) string { return strconv.Itoa(4 + len(bars)*barsStep) }

func barsBox(bars []Bar) string { return "0 0 360 " + barsHeight(bars) }

func barsAxis(bars []Bar) string { return "M" + barsLeft + " 0V" + barsHeight(bars) }

func number(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
