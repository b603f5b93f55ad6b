package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// hours writes the time between two instants as hours.
const hours = `CAST((CASE WHEN t.closed_at > 0 THEN t.closed_at ELSE ? END) - t.opened_at AS DOUBLE PRECISION) / 3600000000.0`

// span are the ids of turns that began in a span: ids are in the order of time.
func span(from, until clock.Instant) (turn.ID, turn.ID) {
	return id.Floor[turn.ID]("trn", from), id.Floor[turn.ID]("trn", until)
}

// turnRow is the sums of one kind and arm.
type turnRow struct {
	Kind    turn.Kind `db:"kind"`
	Arm     string    `db:"arm"`
	N       int       `db:"n"`
	Hours   float64   `db:"hours"`
	Squares float64   `db:"squares"`
	Done    int       `db:"done"`
}

// turnSums adds up the turns that began in a span and were planned. An open one
// counts with the time it has taken so far.
func turnSums(ctx context.Context, q db.Queryer, from, until, now clock.Instant) ([]turnRow, error) {
	first, end := span(from, until)
	var rows []turnRow
	err := q.Select(ctx, &rows, `
		SELECT x.kind, x.arm, COUNT(*) AS n, SUM(x.h) AS hours, SUM(x.h * x.h) AS squares, SUM(x.done) AS done
		FROM (
			SELECT t.kind, t.arm, `+hours+` AS h, CASE WHEN t.outcome IN ('done', 'seen') THEN 1 ELSE 0 END AS done
			FROM turns t
			WHERE t.id >= ? AND t.id < ? AND t.policy <> '' AND t.owner_id NOT IN ('operator', 'carrier')) AS x
		GROUP BY x.kind, x.arm`, now, first, end)
	return rows, err
}

// stepRow is one decided reminder to the one who owes, and how its turn ended.
type stepRow struct {
	Kind      turn.Kind     `db:"kind"`
	Step      string        `db:"step"`
	Verdict   string        `db:"verdict"`
	DecidedAt clock.Instant `db:"decided_at"`
	ClosedAt  clock.Instant `db:"closed_at"`
	Outcome   string        `db:"outcome"`
}

// stepRows are the reminders that were sent or held out, newest turns first.
func stepRows(ctx context.Context, q db.Queryer, from, until clock.Instant, limit int) ([]stepRow, error) {
	first, end := span(from, until)
	var rows []stepRow
	err := q.Select(ctx, &rows, `
		SELECT t.kind, n.step, n.verdict, n.decided_at, t.closed_at, t.outcome
		FROM nudges n
		JOIN turns t ON t.id = n.turn_id
		WHERE n.turn_id >= ? AND n.turn_id < ? AND n.user_id = t.owner_id AND n.verdict IN ('sent', 'held_out')
		ORDER BY n.turn_id DESC, n.step
		LIMIT ?`, first, end, limit)
	return rows, err
}

// wayEffects count what became of the messages of each step by each channel.
func wayEffects(ctx context.Context, q db.Queryer, from, until clock.Instant) ([]WayEffect, error) {
	first, end := span(from, until)
	var ws []WayEffect
	err := q.Select(ctx, &ws, `
		SELECT t.kind, d.step, d.channel,
			SUM(CASE WHEN d.state = 'sent' THEN 1 ELSE 0 END) AS sent,
			SUM(CASE WHEN d.state = 'sent' AND (d.reached_at > 0 OR d.channel = 'email'
				OR (d.channel = 'app' AND EXISTS (SELECT 1 FROM notices x WHERE x.id = d.address AND x.read_at > 0)))
				THEN 1 ELSE 0 END) AS delivered,
			SUM(CASE WHEN d.state = 'sent' AND t.outcome IN ('done', 'seen') AND t.closed_at >= d.done_at AND t.closed_at <= d.done_at + ?
				THEN 1 ELSE 0 END) AS acted,
			SUM(CASE WHEN d.state = 'failed' THEN 1 ELSE 0 END) AS failed
		FROM deliveries d
		JOIN turns t ON t.id = d.turn_id AND t.owner_id = d.user_id
		WHERE d.turn_id >= ? AND d.turn_id < ?
		GROUP BY t.kind, d.step, d.channel`, within.Microseconds(), first, end)
	return ws, err
}

// counted is a number under a name.
type counted struct {
	Name string `db:"name"`
	N    int    `db:"n"`
}

// muteCounts are the mutes by the reminder that carried the link: "kind.step".
func muteCounts(ctx context.Context, q db.Queryer, from, until clock.Instant) (map[string]int, error) {
	first, end := span(from, until)
	return counts(ctx, q, `
		SELECT t.kind || '.' || m.step AS name, COUNT(*) AS n
		FROM mutes m
		JOIN turns t ON t.id = m.turn_id
		WHERE m.turn_id >= ? AND m.turn_id < ?
		GROUP BY t.kind, m.step`, first, end)
}

// voice is how people answered with something other than the act.
type voice struct{ Mutes, Asked, Stopped int }

// voiceCounts are the mutes of each kind of turn; those who asked for a person
// within a day of a reminder; and those who answered STOP within one.
func voiceCounts(ctx context.Context, q db.Queryer, from, until clock.Instant) (map[turn.Kind]voice, error) {
	first, end := span(from, until)
	day := within.Microseconds()
	mutes, err := counts(ctx, q, `
		SELECT t.kind AS name, COUNT(*) AS n
		FROM mutes m
		JOIN turns t ON t.id = m.turn_id
		WHERE m.turn_id >= ? AND m.turn_id < ?
		GROUP BY t.kind`, first, end)
	if err != nil {
		return nil, err
	}
	asked, err := counts(ctx, q, `
		SELECT t.kind AS name, COUNT(DISTINCT t.id) AS n
		FROM conversations c
		JOIN turns t ON t.subject = c.subject AND t.owner_id = c.buyer_id
		JOIN nudges n ON n.turn_id = t.id AND n.user_id = t.owner_id
		WHERE c.kind = 'case' AND c.subject <> '' AND t.id >= ? AND t.id < ? AND n.verdict = 'sent'
			AND c.created_at >= n.decided_at AND c.created_at <= n.decided_at + ?
		GROUP BY t.kind`, first, end, day)
	if err != nil {
		return nil, err
	}
	stopped, err := counts(ctx, q, `
		SELECT t.kind AS name, COUNT(DISTINCT o.address) AS n
		FROM opt_outs o
		JOIN deliveries d ON d.address = o.address AND d.channel = o.channel
		JOIN turns t ON t.id = d.turn_id
		WHERE d.turn_id >= ? AND d.turn_id < ? AND o.created_at >= d.done_at AND o.created_at <= d.done_at + ?
		GROUP BY t.kind`, first, end, day)
	out := map[turn.Kind]voice{}
	for _, k := range kinds {
		out[k] = voice{mutes[string(k)], asked[string(k)], stopped[string(k)]}
	}
	return out, err
}

// counts runs a query for names and numbers.
func counts(ctx context.Context, q db.Queryer, query string, args ...any) (map[string]int, error) {
	var rows []counted
	if err := q.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.Name] = r.N
	}
	return out, nil
}
