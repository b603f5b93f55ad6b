package messaging_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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

// stream is a live page that somebody has open.
type stream struct {
	status int
	ended  chan struct{}
	leave  func()
}

// opens has a browser open a live page of the site at url.
func opens(t *testing.T, url, path string, b *webtest.Browser) stream {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "kierto", Value: b.Cookie("kierto")})
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	st := stream{res.StatusCode, make(chan struct{}), leave}
	go func() {
		defer close(st.ended)
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}()
	return st
}

// over tells whether the stream ends within a while.
func (st stream) over(while time.Duration) bool {
	select {
	case <-st.ended:
		return true
	case <-time.After(while):
		return false
	}
}

// served is the site on a port of its own.
func (b *bench) served(t *testing.T, site *web.Server) string {
	t.Helper()
	ts := httptest.NewServer(site.Echo)
	t.Cleanup(ts.Close)
	t.Cleanup(b.Live.Close) // before the server waits for its streams
	return ts.URL
}

// Signing out, ending a session from the list and a new password end the live
// pages of that session at once, and no other.
func TestEndedSessionsEndLivePages(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		site := b.whole(t)
		url := b.served(t, site)
		here, there := webtest.Client(t, site).As(string(b.anna.ID)), webtest.Client(t, site).As(string(b.anna.ID))
		inbox, talk := opens(t, url, "/inbox/live", there), opens(t, url, b.path("/live"), there)
		mine, noora := opens(t, url, "/inbox/live", here), opens(t, url, b.path("/live"), webtest.Client(t, site).As(string(b.noora.ID)))
		there.Post("/sign-out", nil).Leads("/")
		if !inbox.over(5*time.Second) || !talk.over(5*time.Second) {
			t.Fatal("a live page outlives the sign-out")
		}
		there = webtest.Client(t, site).As(string(b.anna.ID))
		inbox = opens(t, url, "/inbox/live", there)
		here.Post("/account/sessions/end", nil).Leads("/account/sessions")
		if !inbox.over(5 * time.Second) {
			t.Error("a live page outlives its session")
		}
		inbox = opens(t, url, "/inbox/live", webtest.Client(t, site).As(string(b.anna.ID)))
		if mine.over(0) || noora.over(0) || inbox.over(300*time.Millisecond) {
			t.Error("a live page of another session ended too")
		}
		here.Post("/account/password", webtest.Form("current", accountstest.Password, "password", "kukkaruukku-aitan-takana-7")).Want(http.StatusSeeOther)
		if !inbox.over(5 * time.Second) {
			t.Error("a live page outlives the password")
		}
		if noora.over(0) {
			t.Error("somebody else's live page ended too")
		}
	})
}

// A session that was ended where nobody here hears of it ends its live pages at
// the next beat.
func TestALivePageLooksWhetherItMayGoOn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		site := b.siteWith(t, func(o *web.Options) { o.Beat = 50 * time.Millisecond })
		url := b.served(t, site)
		anna := webtest.Client(t, site).As(string(b.anna.ID))
		inbox, noora := opens(t, url, "/inbox/live", anna), opens(t, url, "/inbox/live", webtest.Client(t, site).As(string(b.noora.ID)))
		if inbox.over(300 * time.Millisecond) {
			t.Fatal("it ended by itself")
		}
		if _, err := b.DB.Do(t.Context(), `DELETE FROM sessions WHERE user_id = ?`, b.anna.ID); err != nil {
			t.Fatal(err)
		}
		if !inbox.over(5 * time.Second) {
			t.Error("it goes on")
		}
		if noora.over(0) {
			t.Error("somebody else's ended too")
		}
	})
}

// One member has so many live pages open and no more; one that is closed makes
// room, and nobody else is kept out.
func TestOneMemberHasSoManyLivePages(t *testing.T) {
	b := lite(t)
	site := b.site(t)
	url := b.served(t, site)
	anna := webtest.Client(t, site).As(string(b.anna.ID))
	var open []stream
	for range 20 {
		open = append(open, opens(t, url, "/inbox/live", anna))
	}
	if st := open[19]; st.status != http.StatusOK {
		t.Fatalf("the last one that fits: %d", st.status)
	}
	if st := opens(t, url, b.path("/live"), anna); st.status != http.StatusTooManyRequests {
		t.Errorf("one more: %d", st.status)
	}
	if st := opens(t, url, "/inbox/live", webtest.Client(t, site).As(string(b.noora.ID))); st.status != http.StatusOK {
		t.Errorf("somebody else's: %d", st.status)
	}
	open[0].leave()
	for i := 0; ; i++ {
		if st := opens(t, url, "/inbox/live", anna); st.status == http.StatusOK {
			break
		}
		if i == 100 {
			t.Fatal("no room after one was closed")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
