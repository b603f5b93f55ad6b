package orders

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// measureEvery is how often reply and posting times are worked out anew.
const measureEvery = time.Hour

// Work registers this domain's jobs: what payments and shipping have to say to
// trades, and measuring people.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, j *river.Job[payments.Settled]) error {
		return s.Settled(ctx, ID(j.Args.OrderID), j.Args.Held)
	}, jobs.WorkerOptions{})
	jobs.Register(q, func(ctx context.Context, j *river.Job[payments.Disputed]) error {
		return s.ByBank(ctx, j.Args)
	}, jobs.WorkerOptions{})
	jobs.Register(q, func(ctx context.Context, j *river.Job[shipping.Scanned]) error {
		return s.Scanned(ctx, j.Args)
	}, jobs.WorkerOptions{})
	jobs.Register(q, func(ctx context.Context, j *river.Job[shipping.BookedArgs]) error {
		return s.Booked(ctx, j.Args)
	}, jobs.WorkerOptions{})
	q.Every("orders.measure", measureEvery, s.MeasureAll)
}

// unlessMoved is err, unless it says that there is no such move any more: a job
// that runs twice or late has nothing left to do.
func unlessMoved(err error) error {
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
