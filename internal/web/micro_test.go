package web_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
)

// Strangers share a page for a moment, once two have asked for it; languages,
// addresses and members do not.
func TestMicroCache(t *testing.T) {
	t.Parallel()
	n := 0
	s := server(t, as(web.Reader{ID: "usr_1", Name: "Noora"}))
	s.GET("/", web.Anyone, func(c *web.Ctx) error {
		n++
		return c.Page(templ.Raw(fmt.Sprintf("%d for %q", n, c.Reader.Name)))
	}, web.Micro())
	ask(s, "GET", "/", "")
	first := ask(s, "GET", "/", "").Body.String()
	if n != 2 {
		t.Errorf("what one stranger asked for was kept: made %d times for two", n)
	}
	if again := ask(s, "GET", "/", "").Body.String(); again != first {
		t.Errorf("two strangers got %q and %q", first, again)
	}
	for what, header := range map[string][]string{
		"a member": {"Cookie", cookie}, "a Swede": {"Accept-Language", "sv"}, "somebody with a sentence waiting": {"Cookie", "__Host-kierto_flash=eyJUZXh0IjoieCJ9"},
	} {
		if got := ask(s, "GET", "/", "", header...).Body.String(); got == first {
			t.Errorf("%s got the strangers' page", what)
		}
	}
	if other := ask(s, "GET", "/?q=a", "").Body.String(); other == first {
		t.Error("another address, the same page")
	}
	if got := ask(s, "GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(got, "Noora") {
		t.Errorf("a member got %q", got)
	}
	if got := ask(s, "GET", "/", "").Body.String(); strings.Contains(got, "Noora") {
		t.Errorf("a stranger got a member's page: %q", got)
	}
}

// A page is compressed for browsers that read it, and is the same page.
func TestGzip(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("hevonen ", 1000)
	s := server(t)
	s.GET("/x", web.Anyone, func(c *web.Ctx) error { return c.Page(templ.Raw(page)) })
	plain := ask(s, "GET", "/x", "", "Accept-Encoding", "gzip;q=0, br")
	if plain.Header().Get("Content-Encoding") != "" || plain.Body.String() != page {
		t.Errorf("uncompressed: %v", plain.Header())
	}
	z := ask(s, "GET", "/x", "", "Accept-Encoding", "br, gzip")
	r, err := gzip.NewReader(z.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != page {
		t.Errorf("compressed page differs: %d bytes, %v", len(got), err)
	}
}

// A page that is kept is sent with the headers, the line in the log and the
// limits of one that was made for its reader.
func TestKeptPagesAreWhole(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	made := 0
	s := server(t, func(o *web.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	s.GET("/x/:id", web.Anyone, func(c *web.Ctx) error {
		made++
		return c.Page(templ.Raw(strings.Repeat("hevonen ", 1000)))
	}, web.Limit(5, time.Hour), web.Micro())
	ask(s, "GET", "/x/1?q=a", "", "Accept-Encoding", "gzip")
	first := ask(s, "GET", "/x/1?q=a", "", "Accept-Encoding", "gzip")
	again := ask(s, "GET", "/x/1?q=a", "", "Accept-Encoding", "gzip", "Accept-Language", "fi-FI,fi;q=0.9")
	if made != 2 || first.Body.String() != again.Body.String() || again.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("made %d times, %v", made, again.Header())
	}
	id := again.Header().Get("X-Request-Id")
	if id == "" || id == first.Header().Get("X-Request-Id") {
		t.Errorf("both requests are called %q", id)
	}
	for _, r := range []*httptest.ResponseRecorder{first, again} {
		r.Header().Del("X-Request-Id")
	}
	if !maps.EqualFunc(first.Header(), again.Header(), slices.Equal) || again.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("other headers:\n%v\n%v", first.Header(), again.Header())
	}
	if line := "id=" + id + " method=GET route=/x/:id status=200"; !strings.Contains(log.String(), line) {
		t.Errorf("no line %q in\n%s", line, log.String())
	}
	if plain := ask(s, "GET", "/x/1?q=a", ""); plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("somebody who reads no gzip got %v", plain.Header())
	}
	ask(s, "GET", "/x/1?q=a", "")
	if sixth := ask(s, "GET", "/x/1?q=a", ""); sixth.Code != http.StatusTooManyRequests {
		t.Errorf("the sixth of five requests allowed: %d", sixth.Code)
	}
}

// A page that sets somebody's cookie is theirs alone.
func TestPagesWithCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	made := 0
	s := server(t)
	s.GET("/x", web.Anyone, func(c *web.Ctx) error {
		made++
		c.SetLang("sv")
		return c.Page(templ.Raw("hevonen"))
	}, web.Micro())
	ask(s, "GET", "/x", "")
	ask(s, "GET", "/x", "")
	if ask(s, "GET", "/x", ""); made != 3 {
		t.Errorf("made %d times for three readers", made)
	}
}
