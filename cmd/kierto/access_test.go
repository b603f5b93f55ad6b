package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/nudges"
)

// streamTime is how long the test looks at a stream that never ends.
const streamTime = 200 * time.Millisecond

// scene is a seeded market with a thing behind every kind of address.
type scene struct {
	t      *testing.T
	market *market
	srv    *web.Server
	things map[string]thing // by the beginning of the path
	who    map[string]accounts.UserID
	calls  int
}

// thing is what an address is about, and its two parties.
type thing struct {
	id            string
	buyer, seller accounts.UserID
}

// Everybody who ever calls a route.
const (
	stranger  = "stranger"
	buyer     = "buyer"
	seller    = "seller"
	other     = "other member"
	suspended = "suspended member"
	operator  = "operator"
)

// Every route says who may use it, and holds to it for everybody.
func TestEveryRouteKeepsItsAccess(t *testing.T) {
	t.Parallel()
	m, stand := seeded(t, testdb.SQLite(t))
	srv := m.server(web.Options{Demo: stand.Foot})
	stand.Web(srv)
	declared := map[string]bool{}
	for _, r := range srv.Routes() {
		declared[r.Method+" "+r.Path] = true
		if r.Method == "GET" {
			declared["HEAD "+r.Path] = true // as GET
		}
	}
	for _, r := range srv.Echo.Routes() {
		if !declared[r.Method+" "+r.Path] && r.Method != "echo_route_not_found" {
			t.Errorf("%s %s declares nothing", r.Method, r.Path)
		}
	}
	s := newScene(t, m, srv)
	wrong := map[string]bool{}
	for _, r := range srv.Routes() {
		if !wrong[r.Path] {
			s.holdWrong(r)
		}
		wrong[r.Path] = true
	}
	for _, r := range srv.Routes() {
		if r.Access == web.Undeclared {
			t.Errorf("%s %s declares nobody", r.Method, r.Path)
			continue
		}
		s.hold(r)
	}
}

// Whatever acts for anybody by what stands in its address is cut from answers to
// letters, so that no quoted letter hands it to the other party.
func TestNoAnswerHandsOnALinkThatActs(t *testing.T) {
	t.Parallel()
	m, _ := unseeded(t, testdb.SQLite(t))
	acts := 0
	for _, r := range m.server(web.Options{}).Routes() {
		at := strings.IndexByte(r.Path, ':')
		if at < 0 {
			continue
		}
		name, _, _ := strings.Cut(r.Path[at+1:], "/")
		byItself := (r.Access == web.Anyone || r.Access == web.Machine) && r.Method != http.MethodGet && name != "lang"
		secret := byItself || name == "token" || name == "secret"
		if secret {
			acts++
		}
		line := "Lue tämä: <" + m.cfg.BaseURL + r.Path[:at] + "AbC-123>"
		if m.messages.HoldsSecret(line) != secret {
			t.Errorf("%s %s: cut from answers %v, acts by its address %v", r.Method, r.Path, !secret, secret)
		}
	}
	if acts < 8 {
		t.Errorf("only %d routes act by their address", acts)
	}
}

// A marketplace that serves has none of the demo's routes.
func TestTheDemoIsNoPartOfServing(t *testing.T) {
	t.Parallel()
	m, _ := unseeded(t, testdb.SQLite(t))
	srv := m.server(web.Options{})
	for _, r := range srv.Routes() {
		if strings.HasPrefix(r.Path, "/demo") || strings.HasPrefix(r.Path, "/dev") {
			t.Errorf("%s %s is served", r.Method, r.Path)
		}
	}
	for _, path := range []string{"/demo/outbox", "/demo/carrier", "/dev/pages"} {
		webtest.Client(t, srv).Get(path).Want(http.StatusNotFound)
	}
	for _, path := range []string{"/demo/sign-in", "/demo/clock"} {
		webtest.Client(t, srv).Post(path, webtest.Form("user", "usr_x", "by", "1h")).Want(http.StatusNotFound)
	}
	webtest.Client(t, srv).Get("/").Want(http.StatusOK).Lacks("/demo/")
}

