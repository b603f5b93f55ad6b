package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// RiverDriver is River's driver for this database.
func (d *DB) RiverDriver() riverdriver.Driver[*sql.Tx] {
	if d.postgres {
		return polled{riverdatabasesql.New(d.write.DB)}
	}
	return riversqlite.New(d.write.DB)
}

// polled is River's driver without notifications: nobody listens for them, and
// PostgreSQL lets only one transaction that notifies commit at a time.
type polled struct{ *riverdatabasesql.Driver }

// SupportsListenNotify implements riverdriver.Driver.
func (polled) SupportsListenNotify() bool { return false }

// Migrate brings the tables up to date: ours, then River's. It does nothing when
// they are.
func (d *DB) Migrate(ctx context.Context) error {
	provider, err := d.provider()
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("db: migrate: %w", wrap(ctx, err))
	}
	river, err := d.riverMigrator()
	if err != nil {
		return err
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("db: migrate job tables: %w", wrap(ctx, err))
	}
	return nil
}

// Pending names the migrations that have not run yet.
func (d *DB) Pending(ctx context.Context) ([]string, error) {
	provider, err := d.provider()
	if err != nil {
		return nil, err
	}
	steps, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("db: migrations: %w", wrap(ctx, err))
	}
	var pending []string
	for _, s := range steps {
		if s.State == goose.StatePending {
			pending = append(pending, path.Base(s.Source.Path))
		}
	}
	river, err := d.riverMigrator()
	if err != nil {
		return nil, err
	}
	check, err := river.Validate(ctx)
	if err != nil {
		return nil, fmt.Errorf("db: job migrations: %w", wrap(ctx, err))
	}
	if !check.OK {
		pending = append(pending, check.Messages...)
	}
	return pending, nil
}

// Fingerprint names the set of our migrations by their content.
func Fingerprint() string {
	h := sha256.New()
	err := fs.WalkDir(migrations, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := migrations.ReadFile(name)
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
		return err
	})
	if err != nil {
		panic("db: embedded migrations: " + err.Error()) // cannot happen: they are part of the program
	}
	return hex.EncodeToString(h.Sum(nil))[:fingerprintLetters]
}

// fingerprintLetters keep a Fingerprint short enough for a database name.
const fingerprintLetters = 16

func (d *DB) provider() (*goose.Provider, error) { return d.providerOf(d.folders()) }

// folders are those with this database's migrations.
func (d *DB) folders() folders {
	if d.postgres {
		return folders{"migrations/common", "migrations/postgres"}
	}
	return folders{"migrations/common", "migrations/sqlite"}
}

// providerOf runs the migrations of files. One that an older database lacks runs
// whatever higher numbers have run there.
func (d *DB) providerOf(files fs.FS) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if d.postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write.DB, files, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("db: migrations: %w", err)
	}
	return p, nil
}

func (d *DB) riverMigrator() (*rivermigrate.Migrator[*sql.Tx], error) {
	m, err := rivermigrate.New(d.RiverDriver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("db: job migrations: %w", err)
	}
	return m, nil
}

// folders shows the files of several embedded folders as one.
type folders []string

// Open implements fs.FS.
func (fo folders) Open(name string) (fs.File, error) {
	for _, dir := range fo {
		f, err := migrations.Open(path.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements fs.ReadDirFS. A folder that does not exist is empty.
func (fo folders) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, dir := range fo {
		entries, err := migrations.ReadDir(path.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("db: %w", err)
		}
		all = append(all, entries...)
	}
	return all, nil
}
