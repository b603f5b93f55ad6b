package accounts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web/webtest"
)

// paths are the pages of a person's own account.
var paths = []string{
	"/account", "/account/settings", "/account/channels", "/account/email", "/account/email/sent", "/account/password",
	"/account/sessions", "/account/addresses", "/account/addresses/new", "/account/download", "/account/delete",
}

// Every page has a language, a heading and a name for each field, in all three
// languages; strangers are led to sign in.
func TestOwnPages(t *testing.T) {
	s := open(t)
	for _, lang := range []string{"fi", "sv", "en"} {
		u := accountstest.With(t, s.Service, "Anna", func(u *accounts.User) { u.Lang, u.ConfirmedAt = lang, 0 })
		me := s.As(string(u.ID))
		for _, path := range paths {
			a := me.Get(path).Want(http.StatusOK).Has(`<html lang="`+lang+`"`).Lacks("accounts.", "no value")
			if a.Find("h1").Length() != 1 {
				t.Errorf("%s: %d headings", path, a.Find("h1").Length())
			}
			a.Find("main input:not([type=hidden]):not([hidden]), main select, main textarea").Each(func(_ int, e *goquery.Selection) {
				if id := e.AttrOr("id", "?"); a.Find("label[for='"+id+"']").Length() == 0 && e.Closest("label").Length() == 0 {
					t.Errorf("%s: %s has no label", path, id)
				}
			})
		}
	}
	for _, path := range paths {
		s.Get(path).Leads("/sign-in?next=" + url.QueryEscape(path))
	}
}

// what posts are and which field each bad value belongs to.
func TestOwnFormsRefuse(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 50_000)
	settings := webtest.Form("name", "Anna", "town", "Turku", "postcode", "20100", "about", "Hei", "lang", "fi", "zone", "Europe/Helsinki")
	address := webtest.Form("name", "Anna", "street", "Kuja 1", "postcode", "20100", "town", "Turku", "phone", "040 123 4567")
	email := webtest.Form("email", "new@example.fi", "password", accountstest.Password)
	password := webtest.Form("current", accountstest.Password, "password", "my own long secret 7")
	for _, form := range []struct {
		path string
		good url.Values
		bad  map[string][]string
	}{
		{"/account/settings", settings, map[string][]string{
			"name": {"", "A", huge, "<b>x</b>"}, "town": {huge, "a\u200bb"}, "postcode": {"1", "2010A", huge},
			"about": {huge}, "lang": {"", "xx"}, "zone": {"", "Mars/Olympus"},
		}},
		{"/account/channels", webtest.Form("quiet_from", "21:00", "quiet_until", "08:00"), map[string][]string{
			"quiet_from": {"24:00", huge, "<x>"}, "quiet_until": {"8", "20:59"},
		}},
		{"/account/addresses/new", address, map[string][]string{
			"name": {"", huge}, "street": {"", huge}, "postcode": {"", "1", "abcde"}, "town": {"", huge},
			"phone": {"1", "call me", huge},
		}},
		{"/account/email", email, map[string][]string{
			"email": {"", "x", huge + "@example.fi"}, "password": {"", "wrong wrong", huge},
		}},
		{"/account/password", password, map[string][]string{
			"current": {"", "wrong wrong"}, "password": {"", "short", "password1234", huge},
		}},
		{"/account/delete", webtest.Form("password", accountstest.Password), map[string][]string{
			"password": {"", "wrong wrong"},
		}},
	} {
		t.Run(form.path, func(t *testing.T) {
			s := open(t)
			u := accountstest.Person(t, s.Service, "Anna")
			me := s.As(string(u.ID))
			for field, values := range form.bad {
				for _, v := range values {
					a := me.Post(form.path, with(form.good, field, v))
					if field == "lang" { // a group of radio buttons
						a.Want(http.StatusUnprocessableEntity).Has("f-lang-error", `href="#f-lang"`)
						continue
					}
					mended(t, a, field)
					a.Lacks("<b>x</b>", accountstest.Password)
					if got := s.get(t, u.ID); got.IsDeleted() || got.Email != u.Email || got.PasswordHash != u.PasswordHash || got.Town != u.Town {
						t.Fatalf("half saved: %+v", got)
					}
				}
			}
			if a := me.Post(form.path, form.good); a.Status != http.StatusSeeOther {
				t.Fatalf("a good form: status %d", a.Status)
			}
		})
	}
}

