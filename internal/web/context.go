package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
)

// Ctx is one request and the person behind it.
type Ctx struct {
	echo.Context
	Reader Reader
	Say    *i18n.Speaker
	srv    *Server
	keep   func(made) // takes a page that was sent into the micro-cache; nil: nobody does
	limits []*limiter // that counted this request
}

// Sessions is the session manager. It may be asked only in a request that has a
// session: one that Identify is called for, or any but static files and probes.
func (c *Ctx) Sessions() *scs.SessionManager { return c.srv.Sessions }

// context finds out who is asking.
func (s *Server) context(ec echo.Context) (*Ctx, error) {
	if c, ok := ec.Get("kierto").(*Ctx); ok {
		return c, nil
	}
	c := &Ctx{Context: ec, srv: s}
	if s.opt.Identify != nil && s.hasSession(ec) {
		r, err := s.opt.Identify(c)
		if err != nil {
			return nil, err
		}
		c.Reader = r
	}
	c.Say = i18n.For(s.lang(c), c.Reader.Zone, s.opt.Clock.Now())
	ec.Set("kierto", c)
	return c, nil
}

// lang is the reader's language: their account's, else the cookie's, else what
// the browser asks for.
func (s *Server) lang(c *Ctx) string {
	if c.Reader.Lang != "" {
		return c.Reader.Lang
	}
	if k, err := c.Cookie(langCookie); err == nil && i18n.Valid(k.Value) {
		return k.Value
	}
	return i18n.Choose(c.Request().Header.Get("Accept-Language"))
}

// Now is this request's moment.
func (c *Ctx) Now() clock.Instant { return c.Say.Now }

// Frame is the frame of a page in a section of the navigation.
func (c *Ctx) Frame(section string) Frame {
	f := Frame{
		Speaker: c.Say, Reader: c.Reader, Section: section, Base: c.srv.opt.BaseURL,
		Path: c.Request().URL.RequestURI(),
		Meta: Meta{Canonical: c.Request().URL.Path, NoIndex: c.Reader.SignedIn()},
	}
	if c.Reader.SignedIn() && c.srv.opt.Badges != nil {
		if b, err := c.srv.opt.Badges(c.Request().Context(), c.Reader.ID); err == nil {
			f.Badges = b
		} else {
			c.srv.opt.Log.Warn("badges", "err", err)
		}
	}
	f.Flash = c.takeFlash()
	if c.srv.opt.Demo != nil {
		f.Demo = c.srv.opt.Demo()
	}
	return f
}

// Form reads the posted fields. It fails when the body is too large or broken.
func (c *Ctx) Form() (Form, error) {
	v, err := c.FormParams()
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) || errors.Is(err, echo.ErrStatusRequestEntityTooLarge) {
			return Form{}, fault.New(fault.TooLarge, "web.too_large")
		}
		return Form{}, fault.New(fault.Invalid, "web.broken_form")
	}
	cleanValues(v)
	return Form{Values: v}, nil
}

// cleanValues cleans all values, and the names too; it tells whether there was
// anything to drop.
func cleanValues(v url.Values) bool {
	dirty := false
	for k, vs := range v {
		for i, s := range vs {
			if vs[i] = clean(s); vs[i] != s {
				dirty = true
			}
		}
		if clean(k) != k {
			delete(v, k)
			dirty = true
		}
	}
	return dirty
}

// clean drops what no person types: NUL and bytes that are not UTF-8, which
// PostgreSQL refuses to store.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// Again shows a form once more, with what was typed and what was wrong, as 422
// (409 when somebody else moved first). Other errors pass through.
func (c *Ctx) Again(err error, form Form, page func(Form) templ.Component) error {
	fs := fault.As(err)
	if len(fs) == 0 {
		return err
	}
	switch fs[0].Kind {
	case fault.Invalid, fault.Conflict, fault.TooMany:
		form.Faults = fs
		return c.PageStatus(fs[0].Kind.Status(), page(form))
	}
	return err
}

// Go redirects after a POST (303). With htmx the browser follows it as usual.
func (c *Ctx) Go(path string) error { return c.Redirect(http.StatusSeeOther, path) }

// Back is the local path in the field "next" (form or query), or otherwise.
// Another site's address is never followed.
func (c *Ctx) Back(otherwise string) string { return Local(c.FormValue("next"), otherwise) }

// Local is path when it is on this site, or otherwise.
func Local(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || path == "" || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return otherwise
	}
	return path
}

// IsHTMX tells whether the request comes from htmx, and not from its history.
func (c *Ctx) IsHTMX() bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-History-Restore-Request") != "true"
}

// Query is a query string of "name", value pairs, without the empty ones.
func Query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
