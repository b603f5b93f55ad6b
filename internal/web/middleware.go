package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
)

// requestID gives every request a name that the log and the error page share.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, newReference())
		return next(c)
	}
}

func newReference() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// reference is the request's name.
func reference(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// log writes one line a request: the route and never the query, so that no
// search, address or token ends up in a log.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := clock.Wall()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		who, key := "", ""
		if k, ok := c.Get("kierto").(*Ctx); ok {
			who = k.Reader.ID
		}
		if fs := fault.As(err); len(fs) > 0 {
			key = fs[0].Key
		}
		s.line(answered{reference(c), c.Request().Method, c.Path(), c.Response().Status, clock.Wall().Sub(start), who, key})
		return nil
	}
}

// answered is what the log says of a request.
type answered struct {
	id, method, route string
	status            int
	took              time.Duration
	who, fault        string
}

func (s *Server) line(a answered) {
	s.opt.Log.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("id", a.id), slog.String("method", a.method), slog.String("route", a.route),
		slog.Int("status", a.status), slog.Int64("ms", a.took.Milliseconds()), slog.String("actor", a.who), slog.String("fault", a.fault))
}

// recover turns a panic into an ordinary error.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.opt.Log.Error("panic", "id", reference(c), "what", fmt.Sprint(p), "stack", string(debug.Stack()))
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return next(c)
	}
}

// cleanURL drops what no person types from an address, as Form does from what
// is posted. A path that holds such bytes names nothing that is stored.
func cleanURL(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		if clean(u.Path) != u.Path {
			return fault.New(fault.Missing, "web.missing")
		}
		if strings.Contains(u.RawQuery, "%") || clean(u.RawQuery) != u.RawQuery {
			q := u.Query()
			if cleanValues(q) {
				u.RawQuery = q.Encode()
			}
		}
		return next(c)
	}
}

// headers sets the security headers. No page loads anything from elsewhere, and
// no script or style is inline.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	forms := strings.TrimSpace("'self' " + strings.Join(s.opt.ExtraForms, " "))
	csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
		"font-src 'none'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// denyCrossSite answers a form sent from another site.
func (s *Server) denyCrossSite(w http.ResponseWriter, r *http.Request) {
	c := s.Echo.NewContext(r, w)
	s.fail(fault.New(fault.Forbidden, "web.cross_site"), c)
}

// prefixNet is p as the older type that Echo takes.
func prefixNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
