// Package pictures makes the demo's product photos. Every thing is a drawing of
// our own under drawings/; its material is dyed, it is set before one of several
// walls or on a table, and photographed from near and far. The same arguments
// always give the same bytes.
package pictures

import (
	"bytes"
	"embed"
	"fmt"
	"hash/fnv"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/kierto/kierto/cmd/kierto/demo/pictures/paint"
)

const (
	// Shots is how many different photos there are of one variant of a thing.
	Shots = 5

	// quality is JPEG's, from 1 to 100: about what a phone writes.
	quality = 88

	drawingWidth, drawingHeight = 800, 1000 // units of every drawing
)

//go:embed drawings/*.svg
var files embed.FS

// drawings is every embedded drawing, by name. "common" is what they share:
// blurs and metals.
var drawings = sync.OnceValues(func() (map[string]*paint.Drawing, error) {
	entries, err := files.ReadDir("drawings")
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	all := make(map[string]*paint.Drawing, len(entries))
	for _, entry := range entries {
		data, err := files.ReadFile("drawings/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("pictures: %w", err)
		}
		d, err := paint.Parse(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("pictures: %s: %w", entry.Name(), err)
		}
		all[strings.TrimSuffix(entry.Name(), ".svg")] = d
	}
	return all, nil
})

// JPEG is a photo of the thing called name, w pixels wide and 5/4 as high.
// Variant counts through its colours, then through settings, and begins anew
// beyond Thing.Variants; shot is taken modulo Shots. Shot 0 shows the thing from the front; 1 from the
// other side; 2 and 3 show details; 4 is taken from further away.
// JPEG is safe for concurrent use. At 800 pixels it takes a core 60 to 100 ms.
func JPEG(name string, variant, shot, w int) ([]byte, error) {
	img, err := photo(name, variant, shot, w)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	return b.Bytes(), nil
}

func photo(name string, variant, shot, w int) (*image.RGBA, error) {
	thing, ok := Find(name)
	if !ok || variant < 0 || shot < 0 || w <= 0 {
		return nil, fmt.Errorf("pictures: no photo of %q, %d, %d, %d wide", name, variant, shot, w)
	}
	all, err := drawings()
	if err != nil {
		return nil, err
	}
	settings := thing.settings()
	// Neighbours in a list shall not all hang on the same wall.
	scene := settings[(variant/len(thing.Colours)+int(seedOf(name, variant%len(thing.Colours))%64))%len(settings)]
	seed := seedOf(name, variant)
	back, err := paint.Parse(strings.NewReader(scene.before(thing.floor, rand.New(rand.NewPCG(seed, 1)))))
	if err != nil {
		return nil, err
	}
	shot %= Shots
	r := rand.New(rand.NewPCG(seed, uint64(shot)+2))
	view := fmt.Sprintf("scale(%f) ", float64(w)/drawingWidth)
	canvas := paint.New(w, w*drawingHeight/drawingWidth, view+thing.camera(shot, r))
	canvas.Paint(back, all["common"], nil)
	canvas.Paint(all[name], all["common"], thing.dyes(variant))
	img := canvas.Image()
	develop(img, r)
	return img, nil
}

func seedOf(name string, variant int) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%d", name, variant)
	return h.Sum64()
}

// camera is where the photographer stands for a shot, as a transform of the
// drawing.
func (t Thing) camera(shot int, r *rand.Rand) string {
	tilt := r.Float64()*2 - 1
	switch shot {
	case 1:
		return fmt.Sprintf("translate(400 500) scale(-1.1 1.1) rotate(%.2f) skewY(1.6) translate(-400 -520)", 1.4*tilt)
	case 2:
		return t.near(0, 2.1, 4*tilt)
	case 3:
		return t.near(1, 1.7, -3*tilt)
	case 4:
		return fmt.Sprintf("translate(400 500) scale(.88) rotate(%.2f) translate(%.0f %.0f)", 1.2*tilt, -400+30*tilt, -500-20*tilt)
	default:
		return fmt.Sprintf("translate(400 500) scale(%.3f) rotate(%.2f) translate(-400 -500)", 1.02+0.04*r.Float64(), 0.8*tilt)
	}
}

// near looks at a detail, magnified. It is brought to the middle as far as the
// scene reaches.
func (t Thing) near(detail int, zoom, tilt float64) string {
	x, y := t.details[detail][0], t.details[detail][1]
	return fmt.Sprintf("translate(400 500) scale(%.2f) rotate(%.2f) translate(%.0f %.0f)", zoom, tilt, -x, -y)
}

// develop darkens the corners, sets exposure and warmth, and adds the grain of
// a phone's sensor.
func develop(img *image.RGBA, r *rand.Rand) {
	exposure := 0.95 + 0.12*r.Float64()
	warmth := 0.05*r.Float64() - 0.02
	var curve [3][256]int
	for c, gain := range [3]float64{exposure * (1 + warmth), exposure, exposure * (1 - warmth)} {
		for v := range curve[c] {
			curve[c][v] = int(float64(v) * gain)
		}
	}
	var grain [4096]int8
	for i := range grain {
		grain[i] = int8(r.NormFloat64() * 3.2)
	}
	at := r.Uint32()
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		row := img.Pix[y*img.Stride:][:4*w]
		dy := float64(y)/float64(h) - 0.42
		for x := range w {
			dx := float64(x)/float64(w) - 0.46
			shade := 256 - int(max(dx*dx+dy*dy-0.16, 0)*180) // up to a quarter, in the far corner
			at = at*1664525 + 1013904223
			speck := int(grain[at>>20])
			for c := range 3 {
				v := curve[c][row[4*x+c]]*shade>>8 + speck
				row[4*x+c] = uint8(min(max(v, 0), 255))
			}
		}
	}
}
