package messaging_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/templates/layout"
)

// site is a bench with pages.
func (b *bench) site(t *testing.T) *web.Server {
	t.Helper()
	return b.siteWith(t, func(*web.Options) {})
}

// siteWith is a site that differs from the usual one.
func (b *bench) siteWith(t *testing.T, change func(*web.Options)) *web.Server {
	t.Helper()
	o := web.Options{
		BaseURL: "http://kierto.test", Clock: b.clock, Log: slog.New(slog.DiscardHandler), Identify: b.Accounts.Identify,
		Badges: b.Badges, ErrorPage: layout.Error, Sessions: b.Accounts.SessionStore(),
	}
	change(&o)
	srv := web.New(o)
	b.Web(srv)
	return srv
}

// browser is a browser of u.
func (b *bench) browser(t *testing.T, u accounts.User) *webtest.Browser {
	t.Helper()
	return webtest.Client(t, b.site(t)).As(string(u.ID))
}

func (b *bench) path(more string) string { return "/inbox/" + string(b.conv.ID) + more }

// A message is written without script, and is there after the redirect.
func TestWritingAMessage(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		noora := b.browser(t, b.noora)
		noora.Post(b.path(""), webtest.Form("text", "Hei!\r\nOnko satula vielä myynnissä?")).Leads(b.path(""))
		page := noora.Get(b.path("")).Want(200)
		if got := page.Find(".msg--me .words").Text(); got != "Hei!\nOnko satula vielä myynnissä?" {
			t.Errorf("shown %q", got)
		}
		page.Has("Anna on vuorossa")
		anna := b.browser(t, b.anna)
		list := anna.Get("/inbox").Want(200)
		if list.Find(".thread--new").Length() != 1 || !strings.Contains(list.Text(".thread"), "Noora · Wintec") || !strings.Contains(list.Text(".badge--you"), "Sinun vuorosi") {
			t.Errorf("Anna's inbox: %s", list.Text(".thread"))
		}
		anna.Get("/inbox?show=moves").Want(200).Has("Noora · Wintec")
		anna.Get("/inbox?show=new").Want(200).Has("Noora · Wintec")
		anna.Get(b.path("")).Want(200).Has("Noora odottaa vastaustasi")
		anna.Get("/inbox?show=new").Want(200).Lacks("Noora · Wintec")
		anna.Post(b.path("/settle"), nil).Leads(b.path(""))
		anna.Get("/inbox?show=moves").Want(200).Lacks("Noora · Wintec")
	})
}

// What cannot be sent comes back with what was typed and the reason beside it.
func TestAFailedMessageIsKept(t *testing.T) {
	b := lite(t)
	noora := b.browser(t, b.noora)
	long := strings.Repeat("pitkä ", 700)
	page := noora.Post(b.path(""), webtest.Form("text", long)).Want(422)
	if got := page.Find("textarea").Text(); got != long {
		t.Errorf("%d characters kept of %d", len(got), len(long))
	}
	page.Has("Teksti on liian pitkä")
	noora.Post(b.path(""), webtest.Form("text", "  ")).Want(422).Has("Kirjoita ensin jotain")
	if err := b.Block(t.Context(), b.anna.ID, b.noora.ID); err != nil {
		t.Fatal(err)
	}
	noora.Post(b.path(""), webtest.Form("text", "Hei?")).Want(409).Has("Et voi kirjoittaa tähän keskusteluun")
}

// Writing too fast is slowed down, and what was typed is kept.
func TestWritingTooFast(t *testing.T) {
	b := lite(t)
	noora := b.browser(t, b.noora)
	for range 20 {
		noora.Post(b.path(""), webtest.Form("text", "hei")).Want(303)
	}
	page := noora.Post(b.path(""), webtest.Form("text", "yksi vielä")).Want(429)
	if page.Find("textarea").Text() != "yksi vielä" {
		t.Error("the text is gone")
	}
}

// Hostile text is shown as text, everywhere.
func TestHostileTextIsText(t *testing.T) {
	b := lite(t)
	evil := `<script>alert(1)</script><img src=x onerror=alert(1)> **x** {{.Name}}`
	b.say(t, b.noora, evil)
	anna := b.browser(t, b.anna)
	for _, path := range []string{"/inbox", b.path("")} {
		page := anna.Get(path).Want(200)
		if page.Find("script:not([src])").Length() != 0 || page.Find("img[onerror]").Length() != 0 {
			t.Errorf("%s runs it", path)
		}
		if !strings.Contains(page.Text("main"), "<script>alert(1)</script>") {
			t.Errorf("%s does not show it", path)
		}
	}
	b.say(t, b.noora, evil+"?")
	b.after(t, 10*time.Minute)
	if m := b.letters(b.anna)[0]; strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, "<img src=x") {
		t.Error("the letter runs it")
	}
}

