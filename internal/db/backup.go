package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Backup writes a consistent copy of the database to file, which must not exist
// yet, while writing goes on. On PostgreSQL it calls pg_dump.
func (d *DB) Backup(ctx context.Context, file string) error {
	if err := absent(file); err != nil {
		return err
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("db: backup: %w", err)
	}
	write := d.vacuumInto
	if d.postgres {
		write = d.pgDump
	}
	if err := write(ctx, part); err != nil {
		return errors.Join(err, removed(part))
	}
	if err := settle(part, file); err != nil {
		return fmt.Errorf("db: backup: %w", err)
	}
	return nil
}

// Restore puts a backup in place of a database that is not there yet: cfg.Dir
// without a database file, or a PostgreSQL database without Kierto's tables. It
// never overwrites anything.
func Restore(ctx context.Context, cfg Config, file string) error {
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("db: restore: %w", err)
	}
	if cfg.URL != "" {
		return pgRestore(ctx, cfg, file)
	}
	if err := sound(ctx, file); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("db: data folder: %w", err)
	}
	target := filepath.Join(cfg.Dir, FileName)
	for _, beside := range []string{"", "-wal", "-shm", "-journal"} { // SQLite would play another database's log into this one
		if err := absent(target + beside); err != nil {
			return err
		}
	}
	part := target + ".part"
	if err := copyFile(part, file); err != nil {
		return errors.Join(fmt.Errorf("db: restore: %w", err), removed(part))
	}
	if err := settle(part, target); err != nil {
		return fmt.Errorf("db: restore: %w", err)
	}
	return nil
}

// vacuumInto copies the SQLite database within one read transaction.
func (d *DB) vacuumInto(ctx context.Context, file string) error {
	pool := sqlitePool(filepath.Join(d.cfg.Dir, FileName), 1, url.Values{})
	_, err := pool.ExecContext(ctx, "VACUUM INTO ?", file)
	if err := errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("db: backup: %w", wrap(ctx, err))
	}
	return nil
}

// sound tells whether file is an undamaged SQLite database.
func sound(ctx context.Context, file string) error {
	pool := sqlitePool(file, 1, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	var said []string
	err := pool.SelectContext(ctx, &said, "PRAGMA integrity_check")
	if err := errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("db: %s is not a backup made by kierto: %w", file, err)
	}
	if !slices.Equal(said, []string{"ok"}) {
		return fmt.Errorf("db: the backup %s is damaged: %s", file, strings.Join(said, "; "))
	}
	return nil
}

func absent(file string) error {
	switch _, err := os.Stat(file); {
	case err == nil:
		return fmt.Errorf("db: %s is already there; nothing is ever overwritten, so move it away first", file)
	case errors.Is(err, os.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("db: %w", err)
	}
}

func removed(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("db: %w", err)
	}
	return nil
}

func copyFile(dst, src string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// settle makes part durable and gives it its name.
func settle(part, file string) error {
	if err := os.Chmod(part, 0o600); err != nil {
		return err
	}
	if err := syncPath(part); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return err
	}
	return syncPath(filepath.Dir(file))
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d *DB) pgDump(ctx context.Context, file string) error {
	return pgTool(ctx, d.cfg.URL, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+file)
}

func pgRestore(ctx context.Context, cfg Config, file string) error {
	d, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	empty, err := d.Empty(ctx)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	if !empty {
		return errors.New("db: this PostgreSQL database already has tables; nothing is ever overwritten, so restore into an empty one")
	}
	pc, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	return pgTool(ctx, cfg.URL, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
		"--single-transaction", "--dbname="+pc.Database, file)
}

// pgTool runs one of PostgreSQL's own programs. The address and password go
// through the environment, where other users of the machine cannot read them.
func pgTool(ctx context.Context, dbURL, name string, args ...string) error {
	program, err := pgProgram(name)
	if err != nil {
		return err
	}
	pc, err := pgx.ParseConfig(dbURL)
	if err != nil {
		return errors.New("db: the database URL cannot be read")
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "PGHOST="+pc.Host, "PGPORT="+strconv.Itoa(int(pc.Port)), "PGUSER="+pc.User,
		"PGPASSWORD="+pc.Password, "PGDATABASE="+pc.Database)
	if u, err := url.Parse(dbURL); err == nil {
		for key, variable := range map[string]string{"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"} {
			if v := u.Query().Get(key); v != "" {
				cmd.Env = append(cmd.Env, variable+"="+v)
			}
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("db: %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// pgProgram finds one of PostgreSQL's programs: the newest Debian has, else the
// one on the path.
func pgProgram(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well-formed
	best, newest := "", 0
	for _, f := range found {
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(f)))); err == nil && v > newest {
			best, newest = f, v
		}
	}
	if best != "" {
		return best, nil
	}
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	return "", fmt.Errorf("db: backups of PostgreSQL need its program %s, which is not on this machine; install postgresql-client", name)
}

// Empty tells whether the database has no tables at all, as before the first
// migration. It changes nothing.
func (d *DB) Empty(ctx context.Context) (bool, error) {
	query := `SELECT count(*) FROM sqlite_master WHERE type = 'table'`
	if d.postgres {
		query = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`
	}
	var tables int64
	err := d.Get(ctx, &tables, query)
	return tables == 0, err
}
