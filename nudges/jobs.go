package nudges

import (
	"context"
	"errors"
	"time"

	"github.com/kierto/kierto/internal/jobs"
)

// sweepEvery is how often the sweep looks. With nothing due it costs one look
// at an index.
const sweepEvery = 5 * time.Second

// tidyEvery is how often habits are learned and calls that are over struck off.
const tidyEvery = 10 * time.Minute

// Work registers the sweep.
func (s *Service) Work(q *jobs.Queue) {
	q.Every("nudges.sweep", sweepEvery, func(ctx context.Context) error {
		_, err := s.Sweep(ctx)
		return err
	})
	q.Every("nudges.tidy", tidyEvery, func(ctx context.Context) error {
		return errors.Join(s.Learn(ctx), endCallsOver(ctx, s.DB, s.Clock.Now()))
	})
}
