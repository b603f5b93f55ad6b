package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// Fate is what becomes of a job in a simulation.
type Fate struct {
	Lost  bool          // the row is gone, as if it had never been promised
	Twice bool          // it runs twice
	Late  time.Duration // it runs only after this long
}

// Simulation is how a simulation works jobs: by its own time, one after another
// in the order they were promised, and with whatever goes wrong.
type Simulation struct {
	Clock clock.Clock
	Fate  func(id int64, kind string) Fate // nil: all goes well
	Later func(at clock.Instant)           // told when a job waits for a later moment
}

// simulated is River's time in a simulation.
type simulated struct{ clock.Clock }

// NowUTC implements rivertype.TimeGenerator.
func (s simulated) NowUTC() time.Time { return s.Now().Time() }

// NowUTCOrNil implements rivertype.TimeGenerator.
func (s simulated) NowUTCOrNil() *time.Time { t := s.NowUTC(); return &t }

// Round works all jobs that are due by the simulation's clock, those included
// that they insert, and says how many ran. A job that fails waits longer after
// each try, as in a running program. Those that are done are forgotten at once.
// When the process dies in the middle (see db.Probe) Round ends with db.ErrDead,
// and leaves the jobs it had taken to TakeOver.
func (q *Queue) Round(ctx context.Context) (ran int, err error) {
	s := q.sim
	if s == nil {
		return 0, errors.New("jobs: Round without a simulation")
	}
	for more := true; more; {
		q.promised.Store(0)
		rows, err := q.takeDue(ctx, s.Clock.Now())
		if err != nil {
			return ran, err
		}
		var done []int64
		var rest []riverdriver.JobSetStateIfRunningParams
		for _, row := range rows {
			p, err := q.suffer(ctx, row)
			if err != nil {
				return ran, err
			}
			if p != nil {
				rest = append(rest, *p)
			} else {
				done = append(done, row.ID)
			}
			ran++
		}
		if err := q.forget(ctx, done); err != nil {
			return ran, err
		}
		if err := q.setMany(ctx, rest, s.Clock.Now().Time()); err != nil {
			return ran, err
		}
		more = len(rows) == drainBatch || q.promised.Load() > 0
	}
	return ran, nil
}

// Promised is how many jobs were inserted since the last Round began.
func (q *Queue) Promised() int64 { return q.promised.Load() }

// waiting is a job that waits, with as much as running it takes.
type waiting struct {
	ID          int64     `db:"id"`
	Kind        string    `db:"kind"`
	Args        []byte    `db:"args"`
	Attempt     int       `db:"attempt"`
	MaxAttempts int       `db:"max_attempts"`
	ScheduledAt time.Time `db:"scheduled_at"`
}

// takeDue takes what is due, in the order it became due. It does what River's own
// statement does for one process, which is half of what a simulated job costs.
func (q *Queue) takeDue(ctx context.Context, now clock.Instant) ([]*rivertype.JobRow, error) {
	var all []waiting
	err := q.db.Select(ctx, &all, `
		SELECT id, kind, args, attempt, max_attempts, scheduled_at
		FROM river_job
		WHERE state = 'available' AND queue = 'default'
		ORDER BY scheduled_at, id
		LIMIT ?`, drainBatch)
	var rows []*rivertype.JobRow
	var ids []int64
	for _, w := range all {
		if clock.Of(w.ScheduledAt) > now {
			break
		}
		ids = append(ids, w.ID)
		rows = append(rows, &rivertype.JobRow{ID: w.ID, Kind: w.Kind, EncodedArgs: w.Args, Attempt: w.Attempt + 1, MaxAttempts: w.MaxAttempts})
	}
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return rows, q.doMany(ctx, `UPDATE river_job SET state = 'running', attempt = attempt + 1 WHERE id IN (?)`, ids)
}

// forget deletes jobs that are done, as River does an hour later.
func (q *Queue) forget(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return q.doMany(ctx, `DELETE FROM river_job WHERE id IN (?)`, ids)
}

