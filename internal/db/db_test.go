package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
)

var errAtWill = errors.New("failing at will")

// counters is a fresh table of named numbers.
func counters(t *testing.T, d *db.DB) {
	t.Helper()
	do(t, d, "CREATE TABLE counters (name TEXT PRIMARY KEY, n BIGINT NOT NULL, odd BOOLEAN NOT NULL)")
	do(t, d, "INSERT INTO counters (name, n, odd) VALUES (?, ?, ?), (?, ?, ?)", "a", 1, true, "b", 2, false)
}

func do(t *testing.T, d db.Doer, query string, args ...any) int64 {
	t.Helper()
	n, err := d.Do(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func number(t *testing.T, q db.Queryer, name string) int64 {
	t.Helper()
	var n int64
	if err := q.Get(t.Context(), &n, "SELECT n FROM counters WHERE name = ?", name); err != nil {
		t.Fatal(err)
	}
	return n
}

// A transaction is all or nothing, also when it panics, and what should follow
// a commit follows nothing else.
func TestInTxIsAllOrNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		counters(t, d)
		after := 0
		change := func(end func() error) (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = p.(error)
				}
			}()
			return d.InTx(t.Context(), func(tx *db.Tx) error {
				tx.AfterCommit(func() { after++ })
				if n := do(t, tx, "UPDATE counters SET n = n + 1"); n != 2 {
					t.Errorf("changed %d rows", n)
				}
				return end()
			})
		}
		if err := change(func() error { return errAtWill }); !errors.Is(err, errAtWill) {
			t.Error(err)
		}
		if err := change(func() error { panic(errAtWill) }); !errors.Is(err, errAtWill) {
			t.Error(err)
		}
		if n := number(t, d, "a"); n != 1 || after != 0 {
			t.Errorf("a is %d, after-commit ran %d times", n, after)
		}
		if err := change(func() error { return nil }); err != nil {
			t.Error(err)
		}
		if n := number(t, d, "a"); n != 2 || after != 1 {
			t.Errorf("a is %d, after-commit ran %d times", n, after)
		}
	})
}

// One row, many rows, none, slices and booleans read the same on both.
func TestReading(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		counters(t, d)
		type row struct {
			Name string `db:"name"`
			N    int64  `db:"n"`
			Odd  bool   `db:"odd"`
		}
		var one row
		if err := d.Get(t.Context(), &one, "SELECT name, n, odd FROM counters WHERE odd = ?", true); err != nil || one != (row{"a", 1, true}) {
			t.Errorf("%+v, %v", one, err)
		}
		if err := d.Get(t.Context(), &one, "SELECT name, n, odd FROM counters WHERE name = ?", "z"); !db.IsNone(err) {
			t.Errorf("no row: %v", err)
		}
		query, args, err := db.In("SELECT name, n, odd FROM counters WHERE name IN (?) AND n > ? ORDER BY name", []string{"a", "b", "z"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var many []row
		if err := d.Select(t.Context(), &many, query, args...); err != nil || len(many) != 2 || many[1] != (row{"b", 2, false}) {
			t.Errorf("%+v, %v", many, err)
		}
	})
}

// Reads outside a transaction see what is committed, and do not wait for it.
func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		counters(t, d)
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			do(t, tx, "UPDATE counters SET n = 7 WHERE name = 'a'")
			if n := number(t, d, "a"); n != 1 {
				t.Errorf("outside reads %d", n)
			}
			if n := number(t, tx, "a"); n != 7 {
				t.Errorf("inside reads %d", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A taken key is told apart from every other error.
func TestIsUnique(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		counters(t, d)
		_, err := d.Do(t.Context(), "INSERT INTO counters (name, n, odd) VALUES (?, ?, ?)", "a", 1, true)
		if !db.IsUnique(err) {
			t.Errorf("duplicate: %v", err)
		}
		_, err = d.Do(t.Context(), "INSERT INTO counters (name, odd) VALUES (?, ?)", "c", true)
		if err == nil || db.IsUnique(err) {
			t.Errorf("missing value: %v", err)
		}
	})
}

