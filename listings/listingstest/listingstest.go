// Package listingstest puts things on sale for the tests of every domain.
package listingstest

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"net/url"
	"strconv"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/blob"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
)

// New is a service beside acc, on the same database, clock and queue, with a
// folder of its own for photos.
func New(t testing.TB, acc *accounts.Service) *listings.Service {
	t.Helper()
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	log := slog.New(slog.DiscardHandler)
	s := &listings.Service{
		DB: acc.DB, Clock: acc.Clock, Jobs: acc.Jobs, Log: log,
		Accounts: acc, Blobs: blobs, Tree: listings.DefaultTree(),
		Messages: messaging.New(acc.DB, acc.Clock, acc.Jobs, live.New(), acc, log, messaging.Config{BaseURL: "http://kierto.test", Secret: "a secret of thirty-two characters"}),
	}
	s.Work(s.Jobs)
	return s
}

// Picture is a small JPEG whose colour depends on seed: every seed has bytes of
// its own.
func Picture(t testing.TB, seed string) []byte {
	t.Helper()
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed))
	n := h.Sum32()
	img := image.NewRGBA(image.Rect(0, 0, 40, 50))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range 50 {
		for x := range 40 {
			img.Set(x, y, color.RGBA{byte(n), byte(n>>8) + byte(x), byte(n>>16) + byte(y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	return b.Bytes()
}

// Form is everything that a saddle needs to be published.
func Form(title string, price int64) url.Values {
	return url.Values{
		"title": {title}, "category": {"saddles"}, "f.type": {"general"}, "f.seat": {"17"}, "f.tree": {"medium"},
		"condition": {"good"}, "price": {strconv.FormatInt(price/100, 10) + "," + strconv.FormatInt(100+price%100, 10)[1:]},
		"parcel": {"L"}, "ways": {"pickup", "point", "home"}, "town": {"Lempäälä"},
		"description": {"Luotettava ja ehjä. Toppaus on tasainen."},
	}
}

// Live is a saddle on sale, with a photo; price is in minor units.
func Live(t testing.TB, s *listings.Service, seller accounts.UserID, title string, price int64) listings.Listing {
	t.Helper()
	return With(t, s, seller, Form(title, price))
}

// With is what a form says, on sale, with a photo.
func With(t testing.TB, s *listings.Service, seller accounts.UserID, form url.Values) listings.Listing {
	t.Helper()
	ctx := t.Context()
	l, err := s.Begin(ctx, seller, "")
	if err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	p, err := s.AddPhoto(ctx, seller, l.ID, bytes.NewReader(Picture(t, string(l.ID))))
	if err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	if err := s.MakeSizes(ctx, p.Key); err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	if _, err := s.Publish(ctx, seller, l.ID, listings.Stamp{Version: l.Version}, form); err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	l, err = s.Get(ctx, s.DB, l.ID)
	if err != nil {
		t.Fatalf("listingstest: %v", err)
	}
	return l
}
