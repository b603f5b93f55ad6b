package messaging_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// The service worker is served for the whole site, asked for again each time,
// and may speak to us alone.
func TestTheServiceWorkerIsServedForTheWholeSite(t *testing.T) {
	b := lite(t)
	a := webtest.Client(t, b.site(t)).Get("/sw.js").Want(http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
		t.Errorf("kept for ever: %q", got)
	}
	if got := a.Header.Get("Content-Security-Policy"); !strings.Contains(got, "connect-src 'self'") {
		t.Errorf("policy %q", got)
	}
}

// A browser subscribes, shows in the list, reports what it showed, and goes.
func TestSubscribingOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := withPush(t, b)
		sub, err := s.Subscribe("phone")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := messaging.DeriveVAPID(b.Config.Secret)
		if err != nil {
			t.Fatal(err)
		}
		form := webtest.Form("endpoint", sub.Endpoint, "p256dh", sub.P256dh, "auth", sub.Auth, "key", keys.Public)
		anna, noora := b.browser(t, b.anna), b.browser(t, b.noora)
		webtest.Client(t, b.site(t)).Post("/account/push", form).Want(http.StatusSeeOther) // to sign in
		anna.Post("/account/push", webtest.Form("endpoint", "https://10.1.1.1/x")).Want(http.StatusUnprocessableEntity)
		anna.Post("/account/push", form).Want(http.StatusNoContent)
		bs, err := b.Browsers(t.Context(), b.DB, b.anna.ID)
		if err != nil || len(bs) != 1 {
			t.Fatalf("%d browsers (%v)", len(bs), err)
		}
		noora.Post("/account/push/off", webtest.Form("id", string(bs[0].ID))).Leads("/account/channels")
		if n := b.browsers(t, b.anna); n != 1 {
			t.Fatal("Noora took Anna's browser away")
		}
		x := reminder(1)
		x.To = b.anna.ID
		b.tell(t, x)
		b.run(t)
		stranger := webtest.Client(t, b.site(t))
		stranger.Post("/push/seen", webtest.Form("token", "forged")).Want(http.StatusNotFound)
		stranger.Post("/push/seen", webtest.Form("token", s.Messages()[0].Token)).Want(http.StatusNoContent)
		if got := b.sentBy(t, "trn_1"); got != "push sent reached" {
			t.Errorf("reported: %s", got)
		}
		anna.Post("/account/push/off", webtest.Form("endpoint", sub.Endpoint)).Want(http.StatusNoContent)
		if n := b.browsers(t, b.anna); n != 0 {
			t.Errorf("%d browsers are left", n)
		}
	})
}

// Whoever leaves takes their browsers along, and finds them in their download
// before.
func TestBrowsersLeaveWithTheAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := withPush(t, b)
		b.subscribe(t, s, b.anna, "phone")
		name, data, err := b.ExportReach(t.Context(), b.anna.ID)
		if err != nil || name != "browsers" {
			t.Fatalf("%s, %v", name, err)
		}
		if got := len(data.([]messaging.ExportedBrowser)); got != 1 {
			t.Errorf("%d in the download", got)
		}
		b.tx(t, func(tx *db.Tx) error { return b.Leave(t.Context(), tx, b.anna.ID) })
		if n := b.browsers(t, b.anna); n != 0 {
			t.Errorf("%d browsers stay", n)
		}
	})
}
