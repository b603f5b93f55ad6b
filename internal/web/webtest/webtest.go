// Package webtest plays a browser against a server, for the tests of handlers.
package webtest

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/kierto/kierto/internal/web"
)

// Browser is one browser with its cookies. It does not follow redirects.
type Browser struct {
	t    testing.TB
	srv  *web.Server
	jar  http.CookieJar
	Head http.Header // sent with every request; change it at will
	From string      // the address it calls from; "" for 192.0.2.1
}

// base is where the browser believes the server is.
var base = &url.URL{Scheme: "http", Host: "kierto.test", Path: "/"}

// Client is a fresh browser, of a stranger.
func Client(t testing.TB, srv *web.Server) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("webtest: %v", err)
	}
	return &Browser{t: t, srv: srv, jar: jar, Head: http.Header{
		"Accept-Language": {"en"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
	}}
}

// As is a fresh browser in which the person with this account id is signed in,
// as if they had just done so; "" is a stranger.
func (b *Browser) As(user string) *Browser {
	b.t.Helper()
	other := Client(b.t, b.srv)
	if user == "" {
		return other
	}
	m := b.srv.Sessions
	ctx, err := m.Load(context.Background(), "")
	if err != nil {
		b.t.Fatalf("webtest: %v", err)
	}
	m.Put(ctx, web.SessionUser, user)
	m.Put(ctx, web.SessionAgent, "Firefox · Linux")
	token, _, err := m.Commit(ctx)
	if err != nil {
		b.t.Fatalf("webtest: %v", err)
	}
	other.jar.SetCookies(base, []*http.Cookie{{Name: m.Cookie.Name, Value: token, Path: "/"}})
	return other
}

// Cookie is the value of a cookie, "" when there is none.
func (b *Browser) Cookie(name string) string {
	for _, c := range b.jar.Cookies(base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie puts a cookie in the browser.
func (b *Browser) SetCookie(name, value string) {
	b.jar.SetCookies(base, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Get opens a page.
func (b *Browser) Get(path string) Answer {
	b.t.Helper()
	return b.Do(httptest.NewRequest(http.MethodGet, base.Scheme+"://"+base.Host+path, nil))
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Answer {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, base.Scheme+"://"+base.Host+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

// Do sends any request, with the browser's headers and cookies.
func (b *Browser) Do(r *http.Request) Answer {
	b.t.Helper()
	for k, vs := range b.Head {
		if r.Header.Get(k) == "" {
			r.Header[k] = vs
		}
	}
	for _, c := range b.jar.Cookies(base) {
		r.AddCookie(c)
	}
	if b.From != "" {
		r.RemoteAddr = net.JoinHostPort(b.From, "40000")
	}
	w := httptest.NewRecorder()
	b.srv.Echo.ServeHTTP(w, r)
	res := w.Result()
	b.jar.SetCookies(base, res.Cookies())
	return Answer{t: b.t, Status: res.StatusCode, Body: w.Body.String(), Location: res.Header.Get("Location"), Header: res.Header}
}

// Form is a form of "field", "value" pairs.
func Form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// Answer is what came back.
type Answer struct {
	t        testing.TB
	Status   int
	Body     string
	Location string // of a redirect
	Header   http.Header
}

// Find is what a CSS selector finds in the page.
func (a Answer) Find(selector string) *goquery.Selection {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.Body))
	if err != nil {
		a.t.Fatalf("webtest: %v", err)
	}
	return doc.Find(selector)
}

// Text is the words that a selector finds, with single spaces.
func (a Answer) Text(selector string) string {
	a.t.Helper()
	return strings.Join(strings.Fields(a.Find(selector).Text()), " ")
}

// Want fails the test unless the answer has this status.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		body := a.Body
		if len(body) > 2000 {
			body = body[:2000] + "…"
		}
		a.t.Fatalf("status %d, want %d; location %q\n%s", a.Status, status, a.Location, body)
	}
	return a
}

// Leads fails the test unless the answer is a redirect (303) to path.
func (a Answer) Leads(path string) Answer {
	a.t.Helper()
	a.Want(http.StatusSeeOther)
	if a.Location != path {
		a.t.Fatalf("leads to %q, want %q", a.Location, path)
	}
	return a
}

// Has fails the test unless the page holds every one of these texts.
func (a Answer) Has(texts ...string) Answer {
	a.t.Helper()
	for _, s := range texts {
		if !strings.Contains(a.Body, s) {
			a.t.Fatalf("the page does not hold %q", s)
		}
	}
	return a
}

// Lacks fails the test if the page holds any of these texts.
func (a Answer) Lacks(texts ...string) Answer {
	a.t.Helper()
	for _, s := range texts {
		if strings.Contains(a.Body, s) {
			a.t.Fatalf("the page holds %q", s)
		}
	}
	return a
}
