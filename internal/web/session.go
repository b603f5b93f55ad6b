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

// What a session holds.
const (
	SessionUser  = "user"  // id of who is signed in
	SessionAgent = "agent" // their browser and system, in a few words
)

// sessionLoaded marks a request whose session has been read.
const sessionLoaded = "kierto.session"

// hasSession tells whether the request brought a session cookie that has been
// read, so that strangers cost no look-up. A request that failed before its
// session was read has none.
func (s *Server) hasSession(ec echo.Context) bool {
	_, err := ec.Request().Cookie(s.cookieName())
	return err == nil && ec.Get(sessionLoaded) == true
}

// loadSession loads and saves the session around the routes that may have one.
func (s *Server) loadSession(next echo.HandlerFunc) echo.HandlerFunc {
	with := echo.WrapMiddleware(s.Sessions.LoadAndSave)(func(c echo.Context) error {
		c.Set(sessionLoaded, true)
		return next(c)
	})
	return func(c echo.Context) error {
		_, err := c.Request().Cookie(s.cookieName())
		if sessionless[c.Path()] || strangersOwn[c.Path()] && err != nil {
			return next(c)
		}
		return with(c)
	}
}

// sessionless are the routes that have no person behind them.
var sessionless = map[string]bool{
	"/static/*": true, "/photos/:name": true, "/healthz": true, "/readyz": true, "/sitemap.xml": true, "/robots.txt": true,
}

// strangersOwn are the pages most strangers look at. They begin no session, so
// that a reader without one costs none.
var strangersOwn = map[string]bool{"/": true, "/listings/:id": true}
