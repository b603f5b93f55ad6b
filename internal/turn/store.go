package turn

import (
	"context"
	"errors"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
)

// ErrPast is returned for a turn that would be due before it begins.
var ErrPast = errors.New("turn: due before it opens")

// columns of a turn, in the order of the struct.
const columns = `id, kind, subject, version, owner_id, waiter_id, opened_at, aim_at, due_at,
	COALESCE(next_at, 0) AS next_at, next_step, policy, arm, closed_at, outcome`

// Open begins a turn. The sweep plans its ladder at once, since only nudges
// knows ladders. An owner has one open turn of a kind about a subject: opening
// it again is a unique violation.
func Open(ctx context.Context, tx *db.Tx, now clock.Instant, s Spec) (ID, error) {
	if s.Due.Before(now) {
		return "", ErrPast
	}
	tid := s.ID
	if tid == "" {
		tid = NewID(now)
	}
	err := tx.Later(ctx, `
		INSERT INTO turns (id, kind, subject, version, owner_id, waiter_id, opened_at, aim_at, due_at, next_at, next_step)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tid, s.Kind, s.Subject, s.Version, s.Owner, s.Waiter, now, s.aim(), s.Due, now, StepPlan)
	return tid, err
}

// aim is what is promised: a promise that is no earlier than the deadline is none.
func (s Spec) aim() clock.Instant {
	if s.Due <= s.Aim {
		return 0
	}
	return s.Aim
}

// NewID names a turn before it opens.
func NewID(now clock.Instant) ID { return id.New[ID]("trn", now) }

// Close ends the open turns of a kind about a subject. None is fine.
func Close(ctx context.Context, tx *db.Tx, now clock.Instant, kind Kind, subject, outcome string) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, outcome = ?, next_at = NULL
		WHERE subject = ? AND kind = ? AND closed_at = 0`,
		now, outcome, subject, kind)
	return err
}

// CloseOf ends one owner's open turn of a kind about a subject. None is fine.
func CloseOf(ctx context.Context, tx *db.Tx, now clock.Instant, kind Kind, subject, owner, outcome string) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, outcome = ?, next_at = NULL
		WHERE subject = ? AND kind = ? AND owner_id = ? AND closed_at = 0`,
		now, outcome, subject, kind, owner)
	return err
}

// CloseID ends one turn. It says false when it was closed already.
func CloseID(ctx context.Context, tx *db.Tx, now clock.Instant, tid ID, outcome string) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE turns
		SET closed_at = ?, outcome = ?, next_at = NULL
		WHERE id = ? AND closed_at = 0`,
		now, outcome, tid)
	return n == 1, err
}

// Extend moves the deadline of an open turn. Its ladder is planned anew.
func Extend(ctx context.Context, tx *db.Tx, now clock.Instant, tid ID, due clock.Instant) error {
	if due.Before(now) {
		return ErrPast
	}
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET due_at = ?, next_at = ?, next_step = ?
		WHERE id = ? AND closed_at = 0`,
		due, now, StepPlan, tid)
	return err
}

// Snooze lets the sweep look at an open turn at next instead, to do step then.
func Snooze(ctx context.Context, tx *db.Tx, tid ID, next clock.Instant, step string) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET next_at = ?, next_step = ?
		WHERE id = ? AND closed_at = 0`,
		next, step, tid)
	return err
}

// Get is one turn. It fails with sql.ErrNoRows when there is none.
func Get(ctx context.Context, q db.Queryer, tid ID) (Turn, error) {
	var t Turn
	err := q.Get(ctx, &t, `SELECT `+columns+` FROM turns WHERE id = ?`, tid)
	return t, err
}

// OpenOf are the open turns about a subject, soonest due first.
func OpenOf(ctx context.Context, q db.Queryer, subject string) ([]Turn, error) {
	var ts []Turn
	err := q.Select(ctx, &ts, `
		SELECT `+columns+`
		FROM turns
		WHERE subject = ? AND closed_at = 0
		ORDER BY due_at, id`, subject)
	return ts, err
}

// OpenOfMany are the open turns about several subjects, soonest due first.
func OpenOfMany(ctx context.Context, q db.Queryer, subjects []string) ([]Turn, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`
		SELECT `+columns+`
		FROM turns
		WHERE subject IN (?) AND closed_at = 0
		ORDER BY due_at, id`, subjects)
	if err != nil {
		return nil, err
	}
	var ts []Turn
	err = q.Select(ctx, &ts, query, args...)
	return ts, err
}

// OwedList are the open turns a person owes, soonest due first, at most limit.
func OwedList(ctx context.Context, q db.Queryer, owner string, limit int) ([]Turn, error) {
	var ts []Turn
	err := q.Select(ctx, &ts, `
		SELECT `+columns+`
		FROM turns
		WHERE owner_id = ? AND closed_at = 0
		ORDER BY due_at, id
		LIMIT ?`, owner, limit)
	return ts, err
}

// AllOf are all turns about a subject, oldest first.
func AllOf(ctx context.Context, q db.Queryer, subject string) ([]Turn, error) {
	var ts []Turn
	err := q.Select(ctx, &ts, `
		SELECT `+columns+`
		FROM turns
		WHERE subject = ?
		ORDER BY opened_at, id`, subject)
	return ts, err
}

// OwedBy counts what a person owes, for the badge in the top bar.
func OwedBy(ctx context.Context, q db.Queryer, owner string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM turns WHERE owner_id = ? AND closed_at = 0`, owner)
	return n, err
}

// Due are open turns the sweep has to look at, at most limit, longest waiting
// first.
func Due(ctx context.Context, q db.Queryer, now clock.Instant, limit int) ([]Turn, error) {
	var ts []Turn
	err := q.Select(ctx, &ts, `
		SELECT `+columns+`
		FROM turns
		WHERE closed_at = 0 AND next_at <= ?
		ORDER BY next_at, id
		LIMIT ?`, now, limit)
	return ts, err
}

// Replan lets the sweep look at once at every open turn that a person owes or
// waits for: they can be reached at other hours, or otherwise, from now on.
func Replan(ctx context.Context, tx *db.Tx, now clock.Instant, who string) error {
	_, err := tx.Do(ctx, `
		UPDATE turns
		SET next_at = ?, next_step = ?
		WHERE owner_id = ? AND closed_at = 0 OR waiter_id = ? AND closed_at = 0`,
		now, StepPlan, who, who)
	return err
}
