package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// status is how a page answers somebody.
func (m *member) status(path string) int {
	m.at.t.Helper()
	r, err := m.get(path)
	if err != nil {
		m.at.t.Fatalf("GET %s: %v", path, err)
	}
	return r.status
}

// While PostgreSQL is away every page says so at once, in words, and the program
// is not ready; when it is back, all goes on without a restart, jobs included.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	cable, through := testdb.NewCable(t, testdb.EmptyURL(t))
	i := install(t, through)
	i.start()
	anna, stranger := i.join("Anna"), i.stranger()
	for round := range 2 {
		cable.Pull()
		for _, path := range []string{"/?town=" + fmt.Sprint(round), "/account", "/inbox", "/readyz"} {
			r, err := anna.get(path)
			if err != nil || r.status != http.StatusServiceUnavailable {
				t.Errorf("GET %s while away: %d %v", path, r.status, err)
			}
			if path != "/readyz" && !strings.Contains(r.body, "</html>") {
				t.Errorf("GET %s while away is no page: %s", path, words(r.body))
			}
		}
		if got := stranger.status("/healthz"); got != http.StatusOK {
			t.Errorf("the program is alive and says %d", got)
		}
		r, err := stranger.post("/sign-up", url.Values{"name": {"Uusi"}, "email": {"uusi@kierto.example"}, "password": {testPassword}})
		if err != nil || r.status != http.StatusServiceUnavailable {
			t.Errorf("joining while away: %d %v", r.status, err)
		}
		cable.Plug()
		for _, path := range []string{"/?town=" + fmt.Sprint(round), "/account", "/inbox", "/readyz"} {
			if got := anna.status(path); got != http.StatusOK {
				t.Errorf("GET %s afterwards: %d", path, got)
			}
		}
		i.join(fmt.Sprintf("Noora%c", 'a'+round)) // needs a letter, which a job sends
	}
	i.stop()
	i.proven()
}

// A small disk: what the program needs when it is empty, and a little.
const smallDisk = 8 << 20 // bytes

// When the disk is full, writing is refused with a sentence, reading goes on,
// nothing that was said to be done is lost, and once there is room again all
// goes on without a restart.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a small disk")
	}
	i := install(t, "")
	data := i.setting("KIERTO_DATA", nil)
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, fmt.Sprintf("size=%d", smallDisk)); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if i.running() {
			i.stop()
		}
		if err := syscall.Unmount(data, 0); err != nil {
			t.Error(err)
		}
	})
	i.start()
	w := crowd(i)
	end := w.begin()
	time.Sleep(time.Second)
	end()

	// The log of writes gives back what it holds, so that the next write needs room.
	err := i.reading(nil, func(d *db.DB) error {
		_, err := d.SQL().ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(data, "ballast")
	fill(t, ballast)
	m, refused := w.buyers[0], 0
	for n := 0; n < 500 && refused < 5; n++ {
		text := w.next("viesti") + strings.Repeat(" pitkä viesti", 200)
		r, err := m.post(w.streams[0], url.Values{"text": {text}})
		switch {
		case err != nil:
			t.Fatalf("the program gave up: %v", err)
		case r.status == http.StatusSeeOther:
			w.is(true, "message", text)
		case r.status == http.StatusServiceUnavailable:
			refused++
			if !strings.Contains(r.body, "save anything new") {
				t.Fatalf("refused with other words: %s", words(r.body))
			}
		case r.status == http.StatusTooManyRequests:
			time.Sleep(100 * time.Millisecond)
		default:
			t.Fatalf("status %d: %s", r.status, words(r.body))
		}
	}
	if refused == 0 {
		t.Fatal("the disk never filled")
	}
	for _, path := range []string{"/", w.streams[0], "/listings/" + w.things[0]} {
		if got := m.status(path); got != http.StatusOK {
			t.Errorf("reading %s on a full disk: %d", path, got)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	w.remembered()
	for began := clock.Wall(); ; time.Sleep(200 * time.Millisecond) {
		text := w.next("viesti")
		r, err := m.post(w.streams[0], url.Values{"text": {text}})
		if err == nil && r.status == http.StatusSeeOther {
			w.is(true, "message", text)
			break
		}
		if clock.Wall().Sub(began) > settleTime {
			t.Fatalf("with room again: %d %v %s", r.status, err, words(r.body))
		}
	}
	w.remembered()
	i.stop()
	i.proven()
}

// fill writes until nothing more fits.
func fill(t *testing.T, file string) {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // it is full, and means nothing
	for size := 64 << 10; size > 0; {
		if _, err := out.Write(bytes.Repeat([]byte{1}, size)); err != nil {
			size /= 2
		}
	}
}
