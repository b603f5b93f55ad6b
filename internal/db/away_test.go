package db_test

import (
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
)

// While PostgreSQL is away every call says so at once; when it is back, all goes
// on without a restart.
func TestAwayAndBack(t *testing.T) {
	t.Parallel()
	direct := testdb.PostgresURL(t)
	c, through := testdb.NewCable(t, direct)
	d, err := db.Open(t.Context(), db.Config{URL: through, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	counters(t, d)

	calls := map[string]func() error{
		"Get": func() error {
			var n int64
			return d.Get(t.Context(), &n, "SELECT n FROM counters WHERE name = 'a'")
		},
		"Select": func() error {
			var ns []int64
			return d.Select(t.Context(), &ns, "SELECT n FROM counters")
		},
		"Do": func() error {
			_, err := d.Do(t.Context(), "UPDATE counters SET n = n")
			return err
		},
		"InTx": func() error {
			return d.InTx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Do(t.Context(), "UPDATE counters SET n = n")
				return err
			})
		},
		"Ping": func() error { return d.Ping(t.Context()) },
	}
	for range 2 {
		c.Pull()
		for name, call := range calls {
			err := call()
			if fs := fault.As(err); len(fs) != 1 || fs[0].Key != "db.away" || fs[0].Kind != fault.Busy {
				t.Errorf("%s while away: %v", name, err)
			}
		}
		c.Plug()
		for name, call := range calls {
			if err := call(); err != nil {
				t.Errorf("%s after: %v", name, err)
			}
		}
	}
}

// A connection lost within a transaction loses the whole transaction, and says so.
func TestLostWithinTransaction(t *testing.T) {
	t.Parallel()
	direct := testdb.PostgresURL(t)
	c, through := testdb.NewCable(t, direct)
	d, err := db.Open(t.Context(), db.Config{URL: through, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	counters(t, d)
	err = d.InTx(t.Context(), func(tx *db.Tx) error {
		do(t, tx, "UPDATE counters SET n = 99")
		c.Pull()
		return nil
	})
	if !fault.Is(err, fault.Busy) {
		t.Errorf("commit: %v", err)
	}
	c.Plug()
	time.Sleep(10 * time.Millisecond) // the server notices that we are gone
	if n := number(t, d, "a"); n != 1 {
		t.Errorf("a is %d", n)
	}
}
