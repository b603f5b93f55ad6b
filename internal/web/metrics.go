package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kierto/kierto/internal/clock"
)

// Metrics starts counting requests and returns the page Prometheus reads. It is
// served on an address of its own, never on the public one.
func (s *Server) Metrics() http.Handler {
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "kierto_request_seconds",
		Help:    "Time to answer a request, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	r := prometheus.NewRegistry()
	r.MustRegister(took, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.observe = func(a answered) {
		took.WithLabelValues(a.method, a.route, strconv.Itoa(a.status)).Observe(a.took.Seconds())
	}
	s.Echo.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := clock.Wall()
			err := next(c)
			took.WithLabelValues(counted(c.Request().Method), c.Path(), strconv.Itoa(c.Response().Status)).
				Observe(clock.Wall().Sub(start).Seconds())
			return err
		}
	})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// counted is a method as it is counted: whoever asks may invent any.
func counted(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
