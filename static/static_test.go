package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// Budgets over the wire, in bytes of gzip.
const (
	maxCSS   = 12 << 10
	maxJS    = 25 << 10
	maxAppJS = 7 << 10 // our own script, not compressed
)

// Style and script stay within their budgets.
func TestStaysWithinBudget(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"style.css": maxCSS, "app.js": maxJS} {
		if n := len(assets()[name].gz()); n > most {
			t.Errorf("%s is %d bytes of gzip, more than %d", name, n, most)
		} else {
			t.Logf("%s: %d bytes of gzip, %d of brotli", name, n, len(assets()[name].br()))
		}
	}
	own, err := files.ReadFile("app.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(own) > maxAppJS {
		t.Errorf("our own script is %d bytes, more than %d", len(own), maxAppJS)
	}
}

// A name with a hash is kept for ever, in the smallest form the browser takes;
// what comes out is what went in.
func TestServesHashedNamesForEver(t *testing.T) {
	t.Parallel()
	for coding, open := range map[string]func(io.Reader) (io.Reader, error){
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
	} {
		res := get(t, URL("style.css"), http.Header{"Accept-Encoding": {coding}})
		if got := res.Header().Get("Content-Encoding"); got != coding {
			t.Errorf("asked for %q, got %q", coding, got)
		}
		if got := res.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("Cache-Control is %q", got)
		}
		if got := res.Header().Get("Content-Type"); got != "text/css; charset=utf-8" {
			t.Errorf("Content-Type is %q", got)
		}
		r, err := open(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(body, assets()["style.css"].plain) {
			t.Errorf("%q does not come out as it went in (%v)", coding, err)
		}
	}
}

// A name without a hash is asked for again, and answered with 304.
func TestServesPlainNamesWithETag(t *testing.T) {
	t.Parallel()
	res := get(t, "/static/favicon.svg", nil)
	if res.Code != http.StatusOK || strings.Contains(res.Header().Get("Cache-Control"), "immutable") {
		t.Fatalf("got %d, %q", res.Code, res.Header().Get("Cache-Control"))
	}
	again := get(t, "/static/favicon.svg", http.Header{"If-None-Match": {res.Header().Get("ETag")}})
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes", again.Code, again.Body.Len())
	}
}

// What is not there is not found; nothing outside can be reached.
func TestServesNothingElse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/static/", "/static/../go.mod", "/static/vendor/fetch.sh", "/static/style.0000000000.css"} {
		if res := get(t, path, nil); res.Code != http.StatusNotFound {
			t.Errorf("%s: got %d", path, res.Code)
		}
	}
}

// What is vendored is what README.md says.
func TestVendoredFilesMatchTheirSums(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	for _, name := range []string{"htmx.min.js", "sse.min.js", "idiomorph-ext.min.js", "icons.svg"} {
		raw, err := files.ReadFile("vendor/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		if !strings.Contains(readme, hex.EncodeToString(sum[:])) {
			t.Errorf("README.md does not know the sum of %s", name)
		}
	}
}

func get(t *testing.T, path string, h http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://kierto.example/", nil)
	r.URL.Path = path
	if h != nil {
		r.Header = h
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}
