package accounts

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// Attempt counts one more try of what name says ("sign-in:anna@…"; stored
// hashed) and fails with a TooMany fault once there were more than max within
// the current window of length per. It is counted even when the caller's own
// transaction fails later, so it must not be called inside one.
func (s *Service) Attempt(ctx context.Context, name string, max int, per time.Duration) error {
	now := s.Clock.Now()
	slot := now - now%clock.Instant(per.Microseconds())
	var tries int64
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		tries, err = countAttempt(ctx, tx, hash(name), slot)
		return err
	})
	if err != nil {
		return err
	}
	if tries > int64(max) {
		return fault.New(fault.TooMany, "accounts.too_many_tries", "At", slot.Add(per))
	}
	return nil
}

// Forgive forgets the tries of name, when the right person turned out to be the
// one who tried.
func (s *Service) Forgive(ctx context.Context, name string) error {
	return deleteAttempts(ctx, s.DB, hash(name))
}
