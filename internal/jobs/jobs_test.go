package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/testdb"
)

// patience is how long a test waits for a job that must come.
const patience = 20 * time.Second

var errAtWill = errors.New("failing at will")

type note struct {
	Text string `json:"text"`
}

func (note) Kind() string { return "test.note" }

type nobodys struct{}

func (nobodys) Kind() string { return "test.nobodys" }

// book records what was worked, and tells who waits.
type book struct {
	mu    sync.Mutex
	texts []string
	more  chan struct{}
}

func newBook() *book { return &book{more: make(chan struct{}, 10_000)} }

func (b *book) write(_ context.Context, job *river.Job[note]) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.texts = append(b.texts, job.Args.Text)
	b.more <- struct{}{}
	return nil
}

func (b *book) read() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.texts)
}

func (b *book) await(t *testing.T, n int) {
	t.Helper()
	limit := time.After(patience)
	for range n {
		select {
		case <-b.more:
		case <-limit:
			t.Fatalf("worked only %d of %d jobs within %s", len(b.read()), n, patience)
		}
	}
}

func queue(t *testing.T, d *db.DB) *jobs.Queue {
	t.Helper()
	return jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{Quick: true})
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func insert(t *testing.T, d *db.DB, q *jobs.Queue, texts ...string) {
	t.Helper()
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		for _, text := range texts {
			if err := q.Insert(t.Context(), tx, note{text}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A promise made in a transaction that fails was never made.
func TestRolledBackJobsNeverRun(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, b.write, jobs.WorkerOptions{})
		start(t, q)
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			if err := q.Insert(t.Context(), tx, note{"never"}); err != nil {
				t.Fatal(err)
			}
			return errAtWill
		})
		if !errors.Is(err, errAtWill) {
			t.Fatal(err)
		}
		insert(t, d, q, "after")
		b.await(t, 1)
		if got := b.read(); !slices.Equal(got, []string{"after"}) {
			t.Fatalf("worked %v", got)
		}
	})
}

// A committed job runs once, soon, with its own arguments, also while the
// application keeps writing.
func TestCommittedJobsRunOnceAndSoon(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, b.write, jobs.WorkerOptions{})
		start(t, q)
		var want []string
		for i := range 40 {
			text := string(rune('A' + i))
			want = append(want, text)
			insert(t, d, q, text)
		}
		b.await(t, len(want))
		insert(t, d, q, "last")
		began := clock.Wall()
		b.await(t, 1)
		if late := clock.Wall().Sub(began); late > 5*time.Second {
			t.Errorf("the last job waited %s", late)
		}
		got := b.read()
		slices.Sort(got)
		if want = append(want, "last"); !slices.Equal(got, want) {
			t.Fatalf("worked %v", got)
		}
	})
}

// A job that writes inside its own transaction does not wait for the connection
// that runs it.
func TestJobsMayWrite(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, func(ctx context.Context, job *river.Job[note]) error {
			err := d.InTx(ctx, func(tx *db.Tx) error {
				if job.Args.Text == "done" {
					return nil
				}
				return q.Insert(ctx, tx, note{"done"})
			})
			if err != nil {
				return err
			}
			return b.write(ctx, job)
		}, jobs.WorkerOptions{})
		start(t, q)
		insert(t, d, q, "one", "two", "three", "four", "five")
		b.await(t, 10)
	})
}

// A failing job is tried again, and given up at its limit; then an operator
// hears of it.
func TestFailingJobsAreRetriedThenGivenUp(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		q, tries := queue(t, d), 0
		jobs.Register(q, func(context.Context, *river.Job[note]) error {
			tries++
			return errAtWill
		}, jobs.WorkerOptions{})
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			return q.Insert(t.Context(), tx, note{"hopeless"}, jobs.Attempts(3))
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := q.Drain(t.Context()); err != nil && !errors.Is(err, errAtWill) {
				t.Fatal(err)
			}
		}
		if tries != 3 {
			t.Errorf("tried %d times, want 3", tries)
		}
		stuck, err := q.Stuck(t.Context())
		if err != nil || len(stuck) != 1 || stuck[0].Why != "given up" || stuck[0].Err != errAtWill.Error() {
			t.Fatalf("stuck: %+v, %v", stuck, err)
		}
	})
}

// A running client retries by itself; a panic is a failure like any other.
func TestRunningClientRetriesAfterPanic(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, func(ctx context.Context, job *river.Job[note]) error {
			if job.Attempt == 1 {
				panic("at will")
			}
			return b.write(ctx, job)
		}, jobs.WorkerOptions{})
		start(t, q)
		insert(t, d, q, "stubborn")
		b.await(t, 1)
	})
}

