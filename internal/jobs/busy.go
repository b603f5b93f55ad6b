package jobs

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Busy tells whether any job of a domain is running or about to, periodic ones
// aside; for whoever moves the clock and waits for what follows.
func (q *Queue) Busy(ctx context.Context) (bool, error) {
	list, err := q.client.JobList(ctx, river.NewJobListParams().
		States(rivertype.JobStateAvailable, rivertype.JobStateRunning).First(maxStuck))
	if err != nil {
		return false, fmt.Errorf("jobs: busy: %w", err)
	}
	for _, row := range list.Jobs {
		if _, known := q.works[row.Kind]; known && row.Kind != (everyArgs{}).Kind() {
			return true, nil
		}
	}
	return false, nil
}
