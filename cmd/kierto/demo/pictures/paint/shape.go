package paint

import (
	"image"
	"math"
	"strings"

	"github.com/srwiley/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// transform applies an SVG transform list to m.
func transform(m rasterx.Matrix2D, list string) rasterx.Matrix2D {
	for list != "" {
		name, rest, ok := strings.Cut(list, "(")
		if !ok {
			break
		}
		args, after, _ := strings.Cut(rest, ")")
		list = strings.TrimLeft(after, " ,\n")
		v := append(numbers(args), 0, 0, 0, 0, 0, 0)
		given := len(v) - 6
		switch strings.TrimSpace(name) {
		case "translate":
			m = m.Translate(v[0], v[1])
		case "scale":
			if given == 1 {
				v[1] = v[0]
			}
			m = m.Scale(v[0], v[1])
		case "rotate":
			m = m.Translate(v[1], v[2]).Rotate(v[0]*math.Pi/180).Translate(-v[1], -v[2])
		case "skewX":
			m = m.SkewX(v[0] * math.Pi / 180)
		case "skewY":
			m = m.SkewY(v[0] * math.Pi / 180)
		case "matrix":
			m = m.Mult(rasterx.Matrix2D{A: v[0], B: v[1], C: v[2], D: v[3], E: v[4], F: v[5]})
		}
	}
	return m
}

// outline is the path of a shape in its own units, or none.
func outline(n *node) rasterx.Path {
	var path rasterx.Path
	switch n.name {
	case "path":
		var cursor oksvg.PathCursor
		if cursor.CompilePath(n.attr["d"]) == nil {
			path = cursor.Path
		}
	case "rect":
		x, y, w, h := n.number("x", 0), n.number("y", 0), n.number("width", 0), n.number("height", 0)
		rx := n.number("rx", 0)
		r := min(rx, w/2, h/2)
		if r > 0 {
			rasterx.AddRoundRect(x, y, x+w, y+h, r, r, 0, rasterx.RoundGap, &path)
		} else {
			rasterx.AddRect(x, y, x+w, y+h, 0, &path)
		}
	case "circle":
		rasterx.AddCircle(n.number("cx", 0), n.number("cy", 0), n.number("r", 0), &path)
	case "ellipse":
		rasterx.AddEllipse(n.number("cx", 0), n.number("cy", 0), n.number("rx", 0), n.number("ry", 0), 0, &path)
	}
	return path
}

// polygon gathers the lines rasterx makes of curves and strokes, so that only
// the part of the picture they cover need be looked at.
type polygon struct {
	points   []fixed.Point26_6
	starts   []int // indices into points where a new run begins
	min, max fixed.Point26_6
}

const far = fixed.Int26_6(math.MaxInt32)

// Start begins a run.
func (p *polygon) Start(a fixed.Point26_6) {
	p.starts = append(p.starts, len(p.points))
	p.Line(a)
}

// Line goes on to b.
func (p *polygon) Line(b fixed.Point26_6) {
	p.points = append(p.points, b)
	p.min.X, p.min.Y = min(p.min.X, b.X), min(p.min.Y, b.Y)
	p.max.X, p.max.Y = max(p.max.X, b.X), max(p.max.Y, b.Y)
}

// Clear forgets every run.
func (p *polygon) Clear() {
	p.points, p.starts = p.points[:0], p.starts[:0]
	p.min, p.max = fixed.Point26_6{X: far, Y: far}, fixed.Point26_6{X: -far, Y: -far}
}

// GetPathExtent is the box around all runs.
func (p *polygon) GetPathExtent() fixed.Rectangle26_6 {
	return fixed.Rectangle26_6{Min: p.min, Max: p.max}
}

// The rest of rasterx.Scanner; colour and drawing are not the polygon's affair.
func (p *polygon) Draw()                   {}
func (p *polygon) SetBounds(_, _ int)      {}
func (p *polygon) SetColor(any)            {}
func (p *polygon) SetWinding(bool)         {}
func (p *polygon) SetClip(image.Rectangle) {}

// box is the smallest rectangle of pixels around all runs, within bounds.
func (p *polygon) box(bounds image.Rectangle) image.Rectangle {
	if len(p.points) == 0 {
		return image.Rectangle{}
	}
	return image.Rect(p.min.X.Floor(), p.min.Y.Floor(), p.max.X.Ceil(), p.max.Y.Ceil()).Intersect(bounds)
}

// cover rasterises the runs within box. It closes none: a fill comes closed,
// and the edges of a stroke come as loose lines that close only together.
func (p *polygon) cover(z *vector.Rasterizer, box image.Rectangle, mask *image.Alpha) {
	z.Reset(box.Dx(), box.Dy())
	at := func(a fixed.Point26_6) (x, y float32) {
		return float32(a.X)/64 - float32(box.Min.X), float32(a.Y)/64 - float32(box.Min.Y)
	}
	for i, start := range p.starts {
		end := len(p.points)
		if i+1 < len(p.starts) {
			end = p.starts[i+1]
		}
		z.MoveTo(at(p.points[start]))
		for _, point := range p.points[start+1 : end] {
			z.LineTo(at(point))
		}
	}
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
}
