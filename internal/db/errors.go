package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"github.com/kierto/kierto/internal/fault"
)

// PostgreSQL error codes.
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgDiskFull      = "53100"
	pgShutdown      = "57P" // 57P01 … 57P03: going down, crashed, starting up
	pgConnection    = "08"  // connection exceptions
	pgTooMany       = "53300"
)

// IsNone tells whether err says that a Get found no row.
func IsNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnique tells whether err says that a unique or primary key is taken.
func IsUnique(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == pgUnique
	}
	if lite, ok := errors.AsType[sqlite3.Error](err); ok {
		switch lite.ExtendedCode {
		case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey, sqlite3.ErrConstraintRowID:
			return true
		}
	}
	return false
}

// shouldRetry tells whether the database ended a transaction that would pass if
// it ran again.
func shouldRetry(err error) bool {
	if errors.Is(err, errUndone) {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == pgSerialization || pg.Code == pgDeadlock)
}

// away is the fault for a database that does not answer.
func away(err error) error {
	f := fault.New(fault.Busy, "db.away")
	f.Err = err
	return f
}

// notInTime says that the database let somebody wait for too long.
func notInTime(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return away(fmt.Errorf("db: no connection within %s (a transaction inside a transaction?): %w", connectionWait, err))
	}
	return err
}

// full is the fault for a full disk.
func full(err error) error {
	f := fault.New(fault.Busy, "db.full")
	f.Err = err
	return f
}

// wrap turns what is wrong with the database itself, rather than with a
// statement, into a Busy fault. Everything else it leaves alone.
func wrap(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) || ctx.Err() != nil || len(fault.As(err)) > 0 {
		return err
	}
	if lite, ok := errors.AsType[sqlite3.Error](err); ok {
		return wrapSQLite(lite, err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == pgDiskFull:
			return full(err)
		case pg.Code == pgTooMany, strings.HasPrefix(pg.Code, pgShutdown), strings.HasPrefix(pg.Code, pgConnection):
			return away(err)
		}
		return err
	}
	if connectionLost(err) {
		return away(err)
	}
	return err
}

func wrapSQLite(lite sqlite3.Error, err error) error {
	switch lite.Code {
	case sqlite3.ErrFull:
		return full(err)
	case sqlite3.ErrIoErr:
		if lite.SystemErrno == syscall.ENOSPC {
			return full(err)
		}
		return away(err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrCantOpen, sqlite3.ErrReadonly:
		return away(err)
	}
	return err
}

func connectionLost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
