package turn

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// AnyDue tells whether the sweep has anything to look at. It writes nothing and
// asks one index.
func AnyDue(ctx context.Context, q db.Queryer, now clock.Instant) (bool, error) {
	var ids []ID
	err := q.Select(ctx, &ids, `SELECT id FROM turns WHERE closed_at = 0 AND next_at <= ? ORDER BY next_at LIMIT 1`, now)
	return len(ids) > 0, err
}

// Claim are open turns the sweep has to look at, at most limit, longest waiting
// first. Until tx is over no other sweep gets them.
func Claim(ctx context.Context, tx *db.Tx, now clock.Instant, limit int) ([]Turn, error) {
	var ts []Turn
	err := tx.Select(ctx, &ts, `
		SELECT `+columns+`
		FROM turns
		WHERE closed_at = 0 AND next_at <= ?
		ORDER BY next_at, id
		LIMIT ?`+tx.SkipLocked(), now, limit)
	return ts, err
}

// ClaimOne is one turn, as Claim; none when it is closed or somebody has it.
func ClaimOne(ctx context.Context, tx *db.Tx, tid ID) ([]Turn, error) {
	var ts []Turn
	err := tx.Select(ctx, &ts, `SELECT `+columns+` FROM turns WHERE id = ? AND closed_at = 0`+tx.SkipLocked(), tid)
	return ts, err
}

// AnyUnder tells whether an open turn still runs under another policy. It looks
// at both ends of an index: asked for what is less or greater, PostgreSQL reads
// every turn when it has no statistics.
func AnyUnder(ctx context.Context, q db.Queryer, policy string) (bool, error) {
	var ends struct {
		Least string `db:"least"`
		Most  string `db:"most"`
	}
	err := q.Get(ctx, &ends, `
		SELECT COALESCE((SELECT MIN(policy) FROM turns WHERE closed_at = 0), ?) AS least,
			COALESCE((SELECT MAX(policy) FROM turns WHERE closed_at = 0), ?) AS most`, policy, policy)
	return ends.Least != policy || ends.Most != policy, err
}

// ClaimUnder are open turns that still run under another policy, as Claim.
func ClaimUnder(ctx context.Context, tx *db.Tx, policy string, limit int) ([]Turn, error) {
	var ts []Turn
	for _, side := range []string{"<", ">"} {
		if len(ts) == limit {
			break
		}
		var more []Turn
		err := tx.Select(ctx, &more, `
			SELECT `+columns+`
			FROM turns
			WHERE closed_at = 0 AND policy `+side+` ?
			ORDER BY policy, id
			LIMIT ?`+tx.SkipLocked(), policy, limit-len(ts))
		if err != nil {
			return nil, err
		}
		ts = append(ts, more...)
	}
	return ts, nil
}

// Watch is what the sweep writes of a turn it looked at.
type Watch struct {
	ID       ID
	DueAt    clock.Instant
	NextAt   clock.Instant
	NextStep string
	Policy   string
	Arm      string
}

// WatchMany writes what the sweep decided about turns it claimed.
func WatchMany(ctx context.Context, tx *db.Tx, ws []Watch) error {
	if len(ws) == 0 {
		return nil
	}
	args := make([]any, 0, 6*len(ws))
	for _, w := range ws {
		args = append(args, w.ID, w.DueAt, w.NextAt, w.NextStep, w.Policy, w.Arm)
	}
	_, err := tx.Do(ctx, `
		WITH v (trn, due, next, step, under, side) AS (`+
		db.Typed(len(ws), "TEXT", "BIGINT", "BIGINT", "TEXT", "TEXT", "TEXT")+`)
		UPDATE turns
		SET due_at = v.due, next_at = v.next, next_step = v.step, policy = v.under, arm = v.side
		FROM v
		WHERE id = v.trn AND closed_at = 0`, args...)
	return err
}

// Armed is the arm in which something is already followed.
type Armed struct {
	Subject string `db:"subject"`
	Arm     string `db:"arm"`
}

// Arms are the arms of subjects whose turns were planned before.
func Arms(ctx context.Context, q db.Queryer, subjects []string) ([]Armed, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT DISTINCT subject, arm FROM turns WHERE subject IN (?) AND policy <> ''`, subjects)
	if err != nil {
		return nil, err
	}
	var as []Armed
	err = q.Select(ctx, &as, query, args...)
	return as, err
}
