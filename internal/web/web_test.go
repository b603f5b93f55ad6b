package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

func server(t *testing.T, change ...func(*web.Options)) *web.Server {
	t.Helper()
	opt := web.Options{BaseURL: "https://kierto.example", Clock: clock.System{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, c := range change {
		c(&opt)
	}
	return web.New(opt)
}

func ask(s *web.Server, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Echo.ServeHTTP(w, r)
	return w
}

func ok(c *web.Ctx) error { return c.Page(templ.Raw("fine")) }

// as makes every request with a session cookie come from r.
func as(r web.Reader) func(*web.Options) {
	return func(o *web.Options) { o.Identify = func(*web.Ctx) (web.Reader, error) { return r, nil } }
}

const cookie = "__Host-kierto=x"

// Who may use a route is decided before its handler runs.
func TestAccess(t *testing.T) {
	t.Parallel()
	stranger := web.Reader{}
	member := web.Reader{ID: "usr_1"}
	paused := web.Reader{ID: "usr_2", Suspended: true}
	staff := web.Reader{ID: "usr_3", Operator: true}
	for _, c := range []struct {
		access web.Access
		method string
		reader web.Reader
		want   int
	}{
		{web.Anyone, "GET", stranger, 200}, {web.Anyone, "POST", paused, 200},
		{web.SignedIn, "GET", stranger, 303}, {web.SignedIn, "GET", member, 200},
		{web.SignedIn, "GET", paused, 200}, {web.SignedIn, "POST", paused, 403},
		{web.Party, "POST", paused, 200}, {web.Party, "POST", stranger, 303},
		{web.Operator, "GET", stranger, 404}, {web.Operator, "GET", member, 404}, {web.Operator, "GET", staff, 200},
		{web.Undeclared, "GET", staff, 404},
	} {
		s := server(t, as(c.reader))
		s.GET("/x", c.access, ok)
		s.POST("/x", c.access, ok)
		if got := ask(s, c.method, "/x", "", "Cookie", cookie); got.Code != c.want {
			t.Errorf("%s, %s by %+v: %d, want %d", c.access, c.method, c.reader, got.Code, c.want)
		}
	}
}

// A form from another site is refused; a machine's signed one is not.
func TestCrossSiteForms(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.POST("/x", web.Anyone, ok)
	s.POST("/webhooks/x", web.Machine, ok)
	if w := ask(s, "POST", "/x", "a=1", "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
		t.Errorf("from another site: %d", w.Code)
	}
	if w := ask(s, "POST", "/x", "a=1", "Origin", "https://evil.example"); w.Code != 403 {
		t.Errorf("with another origin: %d", w.Code)
	}
	if w := ask(s, "POST", "/x", "a=1", "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("from our own page: %d", w.Code)
	}
	if w := ask(s, "POST", "/webhooks/x", "a=1", "Origin", "https://provider.example"); w.Code != 200 {
		t.Errorf("webhook: %d", w.Code)
	}
}

// A fault becomes its sentence and status; anything else a 500 whose cause is
// not shown.
func TestErrors(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/fault", web.Anyone, func(*web.Ctx) error { return fault.New(fault.Missing, "web.missing") })
	s.GET("/bug", web.Anyone, func(*web.Ctx) error { return errors.New("password of the database") })
	s.GET("/panic", web.Anyone, func(*web.Ctx) error { panic("secret") })
	for path, want := range map[string]int{"/fault": 404, "/bug": 500, "/panic": 500, "/nothing": 404} {
		w := ask(s, "GET", path, "")
		if w.Code != want || strings.Contains(w.Body.String(), "database") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	if w := ask(s, "GET", "/fault", "", "Accept-Language", "sv"); !strings.Contains(w.Body.String(), "Sidan finns inte") {
		t.Errorf("in Swedish: %q", w.Body)
	}
}

// An error's page leads to the page that may come a moment later, or back to
// where a wrong way began; never to another site, nor to a form's address.
func TestErrorsLeadOn(t *testing.T) {
	t.Parallel()
	s := server(t, func(o *web.Options) {
		o.ErrorPage = func(_ web.Frame, e web.ErrorView) templ.Component { return templ.Raw("again:" + e.Again + ".") }
	})
	fails := func(*web.Ctx) error { return fault.New(fault.Busy, "db.away") }
	s.GET("/busy", web.Anyone, fails)
	s.GET("//*", web.Anyone, fails)
	s.POST("/busy", web.Anyone, fails)
	s.GET("/broken", web.Anyone, func(*web.Ctx) error { return errors.New("no") })
	s.POST("/press", web.Anyone, ok)
	for _, c := range []struct {
		method, path, from string
		status             int
		want               string
	}{
		{"GET", "/busy?page=2", "", 503, "/busy?page=2"}, {"GET", "/broken", "", 500, "/broken"}, {"POST", "/busy", "", 503, ""},
		{"GET", "//evil.example/busy", "", 503, ""}, {"GET", "/nothing", "https://example.com/orders", 404, ""}, {"GET", "/press", "", 405, ""},
		{"GET", "/press", "https://example.com/orders?page=2", 405, "/orders?page=2"}, {"GET", "/press", "https://evil.example/orders", 405, ""},
	} {
		w := ask(s, c.method, c.path, "", "Referer", c.from)
		if got := w.Body.String(); w.Code != c.status || got != "again:"+c.want+"." {
			t.Errorf("%s %s: %d %s, want %q", c.method, c.path, w.Code, got, c.want)
		}
	}
}

// Bodies, broken encodings and bytes no database stores are answered, not
// passed on.
func TestForms(t *testing.T) {
	t.Parallel()
	s := server(t)
	var got string
	s.POST("/x", web.Anyone, func(c *web.Ctx) error {
		f, err := c.Form()
		got = f.Get("a")
		if err != nil {
			return err
		}
		return ok(c)
	})
	if w := ask(s, "POST", "/x", "a="+strings.Repeat("x", 2<<20)); w.Code != 413 {
		t.Errorf("2 MB: %d", w.Code)
	}
	if w := ask(s, "POST", "/x", "a=%zz"); w.Code != 422 {
		t.Errorf("broken encoding: %d", w.Code)
	}
	if w := ask(s, "POST", "/x", "a=b%00%ffc"); w.Code != 200 || got != "bc" {
		t.Errorf("NUL and bad UTF-8: %d, %q", w.Code, got)
	}
}

// Bytes that no database stores are no part of an address either.
func TestAddresses(t *testing.T) {
	t.Parallel()
	s, got := server(t), ""
	s.GET("/x/:id", web.Anyone, func(c *web.Ctx) error {
		got = c.QueryParam("q") + "|" + c.QueryParam("f.a")
		return ok(c)
	})
	for path, want := range map[string]string{"/x/%00": "", "/x/a%ff": "", "/x/a?q=b%00%ffc&f.%00=1&f.a=2": "bc|2", "/x/a?q=p%C3%A4%25": "pä%|"} {
		got = ""
		if w := ask(s, "GET", path, ""); got != want || (w.Code == 200) != (want != "") {
			t.Errorf("%s: %d, %q; want %q", path, w.Code, got, want)
		}
	}
}

// Large bodies are for photos alone, and leave no files behind.
func TestUploads(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("photo", "x.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, 34<<20)); err != nil { // more than is kept in memory
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	s, kept := server(t), ""
	take := func(c *web.Ctx) error {
		x, err := c.FormFile("photo")
		if err != nil {
			return err
		}
		f, err := x.Open()
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if onDisk, is := f.(*os.File); is {
			kept = onDisk.Name()
		}
		return ok(c)
	}
	s.POST("/words", web.Anyone, take)
	s.Upload("/photos", web.Anyone, take)
	for path, want := range map[string]int{"/words": 413, "/photos": 200} {
		if w := ask(s, "POST", path, body.String(), "Content-Type", form.FormDataContentType(), "Cookie", cookie); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if _, err := os.Stat(kept); kept == "" || !os.IsNotExist(err) {
		t.Errorf("%q stays behind: %v", kept, err)
	}
}

// HEAD tells what GET would, without the page.
func TestHead(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, ok)
	s.GET("/live", web.Anyone, func(c *web.Ctx) error { return c.Live("x", nil, nil) })
	s.POST("/y", web.Anyone, ok)
	for path, want := range map[string]int{"/x": 200, "/live": 200, "/y": 405} {
		w := ask(s, "HEAD", path, "")
		if w.Code != want || want == 200 && w.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, want %d and none", path, w.Code, w.Body.Len(), want)
		}
	}
}

// Only paths of this site are followed after a form.
func TestLocal(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", "javascript:alert(1)", "/%zz"} {
		if got := web.Local(bad, "/safe"); got != "/safe" {
			t.Errorf("%q leads to %q", bad, got)
		}
	}
	if got := web.Local("/orders/1?a=b#c", "/"); got != "/orders/1?a=b#c" {
		t.Errorf("our own: %q", got)
	}
}

// A limit answers 429 when its burst is used up, for each address by itself,
// and a stranger cannot pretend to be elsewhere.
func TestLimit(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, ok, web.Limit(2, time.Hour))
	for i, want := range []int{200, 200, 429} {
		if w := ask(s, "GET", "/x", "", "X-Forwarded-For", "10.0.0."+string(rune('1'+i))); w.Code != want {
			t.Errorf("request %d: %d, want %d", i+1, w.Code, want)
		}
	}
	behind := server(t, func(o *web.Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	behind.GET("/x", web.Anyone, ok, web.Limit(1, time.Hour))
	for _, addr := range []string{"198.51.100.1", "198.51.100.2"} {
		if w := ask(behind, "GET", "/x", "", "X-Forwarded-For", addr); w.Code != 200 {
			t.Errorf("behind a trusted proxy, %s: %d", addr, w.Code)
		}
	}
}

// Every answer forbids framing, inline script and third parties.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.GET("/x", web.Anyone, ok)
	h := ask(s, "GET", "/x", "").Header()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("no %s in %q", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("unsafe: %q", csp)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") == "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
}

// A sentence kept for the next page is shown once.
func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.POST("/do", web.Anyone, func(c *web.Ctx) error { c.FlashUndo("/undo", "web.busy_title"); return c.Go("/see") })
	s.GET("/see", web.Anyone, func(c *web.Ctx) error {
		f := c.Frame("").Flash
		if f == nil {
			return c.String(http.StatusOK, "-")
		}
		return c.String(http.StatusOK, f.Text+f.UndoURL)
	})
	set := ask(s, "POST", "/do", "").Result().Cookies()
	if len(set) != 1 || !set[0].HttpOnly || !set[0].Secure || set[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("cookies %v", set)
	}
	w := ask(s, "GET", "/see", "", "Cookie", set[0].String())
	if w.Body.String() != "Palvelu on hetken tauolla/undo" {
		t.Errorf("shown %q", w.Body)
	}
	if gone := w.Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
		t.Errorf("not taken back: %v", gone)
	}
}
