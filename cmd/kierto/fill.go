package main

import (
	"context"
	"errors"

	"github.com/kierto/kierto/cmd/kierto/generate"
	"github.com/kierto/kierto/internal/db"
)

// generateCommand fills a database for load tests. It is quick because nothing
// is forced to the disk before the end: a machine that loses its power meanwhile
// loses the database too.
func generateCommand(ctx context.Context, e env, args []string) (err error) {
	f := e.flags("generate")
	n := f.Int("listings", 10_000, "how many `things` to put on sale")
	o := f.Int("orders", 0, "how many `trades` to begin")
	seed := f.Uint64("seed", 1, "the same `number` gives the same things; another adds others")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if *n < 0 || *o < 0 {
		return errUsage
	}
	d, err := db.Open(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data, NoSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	m, err := build(ctx, e.cfg, d, e.log(), site{})
	if err != nil {
		return err
	}
	market := generate.Market{DB: d, Clock: m.clock, Listings: m.listings, Orders: m.orders}
	return market.Fill(ctx, generate.Amount{Listings: *n, Orders: *o, Seed: *seed}, e.out)
}
