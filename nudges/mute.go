package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// Mute ends the reminders to somebody about one trade, offer or conversation.
// Last warnings come anyway. It is counted against the turn and the step whose
// reminder they muted. Doing it twice is fine. The caller has made sure that the
// subject is theirs.
func (s *Service) Mute(ctx context.Context, tx *db.Tx, u accounts.UserID, subject string, t turn.ID, step string) error {
	_, err := mute(ctx, tx, s.Clock.Now(), u, subject, t, step)
	return err
}

// Unmute lets reminders come again.
func (s *Service) Unmute(ctx context.Context, tx *db.Tx, u accounts.UserID, subject string) error {
	return unmute(ctx, tx, u, subject)
}

// Muted tells whether somebody wants no reminders about a subject.
func (s *Service) Muted(ctx context.Context, q db.Queryer, u accounts.UserID, subject string) (bool, error) {
	return muted(ctx, q, u, subject)
}
