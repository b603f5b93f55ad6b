package paint

import (
	"image/color"
	"math"

	"github.com/srwiley/rasterx"
)

// rampSteps is how many colours a gradient is made of.
const rampSteps = 256

// shading walks along the pixels of a row and tells the gradient's colour of each.
type shading struct {
	ramp   [rampSteps]pixel
	radial bool
	to     rasterx.Matrix2D // from pixels to where the gradient is simple
	u, v   float64          // where the walk is, there
}

// shade prepares a gradient for a shape. In the simple place a linear gradient
// runs from u = 0 to 1, and a radial one from the origin to distance 1. A
// gradient is dyed by its own class, not the shape's, so that a steel buckle on
// a dyed strap stays steel.
func (c *Canvas) shade(gradient *node, path rasterx.Path, m rasterx.Matrix2D, weight uint32) *shading {
	s := &shading{radial: gradient.name == "radialGradient"}
	c.fillRamp(&s.ramp, gradient, weight)
	var extent polygon
	extent.Clear()
	path.AddTo(rasterx.NewFiller(0, 0, &extent))
	x0, y0 := float64(extent.min.X)/64, float64(extent.min.Y)/64
	w := max(float64(extent.max.X)/64-x0, 1)
	h := max(float64(extent.max.Y)/64-y0, 1)
	box := m.Translate(x0, y0).Scale(w, h)
	if s.radial {
		r := gradient.number("r", 0.5)
		s.to = box.Translate(gradient.number("cx", 0.5), gradient.number("cy", 0.5)).Scale(r, r).Invert()
		return s
	}
	x1, y1 := gradient.number("x1", 0), gradient.number("y1", 0)
	dx, dy := gradient.number("x2", 1)-x1, gradient.number("y2", 0)-y1
	s.to = box.Mult(rasterx.Matrix2D{A: dx, B: dy, C: -dy, D: dx, E: x1, F: y1}).Invert()
	return s
}

// begin goes to a pixel.
func (s *shading) begin(x, y float64) { s.u, s.v = s.to.Transform(x, y) }

// next is the colour here, and goes one pixel to the right.
func (s *shading) next() *pixel {
	t := s.u
	if s.radial {
		t = math.Sqrt(s.u*s.u + s.v*s.v)
	}
	s.u += s.to.A
	s.v += s.to.B
	return &s.ramp[int(min(max(t, 0), 1)*(rampSteps-1))]
}

// fillRamp is the colours of a gradient, weakened to weight of 255.
func (c *Canvas) fillRamp(ramp *[rampSteps]pixel, gradient *node, weight uint32) {
	class := gradient.attr["class"]
	var last color.NRGBA
	from := 0
	for i, stop := range gradient.kids {
		n := c.colour(stop.attr["stop-color"], class)
		n.A = uint8(float64(n.A) * stop.number("stop-opacity", 1))
		to := int(stop.number("offset", 0) * (rampSteps - 1))
		if i == 0 {
			last = n
		}
		for k := from; k <= to && k < rampSteps; k++ {
			t := float64(k-from) / float64(max(to-from, 1))
			mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*t + 0.5) }
			ramp[k] = premultiplied(color.NRGBA{mix(last.R, n.R), mix(last.G, n.G), mix(last.B, n.B), mix(last.A, n.A)}).times(weight)
		}
		from, last = to, n
	}
	for k := from; k < rampSteps; k++ {
		ramp[k] = premultiplied(last).times(weight)
	}
}
