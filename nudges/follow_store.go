package nudges

import (
	"context"
	"strconv"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// mutesOf are who wants no reminders about subjects.
func mutesOf(ctx context.Context, q db.Queryer, subjects []string) (map[muteKey]bool, error) {
	out := map[muteKey]bool{}
	if len(subjects) == 0 {
		return out, nil
	}
	query, args, err := db.In(`SELECT user_id, subject FROM mutes WHERE subject IN (?)`, subjects)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		User    accounts.UserID `db:"user_id"`
		Subject string          `db:"subject"`
	}
	err = q.Select(ctx, &rows, query, args...)
	for _, r := range rows {
		out[muteKey{r.User, r.Subject}] = true
	}
	return out, err
}

// endCallsOver ends the calls about turns that are over.
func endCallsOver(ctx context.Context, d db.Doer, now clock.Instant) error {
	_, err := d.Do(ctx, `
		UPDATE calls
		SET done_at = ?
		WHERE done_at = 0 AND EXISTS (SELECT 1 FROM turns t WHERE t.id = calls.turn_id AND t.closed_at > 0)`, now)
	return err
}

// habitsOf are the habits of people, as of when they were learned.
func habitsOf(ctx context.Context, q db.Queryer, us []accounts.UserID) (map[accounts.UserID]Habit, error) {
	rows, err := habitRows(ctx, q, us)
	out := make(map[accounts.UserID]Habit, len(rows))
	for _, r := range rows {
		out[r.User] = r.habit()
	}
	return out, err
}

// habitRow is a habit as it is stored.
type habitRow struct {
	User  accounts.UserID `db:"user_id"`
	Hours string          `db:"hours"`
	At    clock.Instant   `db:"at"`
}

func (r habitRow) habit() Habit {
	var h Habit
	for i, w := range strings.Fields(r.Hours) {
		if i < len(h) {
			h[i], _ = strconv.ParseFloat(w, 64) // written by saveHabits alone
		}
	}
	return h
}

// String is the habit as it is stored.
func (h Habit) String() string {
	words := make([]string, len(h))
	for i, w := range h {
		words[i] = strconv.FormatFloat(w, 'f', 3, 64)
	}
	return strings.Join(words, " ")
}

func habitRows(ctx context.Context, q db.Queryer, us []accounts.UserID) ([]habitRow, error) {
	if len(us) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`SELECT user_id, hours, at FROM habits WHERE user_id IN (?)`, us)
	if err != nil {
		return nil, err
	}
	var rows []habitRow
	err = q.Select(ctx, &rows, query, args...)
	return rows, err
}

// saveHabits stores what was learned.
func saveHabits(ctx context.Context, tx *db.Tx, rows []habitRow) error {
	if len(rows) == 0 {
		return nil
	}
	args := make([]any, 0, 3*len(rows))
	for _, r := range rows {
		args = append(args, r.User, r.Hours, r.At)
	}
	_, err := tx.Do(ctx, `
		INSERT INTO habits (user_id, hours, at) `+db.Values(len(rows), 3)+`
		ON CONFLICT (user_id) DO UPDATE SET hours = excluded.hours, at = excluded.at`, args...)
	return err
}

// learnedUntil is the newest deed that habits know of.
func learnedUntil(ctx context.Context, q db.Queryer) (clock.Instant, error) {
	var at clock.Instant
	err := q.Get(ctx, &at, `SELECT COALESCE(MAX(at), 0) FROM habits`)
	return at, err
}

// act is somebody having done what they owed.
type act struct {
	User accounts.UserID `db:"owner_id"`
	At   clock.Instant   `db:"closed_at"`
}

// actsSince are those after one instant and until another, oldest first.
func actsSince(ctx context.Context, q db.Queryer, after, until clock.Instant, limit int) ([]act, error) {
	var ds []act
	err := q.Select(ctx, &ds, `
		SELECT owner_id, closed_at
		FROM turns
		WHERE outcome = 'done' AND closed_at > ? AND closed_at <= ? AND owner_id NOT IN ('operator', 'carrier')
		ORDER BY closed_at
		LIMIT ?`, after, until, limit)
	return ds, err
}

// forget removes what was learned about somebody who leaves, and their wishes.
func forget(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	for _, query := range []string{`DELETE FROM habits WHERE user_id = ?`, `DELETE FROM mutes WHERE user_id = ?`, `DELETE FROM taps WHERE user_id = ?`,
		`UPDATE calls SET note = '' WHERE user_id = ?`} {
		if _, err := tx.Do(ctx, query, u); err != nil {
			return err
		}
	}
	return nil
}

// mutesBy are the subjects somebody muted.
func mutesBy(ctx context.Context, q db.Queryer, u accounts.UserID) ([]string, error) {
	var subjects []string
	err := q.Select(ctx, &subjects, `SELECT subject FROM mutes WHERE user_id = ? ORDER BY created_at`, u)
	return subjects, err
}
