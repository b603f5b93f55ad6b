package main

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/testdb"
)

// A backup taken while people write comes back whole: kierto check is content,
// everything that was done before it began is in it, and the photos whose sizes
// were in the making are made.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		backUpAndRestore(t, install(t, ""), "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		backUpAndRestore(t, install(t, testdb.EmptyURL(t)), testdb.EmptyURL(t))
	})
}

// backedUpAfter is how long people write before the backup begins.
const backedUpAfter = 2 * time.Second

func backUpAndRestore(t *testing.T, i *installation, empty string) {
	t.Helper()
	i.start()
	w := crowd(i)
	end := w.begin()
	time.Sleep(backedUpAfter)
	before := w.soFar()
	file := filepath.Join(t.TempDir(), "backup.tar")
	out, err := i.command(nil, "backup", file)
	end()
	i.stop()
	if err != nil {
		t.Fatalf("kierto backup: %v\n%s", err, out)
	}
	t.Logf("%s%s", out, w.tally())
	if out, err := i.command(nil, "backup", file); err == nil || !strings.Contains(out, "never overwrites") {
		t.Errorf("a backup overwrote another: %v %s", err, out)
	}

	there := []string{"KIERTO_DATA=" + filepath.Join(t.TempDir(), "restored"), "KIERTO_DATABASE_URL=" + empty}
	if out, err := i.command(there, "restore", file); err != nil {
		t.Fatalf("kierto restore: %v\n%s", err, out)
	}
	i.proven(there...)
	w.env = append(w.env, there...)
	w.holds(before)
	if out, err := i.command(there, "restore", file); err == nil {
		t.Errorf("a restore overwrote what was there: %s", out)
	}

	i.start()
	for began := clock.Wall(); len(i.texts(pendingPhotos)) > 0 && clock.Wall().Sub(began) < settleTime; {
		time.Sleep(50 * time.Millisecond)
	}
	if bad := i.texts(`SELECT id || ' ' || state FROM photos WHERE state <> 'ready'`); len(bad) > 0 {
		t.Errorf("photos were lost: %q", bad)
	}
	i.stop()
	i.proven()
}

const pendingPhotos = `SELECT id FROM photos WHERE state = 'pending'`

// soFar is what is done for certain, and stays done.
func (w *writers) soFar() map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string][]string{}
	for kind, all := range w.yes {
		if kind != "favourite" { // hearts are turned off again
			out[kind] = slices.Sorted(maps.Keys(all))
		}
	}
	return out
}

// holds fails unless the database has all of this.
func (w *writers) holds(done map[string][]string) {
	w.t.Helper()
	for kind, want := range done {
		have := map[string]bool{}
		for _, v := range w.texts(facts[kind]) {
			have[v] = true
		}
		for _, v := range want {
			if !have[v] {
				w.t.Errorf("not in the backup: %s %s", kind, v)
			}
		}
	}
}

// A backup that was cut short, or holds what no backup does, is refused in one
// sentence before anything is put in place.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	i.start()
	seller := i.join("Anna")
	w := &writers{installation: i, wares: make(chan string, 1), yes: map[string]map[string]bool{}, no: map[string]map[string]bool{}}
	for sell := w.seller(seller); len(w.wares) == 0; {
		sell()
	}
	i.stop()
	good := filepath.Join(t.TempDir(), "good.tar")
	if out, err := i.command(nil, "backup", good); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	parts := entries(t, whole)
	evil := func(h tar.Header) []entry { return append([]entry{{h, []byte("evil")}}, parts...) }
	for name, data := range map[string][]byte{
		"nothing":         {},
		"rubbish":         bytes.Repeat([]byte("rubbish "), 200),
		"half":            whole[:len(whole)/2],
		"no end":          tarOf(t, parts[:len(parts)-1]),
		"no photos":       tarOf(t, []entry{parts[0], parts[len(parts)-1]}),
		"no database":     tarOf(t, parts[1:]),
		"rubbish inside":  tarOf(t, append([]entry{{tar.Header{Name: backupDB, Mode: 0o600}, []byte("rubbish")}}, parts[1:]...)),
		"a way out":       tarOf(t, evil(tar.Header{Name: "photos/../../evil"})),
		"an absolute way": tarOf(t, evil(tar.Header{Name: "/tmp/kierto-evil"})),
		"a stranger":      tarOf(t, evil(tar.Header{Name: "evil"})),
		"a link":          tarOf(t, evil(tar.Header{Name: "photos/aa", Typeflag: tar.TypeSymlink, Linkname: "/etc"})),
		"a thing twice":   tarOf(t, append([]entry{parts[0], parts[0]}, parts[1:]...)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "bad.tar")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			into := filepath.Join(dir, "into")
			out, err := i.command([]string{"KIERTO_DATA=" + into}, "restore", file)
			if err == nil || !strings.HasPrefix(out, "kierto restore: ") || strings.Count(strings.TrimSpace(out), "\n") > 0 {
				t.Errorf("answered %v: %s", err, out)
			}
			left, err := filepath.Glob(filepath.Join(into, "*"))
			hidden, err2 := filepath.Glob(filepath.Join(into, ".*"))
			if err != nil || err2 != nil || len(left)+len(hidden) > 0 {
				t.Errorf("left behind: %q %q", left, hidden)
			}
		})
	}
}

// entry is a file in a tar file.
type entry struct {
	head tar.Header
	data []byte
}

func entries(t *testing.T, whole []byte) (out []entry) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(whole)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entry{*h, data})
	}
}

func tarOf(t *testing.T, all []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range all {
		if e.head.Size = int64(len(e.data)); e.head.Linkname != "" {
			e.head.Size, e.data = 0, nil
		}
		if err := w.WriteHeader(&e.head); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
