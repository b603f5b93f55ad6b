package paint

import (
	"image"
	"image/color"
	"math"

	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Canvas is a picture being painted. It is not safe for concurrent use.
type Canvas struct {
	sheet  *layer
	view   rasterx.Matrix2D
	dyes   map[string]Dye
	defs   []map[string]*node
	spare  []*layer
	raster vector.Rasterizer
	mask   image.Alpha
	runs   polygon
	stroke *rasterx.Dasher
	fill   *rasterx.Filler
}

// New is an empty canvas of w × h pixels. View is an SVG transform list from
// the drawings' units to pixels.
func New(w, h int, view string) *Canvas {
	c := &Canvas{sheet: newLayer(image.Rect(0, 0, w, h)), view: transform(rasterx.Identity, view)}
	c.stroke = rasterx.NewDasher(w, h, &c.runs)
	c.fill = rasterx.NewFiller(w, h, &c.runs)
	return c
}

// Image is what has been painted so far.
func (c *Canvas) Image() *image.RGBA { return c.sheet.RGBA }

// Paint paints d on what is there. What d does not define itself (gradients,
// filters) is looked for in common. Elements with a class are dyed by the dye
// of that name, if there is one; so are all within them.
func (c *Canvas) Paint(d, common *Drawing, dyes map[string]Dye) {
	c.dyes = dyes
	c.defs = []map[string]*node{d.defs, common.defs}
	c.node(d.root, c.view, style{
		fill: "#000", stroke: "none", width: 1, fillOpacity: 1, strokeOpacity: 1,
	}, c.sheet)
}

func (c *Canvas) def(value string) *node {
	id := reference(value)
	for _, defs := range c.defs {
		if n := defs[id]; n != nil {
			return n
		}
	}
	return nil
}

// style is what elements inherit.
type style struct {
	fill, stroke, linecap, linejoin, class string
	width, fillOpacity, strokeOpacity      float64
	dashes                                 []float64
}

func (s style) with(n *node) style {
	for name, to := range map[string]*string{
		"fill": &s.fill, "stroke": &s.stroke, "stroke-linecap": &s.linecap, "stroke-linejoin": &s.linejoin, "class": &s.class,
	} {
		if v, ok := n.attr[name]; ok {
			*to = v
		}
	}
	s.width = n.number("stroke-width", s.width)
	s.fillOpacity = n.number("fill-opacity", s.fillOpacity)
	s.strokeOpacity = n.number("stroke-opacity", s.strokeOpacity)
	if v, ok := n.attr["stroke-dasharray"]; ok {
		s.dashes = numbers(v)
	}
	return s
}

// node paints n and all within it on the sheet.
func (c *Canvas) node(n *node, m rasterx.Matrix2D, s style, on *layer) {
	switch n.name {
	case "g", "path", "rect", "circle", "ellipse":
	default:
		return
	}
	s = s.with(n)
	m = transform(m, n.attr["transform"])
	opacity := n.number("opacity", 1)
	filter, clip := c.def(n.attr["filter"]), c.def(n.attr["clip-path"])
	if n.attr["filter"] != "" && filter == nil {
		return // a filter we do not know, such as grain, would be worse unfiltered
	}
	if filter == nil && clip == nil && (opacity == 1 || n.name != "g") {
		c.inside(n, m, s, opacity, on)
		return
	}
	sheet := c.take()
	c.inside(n, m, s, 1, sheet)
	if clip != nil {
		c.clip(sheet, clip, m)
	}
	c.finish(sheet, filter, m, opacity, on)
	c.spare = append(c.spare, sheet)
}

// take is an empty sheet as large as the canvas.
func (c *Canvas) take() *layer {
	if n := len(c.spare); n > 0 {
		sheet := c.spare[n-1]
		c.spare = c.spare[:n-1]
		sheet.clear()
		return sheet
	}
	return newLayer(c.sheet.Rect)
}

func (c *Canvas) inside(n *node, m rasterx.Matrix2D, s style, opacity float64, on *layer) {
	if n.name == "g" {
		for _, kid := range n.kids {
			c.node(kid, m, s, on)
		}
		return
	}
	path := outline(n)
	if len(path) == 0 {
		return
	}
	if s.fill != "none" {
		c.runs.Clear()
		path.AddTo(&rasterx.MatrixAdder{Adder: c.fill, M: m})
		c.ink(s.fill, s.class, s.fillOpacity*opacity, path, m, on)
	}
	if s.stroke != "none" && s.width > 0 {
		c.runs.Clear()
		c.outlineStroke(path, m, s)
		c.ink(s.stroke, s.class, s.strokeOpacity*opacity, path, m, on)
	}
}

func (c *Canvas) outlineStroke(path rasterx.Path, m rasterx.Matrix2D, s style) {
	scale := scaleOf(m)
	end, join := rasterx.CapFunc(rasterx.ButtCap), rasterx.Miter
	switch s.linecap {
	case "round":
		end = rasterx.RoundCap
	case "square":
		end = rasterx.SquareCap
	}
	if s.linejoin == "round" {
		join = rasterx.Round
	}
	dashes := make([]float64, len(s.dashes))
	for i, d := range s.dashes {
		dashes[i] = d * scale
	}
	c.stroke.SetStroke(fixed.Int26_6(s.width*scale*64), fixed.Int26_6(4*64), end, end, rasterx.RoundGap, join, dashes, 0)
	path.AddTo(&rasterx.MatrixAdder{Adder: c.stroke, M: m})
}

// scaleOf is how many pixels a unit of m is long, on the average.
func scaleOf(m rasterx.Matrix2D) float64 { return math.Sqrt(math.Abs(m.A*m.D - m.B*m.C)) }

// ink fills the gathered runs with a colour or gradient.
func (c *Canvas) ink(value, class string, opacity float64, path rasterx.Path, m rasterx.Matrix2D, on *layer) {
	box := c.runs.box(on.Rect)
	if box.Empty() || opacity <= 0 {
		return
	}
	mask := c.cover(box)
	on.used = on.used.Union(box)
	weight := uint32(min(opacity, 1)*255 + 0.5)
	gradient := c.def(value)
	plain := premultiplied(c.colour(value, class)).times(weight)
	var shade *shading
	if gradient != nil {
		shade = c.shade(gradient, path, m, weight)
	}
	for y := range box.Dy() {
		row := mask.Pix[y*mask.Stride:][:box.Dx()]
		dst := on.Pix[on.PixOffset(box.Min.X, box.Min.Y+y):][:4*box.Dx()]
		if shade != nil {
			shade.begin(float64(box.Min.X)+0.5, float64(box.Min.Y+y)+0.5)
		}
		for x, cover := range row {
			ink := &plain
			if shade != nil {
				ink = shade.next()
			}
			switch cover {
			case 0:
			case 255:
				ink.over(dst[4*x : 4*x+4 : 4*x+4])
			default:
				part := ink.times(uint32(cover))
				part.over(dst[4*x : 4*x+4 : 4*x+4])
			}
		}
	}
}

// cover rasterises the gathered runs into the canvas's mask.
func (c *Canvas) cover(box image.Rectangle) *image.Alpha {
	size := box.Dx() * box.Dy()
	if cap(c.mask.Pix) < size {
		c.mask.Pix = make([]uint8, size)
	}
	c.mask = image.Alpha{Pix: c.mask.Pix[:size], Stride: box.Dx(), Rect: image.Rect(0, 0, box.Dx(), box.Dy())}
	clear(c.mask.Pix)
	c.runs.cover(&c.raster, box, &c.mask)
	return &c.mask
}

func (c *Canvas) clip(sheet *layer, clip *node, m rasterx.Matrix2D) {
	c.runs.Clear()
	for _, kid := range clip.kids {
		outline(kid).AddTo(&rasterx.MatrixAdder{Adder: c.fill, M: transform(m, kid.attr["transform"])})
	}
	if box := c.runs.box(sheet.Rect); !box.Empty() {
		sheet.clip(c.cover(box), box)
	} else {
		sheet.clear()
	}
}

// finish lays a sheet on another through a filter.
func (c *Canvas) finish(sheet *layer, filter *node, m rasterx.Matrix2D, opacity float64, on *layer) {
	if sheet.used.Empty() {
		return
	}
	scale := scaleOf(m)
	if filter == nil {
		on.merge(sheet, opacity)
		return
	}
	for _, effect := range filter.kids {
		switch sigma := effect.number("stdDeviation", 0) * scale; effect.name {
		case "feGaussianBlur":
			s := blur(sheet, sigma)
			s.lay(on, image.Point{}, opacity, nil)
		case "feDropShadow":
			// The light stays where it is, however the thing is turned.
			dx, dy := c.view.TransformVector(effect.number("dx", 0), effect.number("dy", 0))
			shade := Hex(effect.attr["flood-color"])
			shade.A = uint8(effect.number("flood-opacity", 1) * 255)
			tint := premultiplied(shade)
			s := blur(sheet, sigma)
			s.lay(on, image.Pt(int(math.Round(dx)), int(math.Round(dy))), opacity, &tint)
			on.merge(sheet, opacity)
		}
	}
}

func (c *Canvas) colour(value, class string) color.NRGBA {
	n := Hex(value)
	if dye, ok := c.dyes[class]; ok && class != "" {
		return dye.dip(n)
	}
	return n
}

func premultiplied(n color.NRGBA) pixel {
	a := uint32(n.A)
	return pixel{uint32(n.R) * a / 255, uint32(n.G) * a / 255, uint32(n.B) * a / 255, a}
}
