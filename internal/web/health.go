package web

import (
	"context"
	"net/http"
	"time"
)

// readyTime is how long the database may take to say that it is there.
const readyTime = 2 * time.Second

// Health registers GET /healthz (the process lives) and GET /readyz (it can
// serve: ready answers without an error).
func (s *Server) Health(ready func(ctx context.Context) error) {
	s.GET("/healthz", Anyone, func(c *Ctx) error { return c.String(http.StatusOK, "ok\n") })
	s.GET("/readyz", Anyone, func(c *Ctx) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), readyTime)
		defer cancel()
		if err := ready(ctx); err != nil {
			s.opt.Log.Warn("not ready", "err", err)
			return c.String(http.StatusServiceUnavailable, "not ready\n")
		}
		return c.String(http.StatusOK, "ready\n")
	})
}
