// Package testdb gives each test a fresh, migrated database of its own, on
// SQLite and on PostgreSQL: races only show on PostgreSQL, so stores and
// services are tested on both.
package testdb

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kierto/kierto/internal/db"
)

// Environment variables of the tests.
const (
	EnvPostgres   = "KIERTO_TEST_POSTGRES" // URL of a throw-away PostgreSQL server; empty starts one
	EnvRequireAll = "KIERTO_REQUIRE_ALL"   // 1 makes a missing PostgreSQL or Chromium a failure
)

// Each runs f on both databases, as subtests "sqlite" and "postgres".
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Skip skips a test for a reason, or fails it where everything has to run.
func Skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv(EnvRequireAll) == "1" {
		t.Fatalf("%s=1, but: %s", EnvRequireAll, reason)
	}
	t.Skip(reason)
}

// SQLite is a fresh SQLite database, gone when the test ends.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	file, err := template()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, db.FileName), file, 0o600); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return open(t, db.Config{Dir: dir, NoSync: true})
}

func open(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("testdb: close: %v", err)
		}
	})
	return d
}

// template is a migrated SQLite file, made once a process.
var template = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "kierto-template-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if rmErr := os.RemoveAll(dir); err == nil {
			err = rmErr
		}
	}()
	if err := migrate(db.Config{Dir: dir, NoSync: true}); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, db.FileName))
})
