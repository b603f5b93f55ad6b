package accounts_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/templates/layout"
)

// site is a service behind a web server, and a stranger's browser.
type site struct {
	*bench
	*webtest.Browser
	srv *web.Server
}

func newSite(t *testing.T, d *db.DB) *site {
	b := newBench(t, d)
	srv := web.New(web.Options{
		BaseURL: "http://kierto.test", Clock: b.clock, Log: slog.New(slog.DiscardHandler), Sessions: b.SessionStore(),
		Identify: b.Identify, ErrorPage: layout.Error,
	})
	b.Web(srv)
	return &site{b, webtest.Client(t, srv), srv}
}

// open is a site on SQLite; what the pages do does not depend on the database.
func open(t *testing.T) *site {
	t.Parallel()
	return newSite(t, testdb.SQLite(t))
}

// mended fails the test unless the answer shows the form again, with the message
// beside the field and in the summary.
func mended(t *testing.T, a webtest.Answer, field string) {
	t.Helper()
	a.Want(http.StatusUnprocessableEntity)
	id := "f-" + field
	if a.Find(".summary a[href='#"+id+"']").Length() == 0 {
		t.Errorf("the summary does not lead to %s", field)
	}
	if a.Find("#"+id+"-error").Length() == 0 {
		t.Errorf("no message beside %s", field)
	}
	if v, _ := a.Find("#" + id).Attr("aria-invalid"); v != "true" {
		t.Errorf("%s is not marked invalid", field)
	}
}

var join = url.Values{"name": {"Anna Virtanen"}, "email": {"anna@example.fi"}, "password": {accountstest.Password}}

// with is a form with one field changed.
func with(form url.Values, field, value string) url.Values {
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	out.Set(field, value)
	return out
}

// A stranger joins, follows the link, signs in, sees their page and signs out.
func TestPeopleJoin(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := newSite(t, b.DB)
		s.Get("/sign-up").Want(http.StatusOK)
		s.Post("/sign-up", join).Leads("/sign-up/sent")
		s.Get("/sign-up/sent").Want(http.StatusOK)
		link := s.take(t, "accounts.mail.confirm").url
		page := s.Get(link).Want(http.StatusOK).Has("anna@example.fi")
		if page.Find("main form[method=post][action='"+link+"'] button").Length() != 1 {
			t.Fatal("the page of the link has not exactly one button")
		}
		s.Post(link, nil).Leads("/sign-in")
		s.Get("/sign-in").Has("Your address is confirmed")
		s.Post(link, nil).Want(http.StatusConflict)
		s.Post("/sign-in", webtest.Form("email", "anna@example.fi", "password", accountstest.Password)).Leads("/")
		if got := s.Get("/account").Want(http.StatusOK).Text("main h1"); got != "Anna Virtanen" {
			t.Fatalf("heading %q", got)
		}
		s.Get("/sign-in").Leads("/account")
		s.Get("/sign-up").Leads("/account")
		s.Post("/sign-out", nil).Leads("/")
		s.Get("/account").Leads("/sign-in?next=%2Faccount")
	})
}

// Whatever is wrong with a form to join, it comes back with a message and with
// what was typed, but never the password; nobody is made.
func TestJoiningBadly(t *testing.T) {
	s := open(t)
	huge := strings.Repeat("x", 100_000)
	for _, c := range []struct{ field, value string }{
		{"name", ""}, {"name", "A"}, {"name", huge}, {"name", "<script>alert(1)</script>"}, {"name", "A\u202eb"},
		{"email", ""}, {"email", "anna"}, {"email", huge + "@example.fi"}, {"email", "a@b.fi\r\nBcc: c@d.fi"},
		{"email", `"><script>@example.fi`}, {"password", ""}, {"password", "short"}, {"password", "password1234"},
		{"password", huge}, {"password", "Anna Virtanen"},
	} {
		a := s.Post("/sign-up", with(join, c.field, c.value))
		mended(t, a, c.field)
		a.Lacks("<script>", accountstest.Password)
		for _, keep := range []string{"name", "email"} {
			if keep != c.field && a.Find("#f-"+keep).AttrOr("value", "") != join.Get(keep) {
				t.Errorf("%s wrong: %s was not kept", c.field, keep)
			}
		}
	}
	us, err := s.Search(t.Context(), "", "", "", 10)
	ok(t, err)
	if len(us) != 0 || len(s.box) != 0 {
		t.Fatalf("%d people, %d letters", len(us), len(s.box))
	}
}

