package web

import "net/http"

// Static serves style, script, icons and pictures at /static/….
func (s *Server) Static(h http.Handler) {
	s.GET("/static/*", Anyone, func(c *Ctx) error {
		h.ServeHTTP(c.Response(), c.Request())
		return nil
	})
}
