package browser_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/browser"
)

const form = `<!doctype html><html lang="en"><title>Form</title><meta name="viewport" content="width=device-width">
<body><main><h1>Form</h1>%s
<form method="post" enctype="multipart/form-data" action="/">
<p><label for="t">Title</label> <input id="t" name="title" value="old"></p>
<p><label>Story <textarea name="story"></textarea></label></p>
<p><label>Day <input type="date" name="day"></label></p>
<p><label>Size <select name="size"><option>small<option value="L">large</select></label></p>
<fieldset><legend>Way</legend><label><input type="radio" name="way" value="p">By post</label>
<label><input type="radio" name="way" value="h">By hand</label></fieldset>
<p><label><input type="checkbox" name="agree">I agree</label></p>
<p><label>Photos <input type="file" name="photos" multiple></label></p>
<p><button name="go" value="1">Send  it</button> <a href="/?again">Again</a></p>
</form></main></body></html>`

// site answers with the form, and after it is sent with what was in it.
func site(t *testing.T, csp, script string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", csp)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch {
		case r.URL.Path == "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case r.URL.Path != "/":
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodPost:
			time.Sleep(150 * time.Millisecond) // longer than a hasty test would wait
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, `<!doctype html><html lang=en><title>Got it</title><main><h1>Got it</h1><p id="got">%s</p>`, r.PostForm.Encode())
			for _, f := range r.MultipartForm.File["photos"] {
				fmt.Fprintf(w, "<p>file %s", f.Filename)
			}
			fmt.Fprintf(w, "<p>in %s</main>", r.Header.Get("Accept-Language"))
		default:
			fmt.Fprintf(w, form, script)
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() }) // an event stream never ends by itself
	return s.URL
}

// strict forbids every script.
const strict = "default-src 'self'; script-src 'none'"

// A form is filled by its labels and sent, with and without scripts.
func TestPageIsDrivenByWhatItSays(t *testing.T) {
	t.Parallel()
	address := site(t, strict, "")
	photo := filepath.Join(t.TempDir(), "a.jpg")
	if err := os.WriteFile(photo, []byte("jpeg"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browser.New(t, browser.Options{Lang: "sv"})
	for name, o := range map[string]browser.Options{
		"with scripts": {Lang: "sv"}, "without": {Lang: "sv", NoJS: true}, "phone": {Lang: "sv", Width: 320, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.PageOf(t, o)
			p.Open(address)
			p.See("Form", "Send it")
			p.Axe(t)
			p.Overflow(t)
			p.Fill("Title", "Hevonen & satula")
			p.Fill("story", "two\nlines")
			p.Fill("Day", "2026-01-31")
			p.Choose("Size", "large")
			p.Choose("Way", "By hand")
			p.Check("I agree")
			p.Upload("Photos", photo)
			p.Within("form").Click("Send it")
			if got := p.Text("#got"); got != "agree=on&day=2026-01-31&go=1&size=L&story=two%0D%0Alines&title=Hevonen+%26+satula&way=h" {
				t.Errorf("sent %s", got)
			}
			p.See("file a.jpg", "in sv")
			p.Gone("Send it")
			p.Back()
			p.See("Send it")
			p.Click("Again")
			if p.URL().RawQuery != "again" || p.Path() != "/" || p.Count("form") != 1 || p.Has("Got it") {
				t.Errorf("at %s", p.URL())
			}
			p.Shot(strings.ReplaceAll(name, " ", "-"))
		})
	}
}

// An open event stream does not keep a page from coming to rest, and live
// changes are seen.
func TestLivePagesComeToRest(t *testing.T) {
	t.Parallel()
	b := browser.New(t, browser.Options{})
	p := b.Page(t)
	p.Open(site(t, "default-src 'self'; script-src 'unsafe-inline'",
		`<script>new EventSource("/events"); setTimeout(() => document.querySelector("h1").append(" now"), 300)</script>`))
	p.See("Form now")
}

// A page with a sandboxed frame, such as a letter, comes to rest too.
func TestFramedPagesComeToRest(t *testing.T) {
	t.Parallel()
	b := browser.New(t, browser.Options{})
	p := b.Page(t)
	address := site(t, "default-src 'self'", `<iframe sandbox title="A letter" src="/?letter"></iframe>`)
	p.Open(address)
	p.See("Form")
	p.Click("Again")
	p.See("Form")
}

// What a page does wrong is told.
func TestFaultsAreSeen(t *testing.T) {
	t.Parallel()
	b := browser.New(t, browser.Options{})
	for want, c := range map[string]struct{ csp, script string }{
		"Content Security Policy": {strict, "<script>let forbidden</script>"},
		"script error":            {"", "<script>undefined.x</script>"},
		"asked a third party":     {"", `<img alt="" src="http://example.com/pixel.gif">`},
	} {
		p := b.Page(t)
		p.Open(site(t, c.csp, c.script))
		if got := strings.Join(p.Faults(), "\n"); !strings.Contains(got, want) {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

// axe.min.js is what AXE.md says it is.
func TestAxeIsAsPinned(t *testing.T) {
	t.Parallel()
	f, err := os.Open("axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile("AXE.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); !strings.Contains(string(note), sum) {
		t.Errorf("axe.min.js has the sum %s", sum)
	}
}
