package dev

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/static"
)

// policy forbids what the market forbids, so that an example that needs more
// fails here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
	"connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"

// gallery serves every example at /<lang>/<name>.
func gallery(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		lang, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		e, ok := Find(name)
		if !ok {
			w.WriteHeader(http.StatusNoContent) // a picture that an example only names
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		f := Frame(lang, false)
		f.Path = r.URL.Path
		if err := e.Make(f).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Axe finds nothing in any example, and none scrolls sideways: by day and by
// night, on the narrowest phone, at double size, without script, each in
// another language.
func TestEveryExampleIsForEverybody(t *testing.T) {
	t.Parallel()
	site := gallery(t)
	b := browser.New(t, browser.Options{})
	for name, as := range map[string]browser.Options{
		"dark and wide":     {Dark: true, Lang: "fi"},
		"narrow":            {Width: 320, Lang: "sv"},
		"large, no scripts": {Zoom: 2, NoJS: true, Lang: "en"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // half of the time is waiting for pages to come to rest
			p := b.PageOf(t, as)
			for _, folder := range Folders() {
				for _, e := range folder.Examples {
					p.Open(site + "/" + as.Lang + "/" + e.Name)
					p.Axe(t)
					p.Overflow(t)
				}
			}
		})
	}
}
