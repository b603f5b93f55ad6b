package payments

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/jobs"
)

// Settled tells the order that its money is here, or that nobody paid in time.
// The orders package works it.
type Settled struct {
	OrderID string `json:"order_id"`
	Held    bool   `json:"held"`    // the money is here; when the order is over by then, it is going back already
	Expired bool   `json:"expired"` // nobody paid in time
}

// Kind implements river.JobArgs.
func (Settled) Kind() string { return "payments.settled" }

// Carry carries out a promised movement of money.
type Carry struct {
	MovementID MovementID `json:"movement_id"`
}

// Kind implements river.JobArgs.
func (Carry) Kind() string { return "payments.carry" }

// Shut closes the page of a payment that was voided.
type Shut struct {
	OrderID string `json:"order_id"`
}

// Kind implements river.JobArgs.
func (Shut) Kind() string { return "payments.shut" }

// Heard acts on a message from the provider.
type Heard struct {
	EventID string    `json:"event_id"`
	Topic   EventKind `json:"topic"`
	Object  string    `json:"object"`
}

// Kind implements river.JobArgs.
func (Heard) Kind() string { return "payments.heard" }

// How often the provider is asked unprompted, and about how much.
const (
	lookEvery  = time.Minute
	lookAfter  = 5 * time.Minute // since a payment was last looked at
	lookBatch  = 100             // payments at a time
	carryEvery = 10 * time.Minute
	carryAfter = 30 * time.Minute // a promise older than this has lost its job
	carryBatch = 100
)

// Work registers the workers and what runs again and again.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, j *river.Job[Carry]) error { return s.CarryOut(ctx, j.Args.MovementID) }, jobs.WorkerOptions{})
	jobs.Register(q, func(ctx context.Context, j *river.Job[Shut]) error { return s.shut(ctx, j.Args.OrderID) }, jobs.WorkerOptions{})
	jobs.Register(q, func(ctx context.Context, j *river.Job[Heard]) error { return s.hear(ctx, j.Args) }, jobs.WorkerOptions{})
	q.Every("payments.look", lookEvery, s.LookAtAll)
	q.Every("payments.carry", carryEvery, s.CarryAll)
	q.Every("payments.nightly", compareEvery, s.Nightly)
}
