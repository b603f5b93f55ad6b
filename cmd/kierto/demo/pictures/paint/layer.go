package paint

import (
	"image"
	"math"
	"math/bits"
)

// layer is a sheet to paint on, premultiplied, that remembers which part of it
// has been touched.
type layer struct {
	*image.RGBA
	used image.Rectangle
}

func newLayer(bounds image.Rectangle) *layer { return &layer{RGBA: image.NewRGBA(bounds)} }

// clear makes the layer empty again.
func (l *layer) clear() {
	for y := l.used.Min.Y; y < l.used.Max.Y; y++ {
		from := l.PixOffset(l.used.Min.X, y)
		clear(l.Pix[from : from+4*l.used.Dx()])
	}
	l.used = image.Rectangle{}
}

// pixel is a premultiplied colour: red, green, blue, alpha.
type pixel [4]uint32

// times weakens p to weight of 255.
func (p pixel) times(weight uint32) pixel {
	if weight == 255 {
		return p
	}
	return pixel{p[0] * weight / 255, p[1] * weight / 255, p[2] * weight / 255, p[3] * weight / 255}
}

// over lays p on four bytes of a layer.
func (p *pixel) over(dst []uint8) {
	_ = dst[3]
	if p[3] == 255 {
		dst[0], dst[1], dst[2], dst[3] = uint8(p[0]), uint8(p[1]), uint8(p[2]), 255
		return
	}
	rest := (255 - p[3]) * 257 // x*257>>16 is x/255, near enough
	dst[0] = uint8(p[0] + (uint32(dst[0])*rest+1<<15)>>16)
	dst[1] = uint8(p[1] + (uint32(dst[1])*rest+1<<15)>>16)
	dst[2] = uint8(p[2] + (uint32(dst[2])*rest+1<<15)>>16)
	dst[3] = uint8(p[3] + (uint32(dst[3])*rest+1<<15)>>16)
}

// merge lays top on l.
func (l *layer) merge(top *layer, opacity float64) {
	box := top.used.Intersect(l.Rect)
	weight := uint32(opacity*255 + 0.5)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		src := top.Pix[top.PixOffset(box.Min.X, y):][:4*box.Dx()]
		dst := l.Pix[l.PixOffset(box.Min.X, y):][:4*box.Dx()]
		for i := 0; i < len(src); i += 4 {
			if src[i+3] != 0 {
				p := pixel{uint32(src[i]), uint32(src[i+1]), uint32(src[i+2]), uint32(src[i+3])}.times(weight)
				p.over(dst[i : i+4 : i+4])
			}
		}
	}
	l.used = l.used.Union(box)
}

// clip keeps what lies under mask, which covers box.
func (l *layer) clip(mask *image.Alpha, box image.Rectangle) {
	for y := l.used.Min.Y; y < l.used.Max.Y; y++ {
		for x := l.used.Min.X; x < l.used.Max.X; x++ {
			var weight uint32
			if image.Pt(x, y).In(box) {
				weight = uint32(mask.Pix[mask.PixOffset(x-box.Min.X, y-box.Min.Y)])
			}
			p := l.Pix[l.PixOffset(x, y):][:4]
			for i := range p {
				p[i] = uint8(uint32(p[i]) * weight / 255)
			}
		}
	}
}

// soft is a blurred, reduced copy of a layer.
type soft struct {
	pix    []uint8 // premultiplied RGBA
	w, h   int
	step   int         // how many pixels of the layer one of it stands for
	origin image.Point // of the layer, where it begins
}

// blur makes a blurred copy of src with a deviation of sigma pixels. The wider
// the blur the smaller the copy: nobody can see the difference.
func blur(src *layer, sigma float64) soft {
	step := 1
	switch {
	case sigma >= 12:
		step = 8
	case sigma >= 8:
		step = 4
	case sigma >= 4:
		step = 2
	}
	room := int(3*sigma) + 2*step
	// The sheet goes on beyond its edge when what is on it touches the edge.
	box := src.used.Inset(-room)
	s := soft{w: box.Dx()/step + 2, h: box.Dy()/step + 2, step: step, origin: box.Min}
	s.pix = make([]uint8, 4*s.w*s.h)
	s.reduce(src)
	radius := max(1, int(math.Round((sigma/float64(step)*1.88-1)/2)))
	was, sums := make([]uint8, len(s.pix)), make([]uint32, 4*s.w)
	for range 3 { // three box blurs make nearly a Gaussian one
		s.smoothRows(was, radius)
		s.smoothColumns(was, sums, radius)
	}
	return s
}

// reduce fills s with the means of squares of src. Beyond the edge of the sheet
// it goes on as at the edge; elsewhere beyond what is used there is nothing.
func (s *soft) reduce(src *layer) {
	area := uint32(s.step * s.step)
	for y := range s.h {
		for x := range s.w {
			square := image.Rect(0, 0, s.step, s.step).Add(s.origin).Add(image.Pt(x*s.step, y*s.step))
			var sum pixel
			if square.In(src.used) {
				for dy := range s.step {
					row := src.Pix[src.PixOffset(square.Min.X, square.Min.Y+dy):][:4*s.step]
					for i := 0; i < len(row); i += 4 {
						sum[0] += uint32(row[i])
						sum[1] += uint32(row[i+1])
						sum[2] += uint32(row[i+2])
						sum[3] += uint32(row[i+3])
					}
				}
			} else if sum = src.edge(square); sum[3] == 0 {
				continue
			}
			for i := range sum {
				s.pix[4*(y*s.w+x)+i] = uint8(sum[i] / area)
			}
		}
	}
}

