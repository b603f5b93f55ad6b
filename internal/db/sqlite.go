package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
)

// FileName is the SQLite database within the data folder.
const FileName = "kierto.db"

// SQLite settings.
const (
	busyTimeout  = 5000    // milliseconds to wait for another process's lock
	cacheSize    = -16_384 // KiB of pages a connection keeps (negative: KiB)
	keptStmts    = 200     // prepared statements a connection keeps
	mmapBytes    = 1 << 30 // bytes of the file read through the page cache
	journalBytes = 64 << 20
)

// errNoFTS5 is what a build without full-text search says.
var errNoFTS5 = errors.New("db: this kierto was built without SQLite full-text search; build it with -tags sqlite_fts5 (make build does)")

// connector opens connections to one SQLite file.
type connector struct {
	dsn string
	drv *sqlite3.SQLiteDriver
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.drv }

func openSQLite(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Memory {
		return openMemory(ctx, cfg)
	}
	if cfg.Dir == "" {
		return nil, errors.New("db: SQLite needs a data folder")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("db: data folder: %w", err)
	}
	file := filepath.Join(cfg.Dir, FileName)
	if err := private(file); err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	readers := cfg.MaxConns
	if readers <= 0 {
		readers = defaultReaders
	}
	d := &DB{
		write: sqlitePool(file, 1, url.Values{"_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {synchronous(cfg)}}),
		read:  sqlitePool(file, readers, url.Values{"_query_only": {"true"}}),
		cfg:   cfg,
	}
	if cfg.Probe == nil {
		d.together = together{turn: make(chan struct{}, 1), most: togetherMost, long: togetherLong}
	}
	if err := d.checkSQLite(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// private makes the file of a new database such that nobody else on the machine
// can read it. What SQLite puts beside it has the same rights.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// openMemory opens a database that is gone when it is closed. Reads within a
// transaction see what it wrote, since there is but one connection.
func openMemory(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Probe == nil {
		return nil, errors.New("db: only a simulation is kept in memory")
	}
	pool := sqlitePool(":memory:", 1, url.Values{"_txlock": {"immediate"}, "_journal_mode": {"MEMORY"}, "_synchronous": {"OFF"}})
	d := &DB{write: pool, read: pool, cfg: cfg}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// reader is what both a transaction and a pool read with.
type reader interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// memory is what reads go through: the transaction that runs, or the connection.
func (d *DB) memory() reader {
	if d.current != nil {
		return d.current
	}
	return d.write
}

// undone tells whether SQLite has undone the transaction, as it does when the disk
// is full. Whoever ignores that must write no more: each statement would be
// committed by itself.
func (tx *Tx) undone() bool {
	if tx.db.postgres {
		return false
	}
	var undone bool
	err := tx.conn.Raw(func(driverConn any) error {
		undone = driverConn.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	})
	return undone || err != nil
}

// sqlitePool is a pool of at most conns connections with options of their own.
func sqlitePool(file string, conns int, options url.Values) *sqlx.DB {
	options.Set("_foreign_keys", "on")
	options.Set("_busy_timeout", strconv.Itoa(busyTimeout))
	options.Set("_cache_size", strconv.Itoa(cacheSize))
	options.Set("_stmt_cache_size", strconv.Itoa(keptStmts))
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + options.Encode()
	drv := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec(fmt.Sprintf("PRAGMA mmap_size = %d; PRAGMA journal_size_limit = %d", mmapBytes, journalBytes), nil)
		return err
	}}
	pool := sql.OpenDB(connector{dsn: dsn, drv: drv})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return sqlx.NewDb(pool, "sqlite3")
}

// synchronous is how a commit waits for the disk: FULL, so that what was
// acknowledged survives a power cut.
func synchronous(cfg Config) string {
	if cfg.NoSync {
		return "OFF"
	}
	return "FULL"
}

func (d *DB) checkSQLite(ctx context.Context) error {
	var fts5 bool
	if err := d.write.GetContext(ctx, &fts5, "SELECT sqlite_compileoption_used('ENABLE_FTS5')"); err != nil {
		return fmt.Errorf("db: cannot open %s: %w", filepath.Join(d.cfg.Dir, FileName), err)
	}
	if !fts5 {
		return errNoFTS5
	}
	var mode string
	if err := d.write.GetContext(ctx, &mode, "PRAGMA journal_mode"); err != nil {
		return fmt.Errorf("db: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("db: this file system cannot keep SQLite's write-ahead log (journal mode is %q)", mode)
	}
	return nil
}