// Other people's conversations are not there: not the page, not the live stream,
// not a photo, not an action.
func TestOtherPeoplesConversations(t *testing.T) {
	b := lite(t)
	b.say(t, b.noora, "Onko satula vielä myynnissä?")
	kept := false
	b.Photos = func(context.Context, accounts.UserID, io.Reader) (string, error) { kept = true; return "k", nil }
	venla := b.browser(t, accountstest.Person(t, b.Accounts, "Venla Aho"))
	salla := b.browser(t, accountstest.Operator(t, b.Accounts, "Salla Virta"))
	for _, who := range []*webtest.Browser{venla, salla} {
		for _, p := range []string{"", "/live", "/block"} {
			who.Get(b.path(p)).Want(404)
		}
		for _, p := range []string{"", "/read", "/settle", "/block", "/unblock"} {
			who.Post(b.path(p), webtest.Form("text", "hei", "seq", "1")).Want(404)
		}
		who.Do(photo(t, b.path(""), "hei")).Want(404)
		who.Get("/reports/new?kind=conversation&subject=" + string(b.conv.ID)).Want(404)
		who.Post("/reports", webtest.Form("kind", "conversation", "subject", string(b.conv.ID), "reason", "rude")).Want(404)
		who.Get("/inbox").Want(200).Lacks("Wintec")
	}
	if kept {
		t.Error("a photo was kept")
	}
	for _, p := range []string{"/inbox/cnv_nothing", "/inbox/%00", "/inbox/cnv_nothing/live"} {
		venla.Get(p).Want(404)
	}
	stranger := webtest.Client(t, b.site(t))
	stranger.Get(b.path("")).Leads("/sign-in?next=" + url.QueryEscape(b.path("")))
}

// photo is a message with a photo, as a browser sends it.
func photo(t *testing.T, path, text string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("text", text)
	part, err := w.CreateFormFile("photo", "x.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("a picture"))
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "http://kierto.test"+path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// A photo may come with words or alone; one that cannot be used is said so
// beside the field, and the words are kept.
func TestPhotos(t *testing.T) {
	b := lite(t)
	b.Photos = func(_ context.Context, _ accounts.UserID, r io.Reader) (string, error) {
		data, err := io.ReadAll(r)
		if string(data) != "a picture" {
			t.Errorf("the photo arrived as %q", data)
		}
		return "abc", err
	}
	noora := b.browser(t, b.noora)
	noora.Do(photo(t, b.path(""), "")).Leads(b.path(""))
	page := noora.Get(b.path("")).Want(200)
	if src, _ := page.Find(".bubble img").Attr("src"); src != "/photos/abc-card.jpg" {
		t.Errorf("picture %q", src)
	}
	b.Photos = func(context.Context, accounts.UserID, io.Reader) (string, error) {
		return "", fault.New(fault.Invalid, "picture.not_a_picture")
	}
	page = noora.Do(photo(t, b.path(""), "katso")).Want(422)
	if page.Find("textarea").Text() != "katso" || !strings.Contains(page.Body, "ei voi avata kuvana") {
		t.Error("the reason or the words are missing")
	}
}

// Blocking asks first, says what was done, and can be undone.
func TestBlockingByPage(t *testing.T) {
	b := lite(t)
	anna := b.browser(t, b.anna)
	anna.Get(b.path("/block")).Want(200).Has("Noora: estetäänkö viestit?")
	anna.Post(b.path("/block"), nil).Leads(b.path(""))
	anna.Get(b.path("")).Want(200).Has("Olet estänyt tämän ihmisen", "Poista esto").Lacks("<textarea")
	anna.Post(b.path("/unblock"), nil).Leads(b.path(""))
	anna.Get(b.path("")).Want(200).Has("<textarea")
}

// Reporting shows its form, what was wrong with it, and thanks.
func TestReportingByPage(t *testing.T) {
	b := lite(t)
	anna := b.browser(t, b.anna)
	anna.Get("/reports/new?kind=conversation&subject=" + string(b.conv.ID)).Want(200).Has("Mikä on vialla?")
	anna.Post("/reports", webtest.Form("kind", "conversation", "subject", string(b.conv.ID), "text", "hmm")).Want(422).Has("Valitse, mikä on vialla", "hmm")
	anna.Post("/reports", webtest.Form("kind", "conversation", "subject", string(b.conv.ID), "reason", "rude")).Leads(b.path(""))
	anna.Get("/reports/new?kind=planet&subject=x").Want(404)
}

// Anybody can find out how to reach a person; members write at once.
func TestHelpByPage(t *testing.T) {
	b := lite(t)
	webtest.Client(t, b.site(t)).Get("/help").Want(200)
	paused := accountstest.With(t, b.Accounts, "Pia Tauko", func(u *accounts.User) { u.Status = accounts.Suspended })
	for _, u := range []accounts.User{b.noora, paused} {
		who := b.browser(t, u)
		who.Get("/help").Want(200).Has("Salla lukee viestisi")
		who.Post("/help", webtest.Form("text", " ")).Want(422)
		to := who.Post("/help", webtest.Form("text", "Miten saan rahani?")).Want(303).Location
		who.Get(to).Want(200).Has("Miten saan rahani?", "Salla vastaa sinulle")
	}
	b.browser(t, b.noora).Get("/help?order=ord_other").Want(200) // no trades are known here: a general question
}

// Notices say what happened in the reader's words, and are new once.
func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.tell(t, b.nudge("day"))
		anna := b.browser(t, b.anna)
		anna.Get("/inbox").Want(200).Has(`class="count"`)
		page := anna.Get("/notices").Want(200)
		if page.Find(".notice--new").Length() != 1 || !strings.Contains(page.Text(".notice"), "Noora") {
			t.Errorf("notices: %s", page.Text("main"))
		}
		if anna.Get("/notices").Find(".notice--new").Length() != 0 {
			t.Error("still new")
		}
		if !b.reached(t, "trn_1") {
			t.Error("read in the app, and not counted as delivered")
		}
	})
}

