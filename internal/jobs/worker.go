package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
)

// WorkerOptions adjust how jobs of one kind are worked.
type WorkerOptions struct {
	Timeout time.Duration // a run may take this long; 0 means a minute
}

// work runs one job of a known kind.
type work func(ctx context.Context, row *rivertype.JobRow) error

// Register says how jobs of kind T are worked. Call it before Start. fn may run
// again after an error, a crash or a lost connection, so it must bear that.
func Register[T river.JobArgs](q *Queue, fn func(ctx context.Context, job *river.Job[T]) error, o WorkerOptions) {
	if q.started.Load() {
		panic("jobs: Register after Start")
	}
	register(q, fn, o)
}

func register[T river.JobArgs](q *Queue, fn func(ctx context.Context, job *river.Job[T]) error, o WorkerOptions) {
	timeout := orDefault(o.Timeout, jobTimeout)
	if timeout >= rescueAfter {
		panic(fmt.Sprintf("jobs: a timeout must be below %s, after which a job counts as lost", rescueAfter))
	}
	logged := func(ctx context.Context, job *river.Job[T]) error {
		start := clock.Wall()
		err := fn(ctx, job)
		q.logRun(ctx, job.JobRow, clock.Wall().Sub(start), err)
		return err
	}
	river.AddWorker(q.workers, &worker[T]{run: logged, timeout: timeout})

	q.mu.Lock()
	defer q.mu.Unlock()
	var none T
	q.works[none.Kind()] = func(ctx context.Context, row *rivertype.JobRow) (err error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		job := &river.Job[T]{JobRow: row}
		if err := json.Unmarshal(row.EncodedArgs, &job.Args); err != nil {
			return fmt.Errorf("args: %w", err)
		}
		return logged(ctx, job)
	}
}

// worker makes a function a River worker.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	run     func(ctx context.Context, job *river.Job[T]) error
	timeout time.Duration
}

// Timeout implements river.Worker.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error { return w.run(ctx, job) }

// logRun writes one line a run: never the args, which may name people.
func (q *Queue) logRun(ctx context.Context, row *rivertype.JobRow, took time.Duration, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("kind", row.Kind), slog.Int64("job", row.ID), slog.Int("attempt", row.Attempt),
		slog.Duration("took", took),
	}
	switch {
	case err == nil:
		if row.Kind == (everyArgs{}).Kind() {
			level = slog.LevelDebug // every second, day and night
		}
	case errors.Is(err, context.Canceled):
		attrs = append(attrs, slog.String("error", "stopped; runs again"))
	default:
		level = slog.LevelWarn
		if row.Attempt >= row.MaxAttempts {
			level = slog.LevelError
			attrs = append(attrs, slog.Bool("given_up", true))
		}
		if fs := fault.As(err); len(fs) > 0 {
			attrs = append(attrs, slog.String("fault", fs[0].Key))
		}
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	q.log.LogAttrs(ctx, level, "job", attrs...)
}

// quiet passes on only errors: River's own lines about failed jobs would repeat
// ours.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h quiet) WithGroup(name string) slog.Handler { return quiet{h.Handler.WithGroup(name)} }