// Drain works what there is and what that makes, and leaves strangers alone.
func TestDrainWorksUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, func(ctx context.Context, job *river.Job[note]) error {
			if n := len(job.Args.Text); n < 5 {
				if err := d.InTx(ctx, func(tx *db.Tx) error {
					return q.Insert(ctx, tx, note{job.Args.Text + "+"}, jobs.On(jobs.Media))
				}); err != nil {
					return err
				}
			}
			return b.write(ctx, job)
		}, jobs.WorkerOptions{})
		insert(t, d, q, "a")
		if err := d.InTx(t.Context(), func(tx *db.Tx) error { return q.Insert(t.Context(), tx, nobodys{}) }); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.read(); !slices.Equal(got, []string{"a", "a+", "a++", "a+++", "a++++"}) {
			t.Fatalf("worked %v", got)
		}
		var left int64
		err := d.Get(t.Context(), &left, "SELECT count(*) FROM river_job WHERE state = 'available' AND attempt = 0")
		if err != nil || left != 1 {
			t.Fatalf("%d jobs left, %v", left, err)
		}
	})
}

// Equal jobs that wait are one job, when asked for.
func TestOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, b.write, jobs.WorkerOptions{})
		for range 2 {
			for _, text := range []string{"same", "same", "other"} {
				err := d.InTx(t.Context(), func(tx *db.Tx) error {
					return q.Insert(t.Context(), tx, note{text}, jobs.Once())
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.read(); !slices.Equal(got, []string{"same", "other", "same", "other"}) {
			t.Fatalf("worked %v", got)
		}
	})
}

// Many jobs are inserted at once.
func TestInsertMany(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		b, q := newBook(), queue(t, d)
		jobs.Register(q, b.write, jobs.WorkerOptions{})
		args := make([]river.JobArgs, 500)
		for i := range args {
			args[i] = note{"n"}
		}
		if err := d.InTx(t.Context(), func(tx *db.Tx) error { return q.InsertMany(t.Context(), tx, args) }); err != nil {
			t.Fatal(err)
		}
		if err := q.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(b.read()); got != 500 {
			t.Fatalf("worked %d", got)
		}
	})
}

// A periodic function runs on start and again, and an error does not end it.
func TestEveryRunsAgainAndAgain(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		q, ran := queue(t, d), make(chan struct{}, 100)
		q.Every("test.sweep", 200*time.Millisecond, func(context.Context) error {
			ran <- struct{}{}
			return errAtWill
		})
		start(t, q)
		for i := range 3 {
			select {
			case <-ran:
			case <-time.After(patience):
				t.Fatalf("ran %d times", i)
			}
		}
		if err := q.Tick(t.Context()); !errors.Is(err, errAtWill) {
			t.Fatalf("Tick: %v", err)
		}
	})
}

// What a killed process was working on runs again at the next start.
func TestAbandonedJobsRunAgain(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	b, q := newBook(), queue(t, d)
	jobs.Register(q, b.write, jobs.WorkerOptions{})
	insert(t, d, q, "abandoned")
	if _, err := d.Do(t.Context(), "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP"); err != nil {
		t.Fatal(err)
	}
	start(t, q)
	b.await(t, 1)
}

// Two nodes on one PostgreSQL share the work, each job on one of them.
func TestTwoNodesShareWork(t *testing.T) {
	t.Parallel()
	d := testdb.Postgres(t)
	both, done := newBook(), 0
	var nodes [2]*jobs.Queue
	var worked [2]book
	for i := range nodes {
		nodes[i] = jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{Quick: true, Workers: 5})
		worked[i].more = make(chan struct{}, 1000)
		jobs.Register(nodes[i], func(ctx context.Context, job *river.Job[note]) error {
			time.Sleep(10 * time.Millisecond) // so that neither takes all before the other looks
			return errors.Join(worked[i].write(ctx, job), both.write(ctx, job))
		}, jobs.WorkerOptions{})
		start(t, nodes[i])
	}
	for range 20 {
		insert(t, d, nodes[0], "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
		done += 10
	}
	both.await(t, done)
	a, z := len(worked[0].read()), len(worked[1].read())
	if a == 0 || z == 0 || a+z != done {
		t.Fatalf("one node worked %d, the other %d, of %d", a, z, done)
	}
}
