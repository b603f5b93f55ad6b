package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
// each try, as in a running program. When the process dies in the middle (see
// db.Probe) Round ends with db.ErrDead, and leaves the jobs it had taken to
// TakeOver.
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
		var done []riverdriver.JobSetStateIfRunningParams
		for _, row := range rows {
			p, err := q.suffer(ctx, row)
			if err != nil {
				return ran, err
			}
			if p != nil {
				done = append(done, *p)
			}
			ran++
		}
		if err := q.setMany(ctx, done, s.Clock.Now().Time()); err != nil {
			return ran, err
		}
		more = len(rows) == drainBatch || q.promised.Load() > 0
	}
	return ran, nil
}

// Promised is how many jobs were inserted since the last Round began.
func (q *Queue) Promised() int64 { return q.promised.Load() }

// takeDue locks what is due, in the order it became due.
func (q *Queue) takeDue(ctx context.Context, now clock.Instant) ([]*rivertype.JobRow, error) {
	if q.db.Dead() {
		return nil, db.ErrDead
	}
	at := now.Time()
	rows, err := q.client.Driver().GetExecutor().JobGetAvailable(ctx, &riverdriver.JobGetAvailableParams{
		ClientID: q.node, MaxAttemptedBy: maxAttempts, MaxToLock: drainBatch, Now: &at, Queue: Default,
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: round: %w", err)
	}
	slices.SortFunc(rows, func(a, b *rivertype.JobRow) int {
		if c := a.ScheduledAt.Compare(b.ScheduledAt); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	return rows, nil
}

// suffer lets a job meet its fate and says what to note of it; nil when nothing
// is left to note.
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
		_, err := q.db.Do(ctx, `DELETE FROM river_job WHERE id = ?`, row.ID)
		return nil, err
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
		return riverdriver.JobSetStateCompleted(row.ID, now.Time(), nil), nil
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

// Forget deletes the jobs that are done, as River does in a running program; for
// the simulator.
func (q *Queue) Forget(ctx context.Context) error {
	_, err := q.db.Do(ctx, `DELETE FROM river_job WHERE state = 'completed'`)
	return err
}

// Run runs one periodic function now; for the simulator.
func (q *Queue) Run(ctx context.Context, name string) error {
	for _, p := range q.periodics() {
		if p.name == name {
			return p.fn(ctx)
		}
	}
	return fmt.Errorf("jobs: nothing periodic is called %q", name)
}
