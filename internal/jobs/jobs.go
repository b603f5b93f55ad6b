// Package jobs runs what a transaction promised, after it is committed. A job is
// inserted in the transaction of the change it belongs to, so it exists exactly
// when the change does; it runs at least once, and may run late or twice, so
// every job is harmless then. Jobs never wait for a time of ours: what is due
// later is a row that a periodic sweep finds by the domain's own clock.
package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/kierto/kierto/internal/db"
)

// The queues.
const (
	Default = river.QueueDefault
	Media   = "media" // what is slow on the processor: pictures
)

// How the queues work. A job starts within pollInterval of its commit.
const (
	defaultWorkers = 100                    // jobs at once in the default queue
	mediaWorkers   = 2                      // jobs at once in the media queue
	pollInterval   = 100 * time.Millisecond // between looks for new jobs
	fetchCooldown  = 20 * time.Millisecond  // at least this long between two looks
	jobTimeout     = time.Minute            // for jobs that name none
	rescueAfter    = 6 * time.Minute        // a job running this long has lost its process; longer than any may
	maxAttempts    = 15                     // about two days of trying
	completedKept  = time.Hour              // finished jobs are forgotten after this
	discardedKept  = 90 * 24 * time.Hour    // given-up jobs wait this long for an operator
)

// Options adjust a Queue. The zero value is right for a server.
type Options struct {
	Workers      int           // jobs at once in the default queue; 0 means 100
	MediaWorkers int           // jobs at once in the media queue; 0 means 2
	Poll         time.Duration // between looks for new jobs; 0 means 100 ms
	Node         string        // names this process among those that share a PostgreSQL; see takeOver; "" means a name of its own
	Simulation   *Simulation   // works by a simulation's time; see Round
	Quick        bool          // start at once, without the random delays that spread many nodes; for tests and the demo
}

// Queue inserts and works jobs on one database.
type Queue struct {
	db      *db.DB
	client  *river.Client[*sql.Tx]
	workers *river.Workers
	log     *slog.Logger
	node    string
	started atomic.Bool
	sim     *Simulation

	promised atomic.Int64 // jobs inserted since Round began

	mu    sync.Mutex
	works map[string]work // by kind
	every []periodic
}

// New makes a queue. Register its jobs, then Start it; a process that only
// inserts does neither.
func New(d *db.DB, log *slog.Logger, o Options) *Queue {
	q := &Queue{db: d, log: log, node: o.Node, sim: o.Simulation, workers: river.NewWorkers(), works: map[string]work{}}
	poll := orDefault(o.Poll, pollInterval)
	var test river.TestConfig
	if o.Simulation != nil {
		test.Time = simulated{o.Simulation.Clock}
	}
	client, err := river.NewClient(d.RiverDriver(), &river.Config{
		Test:   test,
		ID:     o.Node,
		Logger: slog.New(quiet{log.Handler()}),
		Queues: map[string]river.QueueConfig{
			Default: {MaxWorkers: orDefault(o.Workers, defaultWorkers)},
			Media:   {MaxWorkers: orDefault(o.MediaWorkers, mediaWorkers)},
		},
		Workers:                     q.workers,
		SkipUnknownJobCheck:         true, // a lower package inserts what an upper one works
		FetchCooldown:               min(fetchCooldown, poll),
		FetchPollInterval:           poll,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		MaxAttempts:                 maxAttempts,
		CompletedJobRetentionPeriod: completedKept,
		DiscardedJobRetentionPeriod: discardedKept,
		TestOnly:                    o.Quick,
	})
	if err != nil {
		panic(fmt.Sprintf("jobs: %v", err)) // the configuration above is wrong
	}
	q.client = client
	register(q, q.runPeriodic, WorkerOptions{Timeout: periodicTimeout})
	return q
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Args are the arguments of a job: a struct that is stored as JSON, whose Kind
// names who works it.
type Args = river.JobArgs

// Opt changes how one job is inserted.
type Opt func(*river.InsertOpts)

// On puts the job on a queue other than Default.
func On(queue string) Opt { return func(o *river.InsertOpts) { o.Queue = queue } }

// Attempts limits how often the job is tried.
func Attempts(n int) Opt { return func(o *river.InsertOpts) { o.MaxAttempts = n } }

// Once drops the job when an equal one (kind and args) is waiting or running.
func Once() Opt {
	return func(o *river.InsertOpts) {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished}
	}
}

// unfinished are the states of a job that will still run.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// Insert promises a job within tx: it runs when tx commits, and never if not.
func (q *Queue) Insert(ctx context.Context, tx *db.Tx, args Args, opts ...Opt) error {
	var o river.InsertOpts
	if a, ok := args.(river.JobArgsWithInsertOpts); ok {
		o = a.InsertOpts()
	}
	for _, opt := range opts {
		opt(&o)
	}
	return q.insert(ctx, tx, []river.InsertManyParams{{Args: args, InsertOpts: &o}})
}

// InsertMany promises many jobs of one or several kinds within tx.
func (q *Queue) InsertMany(ctx context.Context, tx *db.Tx, args []Args, opts ...Opt) error {
	if len(args) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		var o river.InsertOpts
		for _, opt := range opts {
			opt(&o)
		}
		params[i] = river.InsertManyParams{Args: a, InsertOpts: &o}
	}
	return q.insert(ctx, tx, params)
}

// insert stores jobs without reading them back.
func (q *Queue) insert(ctx context.Context, tx *db.Tx, params []river.InsertManyParams) error {
	q.promised.Add(int64(len(params)))
	sqlTx, ctx, err := tx.SQL(ctx)
	if err != nil {
		return err
	}
	if _, err := q.client.InsertManyFastTx(ctx, sqlTx, params); err != nil {
		return fmt.Errorf("jobs: insert %s: %w", params[0].Args.Kind(), err)
	}
	return nil
}
