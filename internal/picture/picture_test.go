package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bep/imagemeta"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
)

var (
	red   = color.RGBA{200, 30, 30, 255}
	green = color.RGBA{30, 160, 40, 255}
	blue  = color.RGBA{30, 60, 200, 255}
	white = color.RGBA{255, 255, 255, 255}
)

// webpHalfRed is 40 × 30, red on the left and transparent on the right.
const webpHalfRed = "UklGRnICAABXRUJQVlA4WAoAAAAwAAAAJwAAHQAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZBTFBIFAAAAAEPMP8REUJIQHjg/1oP5Ij+RwlDVlA4IGgAAABQBACdASooAB4APjEUiEKiISEYBAAgAwSgDFBoB+FdGAq//cAAMBEFIMgAAP7zaZf/PzPA90+DP/8gP+QH/ID/+TZf6K///vNk/M+PTQy7/HpoZ+LD8sDTQH9RPywNMVjJAQmI30yAAA=="

// corners is a picture of w × h: red at the top left, green at the top right,
// blue at the bottom left, white at the bottom right.
func corners(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := red
			switch {
			case x >= w/2 && y >= h/2:
				c = white
			case x >= w/2:
				c = green
			case y >= h/2:
				c = blue
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an EXIF block into a JPEG: an orientation, and the place where
// the photo was taken (60° 10' north).
func withExif(photo []byte, orientation uint16) []byte {
	var tiff bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&tiff, binary.BigEndian, v)
		}
	}
	put([]byte("MM\x00\x2a"), uint32(8), uint16(2)) // header, IFD0 with two tags
	put(uint16(0x0112), uint16(3), uint32(1), orientation, uint16(0))
	put(uint16(0x8825), uint16(4), uint32(1), uint32(38), uint32(0)) // the GPS IFD lies at 38
	put(uint16(2))
	put(uint16(1), uint16(2), uint32(2), []byte("N\x00\x00\x00"))
	put(uint16(2), uint16(5), uint32(3), uint32(68), uint32(0)) // latitude at 68
	put(uint32(60), uint32(1), uint32(10), uint32(1), uint32(0), uint32(1))

	block := append([]byte("Exif\x00\x00"), tiff.Bytes()...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(block)+2))
	return slices.Concat(photo[:2], segment, block, photo[2:])
}

// forgedPNG claims a size in its header and holds nothing.
func forgedPNG(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	header = binary.BigEndian.AppendUint32(header, h)
	header = append(header, 8, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(header))
}

