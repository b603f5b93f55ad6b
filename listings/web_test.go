package listings_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/templates/layout"
)

// site is a service behind a web server, with the browsers of a stranger, of
// Anna who sells and of Noora.
type site struct {
	*bench
	stranger, a, n *webtest.Browser
}

func newSite(t *testing.T, d *db.DB) *site {
	b := newBench(t, d)
	srv := web.New(web.Options{
		BaseURL: "http://kierto.test", Clock: b.clock, Log: slog.New(slog.DiscardHandler), Sessions: b.Accounts.SessionStore(),
		Identify: b.Accounts.Identify, ErrorPage: layout.Error,
	})
	b.Web(srv)
	stranger := webtest.Client(t, srv)
	return &site{b, stranger, stranger.As(string(b.anna)), stranger.As(string(b.noor))}
}

// open is a site on SQLite; what the pages do does not depend on the database.
func open(t *testing.T) *site {
	t.Parallel()
	return newSite(t, testdb.SQLite(t))
}

// upload sends files as a browser does; htmx says whether a script sends them.
func upload(b *webtest.Browser, path string, htmx bool, files ...[]byte) webtest.Answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i, data := range files {
		part, err := w.CreateFormFile("photos", fmt.Sprintf("../../evil%d.php", i))
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil {
			panic(err)
		}
	}
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "http://kierto.test"+path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if htmx {
		r.Header.Set("HX-Request", "true")
	}
	return b.Do(r)
}

// stamped is a form with the stamp that a page has.
func stamped(a webtest.Answer, v url.Values) url.Values {
	for _, name := range []string{"version", "editor"} {
		v.Set(name, a.Find("#sell input[name="+name+"]").AttrOr("value", ""))
	}
	return v
}

// Without script: a draft, photos, fields of the category, publishing with what
// is missing said beside each field, and the page as everybody sees it.
func TestSellingWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := newSite(t, b.DB)
		s.stranger.Get("/sell").Leads("/sign-in?next=%2Fsell")
		form := s.a.Get("/sell").Want(http.StatusSeeOther).Location
		s.a.Get("/sell").Leads(form)
		page := s.a.Get(form).Want(http.StatusOK)
		if page.Find("#fields select").Length() != 0 {
			t.Error("fields without a category")
		}
		upload(s.a, form+"/photos", false, listingstest.Picture(t, "one"), listingstest.Picture(t, "two")).Leads(form + "#photos")
		ok(t, s.Jobs.Drain(t.Context()))
		if got := s.a.Get(form).Find("#photos img").Length(); got != 2 {
			t.Errorf("%d photos are shown", got)
		}
		typed := stamped(page, url.Values{"title": {"Wintec"}, "category": {"saddles"}, "price": {"75"}})
		fields := s.a.Post(form+"/fields", typed).Want(http.StatusOK)
		if fields.Find("#fields select[name='f.seat']").Length() != 1 || fields.Find("#f-title").AttrOr("value", "") != "Wintec" {
			t.Error("choosing a category loses what was typed or shows no fields")
		}
		bad := s.a.Post(form+"/publish", typed).Want(http.StatusUnprocessableEntity)
		for _, field := range []string{"f-seat", "condition", "ways", "town", "description"} {
			id := "f-" + field
			if bad.Find(".summary a[href='#"+id+"']").Length() == 0 || bad.Find("#"+id+"-error").Length() == 0 || bad.Find("#"+id).Length() == 0 {
				t.Errorf("%s: not in the summary, not beside the field, or no such field", field)
			}
		}
		if bad.Find("#f-title").AttrOr("value", "") != "Wintec" {
			t.Error("what was typed is gone")
		}
		listing := s.a.Post(form+"/publish", stamped(bad, listingstest.Form(`Wintec <b>17"</b>`, 7500))).Want(http.StatusSeeOther).Location
		s.a.Post(form+"/publish", stamped(bad, listingstest.Form("Again", 7500))).Leads(listing)

		seen := s.stranger.Get(listing).Want(http.StatusOK).Has("Wintec &lt;b&gt;17", "€75.00", "Anna K", listing+"/buy", listing+"/offer", listing+"/ask").Lacks("<b>17", "/sell/")
		if seen.Find(".gallery__main li").Length() != 2 || !strings.HasPrefix(seen.Find("meta[property='og:image']").AttrOr("content", ""), "http://kierto.test/photos/") {
			t.Error("no gallery or no picture for previews")
		}
		s.a.Get(listing).Want(http.StatusOK).Has(form).Lacks(listing + "/buy")
		s.stranger.Get("/?q=wintec").Want(http.StatusOK).Has(listing)

		// editing what is on sale is all or nothing
		edit := s.a.Get(form).Want(http.StatusOK)
		s.a.Post(form, stamped(edit, with(listingstest.Form("Uusi nimi", 7500), "price", "ilmainen"))).Want(http.StatusUnprocessableEntity).Has("ilmainen")
		s.a.Post(form, stamped(edit, listingstest.Form("Uusi nimi", 6500))).Leads(listing)
		s.n.Get(listing).Has("Uusi nimi", "65,00") // strangers may get what was true a second ago
		s.a.Post(form+"/withdraw", nil).Leads("/account/listings")
		s.n.Get(listing).Want(http.StatusOK).Lacks(listing + "/buy")
		s.a.Post(form+"/relist", nil).Leads(listing)
		s.a.Post(form+"/sold", nil).Leads("/account/listings")
		s.a.Get("/account/listings?show=sold").Has("Uusi nimi")
		s.sound(t)
	})
}