// One click stops the e-mails, by a mail program without a cookie or by a person
// who presses the button; opening the link changes nothing.
func TestUnsubscribing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		token := b.UnsubscribeToken(b.anna.ID, messaging.TopicMessage)
		stranger := webtest.Client(t, b.site(t))
		wants := func() bool {
			u, err := b.Accounts.Get(t.Context(), b.DB, b.anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !u.MailNudges || !u.MailSearches || u.QuietFrom != b.anna.QuietFrom || u.QuietUntil != b.anna.QuietUntil {
				t.Errorf("changed more than asked: %+v", u)
			}
			return u.MailMessages
		}
		stranger.Get("/unsubscribe/" + token).Want(200).Has("Lopetetaanko")
		if !wants() {
			t.Fatal("looking stopped the e-mails")
		}
		r := httptest.NewRequest(http.MethodPost, "http://kierto.test/unsubscribe/"+token, strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://mail.example")
		stranger.Do(r).Want(200)
		if wants() {
			t.Fatal("one click did not stop the e-mails")
		}
		bad := []byte(token)
		bad[3] ^= 1
		for _, x := range []string{string(bad), "x", strings.Repeat("A", 200), b.UnsubscribeToken(b.anna.ID, messaging.TopicMoney)} {
			stranger.Get("/unsubscribe/" + x).Want(404)
			stranger.Post("/unsubscribe/"+x, nil).Want(404)
		}
	})
}

// Who ends two kinds of letters at the same moment gets neither, and keeps the
// third, and their quiet hours.
func TestUnsubscribingFromTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for round := range 20 {
			if err := b.Accounts.SaveChannels(t.Context(), b.anna.ID, accounts.Channels{QuietFrom: "21:00", QuietUntil: "07:00", Messages: true, Nudges: true, Searches: true}); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for _, topic := range []string{messaging.TopicMessage, messaging.TopicNudge} {
				all.Go(func() {
					if err := b.Unsubscribe(t.Context(), b.UnsubscribeToken(b.anna.ID, topic)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			u, err := b.Accounts.Get(t.Context(), b.DB, b.anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			if u.MailMessages || u.MailNudges || !u.MailSearches || u.QuietFrom != 21*60 || u.QuietUntil != 7*60 {
				t.Fatalf("round %d: messages %v, reminders %v, searches %v, quiet %d to %d", round, u.MailMessages, u.MailNudges, u.MailSearches, u.QuietFrom, u.QuietUntil)
			}
		}
	})
}

// A message shows up in the other browser while it looks, and counts as read
// once it has been in view.
func TestLive(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		srv := b.site(t)
		ts := httptest.NewServer(srv.Echo)
		defer ts.Close()
		defer b.Live.Close() // before the server waits for its streams
		anna := webtest.Client(t, srv).As(string(b.anna.ID))
		noora := webtest.Client(t, srv).As(string(b.noora.ID))
		lines := watch(t, ts.URL+b.path("/live"), "kierto="+anna.Cookie("kierto"))
		if first := <-lines; !strings.Contains(first, "event: stream") {
			t.Fatalf("the first event: %q", first)
		}
		var took []time.Duration
		for i := range 15 {
			start := clock.Wall()
			b.say(t, b.noora, fmt.Sprintf("viesti %d?", i))
			got := until(t, lines, fmt.Sprintf("viesti %d?", i))
			took = append(took, clock.Wall().Sub(start))
			if !strings.Contains(got, b.path("/read")) {
				t.Fatalf("no mark to say it was seen:\n%s", got)
			}
		}
		slices.Sort(took)
		t.Logf("sent to seen: median %s, longest of %d %s", took[len(took)/2], len(took), took[len(took)-1])
		if b.unread(t, b.anna) != 1 {
			t.Error("counted as read before it was in view")
		}
		anna.Post(b.path("/read"), webtest.Form("seq", "15")).Want(204)
		if b.unread(t, b.anna) != 0 {
			t.Error("seen, and still unread")
		}
		noora.Post(b.path(""), webtest.Form("text", "by hand")).Want(303)
		until(t, lines, "by hand")
	})
}