// A form may have no fields, or each of them twice.
func TestOddForms(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/sign-up", "/sign-in", "/reset"} {
		s.Post(path, nil).Want(http.StatusUnprocessableEntity)
		s.Post(path, url.Values{"email": {"", "b@example.fi"}, "password": {"", "x"}, "name": {"", "B"}}).Want(http.StatusUnprocessableEntity)
	}
	s.Post("/sign-up", url.Values{"name": {strings.Repeat("x", 2<<20)}}).Want(http.StatusRequestEntityTooLarge)
}

// A stranger cannot find out by joining whether an address is known: the same
// status, the same place, the same page, and one letter each.
func TestJoiningDoesNotTell(t *testing.T) {
	s := open(t)
	known := accountstest.Person(t, s.Service, "Mikko")
	var pages [2]string
	for i, email := range []string{known.Email, "new@example.fi"} {
		a := s.Post("/sign-up", with(join, "email", email)).Leads("/sign-up/sent")
		if len(s.box) != 1 {
			t.Fatalf("%d letters", len(s.box))
		}
		s.box = nil
		pages[i] = a.Body + a.Header.Get("Set-Cookie") + s.Get(a.Location).Body
	}
	if pages[0] != pages[1] {
		t.Fatal("the answers differ")
	}
}

// Nor by asking for a new password, nor by signing in.
func TestResetAndSignInDoNotTell(t *testing.T) {
	s := open(t)
	known := accountstest.Person(t, s.Service, "Mikko").Email
	for _, path := range []string{"/reset", "/sign-in"} {
		var got [2]string
		for i, email := range []string{known, "nobody.here.at.all@example.fi"} {
			a := s.Post(path, webtest.Form("email", email, "password", "wrong wrong"))
			got[i] = strings.ReplaceAll(a.Body, email, "?") + a.Location + a.Header.Get("Set-Cookie")
			if len(s.box) != 0 {
				t.Fatal("a letter within the request")
			}
		}
		if got[0] != got[1] {
			t.Errorf("%s: the answers differ", path)
		}
	}
}

// Signing in gives the browser a new session token, and the old one is worth
// nothing.
func TestSessionTurnsOver(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	old := s.As(string(accountstest.Person(t, s.Service, "Mikko").ID))
	before := old.Cookie("kierto")
	old.Post("/sign-out", nil)

	s.SetCookie("kierto", "chosen-by-somebody-else")
	s.Post("/sign-in", webtest.Form("email", u.Email, "password", accountstest.Password)).Leads("/")
	after := s.Cookie("kierto")
	if after == "" || after == "chosen-by-somebody-else" || after == before {
		t.Fatalf("token %q", after)
	}
	for _, token := range []string{"chosen-by-somebody-else", before} {
		other := webtest.Client(t, s.srv)
		other.SetCookie("kierto", token)
		other.Get("/account").Leads("/sign-in?next=%2Faccount")
	}
	// Signing in again over a session turns it over too.
	s.Post("/sign-in", webtest.Form("email", u.Email, "password", accountstest.Password)).Leads("/")
	if s.Cookie("kierto") == after {
		t.Fatal("the token stayed")
	}
	thief := webtest.Client(t, s.srv)
	thief.SetCookie("kierto", after)
	thief.Get("/account").Leads("/sign-in?next=%2Faccount")
}

// After signing in the reader comes back, but never to another site.
func TestSignInComesBack(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	form := webtest.Form("email", u.Email, "password", accountstest.Password)
	s.Get("/sign-in?next=%2Fsell").Has(`value="/sell"`)
	for next, want := range map[string]string{
		"/sell?x=1": "/sell?x=1", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "javascript:alert(1)": "/",
	} {
		webtest.Client(t, s.srv).Post("/sign-in", with(form, "next", next)).Leads(want)
	}
}

