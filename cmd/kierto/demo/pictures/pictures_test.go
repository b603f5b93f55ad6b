package pictures

import (
	"bytes"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/picture"
)

// small is how wide photos are in tests: enough to see, quick to make.
const small = 64

func take(t *testing.T, name string, variant, shot int) *image.RGBA {
	t.Helper()
	img, err := photo(name, variant, shot, small)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// spread is how much the brightness of an image varies: the standard deviation.
func spread(img *image.RGBA) float64 {
	var sum, squares, n float64
	for i := 0; i < len(img.Pix); i += 4 {
		v := (float64(img.Pix[i]) + float64(img.Pix[i+1]) + float64(img.Pix[i+2])) / 3
		sum, squares, n = sum+v, squares+v*v, n+1
	}
	return math.Sqrt(squares/n - sum/n*sum/n)
}

// apart is how far two images differ: the mean over all channels.
func apart(a, b *image.RGBA) float64 {
	var sum float64
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

// Every variant of every thing shows something, and no two of them the same.
func TestEveryVariantIsAPhotoOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, thing := range Things {
		t.Run(thing.Name, func(t *testing.T) {
			t.Parallel()
			var seen []*image.RGBA
			for variant := range thing.Variants() {
				img := take(t, thing.Name, variant, 0)
				if s := spread(img); s < 12 {
					t.Errorf("variant %d is blank: spread %.1f", variant, s)
				}
				for i, other := range seen {
					if d := apart(img, other); d < 3 {
						t.Errorf("variants %d and %d look the same: %.1f apart", i, variant, d)
					}
				}
				seen = append(seen, img)
			}
		})
	}
}

// The photos of one listing show the thing in different ways.
func TestShotsDiffer(t *testing.T) {
	t.Parallel()
	for _, thing := range Things {
		var seen []*image.RGBA
		for shot := range Shots {
			img := take(t, thing.Name, 1, shot)
			for i, other := range seen {
				if d := apart(img, other); d < 5 {
					t.Errorf("%s: shots %d and %d look the same: %.1f apart", thing.Name, i, shot, d)
				}
			}
			if s := spread(img); s < 8 {
				t.Errorf("%s: shot %d is blank: spread %.1f", thing.Name, shot, s)
			}
			seen = append(seen, img)
		}
	}
}

// A scene reaches beyond every edge, however the camera is held.
func TestNoEdgeOfTheSceneShows(t *testing.T) {
	t.Parallel()
	for _, thing := range Things {
		for shot := range Shots {
			img := take(t, thing.Name, shot, shot)
			for i := 3; i < len(img.Pix); i += 4 {
				if img.Pix[i] != 255 {
					t.Fatalf("%s, shot %d: bare at pixel %d", thing.Name, shot, i/4)
				}
			}
		}
	}
}

// The same arguments give the same bytes, and the upload check takes them.
func TestPhotosAreDeterministicAndValid(t *testing.T) {
	t.Parallel()
	one, err := JPEG("saddle", 5, 1, 320)
	if err != nil {
		t.Fatal(err)
	}
	two, err := JPEG("saddle", 5, 1, 320)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("twice is not the same")
	}
	info, err := picture.Check(one)
	if err != nil || info.Format != "jpeg" || info.Width != 320 || info.Height != 400 {
		t.Errorf("%+v, %v", info, err)
	}
}

// Counting on beyond the last variant or shot begins anew.
func TestCountingBeginsAnew(t *testing.T) {
	t.Parallel()
	thing := Things[0]
	if thing.Colour(0) != thing.Colour(thing.Variants()) {
		t.Error("another colour")
	}
	if d := apart(take(t, thing.Name, 0, 0), take(t, thing.Name, 0, Shots)); d > 0 {
		t.Errorf("another shot: %.1f apart", d)
	}
	for _, bad := range []struct {
		name             string
		variant, shot, w int
	}{{"unicorn", 0, 0, 10}, {"saddle", -1, 0, 10}, {"saddle", 0, -1, 10}, {"saddle", 0, 0, 0}} {
		if _, err := JPEG(bad.name, bad.variant, bad.shot, bad.w); err == nil {
			t.Errorf("%+v made a photo", bad)
		}
	}
}

// Every drawing belongs to a thing, every thing has a drawing and can be dyed,
// and every category has something to show.
func TestThingsAndDrawingsMatch(t *testing.T) {
	t.Parallel()
	all, err := drawings()
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if _, ok := Find(name); !ok && name != "common" {
			t.Errorf("nothing uses %s.svg", name)
		}
	}
	for _, thing := range Things {
		if all[thing.Name] == nil || all[thing.Name].Title == "" {
			t.Errorf("%s has no drawing with a title", thing.Name)
			continue
		}
		source, err := files.ReadFile("drawings/" + thing.Name + ".svg")
		if err != nil {
			t.Fatal(err)
		}
		for class, base := range map[string]string{"a": thing.base, "b": thing.second} {
			if has := strings.Contains(string(source), `class="`+class+`"`); base != "" && !has {
				t.Errorf("%s: nothing of class %s to dye", thing.Name, class)
			}
		}
		var words []string
		for _, c := range thing.Colours {
			if c.Word == "" || slices.Contains(words, c.Word) {
				t.Errorf("%s: colour word %q is missing or doubled", thing.Name, c.Word)
			}
			words = append(words, c.Word)
		}
		if thing.Noun == "" || len(thing.Categories) == 0 {
			t.Errorf("%s has no noun or no category", thing.Name)
		}
	}
	for _, category := range []string{
		"saddles", "bridles", "rugs", "halters", "helmets", "boots", "clothes", "care", "driving", "stable", "pony", "books", "other",
	} {
		if len(In(category)) == 0 {
			t.Errorf("no photos for %s", category)
		}
	}
}

func BenchmarkJPEG800(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		if _, err := JPEG(Things[i%len(Things)].Name, i, i%Shots, 800); err != nil {
			b.Fatal(err)
		}
	}
}
