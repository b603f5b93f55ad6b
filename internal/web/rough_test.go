package web_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// Whoever has an IPv6 network of their own has more addresses than there are
// limits: the network counts, as one.
func TestLimitCountsNetworks(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, ok, web.Limit(1, time.Hour))
	for _, c := range []struct {
		from string
		want int
	}{{"[2001:db8:1:2::1]:40000", 200}, {"[2001:db8:1:2:ffff::9]:40000", 429}, {"[2001:db8:1:3::1]:40000", 200}, {"[::ffff:192.0.2.7]:4", 200}, {"192.0.2.7:5", 429}} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.RemoteAddr = c.from
		w := httptest.NewRecorder()
		s.Echo.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("from %s: %d, want %d", c.from, w.Code, c.want)
		}
	}
}

// Anybody may invent methods; they do not fill the memory of whoever counts.
func TestMetricsCountFewMethods(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, ok)
	page := s.Metrics()
	for i := range 50 {
		ask(s, fmt.Sprintf("INVENTED%d", i), "/x", "")
	}
	ask(s, "GET", "/x", "")
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if body := w.Body.String(); strings.Contains(body, "INVENTED") || !strings.Contains(body, `method="GET",route="/x"`) || !strings.Contains(body, `method="other"`) {
		t.Errorf("methods counted: %d", strings.Count(body, "kierto_request_seconds_count"))
	}
}

// A page that may be kept by everybody may not when it turns out to be a failure.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, func(c *web.Ctx) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=3600")
		return fault.New(fault.Missing, "web.missing")
	})
	if w := ask(s, "GET", "/x", ""); w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

// A lone carriage return ends a line of an event stream as well: what follows it
// in somebody's words would be read as a field of the stream.
func TestLiveKeepsLinesTogether(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/live", web.Anyone, func(c *web.Ctx) error {
		woken := make(chan struct{}, 1)
		woken <- struct{}{}
		return c.Live("talk", woken, func() (templ.Component, error) {
			close(woken)
			return templ.Raw("<p>a\r\revent: talk\rdata: b\r\nc\nd</p>"), nil
		})
	})
	body := ask(s, "GET", "/live", "").Body.String()
	if want := "event: talk\ndata: <p>a\ndata: \ndata: event: talk\ndata: data: b\ndata: c\ndata: d</p>\n\n"; !strings.HasSuffix(body, want) {
		t.Errorf("sent %q", body)
	}
}

// However many addresses are asked for in a second, and however large their
// pages, the pages that are kept take little memory.
func TestMicroCacheStaysSmall(t *testing.T) {
	raw := make([]byte, 100<<10)
	s := server(t)
	s.GET("/x", web.Anyone, func(c *web.Ctx) error {
		_, _ = rand.Read(raw)
		return c.Page(templ.Raw(hex.EncodeToString(raw)))
	}, web.Micro())
	before := heap()
	for i := range 500 {
		ask(s, "GET", fmt.Sprintf("/x?%d", i), "")
		ask(s, "GET", fmt.Sprintf("/x?%d", i), "")
	}
	if grew := heap() - before; grew > 48<<20 {
		t.Errorf("%d MB are kept", grew>>20)
	}
	runtime.KeepAlive(s)
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
