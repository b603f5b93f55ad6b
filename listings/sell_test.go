package listings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// draft is a draft of Anna's with a photo.
func (b *bench) draft(t *testing.T) listings.Listing {
	t.Helper()
	l, err := b.Begin(t.Context(), b.anna, "Turku")
	ok(t, err)
	p, err := b.AddPhoto(t.Context(), b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, string(l.ID))))
	ok(t, err)
	ok(t, b.MakeSizes(t.Context(), p.Key))
	return l
}

// A draft keeps whatever makes sense, is resumed, and is nobody else's.
func TestDrafts(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l, err := b.Resume(ctx, b.anna, "Turku")
		ok(t, err)
		again, err := b.Resume(ctx, b.anna, "Turku")
		ok(t, err)
		if again.ID != l.ID || l.Town != "Turku" {
			t.Errorf("resumed %v of %v", again, l)
		}
		v := url.Values{"title": {"  Wintec   satula "}, "category": {"saddles"}, "f.seat": {"17,5"}, "price": {"lots"}, "f.type": {"purple"}}
		saved, wrong, err := b.SaveDraft(ctx, b.anna, l.ID, listings.Stamp{Version: 1}, v)
		ok(t, err)
		if saved.Title != "Wintec satula" || saved.Attrs["seat"] != "17.5" || saved.PriceMinor != 0 || len(wrong) != 2 {
			t.Errorf("saved %+v, wrong %v", saved, wrong)
		}
		if _, _, err = b.SaveDraft(ctx, b.noor, l.ID, listings.Stamp{Version: 2}, v); !fault.Is(err, fault.Missing) {
			t.Errorf("somebody else's draft: %v", err)
		}
		_, err = b.AddPhoto(ctx, b.noor, l.ID, bytes.NewReader(listingstest.Picture(t, "x")))
		wants(t, err, "listings.missing")
		_, err = b.Publish(ctx, b.noor, l.ID, listings.Stamp{Version: 2}, v)
		wants(t, err, "listings.missing")
		wants(t, b.Discard(ctx, b.noor, l.ID), "listings.missing")
		b.finds(t, "wintec", 0)
		ok(t, b.Discard(ctx, b.anna, l.ID))
		_, err = b.Own(ctx, b.anna, l.ID)
		wants(t, err, "listings.missing")
	})
}

// Two windows on one listing: the second to save is told, one window never
// stands in its own way.
func TestTwoTabs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := b.draft(t)
		one, two := listings.Stamp{Version: 1, Editor: "ONE"}, listings.Stamp{Version: 1, Editor: "TWO"}
		for _, title := range []string{"First", "Second"} { // the same page, which does not know its own new version
			_, _, err := b.SaveDraft(ctx, b.anna, l.ID, one, url.Values{"title": {title}})
			ok(t, err)
		}
		_, _, err := b.SaveDraft(ctx, b.anna, l.ID, two, url.Values{"title": {"Third"}})
		wants(t, err, "listings.changed")
		if now := b.state(t, l.ID, listings.Draft); now.Title != "Second" {
			t.Errorf("the title is %q", now.Title)
		}
		_, err = b.Publish(ctx, b.anna, l.ID, two, listingstest.Form("Fourth", 5000))
		wants(t, err, "listings.changed")
		_, err = b.Publish(ctx, b.anna, l.ID, one, listingstest.Form("Fifth", 5000))
		ok(t, err)
		_, err = b.SaveLive(ctx, b.anna, l.ID, two, listingstest.Form("Sixth", 5000))
		wants(t, err, "listings.changed")
		_, _, err = b.SaveDraft(ctx, b.anna, l.ID, one, url.Values{"title": {"Late"}})
		wants(t, err, "listings.is_live")
	})
}

