package listings_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// sendWhole sends a whole form as a browser without script does: its fields and
// the files chosen.
func sendWhole(b *webtest.Browser, path string, v url.Values, files ...[]byte) webtest.Answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range v {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				panic(err)
			}
		}
	}
	for _, data := range files {
		part, err := w.CreateFormFile("photos", "photo.jpg")
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
	return b.Do(r)
}

// Without script, what was typed and not saved yet outlives whatever is done to
// the photos, and photos chosen outlive whatever is pressed.
func TestPhotosLoseNothingTyped(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := newSite(t, b.DB)
		form := s.a.Get("/sell").Want(http.StatusSeeOther).Location
		page := s.a.Get(form).Want(http.StatusOK)
		for _, sel := range []string{"#f-photos", "#photos button[formaction='" + form + "/photos']"} {
			if page.Find(sel).AttrOr("form", "") != "sell" {
				t.Errorf("%s: not part of the form", sel)
			}
		}
		typed := func() url.Values {
			return stamped(s.a.Get(form), url.Values{"title": {"Wintec"}, "description": {"Ehjä"}, "category": {"saddles"}, "price": {"75"}})
		}
		kept := func(after string, photos int) {
			t.Helper()
			p := s.a.Get(form).Want(http.StatusOK)
			if p.Find("#f-title").AttrOr("value", "") != "Wintec" || p.Text("#f-description") != "Ehjä" || p.Find("#f-price").AttrOr("value", "") == "" {
				t.Errorf("%s: what was typed is lost", after)
			}
			if got := p.Find("#photos li").Length(); got != photos {
				t.Errorf("%s: %d photos, not %d", after, got, photos)
			}
		}
		one, two := listingstest.Picture(t, "one"), listingstest.Picture(t, "two")
		sendWhole(s.a, form+"/photos", typed(), one).Leads(form + "#photos")
		kept("adding", 1)
		sendWhole(s.a, form+"/photos", typed(), one).Leads(form + "#photos")
		kept("adding the same again", 1)
		sendWhole(s.a, form+"/draft", typed(), two).Leads(form)
		kept("saving with a photo chosen", 2)
		remove := s.a.Get(form).Find("#photos .tools button[formaction$='/remove']").AttrOr("formaction", "")
		s.a.Post(remove, with(typed(), "description", "Ehjä")).Leads(form + "#photos")
		kept("taking away", 1)

		bad := sendWhole(s.a, form+"/photos", with(typed(), "price", "ilmainen"), []byte("no picture")).Want(http.StatusUnprocessableEntity).Has("ilmainen")
		if bad.Find("#f-photos-error").Length() != 1 || bad.Find("#f-price-error").Length() != 1 {
			t.Error("what is wrong is not said beside both fields")
		}
		listing := sendWhole(s.a, form+"/publish", stamped(s.a.Get(form), listingstest.Form("Wintec", 7500)), two).Want(http.StatusSeeOther).Location
		if !strings.HasPrefix(listing, "/listings/") {
			t.Errorf("publishing leads to %s", listing)
		}
		// what is on sale changes as a whole: the form waits as it was typed
		edit := sendWhole(s.a, form+"/photos", stamped(s.a.Get(form), listingstest.Form("Uusi nimi", 7500)), listingstest.Picture(t, "three")).Want(http.StatusOK)
		if edit.Find("#f-title").AttrOr("value", "") != "Uusi nimi" || edit.Find("#photos li").Length() != 2 {
			t.Error("adding a photo to what is on sale loses what was typed")
		}
		s.n.Get(listing).Lacks("Uusi nimi")
		s.sound(t)
	})
}

// The category's usual parcel is chosen, until the seller chooses another.
func TestTheUsualParcelIsChosen(t *testing.T) {
	s := open(t)
	form := s.a.Get("/sell").Want(http.StatusSeeOther).Location
	v := stamped(s.a.Get(form), url.Values{"title": {"X"}, "category": {"saddles"}, "parcel": {""}})
	chosen := func(a webtest.Answer) string {
		v.Set("suggested", a.Find("#parcel input[name=suggested]").AttrOr("value", ""))
		v.Set("parcel", a.Find("#parcel input[type=radio][checked]").AttrOr("value", ""))
		return v.Get("parcel")
	}
	tree := listings.DefaultTree()
	for _, category := range []string{"saddles", "bridles", "books"} {
		v.Set("category", category)
		c, _ := tree.Category(category)
		if got := chosen(s.a.Post(form+"/fields", v).Want(http.StatusOK)); got != string(c.Parcel) {
			t.Errorf("%s: %q is chosen, not %q", category, got, c.Parcel)
		}
	}
	v.Set("parcel", "L")
	v.Set("category", "bridles")
	if got := chosen(s.a.Post(form+"/fields", v).Want(http.StatusOK)); got != "L" {
		t.Errorf("the seller chose L, and the page %q", got)
	}
	s.a.Post(form+"/draft", v).Leads(form)
	if got := chosen(s.a.Get(form)); got != "L" {
		t.Errorf("saved L, shown %q", got)
	}
}

// The last photo that shows stays until the one that takes its place shows too.
func TestTheLastPhotoOutlivesABrokenOne(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		l := listingstest.Live(t, b.Service, b.anna, "Satula", 7500)
		broken := listingstest.Picture(t, "broken")
		p, err := b.AddPhoto(t.Context(), b.anna, l.ID, bytes.NewReader(broken[:len(broken)-60])) // its head is fine
		ok(t, err)
		photos, err := b.Photos(t.Context(), b.DB, l.ID)
		ok(t, err)
		wants(t, b.RemovePhoto(t.Context(), b.anna, l.ID, photos[0].ID), "listings.photo_in_making")
		ok(t, b.Jobs.Drain(t.Context()))
		wants(t, b.RemovePhoto(t.Context(), b.anna, l.ID, photos[0].ID), "listings.last_photo")
		ok(t, b.RemovePhoto(t.Context(), b.anna, l.ID, p.ID))
		_, err = b.AddPhoto(t.Context(), b.anna, l.ID, bytes.NewReader(listingstest.Picture(t, "good")))
		ok(t, err)
		ok(t, b.Jobs.Drain(t.Context()))
		ok(t, b.RemovePhoto(t.Context(), b.anna, l.ID, photos[0].ID))
		b.sound(t)
	})
}

// Who presses "Sell" signed out comes to selling after signing in.
func TestSellingSignedOut(t *testing.T) {
	s := open(t)
	s.stranger.Post("/sell", nil).Leads("/sign-in?next=%2Fsell")
}
