package nudges

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/jobs"
)

// sweepEvery is how often the sweep looks. With nothing due it costs one look
// at an index.
const sweepEvery = 5 * time.Second

// Work registers the sweep.
func (s *Service) Work(q *jobs.Queue) {
	q.Every("nudges.sweep", sweepEvery, func(ctx context.Context) error {
		_, err := s.Sweep(ctx)
		return err
	})
}