// Publishing tells everything that is missing at once; pressed many times it
// publishes once.
func TestPublish(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		bare, err := b.Begin(ctx, b.anna, "")
		ok(t, err)
		_, err = b.Publish(ctx, b.anna, bare.ID, listings.Stamp{Version: 1}, url.Values{"category": {"saddles"}, "price": {"0,50"}})
		fields := []string{}
		for _, f := range fault.As(err) {
			fields = append(fields, f.Field)
		}
		if got := strings.Join(fields, " "); got != "photos title f.type f.seat condition price ways town description" {
			t.Errorf("missing: %s", got)
		}
		b.state(t, bare.ID, listings.Draft)

		l := b.draft(t)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := b.Publish(context.Background(), b.anna, l.ID, listings.Stamp{Version: 1, Editor: "E"}, listingstest.Form("Kerran", 5000)); err != nil {
					t.Errorf("publish: %v", err)
				}
			})
		}
		wg.Wait()
		first := b.state(t, l.ID, listings.Live)
		if first.Seq != 1 {
			t.Errorf("published as %d", first.Seq)
		}
		b.finds(t, "kerran", 1)
		b.sound(t)
	})
}

// What somebody is buying, or has bought, cannot be changed under them.
func TestReservedStaysAsItIs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.Live(t, b.Service, b.anna, "Satula", 7500)
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.Reserve(ctx, tx, l.ID) }))
		stamp := listings.Stamp{Version: l.Version + 1}
		_, err := b.SaveLive(ctx, b.anna, l.ID, stamp, listingstest.Form("Muu", 1))
		wants(t, err, "listings.is_reserved")
		for _, move := range []func() error{
			func() error { _, err := b.Withdraw(ctx, b.anna, l.ID); return err },
			func() error { _, err := b.MarkSold(ctx, b.anna, l.ID); return err },
			func() error { _, err := b.Relist(ctx, b.anna, l.ID); return err },
			func() error { return b.OrderPhotos(ctx, b.anna, l.ID, nil) },
			func() error { return b.Discard(ctx, b.anna, l.ID) },
			func() error {
				_, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, "n")))
				return err
			},
		} {
			wants(t, move(), "listings.is_reserved")
		}
	})
}

// What a seller marked sold by hand can be put back; what was withdrawn too.
func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.Live(t, b.Service, b.anna, "Satula", 7500)
		for _, step := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := b.MarkSold(ctx, b.anna, l.ID); return err },
			func(ctx context.Context) error { _, err := b.Withdraw(ctx, b.anna, l.ID); return err },
		} {
			ok(t, step(ctx))
			ok(t, step(ctx)) // twice is fine
			b.finds(t, "satula", 0)
			again, err := b.Relist(ctx, b.anna, l.ID)
			ok(t, err)
			if again.State != listings.Live || again.SoldByHand || !again.SoldAt.IsZero() {
				t.Errorf("relisted it is %+v", again)
			}
			b.finds(t, "satula", 1)
		}
		b.sound(t)
	})
}

// A photo is made in three sizes, the first is the cover, and the order is the
// seller's.
func TestPhotos(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l, err := b.Begin(ctx, b.anna, "")
		ok(t, err)
		var ids []listings.PhotoID
		for _, seed := range []string{"a", "b", "c"} {
			p, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, seed)))
			ok(t, err)
			ids = append(ids, p.ID)
		}
		ok(t, b.Jobs.Drain(ctx))
		cover := func() string {
			l, err := b.Get(ctx, b.DB, l.ID)
			ok(t, err)
			return l.Cover
		}
		photos, err := b.Photos(ctx, b.DB, l.ID)
		ok(t, err)
		if len(photos) != 3 || photos[0].State != listings.PhotoReady || cover() != photos[0].Key || photos[0].Width != 40 {
			t.Fatalf("photos %+v, cover %s", photos, cover())
		}
		ok(t, b.OrderPhotos(ctx, b.anna, l.ID, []listings.PhotoID{ids[2], "pho_unknown", ids[0]}))
		if cover() != photos[2].Key {
			t.Error("the cover did not follow the order")
		}
		ok(t, b.MovePhoto(ctx, b.anna, l.ID, ids[0]))
		ok(t, b.RemovePhoto(ctx, b.anna, l.ID, ids[2]))
		ok(t, b.RemovePhoto(ctx, b.anna, l.ID, ids[2]))
		if cover() != photos[0].Key {
			t.Error("the cover did not follow")
		}
		wants(t, b.RemovePhoto(ctx, b.noor, l.ID, ids[0]), "listings.missing")
		b.sound(t)

		gone, err := b.SweepPhotos(ctx)
		ok(t, err)
		b.clock.Move(2 * time.Hour)
		later, err := b.SweepPhotos(ctx)
		ok(t, err)
		if gone != 0 || later != 3 {
			t.Errorf("the sweep took %d at once and %d later, want 0 and 3", gone, later)
		}
		b.sound(t)
	})
}

