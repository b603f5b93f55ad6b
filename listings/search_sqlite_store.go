package listings

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

// wordsSQLite walks the index of three-letter pieces. Its row ids are the
// listings' seq, so newest first is its own order.
func (p *plan) wordsSQLite(terms []term) {
	p.from, p.seq = `listing_search CROSS JOIN listings l`, `listing_search.rowid`
	p.walk.add(`l.seq = listing_search.rowid AND listing_search MATCH ?`, matchSQLite(terms))
	if p.price { // the newest of what is found, then by price
		p.from = `(SELECT rowid AS found FROM listing_search WHERE listing_search MATCH ? ORDER BY rowid DESC LIMIT ?) CROSS JOIN listings l`
		p.walk = conditions{}
		p.walk.add(`l.seq = found AND ` + onSale)
		p.walk.args = []any{matchSQLite(terms), scanText}
		p.seq = `l.seq`
	}
}

// matchSQLite is the query in the index's own language. Each alternative is a
// quoted phrase, so nothing that somebody types means anything in it.
func matchSQLite(terms []term) string {
	var all []string
	for _, t := range terms {
		if len(t.alts) == 0 {
			continue
		}
		quoted := make([]string, len(t.alts))
		for i, a := range t.alts {
			quoted[i] = `"` + strings.ReplaceAll(a, `"`, `""`) + `"`
		}
		all = append(all, `(`+strings.Join(quoted, ` OR `)+`)`)
	}
	return strings.Join(all, ` AND `)
}

// searchPut puts a listing into the index, in place of what was there.
func searchPut(ctx context.Context, tx *db.Tx, seq int64, words string) error {
	if tx.Postgres() {
		return nil // its index is on the table itself
	}
	if err := searchDrop(ctx, tx, seq); err != nil {
		return err
	}
	_, err := tx.Do(ctx, `INSERT INTO listing_search (rowid, words) VALUES (?, ?)`, seq, words)
	return err
}

// searchDrop takes a listing out of the index.
func searchDrop(ctx context.Context, tx *db.Tx, seq int64) error {
	if tx.Postgres() || seq == 0 {
		return nil
	}
	_, err := tx.Do(ctx, `DELETE FROM listing_search WHERE rowid = ?`, seq)
	return err
}

// searchStrays are the rows of the index without a listing on sale, and the
// listings on sale without a row; none on PostgreSQL, where the index is on
// the table.
func searchStrays(ctx context.Context, d *db.DB, limit int) (strays []int64, err error) {
	if d.Postgres() {
		return nil, nil
	}
	err = d.Select(ctx, &strays, `
		SELECT rowid FROM listing_search
		WHERE NOT EXISTS (SELECT 1 FROM listings l WHERE l.seq = listing_search.rowid AND `+onSale+`)
		UNION
		SELECT l.seq FROM listings l
		WHERE `+onSale+` AND NOT EXISTS (SELECT 1 FROM listing_search WHERE listing_search.rowid = l.seq)
		LIMIT ?`, limit)
	return strays, err
}
