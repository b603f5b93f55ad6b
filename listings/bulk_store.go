package listings

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

// bulkRows is how many listings one statement takes: SQLite allows 32,766 values
// in one.
const bulkRows = 1000

// PutOnSale stores many finished listings at once and puts them on sale in their
// order, in the filters too; Absorb takes them into the search index. It checks
// nothing and tells nobody: it is for filling a database for load tests. The
// listings' Seq is set.
func (s *Service) PutOnSale(ctx context.Context, tx *db.Tx, ls []Listing) error {
	var last int64
	if err := tx.Get(ctx, &last, `UPDATE listing_seq SET last = last + ? WHERE name = 'seq' RETURNING last`, len(ls)); err != nil {
		return err
	}
	for i := range ls {
		ls[i].Seq, ls[i].State = last-int64(len(ls))+int64(i)+1, Live
	}
	for start := 0; start < len(ls); start += bulkRows {
		if err := s.putRows(ctx, tx, ls[start:min(start+bulkRows, len(ls))]); err != nil {
			return err
		}
	}
	return nil
}

// putRows stores one statement's worth.
func (s *Service) putRows(ctx context.Context, tx *db.Tx, ls []Listing) error {
	var rows, attrs, seqs []any
	for _, l := range ls {
		rows = append(rows, l.ID, l.Seq, l.Seller, l.State, l.Title, l.Description, l.Category, l.Attrs, l.Condition, l.PriceMinor, l.Currency,
			l.Parcel, l.ShipPickup, l.ShipPoint, l.ShipHome, l.Town, Fold(l.Town), l.PostsFast, l.words(s.Tree), l.Version, l.CreatedAt, l.CreatedAt, l.CreatedAt)
		seqs = append(seqs, l.Seq)
		c, _ := s.Tree.Category(l.Category)
		for _, f := range c.Fields {
			if value := f.key(l.Attrs[f.Key]); value != "" && f.Filterable() {
				attrs = append(attrs, l.ID, c.Key+"."+f.Key, value, l.Seq)
			}
		}
	}
	err := insertMany(ctx, tx, `INSERT INTO listings (id, seq, seller_id, state, title, description, category, attrs, condition, price, currency,
		parcel, ship_pickup, ship_point, ship_home, town, town_folded, posts_fast, words, version, created_at, updated_at, published_at)`, 23, rows)
	if err != nil {
		return err
	}
	if err := insertMany(ctx, tx, `INSERT INTO listing_attrs (listing_id, field, value, seq)`, 4, attrs); err != nil {
		return err
	}
	return insertMany(ctx, tx, `INSERT INTO search_waiting (seq)`, 1, seqs)
}

// insertMany inserts rows of n values each.
func insertMany(ctx context.Context, tx *db.Tx, insert string, n int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
	_, err := tx.Do(ctx, insert+" VALUES "+strings.TrimSuffix(strings.Repeat(row+", ", len(values)/n), ", "), values...)
	return err
}