// edge sums the pixels of a square that is not wholly in use.
func (l *layer) edge(square image.Rectangle) (sum pixel) {
	for y := square.Min.Y; y < square.Max.Y; y++ {
		for x := square.Min.X; x < square.Max.X; x++ {
			at := image.Pt(min(max(x, l.used.Min.X), l.used.Max.X-1), min(max(y, l.used.Min.Y), l.used.Max.Y-1))
			beyondX := at.X != x && at.X != l.Rect.Min.X && at.X != l.Rect.Max.X-1
			beyondY := at.Y != y && at.Y != l.Rect.Min.Y && at.Y != l.Rect.Max.Y-1
			if beyondX || beyondY {
				continue
			}
			p := l.Pix[l.PixOffset(at.X, at.Y):][:4]
			for i := range sum {
				sum[i] += uint32(p[i])
			}
		}
	}
	return sum
}

// smoothRows replaces every pixel by the mean of those up to radius to its left
// and right.
func (s *soft) smoothRows(was []uint8, radius int) {
	copy(was, s.pix)
	width := uint32(2*radius + 1)
	half := width / 2
	for y := range s.h {
		row, out := was[4*s.w*y:][:4*s.w], s.pix[4*s.w*y:][:4*s.w]
		var sum pixel
		for i := -radius; i <= radius; i++ {
			in := row[4*min(max(i, 0), s.w-1):][:4]
			sum[0] += uint32(in[0])
			sum[1] += uint32(in[1])
			sum[2] += uint32(in[2])
			sum[3] += uint32(in[3])
		}
		for x := range s.w {
			o := out[4*x:][:4]
			o[0] = uint8((sum[0] + half) / width)
			o[1] = uint8((sum[1] + half) / width)
			o[2] = uint8((sum[2] + half) / width)
			o[3] = uint8((sum[3] + half) / width)
			in, gone := row[4*min(x+radius+1, s.w-1):][:4], row[4*max(x-radius, 0):][:4]
			sum[0] += uint32(in[0]) - uint32(gone[0])
			sum[1] += uint32(in[1]) - uint32(gone[1])
			sum[2] += uint32(in[2]) - uint32(gone[2])
			sum[3] += uint32(in[3]) - uint32(gone[3])
		}
	}
}

// smoothColumns does the same up and down, for all columns at once.
func (s *soft) smoothColumns(was []uint8, sums []uint32, radius int) {
	copy(was, s.pix)
	clear(sums)
	width := uint32(2*radius + 1)
	row := func(y int) []uint8 { return was[4*s.w*min(max(y, 0), s.h-1):][:4*s.w] }
	for y := -radius; y <= radius; y++ {
		for i, v := range row(y) {
			sums[i] += uint32(v)
		}
	}
	for y := range s.h {
		out := s.pix[4*s.w*y:][:4*s.w]
		in, gone := row(y+radius+1), row(y-radius)
		for i, sum := range sums {
			out[i] = uint8((sum + width/2) / width)
			sums[i] = sum + uint32(in[i]) - uint32(gone[i])
		}
	}
}

// lay lays s on dst, moved by offset and weakened by opacity. With a tint, only
// the shape counts and the tint is its colour.
func (s *soft) lay(dst *layer, offset image.Point, opacity float64, tint *pixel) {
	origin := s.origin.Add(offset)
	box := image.Rect(0, 0, (s.w-1)*s.step, (s.h-1)*s.step).Add(origin).Intersect(dst.Rect)
	if box.Empty() {
		return
	}
	weight := uint32(opacity*255 + 0.5)
	shift := 2 * bits.TrailingZeros(uint(s.step))
	row := make([]uint32, 4*s.w)
	unit := uint32(s.step)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		sy, fy := (y-origin.Y)/s.step, uint32((y-origin.Y)%s.step)
		upper, lower := s.pix[4*s.w*sy:][:4*s.w], s.pix[4*s.w*(sy+1):][:4*s.w]
		for i := range row {
			row[i] = uint32(upper[i])*(unit-fy) + uint32(lower[i])*fy
		}
		out := dst.Pix[dst.PixOffset(box.Min.X, y):][:4*box.Dx()]
		sx, fx := (box.Min.X-origin.X)/s.step, uint32((box.Min.X-origin.X)%s.step)
		for i := 0; i < len(out); i += 4 {
			near := row[4*sx : 4*sx+8 : 4*sx+8]
			if alpha := (near[3]*(unit-fx) + near[7]*fx) >> shift; alpha != 0 {
				var p pixel
				if tint != nil {
					p = tint.times(alpha * weight / 255)
				} else {
					p = pixel{
						(near[0]*(unit-fx) + near[4]*fx) >> shift, (near[1]*(unit-fx) + near[5]*fx) >> shift,
						(near[2]*(unit-fx) + near[6]*fx) >> shift, alpha,
					}.times(weight)
				}
				p.over(out[i : i+4 : i+4])
			}
			if fx++; fx == unit {
				fx, sx = 0, sx+1
			}
		}
	}
	dst.used = dst.used.Union(box)
}