// On a disk that is full people can still read what was written to them. It stays
// unread, and a browser that says it was seen is told so; once there is room again
// it counts as read.
func TestReadingOnAFullDisk(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		anna := webtest.Client(t, b.site(t)).As(string(b.anna.ID))
		b.say(t, b.noora, "Onko tämä vielä myynnissä?")
		emptied := fillDisk(t, b.DB)
		anna.Get(b.path("")).Want(200).Has("Onko tämä vielä myynnissä?")
		anna.Post(b.path("/read"), webtest.Form("seq", "1")).Want(503)
		if b.unread(t, b.anna) != 1 {
			t.Error("read, though nothing could be noted")
		}
		emptied()
		anna.Get(b.path("")).Want(200)
		if b.unread(t, b.anna) != 0 {
			t.Error("read, and still unread")
		}
	})
}

// fillDisk lets whatever changes a conversation find no room, until it is emptied.
func fillDisk(t *testing.T, d *db.DB) (emptied func()) {
	t.Helper()
	statements := func(all ...string) {
		t.Helper()
		for _, s := range all {
			if _, err := d.Do(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d.Postgres() {
		statements(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$`,
			`CREATE TRIGGER no_room BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION no_room()`)
		return func() { statements(`DROP TRIGGER no_room ON conversations`) }
	}
	statements(`CREATE TABLE ballast (b BLOB)`, `CREATE TRIGGER no_room BEFORE UPDATE ON conversations BEGIN INSERT INTO ballast VALUES (zeroblob(1000000)); END`)
	pages := func(most int) {
		t.Helper()
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			return tx.Get(t.Context(), new(int64), fmt.Sprintf(`PRAGMA max_page_count(%d)`, most))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages(1) // as many as there are
	return func() { pages(1_000_000); statements(`DROP TRIGGER no_room`) }
}

// watch opens an event stream and gives the events of the conversation.
func watch(t *testing.T, address, cookie string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan string, 64)
	go func() {
		defer close(out)
		event, in := "", bufio.NewScanner(res.Body)
		in.Buffer(nil, 4<<20)
		for in.Scan() {
			if line := in.Text(); line != "" {
				event += line + "\n"
				continue
			}
			if strings.HasPrefix(event, "event: stream") {
				out <- event
			}
			event = ""
		}
	}()
	return out
}

// until is the first event that holds text.
func until(t *testing.T, events <-chan string, text string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %q", text)
			}
			if strings.Contains(e, text) {
				return e
			}
		case <-deadline:
			t.Fatalf("%q never came", text)
		}
	}
}

// A page of the inbox goes on where the one before ended, also where many
// conversations moved at one instant, as they do when the clock moves them.
func TestInboxPagesLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const many = 70
		for i := range many {
			var c messaging.Conversation
			b.tx(t, func(tx *db.Tx) (err error) {
				c, err = b.Open(t.Context(), tx, messaging.Opening{Subject: fmt.Sprintf("lst_%d", i), Buyer: b.noora.ID, Seller: b.anna.ID, Title: "Satula"})
				return err
			})
			if err := b.Send(t.Context(), b.noora.ID, c.ID, "Hei", ""); err != nil {
				t.Fatal(err)
			}
		}
		noora, seen := b.browser(t, b.noora), map[string]bool{}
		for next, pages := "/inbox", 0; next != "" && pages < 5; pages++ {
			page := noora.Get(next).Want(200)
			page.Find(".thread h2 a").Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")] = true })
			next = page.Find(`.pager a[href*="before="]`).AttrOr("href", "")
		}
		if len(seen) != many {
			t.Errorf("%d of %d conversations on all pages", len(seen), many)
		}
		for _, odd := range []string{"-1", "x", "9999999999999999999999", "1.", ".cnv", "%00", "-5.cnv_1"} {
			noora.Get("/inbox?before=" + odd).Want(200)
		}
	})
}
