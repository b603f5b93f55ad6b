// Package picture turns what people photograph into what pages show: checked
// before it is decoded, turned the right way up, in three sizes, without the
// place and time a phone writes into its photos.
package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/sync/semaphore"

	"github.com/kierto/kierto/internal/fault"
)

const (
	// MaxBytes is the largest file a person may send.
	MaxBytes = 15 << 20

	// MaxPixels is the largest picture, width times height. Decoded it may
	// take ten bytes a pixel, which is why it is checked first.
	MaxPixels = 50_000_000

	// largePixels is where a picture takes all the room there is in the
	// workshop, so that two of the largest are never decoded at once.
	largePixels = 16_000_000

	// benches is how many ordinary pictures are made at once in one process.
	benches = 2

	// quality is JPEG's, from 1 to 100.
	quality = 82

	// keyLength is how many hex digits of the SHA-256 name a picture.
	keyLength = 32
)

var workshop = semaphore.NewWeighted(benches)

// Size names one of the sizes a picture is shown in.
type Size string

// The sizes. None is ever larger than the original.
const (
	Thumb Size = "thumb" // at most 320 px wide: lists
	Card  Size = "card"  // at most 640 px wide: the grid
	Full  Size = "full"  // the long edge at most 1600 px: the gallery
)

// Sizes is every size, the largest first.
var Sizes = []Size{Full, Card, Thumb}

// boxes says what each size fits into, in pixels. Thumbs and cards are as wide
// as they are shown; the height is limited for the sake of very tall ones.
var boxes = map[Size]image.Point{
	Full:  {1600, 1600},
	Card:  {640, 1280},
	Thumb: {320, 640},
}

// Set is one picture in every size, as JPEG without metadata.
type Set struct {
	Key    string // of the original's bytes; see Key
	Width  int    // of the full size, in pixels, the right way up
	Height int    // likewise

	Full, Card, Thumb []byte
}

// Bytes is the JPEG of one size.
func (s Set) Bytes(size Size) []byte {
	switch size {
	case Thumb:
		return s.Thumb
	case Card:
		return s.Card
	default:
		return s.Full
	}
}

// Key names a picture by the bytes of its original: the same file always gets
// the same key, and nobody can guess one without having the file.
func Key(original []byte) string {
	sum := sha256.Sum256(original)
	return hex.EncodeToString(sum[:])[:keyLength]
}

// Make checks a picture and makes all its sizes. It waits while others are
// being made. The faults are those of Check, and "picture.not_a_picture" when
// the file turns out to be broken further in.
func Make(ctx context.Context, data []byte) (Set, error) {
	info, err := Check(data)
	if err != nil {
		return Set{}, err
	}
	room := int64(1)
	if info.Width*info.Height > largePixels {
		room = benches
	}
	if err := workshop.Acquire(ctx, room); err != nil {
		return Set{}, fmt.Errorf("picture: wait: %w", err)
	}
	defer workshop.Release(room)

	img, err := decode(info.Format, data)
	if err != nil {
		return Set{}, err
	}
	return develop(ctx, Key(data), img, info)
}

// develop makes every size of img: each from the one before, which is a good
// deal faster than each from the original and looks the same.
func develop(ctx context.Context, key string, img image.Image, info Info) (Set, error) {
	set := Set{Key: key}
	last := flatten(img, info.Orientation.unturned(fit(info.Orientation.turned(img.Bounds().Size()), boxes[Full])))
	last = info.Orientation.turn(last)
	for _, size := range Sizes {
		if err := ctx.Err(); err != nil {
			return Set{}, fmt.Errorf("picture: make: %w", err)
		}
		last = flatten(last, fit(last.Rect.Size(), boxes[size]))
		var b bytes.Buffer
		if err := jpeg.Encode(&b, last, &jpeg.Options{Quality: quality}); err != nil {
			return Set{}, fmt.Errorf("picture: encode: %w", err)
		}
		switch size {
		case Full:
			set.Full, set.Width, set.Height = b.Bytes(), last.Rect.Dx(), last.Rect.Dy()
		case Card:
			set.Card = b.Bytes()
		case Thumb:
			set.Thumb = b.Bytes()
		}
	}
	return set, nil
}

func tooBig() error {
	return fault.New(fault.TooLarge, "picture.too_big", "Max", MaxBytes>>20)
}

func notAPicture(cause error) error {
	f := fault.New(fault.Invalid, "picture.not_a_picture")
	f.Err = cause
	return f
}
