package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// sessions sets up the session manager. Tokens are stored hashed; the cookie is
// ours alone (__Host-) when the site has TLS.
func (s *Server) sessions() {
	m := s.Sessions
	if s.opt.Sessions != nil {
		m.Store = s.opt.Sessions
	}
	m.Lifetime, m.IdleTimeout, m.HashTokenInStore = sessionLife, sessionIdle, true
	m.Cookie.Name, m.Cookie.Path, m.Cookie.HttpOnly = s.cookieName(), "/", true
	m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Persist = http.SameSiteLaxMode, s.secure(), true
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.fail(err, s.Echo.NewContext(r, w))
	}
}

func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-kierto"
	}
	return "kierto"
}

// hasSession tells whether the request brings a session cookie, so that
// strangers cost no look-up.
func (s *Server) hasSession(r *http.Request) bool {
	_, err := r.Cookie(s.cookieName())
	return err == nil
}

// loadSession loads and saves the session around the routes that may have one.
func (s *Server) loadSession(next echo.HandlerFunc) echo.HandlerFunc {
	with := echo.WrapMiddleware(s.Sessions.LoadAndSave)(next)
	return func(c echo.Context) error {
		if sessionless(c) {
			return next(c)
		}
		return with(c)
	}
}

// sessionless tells which requests have no person behind them.
func sessionless(c echo.Context) bool {
	switch c.Path() {
	case "/static/*", "/photos/*", "/healthz", "/readyz", "/sitemap.xml", "/robots.txt":
		return true
	}
	return false
}
