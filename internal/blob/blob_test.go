package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kierto/kierto/internal/fault"
)

func open(t *testing.T) *Dir {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func put(t *testing.T, d *Dir, name, text string) {
	t.Helper()
	if err := d.Put(t.Context(), name, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *Dir, name string) string {
	t.Helper()
	f, err := d.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// files is every file below the folder of d, whole or half-written.
func files(t *testing.T, d *Dir) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What was put comes back, the latest of it.
func TestPutThenGet(t *testing.T) {
	t.Parallel()
	d := open(t)
	put(t, d, "pictures/ab/card.jpg", "first")
	put(t, d, "pictures/ab/card.jpg", "second")
	if got := get(t, d, "pictures/ab/card.jpg"); got != "second" {
		t.Errorf("got %q", got)
	}
	if n := len(files(t, d)); n != 1 {
		t.Errorf("%d files for one blob", n)
	}
}

// A name and a longer name below it live side by side.
func TestNameMayBeginAnother(t *testing.T) {
	t.Parallel()
	d := open(t)
	put(t, d, "a", "short")
	put(t, d, "a/b", "longer")
	if get(t, d, "a") != "short" || get(t, d, "a/b") != "longer" {
		t.Error("one took the other's place")
	}
}

// What is gone, or never was, is fs.ErrNotExist; deleting it again is fine.
func TestDelete(t *testing.T) {
	t.Parallel()
	d, ctx := open(t), t.Context()
	put(t, d, "a/b", "x")
	for range 2 {
		if err := d.Delete(ctx, "a/b"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Get(ctx, "a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get: %v", err)
	}
	if there, err := d.Exists(ctx, "a/b"); there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
	put(t, d, "a/b", "y")
	if there, err := d.Exists(ctx, "a/b"); !there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
}

// No name leads out of the folder, or to a file still being written.
func TestBadNamesAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	d, ctx := open(t), t.Context()
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", "..", "../a", "a/..", "a/../b", "a/.", "a/.half-1", ".half-1",
		"A", "å", "a b", "a\x00b", `a\b`, "a+b", "a\n", strings.Repeat("a", MaxName+1),
	} {
		_, get := d.Get(ctx, name)
		_, exists := d.Exists(ctx, name)
		for use, err := range map[string]error{
			"put": d.Put(ctx, name, strings.NewReader("x")), "get": get, "exists": exists, "delete": d.Delete(ctx, name),
		} {
			if !errors.Is(err, ErrName) {
				t.Errorf("%s %q: %v", use, name, err)
			}
		}
	}
	if got := files(t, d); len(got) > 0 {
		t.Errorf("written all the same: %v", got)
	}
}

// Walk names every blob, and nothing that is not one.
func TestWalk(t *testing.T) {
	t.Parallel()
	d := open(t)
	want := []string{"a", "a/b", "pictures/00ff/full.jpg", "pictures/00ff/thumb.jpg"}
	for _, name := range want {
		put(t, d, name, name)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(files(t, d)[0]), half+"1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := d.Walk(t.Context(), func(name string) error { got = append(got, name); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	stop := errors.New("enough")
	if err := d.Walk(t.Context(), func(string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("walk went on: %v", err)
	}
}

// failing gives some bytes and then an error.
type failing struct {
	some io.Reader
	err  error
}

func (f failing) Read(b []byte) (int, error) {
	n, err := f.some.Read(b)
	if errors.Is(err, io.EOF) {
		err = f.err
	}
	return n, err
}

// A Put that fails half-way leaves what was there before, and no debris.
func TestFailedPutChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	put(t, d, "a/b", "before")
	cut := errors.New("connection cut")
	for _, name := range []string{"a/b", "a/new"} {
		err := d.Put(t.Context(), name, failing{bytes.NewReader(make([]byte, 1<<20)), cut})
		if !errors.Is(err, cut) {
			t.Errorf("put %s: %v", name, err)
		}
	}
	if get(t, d, "a/b") != "before" {
		t.Error("the old blob is gone")
	}
	if n := len(files(t, d)); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
}

// A Put whose caller has gone stops.
func TestPutStopsWithItsContext(t *testing.T) {
	t.Parallel()
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Put(ctx, "a", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if got := files(t, d); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

// A full disk is a fault a person can read, and leaves no debris.
func TestFullDiskIsAFault(t *testing.T) {
	t.Parallel()
	d := open(t)
	err := d.Put(t.Context(), "a", failing{strings.NewReader("some"), &fs.PathError{Op: "write", Err: syscall.ENOSPC}})
	if !fault.Is(err, fault.Busy) || fault.As(err)[0].Key != "blob.disk_full" || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("put: %v", err)
	}
	if got := files(t, d); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

// The kernel's own "no space left" is what the fault is made of.
func TestFullDeviceIsAFault(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("no /dev/full here: only the stand-in for a full disk was tried")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := tidy(fill(t.Context(), f, strings.NewReader("x"))); !fault.Is(err, fault.Busy) {
		t.Errorf("fill: %v", err)
	}
}

// Readers see one whole blob or another, never a mixture.
func TestPutIsAtomic(t *testing.T) {
	t.Parallel()
	d := open(t)
	texts := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000)}
	put(t, d, "x", texts[0])
	var writers sync.WaitGroup
	for _, text := range texts {
		writers.Go(func() {
			for range 10 {
				if err := d.Put(t.Context(), "x", strings.NewReader(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 40 {
		if got := get(t, d, "x"); !slices.Contains(texts, got) {
			t.Fatalf("%d bytes of neither", len(got))
		}
	}
	writers.Wait()
}
