package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/db"
)

// Limits of one periodic run.
const (
	periodicTimeout  = 5 * time.Minute
	periodicAttempts = 3 // more than one only for runs whose process was killed
)

// periodic is a function that runs again and again.
type periodic struct {
	name string
	fn   func(ctx context.Context) error
}

// everyArgs asks for one run of a periodic function.
type everyArgs struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (everyArgs) Kind() string { return "jobs.every" }

// Every runs fn on start and then each interval of real time, on one process of
// all that share the database, never twice at once. Call it before Start. An
// error is logged; the next run is the retry.
func (q *Queue) Every(name string, interval time.Duration, fn func(ctx context.Context) error) {
	if q.started.Load() {
		panic("jobs: Every after Start")
	}
	q.mu.Lock()
	q.every = append(q.every, periodic{name, fn})
	q.mu.Unlock()
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			o := river.InsertOpts{MaxAttempts: periodicAttempts}
			Once()(&o)
			return everyArgs{Name: name}, &o
		},
		&river.PeriodicJobOpts{RunOnStart: true}))
}

func (q *Queue) runPeriodic(ctx context.Context, job *river.Job[everyArgs]) error {
	for _, p := range q.periodics() {
		if p.name != job.Args.Name {
			continue
		}
		if err := p.fn(ctx); err != nil && ctx.Err() == nil {
			q.log.LogAttrs(ctx, slog.LevelError, "periodic", slog.String("name", p.name), slog.String("error", err.Error()))
		}
	}
	return nil
}

func (q *Queue) periodics() []periodic {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]periodic(nil), q.every...)
}

// Tick runs every periodic function once, in the order they were named; for
// tests, and when the demo's clock has been moved.
func (q *Queue) Tick(ctx context.Context) error {
	for _, p := range q.periodics() {
		if err := p.fn(ctx); err != nil {
			return fmt.Errorf("jobs: %s: %w", p.name, err)
		}
	}
	return nil
}

// Start works jobs in the background until Stop. Cancelling ctx does not stop
// it: jobs are given their time to end.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.takeOver(ctx); err != nil {
		return err
	}
	q.started.Store(true)
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

// takeOver frees what a killed process left behind, so that nothing waits until
// River gives it up. On SQLite one process works the jobs: whatever runs as it
// starts has been abandoned. On PostgreSQL that is known of what an earlier
// process of the same name left; of others River decides by time.
func (q *Queue) takeOver(ctx context.Context) error {
	jobs, leader, args := `UPDATE river_job SET state = 'available' WHERE state = 'running'`, `DELETE FROM river_leader`, []any{}
	if q.db.Postgres() {
		if q.node == "" {
			return nil
		}
		jobs += ` AND attempted_by[cardinality(attempted_by)] = ?`
		leader += ` WHERE leader_id = ?`
		args = append(args, q.node)
	}
	return q.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Do(ctx, jobs, args...); err != nil {
			return err
		}
		_, err := tx.Do(ctx, leader, args...)
		return err
	})
}

// Stop takes no new jobs and waits for those that run. When ctx ends first, they
// are cancelled and run again at the next start.
func (q *Queue) Stop(ctx context.Context) error {
	if !q.started.Load() {
		return nil
	}
	err := q.client.Stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
		defer cancel()
		err = q.client.StopAndCancel(hard)
	}
	if err != nil {
		return fmt.Errorf("jobs: stop: %w", err)
	}
	return nil
}

// hardStop is how long cancelled jobs may take to give up.
const hardStop = 5 * time.Second

// Started tells whether this process works jobs, and not somebody by hand, one
// after another.
func (q *Queue) Started() bool { return q.started.Load() }
