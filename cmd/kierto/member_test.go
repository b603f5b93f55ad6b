package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// member is somebody with a session at an installation, who calls from a new
// address each time, so that only limits by account hold them back.
type member struct {
	at     *installation
	email  string
	cookie string
	http   http.Client
}

// testPassword is everybody's; it is long and means nothing.
const testPassword = "tallikissa nukkuu heinissä"

// stranger is a member who has not signed in.
func (i *installation) stranger() *member {
	return &member{at: i, http: http.Client{
		Timeout:       lastAnswer,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// join signs somebody up, confirms their address and signs them in.
func (i *installation) join(name string) *member {
	i.t.Helper()
	m := i.stranger()
	m.email = name + "@kierto.example"
	m.must("/sign-up", url.Values{"name": {name}, "email": {m.email}, "password": {testPassword}})
	m.must(strings.TrimPrefix(i.letter(m.email, "/confirm/"), i.base), url.Values{})
	m.must("/sign-in", url.Values{"email": {m.email}, "password": {testPassword}})
	return m
}

// letter is the link with part in it that came to an address.
func (i *installation) letter(email, part string) string {
	i.t.Helper()
	for began := clock.Wall(); clock.Wall().Sub(began) < lastAnswer; time.Sleep(5 * time.Millisecond) {
		for _, m := range i.post.To(email) {
			for _, l := range m.Links {
				if strings.Contains(l, part) {
					return l
				}
			}
		}
	}
	i.t.Fatalf("no letter to %s", email)
	return ""
}

// reply is what came back.
type reply struct {
	status   int
	location string
	body     string
}

// do sends a request as the member.
func (m *member) do(req *http.Request) (reply, error) {
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", rand.N(250), rand.N(250), 1+rand.N(250)))
	req.Header.Set("Accept-Language", "en")
	if m.cookie != "" {
		req.Header.Set("Cookie", m.cookie)
	}
	res, err := m.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }() // read below
	var b strings.Builder
	if _, err := io.Copy(&b, res.Body); err != nil {
		return reply{}, err
	}
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "kierto") {
			m.cookie = c.Name + "=" + c.Value
		}
	}
	return reply{res.StatusCode, res.Header.Get("Location"), b.String()}, nil
}

// twin is the same session in another window, for use by another goroutine.
func (m *member) twin() *member {
	other := m.at.stranger()
	other.email, other.cookie = m.email, m.cookie
	return other
}

// post sends a form; get opens a page. head is pairs of header and value.
func (m *member) post(path string, form url.Values, head ...string) (reply, error) {
	req, err := http.NewRequestWithContext(m.at.t.Context(), http.MethodPost, m.at.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for n := 0; n+1 < len(head); n += 2 {
		req.Header.Set(head[n], head[n+1])
	}
	return m.do(req)
}

func (m *member) get(path string) (reply, error) {
	req, err := http.NewRequestWithContext(m.at.t.Context(), http.MethodGet, m.at.base+path, nil)
	if err != nil {
		return reply{}, err
	}
	return m.do(req)
}

// must sends a form that has to be taken, and returns where it led.
func (m *member) must(path string, form url.Values) string {
	m.at.t.Helper()
	r, err := m.post(path, form)
	if err != nil || r.status != http.StatusSeeOther {
		m.at.t.Fatalf("POST %s: %d %v\n%s", path, r.status, err, words(r.body))
	}
	return r.location
}

var tags = regexp.MustCompile(`(?s)<(script|style|head).*?</(script|style|head)>|<[^>]*>`)

// words is the text of a page, shortened.
func words(page string) string {
	s := strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
	return strconv.Quote(s[:min(len(s), 600)])
}
