package messaging_test

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/static"
)

// Two people write to each other in real browsers: what one sends, the other
// sees at once, without loading the page again; and without scripts it works by
// loading it.
func TestTwoBrowsers(t *testing.T) {
	t.Parallel()
	b := newBench(t, testdb.SQLite(t))
	b.Photos = func(context.Context, accounts.UserID, io.Reader) (string, error) { return "", nil }
	srv := b.site(t)
	srv.Static(static.Handler())
	ts := httptest.NewServer(srv.Echo)
	t.Cleanup(func() {
		b.Live.Close()
		ts.Close()
	})
	chrome := browser.New(t, browser.Options{})
	as := func(u accounts.User, o browser.Options) *browser.Page {
		p := chrome.PageOf(t, o)
		p.Open(ts.URL + "/help")
		p.Eval(`(document.cookie = "kierto=`+webtest.Client(t, srv).As(string(u.ID)).Cookie("kierto")+`; path=/") && true`, nil)
		p.Open(ts.URL + b.path(""))
		return p
	}
	b.say(t, b.noora, "Hei! Onko satula vielä myynnissä?")
	anna := as(b.anna, browser.Options{})
	anna.See("Onko satula vielä myynnissä?", "Noora odottaa vastaustasi")
	noora := as(b.noora, browser.Options{Width: 390})
	noora.See("Anna on vuorossa")

	anna.Fill("Viesti", "On vielä. Milloin haluaisit hakea sen?")
	anna.Click("Lähetä")
	anna.See("Milloin haluaisit hakea sen?")
	noora.See("Milloin haluaisit hakea sen?")
	if got := anna.Text("textarea"); strings.TrimSpace(got) != "" {
		t.Errorf("the field still holds %q", got)
	}
	b.seenSoon(t, b.noora)

	noora.Fill("Viesti", "<b>Lauantaina</b>\nsopisi?")
	noora.Click("Lähetä")
	anna.See("<b>Lauantaina</b>", "Noora odottaa vastaustasi") // whose move it is has changed too
	noora.Fill("Viesti", "   ")
	noora.Click("Lähetä")
	noora.See("Kirjoita ensin jotain")
	noora.Shot("messaging-live-phone")
	noora.Axe(t)
	noora.Overflow(t)
	anna.Shot("messaging-live")
	anna.Axe(t)
}

// The list of conversations changes while it is looked at, alone and beside an
// open conversation: what is new comes first, and what is read is new no more.
func TestTheInboxIsLive(t *testing.T) {
	t.Parallel()
	b := newBench(t, testdb.SQLite(t))
	srv := b.site(t)
	srv.Static(static.Handler())
	ts := httptest.NewServer(srv.Echo)
	t.Cleanup(func() {
		b.Live.Close()
		ts.Close()
	})
	anna := browser.New(t, browser.Options{}).Page(t)
	anna.Open(ts.URL + "/help")
	anna.Eval(`(document.cookie = "kierto=`+webtest.Client(t, srv).As(string(b.anna.ID)).Cookie("kierto")+`; path=/") && true`, nil)
	anna.Open(ts.URL + "/inbox")
	anna.See("Ei vielä keskusteluja")
	b.say(t, b.noora, "Onko satula vielä myynnissä?")
	anna.See("Onko satula vielä myynnissä?", "Sinun vuorosi ·")
	if anna.Count(".thread--new") != 1 {
		t.Error("what came is not marked new")
	}
	b.say(t, b.noora, "Entä mahtuuko se suokille?")
	anna.See("Entä mahtuuko se suokille?")
	anna.Axe(t)

	anna.Open(ts.URL + b.path(""))
	list := anna.Within("#conversations")
	list.See("Entä mahtuuko se suokille?")
	b.say(t, b.anna, "Mahtuu hyvin.")
	list.See("Mahtuu hyvin.", "Noora on vuorossa ·")
	list.Gone("Sinun vuorosi ·")
}

// seenSoon fails unless u's browser says that it has shown everything.
func (b *bench) seenSoon(t *testing.T, u accounts.User) {
	t.Helper()
	for range 100 {
		if b.unread(t, u) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("shown in the browser, and still unread for %s", u.Name)
}