// With script: each change is saved and answered with a sentence and the card.
func TestSellingSavesItself(t *testing.T) {
	s := open(t)
	l := s.draft(t)
	form := "/sell/" + string(l.ID)
	page := s.a.Get(form)
	s.a.Head.Set("HX-Request", "true")
	for _, title := range []string{"One", "Two"} {
		s.a.Post(form+"/draft", stamped(page, url.Values{"title": {title}})).Want(http.StatusOK).Has("Tallennettu klo\u00a012.00", `hx-swap-oob="true"`, title)
	}
	s.a.Post(form+"/draft", stamped(page, url.Values{"title": {"Three"}, "price": {"x"}})).Want(http.StatusOK).Has("Tallennettu", "numeroin")
	other := url.Values{"version": {"1"}, "editor": {"ANOTHER"}, "title": {"Four"}}
	s.a.Post(form+"/draft", other).Want(http.StatusOK).Has("toisessa ikkunassa")
	delete(s.a.Head, "Hx-Request")
	s.a.Post(form+"/draft", other).Want(http.StatusConflict).Has("toisessa ikkunassa", "Four")
}

// Other people's drafts, photos and forms are not there; suspended members look
// and do not sell.
func TestSellingIsOnesOwn(t *testing.T) {
	s := open(t)
	l := s.draft(t)
	form := "/sell/" + string(l.ID)
	photos, err := s.Photos(t.Context(), s.DB, l.ID)
	ok(t, err)
	photo := form + "/photos/" + string(photos[0].ID)
	for _, path := range []string{form, "/listings/" + string(l.ID)} {
		s.n.Get(path).Want(http.StatusNotFound)
	}
	for _, path := range []string{form, form + "/draft", form + "/fields", form + "/publish", form + "/withdraw", form + "/relist", form + "/sold", form + "/discard", form + "/photos/order", photo + "/remove", photo + "/earlier"} {
		s.n.Post(path, url.Values{"version": {"1"}, "photo": {string(photos[0].ID)}}).Want(http.StatusNotFound)
		s.stranger.Post(path, nil).Want(http.StatusSeeOther)
	}
	upload(s.n, form+"/photos", false, listingstest.Picture(t, "x")).Want(http.StatusNotFound)
	s.state(t, l.ID, listings.Draft)
	_, err = s.DB.Do(t.Context(), `UPDATE users SET status = 'suspended' WHERE id = ?`, s.anna)
	ok(t, err)
	s.a.Get(form).Want(http.StatusOK)
	s.a.Post(form+"/publish", listingstest.Form("X", 100)).Want(http.StatusForbidden)
	s.a.Get("/sell").Want(http.StatusForbidden)
}

