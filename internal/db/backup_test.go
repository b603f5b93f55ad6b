package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// pair is two rows that always hold the same number, so that a backup taken
// between two statements would show.
func pair(t *testing.T, d *db.DB) {
	t.Helper()
	counters(t, d)
	do(t, d, "UPDATE counters SET n = 0")
}

// keepWriting changes both rows again and again until stop is called.
func keepWriting(t *testing.T, d *db.DB) (stop func()) {
	t.Helper()
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-end:
				return
			default:
			}
			err := d.InTx(t.Context(), func(tx *db.Tx) error {
				for _, name := range []string{"a", "b"} {
					if _, err := tx.Do(t.Context(), "UPDATE counters SET n = n + 1 WHERE name = ?", name); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	return sync.OnceFunc(func() { close(end); wg.Wait() })
}

// A backup taken while people write is whole, and comes back as it was.
func TestBackupUnderWrites(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		checkBackup(t, testdb.SQLite(t), db.Config{Dir: filepath.Join(t.TempDir(), "restored")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		checkBackup(t, testdb.Postgres(t), db.Config{URL: testdb.EmptyURL(t)})
	})
}

func checkBackup(t *testing.T, d *db.DB, into db.Config) {
	t.Helper()
	pair(t, d)
	stop := keepWriting(t, d)
	defer stop()
	file := filepath.Join(t.TempDir(), "backup")
	if err := d.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := d.Backup(t.Context(), file); err == nil {
		t.Error("a backup overwrote another")
	}
	if err := db.Restore(t.Context(), into, file); err != nil {
		t.Fatal(err)
	}
	if err := db.Restore(t.Context(), into, file); err == nil {
		t.Error("a restore overwrote a database")
	}
	back, err := db.Open(t.Context(), into)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = back.Close() }()
	if a, b := number(t, back, "a"), number(t, back, "b"); a != b {
		t.Errorf("restored a %d, b %d", a, b)
	}
	if pending, err := back.Pending(t.Context()); err != nil || len(pending) > 0 {
		t.Errorf("pending %v, %v", pending, err)
	}
}

// A damaged or foreign file is refused before anything is put in place.
func TestRestoreRefusesRubbish(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	good := filepath.Join(t.TempDir(), "good")
	if err := d.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"text":      []byte(strings.Repeat("not a database ", 100)),
		"truncated": whole[:len(whole)/2],
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := db.Restore(t.Context(), db.Config{Dir: dir}, file); err == nil {
			t.Errorf("%s: restored", name)
		}
		if _, err := os.Stat(filepath.Join(dir, db.FileName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: left something behind: %v", name, err)
		}
	}
	if err := db.Restore(t.Context(), db.Config{Dir: t.TempDir()}, "/nowhere"); err == nil {
		t.Error("restored from nowhere")
	}
}

// What a killed process left beside its database belongs to that one. Beside a
// restored one it would be played into it, so it is named and nothing is restored.
func TestRestoreRefusesAStrangersLog(t *testing.T) {
	t.Parallel()
	d := testdb.SQLite(t)
	good := filepath.Join(t.TempDir(), "good")
	if err := d.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"-wal", "-shm", "-journal"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, db.FileName+left), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := db.Restore(t.Context(), db.Config{Dir: dir}, good); err == nil || !strings.Contains(err.Error(), left) {
			t.Errorf("%s: %v", left, err)
		}
		if _, err := os.Stat(filepath.Join(dir, db.FileName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: restored all the same: %v", left, err)
		}
	}
}

// Nobody else on the machine can read the database, whoever made its folder.
func TestDatabaseIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has %v, %v", f.Name(), info.Mode(), err)
		}
	}
}
