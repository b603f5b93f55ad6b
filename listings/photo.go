package listings

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/picture"
)

// PhotoID names a photo: pho_…
type PhotoID string

// States of a photo.
const (
	PhotoPending = "pending" // its sizes are being made
	PhotoReady   = "ready"
	PhotoBroken  = "broken" // it looked like a picture and was none
)

// Photo is a photo of a listing, or of a message when Listing is empty.
type Photo struct {
	ID        PhotoID         `db:"id"`
	Owner     accounts.UserID `db:"owner_id"`
	Listing   ID              `db:"listing_id"`
	Position  int64           `db:"position"` // 0 is the cover
	Key       string          `db:"blob_key"` // names its three sizes
	Width     int64           `db:"width"`    // of the full size
	Height    int64           `db:"height"`
	State     string          `db:"state"`
	CreatedAt clock.Instant   `db:"created_at"`
}

// PhotoURL is the address of a photo in a size; "" when there is no photo.
func PhotoURL(key string, size picture.Size) string {
	if key == "" {
		return ""
	}
	return "/photos/" + key + "-" + string(size) + ".jpg"
}

// MessagePhotoURL is PhotoURL for packages that do not know of pictures: "small"
// or "thumb", "large" or "full", anything else for the size of a card.
func MessagePhotoURL(key, size string) string {
	switch size {
	case "small", string(picture.Thumb):
		return PhotoURL(key, picture.Thumb)
	case "large", string(picture.Full):
		return PhotoURL(key, picture.Full)
	}
	return PhotoURL(key, picture.Card)
}

// photoName is what PhotoURL makes, and nothing else is served.
var photoName = regexp.MustCompile(`^([0-9a-f]{32})-(full|card|thumb)\.jpg$`)

// incoming is where an original waits for its sizes. It is never served.
func incoming(key string) string { return "incoming/" + key }

// sized is where a size is kept.
func sized(key string, size picture.Size) string {
	return "photos/" + key + "-" + string(size) + ".jpg"
}

// ready are the photos that can be shown.
func ready(photos []Photo) []Photo {
	return slices.DeleteFunc(slices.Clone(photos), func(p Photo) bool { return p.State != PhotoReady })
}

// AddPhoto adds a photo to a seller's listing, at the end. It is shown when its
// sizes are made, a moment later. Faults: those of picture.Check, Missing,
// Conflict "listings.too_many_photos", Busy "blob.disk_full".
func (s *Service) AddPhoto(ctx context.Context, seller accounts.UserID, listing ID, r io.Reader) (Photo, error) {
	l, err := s.Own(ctx, seller, listing)
	if err != nil {
		return Photo{}, err
	}
	if !l.Editable() {
		return Photo{}, notEditable(l)
	}
	return s.addPhoto(ctx, seller, listing, r)
}

// SavePhoto keeps a photo of a message and returns its key; PhotoURL makes the
// address. Faults as AddPhoto's.
func (s *Service) SavePhoto(ctx context.Context, owner accounts.UserID, r io.Reader) (key string, err error) {
	p, err := s.addPhoto(ctx, owner, "", r)
	return p.Key, err
}

// How long SavePhotoShown waits for the sizes.
const (
	shownWait = 5 * time.Second
	shownPoll = 50 * time.Millisecond
)

// SavePhotoShown is SavePhoto, and waits a moment until the picture can be seen:
// a message shows up in the other's browser at once, and its photo with it. One
// that takes longer is shown when the page is next drawn.
func (s *Service) SavePhotoShown(ctx context.Context, owner accounts.UserID, r io.Reader) (key string, err error) {
	key, err = s.SavePhoto(ctx, owner, r)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, shownWait)
	defer cancel()
	for {
		if n, err := pendingPhotos(ctx, s.DB, key); err != nil || n == 0 {
			return key, nil // it is kept in any case
		}
		select {
		case <-ctx.Done():
			return key, nil
		case <-time.After(shownPoll):
		}
	}
}