func makeSet(t *testing.T, data []byte) Set {
	t.Helper()
	set, err := Make(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near tells whether img shows about c at a point given in tenths.
func near(img image.Image, xTenths, yTenths int, c color.RGBA) bool {
	size := img.Bounds().Size()
	r, g, b, _ := img.At(size.X*xTenths/10, size.Y*yTenths/10).RGBA()
	far := func(a uint32, b uint8) bool { return max(int(a>>8), int(b))-min(int(a>>8), int(b)) > 24 }
	return !far(r, c.R) && !far(g, c.G) && !far(b, c.B)
}

func wantFault(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	fs := fault.As(err)
	if len(fs) != 1 || fs[0].Kind != kind || fs[0].Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

// However the camera was held, the picture ends up the right way up.
func TestEveryOrientationIsSetUpright(t *testing.T) {
	t.Parallel()
	// Which stored corner shows up at the top left, top right and bottom left.
	for o, want := range map[uint16][3]color.RGBA{
		1: {red, green, blue}, 2: {green, red, white}, 3: {white, blue, green}, 4: {blue, white, red},
		5: {red, blue, green}, 6: {blue, red, white}, 7: {white, green, blue}, 8: {green, white, red},
	} {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			t.Parallel()
			set := makeSet(t, withExif(asJPEG(t, corners(800, 600)), o))
			if wide := set.Width > set.Height; wide != (o < 5) {
				t.Errorf("stands %d × %d", set.Width, set.Height)
			}
			for _, size := range Sizes {
				img := decoded(t, set.Bytes(size))
				for i, at := range [][2]int{{2, 2}, {8, 2}, {2, 8}} {
					if !near(img, at[0], at[1], want[i]) {
						t.Errorf("%s: wrong colour at %v", size, at)
					}
				}
			}
		})
	}
}

// An orientation that makes no sense is passed over.
func TestNonsenseOrientationIsUpright(t *testing.T) {
	t.Parallel()
	for _, o := range []uint16{0, 9, 65535} {
		info, err := Check(withExif(asJPEG(t, corners(80, 60)), o))
		if err != nil || info.Orientation != Upright {
			t.Errorf("%d: %v, %v", o, info, err)
		}
	}
}

// Where and when a photo was taken goes no further.
func TestNoMetadataComesOut(t *testing.T) {
	t.Parallel()
	data := withExif(asJPEG(t, corners(700, 700)), 6)
	tags := func(data []byte) (names []string) {
		_, err := imagemeta.Decode(imagemeta.Options{
			R: bytes.NewReader(data), ImageFormat: imagemeta.JPEG,
			Sources:         imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			HandleTag:       func(tag imagemeta.TagInfo) error { names = append(names, tag.Tag); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if !slices.Contains(tags(data), "GPSLatitude") {
		t.Fatal("the example has no place in it")
	}
	set := makeSet(t, data)
	for _, size := range Sizes {
		if found := tags(set.Bytes(size)); len(found) > 0 || bytes.Contains(set.Bytes(size), []byte("Exif")) {
			t.Errorf("%s still says %v", size, found)
		}
	}
}

// Each size fits its box, keeps the shape, and is never larger than the original.
func TestSizes(t *testing.T) {
	t.Parallel()
	for original, want := range map[image.Point][3]image.Point{ // full, card, thumb
		{2400, 3000}: {{1280, 1600}, {640, 800}, {320, 400}},
		{4000, 1000}: {{1600, 400}, {640, 160}, {320, 80}},
		{500, 400}:   {{500, 400}, {500, 400}, {320, 256}},
		{20, 10}:     {{20, 10}, {20, 10}, {20, 10}},
		{3, 9000}:    {{1, 1600}, {1, 1280}, {1, 640}},
	} {
		set := makeSet(t, asJPEG(t, corners(original.X, original.Y)))
		for i, size := range Sizes {
			if got := decoded(t, set.Bytes(size)).Bounds().Size(); got != want[i] {
				t.Errorf("%v as %s is %v, want %v", original, size, got, want[i])
			}
		}
		if got := image.Pt(set.Width, set.Height); got != want[0] {
			t.Errorf("%v says it is %v", original, got)
		}
	}
}

// What is transparent becomes white, with no dark rim.
func TestTransparencyLiesOnWhite(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 1000, 800))
	for y := range 800 {
		for x := range 500 {
			img.SetNRGBA(x, y, color.NRGBA(red))
		}
	}
	webp, err := base64.StdEncoding.DecodeString(webpHalfRed)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"png": asPNG(t, img), "webp": webp} {
		info, err := Check(data)
		if err != nil || info.Format != name {
			t.Fatalf("%s: %v, %v", name, info, err)
		}
		set := makeSet(t, data)
		for _, size := range Sizes {
			out := decoded(t, set.Bytes(size))
			if !near(out, 2, 5, color.RGBA{195, 40, 32, 255}) || !near(out, 8, 5, white) {
				t.Errorf("%s as %s: not red on white", name, size)
			}
		}
	}
}

// A size forged in a header is refused at once, decoding nothing.
func TestForgedSizeIsRefusedQuickly(t *testing.T) {
	t.Parallel()
	start := clock.Wall()
	for _, side := range []uint32{60_000, 1<<31 - 1} {
		_, err := Make(t.Context(), forgedPNG(side, side))
		if fault.As(err) == nil {
			t.Errorf("%d: %v", side, err)
		}
	}
	_, err := Check(forgedPNG(60_000, 60_000))
	wantFault(t, err, fault.Invalid, "picture.too_many_pixels")
	if _, err := Check(forgedPNG(MaxPixels/1000, 1000)); err != nil {
		t.Errorf("the largest allowed: %v", err)
	}
	if took := clock.Wall().Sub(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// A file over the limit is refused, whatever is in it.
func TestTooManyBytes(t *testing.T) {
	t.Parallel()
	long := append(asJPEG(t, corners(8, 8)), make([]byte, MaxBytes)...)
	_, err := Check(long)
	wantFault(t, err, fault.TooLarge, "picture.too_big")
	if _, err := Check(long[:MaxBytes]); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

// What is no picture, or only the beginning of one, is told apart kindly.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, corners(400, 400))
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("a saddle"), "gif": []byte("GIF89a\x01\x00\x01\x00"),
		"html": []byte("<html><script>"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"half a jpeg": whole[:len(whole)/2], "start of a jpeg": whole[:4], "half a png": asPNG(t, corners(90, 90))[:80],
		"no area": forgedPNG(0, 10), "webp mark only": []byte("RIFF\x00\x00\x00\x00WEBP"),
		"avif": []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"),
	} {
		_, err := Make(t.Context(), data)
		t.Run(name, func(t *testing.T) { wantFault(t, err, fault.Invalid, "picture.not_a_picture") })
	}
}

// A phone's own format gets a sentence of its own when we cannot read it.
func TestHEICIsNamed(t *testing.T) {
	t.Parallel()
	key := "picture.heic"
	if _, built := formats["heic"]; built {
		key = "picture.not_a_picture" // there is nothing after the mark
	}
	for _, brand := range []string{"heic", "heix", "mif1"} {
		_, err := Check([]byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00"))
		wantFault(t, err, fault.Invalid, key)
	}
}

// A decoder that panics is one more file that is not a picture.
func TestPanicIsNotAPicture(t *testing.T) {
	t.Parallel()
	_, err := func() (info Info, err error) {
		defer rescue(&err)
		var none []byte
		_ = none[len(none)]
		return info, nil
	}()
	wantFault(t, err, fault.Invalid, "picture.not_a_picture")
}

// The same file has the same key and gives the same bytes, every time.
func TestMakeIsDeterministic(t *testing.T) {
	t.Parallel()
	data := asPNG(t, corners(500, 500))
	one, two := makeSet(t, data), makeSet(t, data)
	if one.Key != Key(data) || len(one.Key) != keyLength || strings.Trim(one.Key, "0123456789abcdef") != "" {
		t.Errorf("key %q", one.Key)
	}
	if !bytes.Equal(one.Card, two.Card) || one.Key != two.Key {
		t.Error("twice is not the same")
	}
	if Key(data) == Key(data[1:]) {
		t.Error("another file, the same key")
	}
}

// Only so many are made at once; who waits in vain leaves with the context.
// Not parallel, so that nobody else is at work.
func TestWorkshopIsLimited(t *testing.T) {
	if !workshop.TryAcquire(benches) {
		t.Fatal("somebody is at work")
	}
	defer workshop.Release(benches)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Make(ctx, asJPEG(t, corners(8, 8))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// Whatever the bytes, Make answers with a picture or with a fault.
func FuzzMake(f *testing.F) {
	webp, err := base64.StdEncoding.DecodeString(webpHalfRed)
	if err != nil {
		f.Fatal(err)
	}
	small := asJPEG(f, corners(16, 12))
	for _, seed := range [][]byte{
		nil, small, small[:len(small)/2], withExif(small, 6), webp, webp[:60],
		asPNG(f, corners(9, 7)), forgedPNG(60_000, 60_000), forgedPNG(5, 5),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := Make(t.Context(), data)
		if err != nil && fault.As(err) == nil {
			t.Fatalf("not a fault: %v", err)
		}
		if err == nil && (len(set.Full) == 0 || len(set.Card) == 0 || len(set.Thumb) == 0) {
			t.Fatal("a size is missing")
		}
	})
}

func BenchmarkMake12MP(b *testing.B) {
	img := corners(4000, 3000)
	for i := range img.Pix {
		img.Pix[i] ^= byte(i * 7 >> 5 & 15)
	}
	data := asJPEG(b, img)
	for b.Loop() {
		if _, err := Make(b.Context(), data); err != nil {
			b.Fatal(err)
		}
	}
}

// manyScans is a progressive JPEG of w × h, grey all over, whose picture is gone
// through again and again: each time takes a few bytes here and long there.
func manyScans(w, h, scans int) []byte {
	var b bytes.Buffer
	segment := func(marker byte, data ...byte) {
		b.Write([]byte{0xff, marker})
		_ = binary.Write(&b, binary.BigEndian, uint16(len(data)+2))
		b.Write(data)
	}
	b.Write([]byte{0xff, 0xd8})
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	segment(0xc2, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)
	segment(0xc4, append([]byte{0x00, 1}, make([]byte, 16)...)...)               // DC: one code, of nothing
	segment(0xc4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xe0)...) // AC: one code, of a run of empty blocks
	segment(0xda, 1, 1, 0x00, 0, 0, 0)
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	b.Write(make([]byte, (blocks+7)/8))
	for range scans {
		segment(0xda, 1, 1, 0x00, 1, 63, 0x10)
		b.Write(make([]byte, 2*(blocks/(1<<14)+1)))
	}
	b.Write([]byte{0xff, 0xd9})
	return b.Bytes()
}

// A file that has us go through its picture thousands of times is refused before
// that; one that a camera or a program made is not.
func TestManyScans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h, scans int
		want        bool
	}{{64, 64, 12, true}, {64, 64, 10_000, true}, {7000, 7000, 25, false}, {7000, 7000, 20_000, false}} {
		data := manyScans(c.w, c.h, c.scans)
		if n := scans(data); n != int64(c.scans)+1 {
			t.Errorf("%d scans, counted %d", c.scans+1, n)
		}
		data = append(data, manyScans(8, 8, 9)...) // what a phone appends is not looked at
		if _, err := Check(data); (err == nil) != c.want {
			t.Errorf("%d scans of %d × %d: %v", c.scans, c.w, c.h, err)
		}
	}
	if _, err := Make(t.Context(), manyScans(64, 64, 12)); err != nil {
		t.Error(err)
	}
}
