package paint

import (
	"image/color"
	"strings"
	"testing"
)

// paintOf paints what is within an svg element on 100 × 100 pixels.
func paintOf(t *testing.T, inside string, dyes map[string]Dye) *Canvas {
	t.Helper()
	d, err := Parse(strings.NewReader("<svg>" + inside + "</svg>"))
	if err != nil {
		t.Fatal(err)
	}
	c := New(100, 100, "")
	c.Paint(d, d, dyes)
	return c
}

func at(c *Canvas, x, y int) color.RGBA { return c.Image().RGBAAt(x, y) }

func near(a, b color.RGBA) bool {
	close := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 6 }
	return close(a.R, b.R) && close(a.G, b.G) && close(a.B, b.B) && close(a.A, b.A)
}

func want(t *testing.T, c *Canvas, x, y int, w color.RGBA) {
	t.Helper()
	if got := at(c, x, y); !near(got, w) {
		t.Errorf("at %d, %d: %v, want %v", x, y, got, w)
	}
}

var (
	none  = color.RGBA{}
	red   = color.RGBA{255, 0, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
)

// Shapes are filled inside and nowhere else, wherever transforms put them.
func TestShapes(t *testing.T) {
	t.Parallel()
	for name, svg := range map[string]string{
		"rect":      `<rect x="20" y="20" width="60" height="60" fill="#f00"/>`,
		"round":     `<rect x="20" y="20" width="60" height="60" rx="9" fill="#f00"/>`,
		"circle":    `<circle cx="50" cy="50" r="30" fill="#f00"/>`,
		"ellipse":   `<ellipse cx="50" cy="50" rx="30" ry="29" fill="#f00"/>`,
		"path":      `<path d="M20 20H80V80H20Z" fill="#f00"/>`,
		"unclosed":  `<path d="M20 20H80V80H20" fill="#f00"/>`,
		"relative":  `<path d="M20 20h60v60h-60z" fill="#f00"/>`,
		"curve":     `<path d="M50 20C90 20 90 80 50 80S10 20 50 20Z" fill="#f00"/>`,
		"stroke":    `<path d="M50 20V80" stroke="#f00" stroke-width="60" fill="none"/>`,
		"inherited": `<g fill="#f00"><g><rect x="20" y="20" width="60" height="60"/></g></g>`,
		"moved":     `<rect transform="translate(20 20) scale(60)" width="1" height="1" fill="#f00"/>`,
		"turned":    `<rect transform="rotate(90 50 50)" x="20" y="20" width="60" height="60" fill="#f00"/>`,
		"matrix":    `<rect transform="matrix(2 0 0 2 20 20)" width="30" height="30" fill="#f00"/>`,
	} {
		c := paintOf(t, svg, nil)
		t.Run(name, func(t *testing.T) {
			want(t, c, 50, 50, red)
			want(t, c, 50, 30, red)
			want(t, c, 5, 50, none)
			want(t, c, 50, 95, none)
		})
	}
}

// A dashed line has gaps; a ring drawn as a stroke has a hole.
func TestStrokes(t *testing.T) {
	t.Parallel()
	c := paintOf(t, `<path d="M0 50H100" stroke="#f00" stroke-width="10" stroke-dasharray="20 20" fill="none"/>`, nil)
	want(t, c, 10, 50, red)
	want(t, c, 30, 50, none)
	want(t, c, 50, 50, red)
	c = paintOf(t, `<circle cx="50" cy="50" r="30" stroke="#f00" stroke-width="8" fill="none"/>`, nil)
	want(t, c, 20, 50, red)
	want(t, c, 50, 50, none)
}

// Opacity weakens a whole group at once, so that overlaps do not show.
func TestGroupOpacity(t *testing.T) {
	t.Parallel()
	c := paintOf(t, `<g opacity=".5" fill="#f00"><rect width="60" height="100"/><rect x="40" width="60" height="100"/></g>`, nil)
	half := color.RGBA{128, 0, 0, 128}
	want(t, c, 20, 50, half)
	want(t, c, 50, 50, half)
}

// Gradients run along the shape's own box.
func TestGradients(t *testing.T) {
	t.Parallel()
	stops := `<stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/>`
	c := paintOf(t, `<linearGradient id="g" x1="0" y1="0" x2="0" y2="1">`+stops+`</linearGradient><rect y="10" width="100" height="80" fill="url(#g)"/>`, nil)
	want(t, c, 50, 10, red)
	want(t, c, 50, 50, color.RGBA{127, 0, 128, 255})
	want(t, c, 50, 89, blue)
	c = paintOf(t, `<radialGradient id="g">`+stops+`</radialGradient><rect width="100" height="100" fill="url(#g)"/>`, nil)
	want(t, c, 50, 50, red)
	want(t, c, 2, 50, color.RGBA{10, 0, 245, 255})
	want(t, c, 1, 1, blue)
}

// A clip keeps what is within it.
func TestClip(t *testing.T) {
	t.Parallel()
	c := paintOf(t, `<clipPath id="c"><rect width="50" height="100"/></clipPath><g clip-path="url(#c)"><rect width="100" height="100" fill="#f00"/></g>`, nil)
	want(t, c, 25, 50, red)
	want(t, c, 75, 50, none)
}

// A blur softens edges and keeps the middle; at the edge of the canvas it does
// not fade.
func TestBlur(t *testing.T) {
	t.Parallel()
	for _, sigma := range []string{"2.5", "6", "9", "13"} {
		c := paintOf(t, `<filter id="b"><feGaussianBlur stdDeviation="`+sigma+`"/></filter><rect width="50" height="100" fill="#f00" filter="url(#b)"/>`, nil)
		want(t, c, 1, 50, red)
		if edge := at(c, 50, 50).A; edge < 90 || edge > 165 {
			t.Errorf("sigma %s: the edge is %d, want about half", sigma, edge)
		}
		want(t, c, 99, 50, none)
	}
}

// A shadow lies beside the thing, in its own colour, below it.
func TestDropShadow(t *testing.T) {
	t.Parallel()
	c := paintOf(t, `<filter id="s"><feDropShadow dx="30" dy="0" stdDeviation="2" flood-color="#000" flood-opacity="1"/></filter>
		<g filter="url(#s)"><rect x="10" y="10" width="40" height="80" fill="#f00"/></g>`, nil)
	want(t, c, 30, 50, red)
	want(t, c, 65, 50, black)
	want(t, c, 95, 50, none)
}

// What asks for a filter nobody knows is left out.
func TestUnknownFilterPaintsNothing(t *testing.T) {
	t.Parallel()
	want(t, paintOf(t, `<rect width="100" height="100" fill="#f00" filter="url(#grain)"/>`, nil), 50, 50, none)
}

// A dye turns its From into its To, shades along with it, and leaves light,
// shadow and other classes alone.
func TestDye(t *testing.T) {
	t.Parallel()
	dyes := map[string]Dye{"a": {From: "#2e2928", To: "#7a4728"}}
	c := paintOf(t, `<g class="a"><rect width="50" height="50" fill="#2e2928"/><rect x="50" width="50" height="50" fill="#fff"/></g><rect y="50" width="50" height="50" fill="#2e2928"/>
		<linearGradient id="g" class="a"><stop offset="0" stop-color="#2e2928"/></linearGradient><rect x="50" y="50" width="50" height="50" fill="url(#g)"/>`, dyes)
	brown := color.RGBA{0x7a, 0x47, 0x28, 255}
	want(t, c, 25, 25, brown)
	want(t, c, 75, 25, color.RGBA{255, 255, 255, 255})
	want(t, c, 25, 75, color.RGBA{0x2e, 0x29, 0x28, 255})
	want(t, c, 75, 75, brown)

	d := dyes["a"]
	dark, light := toLCH(d.dip(Hex("#171413"))), toLCH(d.dip(Hex("#5d5450")))
	if base := toLCH(Hex(d.To)); dark.l >= base.l || light.l <= base.l {
		t.Errorf("shades are lost: %.2f, %.2f, %.2f", dark.l, base.l, light.l)
	}
}

// Colours of every length are read; others are transparent.
func TestHex(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]color.NRGBA{
		"#f00": {255, 0, 0, 255}, "#f008": {255, 0, 0, 136}, "#102030": {16, 32, 48, 255}, "#10203040": {16, 32, 48, 64},
		"none": {}, "": {}, "#": {}, "#12": {}, "#ggg": {},
	} {
		if got := Hex(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

// Broken documents are errors, not panics; odd attributes are passed over.
func TestOddInput(t *testing.T) {
	t.Parallel()
	if _, err := Parse(strings.NewReader("<svg><g></svg>")); err == nil {
		t.Error("a broken document was taken")
	}
	paintOf(t, `<path d="M 1"/><path d="nonsense"/><path/><rect width="-5" height="x" fill="url(#no)"/><g transform="spin(3"><circle r="0"/></g><g clip-path="url(#no)"/>`, nil)
}