// Settings come back as they were saved.
func TestSettingsPage(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	me := s.As(string(u.ID))
	me.Post("/account/settings", webtest.Form("name", "Åsa Ö", "town", "Åbo", "postcode", "20100", "about", "Hej & <hå>",
		"lang", "sv", "zone", "Europe/Stockholm")).Leads("/account")
	me.Get("/account").Has("Sparat", "Åbo")
	a := me.Get("/account/settings")
	if a.Find("#f-name").AttrOr("value", "") != "Åsa Ö" || a.Text("#f-about") != "Hej & <hå>" ||
		a.Find("option[selected]").AttrOr("value", "") != "Europe/Stockholm" || a.Find("input[name=lang][checked]").AttrOr("value", "") != "sv" {
		t.Fatal("not as saved")
	}
	me.Post("/account/channels", webtest.Form("quiet_from", "22:00", "quiet_until", "07:00", "mail_nudges", "yes")).Leads("/account")
	a = me.Get("/account/channels")
	if a.Find("#f-quiet_from").AttrOr("value", "") != "22:00" || a.Find("input[type=checkbox][checked]").Length() != 1 {
		t.Fatal("channels not as saved")
	}
}

// Somebody else's address is not there, whatever is tried with it.
func TestAddressPages(t *testing.T) {
	s := open(t)
	anna, mikko := accountstest.Person(t, s.Service, "Anna"), accountstest.Person(t, s.Service, "Mikko")
	me, other := s.As(string(anna.ID)), s.As(string(mikko.ID))
	form := webtest.Form("name", "Anna", "street", "Kuja 1", "postcode", "20100", "town", "Turku", "phone", "+46 70 123 45 67")
	me.Post("/account/addresses/new", with(form, "next", "/listings/1/buy")).Leads("/listings/1/buy")
	me.Post("/account/addresses/new", with(form, "next", "//evil.example")).Leads("/account/addresses")
	list := me.Get("/account/addresses").Has("Kuja 1", "+46 70")
	edit := list.Find("article a").AttrOr("href", "")
	if list.Find("article").Length() != 1 {
		t.Fatal("the same address twice")
	}
	me.Get(edit).Want(http.StatusOK)
	other.Get(edit).Want(http.StatusNotFound)
	other.Post(edit, form).Want(http.StatusNotFound)
	other.Post(edit, nil).Want(http.StatusNotFound)
	other.Post(edit+"/delete", nil).Want(http.StatusNotFound)
	me.Post(edit, with(form, "town", "Raisio")).Leads("/account/addresses")
	me.Get("/account/addresses").Has("Raisio")
	me.Post(edit+"/delete", nil).Leads("/account/addresses")
	me.Post(edit+"/delete", nil).Want(http.StatusNotFound)
}

// A person sees where they are signed in and ends what is not theirs.
func TestSessionPages(t *testing.T) {
	s := open(t)
	u, mikko := accountstest.Person(t, s.Service, "Anna"), accountstest.Person(t, s.Service, "Mikko")
	here, there, third, other := s.As(string(u.ID)), s.As(string(u.ID)), s.As(string(u.ID)), s.As(string(mikko.ID))
	page := here.Get("/account/sessions")
	ends := page.Find("form[action$='/end']").Map(func(_ int, f *goquery.Selection) string { return f.AttrOr("action", "") })
	if len(ends) != 3 { // two others, and all others
		t.Fatalf("buttons %v", ends)
	}
	other.Post(ends[0], nil).Want(http.StatusNotFound)
	here.Post(ends[0], nil).Leads("/account/sessions")
	gone := 0
	for _, b := range []*webtest.Browser{there, third} {
		if b.Get("/account").Status == http.StatusSeeOther {
			gone++
		}
	}
	if gone != 1 {
		t.Fatalf("%d of two others ended", gone)
	}
	here.Post("/account/sessions/end", nil).Leads("/account/sessions")
	here.Get("/account").Want(http.StatusOK)
	there.Get("/account").Want(http.StatusSeeOther)
	third.Get("/account").Want(http.StatusSeeOther)
	other.Get("/account").Want(http.StatusOK)
}

// A new password ends the other browsers and renews this one.
func TestPasswordPage(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	here, there := s.Browser.As(string(u.ID)), s.As(string(u.ID))
	before := here.Cookie("kierto")
	here.Post("/account/password", webtest.Form("current", accountstest.Password, "password", "my own long secret 7")).Leads("/account")
	here.Get("/account").Want(http.StatusOK)
	if here.Cookie("kierto") == before {
		t.Fatal("the token stayed")
	}
	there.Get("/account").Want(http.StatusSeeOther)
	thief := webtest.Client(t, s.srv)
	thief.SetCookie("kierto", before)
	thief.Get("/account").Want(http.StatusSeeOther)
}