func (s *Service) addPhoto(ctx context.Context, owner accounts.UserID, listing ID, r io.Reader) (Photo, error) {
	data, err := io.ReadAll(io.LimitReader(r, picture.MaxBytes+1))
	if err != nil {
		return Photo{}, err
	}
	if _, err := picture.Check(data); err != nil {
		return Photo{}, err
	}
	now := s.Clock.Now()
	p := Photo{ID: id.New[PhotoID]("pho", now), Owner: owner, Listing: listing, Key: picture.Key(data), State: PhotoPending, CreatedAt: now}
	if err := s.Blobs.Put(ctx, incoming(p.Key), bytes.NewReader(data)); err != nil {
		return Photo{}, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if listing != "" {
			if _, err := lock(ctx, tx, listing); err != nil {
				return err
			}
			same, known, err := samePhoto(ctx, tx, listing, p.Key)
			if err != nil || known { // sent twice, by a hasty press
				p = same
				return err
			}
			n, next, err := photoPlace(ctx, tx, listing)
			if err != nil {
				return err
			}
			if n >= MaxPhotos {
				return fault.New(fault.Conflict, "listings.too_many_photos", "Max", MaxPhotos)
			}
			p.Position = next
		}
		if err := insertPhoto(ctx, tx, p); err != nil {
			return err
		}
		if err := refreshCover(ctx, tx, listing); err != nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, MakePhoto{Key: p.Key})
	})
	if err != nil {
		return Photo{}, err // the original has no row: the sweep takes it
	}
	return p, nil
}

// Photos are a listing's photos in order.
func (s *Service) Photos(ctx context.Context, q db.Queryer, listing ID) ([]Photo, error) {
	return photosOf(ctx, q, listing)
}

// changePhotos lets fn reorder or shorten the photos of a seller's listing.
func (s *Service) changePhotos(ctx context.Context, seller accounts.UserID, listing ID, fn func(l Listing, photos []Photo) ([]Photo, error)) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err := lock(ctx, tx, listing)
		switch {
		case err != nil:
			return err
		case l.Seller != seller:
			return errNone()
		case !l.Editable():
			return notEditable(l)
		}
		photos, err := photosOf(ctx, tx, listing)
		if err != nil {
			return err
		}
		photos, err = fn(l, photos)
		if err != nil {
			return err
		}
		for i, p := range photos {
			if err := placePhoto(ctx, tx, p.ID, int64(i)); err != nil {
				return err
			}
		}
		if err := dropPhotosBut(ctx, tx, listing, photos); err != nil {
			return err
		}
		return refreshCover(ctx, tx, listing)
	})
}

// RemovePhoto takes a photo away. That it is gone already is no error. The last
// photo of something on sale stays: Conflict "listings.last_photo", or
// "listings.photo_in_making" while the one that takes its place may turn out to
// be broken.
func (s *Service) RemovePhoto(ctx context.Context, seller accounts.UserID, listing ID, photo PhotoID) error {
	return s.changePhotos(ctx, seller, listing, func(l Listing, photos []Photo) ([]Photo, error) {
		rest := slices.DeleteFunc(photos, func(p Photo) bool { return p.ID == photo })
		if l.State != Live {
			return rest, nil
		}
		if !slices.ContainsFunc(rest, func(p Photo) bool { return p.State != PhotoBroken }) {
			return nil, fault.New(fault.Conflict, "listings.last_photo")
		}
		if l.Cover != "" && len(ready(rest)) == 0 {
			return nil, fault.New(fault.Conflict, "listings.photo_in_making")
		}
		return rest, nil
	})
}

// OrderPhotos sets the order. Photos that order does not name follow in the
// order they had; names it does not know are passed over.
func (s *Service) OrderPhotos(ctx context.Context, seller accounts.UserID, listing ID, order []PhotoID) error {
	return s.changePhotos(ctx, seller, listing, func(_ Listing, photos []Photo) ([]Photo, error) {
		place := func(p Photo) int {
			if i := slices.Index(order, p.ID); i >= 0 {
				return i
			}
			return len(order)
		}
		slices.SortStableFunc(photos, func(a, b Photo) int { return place(a) - place(b) })
		return photos, nil
	})
}