func TestSigningInBadly(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	mended(t, s.Post("/sign-in", webtest.Form("email", "", "password", "x")), "email")
	mended(t, s.Post("/sign-in", webtest.Form("email", u.Email)), "password")
	a := s.Post("/sign-in", webtest.Form("email", u.Email, "password", "wrong wrong"))
	mended(t, a, "password")
	if a.Find("#f-email").AttrOr("value", "") != u.Email {
		t.Error("the address was not kept")
	}
	a.Lacks("wrong wrong")
	for range 7 {
		s.Post("/sign-in", webtest.Form("email", u.Email, "password", "wrong wrong"))
	}
	s.Post("/sign-in", webtest.Form("email", u.Email, "password", accountstest.Password)).Want(http.StatusTooManyRequests).Has(u.Email)
	if s.Cookie("kierto") != "" {
		t.Fatal("signed in")
	}
}

// One place may not send form after form, whatever it writes in them.
func TestFormsAreLimited(t *testing.T) {
	s := open(t)
	var last int
	for range 30 {
		last = s.Post("/sign-up", nil).Status
	}
	if last != http.StatusTooManyRequests {
		t.Fatalf("status %d", last)
	}
	s.From = "198.51.100.9"
	s.Post("/sign-up", nil).Want(http.StatusUnprocessableEntity)
}

// A form from another site is not taken.
func TestOtherSitesCannotPost(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	me := s.As(string(u.ID))
	me.Head.Set("Sec-Fetch-Site", "cross-site")
	r, err := http.NewRequest("POST", "http://kierto.test/account/delete", strings.NewReader("password="+url.QueryEscape(accountstest.Password)))
	ok(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	me.Do(r).Want(http.StatusForbidden)
	if s.get(t, u.ID).IsDeleted() {
		t.Fatal("deleted from another site")
	}
}

// The link in a letter changes the password once; looking at it changes nothing.
func TestResetPages(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	me := s.As(string(u.ID))
	mended(t, s.Post("/reset", webtest.Form("email", "nothing")), "email")
	s.Post("/reset", webtest.Form("email", u.Email)).Leads("/reset/sent")
	s.Get("/reset/sent").Want(http.StatusOK)
	ok(t, s.Jobs.Drain(t.Context()))
	link := s.take(t, "accounts.mail.reset").url
	s.Get(link).Want(http.StatusOK)
	s.Get(link).Want(http.StatusOK)
	for _, bad := range []string{"", "short", "salasana1234", strings.Repeat("x", 201)} {
		mended(t, s.Post(link, webtest.Form("password", bad)), "password")
	}
	s.Post(link, webtest.Form("password", "my own long secret 7")).Leads("/sign-in")
	s.Post(link, webtest.Form("password", "my own long secret 8")).Want(http.StatusConflict)
	s.Get(link).Want(http.StatusConflict).Has(`href="/reset"`)
	for _, forged := range []string{"/reset/x", "/confirm/x", "/reset/%27%3B--", "/confirm/" + strings.Repeat("a", 3000)} {
		s.Get(forged).Want(http.StatusConflict)
		s.Post(forged, webtest.Form("password", "my own long secret 9")).Want(http.StatusConflict)
	}
	me.Get("/account").Leads("/sign-in?next=%2Faccount") // ended everywhere
}

// The language is remembered, by the browser and the account, and the reader
// stays where they were; another site cannot choose it.
func TestLanguage(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	s.Get("/language/sv?to=%2Fsign-in").Leads("/sign-in")
	s.Get("/sign-in").Has(`<html lang="sv"`, "Logga in")
	s.Get("/language/xx").Want(http.StatusNotFound)
	s.Get("/language/fi?to=https%3A%2F%2Fevil.example").Leads("/")
	me := s.As(string(u.ID))
	me.Get("/account").Has(`<html lang="fi"`)
	me.Head.Set("Sec-Fetch-Site", "cross-site")
	me.Get("/language/sv").Leads("/")
	me.Get("/account").Has(`<html lang="fi"`)
	me.Head.Set("Sec-Fetch-Site", "same-origin")
	me.Get("/language/sv?to=/account").Leads("/account")
	me.Get("/account").Has(`<html lang="sv"`)
	if s.get(t, u.ID).Lang != "sv" {
		t.Fatal("the account does not know")
	}
}

// Somebody deleted is nobody, whatever their browser holds.
func TestDeletedPeopleAreStrangers(t *testing.T) {
	s := open(t)
	u := accountstest.With(t, s.Service, "Anna", func(u *accounts.User) { u.Status = accounts.Deleted })
	s.As(string(u.ID)).Get("/account").Leads("/sign-in?next=%2Faccount")
	s.As("usr_nobody").Get("/account").Leads("/sign-in?next=%2Faccount")
}
