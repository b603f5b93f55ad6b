package accounts_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/web"
)

// manager is a session manager as the server has it.
func (b *bench) manager() *scs.SessionManager {
	m := scs.New()
	m.Store, m.HashTokenInStore, m.IdleTimeout = b.SessionStore(), true, 14*24*time.Hour
	return m
}

// session signs a person in and returns the session's id.
func (b *bench) session(t *testing.T, user accounts.UserID, agent string) string {
	t.Helper()
	m := b.manager()
	ctx, err := m.Load(t.Context(), "")
	ok(t, err)
	m.Put(ctx, web.SessionUser, string(user))
	m.Put(ctx, web.SessionAgent, agent)
	_, _, err = m.Commit(ctx)
	ok(t, err)
	ss, err := b.Sessions(t.Context(), user)
	ok(t, err)
	for _, s := range ss {
		if s.Agent == agent {
			return s.ID
		}
	}
	t.Fatal("no session")
	return ""
}

// A request that is still running when its session ends does not bring it back.
func TestEndedSessionStaysEnded(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		u := accountstest.Person(t, b.Service, "Anna")
		m := b.manager()
		ctx, err := m.Load(t.Context(), "")
		ok(t, err)
		m.Put(ctx, web.SessionUser, string(u.ID))
		token, _, err := m.Commit(ctx)
		ok(t, err)

		running, err := m.Load(t.Context(), token)
		ok(t, err)
		if m.GetString(running, web.SessionUser) != string(u.ID) {
			t.Fatal("session not found")
		}
		ok(t, b.EndSessions(t.Context(), u.ID, ""))
		m.Put(running, "anything", "new") // so that it has to be written
		_, _, err = m.Commit(running)
		ok(t, err)
		ss, err := b.Sessions(t.Context(), u.ID)
		ok(t, err)
		if len(ss) != 0 {
			t.Fatal("the session is back")
		}
	})
}

// What is put in a session is there in the next request, and the token is
// stored only as a hash.
func TestSessionRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		m := b.manager()
		ctx, err := m.Load(t.Context(), "")
		ok(t, err)
		m.Put(ctx, "a", "1")
		token, _, err := m.Commit(ctx)
		ok(t, err)
		for _, add := range []string{"b", "c"} {
			ctx, err = m.Load(t.Context(), token)
			ok(t, err)
			m.Put(ctx, add, int64(1))
			_, _, err = m.Commit(ctx)
			ok(t, err)
		}
		ctx, err = m.Load(t.Context(), token)
		ok(t, err)
		if m.GetString(ctx, "a") != "1" || m.GetInt64(ctx, "b") != 1 || m.GetInt64(ctx, "c") != 1 {
			t.Fatalf("keys %v", m.Keys(ctx))
		}
		var found int
		ok(t, b.DB.Get(t.Context(), &found, `SELECT count(*) FROM sessions WHERE token_hash = ?`, token))
		if found != 0 {
			t.Fatal("the token is stored as it is")
		}
		ok(t, m.Destroy(ctx))
		ctx, err = m.Load(t.Context(), token)
		ok(t, err)
		if m.GetString(ctx, "a") != "" {
			t.Fatal("destroyed session is back")
		}
	})
}

// A page that changes nothing in the session writes nothing.
func TestReadingDoesNotWrite(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	b.session(t, u.ID, "x")
	m := b.manager()
	ctx, err := m.Load(t.Context(), "")
	ok(t, err)
	m.Put(ctx, web.SessionUser, string(u.ID))
	token, _, err := m.Commit(ctx)
	ok(t, err)
	b.clock.Move(time.Minute)
	ctx, err = m.Load(t.Context(), token)
	ok(t, err)
	_, _, err = m.Commit(ctx)
	ok(t, err)
	ss, err := b.Sessions(t.Context(), u.ID)
	ok(t, err)
	for _, s := range ss {
		if s.SeenAt != accountstest.Start {
			t.Fatal("an unchanged session was written")
		}
	}
}

// A person ends their own sessions and nobody else's.
func TestEndSession(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		u, other := accountstest.Person(t, b.Service, "Anna"), accountstest.Person(t, b.Service, "Mikko")
		one, two := b.session(t, u.ID, "one"), b.session(t, other.ID, "two")
		faulty(t, b.EndSession(t.Context(), u.ID, two), "web.missing")
		ok(t, b.EndSession(t.Context(), u.ID, one))
		faulty(t, b.EndSession(t.Context(), u.ID, one), "web.missing")
		ss, err := b.Sessions(t.Context(), other.ID)
		ok(t, err)
		if len(ss) != 1 {
			t.Fatal("somebody else's session ended")
		}
	})
}

func TestAgent(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                        "Firefox · Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1":           "Safari · iPhone",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36":        "Samsung Internet · Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge · Windows",
		"curl/8": "", "": "",
	} {
		if got := accounts.Agent(header); got != want {
			t.Errorf("%s: %q, want %q", http.CanonicalHeaderKey(header), got, want)
		}
	}
}
