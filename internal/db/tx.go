package db

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"
)

// Retries of a transaction that PostgreSQL ended for a deadlock or a
// serialization failure.
const (
	maxTries  = 5
	firstWait = 5 * time.Millisecond // doubled after each try, plus jitter
)

// Tx is one write transaction. It must not be used after InTx returns, nor by
// two goroutines at once.
type Tx struct {
	tx    *sqlx.Tx
	conn  *sqlx.Conn
	db    *DB
	later []statement
	kept  map[string]map[any]any // by table, by key: see Keep
	after []func()
	lost  error // what undid the whole transaction, on SQLite
}

// InTx runs fn in one write transaction: it commits when fn returns nil and
// rolls back on an error or a panic. Write transactions are serial on SQLite,
// where those that wait for each other share a commit (see together), and READ
// COMMITTED on PostgreSQL. fn may run again, after a deadlock say; so it touches
// nothing but the database, and reads it through tx alone. InTx must not be called
// inside fn: on SQLite, where only one transaction writes at a time, it would wait
// for itself.
func (d *DB) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := d.try(ctx, fn, try > 1)
		if err == nil || try == maxTries || !shouldRetry(err) {
			return wrap(ctx, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait + rand.N(wait)):
		}
		wait *= 2
	}
}

func (d *DB) try(ctx context.Context, fn func(tx *Tx) error, again bool) (err error) {
	if err := d.alive(); err != nil {
		return err
	}
	if d.together.turn != nil {
		return d.share(ctx, fn, again)
	}
	waiting, cancel := context.WithTimeout(ctx, connectionWait)
	if d.cfg.Memory {
		ctx = context.Background() // nothing there waits for anything
	}
	conn, err := d.write.Connx(waiting)
	cancel()
	if err != nil {
		return notInTime(ctx, err)
	}
	defer func() { _ = conn.Close() }() // hands the connection back; an error means it is gone

	sqlTx, err := conn.BeginTxx(ctx, d.txOptions())
	if err != nil {
		return err
	}
	tx := &Tx{tx: sqlTx, conn: conn, db: d}
	if d.cfg.Memory {
		d.current = sqlTx
		defer func() { d.current = nil }()
	}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			_ = sqlTx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.flush(ctx); err != nil {
		return err
	}
	if err := d.dies(false); err != nil {
		return err
	}
	done = true
	if err := sqlTx.Commit(); err != nil {
		_ = sqlTx.Rollback()
		return err
	}
	if err := d.dies(true); err != nil {
		return err
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

func (d *DB) txOptions() *sql.TxOptions {
	if d.postgres {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

// Get implements Queryer inside the transaction.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	tx.db.changed(query, args)
	if err := tx.before(ctx, query); err != nil {
		return err
	}
	return tx.heard(ctx, tx.tx.GetContext(tx.ctx(ctx), dest, tx.db.bind(query), args...))
}

// Select implements Queryer inside the transaction.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	tx.db.changed(query, args)
	if err := tx.before(ctx, query); err != nil {
		return err
	}
	return tx.heard(ctx, tx.tx.SelectContext(tx.ctx(ctx), dest, tx.db.bind(query), args...))
}

// Do runs a statement and says how many rows it changed. After an error
// PostgreSQL accepts nothing more in this transaction: where a duplicate is to
// be expected, write ON CONFLICT DO NOTHING and look at the number.
func (tx *Tx) Do(ctx context.Context, query string, args ...any) (int64, error) {
	tx.db.wrote(query, args)
	if err := tx.before(ctx, query); err != nil {
		return 0, err
	}
	res, err := tx.tx.ExecContext(tx.ctx(ctx), tx.db.bind(query), args...)
	if err != nil {
		return 0, tx.heard(ctx, err)
	}
	return affected(ctx, res, nil)
}

// heard wraps how a statement went, and remembers what undid the transaction.
func (tx *Tx) heard(ctx context.Context, err error) error {
	err = wrap(ctx, err)
	if err != nil && tx.undone() {
		tx.lost = err
	}
	return err
}

// ctx is what a statement runs under. On SQLite that is one without an end:
// a statement that is interrupted undoes the whole transaction, which may be
// others' too, and the driver spends more on watching for it than on most
// statements.
func (tx *Tx) ctx(ctx context.Context) context.Context {
	if tx.db.postgres {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// SQL is the transaction itself, and what its statements run under; for River.
func (tx *Tx) SQL(ctx context.Context) (*sql.Tx, context.Context, error) {
	return tx.tx.Tx, tx.ctx(ctx), tx.before(ctx, "")
}

// AfterCommit runs f once the transaction is committed, and never otherwise.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }
