package nudges

import (
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// Verdicts: what became of a step.
const (
	sent      = "sent"
	heldOut   = "held_out"   // its trade is one of those that are not reminded
	wasMuted  = "muted"      // they asked for no reminders about it
	stale     = "stale"      // came too late to be worth sending
	noChannel = "no_channel" // whom it speaks to is no member, or is reached by nothing but the app
)

// Nudge is a step of a turn that was decided, for one of its readers.
type Nudge struct {
	TurnID    turn.ID       `db:"turn_id"`
	Step      string        `db:"step"`
	UserID    string        `db:"user_id"`
	PlannedAt clock.Instant `db:"planned_at"`
	DecidedAt clock.Instant `db:"decided_at"`
	Verdict   string        `db:"verdict"`
	WentAt    clock.Instant `db:"went_at"` // when its first message left the house, or when it was decided if it is for the app alone; 0: not yet
}

const nudgeColumns = `turn_id, step, user_id, planned_at, decided_at, verdict, went_at`

// Sent tells whether the step was to be said to its reader.
func (n Nudge) Sent() bool { return n.Verdict == sent }

// Went tells whether it was: a message left the house, or the app has all of it.
func (n Nudge) Went() bool { return !n.WentAt.IsZero() }

// recorded is how many nudges one statement stores.
const recorded = 1000

// recordMany notes decided steps. Noting one twice changes nothing: the first
// word holds.
func recordMany(ctx context.Context, tx *db.Tx, all []Nudge) error {
	for ns := range slices.Chunk(all, recorded) {
		args := make([]any, 0, 7*len(ns))
		for _, n := range ns {
			args = append(args, n.TurnID, n.Step, n.UserID, n.PlannedAt, n.DecidedAt, n.Verdict, n.WentAt)
		}
		_, err := tx.Do(ctx, `INSERT INTO nudges (`+nudgeColumns+`) `+db.Values(len(ns), 7)+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// wentOut notes that the first message of a step has left the house. It says false
// when one had before, or when nothing of the kind was decided.
func wentOut(ctx context.Context, tx *db.Tx, t turn.ID, step string, u accounts.UserID, now clock.Instant) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE nudges
		SET went_at = ?
		WHERE turn_id = ? AND step = ? AND user_id = ? AND verdict = ? AND went_at = 0`, now, t, step, u, sent)
	return n == 1, err
}

// decidedMany are the steps of turns that were taken, oldest first.
func decidedMany(ctx context.Context, q db.Queryer, ids []turn.ID) ([]Nudge, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT `+nudgeColumns+` FROM nudges WHERE turn_id IN (?) ORDER BY decided_at, step, user_id`, ids)
	if err != nil {
		return nil, err
	}
	var ns []Nudge
	err = q.Select(ctx, &ns, query, args...)
	return ns, err
}

// unwatched are open turns without a next step, of which there can be none.
func unwatched(ctx context.Context, q db.Queryer) (open int64, broken []string, err error) {
	if err = q.Get(ctx, &open, `SELECT COUNT(*) FROM turns WHERE closed_at = 0`); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &broken, `SELECT id FROM turns WHERE closed_at = 0 AND next_at IS NULL ORDER BY id LIMIT 100`)
	return open, broken, err
}

// overdue are open turns whose next step should have been taken before then.
func overdue(ctx context.Context, q db.Queryer, then clock.Instant) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM turns WHERE closed_at = 0 AND next_at < ? ORDER BY next_at LIMIT 100`, then)
	return ids, err
}

// unsaid are reminders recorded as sent for which no message exists.
func unsaid(ctx context.Context, q db.Queryer) (all int64, broken []string, err error) {
	if err = q.Get(ctx, &all, `SELECT COUNT(*) FROM nudges WHERE verdict = 'sent'`); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &broken, `
		SELECT n.turn_id || ' ' || n.step
		FROM nudges n
		WHERE n.verdict = 'sent' AND NOT EXISTS (
			SELECT 1 FROM deliveries d WHERE d.turn_id = n.turn_id AND d.step = n.step AND d.user_id = n.user_id)
		ORDER BY n.turn_id
		LIMIT 100`)
	return all, broken, err
}

// strayArms are subjects followed in two arms at once.
func strayArms(ctx context.Context, q db.Queryer) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT subject FROM turns WHERE policy <> '' GROUP BY subject HAVING MIN(arm) <> MAX(arm) ORDER BY subject LIMIT 100`)
	return ids, err
}
