package web_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
)

// Strangers share a page for a moment; languages, addresses and members do not.
func TestMicroCache(t *testing.T) {
	t.Parallel()
	n := 0
	s := server(t, as(web.Reader{ID: "usr_1", Name: "Noora"}))
	s.GET("/", web.Anyone, func(c *web.Ctx) error {
		n++
		return c.Page(templ.Raw(fmt.Sprintf("%d for %q", n, c.Reader.Name)))
	}, web.Micro())
	first := ask(s, "GET", "/", "").Body.String()
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