// Writers that read first lose nothing: on SQLite they take turns, on
// PostgreSQL the version in the WHERE decides.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	const writers, rounds = 8, 20
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		counters(t, d)
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for done := 0; done < rounds; {
					err := d.InTx(t.Context(), func(tx *db.Tx) error {
						seen := number(t, tx, "a")
						done += int(do(t, tx, "UPDATE counters SET n = ? WHERE name = ? AND n = ?", seen+1, "a", seen))
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if n := number(t, d, "a"); n != 1+writers*rounds {
			t.Errorf("counted to %d", n)
		}
	})
}

// Two transactions that lock each other out both succeed in the end.
func TestDeadlocksAreRetried(t *testing.T) {
	t.Parallel()
	d := testdb.Postgres(t)
	counters(t, d)
	var wg, both sync.WaitGroup
	both.Add(2)
	for _, names := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := d.InTx(t.Context(), func(tx *db.Tx) error {
				for _, name := range names {
					if _, err := tx.Do(t.Context(), "UPDATE counters SET n = n + 10 WHERE name = ?", name); err != nil {
						return err
					}
					if first { // each holds one row before either asks for the other
						first = false
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 21 || b != 22 {
		t.Errorf("a %d, b %d", a, b)
	}
}

// A full disk is a clear fault; what was saved stays, and once there is room
// writing goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	var pages, limit int64
	if err := d.Get(t.Context(), &pages, "PRAGMA page_count"); err != nil {
		t.Fatal(err)
	}
	if err := d.InTx(t.Context(), func(tx *db.Tx) error { return tx.Get(t.Context(), &limit, "PRAGMA max_page_count(1)") }); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1<<20)
	_, err := d.Do(t.Context(), "INSERT INTO counters (name, n, odd) VALUES (?, 0, FALSE)", long)
	if fs := fault.As(err); len(fs) != 1 || fs[0].Key != "db.full" || fs[0].Kind != fault.Busy {
		t.Errorf("full disk: %v", err)
	}
	if n := number(t, d, "b"); n != 2 {
		t.Errorf("b is %d", n)
	}
	if err := d.InTx(t.Context(), func(tx *db.Tx) error { return tx.Get(t.Context(), &limit, "PRAGMA max_page_count(100000)") }); err != nil {
		t.Fatal(err)
	}
	do(t, d, "INSERT INTO counters (name, n, odd) VALUES (?, 0, FALSE)", long)
}

// A cancelled request is not reported as a broken database.
func TestCancelledIsNotAway(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var n int64
		for _, err := range []error{
			d.Get(ctx, &n, "SELECT 1"),
			d.InTx(ctx, func(*db.Tx) error { return nil }),
		} {
			if err == nil || len(fault.As(err)) > 0 {
				t.Errorf("cancelled: %v", err)
			}
		}
	})
}

// Readers cannot write, whatever the statement says.
func TestReadersAreReadOnly(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	var n int64
	if err := d.Get(t.Context(), &n, "DELETE FROM counters RETURNING n"); err == nil {
		t.Error("a reader deleted a row")
	}
}

// A database that cannot be opened says why, in one sentence.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]db.Config{
		"another database":  {URL: "mysql://localhost/kierto"},
		"a broken URL":      {URL: "postgres://localhost:port/kierto"},
		"nobody listening":  {URL: "postgres://nobody:secret@127.0.0.1:1/kierto?connect_timeout=2"},
		"no folder":         {},
		"a file as folder":  {Dir: file},
		"a file as a child": {Dir: filepath.Join(file, "data")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := db.Open(t.Context(), cfg)
			if err == nil {
				_ = d.Close()
				t.Fatal("opened")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("tells the password: %v", err)
			}
		})
	}
}

