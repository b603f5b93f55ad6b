package listings

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

const photoColumns = `id, owner_id, listing_id, position, blob_key, width, height, state, created_at`

// photosOf are a listing's photos in order.
func photosOf(ctx context.Context, q db.Queryer, listing ID) (ps []Photo, err error) {
	err = q.Select(ctx, &ps, `SELECT `+photoColumns+` FROM photos WHERE listing_id = ? ORDER BY position, id`, listing)
	return ps, err
}

// photoPlace is how many photos a listing has, and the next place.
func photoPlace(ctx context.Context, q db.Queryer, listing ID) (n, next int64, err error) {
	var row struct {
		N    int64 `db:"n"`
		Next int64 `db:"next"`
	}
	err = q.Get(ctx, &row, `SELECT count(*) AS n, COALESCE(max(position) + 1, 0) AS next FROM photos WHERE listing_id = ?`, listing)
	return row.N, row.Next, err
}

// samePhoto is the photo of a listing that shows the same picture, if there is
// one that can be shown.
func samePhoto(ctx context.Context, q db.Queryer, listing ID, key string) (p Photo, known bool, err error) {
	err = q.Get(ctx, &p, `SELECT `+photoColumns+` FROM photos WHERE listing_id = ? AND blob_key = ? AND state <> 'broken' LIMIT 1`, listing, key)
	if db.IsNone(err) {
		return Photo{}, false, nil
	}
	return p, err == nil, err
}

// countUsable is how many photos a listing has that are or will be shown.
func countUsable(ctx context.Context, q db.Queryer, listing ID) (n int, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM photos WHERE listing_id = ? AND state <> 'broken'`, listing)
	return n, err
}

// insertPhoto stores a new photo; one whose sizes are known already is ready.
func insertPhoto(ctx context.Context, tx *db.Tx, p Photo) error {
	_, err := tx.Do(ctx, `
		INSERT INTO photos (id, owner_id, listing_id, position, blob_key, width, height, state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Owner, p.Listing, p.Position, p.Key, p.Width, p.Height, p.State, p.CreatedAt)
	return err
}

func placePhoto(ctx context.Context, tx *db.Tx, id PhotoID, position int64) error {
	_, err := tx.Do(ctx, `UPDATE photos SET position = ? WHERE id = ? AND position <> ?`, position, id, position)
	return err
}

// dropPhotosBut removes a listing's photos that are not among kept.
func dropPhotosBut(ctx context.Context, tx *db.Tx, listing ID, kept []Photo) error {
	if len(kept) == 0 {
		_, err := tx.Do(ctx, `DELETE FROM photos WHERE listing_id = ?`, listing)
		return err
	}
	ids := make([]PhotoID, len(kept))
	for i, p := range kept {
		ids[i] = p.ID
	}
	query, args, err := db.In(`DELETE FROM photos WHERE listing_id = ? AND id NOT IN (?)`, listing, ids)
	if err != nil {
		return err
	}
	_, err = tx.Do(ctx, query, args...)
	return err
}

// refreshCover makes a listing's cover its first ready photo, and counts its
// photos.
func refreshCover(ctx context.Context, tx *db.Tx, listing ID) error {
	if listing == "" {
		return nil
	}
	_, err := tx.Do(ctx, `
		UPDATE listings
		SET cover = COALESCE((SELECT p.blob_key FROM photos p WHERE p.listing_id = listings.id AND p.state = 'ready' ORDER BY p.position, p.id LIMIT 1), ''),
			photo_count = (SELECT count(*) FROM photos p WHERE p.listing_id = listings.id AND p.state <> 'broken')
		WHERE id = ?`, listing)
	return err
}

// pendingPhotos is how many photos wait for their sizes under a key.
func pendingPhotos(ctx context.Context, q db.Queryer, key string) (n int, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM photos WHERE blob_key = ? AND state = 'pending'`, key)
	return n, err
}

// countPhotos is how many photos there are under a key.
func countPhotos(ctx context.Context, q db.Queryer, key string) (n int, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM photos WHERE blob_key = ?`, key)
	return n, err
}

// listingsWith are the listings that have a photo under a key.
func listingsWith(ctx context.Context, q db.Queryer, key string) (ids []ID, err error) {
	err = q.Select(ctx, &ids, `SELECT DISTINCT listing_id FROM photos WHERE blob_key = ? AND listing_id <> ''`, key)
	return ids, err
}

func setPhotoState(ctx context.Context, tx *db.Tx, key, state string, width, height int64) error {
	_, err := tx.Do(ctx, `UPDATE photos SET state = ?, width = ?, height = ? WHERE blob_key = ? AND state = 'pending'`, state, width, height, key)
	return err
}

// photoKeys are the keys of all photos.
func photoKeys(ctx context.Context, q db.Queryer) (map[string]bool, error) {
	var keys []string
	if err := q.Select(ctx, &keys, `SELECT DISTINCT blob_key FROM photos`); err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(keys))
	for _, k := range keys {
		known[k] = true
	}
	return known, nil
}

// readyAfter is a page of the keys of photos that are shown, in order, for the
// check that all are on the disk.
func readyAfter(ctx context.Context, q db.Queryer, after string, limit int) (keys []string, err error) {
	err = q.Select(ctx, &keys, `SELECT DISTINCT blob_key FROM photos WHERE state = 'ready' AND blob_key > ? ORDER BY blob_key LIMIT ?`, after, limit)
	return keys, err
}

// coverless are listings whose cover is not their first ready photo.
func coverless(ctx context.Context, q db.Queryer, limit int) (ids []ID, err error) {
	err = q.Select(ctx, &ids, `
		SELECT l.id FROM listings l
		WHERE l.cover <> COALESCE((SELECT p.blob_key FROM photos p WHERE p.listing_id = l.id AND p.state = 'ready' ORDER BY p.position, p.id LIMIT 1), '')
		ORDER BY l.id LIMIT ?`, limit)
	return ids, err
}

// deleteDraft removes a draft and its photos' rows; the sweep takes the bytes.
func deleteDraft(ctx context.Context, tx *db.Tx, id ID) error {
	for _, query := range []string{
		`DELETE FROM photos WHERE listing_id = ?`,
		`DELETE FROM favourites WHERE listing_id = ?`,
		`DELETE FROM listings WHERE id = ? AND state = 'draft'`,
	} {
		if _, err := tx.Do(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}
