package web

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/kierto/kierto/internal/clock"
)

// How long somebody may take to send what they post, whatever drips meanwhile.
const (
	formTime   = 30 * time.Second // an ordinary form
	uploadTime = 10 * time.Minute // photos, over a poor connection
)

// hurry cuts off whoever takes too long to send a body. An open event stream
// has none, so it may last.
func (s *Server) hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			return next(c)
		}
		most := s.opt.FormTime
		if most == 0 {
			most = formTime
		}
		if s.isUpload(c) {
			most = uploadTime
		}
		out := http.NewResponseController(c.Response().Writer)
		if out.SetReadDeadline(clock.Wall().Add(most)) == nil { // else it is no connection but a test
			r.Body = &hurried{r.Body, out}
		}
		return next(c)
	}
}

// hurried is a body with a deadline, which ends with it.
type hurried struct {
	io.ReadCloser
	out *http.ResponseController
}

// Read implements io.Reader.
func (h *hurried) Read(b []byte) (int, error) {
	n, err := h.ReadCloser.Read(b)
	if err == io.EOF {
		_ = h.out.SetReadDeadline(time.Time{}) // the connection is gone, then
	}
	return n, err
}
