package db

import (
	"context"
	"io/fs"
	"slices"
	"time"
)

// Waiting is how many wait to write to an SQLite file.
func (d *DB) Waiting() int { return int(d.together.waiting.Load()) }

// Patient lets transactions share a commit however long the first one takes.
func (d *DB) Patient() { d.together.long = time.Hour }

// Alone lets each transaction commit by itself.
func (d *DB) Alone() { d.together.most = 1 }

// Commits is how many commits an SQLite file has had.
func (d *DB) Commits() int { return int(d.together.commits.Load()) }

// MigrateBut brings the tables to where an older program left them, which did not
// know the named migrations.
func (d *DB) MigrateBut(ctx context.Context, names ...string) error {
	p, err := d.providerOf(without{d.folders(), names})
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// without is some folders without some of their files.
type without struct {
	folders
	names []string
}

// ReadDir implements fs.ReadDirFS.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := w.folders.ReadDir(name)
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool { return slices.Contains(w.names, e.Name()) }), err
}
