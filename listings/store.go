package listings

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// columns are a Listing's.
const columns = `id, seq, seller_id, state, hidden, title, description, category, attrs, condition, price, currency,
	parcel, ship_pickup, ship_point, ship_home, town, cover, photo_count, posts_fast, sold_by_hand, editor, version,
	created_at, updated_at, published_at, sold_at`

// Value implements driver.Valuer: JSON, with the keys in order.
func (a Attrs) Value() (driver.Value, error) {
	if a == nil {
		return "{}", nil
	}
	raw, err := json.Marshal(map[string]string(a))
	return string(raw), err
}

// Scan implements sql.Scanner.
func (a *Attrs) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), a)
	case []byte:
		return json.Unmarshal(v, a)
	}
	return fmt.Errorf("listings: attrs are a %T", src)
}

// errNone is the fault for a listing that is not there, for this reader.
func errNone() error { return fault.New(fault.Missing, "listings.missing") }

// get is one listing.
func get(ctx context.Context, q db.Queryer, id ID) (Listing, error) {
	var l Listing
	err := q.Get(ctx, &l, `SELECT `+columns+` FROM listings WHERE id = ?`, id)
	if db.IsNone(err) {
		return l, errNone()
	}
	return l, err
}

// lock is get, and holds the row until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, id ID) (Listing, error) {
	n, err := tx.Do(ctx, `UPDATE listings SET version = version WHERE id = ?`, id)
	if err != nil {
		return Listing{}, err
	}
	if n == 0 {
		return Listing{}, errNone()
	}
	return get(ctx, tx, id)
}

// insert stores a new listing.
func insert(ctx context.Context, tx *db.Tx, l Listing) error {
	_, err := tx.Do(ctx, `
		INSERT INTO listings (id, seller_id, state, hidden, title, description, category, attrs, condition, price, currency,
			parcel, ship_pickup, ship_point, ship_home, town, town_folded, posts_fast, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.ID, l.Seller, l.State, l.Hidden, l.Title, l.Description, l.Category, l.Attrs, l.Condition, l.PriceMinor, l.Currency,
		l.Parcel, l.ShipPickup, l.ShipPoint, l.ShipHome, l.Town, Fold(l.Town), l.PostsFast, l.Version, l.CreatedAt, l.UpdatedAt)
	return err
}

// save stores what a listing has become, and keeps the indexes in step. It fails
// with Conflict "listings.changed" when somebody saved since l was read.
func (s *Service) save(ctx context.Context, tx *db.Tx, l Listing) (Listing, error) {
	version := l.Version
	l.Version++
	l.UpdatedAt = s.Clock.Now()
	n, err := tx.Do(ctx, `
		UPDATE listings
		SET seq = ?, state = ?, hidden = ?, title = ?, description = ?, category = ?, attrs = ?, condition = ?, price = ?,
			parcel = ?, ship_pickup = ?, ship_point = ?, ship_home = ?, town = ?, town_folded = ?, words = ?,
			sold_by_hand = ?, editor = ?, version = ?, updated_at = ?, published_at = ?, sold_at = ?
		WHERE id = ? AND version = ?`,
		l.Seq, l.State, l.Hidden, l.Title, l.Description, l.Category, l.Attrs, l.Condition, l.PriceMinor,
		l.Parcel, l.ShipPickup, l.ShipPoint, l.ShipHome, l.Town, Fold(l.Town), l.words(s.Tree),
		l.SoldByHand, l.Editor, l.Version, l.UpdatedAt, l.PublishedAt, l.SoldAt,
		l.ID, version)
	if err != nil {
		return l, err
	}
	if n == 0 {
		return l, fault.New(fault.Conflict, "listings.changed")
	}
	return l, s.index(ctx, tx, l)
}

// reserve takes what is on sale for a buyer. It says false when it is not on sale.
func reserve(ctx context.Context, tx *db.Tx, id ID, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE listings
		SET state = 'reserved', version = version + 1, updated_at = ?
		WHERE id = ? AND state = 'live' AND NOT hidden`, now, id)
	return n == 1, err
}

// dropFilters takes a listing out of the filters.
func dropFilters(ctx context.Context, tx *db.Tx, id ID) error {
	return tx.Later(ctx, `DELETE FROM listing_attrs WHERE listing_id = ?`, id)
}

// index puts what is on sale into the filters and the search, and takes what is
// not out of the filters; search sees for itself.
func (s *Service) index(ctx context.Context, tx *db.Tx, l Listing) error {
	if err := dropFilters(ctx, tx, l.ID); err != nil {
		return err
	}
	if !l.OnSale() {
		return nil
	}
	c, _ := s.Tree.Category(l.Category)
	for _, f := range c.Fields {
		value := f.key(l.Attrs[f.Key])
		if value == "" || !f.Filterable() {
			continue
		}
		if _, err := tx.Do(ctx, `INSERT INTO listing_attrs (listing_id, field, value, seq) VALUES (?, ?, ?, ?)`,
			l.ID, c.Key+"."+f.Key, value, l.Seq); err != nil {
			return err
		}
	}
	return wait(ctx, tx, l.Seq)
}