// Migrating again changes nothing, and names what is pending before.
func TestMigrate(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{Dir: filepath.Join(t.TempDir(), "new", "folder")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	pending, err := d.Pending(t.Context())
	if err != nil || len(pending) < 2 || pending[0] != "00001_accounts.sql" {
		t.Errorf("pending %v, %v", pending, err)
	}
	for range 2 {
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if pending, err := d.Pending(t.Context()); err != nil || len(pending) > 0 {
			t.Errorf("pending %v, %v", pending, err)
		}
	}
}

// A database of an older program takes what came since, whatever its number.
func TestMigrateAnOlderDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			url := ""
			if name == "postgres" {
				url = testdb.EmptyURL(t)
			}
			d, err := db.Open(t.Context(), db.Config{URL: url, Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			late := []string{"00013_asked_most.sql", "00103_refusals.sql"}
			if err := d.MigrateBut(t.Context(), late...); err != nil {
				t.Fatal(err)
			}
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if pending, err := d.Pending(t.Context()); err != nil || len(pending) > 0 {
				t.Errorf("pending %v, %v", pending, err)
			}
		})
	}
}

// What nobody waits for is still part of its transaction: it is seen by what
// follows, kept with it, and lost with it.
func TestLater(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		try := func(tx *db.Tx, name string) error {
			return tx.Later(ctx, `INSERT INTO attempts (name, slot, tries) VALUES (?, 0, 1)`, name)
		}
		count := func(q db.Queryer) (n int) {
			if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM attempts WHERE name IN ('a', 'b')`); err != nil {
				t.Error(err)
			}
			return n
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := errors.Join(try(tx, "a"), try(tx, "b")); err != nil {
				return err
			}
			if n := count(tx); n != 2 {
				t.Errorf("within the transaction: %d", n)
			}
			return errors.New("never mind")
		})
		if err == nil || count(d) != 0 {
			t.Errorf("after giving up: %d, %v", count(d), err)
		}
		err = d.InTx(ctx, func(tx *db.Tx) error { return errors.Join(try(tx, "a"), try(tx, "a")) })
		if !db.IsUnique(err) || count(d) != 0 {
			t.Errorf("the same twice: %d, %v", count(d), err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return try(tx, "b") }); err != nil || count(d) != 1 {
			t.Errorf("after the commit: %d, %v", count(d), err)
		}
	})
}

// What was kept of a table is forgotten when the transaction writes to it.
func TestKeepForgets(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			tx.Keep("attempts", "a", 1)
			tx.Keep("users", "u", 2)
			if err := tx.Later(t.Context(), `DELETE FROM attempts WHERE name = 'a'`); err != nil {
				return err
			}
			if tx.Kept("attempts", "a") != nil || tx.Kept("users", "u") != 2 {
				t.Error("kept what was written, or forgot what was not")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Lists of about the same length make the same text, so that it is prepared once;
// what was added to them changes nothing.
func TestInHasFewTexts(t *testing.T) {
	t.Parallel()
	const query = "SELECT n FROM counters WHERE name IN (?) AND n > ?"
	five, args, err := db.In(query, []string{"a", "b", "c", "d", "e"}, 7)
	if err != nil {
		t.Fatal(err)
	}
	seven, _, err := db.In(query, []string{"a", "b", "c", "d", "e", "f", "g"}, 7)
	if err != nil || five != seven {
		t.Errorf("%v: %s\n%s", err, five, seven)
	}
	if !slices.Equal(args, []any{"a", "b", "c", "d", "e", "e", "e", "e", 7}) {
		t.Error(args)
	}
	if _, args, err := db.In("SELECT n FROM counters WHERE n IN (?)", make([]int64, 17_000)); err != nil || len(args) != 17_000 { // SQLite takes no 32,768
		t.Errorf("a long list became %d values, %v", len(args), err)
	}
	if text, args, err := db.In("SELECT n FROM counters WHERE data = ?", []byte("abc")); err != nil || strings.Count(text, "?") != 1 || len(args) != 1 {
		t.Error(text, args, err)
	}
}
