package db

import (
	"context"
	"io/fs"
	"slices"
)

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