func newScene(t *testing.T, m *market, srv *web.Server) *scene {
	s := &scene{t: t, market: m, srv: srv, things: map[string]thing{}, who: map[string]accounts.UserID{}}
	ctx := t.Context()
	find := func(prefix, query string) { // operators own none of what is found
		var row struct {
			ID     string          `db:"id"`
			Buyer  accounts.UserID `db:"buyer_id"`
			Seller accounts.UserID `db:"seller_id"`
		}
		err := m.db.Get(ctx, &row, `
			SELECT id, buyer_id, seller_id FROM (`+query+`) AS all_of_them
			WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.role = 'operator' AND u.id IN (buyer_id, seller_id))
			ORDER BY id LIMIT 1`)
		if err != nil {
			t.Fatalf("%s: %v", prefix, err)
		}
		s.things[prefix] = thing{row.ID, row.Buyer, row.Seller}
	}
	find("/orders/", `SELECT id, buyer_id, seller_id FROM orders WHERE state = 'paid'`)
	find("/offers/", `SELECT id, buyer_id, seller_id FROM offers WHERE state = 'open'`)
	find("/inbox/", `SELECT id, buyer_id, seller_id FROM conversations WHERE kind = 'listing'`)
	find("/listings/", `SELECT id, '' AS buyer_id, seller_id FROM listings WHERE state = 'live'`)
	find("/sell/", `SELECT id, seller_id AS buyer_id, seller_id FROM listings WHERE state = 'live' AND id > (SELECT MIN(id) FROM listings WHERE state = 'live')`)
	find("/searches/", `SELECT id, user_id AS buyer_id, user_id AS seller_id FROM searches`)
	find("/account/addresses/", `SELECT id, user_id AS buyer_id, user_id AS seller_id FROM addresses`)
	find("/photos/", `SELECT blob_key || '-card.jpg' AS id, '' AS buyer_id, '' AS seller_id FROM photos WHERE state = 'ready'`)
	find("/desk/cases/", `SELECT id, '' AS buyer_id, '' AS seller_id FROM conversations WHERE kind = 'case'`)
	find("/desk/reports/", `SELECT id, '' AS buyer_id, '' AS seller_id FROM reports`)
	s.things["/desk/orders/"], s.things["/desk/listings/"] = s.things["/orders/"], s.things["/listings/"]
	for prefix, id := range map[string]string{
		"/about/": "trade", "/language/": "sv", "/dev/pages/": "ui-cards", "/demo/outbox/": "1", "/demo/push/": "nothing", "/static/": "favicon.svg",
		"/confirm/": "nothing", "/reset/": "nothing", "/t/": "nothing", "/unsubscribe/": "nothing", "/account/sessions/": "nothing",
		"/webhooks/sms/": "nothing", "/demo/phone/": "358401230000",
	} {
		s.things[prefix] = thing{id: id}
	}
	for _, who := range []string{other, suspended, "looked at"} {
		s.who[who] = newcomer(t, m, who)
	}
	s.things["/people/"] = thing{id: string(s.who["looked at"])}
	s.things["/desk/people/"] = s.things["/people/"]
	var staff accounts.UserID
	if err := m.db.Get(ctx, &staff, `SELECT id FROM users WHERE role = 'operator'`); err != nil {
		t.Fatal(err)
	}
	s.who[operator] = staff
	var owed turn.Turn
	err := m.db.Get(ctx, &owed, `SELECT id, owner_id FROM turns WHERE kind = 'ship' AND closed_at = 0 ORDER BY id LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	err = m.db.InTx(ctx, func(tx *db.Tx) error {
		return errors.Join(m.accounts.Suspend(ctx, tx, staff, s.who[suspended], "a test"),
			m.nudges.Ring(ctx, tx, accounts.UserID(owed.Owner), owed.ID, nudges.CallFailed))
	})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := m.nudges.SaveDraft(ctx, staff, nudges.BuiltIn(), "a test")
	if err != nil {
		t.Fatal(err)
	}
	s.things["/desk/policy/"] = thing{id: strconv.FormatInt(draft.Number, 10)}
	find("/desk/calls/", `SELECT id, '' AS buyer_id, '' AS seller_id FROM calls`)
	return s
}

// newcomer is a member who is a party of nothing.
func newcomer(t *testing.T, m *market, name string) accounts.UserID {
	var u accounts.User
	err := m.db.InTx(t.Context(), func(tx *db.Tx) (err error) {
		u, err = m.accounts.Enrol(t.Context(), tx, accounts.User{
			Name: name, Email: strings.ToLower(id.Ref(12)) + "@example.fi", PasswordHash: "-", ConfirmedAt: m.clock.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// hold calls a route as everybody and compares what comes back with what it
// declares.
func (s *scene) hold(r web.Route) {
	about, x := s.address(r.Path)
	s.who[other] = newcomer(s.t, s.market, other) // a fresh one, who has used up no limit
	parties := map[string]accounts.UserID{buyer: x.buyer, seller: x.seller}
	got := map[string]webtest.Answer{}
	for _, who := range []string{stranger, other, suspended, seller, buyer, operator} {
		user := s.who[who]
		if p := parties[who]; p != "" {
			user = p
		} else if who == buyer || who == seller {
			user = s.who[other]
		}
		got[who] = s.call(r, about, user)
		if got[who].Status >= http.StatusInternalServerError {
			s.t.Errorf("%s %s as %s: %d", r.Method, about, who, got[who].Status)
		}
	}
	wrong := func(who, want string) {
		s.t.Errorf("%s %s (%s) as %s: %d %s, want %s", r.Method, about, r.Access, who, got[who].Status, got[who].Location, want)
	}
	status := func(who string, want int) {
		if got[who].Status != want {
			wrong(who, fmt.Sprint(want))
		}
	}
	signIn := func(a webtest.Answer) bool {
		return a.Status == http.StatusSeeOther && strings.HasPrefix(a.Location, "/sign-in?next=")
	}
	switch r.Access {
	case web.SignedIn, web.Party:
		if !signIn(got[stranger]) {
			wrong(stranger, "the way to sign in")
		}
		for _, who := range []string{other, buyer, seller, operator} {
			if signIn(got[who]) {
				wrong(who, "no way to sign in")
			}
		}
	case web.Operator:
		for _, who := range []string{stranger, other, suspended, buyer, seller} {
			status(who, http.StatusNotFound)
		}
		if got[operator].Status == http.StatusNotFound {
			wrong(operator, "something")
		}
	case web.Anyone, web.Machine:
		if got[stranger].Status == http.StatusForbidden || signIn(got[stranger]) && r.Method == http.MethodGet {
			wrong(stranger, "an answer")
		}
	}
	if r.Access == web.SignedIn && r.Method == http.MethodPost {
		status(suspended, http.StatusForbidden)
	}
	if r.Access == web.Party && strings.Contains(r.Path, ":") {
		status(other, http.StatusNotFound)
		status(operator, http.StatusNotFound)
		if st := got[suspended].Status; st != http.StatusNotFound && st != http.StatusForbidden {
			wrong(suspended, "404 or 403")
		}
		if x.buyer != "" && got[buyer].Status == http.StatusNotFound && got[seller].Status == http.StatusNotFound {
			wrong(buyer, "something for one of the two")
		}
	}
}

// holdWrong asks for a route in a way it does not know. Who may see what is there
// is told so; to everybody else it stays what it is.
func (s *scene) holdWrong(r web.Route) {
	about, x := s.address(r.Path)
	if strings.HasPrefix(r.Path, "/static/") {
		return
	}
	r.Method = http.MethodDelete
	as := func(who accounts.UserID, want ...int) {
		a := s.call(r, about, who)
		if !slices.Contains(want, a.Status) {
			s.t.Errorf("DELETE %s (%s) as %q: %d, want %d", about, r.Access, who, a.Status, want)
		}
		allows := a.Header.Get("Allow")
		if a.Status == http.StatusMethodNotAllowed && !strings.Contains(allows, "POST") && !strings.Contains(allows, "GET") || a.Status != http.StatusMethodNotAllowed && allows != "" {
			s.t.Errorf("DELETE %s as %q: %d allows %q", about, who, a.Status, allows)
		}
	}
	switch r.Access {
	case web.Operator:
		as(s.who[other], http.StatusNotFound)
		as(s.who[operator], http.StatusMethodNotAllowed)
	case web.Party:
		as("", http.StatusSeeOther, http.StatusMethodNotAllowed)
		if x.buyer != "" {
			as(x.buyer, http.StatusMethodNotAllowed)
		}
		for _, prefix := range []string{"/orders/", "/inbox/", "/sell/"} {
			if strings.HasPrefix(about, prefix) {
				as(s.who[other], http.StatusNotFound)
			}
		}
	case web.SignedIn:
		as("", http.StatusSeeOther, http.StatusMethodNotAllowed)
		as(s.who[other], http.StatusMethodNotAllowed)
	default:
		as("", http.StatusMethodNotAllowed)
	}
}

// address is a route's path with a real thing in it.
func (s *scene) address(path string) (string, thing) {
	at := strings.IndexAny(path, ":*")
	if at < 0 {
		return path, thing{}
	}
	x, ok := s.things[path[:at]]
	if !ok {
		s.t.Fatalf("%s: what is there? Add it to the scene", path)
	}
	_, rest, _ := strings.Cut(path[at:], "/")
	if rest != "" {
		rest = "/" + rest
	}
	return path[:at] + x.id + rest, x
}

// call makes one request from an address of its own, so that no limit is met.
func (s *scene) call(r web.Route, path string, as accounts.UserID) webtest.Answer {
	s.calls++
	ctx := s.t.Context()
	if strings.HasSuffix(r.Path, "/live") {
		short, cancel := context.WithTimeout(ctx, streamTime)
		defer cancel()
		ctx = short
	}
	req := httptest.NewRequestWithContext(ctx, r.Method, "http://kierto.test"+path, strings.NewReader(url.Values{}.Encode()))
	if r.Method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1234", s.calls>>16, s.calls>>8&255, s.calls&255)
	return webtest.Client(s.t, s.srv).As(string(as)).Do(req)
}
