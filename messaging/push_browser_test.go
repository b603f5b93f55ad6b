package messaging_test

import (
	"encoding/json"
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

// channelsSite serves the bench with its page of channels, for real browsers.
func channelsSite(t *testing.T, b *bench) (*httptest.Server, func(*browser.Page, accounts.User)) {
	t.Helper()
	b.Accounts.ChannelParts = append(b.Accounts.ChannelParts, b.PushPart)
	srv := b.site(t)
	b.Accounts.Web(srv)
	srv.Static(static.Handler())
	ts := httptest.NewServer(srv.Echo)
	t.Cleanup(ts.Close)
	return ts, func(p *browser.Page, u accounts.User) {
		p.Open(ts.URL + "/help")
		p.Eval(`(document.cookie = "kierto=`+webtest.Client(t, srv).As(string(u.ID)).Cookie("kierto")+`; path=/") && true`, nil)
	}
}

// pretend has the browser's push service, which cannot be reached from here, be
// the stand-in.
const pretend = `(() => {
	const key = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)).buffer;
	const sub = %;
	PushManager.prototype.subscribe = async (o) => ({
		endpoint: sub.Endpoint, options: o, unsubscribe: async () => true,
		toJSON: () => ({ endpoint: sub.Endpoint, keys: { p256dh: sub.P256dh, auth: sub.Auth } }),
	});
	const got = PushManager.prototype.getSubscription;
	PushManager.prototype.getSubscription = async function () { return sessionStorage.sub ? PushManager.prototype.subscribe({}) : got.call(this); };
	return true;
})()`

// In a real browser, a person turns notifications on; the service worker shows
// what was sent, encrypted, to it, and reports that it did, which is when the
// message counts as delivered.
func TestARealBrowserShowsAndReports(t *testing.T) {
	t.Parallel()
	b := newBench(t, testdb.SQLite(t))
	s := withPush(t, b)
	ts, signIn := channelsSite(t, b)
	b.Config.BaseURL = ts.URL
	chrome := browser.New(t, browser.Options{Width: 390})
	p := chrome.Page(t)
	signIn(p, b.anna)
	p.Notify(true)
	p.Open(ts.URL + "/account/channels")
	p.See("Ilmoitukset selaimeen", "Ota ilmoitukset käyttöön")
	sub, err := s.Subscribe("chromium")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(sub)
	if err != nil {
		t.Fatal(err)
	}
	p.Eval(strings.Replace(pretend, "%", string(raw), 1), nil)
	p.Click("Ota ilmoitukset käyttöön tässä selaimessa")
	p.See("Ilmoitukset tulevat tänne", "Chrome")
	p.Shot("push-on")
	p.Axe(t)
	p.Overflow(t)

	x := reminder(1)
	x.To = b.anna.ID
	b.tell(t, x)
	b.run(t)
	ms := s.Messages()
	if len(ms) != 1 {
		t.Fatalf("%d messages: %s", len(ms), b.sentBy(t, "trn_1"))
	}
	p.Push(ms[0].Raw)
	if got := shown(p); len(got) != 1 || got[0] != ms[0].Title+"|"+ms[0].Body+"|"+ts.URL+"/orders/ord_1" {
		t.Errorf("the browser shows %q, want %+v", got, ms[0])
	}
	b.reachedSoon(t)
	p.Push("not what we send") // shown without words rather than as the browser's own warning
	for range 50 {
		if len(shown(p)) == 2 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := shown(p); len(got) != 2 {
		t.Errorf("a broken message shows %q", got)
	}
}

// shown are the notifications that a page's site shows.
func shown(p *browser.Page) (out []string) {
	const list = `navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((ns) => ns.map((n) => n.title + '|' + n.body + '|' + n.data.url))`
	for range 50 {
		if p.Eval(list, &out); len(out) > 0 {
			return out
		}
		time.Sleep(50 * time.Millisecond)
	}
	return out
}

// reachedSoon fails unless a browser reports the reminder as shown.
func (b *bench) reachedSoon(t *testing.T) {
	t.Helper()
	for range 100 {
		if b.sentBy(t, "trn_1") == "push sent reached" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("shown, and not reported: %s", b.sentBy(t, "trn_1"))
}

// What the page of channels says when a browser cannot, may not, or has no
// scripts.
func TestThePageSaysWhyABrowserTakesNoMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, testdb.SQLite(t))
	s := withPush(t, b)
	b.subscribe(t, s, b.anna, "old-phone")
	ts, signIn := channelsSite(t, b)
	chrome := browser.New(t, browser.Options{})
	p := chrome.Page(t)
	signIn(p, b.anna)
	p.Notify(false)
	p.Open(ts.URL + "/account/channels")
	p.See("Ilmoitukset Kierrosta on estetty", "Firefox, Linux")
	p.Notify(true)
	p.Reload()
	p.See("Ota ilmoitukset käyttöön")
	p.Eval(`PushManager.prototype.subscribe = async () => { throw new Error('no service'); }`, nil)
	p.Click("Ota ilmoitukset käyttöön tässä selaimessa")
	p.See("Ilmoitusten asetus ei onnistunut")

	plain := chrome.PageOf(t, browser.Options{})
	signIn(plain, b.anna)
	plain.NoScripts()
	plain.Open(ts.URL + "/account/channels")
	plain.See("Ilmoitukset tarvitsevat JavaScriptin", "Firefox, Linux")
	plain.Shot("push-no-script")
	plain.Click("Poista")
	plain.See("Siihen selaimeen ei tule enää ilmoituksia")
	if n := b.browsers(t, b.anna); n != 0 {
		t.Errorf("%d browsers are left", n)
	}
}
