// Package blob keeps bytes under names: photos today, whatever else a person
// uploads tomorrow. Names are the same wherever the bytes live, so that a
// bucket can take the place of the folder without anything else noticing.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/kierto/kierto/internal/fault"
)

const (
	// MaxName is the longest name there may be, in bytes. Most file systems
	// stop at 255 for a file.
	MaxName = 200

	// slash stands for "/" in file names; names cannot hold it themselves.
	slash = "+"

	// half is how a file that is still being written begins. Names cannot
	// begin so, and Walk passes over it.
	half = ".half-"
)

// ErrName says that a name is not one this package would keep.
var ErrName = errors.New("blob: not a name")

var nameRule = regexp.MustCompile(`^[a-z0-9]+(/[a-z0-9_-][a-z0-9._-]*)*$`)

// Dir keeps blobs as files in a folder of the local disk. It is safe for
// concurrent use, also by several processes.
//
// A blob lies at <2 hex digits>/<name>, where the digits begin the SHA-256 of
// the name (so that no folder grows huge) and each "/" of the name is a "+" (so
// that no name can be both a file and a folder).
type Dir struct{ root string }

// Open makes the folder if need be.
func Open(dir string) (*Dir, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("blob: open: %w", tidy(err))
	}
	return &Dir{root: dir}, nil
}

// Put keeps what r holds under name, in place of what was there. It returns
// once the bytes are safe on the disk; when it fails, whatever was there before
// still is, and nothing half-written is left. A full disk is the fault
// "blob.disk_full".
func (d *Dir) Put(ctx context.Context, name string, r io.Reader) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	if err := d.put(ctx, path, r); err != nil {
		return fmt.Errorf("blob: put %s: %w", name, tidy(err))
	}
	return nil
}

func (d *Dir) put(ctx context.Context, path string, r io.Reader) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, half)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := fill(ctx, f, r); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// fill writes r to f and to the disk below it.
func fill(ctx context.Context, f *os.File, r io.Reader) error {
	if _, err := io.Copy(f, &patient{ctx, r}); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes a rename in folder outlast a power cut.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// Get opens the blob called name; the caller closes it. When there is none the
// error is fs.ErrNotExist.
func (d *Dir) Get(_ context.Context, name string) (*os.File, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("blob: get %s: %w", name, err)
	}
	return f, nil
}

// Exists tells whether there is a blob called name.
func (d *Dir) Exists(_ context.Context, name string) (bool, error) {
	path, err := d.path(name)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("blob: exists %s: %w", name, err)
	}
	return true, nil
}

// Delete removes the blob called name. That there is none is no error.
func (d *Dir) Delete(_ context.Context, name string) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: delete %s: %w", name, err)
	}
	return nil
}

// Walk calls each with every name there is, in no order worth relying on, and
// stops at its first error. Blobs put or deleted meanwhile may be missed or
// named.
func (d *Dir) Walk(ctx context.Context, each func(name string) error) error {
	return filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != d.root {
			return nil
		}
		if err != nil {
			return fmt.Errorf("blob: walk: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name := strings.ReplaceAll(entry.Name(), slash, "/")
		if entry.IsDir() || strings.HasPrefix(entry.Name(), half) || !Valid(name) {
			return nil
		}
		return each(name)
	})
}

// Valid tells whether name is one that may be kept: lower-case letters, digits,
// dots, dashes and underscores, in parts with slashes between; no part begins
// with a dot.
func Valid(name string) bool {
	return len(name) <= MaxName && nameRule.MatchString(name)
}

func (d *Dir) path(name string) (string, error) {
	if !Valid(name) {
		return "", fmt.Errorf("%w: %.80q", ErrName, name)
	}
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(d.root, hex.EncodeToString(sum[:1]), strings.ReplaceAll(name, "/", slash)), nil
}

// tidy turns a full disk, or a used-up quota, into a fault.
func tidy(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		full := fault.New(fault.Busy, "blob.disk_full")
		full.Err = err
		return full
	}
	return err
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

// Read reads on, unless the context has ended.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
