package messaging_test

import (
	"net/http"
	"testing"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/standin/push"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// whole is a site with the pages of accounts, where ended sessions end what hangs
// on them.
func (b *bench) whole(t *testing.T) *web.Server {
	t.Helper()
	b.Accounts.Ended = append(b.Accounts.Ended, b.SessionsEnded)
	srv := b.site(t)
	b.Accounts.Web(srv)
	return srv
}

// takesPush has Anna sign in with another browser and take messages there.
func (b *bench) takesPush(t *testing.T, s *push.Server, site *web.Server, name string) *webtest.Browser {
	t.Helper()
	sub, err := s.Subscribe(name)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := messaging.DeriveVAPID(b.Config.Secret)
	if err != nil {
		t.Fatal(err)
	}
	c := webtest.Client(t, site).As(string(b.anna.ID))
	c.Post("/account/push", webtest.Form("endpoint", sub.Endpoint, "p256dh", sub.P256dh, "auth", sub.Auth, "key", keys.Public)).Want(http.StatusNoContent)
	return c
}

// Signing out ends the messages to that browser, and to no other.
func TestSigningOutEndsPush(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s, site := withPush(t, b), b.whole(t)
		phone := b.takesPush(t, s, site, "phone")
		b.takesPush(t, s, site, "laptop")
		phone.Post("/sign-out", nil).Leads("/")
		if n := b.browsers(t, b.anna); n != 1 {
			t.Fatalf("%d browsers are left", n)
		}
		x := reminder(1)
		x.To = b.anna.ID
		b.tell(t, x)
		b.run(t)
		if n := len(s.Messages()); n != 1 {
			t.Errorf("%d browsers got the message", n)
		}
	})
}

// So does signing in as somebody else, ending the session from the list, and a new
// password, which keeps the browser it was chosen with.
func TestEndedSessionsEndPush(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s, site := withPush(t, b), b.whole(t)
		shared := b.takesPush(t, s, site, "shared")
		shared.Post("/sign-in", webtest.Form("email", b.noora.Email, "password", accountstest.Password)).Leads("/")
		if n := b.browsers(t, b.anna); n != 0 {
			t.Errorf("somebody else signed in, and %d browsers are left", n)
		}
		b.takesPush(t, s, site, "phone")
		ss, err := b.Accounts.Sessions(t.Context(), b.anna.ID)
		if err != nil || len(ss) != 1 {
			t.Fatalf("%d sessions (%v)", len(ss), err)
		}
		laptop := b.takesPush(t, s, site, "laptop")
		laptop.Post("/account/sessions/"+ss[0].ID+"/end", nil).Leads("/account/sessions")
		if n := b.browsers(t, b.anna); n != 1 {
			t.Errorf("one session was ended, and %d browsers are left", n)
		}
		b.takesPush(t, s, site, "tablet")
		laptop.Post("/account/password", webtest.Form("current", accountstest.Password, "password", "kukkaruukku-aitan-takana-7")).Want(http.StatusSeeOther)
		if bs, err := b.Browsers(t.Context(), b.DB, b.anna.ID); err != nil || len(bs) != 1 {
			t.Errorf("a new password left %d browsers (%v)", len(bs), err)
		}
	})
}
