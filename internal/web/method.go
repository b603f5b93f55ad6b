package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/fault"
)

// wrongMethod is the fault of a right address asked in a wrong way: NotAllowed
// for those who may see what is there, and what they would read otherwise for
// everybody else.
func (s *Server) wrongMethod(c *Ctx) error {
	access := Undeclared
	for _, r := range s.routes {
		if r.Path == c.Path() && (access == Undeclared || r.Access == Anyone || r.Access == Machine) {
			access = r.Access
		}
	}
	err := allow(access, c, http.MethodGet)
	if err == nil && access == Party {
		if err = s.sees(c); !fault.Is(err, fault.Missing) && !fault.Is(err, fault.Forbidden) {
			err = nil
		}
	}
	if err != nil {
		c.Response().Header().Del(echo.HeaderAllow)
		return err
	}
	return fault.New(fault.NotAllowed, "web.not_allowed")
}

// sees asks the page of the thing whether the reader may see it. The first page
// on the way to the address is the thing's own; where there is none, nothing
// tells one thing from another, so everybody reads the same.
func (s *Server) sees(c *Ctx) error {
	pattern, path := strings.Split(c.Path(), "/"), strings.Split(c.Request().URL.Path, "/")
	for i := range pattern {
		if i >= len(path) || !s.has(http.MethodGet, strings.Join(pattern[:i+1], "/"), Party) {
			continue
		}
		r := c.Request().Clone(c.Request().Context())
		r.Method, r.URL.Path, r.URL.RawPath, r.Body = http.MethodHead, strings.Join(path[:i+1], "/"), "", http.NoBody
		asked := s.Echo.NewContext(r, nowhere{})
		asked.Set("kierto", &Ctx{Context: asked, srv: s, Reader: c.Reader, Say: c.Say})
		s.Echo.Router().Find(http.MethodHead, r.URL.Path, asked)
		return asked.Handler()(asked)
	}
	return nil
}

// has tells whether a route is declared.
func (s *Server) has(method, path string, access ...Access) bool {
	for _, r := range s.routes {
		if r.Method != method || r.Path != path {
			continue
		}
		for _, a := range access {
			if r.Access == a {
				return true
			}
		}
		return len(access) == 0
	}
	return false
}

// nowhere is where an answer goes that nobody reads.
type nowhere struct{}

// Header implements http.ResponseWriter.
func (nowhere) Header() http.Header { return http.Header{} }

// Write implements http.ResponseWriter.
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (nowhere) WriteHeader(int) {}

// whereTo is the page to come back to after signing in: the one asked for, the
// page behind a form's address, or the page the form stood on.
func whereTo(c *Ctx) string {
	r := c.Request()
	if c.srv.has(http.MethodGet, c.Path()) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return r.URL.RequestURI()
		}
		return r.URL.EscapedPath()
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" {
		return Local(u.RequestURI(), "/")
	}
	return "/"
}
