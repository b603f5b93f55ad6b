package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"

	"github.com/kierto/kierto/internal/fault"
)

// exifPatience is how long a file may keep us looking for its orientation.
const exifPatience = time.Second

// Info is what can be told of a picture without decoding it.
type Info struct {
	Format        string // "jpeg", "png", "webp" or "heic"
	Width, Height int    // in pixels, as stored
	Orientation   Orientation
}

// format is a kind of file we can read.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	exif   imagemeta.ImageFormat // where to look for the orientation; none when the decoder turns by itself
}

// formats is every kind we can read. HEIC joins when built with the tag "heic".
var formats = map[string]format{
	"jpeg": {jpeg.DecodeConfig, jpeg.Decode, imagemeta.JPEG},
	"png":  {png.DecodeConfig, png.Decode, imagemeta.PNG},
	"webp": {webp.DecodeConfig, webp.Decode, imagemeta.WebP},
}

// Check tells what a file is from its first bytes, whatever its name says, and
// refuses what is too large before anything is decoded. Its faults are
// "picture.too_big", "picture.too_many_pixels", "picture.heic" (a photo format
// we know but were not built to read) and "picture.not_a_picture".
func Check(data []byte) (info Info, err error) {
	defer rescue(&err)
	if len(data) > MaxBytes {
		return Info{}, tooBig()
	}
	info.Format = sniff(data)
	kind, known := formats[info.Format]
	switch {
	case !known && info.Format == "heic":
		return Info{}, fault.New(fault.Invalid, "picture.heic")
	case !known:
		return Info{}, notAPicture(nil)
	}
	config, err := kind.config(bytes.NewReader(data))
	if err != nil {
		return Info{}, notAPicture(err)
	}
	info.Width, info.Height = config.Width, config.Height
	if info.Width <= 0 || info.Height <= 0 {
		return Info{}, notAPicture(errors.New("no area"))
	}
	if int64(info.Width)*int64(info.Height) > MaxPixels {
		return Info{}, fault.New(fault.Invalid, "picture.too_many_pixels", "Max", MaxPixels/1_000_000)
	}
	if info.Format == "jpeg" && int64(info.Width)*int64(info.Height)*scans(data) > maxScanned {
		return Info{}, notAPicture(errors.New("too many scans"))
	}
	info.Orientation = orientation(kind.exif, data)
	return info, nil
}

// sniff is the format by the first bytes, or "".
func sniff(data []byte) string {
	has := func(at int, mark string) bool {
		return len(data) >= at+len(mark) && string(data[at:at+len(mark)]) == mark
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return "jpeg"
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png"
	case has(0, "RIFF") && has(8, "WEBP"):
		return "webp"
	case has(4, "ftyp"):
		for _, brand := range []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"} {
			if has(8, brand) {
				return "heic"
			}
		}
	}
	return ""
}

// maxScanned is how many pixels a JPEG may have us look at, over all the times it
// goes through its picture. Programs write some ten scans at most; a hostile file
// holds thousands, each a few bytes long and worth a second of a core.
const maxScanned = 20 * MaxPixels

// scans is how often a JPEG goes through its picture.
func scans(data []byte) (n int64) {
	for i := 0; i+4 <= len(data); {
		switch mark := data[i+1]; {
		case data[i] != 0xff || mark == 0xff: // inside a scan, or filled up
			i++
		case mark == 0xd9: // the end of the picture: what follows is not looked at
			return n
		case mark <= 0x01 || mark >= 0xd0 && mark <= 0xd8: // without a length
			i += 2
		default:
			if mark == 0xda {
				n++
			}
			i += 2 + int(binary.BigEndian.Uint16(data[i+2:]))
		}
	}
	return n
}

// orientation is what the camera noted, or Upright when it noted nothing that
// can be read: a broken note is no reason to refuse a good photo.
func orientation(kind imagemeta.ImageFormat, data []byte) Orientation {
	found := Upright
	if kind == 0 {
		return found
	}
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:           bytes.NewReader(data),
		ImageFormat: kind,
		Sources:     imagemeta.EXIF,
		Timeout:     exifPatience,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return tag.Tag == "Orientation" && tag.Namespace == "IFD0"
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= uint16(Upright) && n <= uint16(TurnedLeft) {
				found = Orientation(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// decode decodes data, which Check has passed.
func decode(name string, data []byte) (img image.Image, err error) {
	defer rescue(&err)
	img, err = formats[name].decode(bytes.NewReader(data))
	if err != nil {
		return nil, notAPicture(err)
	}
	return img, nil
}

// rescue makes a decoder's panic the same answer as its error: hostile files
// find bugs in decoders, and a person who sent one learns no more than that it
// was not a picture.
func rescue(err *error) {
	if r := recover(); r != nil {
		*err = notAPicture(fmt.Errorf("decoder panicked: %v", r))
	}
}
