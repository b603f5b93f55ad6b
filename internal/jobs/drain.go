package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/kierto/kierto/internal/clock"
)

// Batches of Drain, in jobs.
const (
	drainBatch   = 200
	drainRetries = 10_000
)

// Drain works every job there is, here and now and one after another, until none
// is left, those included that the jobs themselves insert; for tests and the
// simulator. A job that failed before is tried again, once per Drain; what fails
// is in the error. Jobs of kinds that nobody registered here stay where they
// are. Periodic functions do not run: see Tick.
func (q *Queue) Drain(ctx context.Context) error {
	if err := q.retryNow(ctx); err != nil {
		return err
	}
	var unknown []*rivertype.JobRow
	var errs []error
	for {
		rows, err := q.take(ctx)
		if err != nil {
			errs = append(errs, err)
			break
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			run, known := q.works[row.Kind]
			if !known {
				unknown = append(unknown, row)
				continue
			}
			err := run(ctx, row)
			if err != nil {
				errs = append(errs, fmt.Errorf("job %s (%d): %w", row.Kind, row.ID, err))
			}
			if err := q.finish(ctx, row, err); err != nil {
				errs = append(errs, err)
			}
		}
	}
	errs = append(errs, q.putBack(context.WithoutCancel(ctx), unknown))
	return errors.Join(errs...)
}

// retryNow makes failed jobs available without waiting for their time.
func (q *Queue) retryNow(ctx context.Context) error {
	list, err := q.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRetryable).First(drainRetries))
	if err != nil {
		return fmt.Errorf("jobs: drain: %w", err)
	}
	for _, row := range list.Jobs {
		if _, err := q.client.JobRetry(ctx, row.ID); err != nil {
			return fmt.Errorf("jobs: drain: %w", err)
		}
	}
	return nil
}

// take locks a batch of available jobs, as a River client does.
func (q *Queue) take(ctx context.Context) ([]*rivertype.JobRow, error) {
	now := clock.Wall().UTC().Add(time.Second) // the database's clock may be a little behind
	for _, queue := range []string{Default, Media} {
		rows, err := q.client.Driver().GetExecutor().JobGetAvailable(ctx, &riverdriver.JobGetAvailableParams{
			ClientID: "drain", MaxAttemptedBy: maxAttempts, MaxToLock: drainBatch, Now: &now, Queue: queue,
		})
		if err != nil {
			return nil, fmt.Errorf("jobs: drain: %w", err)
		}
		if len(rows) > 0 {
			return rows, nil
		}
	}
	return nil, nil
}

// finish records how a run ended.
func (q *Queue) finish(ctx context.Context, row *rivertype.JobRow, failure error) error {
	now := clock.Wall().UTC()
	if failure == nil {
		return q.set(ctx, riverdriver.JobSetStateCompleted(row.ID, now, nil))
	}
	data, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: row.Attempt, Error: failure.Error()})
	if err != nil {
		return fmt.Errorf("jobs: drain: %w", err)
	}
	if row.Attempt >= row.MaxAttempts {
		return q.set(ctx, riverdriver.JobSetStateDiscarded(row.ID, now, data, nil))
	}
	next := (&river.DefaultClientRetryPolicy{}).NextRetry(row)
	return q.set(ctx, riverdriver.JobSetStateErrorRetryable(row.ID, next, data, nil))
}

// putBack returns jobs to the queue as if they had not been taken.
func (q *Queue) putBack(ctx context.Context, rows []*rivertype.JobRow) error {
	for _, row := range rows {
		err := q.set(ctx, riverdriver.JobSetStateSnoozedAvailable(row.ID, row.ScheduledAt, row.Attempt-1, nil))
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) set(ctx context.Context, p *riverdriver.JobSetStateIfRunningParams) error {
	now := clock.Wall().UTC()
	_, err := q.client.Driver().GetExecutor().JobSetStateIfRunningMany(ctx, &riverdriver.JobSetStateIfRunningManyParams{
		ID: []int64{p.ID}, Attempt: []*int{p.Attempt}, ErrData: [][]byte{p.ErrData},
		FinalizedAt: []*time.Time{p.FinalizedAt}, MetadataDoMerge: []bool{p.MetadataDoMerge},
		MetadataUpdates: [][]byte{p.MetadataUpdates}, Now: &now,
		ScheduledAt: []*time.Time{p.ScheduledAt}, State: []rivertype.JobState{p.State},
	})
	if err != nil {
		return fmt.Errorf("jobs: drain: %w", err)
	}
	return nil
}
