package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/nudges/simulate"
)

// wholes are the tables that may be read from end to end: what is cleaned now and
// then, rows that are few, and the lists that statements bring along.
var wholes = []string{
	"attempts", "tokens", "sessions", "policies", "goose_db_version",
	"v", "x",
}

// scan is a line of SQLite's plan that reads a whole table or index.
var scan = regexp.MustCompile(`^SCAN (\S+)( USING (COVERING )?INDEX (\S+))?`)

// rare are statements of somebody leaving, who may wait a little.
var rare = regexp.MustCompile(`UPDATE calls SET note|DELETE FROM (unread|taps) WHERE user_id|state = 'open' AND \(buyer_id = `)

// partial are indexes of few rows, which may be read whole.
var partial = []string{"users_staff", "calls_open", "takeovers_open", "policies_live"}

// Nothing that happens in a trade, from the question to the payout and its
// reminders, reads a whole table: it costs the same in a market of any size.
func TestNoTradeReadsAWholeTable(t *testing.T) {
	o := simulate.Options{Orders: 60, Days: 8, Seed: 3, Faults: true, Only: true, Database: "sqlite"}
	p, stop, err := env{cfg: config.Config{}}.simulated(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	texts := map[string]bool{}
	open, start := p.Open, p.Start
	p.Open = func(ctx context.Context, probe *db.Probe) (*db.DB, func() error, error) {
		d, drop, err := open(ctx, probe)
		if err != nil {
			return nil, nil, err
		}
		d.Watch(func(query string) { texts[query] = true })
		return d, func() error { plans(t, d, texts); return drop() }, nil
	}
	p.Start = func(ctx context.Context, d *db.DB, out simulate.Outside) (*simulate.Node, error) {
		n, err := start(ctx, d, out)
		if err == nil { // the services' own checks look at everything
			n.Check = func(context.Context) ([]check.Result, error) { d.Watch(nil); return nil, nil }
		}
		return n, err
	}
	if _, err := simulate.Run(t.Context(), p, o); err != nil {
		t.Fatal(err)
	}
	if len(texts) < 150 {
		t.Errorf("only %d statements were looked at", len(texts))
	}
}

// plans asks how each statement is answered.
func plans(t *testing.T, d *db.DB, texts map[string]bool) {
	for text := range texts {
		if strings.HasPrefix(strings.TrimSpace(text), "INSERT") || rare.MatchString(text) {
			continue // its plan names foreign keys that are looked at only where they are deferred
		}
		var rows []struct {
			ID, Parent, Notused int64
			Detail              string
		}
		if err := d.Select(t.Context(), &rows, `EXPLAIN QUERY PLAN `+text, make([]any, strings.Count(text, "?"))...); err != nil {
			t.Errorf("%v: %s", err, text)
			continue
		}
		for _, r := range rows {
			m := scan.FindStringSubmatch(r.Detail)
			if m != nil && !slices.Contains(wholes, m[1]) && !slices.Contains(partial, m[4]) && !strings.Contains(r.Detail, "CONSTANT ROW") {
				t.Errorf("%s: %s", r.Detail, text)
			}
		}
	}
}
