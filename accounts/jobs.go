package accounts

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/jobs"
)

// How long what is over is kept.
const (
	cleanEvery  = time.Hour
	tokensKept  = 7 * 24 * time.Hour // after they ran out
	attemptKept = 24 * time.Hour
)

// resetWanted asks for a letter with a link for a new password, if the address
// has an account.
type resetWanted struct {
	Email string `json:"email"` // folded
}

// Kind implements river.JobArgs.
func (resetWanted) Kind() string { return "accounts.reset" }

// Work registers this package's jobs.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, job *river.Job[resetWanted]) error {
		return s.sendReset(ctx, job.Args.Email)
	}, jobs.WorkerOptions{})
	q.Every("accounts.clean", cleanEvery, s.Clean)
}

// Clean forgets sessions, tokens and counted tries that are over.
func (s *Service) Clean(ctx context.Context) error {
	now := s.Clock.Now()
	if err := deleteOldSessions(ctx, s.DB, realNow()); err != nil {
		return err
	}
	if err := deleteOldTokens(ctx, s.DB, now.Add(-tokensKept)); err != nil {
		return err
	}
	return deleteOldAttempts(ctx, s.DB, now.Add(-attemptKept))
}
