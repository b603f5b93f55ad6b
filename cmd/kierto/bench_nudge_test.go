package main

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/messaging"
)

const (
	sweepTimes = 200     // how often an empty sweep is measured
	turnsABite = 100_000 // made-up turns stored in one transaction
)

// sweepSizes are the numbers of open turns side by side.
var sweepSizes = []int{1_000, 10_000, 100_000, 1_000_000}

// emptySweeps measures a sweep that finds nothing to do among few and many open
// turns: it has to cost the same.
func (b *bench) emptySweeps() {
	b.Helper()
	for _, on := range b.targets(2, 2) {
		cfg := config.Config{Data: filepath.Join(b.TempDir(), "data"), Secret: "a secret of the benchmark, no one else's"}
		if on.postgres {
			cfg.Database = testdb.EmptyURL(b)
		}
		m := b.opened(cfg, clock.System{}, true)
		open := 0
		for _, n := range sweepSizes {
			if n = min(n, b.turns); n == open {
				continue
			}
			b.fillTurns(m, open, n)
			open = n
			got := b.median(func() error { _, err := m.nudges.Sweep(b.Context()); return err })
			floor := b.median(func() error {
				var ids []string
				return m.db.Select(b.Context(), &ids, `SELECT id FROM turns WHERE closed_at = 0 AND next_at <= ? ORDER BY next_at LIMIT 1`, m.clock.Now())
			})
			b.row(budget{what: "a sweep with nothing due among " + group(n) + " turns, ms, " + on.name, wants: "≤ 2", limit: on.least, got: got,
				beside: "bare SQL " + floor.String() + " ms"})
		}
	}
}

// median is the median time of f in milliseconds, each round.
func (b *bench) median(f func() error) figure {
	b.Helper()
	return b.measure(func() (float64, error) {
		var took []time.Duration
		for range sweepTimes {
			start := clock.Wall()
			if err := f(); err != nil {
				return 0, err
			}
			took = append(took, clock.Wall().Sub(start))
		}
		return percentile(sorted(took), 50), nil
	})
}

// fillTurns makes up open turns, the from-th to the one before until, that are
// due long from now and planned under the live policy, so that no sweep has them
// to plan anew.
func (b *bench) fillTurns(m *market, from, until int) {
	b.Helper()
	later := m.clock.Now().Add(10_000 * time.Hour)
	for ; from < until; from += turnsABite {
		_, err := m.db.Do(b.Context(), `
			INSERT INTO turns (id, kind, subject, version, owner_id, opened_at, due_at, next_at, next_step, policy)
			WITH RECURSIVE made (n) AS (
				SELECT CAST(? AS BIGINT)
				UNION ALL
				SELECT n + 1 FROM made WHERE n + 1 < ?
			)
			SELECT 'trn_bench' || n, 'answer_message', 'cnv_bench' || n, 1, 'usr_bench' || n, 0, ? + n * 1000000, ? + n * 1000000, 'first',
				CAST(? AS TEXT)
			FROM made`, from, min(from+turnsABite, until), later, later, m.nudges.Policy.Version)
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := m.db.Do(b.Context(), `ANALYZE turns`); err != nil {
		b.Fatal(err)
	}
}

// manyNudges measures reminders that are all due at one instant among many open
// turns, with everything they promise: the record, the notice, the delivery, the
// job.
func (b *bench) manyNudges() {
	b.Helper()
	for _, on := range b.targets(3000, 5000) {
		c := &clock.Movable{}
		c.Move(noon.Sub(c.Now()))
		cfg, filled := b.stocked(on.postgres, b.nudges, c)
		b.fillTurns(filled, 0, b.turns)
		m := b.opened(cfg, c, false)
		var last, p99 []float64
		round := 0
		got := b.measure(func() (float64, error) {
			round++
			d, err := m.nudgeAll(b.Context(), filled, c, round)
			last, p99 = append(last, d.took.Seconds()), append(p99, d.p99.Seconds())
			return float64(d.decided) / d.took.Seconds(), err
		})
		among := " among " + group(b.turns) + " turns, " + on.name
		b.row(budget{what: "nudges decided and recorded/s" + among, wants: "≥ " + group(int(on.least)), limit: on.least, atLeast: true, got: got})
		b.row(budget{what: group(b.nudges) + " due at once, the last decided after, s" + among, wants: "≤ 3", limit: 3, got: figureOf(last)})
		b.row(budget{what: "how late 99 of 100 were decided at the most, s" + among, got: figureOf(p99)})
	}
}

// deciding is what one sweep over many due turns did.
type deciding struct {
	decided   int
	took, p99 time.Duration
}

// nudgeAll lets everybody who sells be asked, and measures the sweep that reminds
// all of them.
func (m *market) nudgeAll(ctx context.Context, filled *market, c *clock.Movable, round int) (d deciding, err error) {
	if err := ask(ctx, filled, round); err != nil {
		return d, err
	}
	if _, err := m.nudges.Sweep(ctx); err != nil { // plans the ladders
		return d, err
	}
	var before int
	if err := m.db.Get(ctx, &before, `SELECT count(*) FROM nudges`); err != nil {
		return d, err
	}
	var next clock.Instant
	if err := m.db.Get(ctx, &next, `SELECT max(next_at) FROM turns WHERE closed_at = 0 AND id NOT LIKE 'trn_bench%'`); err != nil {
		return d, err
	}
	c.Move(next.Sub(c.Now()))
	start := clock.Wall()
	if _, err := m.nudges.Sweep(ctx); err != nil {
		return d, err
	}
	d.took = clock.Wall().Sub(start)
	if err := m.db.Get(ctx, &d.decided, `SELECT count(*) - ? FROM nudges`, before); err != nil {
		return d, err
	}
	var late clock.Instant
	err = m.db.Get(ctx, &late, `SELECT decided_at FROM nudges ORDER BY decided_at DESC LIMIT 1 OFFSET ?`, d.decided/100)
	if err != nil {
		return d, err
	}
	d.p99 = late.Sub(next)
	_, err = filled.db.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, next_at = NULL, outcome = 'moved'
		WHERE closed_at = 0 AND id NOT LIKE 'trn_bench%'`, c.Now())
	return d, err
}

// ask lets somebody ask about every listing, each round somebody else.
func ask(ctx context.Context, m *market, round int) error {
	var wares []struct{ ID, Seller, Title string }
	if err := m.db.Select(ctx, &wares, `SELECT id, seller_id AS seller, title FROM listings`); err != nil {
		return err
	}
	var people []accounts.UserID
	if err := m.db.Select(ctx, &people, `SELECT id FROM users`); err != nil {
		return err
	}
	for some := range slices.Chunk(wares, 500) {
		err := m.db.InTx(ctx, func(tx *db.Tx) error {
			for n, w := range some {
				buyer := people[(n+2*round)%len(people)]
				if string(buyer) == w.Seller {
					buyer = people[(n+2*round+1)%len(people)]
				}
				conv, err := m.messages.Open(ctx, tx, messaging.Opening{
					Kind: messaging.AboutListing, Subject: w.ID, Buyer: buyer, Seller: accounts.UserID(w.Seller), Title: w.Title,
				})
				if err != nil {
					return err
				}
				if err := m.messages.SendTx(ctx, tx, buyer, conv, "Hei! Onko tämä vielä myynnissä?", ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