// Files that are no photos are told beside the field; good ones beside them are
// kept; nothing but the sizes is ever served.
func TestHostileFiles(t *testing.T) {
	s := open(t)
	l, err := s.Begin(t.Context(), s.anna, "")
	ok(t, err)
	form := "/sell/" + string(l.ID)
	for name, data := range map[string][]byte{
		"php": []byte("<?php system($_GET['c']);"), "html": []byte("<html><script>alert(1)</script>"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"gif": []byte("GIF89a\x01\x00\x01\x00"), "bomb": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x00\x00\x00\x00"),
		"nothing": {}, "heic": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
	} {
		a := upload(s.a, form+"/photos", true, data).Want(http.StatusUnprocessableEntity)
		if a.Find("#f-photos-error").Length() != 1 || a.Find("#photos li").Length() != 0 {
			t.Errorf("%s: no message beside the field, or a photo was kept", name)
		}
	}
	good := listingstest.Picture(t, "good")
	a := upload(s.a, form+"/photos", true, []byte("no"), good).Want(http.StatusUnprocessableEntity)
	if a.Find("#photos li").Length() != 1 {
		t.Error("the good photo was not kept")
	}
	s.a.Post(form+"/photos", url.Values{"photos": {"x"}}).Want(http.StatusUnprocessableEntity)
	photos, err := s.Photos(t.Context(), s.DB, l.ID)
	ok(t, err)
	key := photos[0].Key
	waiting := make(chan int)
	go func() { waiting <- s.n.Get("/photos/" + key + "-full.jpg").Status }() // a browser may ask before it is made
	ok(t, s.Jobs.Drain(t.Context()))
	if got := <-waiting; got != http.StatusOK {
		t.Errorf("who asked for a photo in the making got %d", got)
	}
	for _, size := range []string{"full", "card", "thumb"} {
		a := s.stranger.Get("/photos/" + key + "-" + size + ".jpg").Want(http.StatusOK)
		if a.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Body == string(good) {
			t.Errorf("%s: %v", size, a.Header)
		}
	}
	for _, name := range []string{key, key + ".jpg", key + "-original.jpg", "incoming", "incoming%2F" + key, "..%2F..%2Fkierto.db", key + "-full.png", strings.ToUpper(key) + "-full.jpg", "%00"} {
		s.stranger.Get("/photos/" + name).Want(http.StatusNotFound)
	}
}

// The browse page takes anything in its address, and mends it.
func TestBrowseTakesAnything(t *testing.T) {
	s := open(t)
	l := listingstest.Live(t, s.Service, s.anna, "Wintec-yleissatula", 7500)
	for _, query := range []string{
		"q=%22%27%3B--", "q=foo+AND+%22", "min=-5", "min=1e9", "max=99999999999999999999", "category=%3Cscript%3E", "f.seat=17",
		"category=saddles&f.seat=%22%3E%3Cscript%3E", "after=%2e%2e", "after=-1", "after=zzz-zzz", "sort=%27", "q=" + strings.Repeat("a+", 200),
		"condition=x" + strings.Repeat("&condition=good", 100), "town=" + strings.Repeat("%C3%A4", 300),
	} {
		s.stranger.Get("/?"+query).Want(http.StatusOK).Lacks("<script>alert", "><script>")
	}
	for _, nothing := range []string{"q=%00", "q=%FF%FE"} { // what no database stores is no search
		s.stranger.Get("/?" + nothing).Leads("/")
	}
	s.stranger.Get("/?sort=x").Want(http.StatusOK).Has("We left it out", l.URL())
	s.stranger.Get("/?q=a").Want(http.StatusOK).Has("at least three letters", l.URL())
	s.stranger.Get("/?q=&min=&category=saddles&ship=post").Leads("/?category=saddles&ship=post")
	a := s.stranger.Get("/?category=saddles&f.seat=17&ship=post").Want(http.StatusOK)
	if a.Find("a.chip[href='/?category=saddles&ship=post']").Length() != 1 || a.Find("a.chip[href='/?category=saddles&f.seat=17']").Length() != 1 {
		t.Error("a filter that is set has no chip that takes it away")
	}
	if got := a.Text("#found"); got != "1 thing" {
		t.Errorf("found %q", got)
	}
	s.stranger.Get("/?q=xyzzy").Want(http.StatusOK).Has("Save this search", "No matches")
	s.stranger.Head.Set("HX-Request", "true")
	if got := s.stranger.Get("/?sort=new&min=&ship=post").Want(http.StatusOK).Header.Get("HX-Push-Url"); got != "/?ship=post" {
		t.Errorf("htmx pushes %q", got)
	}
}

// Pages follow one another without script, and htmx gets the same page.
func TestPagerLinks(t *testing.T) {
	s := open(t)
	for i := range 50 {
		listingstest.Live(t, s.Service, s.anna, fmt.Sprintf("Satula %02d", i), 7500)
	}
	a := s.stranger.Get("/").Want(http.StatusOK).Has("48 / 50")
	if a.Find("#grid > li").Length() != 48 {
		t.Error("the first page is not 48 cards")
	}
	next := a.Find("#pager a[rel=next]").AttrOr("href", "")
	b := s.stranger.Get(next).Want(http.StatusOK)
	if b.Find("#grid > li").Length() != 2 || b.Find("#pager a[rel=next]").Length() != 0 {
		t.Errorf("the second page is wrong: %d", b.Find("#grid > li").Length())
	}
}

// Favourites, follows and searches work with and without script, and are one's
// own.
func TestWishes(t *testing.T) {
	s := open(t)
	l := listingstest.Live(t, s.Service, s.anna, "Satula", 7500)
	heart := l.URL() + "/favourite"
	s.stranger.Post(heart, nil).Leads("/sign-in?next=%2F")
	s.n.Post(heart, nil).Leads(l.URL())
	s.n.Get("/favourites").Want(http.StatusOK).Has("Satula")
	s.n.Head.Set("HX-Request", "true")
	if got := s.n.Post(heart, nil).Want(http.StatusOK).Find("button").AttrOr("aria-pressed", ""); got != "false" {
		t.Errorf("the heart is %s", got)
	}
	delete(s.n.Head, "Hx-Request")
	s.n.Get("/favourites").Want(http.StatusOK).Lacks(l.URL())
	s.n.Post("/listings/lst_none/favourite", nil).Want(http.StatusNotFound)
	s.n.Post("/listings/"+string(s.draft(t).ID)+"/favourite", nil).Want(http.StatusNotFound)

	s.n.Post("/people/"+string(s.anna)+"/follow", nil).Leads("/people/" + string(s.anna))
	s.n.Get("/favourites").Has("Anna K")
	s.a.Post("/people/"+string(s.anna)+"/follow", nil).Want(http.StatusUnprocessableEntity)
	s.n.Post("/people/usr_none/follow", nil).Want(http.StatusNotFound)

	s.n.Post("/searches", url.Values{"query": {"category=saddles&max=50"}, "name": {""}}).Leads("/searches")
	page := s.n.Get("/searches").Want(http.StatusOK).Has("Satulat", "/?category=saddles&amp;max=50")
	drop := page.Find("form[action$='/drop']").AttrOr("action", "")
	s.a.Post(drop, nil).Want(http.StatusNotFound)
	s.n.Get("/searches").Has(drop)
	s.n.Post(drop, nil).Leads("/searches")
	s.n.Get("/searches").Lacks(drop)
	s.n.Post("/searches", url.Values{"query": {"%zz&&&="}}).Want(http.StatusUnprocessableEntity)
}

// What is hidden is there for its seller and for staff alone.
func TestHiddenListings(t *testing.T) {
	s := open(t)
	l := listingstest.Live(t, s.Service, s.anna, "Satula", 7500)
	ok(t, s.tx(t, func(tx *db.Tx) error { return s.Hide(t.Context(), tx, l.ID) }))
	s.stranger.Get(l.URL()).Want(http.StatusNotFound)
	s.n.Get(l.URL()).Want(http.StatusNotFound)
	s.a.Get(l.URL()).Want(http.StatusOK).Has("Ylläpito on piilottanut")
	staff := accountstest.Operator(t, s.Accounts, "Salla")
	s.stranger.As(string(staff.ID)).Get(l.URL()).Want(http.StatusOK)
	s.stranger.Get("/sitemap.xml?page=1").Want(http.StatusOK).Lacks(string(l.ID))
	s.n.Post(l.URL()+"/favourite", nil).Want(http.StatusNotFound)
}

// Search engines get an index, its pages and the rules.
func TestSitemap(t *testing.T) {
	s := open(t)
	s.stranger.Get("/sitemap.xml").Want(http.StatusOK).Has("<sitemapindex").Lacks("?page=")
	l := listingstest.Live(t, s.Service, s.anna, "Satula", 7500)
	s.stranger.Get("/sitemap.xml").Want(http.StatusOK).Has("http://kierto.test/sitemap.xml?page=1")
	a := s.stranger.Get("/sitemap.xml?page=1").Want(http.StatusOK).Has("http://kierto.test"+l.URL(), "2026-11-24")
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/xml") {
		t.Error(a.Header.Get("Content-Type"))
	}
	for _, page := range []string{"0", "2", "-1", "x", "99999999999999999999"} {
		s.stranger.Get("/sitemap.xml?page=" + page).Want(http.StatusNotFound)
	}
	s.stranger.Get("/robots.txt").Want(http.StatusOK).Has("Sitemap: http://kierto.test/sitemap.xml", "Disallow: /inbox")
}

// A price that is none is said beside its field, which keeps what was typed, also
// when a form without script sends its empty fields along.
func TestAWrongPriceIsSaidBesideItsField(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/?min=abc", "/?min=abc&max=&town="} {
		a := s.stranger.Get(path).Want(http.StatusOK).Lacks("We left it out", "f-max-error")
		if got := a.Text("#f-min-error"); !strings.Contains(got, "in figures") {
			t.Errorf("%s: beside the field stands %q", path, got)
		}
		if got := a.Find("#f-min").AttrOr("value", ""); got != "abc" {
			t.Errorf("%s: the field holds %q", path, got)
		}
	}
	s.stranger.Get("/?max=5&category=x").Want(http.StatusOK).Has("We left it out").Lacks("f-max-error")
}
