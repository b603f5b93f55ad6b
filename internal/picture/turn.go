package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// Orientation is how a camera was held, as EXIF counts it: which turn or
// mirroring sets the stored picture upright.
type Orientation uint8

// The orientations.
const (
	Upright       Orientation = 1 // nothing to do
	Mirrored      Orientation = 2 // left and right are swapped
	UpsideDown    Orientation = 3 // to be turned by 180°
	Flipped       Orientation = 4 // top and bottom are swapped
	Transposed    Orientation = 5 // rows and columns are swapped
	TurnedRight   Orientation = 6 // to be turned clockwise by 90°
	Transversed   Orientation = 7 // rows and columns are swapped from the far corner
	TurnedLeft    Orientation = 8 // to be turned counter-clockwise by 90°
	firstSideways             = Transposed
)

// turned is the size a picture of size p has once upright.
func (o Orientation) turned(p image.Point) image.Point {
	if o >= firstSideways {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// unturned is the reverse of turned; swapping twice changes nothing.
func (o Orientation) unturned(p image.Point) image.Point { return o.turned(p) }

// turn sets src upright.
func (o Orientation) turn(src *image.RGBA) *image.RGBA {
	if o <= Upright || o > TurnedLeft {
		return src
	}
	size := o.turned(src.Rect.Size())
	dst := image.NewRGBA(image.Rectangle{Max: size})
	right, bottom := src.Rect.Dx()-1, src.Rect.Dy()-1
	for y := range size.Y {
		for x := range size.X {
			var sx, sy int
			switch o {
			case Mirrored:
				sx, sy = right-x, y
			case UpsideDown:
				sx, sy = right-x, bottom-y
			case Flipped:
				sx, sy = x, bottom-y
			case Transposed:
				sx, sy = y, x
			case TurnedRight:
				sx, sy = y, bottom-x
			case Transversed:
				sx, sy = right-y, bottom-x
			case TurnedLeft:
				sx, sy = right-y, x
			}
			from := src.PixOffset(src.Rect.Min.X+sx, src.Rect.Min.Y+sy)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[from:from+4])
		}
	}
	return dst
}

// fit is size scaled down, never up, to lie within box.
func fit(size, box image.Point) image.Point {
	w, h := int64(size.X), int64(size.Y)
	if w > int64(box.X) {
		w, h = int64(box.X), h*int64(box.X)/w
	}
	if h > int64(box.Y) {
		w, h = w*int64(box.Y)/h, int64(box.Y)
	}
	return image.Pt(int(max(w, 1)), int(max(h, 1)))
}

// flatten is src at the given size, on white where it is transparent. It
// shrinks by halves, each pixel the mean of four, and by the rest at last: this
// looks like the slow, careful filters and takes a fraction of their time.
func flatten(src image.Image, size image.Point) *image.RGBA {
	for {
		now := src.Bounds().Size()
		next := size
		if now.X >= 2*size.X && now.Y >= 2*size.Y {
			next = image.Pt(max(now.X/2, size.X), max(now.Y/2, size.Y))
		}
		if rgba, ok := src.(*image.RGBA); ok && now == size && rgba.Opaque() {
			return rgba
		}
		dst := image.NewRGBA(image.Rectangle{Max: next})
		op := draw.Src
		if opaque, ok := src.(interface{ Opaque() bool }); !ok || !opaque.Opaque() {
			draw.Draw(dst, dst.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
			op = draw.Over
		}
		draw.ApproxBiLinear.Scale(dst, dst.Rect, src, src.Bounds(), op, nil)
		src = dst
	}
}
