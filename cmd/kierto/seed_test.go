package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/kierto/kierto/cmd/kierto/demo"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/orders"
)

// seeded is a small demo on d, which nobody serves.
func seeded(t *testing.T, d *db.DB) (*market, *demo.Demo) {
	t.Helper()
	m, stand := unseeded(t, d)
	if err := stand.Seed(t.Context(), demo.Amounts["small"], m.sweep); err != nil {
		t.Fatal(err)
	}
	return m, stand
}

// unseeded is a demo in which nothing is made up.
func unseeded(t *testing.T, d *db.DB) (*market, *demo.Demo) {
	t.Helper()
	stand, err := demo.Start(t.Context(), t.TempDir(), "http://kierto.test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg, err := config.Read(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	m, err := build(t.Context(), stand.Configure(cfg), d, slog.New(slog.DiscardHandler), site{clock: stand.Clock, jobs: jobs.Options{Quick: true}, near: true})
	if err != nil {
		t.Fatal(err)
	}
	stand.Begin(m.forDemo())
	return m, stand
}

// What the demo makes up is made once a database, since that takes the longest, for
// all that only looks at it; what changes it comes last.
func TestTheMadeUpPast(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		m, stand := seeded(t, d)
		t.Run("holds", func(t *testing.T) { madeUpPastHolds(t, m, stand) })
		t.Run("pages ask little", func(t *testing.T) { pagesAskLittle(t, m, stand) })
		t.Run("odd addresses", func(t *testing.T) { oddAddresses(t, m) })
		t.Run("offers hear of withdrawals", func(t *testing.T) { offersHearOfWithdrawals(t, m) })
		t.Run("a letter can be answered", func(t *testing.T) { letterCanBeAnswered(t, m, stand) })
	})
}

// What the demo makes up keeps every promise, and shows a trade in every state.
func madeUpPastHolds(t *testing.T, m *market, stand *demo.Demo) {
	t.Helper()
	results, err := m.check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
	if err := stand.Seed(t.Context(), demo.Amounts["small"], m.sweep); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("made up twice: %v", err)
	}
	for _, err := range stand.Odd() {
		t.Errorf("left out: %v", err)
	}
	var states []orders.State
	if err := m.db.Select(t.Context(), &states, `SELECT DISTINCT state FROM orders`); err != nil {
		t.Fatal(err)
	}
	there := map[orders.State]bool{}
	for _, s := range states {
		there[s] = true
	}
	for _, s := range orders.States() {
		if !there[s] {
			t.Errorf("no trade is %s", s)
		}
	}
}