// A change of address does not tell whether the new one is known.
func TestEmailPage(t *testing.T) {
	s := open(t)
	u, mikko := accountstest.Person(t, s.Service, "Anna"), accountstest.Person(t, s.Service, "Mikko")
	me := s.As(string(u.ID))
	for _, email := range []string{mikko.Email, "new@example.fi"} {
		me.Post("/account/email", webtest.Form("email", email, "password", accountstest.Password)).Leads("/account/email/sent")
	}
	if len(s.box) != 2 || s.box[0].key != "accounts.mail.taken" || s.box[1].key != "accounts.mail.change" {
		t.Fatalf("letters %+v", s.box)
	}
	me.Post(s.box[1].url, nil).Leads("/account")
	me.Get("/account").Has("new@example.fi")
}

// Somebody who has not confirmed the address can have the link again, a few
// times.
func TestResend(t *testing.T) {
	s := open(t)
	u := accountstest.With(t, s.Service, "Anna", func(u *accounts.User) { u.ConfirmedAt = 0 })
	me := s.As(string(u.ID))
	me.Get("/account").Has(`action="/confirm"`)
	for range 4 {
		me.Post("/confirm", nil).Leads("/account")
	}
	me.Post("/confirm", nil).Want(http.StatusTooManyRequests)
	if len(s.box) != 4 {
		t.Fatalf("%d letters", len(s.box))
	}
	me.Post(s.box[0].url, nil).Leads("/account") // the first link still works
	me.Get("/account").Lacks(`action="/confirm"`)
}

func TestDownloadPage(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	a := s.As(string(u.ID)).Post("/account/download", nil).Want(http.StatusOK).Lacks(u.PasswordHash)
	if !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("headers %v", a.Header)
	}
	z, err := zip.NewReader(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)))
	ok(t, err)
	if len(z.File) != 1 {
		t.Fatalf("%d files", len(z.File))
	}
}

// Deleting says why not while a trade is open; afterwards the person is gone.
func TestDeletePage(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	here, there := s.Browser.As(string(u.ID)), s.As(string(u.ID))
	open := true
	s.Closers = append(s.Closers, func(_ context.Context, _ *db.Tx, _ accounts.UserID) error {
		if open {
			return fault.New(fault.Conflict, "web.suspended")
		}
		return nil
	})
	form := webtest.Form("password", accountstest.Password)
	a := here.Post("/account/delete", form).Want(http.StatusConflict)
	if a.Find(".summary").Length() != 1 {
		t.Fatal("no summary")
	}
	open = false
	here.Post("/account/delete", form).Leads("/")
	for _, b := range []*webtest.Browser{here, there} {
		b.Get("/account").Want(http.StatusSeeOther)
	}
	if !s.get(t, u.ID).IsDeleted() {
		t.Fatal("still there")
	}
}

// A suspended member keeps the keys to their own account.
func TestSuspendedMembersKeepTheirAccount(t *testing.T) {
	s := open(t)
	u := accountstest.With(t, s.Service, "Anna", func(u *accounts.User) { u.Status = accounts.Suspended })
	s.Post("/sign-in", webtest.Form("email", u.Email, "password", accountstest.Password)).Leads("/")
	s.Get("/account").Want(http.StatusOK)
	s.Post("/account/channels", webtest.Form("quiet_from", "22:00", "quiet_until", "07:00")).Leads("/account")
	s.Post("/account/delete", webtest.Form("password", accountstest.Password)).Leads("/")
}

// On a disk that is full people can still read their own pages: that they were
// here is not worth more than that.
func TestReadingNeedsNoWriting(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	here := s.Browser.As(string(u.ID))
	_, err := s.DB.Do(t.Context(), `UPDATE sessions SET expires_at = expires_at - 7200000000`) // used two hours ago
	ok(t, err)
	for _, table := range []string{"users", "sessions"} {
		_, err := s.DB.Do(t.Context(), `CREATE TRIGGER full_`+table+` BEFORE UPDATE ON `+table+` BEGIN SELECT RAISE(FAIL, 'the disk is full'); END`)
		ok(t, err)
	}
	s.clock.Move(2 * time.Hour)
	here.Get("/account").Want(200)
}
