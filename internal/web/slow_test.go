package web_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/web"
)

// dripPause is between two bytes of a slow client.
const dripPause = 100 * time.Millisecond

// drip connects, sends begin at once and then one byte after another, until the
// other end hangs up; it gives how long that took.
func drip(t *testing.T, addr, begin string) time.Duration {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = c.Close() }()
	start := clock.Wall()
	if _, err := io.WriteString(c, begin); err != nil {
		t.Error(err)
	}
	var over atomic.Bool
	go func() {
		for !over.Load() {
			if _, err := c.Write([]byte("a")); err != nil {
				return
			}
			time.Sleep(dripPause)
		}
	}()
	_ = c.SetReadDeadline(start.Add(20 * time.Second))
	_, _ = io.Copy(io.Discard, bufio.NewReader(c))
	over.Store(true)
	return clock.Wall().Sub(start)
}

// Who drips headers or a body is cut off in time, and nobody else waits for it.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	s := web.New(web.Options{BaseURL: "http://kierto.test", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), FormTime: time.Second})
	s.GET("/x", web.Anyone, ok)
	s.POST("/form", web.Anyone, func(c *web.Ctx) error {
		if _, err := c.Form(); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := s.HTTP("")
	t.Cleanup(func() { _ = h.Close() })
	go func() { _ = h.Serve(l) }()
	addr := l.Addr().String()
	const crowd = 100
	type cut struct {
		what string
		took time.Duration
	}
	cuts := make(chan cut, 2*crowd)
	for range crowd {
		go func() { cuts <- cut{"headers", drip(t, addr, "GET /x HTTP/1.1\r\nHost: kierto.test\r\nX-Slow: ")} }()
		go func() {
			cuts <- cut{"a body", drip(t, addr, "POST /form HTTP/1.1\r\nHost: kierto.test\r\nSec-Fetch-Site: same-origin\r\n"+
				"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\na=")}
		}()
	}
	time.Sleep(300 * time.Millisecond) // all of them are connected
	for range 20 {
		start := clock.Wall()
		res, err := http.Post("http://"+addr+"/form", "application/x-www-form-urlencoded", strings.NewReader("a=b"))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if took := clock.Wall().Sub(start); took > time.Second {
			t.Errorf("somebody else waited %s", took)
		}
	}
	for range 2 * crowd {
		if c := <-cuts; c.took > 10*time.Second || c.took < 500*time.Millisecond {
			t.Errorf("%s dripped for %s", c.what, c.took)
		}
	}
}