// MovePhoto moves a photo one place towards the front.
func (s *Service) MovePhoto(ctx context.Context, seller accounts.UserID, listing ID, photo PhotoID) error {
	return s.changePhotos(ctx, seller, listing, func(_ Listing, photos []Photo) ([]Photo, error) {
		if i := slices.IndexFunc(photos, func(p Photo) bool { return p.ID == photo }); i > 0 {
			photos[i-1], photos[i] = photos[i], photos[i-1]
		}
		return photos, nil
	})
}

// MakeSizes makes the three sizes of the photo called key and lets every listing
// that has it show it. It may run twice; the second time does nothing.
func (s *Service) MakeSizes(ctx context.Context, key string) error {
	waiting, err := pendingPhotos(ctx, s.DB, key)
	if err != nil || waiting == 0 {
		return err
	}
	data, err := s.original(ctx, key)
	if err != nil {
		return err
	}
	if data == nil { // lost, or made by a run that died before it said so
		return s.finishPhoto(ctx, key, picture.Set{Key: key}, s.allSizes(ctx, key))
	}
	set, err := picture.Make(ctx, data)
	if len(fault.As(err)) > 0 {
		return s.finishPhoto(ctx, key, picture.Set{Key: key}, false)
	}
	if err != nil {
		return err
	}
	for _, size := range picture.Sizes {
		if err := s.Blobs.Put(ctx, sized(key, size), bytes.NewReader(set.Bytes(size))); err != nil {
			return err
		}
	}
	return s.finishPhoto(ctx, key, set, true)
}

// original is an original's bytes, or nil when there is none.
func (s *Service) original(ctx context.Context, key string) ([]byte, error) {
	f, err := s.Blobs.Get(ctx, incoming(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, picture.MaxBytes+1))
}

// allSizes tells whether all three sizes are on the disk.
func (s *Service) allSizes(ctx context.Context, key string) bool {
	for _, size := range picture.Sizes {
		if ok, err := s.Blobs.Exists(ctx, sized(key, size)); err != nil || !ok {
			return false
		}
	}
	return true
}

// finishPhoto says how making the sizes went, and drops the original.
func (s *Service) finishPhoto(ctx context.Context, key string, set picture.Set, good bool) error {
	state := PhotoBroken
	if good {
		state = PhotoReady
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		ids, err := listingsWith(ctx, tx, key)
		if err != nil {
			return err
		}
		slices.Sort(ids) // always locked in this order
		for _, id := range ids {
			if _, err := lock(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := setPhotoState(ctx, tx, key, state, int64(set.Width), int64(set.Height)); err != nil {
			return err
		}
		for _, id := range ids {
			if err := refreshCover(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Blobs.Delete(ctx, incoming(key))
}

// openPhoto opens a size for serving; the caller closes it. Fault Missing when
// there is none.
func (s *Service) openPhoto(ctx context.Context, name string) (*os.File, error) {
	m := photoName.FindStringSubmatch(name)
	if m == nil {
		return nil, fault.New(fault.Missing, "listings.no_photo")
	}
	f, err := s.Blobs.Get(ctx, sized(m[1], picture.Size(m[2])))
	if errors.Is(err, fs.ErrNotExist) {
		return s.awaitPhoto(ctx, m[1], picture.Size(m[2]))
	}
	return f, err
}

// How long a browser may wait for a photo whose sizes are being made, and how
// often it is looked for. A message with a photo is shown before they are.
const (
	photoPatience = 8 * time.Second
	photoLook     = 200 * time.Millisecond
)

// awaitPhoto opens a size once it is made. Fault Missing when nobody makes it,
// or not soon enough.
func (s *Service) awaitPhoto(ctx context.Context, key string, size picture.Size) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, photoPatience)
	defer cancel()
	look := time.NewTicker(photoLook)
	defer look.Stop()
	for {
		waiting, err := pendingPhotos(ctx, s.DB, key)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		f, err := s.Blobs.Get(ctx, sized(key, size))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		if waiting == 0 {
			return nil, fault.New(fault.Missing, "listings.no_photo")
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.Missing, "listings.no_photo")
		case <-look.C:
		}
	}
}
