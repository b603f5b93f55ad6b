package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
)

// crowd is one transaction that runs, and others that wait to join it.
type crowd struct {
	d     *db.DB
	first chan error // how the one that ran ended
	leave chan struct{}
}

// gather begins a transaction that adds 1 to a and then stays until told to leave.
func gather(t *testing.T, d *db.DB) *crowd {
	t.Helper()
	c := &crowd{d: d, first: make(chan error, 1), leave: make(chan struct{})}
	in := make(chan struct{})
	once := sync.OnceFunc(func() { close(in) })
	go func() {
		c.first <- d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Do(t.Context(), "UPDATE counters SET n = n + 1 WHERE name = 'a'")
			once()
			<-c.leave
			return err
		})
	}()
	<-in
	return c
}

// join lets another transaction wait, and gives how it ends.
func (c *crowd) join(t *testing.T, ctx context.Context, fn func(tx *db.Tx) error) <-chan error {
	t.Helper()
	before, ended := c.d.Waiting(), make(chan error, 1)
	go func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = p.(error)
			}
			ended <- err
		}()
		err = c.d.InTx(ctx, fn)
	}()
	for c.d.Waiting() == before {
		time.Sleep(time.Millisecond)
	}
	return ended
}

func (c *crowd) disperse() { close(c.leave) }

// ended waits for how a transaction ended.
func ended(t *testing.T, what <-chan error) error {
	t.Helper()
	select {
	case err := <-what:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("a transaction did not end")
		return nil
	}
}

func add(ctx context.Context, n int) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Do(ctx, "UPDATE counters SET n = n + ? WHERE name = 'b'", n)
		return err
	}
}

// Transactions that wait for each other share a commit: none is over before it,
// and each that fails or panics undoes itself alone.
func TestTransactionsShareACommit(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	before := d.Commits()
	c := gather(t, d)
	stay, looked := make(chan struct{}), make(chan struct{})
	joins := c.join(t, t.Context(), add(t.Context(), 10))
	fails := c.join(t, t.Context(), func(tx *db.Tx) error { return errors.Join(add(t.Context(), 100)(tx), errAtWill) })
	panics := c.join(t, t.Context(), func(tx *db.Tx) error {
		_ = add(t.Context(), 1000)(tx)
		panic(errAtWill)
	})
	last := c.join(t, t.Context(), func(tx *db.Tx) error {
		if n := number(t, tx, "b"); n != 12 {
			t.Errorf("the last sees %d", n)
		}
		close(looked)
		<-stay
		return nil
	})
	c.disperse()
	<-looked
	if n := number(t, d, "a"); n != 1 {
		t.Errorf("outside sees %d before the commit", n)
	}
	select {
	case err := <-c.first:
		t.Errorf("over before the commit: %v", err)
	case err := <-joins:
		t.Errorf("over before the commit: %v", err)
	case err := <-fails: // what it was refused for may not be there for others yet
		t.Errorf("refused before the commit: %v", err)
	default:
	}
	close(stay)
	for _, one := range []<-chan error{c.first, joins, last} {
		if err := ended(t, one); err != nil {
			t.Error(err)
		}
	}
	for _, one := range []<-chan error{fails, panics} {
		if err := ended(t, one); !errors.Is(err, errAtWill) {
			t.Error(err)
		}
	}
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 2 || b != 12 {
		t.Errorf("a is %d, b is %d", a, b)
	}
	if n := d.Commits() - before; n != 1 {
		t.Errorf("%d commits", n)
	}
}

