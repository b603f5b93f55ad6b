// Package web is the one room that knows Echo: the server, who may use a route,
// sessions, limits, headers, and turning errors into pages. Domains use it
// from their web.go files.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/kierto/kierto/internal/clock"
)

// Limits of every request.
const (
	maxHeaderBytes = 32 << 10         // bytes of headers
	maxBody        = "1M"             // body of an ordinary form
	maxUpload      = "190M"           // body of a photo form: 12 photos of 15 MB and their fields
	readHeaderTime = 5 * time.Second  // to send the headers
	idleTime       = 90 * time.Second // between requests of one connection
	sessionLife    = 30 * 24 * time.Hour
	sessionIdle    = 14 * 24 * time.Hour
)

// Options are what the server needs from the rest of the program.
type Options struct {
	BaseURL    string // https://example.fi, no slash; "https" turns on Secure cookies and HSTS
	Clock      clock.Clock
	Log        *slog.Logger
	Proxies    []netip.Prefix                                       // whose X-Forwarded-For is believed
	Sessions   scs.CtxStore                                         // where sessions are kept; nil: in memory
	Identify   func(c *Ctx) (Reader, error)                         // who holds this session
	Badges     func(ctx context.Context, id string) (Badges, error) // counts in the top bar
	ErrorPage  func(f Frame, e ErrorView) templ.Component           // the page of an error
	Demo       func() *Demo                                         // the demo's foot; nil outside it
	Beat       time.Duration                                        // between looks at a quiet event stream; 20 s when 0
	FormTime   time.Duration                                        // to send an ordinary form; 30 s when 0
	ExtraForms []string                                             // origins forms may also be sent to: the payment page
}

// ErrorView is an error as its reader sees it.
type ErrorView struct {
	Status    int
	Title     string
	Text      string
	Reference string // to quote to staff; only for our own failures
	Again     string // where to try once more, or to go back to; "" for nowhere
}

// Server is the web server.
type Server struct {
	Echo     *echo.Echo
	Sessions *scs.SessionManager
	opt      Options
	routes   []Route
	uploads  map[string]bool // paths whose bodies may be large
	micro    micro
	streams  streams
	observe  func(answered) // counts an answer from the micro-cache; nil: nobody counts
}

// New is a server without routes.
func New(opt Options) *Server {
	s := &Server{Echo: echo.New(), Sessions: scs.New(), opt: opt, uploads: map[string]bool{}}
	e := s.Echo
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = ipExtractor(opt.Proxies)
	e.HTTPErrorHandler = s.fail
	s.sessions()
	cross := http.NewCrossOriginProtection()
	cross.AddInsecureBypassPattern("POST /webhooks/") // they prove themselves by signature
	cross.AddInsecureBypassPattern("POST /unsubscribe/")
	cross.AddInsecureBypassPattern("POST /t/") // they act by their token, never by a session
	cross.SetDenyHandler(http.HandlerFunc(s.denyCrossSite))
	e.Pre(s.fromMicro)
	e.Use(requestID, s.log, s.recover, s.headers, cleanURL,
		echo.WrapMiddleware(cross.Handler),
		middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: maxBody, Skipper: s.isUpload}),
		middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: maxUpload}),
		s.hurry, s.loadSession, dropFiles)
	return s
}

// secure tells whether the site is served over TLS.
func (s *Server) secure() bool { return strings.HasPrefix(s.opt.BaseURL, "https://") }

// isUpload tells which forms may be large: those with photos, where photos are
// taken.
func (s *Server) isUpload(c echo.Context) bool {
	return s.uploads[c.Path()] && strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), "multipart/form-data")
}

// dropFiles removes the files that a large form was kept in. The library would,
// if the request it knows were still the one that was read.
func dropFiles(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer func() {
			if form := c.Request().MultipartForm; form != nil {
				_ = form.RemoveAll()
			}
		}()
		return next(c)
	}
}

// HTTP is the http.Server for addr, with its time limits set.
func (s *Server) HTTP(addr string) *http.Server {
	return &http.Server{
		Addr: addr, Handler: s.Echo, ReadHeaderTimeout: readHeaderTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelWarn),
	}
}

// ipExtractor trusts X-Forwarded-For from the configured proxies alone.
func ipExtractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		opts = append(opts, echo.TrustIPRange(prefixNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}