// Photos are limited, in number and kind, and the last one of a thing on sale
// stays.
func TestPhotoLimits(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.Live(t, b.Service, b.anna, "Satula", 7500)
		photos, err := b.Photos(ctx, b.DB, l.ID)
		ok(t, err)
		wants(t, b.RemovePhoto(ctx, b.anna, l.ID, photos[0].ID), "listings.last_photo")
		for name, x := range map[string]struct{ data, key string }{
			"empty": {"", "picture.not_a_picture"}, "text": {"<svg onload=alert(1)>", "picture.not_a_picture"},
			"cut":  {string(listingstest.Picture(t, "x")[:20]), "picture.not_a_picture"},
			"huge": {strings.Repeat("\xff\xd8\xff", 6<<20), "picture.too_big"},
		} {
			_, err := b.AddPhoto(ctx, b.anna, l.ID, strings.NewReader(x.data))
			if len(fault.As(err)) == 0 || fault.As(err)[0].Key != x.key {
				t.Errorf("%s: %v, want %s", name, err, x.key)
			}
		}
		// looks like a picture, and is none further in
		data := listingstest.Picture(t, "half")
		p, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(data[:len(data)*2/3]))
		if err == nil {
			ok(t, b.MakeSizes(ctx, p.Key))
		} else if len(fault.As(err)) == 0 {
			t.Fatal(err)
		}
		for i := 0; ; i++ {
			_, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, strings.Repeat("i", i+1))))
			if err != nil {
				wants(t, err, "listings.too_many_photos")
				break
			}
			if i > listings.MaxPhotos {
				t.Fatal("there is no limit")
			}
		}
		_, err = b.AddPhoto(ctx, b.anna, l.ID, failing{})
		if err == nil || len(fault.As(err)) > 0 {
			t.Errorf("a broken upload gives %v", err)
		}
		ok(t, b.Jobs.Drain(ctx))
		b.sound(t)
	})
}

type failing struct{}

// Read fails like a connection that ends in the middle.
func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// A job that comes late, twice or after its file is gone does no harm.
func TestPhotoJobIsHarmless(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l, err := b.Begin(ctx, b.anna, "")
		ok(t, err)
		data := listingstest.Picture(t, "same")
		p, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(data))
		ok(t, err)
		for range 2 {
			ok(t, b.MakeSizes(ctx, p.Key))
		}
		key, err := b.SavePhoto(ctx, b.noor, bytes.NewReader(data)) // the same picture, in a message
		ok(t, err)
		if key != p.Key {
			t.Errorf("the key is %s and %s", key, p.Key)
		}
		ok(t, b.Blobs.Delete(ctx, "incoming/"+key))
		ok(t, b.MakeSizes(ctx, key)) // the sizes are there already
		lost, err := b.AddPhoto(ctx, b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, "lost")))
		ok(t, err)
		ok(t, b.Blobs.Delete(ctx, "incoming/"+lost.Key))
		ok(t, b.MakeSizes(ctx, lost.Key))
		photos, err := b.Photos(ctx, b.DB, l.ID)
		ok(t, err)
		if photos[1].State != listings.PhotoBroken {
			t.Errorf("a lost photo is %s", photos[1].State)
		}
		ok(t, b.Jobs.Drain(ctx))
		b.sound(t)
	})
}

