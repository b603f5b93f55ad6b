package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
)

// questions are what searching is measured with.
var questions = []struct{ what, words, sort string }{
	{"a common word", "musta", listings.Newest},
	{"a common word of the thing", "satula", listings.Newest},
	{"a word that finds nothing", "zwilgmeyer", listings.Newest},
	{"several common words that few have all", "petrolinsininen satula kilpailuihin 137", listings.Newest},
	{"two common words by price", "petrolinsininen satula", listings.Cheapest},
}

// compared sets our search beside the databases' own searches for three letters,
// the experiment of docs/decisions/0004-search-by-pieces.md. It takes long and is
// measured only when it is asked for: ONLY=experiment.
func (b *bench) compared(i *installation) {
	b.Helper()
	cfg := db.Config{URL: i.setting("KIERTO_DATABASE_URL", nil), Dir: i.setting("KIERTO_DATA", nil), NoSync: true}
	d, err := db.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }() // nothing of it is kept
	const live = ` WHERE state = 'live' AND NOT hidden`
	build, drop := []string{
		`CREATE VIRTUAL TABLE bench_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram')`,
		`INSERT INTO bench_words (rowid, words) SELECT seq, words FROM listings` + live,
	}, `DROP TABLE bench_words`
	if d.Postgres() {
		build, drop = []string{
			`CREATE EXTENSION pg_trgm`, `CREATE INDEX bench_words ON listings USING gin (words gin_trgm_ops)` + live, `ANALYZE listings`,
		}, `DROP INDEX bench_words`
	}
	start := clock.Wall()
	for _, text := range build {
		if _, err := d.Do(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
	fmt.Printf("the database's own index took %.1f s\n", clock.Wall().Sub(start).Seconds())
	for _, q := range questions {
		f := listings.Filter{Query: q.words}
		got := b.timed(func() error { return ownSearch(b, d, q.words) })
		ours := b.timed(func() error {
			_, _, err := (&listings.Service{DB: d, Tree: listings.DefaultTree()}).Find(b.Context(), f, pageOf)
			return err
		})
		b.row(budget{what: "the database's own search, " + q.what + ", ms", got: got, beside: "ours " + ours.String() + " ms"})
	}
	if _, err := d.Do(b.Context(), drop); err != nil {
		b.Error(err)
	}
}

// ownSearch asks the database's own index for the newest finds.
func ownSearch(b *bench, d *db.DB, words string) error {
	b.Helper()
	var seqs []int64
	if !d.Postgres() {
		match := `"` + strings.Join(strings.Fields(words), `" AND "`) + `"`
		return d.Select(b.Context(), &seqs, `SELECT rowid FROM bench_words WHERE bench_words MATCH ? ORDER BY rowid DESC LIMIT 49`, match)
	}
	text, args := `SELECT seq FROM listings WHERE state = 'live' AND NOT hidden`, []any{}
	for _, w := range strings.Fields(words) {
		text, args = text+` AND words LIKE ?`, append(args, `%`+w+`%`)
	}
	return d.Select(b.Context(), &seqs, text+` ORDER BY seq DESC LIMIT 49`, args...)
}

// searchTimes is how often one question is asked in a repetition.
const searchTimes = 30

// timed is the median time of what is done, in milliseconds.
func (b *bench) timed(what func() error) figure {
	b.Helper()
	return b.measure(func() (float64, error) {
		var took []time.Duration
		for range searchTimes {
			start := clock.Wall()
			if err := what(); err != nil {
				return 0, err
			}
			took = append(took, clock.Wall().Sub(start))
		}
		return percentile(sorted(took), 50), nil
	})
}
