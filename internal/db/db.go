// Package db opens the database, SQLite or PostgreSQL, and runs the same SQL on
// both. It is the only package that knows a driver; stores write SQL through
// Queryer and Tx with ? placeholders.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// Config says where the database is.
type Config struct {
	URL      string // postgres://…; empty means SQLite in Dir
	Dir      string // data folder of the SQLite file
	MaxConns int    // connections at most (SQLite: readers); 0 means a default
	Probe    *Probe // looks on and lets the process die; only for the simulator
	Memory   bool   // SQLite in memory, on one connection of one goroutine; needs a Probe
	NoSync   bool   // SQLite does not wait for the disk; only for tests and for filling a new database
}

// Limits of a connection pool.
const (
	defaultReaders   = 6                // SQLite read connections
	defaultConns     = 20               // PostgreSQL connections
	idleConnLifetime = 5 * time.Minute  // an unused connection is closed after this
	connectionWait   = 30 * time.Second // longest wait for a free connection
	maxRebound       = 4096             // rebound queries kept, number of texts
)

// Queryer reads. DB reads what is committed; Tx also sees its own writes.
type Queryer interface {
	// Get scans one row into dest, a struct with db tags or a scalar. It fails
	// with sql.ErrNoRows (see IsNone) when there is none.
	Get(ctx context.Context, dest any, query string, args ...any) error
	// Select scans all rows into dest, a pointer to a slice.
	Select(ctx context.Context, dest any, query string, args ...any) error
}

// Doer writes: Tx inside a transaction, DB as a transaction of one statement.
type Doer interface {
	Queryer
	// Do runs a statement and says how many rows it changed.
	Do(ctx context.Context, query string, args ...any) (int64, error)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write    *sqlx.DB
	read     *sqlx.DB // the same pool as write on PostgreSQL
	postgres bool
	cfg      Config
	rebound  sync.Map // query with ? → query with $1
	bound    atomic.Int64
	watch    atomic.Pointer[func(query string)]
	current  *sqlx.Tx // in memory: the transaction that runs
	together together // of an SQLite file
}

// Open opens the database and makes sure it answers. It creates the SQLite file
// and its folder when they do not exist yet.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	switch {
	case cfg.URL == "":
		return openSQLite(ctx, cfg)
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		return openPostgres(ctx, cfg)
	default:
		return nil, errors.New("db: a database URL starts with postgres://, or is empty for SQLite in the data folder")
	}
}

// Postgres tells whether this is PostgreSQL. Only what sets the program up and the benchmarks ask.
func (d *DB) Postgres() bool { return d.postgres }

// SQL is the pool that writes, for River.
func (d *DB) SQL() *sql.DB { return d.write.DB }

// Watch calls f for every statement that is run from now on, from whatever
// goroutine runs it, River's own aside; nil ends it. It is how tests count what
// a page asks.
func (d *DB) Watch(f func(query string)) {
	if f == nil {
		d.watch.Store(nil)
		return
	}
	d.watch.Store(&f)
}

// Ping asks whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	var one int64
	if err := d.write.GetContext(ctx, &one, "SELECT 1"); err != nil {
		return wrap(ctx, err)
	}
	return nil
}

// Close closes all connections.
func (d *DB) Close() error {
	if d.postgres || d.cfg.Memory {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Get implements Queryer on what is committed.
func (d *DB) Get(ctx context.Context, dest any, query string, args ...any) error {
	if err := d.alive(); err != nil {
		return err
	}
	if d.cfg.Memory {
		return wrap(ctx, d.memory().GetContext(context.Background(), dest, d.bind(query), args...))
	}
	return wrap(ctx, d.read.GetContext(ctx, dest, d.bind(query), args...))
}

// Select implements Queryer on what is committed.
func (d *DB) Select(ctx context.Context, dest any, query string, args ...any) error {
	if err := d.alive(); err != nil {
		return err
	}
	if d.cfg.Memory {
		return wrap(ctx, d.memory().SelectContext(context.Background(), dest, d.bind(query), args...))
	}
	return wrap(ctx, d.read.SelectContext(ctx, dest, d.bind(query), args...))
}

// Do runs one statement as a transaction of its own.
func (d *DB) Do(ctx context.Context, query string, args ...any) (int64, error) {
	if !d.postgres || d.cfg.Probe != nil { // its commit is one to share, or to die at
		var n int64
		err := d.InTx(ctx, func(tx *Tx) (err error) {
			n, err = tx.Do(ctx, query, args...)
			return err
		})
		return n, err
	}
	res, err := d.write.ExecContext(ctx, d.bind(query), args...)
	return affected(ctx, res, err)
}

// In expands every slice among args into placeholders: "id IN (?)". There are a
// power of two of them, the last value standing for those too many, so that a
// statement has few texts and is prepared seldom. It fails on an empty slice.
func In(query string, args ...any) (string, []any, error) {
	all := make([]any, len(args))
	for i, a := range args {
		all[i] = padded(a)
	}
	q, a, err := sqlx.In(query, all...)
	if err != nil {
		return "", nil, fmt.Errorf("db: %w", err)
	}
	return q, a, nil
}

// bind turns ? into $1, $2, … for PostgreSQL, and shows the query to whoever
// watches. A literal ? in the text of a query is not supported.
func (d *DB) bind(query string) string {
	if f := d.watch.Load(); f != nil {
		(*f)(query)
	}
	if !d.postgres {
		return query
	}
	if q, ok := d.rebound.Load(query); ok {
		return q.(string)
	}
	q := sqlx.Rebind(sqlx.DOLLAR, query)
	if d.bound.Add(1) <= maxRebound {
		d.rebound.Store(query, q)
	}
	return q
}

func affected(ctx context.Context, res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n, wrap(ctx, err)
}