// Saved searches and followed sellers bring one notice about what is new, once.
func TestNews(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		old := listingstest.Live(t, b.Service, b.anna, "Vanha satula", 7500)
		_, err := b.SaveSearch(ctx, b.noor, "", url.Values{})
		wants(t, err, "listings.search_empty")
		for range 2 { // the same one again is the same
			_, err = b.SaveSearch(ctx, b.noor, "Satulat alle 50", url.Values{"category": {"saddles"}, "max": {"50"}, "sort": {"price"}, "after": {"1"}})
			ok(t, err)
		}
		ok(t, b.SetFollow(ctx, b.noor, b.anna, true))
		wants(t, b.SetFollow(ctx, b.noor, b.noor, true), "listings.follow_self")
		told := func(want int) {
			t.Helper()
			n, err := b.TellNews(ctx)
			ok(t, err)
			if n != want {
				t.Errorf("%d were told, want %d", n, want)
			}
		}
		told(0)
		listingstest.Live(t, b.Service, b.noor, "Oma satula", 4000) // one's own is no news
		told(0)
		listingstest.Live(t, b.Service, b.anna, "Halpa satula", 4000)
		listingstest.Live(t, b.Service, b.anna, "Kallis satula", 9000)
		told(1)
		told(0)
		var notices []string
		ok(t, b.DB.Select(ctx, &notices, `SELECT url FROM notices WHERE user_id = ?`, b.noor))
		if len(notices) != 1 || notices[0] != "/searches" {
			t.Errorf("notices lead to %v", notices)
		}
		ok(t, b.SetFavourite(ctx, b.noor, old.ID, true))
		took(t, b, b.noor, "Oma satula", "Vanha satula", "Satulat alle 50", string(b.anna))
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.ClosesWith(ctx, tx, b.noor) }))
		left, err := b.Searches(ctx, b.noor)
		ok(t, err)
		if len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// A search that finds something new all day long is written about a few times a
// day, and not at all at night: then in the morning, about all of it at once.
func TestNewsComesSeldom(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, err := b.SaveSearch(ctx, b.noor, "Satulat", url.Values{"category": {"saddles"}})
		ok(t, err)
		told := 0
		for range 24 * 2 { // from noon to noon
			listingstest.Live(t, b.Service, b.anna, "Satula", 4000)
			n, err := b.TellNews(ctx)
			ok(t, err)
			told += n
			b.clock.Move(30 * time.Minute)
		}
		if told != 4 {
			t.Errorf("told %d times in a day", told)
		}
		var letters int
		ok(t, b.DB.Get(ctx, &letters, `SELECT count(*) FROM deliveries WHERE user_id = ? AND channel = 'email'`, b.noor))
		if letters != told {
			t.Errorf("%d letters about %d news", letters, told)
		}
	})
}

// What somebody never put on sale goes with them. It does not become a page that
// anybody may read.
func TestDraftsLeaveWithTheirSeller(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l, err := b.Begin(ctx, b.anna, "Turku")
		ok(t, err)
		_, _, err = b.SaveDraft(ctx, b.anna, l.ID, listings.Stamp{Version: l.Version}, url.Values{"description": {"Soita 040 1234567"}})
		ok(t, err)
		live := listingstest.Live(t, b.Service, b.anna, "Satula", 4000)
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.ClosesWith(ctx, tx, b.anna) }))
		if got, err := b.Get(ctx, b.DB, l.ID); err == nil {
			t.Errorf("the draft is %s, public %t", got.State, got.Public())
		}
		b.state(t, live.ID, listings.Withdrawn)
	})
}

// took fails unless the download of somebody's data holds all of this.
func took(t *testing.T, b *bench, who accounts.UserID, want ...string) {
	t.Helper()
	name, data, err := b.Export(t.Context(), who)
	ok(t, err)
	raw, err := json.Marshal(data)
	ok(t, err)
	for _, w := range want {
		if !strings.Contains(string(raw), w) {
			t.Errorf("%s.json lacks %q: %s", name, w, raw)
		}
	}
}
