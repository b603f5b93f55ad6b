package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Access says who may use a route. Every route declares one where it is
// registered; a test calls each route as everybody.
type Access int

// Who may use a route.
const (
	Undeclared Access = iota
	Anyone            // strangers too
	SignedIn          // any member; a suspended one may only look (GET)
	Party             // a member who is a party of the thing; others get 404; suspended members may finish what they began
	Operator          // staff; everybody else gets 404
	Machine           // another machine, which proves itself by a signature or token
)

// String names the access, for logs and tests.
func (a Access) String() string {
	return [...]string{"undeclared", "anyone", "signed in", "party", "operator", "machine"}[a]
}

// Route is a declared route.
type Route struct {
	Method, Path string
	Access       Access
}

// Handler answers one request.
type Handler func(c *Ctx) error

// GET registers a page; HEAD asks for the same without its body.
func (s *Server) GET(path string, a Access, h Handler, m ...Guard) { s.add("GET", path, a, h, m) }

// POST registers an action.
func (s *Server) POST(path string, a Access, h Handler, m ...Guard) { s.add("POST", path, a, h, m) }

// Upload registers an action that takes photos: it alone may have a large body.
func (s *Server) Upload(path string, a Access, h Handler, m ...Guard) {
	s.uploads[path] = true
	s.add("POST", path, a, h, m)
}

// Guard stands before a handler: a rate or size limit.
type Guard func(next Handler) Handler

// Routes are all declared routes, for the access test and the docs.
func (s *Server) Routes() []Route { return s.routes }

func (s *Server) add(method, path string, a Access, h Handler, guards []Guard) {
	for i := len(guards) - 1; i >= 0; i-- {
		h = guards[i](h)
	}
	s.routes = append(s.routes, Route{method, path, a})
	answer := func(ec echo.Context) error {
		c, err := s.context(ec)
		if err != nil {
			return err
		}
		if err := allow(a, c, method); err != nil {
			return err
		}
		return h(c)
	}
	s.Echo.Add(method, path, answer)
	if method == http.MethodGet {
		s.Echo.Add(http.MethodHead, path, answer)
	}
}
