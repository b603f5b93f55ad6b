package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

func insertAudit(ctx context.Context, tx *db.Tx, l AuditLine) error {
	_, err := tx.Do(ctx, `INSERT INTO audit (id, at, actor_id, action, subject, note) VALUES (?, ?, ?, ?, ?, ?)`,
		l.ID, l.At, l.Actor, l.Action, l.Subject, l.Note)
	return err
}

func auditLines(ctx context.Context, q db.Queryer, subject string, before AuditID, limit int) (ls []AuditLine, err error) {
	err = q.Select(ctx, &ls, `SELECT id, at, actor_id, action, subject, note FROM audit
		WHERE (? = '' OR subject = ?) AND (? = '' OR id < ?)
		ORDER BY id DESC
		LIMIT ?`, subject, subject, before, before, limit)
	return ls, err
}