// What SQLite undoes because of one transaction the others do again.
func TestUndoneTogetherIsDoneAgain(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	after := 0
	c := gather(t, d)
	joins := c.join(t, t.Context(), func(tx *db.Tx) error {
		tx.AfterCommit(func() { after++ })
		return add(t.Context(), 10)(tx)
	})
	saw := []int64{}
	refused := c.join(t, t.Context(), func(tx *db.Tx) error { // for what the other has done
		saw = append(saw, number(t, tx, "b"))
		if len(saw) == 1 {
			return errors.New("that is taken")
		}
		return nil
	})
	breaks := c.join(t, t.Context(), func(tx *db.Tx) error { // as a full disk does
		if _, err := tx.Do(t.Context(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
		return errAtWill
	})
	c.disperse()
	for _, one := range []<-chan error{c.first, joins, refused} {
		if err := ended(t, one); err != nil {
			t.Error(err)
		}
	}
	if len(saw) != 2 || saw[0] != 12 {
		t.Errorf("who was refused saw %v", saw)
	}
	if err := ended(t, breaks); !errors.Is(err, errAtWill) {
		t.Error(err)
	}
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 2 || b != 12 || after != 1 {
		t.Errorf("a is %d, b is %d, after-commit ran %d times", a, b, after)
	}
	do(t, d, "UPDATE counters SET n = 5 WHERE name = 'a'") // and writing goes on
}

// Who gives up waiting leaves the others nothing to wait for, and has done nothing.
func TestGivingUpLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	c := gather(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	gone := c.join(t, ctx, add(t.Context(), 10))
	cancel()
	if err := ended(t, gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.disperse()
	if err := ended(t, c.first); err != nil {
		t.Error(err)
	}
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 2 || b != 2 {
		t.Errorf("a is %d, b is %d", a, b)
	}
}

// Who is cancelled amid a transaction undoes it, and spoils nobody else's.
func TestCancelledUndoesItselfAlone(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	c := gather(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	stops := c.join(t, ctx, func(tx *db.Tx) error {
		err := add(ctx, 10)(tx)
		cancel()
		return err
	})
	asks := c.join(t, t.Context(), func(tx *db.Tx) error {
		return errors.Join(add(t.Context(), 100)(tx), add(t.Context(), 100)(tx))
	})
	c.disperse()
	if err := ended(t, stops); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, one := range []<-chan error{c.first, asks} {
		if err := ended(t, one); err != nil {
			t.Error(err)
		}
	}
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 2 || b != 202 {
		t.Errorf("a is %d, b is %d", a, b)
	}
}

// What sharing a commit is worth: transactions of two statements, on a disk that
// is waited for, by 1 and by 16 writers at once.
func BenchmarkSharedCommits(b *testing.B) {
	for _, writers := range []int{1, 16} {
		for name, set := range map[string]func(*db.DB){"together": func(*db.DB) {}, "alone": (*db.DB).Alone} {
			b.Run(fmt.Sprintf("%d %s", writers, name), func(b *testing.B) {
				d, err := db.Open(b.Context(), db.Config{Dir: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = d.Close() }()
				if _, err := d.Do(b.Context(), "CREATE TABLE counters (n BIGINT NOT NULL)"); err != nil {
					b.Fatal(err)
				}
				set(d)
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				for range writers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							err := d.InTx(b.Context(), func(tx *db.Tx) error {
								for range 2 {
									if _, err := tx.Do(b.Context(), "INSERT INTO counters (n) VALUES (1)"); err != nil {
										return err
									}
								}
								return nil
							})
							if err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
			})
		}
	}
}

// Once SQLite has undone everything, because the disk is full say, no statement
// more is written, each by itself, even where the error was ignored.
func TestNothingIsWrittenOnceUndone(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	for _, after := range []error{nil, errAtWill} {
		c := gather(t, d)
		joins := c.join(t, t.Context(), add(t.Context(), 10))
		goesOn := c.join(t, t.Context(), func(tx *db.Tx) error {
			fill(t, tx)
			if err := add(t.Context(), 100)(tx); !saysFull(err) {
				t.Errorf("a statement later: %v", err)
			}
			if n := int64(0); tx.Get(t.Context(), &n, "INSERT INTO counters (name, n, odd) VALUES ('c', 0, FALSE) RETURNING n") == nil {
				t.Error("a row was written later")
			}
			if _, _, err := tx.SQL(t.Context()); !saysFull(err) {
				t.Errorf("a job later: %v", err)
			}
			return after
		})
		c.disperse()
		for _, one := range []<-chan error{c.first, joins} {
			if err := ended(t, one); err != nil {
				t.Error(err)
			}
		}
		if err := ended(t, goesOn); after == nil && !saysFull(err) || after != nil && !errors.Is(err, after) {
			t.Error(err)
		}
	}
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 3 || b != 22 {
		t.Errorf("a is %d, b is %d", a, b)
	}
}

// fill lets the disk be full for one row, and makes room again.
func fill(t *testing.T, tx *db.Tx) {
	t.Helper()
	var n int64
	if err := tx.Get(t.Context(), &n, "PRAGMA max_page_count(1)"); err != nil {
		t.Error(err)
	}
	_, err := tx.Do(t.Context(), "INSERT INTO counters (name, n, odd) VALUES (?, 0, FALSE)", strings.Repeat("x", 1<<20))
	if !saysFull(err) {
		t.Errorf("full: %v", err)
	}
}

func saysFull(err error) bool {
	fs := fault.As(err)
	return len(fs) == 1 && fs[0].Key == "db.full"
}

// Who was undone because of another one commits at once the next time, so that
// it happens to nobody again and again.
func TestUndoneOnlyOnce(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	counters(t, d)
	d.Patient()
	c := gather(t, d)
	ctx, stop := context.WithCancel(t.Context())
	var breaking sync.WaitGroup
	for range 4 { // so that there is always one that waits to come next
		breaking.Go(func() {
			for ctx.Err() == nil {
				_ = d.InTx(ctx, func(tx *db.Tx) error {
					_, err := tx.Do(ctx, "ROLLBACK") // as a full disk does
					return errors.Join(err, errAtWill)
				})
			}
		})
	}
	for d.Waiting() < 4 {
		time.Sleep(time.Millisecond)
	}
	runs := 0
	joins := c.join(t, t.Context(), func(tx *db.Tx) error {
		runs++
		return add(t.Context(), 10)(tx)
	})
	c.disperse()
	for _, one := range []<-chan error{c.first, joins} {
		if err := ended(t, one); err != nil {
			t.Error(err)
		}
	}
	stop()
	breaking.Wait()
	if a, b := number(t, d, "a"), number(t, d, "b"); a != 2 || b != 12 || runs > 2 {
		t.Errorf("a is %d, b is %d, after %d runs", a, b, runs)
	}
}
