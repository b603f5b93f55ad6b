package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

// Names inside a backup and below the data folder.
const (
	backupDB    = "database" // the database's own backup format
	photoFolder = "photos"
	backupEnd   = "end"       // last in a backup: how many photo files came before it
	originals   = "incoming+" // how files of photos begin whose sizes are not made yet
)

func migrateCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("migrate")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data})
	if err != nil {
		return err
	}
	defer d.Close()
	pending, err := d.Pending(ctx)
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	for _, p := range pending {
		_, _ = fmt.Fprintln(e.out, "applied", p)
	}
	_, err = fmt.Fprintln(e.out, "The database is up to date.")
	return err
}

// backupCommand writes one tar file: the database as it was at one moment, then
// the photos. A photo that arrives meanwhile is not in the database's copy, and
// photos are never changed, so the two fit together.
func backupCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("backup")
	words, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	target := words[0]
	if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already; a backup never overwrites another", target)
	}
	d, err := e.existing(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	tmp, err := os.MkdirTemp(filepath.Dir(target), ".kierto-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	copied := filepath.Join(tmp, backupDB)
	if err := d.Backup(ctx, copied); err != nil {
		return err
	}
	whole := filepath.Join(tmp, "whole.tar")
	n, err := pack(whole, copied, filepath.Join(e.cfg.Data, photoFolder))
	if err != nil {
		return err
	}
	if err := os.Rename(whole, target); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "Backed up the database and %d photo files to %s.\n", n, target)
	return err
}

// pack writes the tar file and counts the photo files in it. Originals go first:
// one that has vanished by then has left its sizes behind, which the second
// round finds.
func pack(target, database, photos string) (n int, err error) {
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	if err := packFile(w, backupDB, database); err != nil {
		return 0, err
	}
	for _, round := range []bool{true, false} {
		packed, err := packPhotos(w, photos, round)
		if err != nil {
			return n, err
		}
		n += packed
	}
	end := strconv.Itoa(n)
	if err := w.WriteHeader(&tar.Header{Name: backupEnd, Mode: 0o600, Size: int64(len(end))}); err != nil {
		return n, err
	}
	if _, err := io.WriteString(w, end); err != nil {
		return n, err
	}
	if err := w.Close(); err != nil {
		return n, err
	}
	return n, out.Sync()
}

// packPhotos packs either the originals or all other photo files, and counts
// them. Files come and go meanwhile: one that is gone is passed over.
func packPhotos(w *tar.Writer, photos string, wantOriginals bool) (n int, err error) {
	err = filepath.WalkDir(photos, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") ||
			strings.HasPrefix(entry.Name(), originals) != wantOriginals {
			return err
		}
		rel, err := filepath.Rel(photos, path)
		if err != nil {
			return err
		}
		err = packFile(w, photoFolder+"/"+filepath.ToSlash(rel), path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		n++
		return err
	})
	return n, err
}

func packFile(w *tar.Writer, name, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.CopyN(w, in, info.Size())
	return err
}

func restoreCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("restore")
	words, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.cfg.Data, 0o700); err != nil {
		return err
	}
	photos := filepath.Join(e.cfg.Data, photoFolder)
	if left, err := os.ReadDir(photos); err == nil && len(left) > 0 {
		return fmt.Errorf("%s holds photos already; a restore never overwrites anything", photos)
	}
	tmp, err := os.MkdirTemp(e.cfg.Data, ".restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := unpack(words[0], tmp); err != nil {
		return err
	}
	if err := db.Restore(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data}, filepath.Join(tmp, backupDB)); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(tmp, photoFolder)); err == nil {
		_ = os.Remove(photos) // an empty folder, if any
		if err := os.Rename(filepath.Join(tmp, photoFolder), photos); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(e.out, "Restored. Prove it with: kierto check")
	return err
}

// unpack writes a backup's files below dir. What no backup holds is refused, and
// so is one that was cut short.
func unpack(file, dir string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	r, n := tar.NewReader(in), 0
	for {
		h, err := r.Next()
		if err != nil {
			return fmt.Errorf("%s is not a whole backup: %w", file, err)
		}
		isPhoto := strings.HasPrefix(h.Name, photoFolder+"/") && filepath.IsLocal(h.Name)
		switch {
		case h.Typeflag != tar.TypeReg || !isPhoto && h.Name != backupDB && h.Name != backupEnd:
			return fmt.Errorf("%s holds %q, which no backup does", file, h.Name)
		case h.Name == backupEnd:
			return ends(file, r, n)
		case isPhoto:
			n++
		}
		if err := unpackFile(filepath.Join(dir, filepath.FromSlash(h.Name)), r); err != nil {
			return err
		}
	}
}

// ends tells whether a backup holds as many photo files as its end says.
func ends(file string, r io.Reader, n int) error {
	said, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%s is not a whole backup: %w", file, err)
	}
	if string(said) != strconv.Itoa(n) {
		return fmt.Errorf("%s is not a whole backup: it holds %d photo files of %.20q", file, n, said)
	}
	return nil
}

func unpackFile(path string, r io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err = io.Copy(out, r); err != nil {
		return err
	}
	return out.Sync()
}
