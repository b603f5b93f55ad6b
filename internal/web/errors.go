package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
)

// fail is the one exit for errors: a fault becomes its sentence, anything else
// becomes a 500 with a reference, and its cause goes to the log.
func (s *Server) fail(err error, ec echo.Context) {
	if ec.Response().Committed {
		return
	}
	f := asFault(err)
	if f == nil {
		if errors.Is(err, context.Canceled) && ec.Request().Context().Err() != nil {
			return // the reader left
		}
		s.opt.Log.Error("failed", "id", reference(ec), "route", ec.Path(), "err", err)
	} else if f.Err != nil {
		s.opt.Log.Warn("fault", "id", reference(ec), "route", ec.Path(), "key", f.Key, "err", f.Err)
	}
	c, cerr := s.context(ec)
	if cerr != nil || c == nil { // who asks cannot be known: the database is away
		c = &Ctx{Context: ec, srv: s, Say: i18n.For(i18n.Choose(ec.Request().Header.Get("Accept-Language")), "", s.opt.Clock.Now())}
	}
	if f != nil && f.Kind == fault.NotAllowed {
		f = asFault(s.wrongMethod(c))
	}
	if f != nil && f.Kind == fault.SignIn {
		signIn(c)
		return
	}
	if perr := s.errorPage(c, f); perr != nil {
		s.opt.Log.Error("error page", "id", reference(ec), "err", perr)
		_ = ec.NoContent(http.StatusInternalServerError)
	}
}

// signIn leads to the sign-in page and from there back to where the reader was:
// see whereTo, or for htmx the page it stands in.
func signIn(c *Ctx) {
	next, r := "/", c.Request()
	if c.IsHTMX() {
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && u.Path != "" {
			next = Local(u.RequestURI(), "/")
		}
		c.Response().Header().Set("HX-Redirect", "/sign-in?next="+url.QueryEscape(next))
		_ = c.NoContent(http.StatusUnauthorized)
		return
	}
	_ = c.Go("/sign-in?next=" + url.QueryEscape(whereTo(c)))
}

// errorPage shows a fault, or our own failure when f is nil.
func (s *Server) errorPage(c *Ctx, f *fault.Fault) error {
	v := ErrorOf(c.Say, f, reference(c))
	v.Again = again(c, v.Status)
	if v.Status == http.StatusServiceUnavailable || v.Status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", "10")
	}
	c.Response().Header().Set("Cache-Control", "no-store") // whatever was meant for the page itself
	if s.opt.ErrorPage == nil {
		return c.String(v.Status, v.Title+"\n"+v.Text+"\n")
	}
	frame := Frame{Speaker: c.Say, Reader: c.Reader, Base: s.opt.BaseURL, Path: "/", Meta: Meta{NoIndex: true}}
	if s.opt.Demo != nil {
		frame.Demo = s.opt.Demo()
	}
	return c.PageStatus(v.Status, s.opt.ErrorPage(frame, v))
}

// again is where an error page leads to go on: the page that was asked for, when
// a moment later it may come, or the page that a wrong way led away from; "" when
// there is none.
func again(c *Ctx, status int) string {
	looked := c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable:
		if looked {
			return Local(c.Request().URL.RequestURI(), "")
		}
	case http.StatusMethodNotAllowed:
		if to := whereTo(c); to != "/" {
			return to
		}
	}
	return ""
}

// ErrorOf is how a fault looks to its reader, or our own failure, with a
// reference to quote to staff, when f is nil.
func ErrorOf(say *i18n.Speaker, f *fault.Fault, reference string) ErrorView {
	if f == nil {
		return ErrorView{Status: http.StatusInternalServerError, Title: say.T("web.failed_title"), Text: say.T("web.failed"), Reference: reference}
	}
	return ErrorView{Status: f.Kind.Status(), Title: say.T(titles[f.Kind]), Text: say.Fault(f)}
}

// titles are the headings of the error pages.
var titles = map[fault.Kind]string{
	fault.Invalid:    "web.invalid_title",
	fault.SignIn:     "web.sign_in_title",
	fault.Forbidden:  "web.forbidden_title",
	fault.Missing:    "web.missing_title",
	fault.NotAllowed: "web.not_allowed_title",
	fault.Conflict:   "web.conflict_title",
	fault.TooLarge:   "web.too_large_title",
	fault.TooMany:    "web.too_many_title",
	fault.Busy:       "web.busy_title",
}

// asFault is the fault in err, with Echo's own errors translated.
func asFault(err error) *fault.Fault {
	if fs := fault.As(err); len(fs) > 0 {
		return fs[0]
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		switch he.Code {
		case http.StatusNotFound:
			return fault.New(fault.Missing, "web.missing")
		case http.StatusMethodNotAllowed:
			return fault.New(fault.NotAllowed, "web.not_allowed")
		case http.StatusRequestEntityTooLarge:
			return fault.New(fault.TooLarge, "web.too_large")
		case http.StatusBadRequest:
			return fault.New(fault.Invalid, "web.broken_form")
		}
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return fault.New(fault.TooLarge, "web.too_large")
	}
	return nil
}

// wall is the real time, for limits that no demo clock moves.
var wall = clock.Wall
