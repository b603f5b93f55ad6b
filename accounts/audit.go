package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
)

// AuditID names a line of the audit log: aud_….
type AuditID string

// AuditLine is one thing that staff did, or that touched security.
type AuditLine struct {
	ID      AuditID       `db:"id"`
	At      clock.Instant `db:"at"`
	Actor   UserID        `db:"actor_id"` // or System
	Action  string        `db:"action"`   // "orders.refund", "accounts.suspend", …
	Subject string        `db:"subject"`  // id of what it was done to
	Note    string        `db:"note"`     // the reason given
}

// Audit writes down what actor did to subject, within the transaction that does
// it. The log is append-only. The note never holds an address or a secret.
func (s *Service) Audit(ctx context.Context, tx *db.Tx, actor UserID, action, subject, note string) error {
	now := s.Clock.Now()
	return insertAudit(ctx, tx, AuditLine{
		ID: id.New[AuditID]("aud", now), At: now, Actor: actor, Action: action, Subject: subject, Note: note,
	})
}

// AuditLog is the newest lines before one of them ("" from the newest), about
// one subject, or about everything when subject is "".
func (s *Service) AuditLog(ctx context.Context, subject string, before AuditID, limit int) ([]AuditLine, error) {
	return auditLines(ctx, s.DB, subject, before, limit)
}
