package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/testdb"
)

// woken tells whether c gives within a while.
func woken(c <-chan struct{}) bool {
	select {
	case _, ok := <-c:
		return ok
	case <-time.After(10 * time.Second):
		return false
	}
}

// still tells whether c has nothing to give.
func still(c <-chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		return true
	}
}

// Watchers are woken once at the start, then when their topic is, after the
// commit, and never by a rollback.
func TestWakesAfterCommit(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		h := live.New()
		c, stop := h.Watch("conversation:1")
		defer stop()
		if !woken(c) {
			t.Fatal("not woken at the start")
		}
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			h.Wake(t.Context(), tx, "conversation:1", "conversation:1", "conversation:2")
			if !still(c) {
				t.Error("woken before the commit")
			}
			return nil
		})
		if err != nil || !woken(c) || !still(c) {
			t.Errorf("not woken exactly once after the commit (%v)", err)
		}
		_ = d.InTx(t.Context(), func(tx *db.Tx) error {
			h.Wake(t.Context(), tx, "conversation:1")
			return fmt.Errorf("no")
		})
		if !still(c) {
			t.Error("woken by a rollback")
		}
	})
}

// Who stops watching is forgotten, and closing the hub ends every watch.
func TestForgets(t *testing.T) {
	t.Parallel()
	h := live.New()
	a, stopA := h.Watch("x")
	_, stopB := h.Watch("x")
	stopB()
	stopB()
	if n := h.Watching(); n != 1 {
		t.Errorf("%d watches, want 1", n)
	}
	<-a
	h.Close()
	if _, ok := <-a; ok {
		t.Error("the watch goes on")
	}
	stopA()
	late, _ := h.Watch("x")
	if _, ok := <-late; ok {
		t.Error("a closed hub takes watches")
	}
}

// nodes are two hubs on one PostgreSQL, ready.
func nodes(t *testing.T) (*db.DB, string, *live.Hub, *live.Hub) {
	url := testdb.PostgresURL(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	a, b := live.OverPostgres(ctx, url, slog.New(slog.DiscardHandler)), live.OverPostgres(ctx, url, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { cancel(); a.Wait(); b.Wait() })
	for _, h := range []*live.Hub{a, b} {
		if !readySoon(h) {
			t.Fatal("a node does not listen")
		}
	}
	return d, url, a, b
}

func readySoon(h *live.Hub) bool {
	select {
	case <-h.Ready():
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

// What is committed on one node wakes those who watch on another.
func TestAcrossNodes(t *testing.T) {
	t.Parallel()
	d, _, a, b := nodes(t)
	there, stop := b.Watch("conversation:1")
	defer stop()
	<-there
	var longest time.Duration
	for range 20 {
		start := clock.Wall()
		err := d.InTx(t.Context(), func(tx *db.Tx) error { a.Wake(t.Context(), tx, "conversation:1"); return nil })
		if err != nil || !woken(there) {
			t.Fatalf("not woken (%v)", err)
		}
		longest = max(longest, clock.Wall().Sub(start))
	}
	t.Logf("committed on one node to woken on the other: at most %s", longest)
	here, stopHere := a.Watch("conversation:1")
	defer stopHere()
	<-here
	many := make([]string, 6000)
	for i := range many {
		many[i] = fmt.Sprintf("conversation:%d", i)
	}
	a.Now(many...) // more than fits: everybody is woken
	if !woken(here) || !woken(there) {
		t.Error("a flood of wake-ups got lost")
	}
}

// A lost connection is made again, and what was missed meanwhile is made up for
// by waking everybody.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	d, _, a, b := nodes(t)
	there, stop := b.Watch("conversation:1")
	defer stop()
	<-there
	if _, err := d.Do(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	if !woken(there) {
		t.Fatal("not woken after the connection came back")
	}
	for range 50 { // the other node may still be connecting
		a.Now("conversation:1")
		select {
		case <-there:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Error("nothing comes through after the connection was lost")
}
