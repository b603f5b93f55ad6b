package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/kierto/kierto/internal/clock"
)

// When a job counts as stuck.
const (
	runningTooLong = time.Hour
	overdue        = 15 * time.Minute
	maxStuck       = 1000 // jobs of each state that Stuck looks at
)

// StuckJob is a job that needs a person.
type StuckJob struct {
	ID   int64
	Kind string
	Why  string // "given up", "running too long" or "not started"
	Err  string // the last error, if there was one
}

// Stuck lists the jobs that were given up, have run for over an hour, or should
// have started 15 minutes ago. It is for kierto check.
func (q *Queue) Stuck(ctx context.Context) ([]StuckJob, error) {
	now := clock.Wall()
	var stuck []StuckJob
	for _, c := range []struct {
		state rivertype.JobState
		why   string
		is    func(*rivertype.JobRow) bool
	}{
		{rivertype.JobStateDiscarded, "given up", func(*rivertype.JobRow) bool { return true }},
		{rivertype.JobStateRunning, "running too long", func(r *rivertype.JobRow) bool {
			return r.AttemptedAt != nil && now.Sub(*r.AttemptedAt) > runningTooLong
		}},
		{rivertype.JobStateAvailable, "not started", func(r *rivertype.JobRow) bool { return now.Sub(r.ScheduledAt) > overdue }},
		{rivertype.JobStateRetryable, "not started", func(r *rivertype.JobRow) bool { return now.Sub(r.ScheduledAt) > overdue }},
	} {
		list, err := q.client.JobList(ctx, river.NewJobListParams().States(c.state).
			OrderBy(river.JobListOrderByTime, river.SortOrderAsc).First(maxStuck))
		if err != nil {
			return nil, fmt.Errorf("jobs: stuck: %w", err)
		}
		for _, row := range list.Jobs {
			if c.is(row) {
				stuck = append(stuck, StuckJob{ID: row.ID, Kind: row.Kind, Why: c.why, Err: lastError(row)})
			}
		}
	}
	return stuck, nil
}

func lastError(row *rivertype.JobRow) string {
	if n := len(row.Errors); n > 0 {
		return row.Errors[n-1].Error
	}
	return ""
}
