package web

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
)

const (
	microLife  = time.Second      // how old a stranger's page may be
	microAgain = 10 * time.Second // a page asked for twice within this is kept
	microPages = 2_000            // pages kept; when they are more, all are forgotten
	microTotal = 32 << 20         // bytes of them, likewise
	microBytes = 256 << 10        // a larger page is not kept
	microLangs = 1_000            // Accept-Language headers whose meaning is remembered
)

// Micro keeps the pages that several strangers ask for, for a second, so that a
// crowd at the door costs little. Whoever is signed in, or has a sentence
// waiting, always gets a page of their own. Only GET routes that show every
// stranger the same may use it.
func Micro() Guard {
	return func(next Handler) Handler {
		return func(c *Ctx) error {
			if !c.srv.shared(c.Request()) || c.Reader.SignedIn() {
				return next(c)
			}
			if _, err := c.Cookie(c.srv.flashName()); err == nil {
				return next(c)
			}
			key := microKey{c.Say.Lang, takesGzip(c.Request()), c.Request().URL.RequestURI()}
			if c.srv.micro.again(key) {
				c.keep = func(page made) { c.srv.micro.put(key, c, page) }
			}
			return next(c)
		}
	}
}

// microKey is all that such a page depends on.
type microKey struct {
	lang string
	gzip bool
	uri  string
}

// kept is a finished answer.
type kept struct {
	made
	header http.Header // shared by all answers: never changed
	route  string
	limits []*limiter // what a request for it is counted by
	until  time.Time
}

type micro struct {
	sync.RWMutex
	pages map[microKey]kept
	asked map[microKey]time.Time // when each was last made
	bytes int                    // that pages has taken since it was empty
	langs map[string]string      // by Accept-Language
}

// shared tells whether a request may get what every stranger gets.
func (s *Server) shared(r *http.Request) bool {
	return r.Method == http.MethodGet && s.opt.Demo == nil && r.Header.Get("Hx-Request") == ""
}

// fromMicro answers a stranger with a page that is kept, before anything is done
// that only a page of one's own needs. The answer has the same headers, counts
// for the same limits and leaves the same line in the log.
func (s *Server) fromMicro(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !s.shared(r) {
			return next(c)
		}
		start := clock.Wall()
		lang, ok := s.strangersLang(r)
		if !ok {
			return next(c)
		}
		page, ok := s.micro.get(microKey{lang, takesGzip(r), r.RequestURI})
		if !ok {
			return next(c)
		}
		for _, l := range page.limits {
			if !l.allow("ip:" + Network(c.RealIP())) {
				return next(c)
			}
		}
		h := c.Response().Header()
		maps.Copy(h, page.header)
		id := newReference()
		h[echo.HeaderXRequestID] = []string{id}
		c.Response().WriteHeader(page.status)
		_, err := c.Response().Write(page.body)
		a := answered{id: id, method: r.Method, route: page.route, status: page.status, took: clock.Wall().Sub(start)}
		s.line(a)
		if s.observe != nil {
			s.observe(a)
		}
		return err
	}
}

// strangersLang is the language of a request that brings no session and no
// sentence; others get a page of their own.
func (s *Server) strangersLang(r *http.Request) (lang string, ok bool) {
	if len(r.Header["Cookie"]) > 0 {
		for _, k := range r.Cookies() {
			switch {
			case k.Name == s.cookieName() || k.Name == s.flashName():
				return "", false
			case k.Name == langCookie && lang == "" && i18n.Valid(k.Value):
				lang = k.Value
			}
		}
		if lang != "" {
			return lang, true
		}
	}
	return s.micro.lang(r.Header.Get("Accept-Language")), true
}

// lang is i18n.Choose, remembered.
func (m *micro) lang(accept string) string {
	m.RLock()
	lang, ok := m.langs[accept]
	m.RUnlock()
	if ok {
		return lang
	}
	lang = i18n.Choose(accept)
	m.Lock()
	defer m.Unlock()
	if m.langs == nil || len(m.langs) >= microLangs {
		m.langs = map[string]string{}
	}
	m.langs[strings.Clone(accept)] = lang
	return lang
}

func (m *micro) get(key microKey) (kept, bool) {
	m.RLock()
	k, ok := m.pages[key]
	m.RUnlock()
	return k, ok && wall().Before(k.until)
}

// again tells whether a page was made a moment ago, too. One that is asked for
// once, a crawler's or somebody's search, is not worth keeping.
func (m *micro) again(key microKey) bool {
	now := wall()
	m.Lock()
	defer m.Unlock()
	if m.asked == nil || len(m.asked) >= microPages {
		m.asked = map[microKey]time.Time{}
	}
	before, ok := m.asked[key]
	m.asked[key] = now
	return ok && now.Before(before.Add(microAgain))
}

// put keeps an answer that has just been sent, unless it was for one person.
func (m *micro) put(key microKey, c *Ctx, page made) {
	header := c.Response().Header()
	if page.status != http.StatusOK || len(page.body) > microBytes || header.Get("Set-Cookie") != "" {
		return
	}
	k := kept{made: page, header: make(http.Header, len(header)), route: c.Path(), limits: c.limits, until: wall().Add(microLife)}
	for name, values := range header {
		k.header[name] = append(make([]string, 0, len(values)), values...)
	}
	delete(k.header, echo.HeaderXRequestID)
	m.Lock()
	defer m.Unlock()
	if m.pages == nil || len(m.pages) >= microPages || m.bytes >= microTotal {
		m.pages, m.bytes = map[microKey]kept{}, 0
	}
	m.pages[key] = k
	m.bytes += len(k.body)
}