// nextSeq is the next place in the order of publication. Publishers wait for
// one another here, so that whoever reads seq n has n-1 before it for good.
func nextSeq(ctx context.Context, tx *db.Tx) (int64, error) {
	var n int64
	err := tx.Get(ctx, &n, `UPDATE listing_seq SET last = last + 1 WHERE name = 'seq' RETURNING last`)
	return n, err
}

// lastSeq is the newest place given away.
func lastSeq(ctx context.Context, q db.Queryer) (int64, error) {
	var n int64
	err := q.Get(ctx, &n, `SELECT last FROM listing_seq WHERE name = 'seq'`)
	return n, err
}

// many are the listings of these ids, in no order.
func many(ctx context.Context, q db.Queryer, ids []ID) ([]Listing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT `+columns+` FROM listings WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	var ls []Listing
	return ls, q.Select(ctx, &ls, query, args...)
}

// bySeller are a seller's listings in the given states, newest first, after a
// seq of the page before (0: from the beginning).
func bySeller(ctx context.Context, q db.Queryer, seller accounts.UserID, states []State, hidden bool, limit, offset int) ([]Listing, error) {
	query, args, err := db.In(`SELECT `+columns+` FROM listings WHERE seller_id = ? AND state IN (?)`, seller, states)
	if err != nil {
		return nil, err
	}
	if !hidden {
		query += ` AND NOT hidden`
	}
	var ls []Listing
	return ls, q.Select(ctx, &ls, query+` ORDER BY seq DESC, created_at DESC, id LIMIT ? OFFSET ?`, append(args, limit, offset)...)
}

// lastDraft is the seller's newest draft.
func lastDraft(ctx context.Context, q db.Queryer, seller accounts.UserID) (l Listing, ok bool, err error) {
	err = q.Get(ctx, &l, `SELECT `+columns+` FROM listings WHERE seller_id = ? AND state = 'draft' ORDER BY created_at DESC, id DESC LIMIT 1`, seller)
	if db.IsNone(err) {
		return l, false, nil
	}
	return l, err == nil, err
}

// countDrafts is how many drafts a seller has.
func countDrafts(ctx context.Context, q db.Queryer, seller accounts.UserID) (n int, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM listings WHERE seller_id = ? AND state = 'draft'`, seller)
	return n, err
}

// soldPrices are the prices a seller got for things of a category, the lowest
// first.
func soldPrices(ctx context.Context, q db.Queryer, seller accounts.UserID, category string, limit int) (prices []int64, err error) {
	err = q.Select(ctx, &prices, `
		SELECT price FROM listings
		WHERE seller_id = ? AND state = 'sold' AND category = ? AND price > 0
		ORDER BY sold_at DESC LIMIT ?`, seller, category, limit)
	slices.Sort(prices)
	return prices, err
}

// setMeasured says whether a seller's things are posted within a day.
func setMeasured(ctx context.Context, tx *db.Tx, seller accounts.UserID, fast bool) error {
	_, err := tx.Do(ctx, `UPDATE listings SET posts_fast = ? WHERE seller_id = ? AND posts_fast <> ?`, fast, seller, fast)
	return err
}

// idsOf are a seller's listings that are hidden, or are not.
func idsOf(ctx context.Context, q db.Queryer, seller accounts.UserID, hidden bool) (ids []ID, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM listings WHERE seller_id = ? AND hidden = ? ORDER BY id`, seller, hidden)
	return ids, err
}

// sitemap is what search engines may list of the things published from seq
// first on, up to before seq end.
func sitemap(ctx context.Context, q db.Queryer, first, end int64) (rows []sitemapRow, err error) {
	err = q.Select(ctx, &rows, `SELECT l.id, l.updated_at FROM listings l WHERE `+onSale+` AND l.seq >= ? AND l.seq < ? ORDER BY l.seq DESC`, first, end)
	return rows, err
}

type sitemapRow struct {
	ID        ID            `db:"id"`
	UpdatedAt clock.Instant `db:"updated_at"`
}

// countAll is how many listings there are, whatever their state.
func countAll(ctx context.Context, q db.Queryer) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM listings`)
	return n, err
}

// countAttrs is how many values the filters know.
func countAttrs(ctx context.Context, q db.Queryer) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM listing_attrs`)
	return n, err
}

// strayAttrs are listings that the filters know and that are not on sale, or
// are known under another seq than their own.
func strayAttrs(ctx context.Context, q db.Queryer, limit int) (ids []ID, err error) {
	err = q.Select(ctx, &ids, `
		SELECT DISTINCT a.listing_id FROM listing_attrs a
		WHERE NOT EXISTS (SELECT 1 FROM listings l WHERE l.id = a.listing_id AND l.seq = a.seq AND `+onSale+`)
		ORDER BY a.listing_id LIMIT ?`, limit)
	return ids, err
}
