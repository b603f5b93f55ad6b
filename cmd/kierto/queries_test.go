package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kierto/kierto/cmd/kierto/demo"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
)

// mostQueries is what a page may ask of the database when it is shown to
// somebody signed in, the session and the badges of the top bar included.
var mostQueries = map[string]int{
	"browse":       7,
	"listing":      12,
	"inbox":        13,
	"conversation": 24,
	"trade room":   30,
}

// Pages ask the database no more than they need, and no more for a long list
// than for a short one.
func pagesAskLittle(t *testing.T, m *market, stand *demo.Demo) {
	t.Helper()
	srv := m.server(web.Options{Demo: stand.Foot})
	var o struct{ ID, Listing, Conv, Buyer string }
	err := m.db.Get(t.Context(), &o, `
		SELECT id, listing_id AS listing, conversation_id AS conv, buyer_id AS buyer
		FROM orders
		WHERE state = 'paid'
		ORDER BY id
		LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{
		"browse": "/?n=1", "listing": "/listings/" + o.Listing, "inbox": "/inbox", "conversation": "/inbox/" + o.Conv, "trade room": "/orders/" + o.ID,
	}
	for name, path := range paths {
		b := webtest.Client(t, srv).As(o.Buyer)
		b.Get(path).Want(http.StatusOK) // what is noted at the first sight of a page
		asked := watched(m.db, func() { b.Get(path).Want(http.StatusOK) })
		if len(asked) > mostQueries[name] {
			t.Errorf("%s asks %d times, more than %d:\n%s", name, len(asked), mostQueries[name], strings.Join(asked, "\n"))
		}
	}
}

// watched are the statements run while f does, one to a line.
func watched(d *db.DB, f func()) []string {
	var mu sync.Mutex
	var asked []string
	d.Watch(func(query string) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, strings.Join(strings.Fields(query), " "))
	})
	defer d.Watch(nil)
	f()
	return asked
}
