package listings

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/jobs"
)

// How often what is due is looked for.
const (
	absorbEvery = 20 * time.Second
	newsEvery   = 10 * time.Minute
	sweepEvery  = time.Hour
	pruneEvery  = 10 * time.Minute
)

// photoTime is how long one photo may take.
const photoTime = 3 * time.Minute

// MakePhoto makes the three sizes of the photo called Key.
type MakePhoto struct {
	Key string `json:"key"`
}

// Kind implements river.JobArgs.
func (MakePhoto) Kind() string { return "listings.photo" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (MakePhoto) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: jobs.Media} }

// Work registers what listings do in the background.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, job *river.Job[MakePhoto]) error {
		return s.MakeSizes(ctx, job.Args.Key)
	}, jobs.WorkerOptions{Timeout: photoTime})
	q.Every("listings.news", newsEvery, func(ctx context.Context) error {
		_, err := s.TellNews(ctx)
		return err
	})
	q.Every("listings.absorb", absorbEvery, s.Absorb)
	q.Every("listings.prune", pruneEvery, s.Prune)
	q.Every("listings.photos", sweepEvery, func(ctx context.Context) error {
		_, err := s.SweepPhotos(ctx)
		return err
	})
}
