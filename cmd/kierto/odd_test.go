package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/web"
)

// asked are all that our addresses ask with.
var asked = []string{
	"after", "actor", "before", "category", "condition", "days", "done", "from", "kind", "max", "min", "next", "order", "page", "postcode",
	"q", "seller", "show", "skip", "sort", "state", "status", "step", "subject", "town", "try", "undo", "when", "why",
}

// odd are what nobody types into an address, but programs do.
var odd = []string{
	"-1", "9223372036854775807", "9223372036854775808", "1795514400000000.cnv_1", "2025-02-30", "\x00\xff\u202e'%{{.}}", strings.Repeat("🐴", 500),
}

// Whatever an address asks with, nobody who may open the page gets a failure of
// ours.
func oddAddresses(t *testing.T, m *market) {
	t.Helper()
	defer func(was *slog.Logger) { m.log = was }(m.log)
	m.log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	srv := m.server(web.Options{})
	s := newScene(t, m, srv)
	for _, r := range srv.Routes() {
		if r.Method != http.MethodGet || strings.HasSuffix(r.Path, "/live") || strings.HasPrefix(r.Path, "/static") {
			continue
		}
		about, x := s.address(r.Path)
		who := []accounts.UserID{x.buyer, x.seller, s.who[other]}
		if r.Access == web.Operator {
			who = []accounts.UserID{s.who[operator]}
		}
		slices.Sort(who)
		for _, u := range slices.Compact(who) {
			s.oddly(r, about, u)
		}
	}
}

// oddly asks for a page with every odd value.
func (s *scene) oddly(r web.Route, about string, as accounts.UserID) {
	for _, value := range odd {
		v := url.Values{}
		for _, name := range asked {
			v.Set(name, value)
		}
		if a := s.call(r, about+"?"+v.Encode(), as); a.Status >= http.StatusInternalServerError {
			s.t.Errorf("%s with %.40q: %d", r.Path, value, a.Status)
		}
	}
}