func (q *Queue) doMany(ctx context.Context, query string, ids []int64) error {
	text, args, err := db.In(query, ids)
	if err == nil {
		_, err = q.db.Do(ctx, text, args...)
	}
	return err
}

// suffer lets a job meet its fate and says what to note of it; nil when it is
// done.
func (q *Queue) suffer(ctx context.Context, row *rivertype.JobRow) (*riverdriver.JobSetStateIfRunningParams, error) {
	run, known := q.works[row.Kind]
	if !known {
		return nil, fmt.Errorf("jobs: nobody works %s", row.Kind)
	}
	var fate Fate
	if q.sim.Fate != nil && row.Attempt == 1 {
		fate = q.sim.Fate(row.ID, row.Kind)
	}
	now := q.sim.Clock.Now()
	switch {
	case fate.Lost:
		return nil, nil
	case fate.Late > 0:
		return q.later(riverdriver.JobSetStateErrorAvailable(row.ID, now.Add(fate.Late).Time(), nil, nil)), nil
	}
	failure := run(ctx, row)
	if fate.Twice && !q.db.Dead() {
		failure = errors.Join(failure, run(ctx, row))
	}
	if q.db.Dead() {
		return nil, db.ErrDead
	}
	if failure == nil {
		return nil, nil
	}
	data, err := json.Marshal(rivertype.AttemptError{At: now.Time(), Attempt: row.Attempt, Error: failure.Error()})
	if err != nil {
		return nil, fmt.Errorf("jobs: round: %w", err)
	}
	if row.Attempt >= row.MaxAttempts {
		return riverdriver.JobSetStateDiscarded(row.ID, now.Time(), data, nil), nil
	}
	wait := time.Duration(row.Attempt*row.Attempt*row.Attempt*row.Attempt) * time.Second // River's own, without its jitter
	return q.later(riverdriver.JobSetStateErrorAvailable(row.ID, now.Add(wait).Time(), data, nil)), nil
}

// later tells that a job waits.
func (q *Queue) later(p *riverdriver.JobSetStateIfRunningParams) *riverdriver.JobSetStateIfRunningParams {
	if q.sim.Later != nil {
		q.sim.Later(clock.Of(*p.ScheduledAt))
	}
	return p
}

// setMany notes how several runs ended.
func (q *Queue) setMany(ctx context.Context, ps []riverdriver.JobSetStateIfRunningParams, now time.Time) error {
	if len(ps) == 0 {
		return nil
	}
	all := riverdriver.JobSetStateIfRunningManyParams{Now: &now}
	for _, p := range ps {
		all.ID, all.Attempt, all.ErrData = append(all.ID, p.ID), append(all.Attempt, p.Attempt), append(all.ErrData, p.ErrData)
		all.FinalizedAt, all.MetadataDoMerge = append(all.FinalizedAt, p.FinalizedAt), append(all.MetadataDoMerge, p.MetadataDoMerge)
		all.MetadataUpdates, all.ScheduledAt = append(all.MetadataUpdates, p.MetadataUpdates), append(all.ScheduledAt, p.ScheduledAt)
		all.State = append(all.State, p.State)
	}
	if _, err := q.client.Driver().GetExecutor().JobSetStateIfRunningMany(ctx, &all); err != nil {
		return fmt.Errorf("jobs: round: %w", err)
	}
	return nil
}

// TakeOver frees what a process that died had taken; for the simulator. A queue
// that is started does it by itself.
func (q *Queue) TakeOver(ctx context.Context) error { return q.takeOver(ctx) }

// Run runs one periodic function now; for the simulator.
func (q *Queue) Run(ctx context.Context, name string) error {
	for _, p := range q.periodics() {
		if p.name == name {
			return p.fn(ctx)
		}
	}
	return fmt.Errorf("jobs: nothing periodic is called %q", name)
}
