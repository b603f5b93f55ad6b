package messaging

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/jobs"
)

// How deliveries are worked.
const (
	sweepEvery     = 5 * time.Second
	deliverTimeout = 45 * time.Second // of one job; above the sender's own time limit
)

// Deliver sends one delivery.
type Deliver struct {
	ID DeliveryID `json:"id"`
}

// Kind implements river.JobArgs.
func (Deliver) Kind() string { return "messaging.deliver" }

// DeliverSome sends several deliveries.
type DeliverSome struct {
	IDs []DeliveryID `json:"ids"`
}

// Kind implements river.JobArgs.
func (DeliverSome) Kind() string { return "messaging.deliver_some" }

// Work registers the workers.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, job *river.Job[Deliver]) error {
		return s.DeliverOne(ctx, job.Args.ID)
	}, jobs.WorkerOptions{Timeout: deliverTimeout})
	jobs.Register(q, func(ctx context.Context, job *river.Job[Reply]) error {
		return s.SendReply(ctx, job.Args)
	}, jobs.WorkerOptions{Timeout: deliverTimeout})
	jobs.Register(q, func(ctx context.Context, job *river.Job[DeliverSome]) error {
		return s.deliverSome(ctx, job.Args.IDs)
	}, jobs.WorkerOptions{Timeout: deliverTimeout})
	q.Every("messaging.sweep", sweepEvery, s.Sweep)
}
