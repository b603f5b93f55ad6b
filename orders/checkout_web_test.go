package orders_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// filled is Noora's checkout form for a pickup point, as the page gives it.
func filled(m *orderstest.Market, b *webtest.Browser) url.Values {
	m.Helper()
	page := b.Post(m.Saddle.URL()+"/buy", webtest.Form("look", "1", "key", "checkout-web", "way", "point.posti", "postcode", "20100")).Want(200)
	form := webtest.Form("name", "Noora Lehto", "street", "Kauppakatu 3", "town", "Turku", "phone", "040 123 4567", "postcode", "20100")
	for _, name := range []string{"key", "seen"} {
		form.Set(name, page.Find(`input[name=`+name+`]`).AttrOr("value", ""))
	}
	for _, name := range []string{"way", "point"} {
		form.Set(name, page.Find(`input[name=`+name+`][checked]`).AttrOr("value", ""))
	}
	return form
}

// The checkout says what everything costs, and leads to the payment page.
func TestCheckout(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		noora := browser(m, m.Noora)
		page := noora.Get(m.Saddle.URL() + "/buy").Want(200)
		if page.Find("input[name=way]").Length() < 3 || page.Find("input[name=key]").AttrOr("value", "") == "" {
			t.Errorf("the page: %s", page.Text("main"))
		}
		form := filled(m, noora)
		look := url.Values{"look": {"1"}}
		for k, v := range form {
			look[k] = v
		}
		look.Set("way", "pickup")
		page = noora.Post(m.Saddle.URL()+"/buy", look).Want(200)
		if page.Find("input[name=street]").Length() != 0 || !strings.Contains(page.Text("#sum-box"), "78,00") {
			t.Errorf("in person: %s", page.Text("#sum-box"))
		}
		to := noora.Post(m.Saddle.URL()+"/buy", form).Want(303).Location
		if !strings.HasPrefix(to, "http://127.0.0.1") {
			t.Errorf("leads to %s", to)
		}
		noora.Post(m.Saddle.URL()+"/buy", form).Leads(to) // a doubled click
		if os, err := m.ListOf(m.Context(), m.Noora.ID); err != nil || len(os) != 1 {
			t.Errorf("%d orders, %v", len(os), err)
		}
		m.Sound()
	})
}

// What is wrong with a checkout stands beside its field, and what was typed is
// kept.
func TestAWrongCheckout(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		noora := browser(m, m.Noora)
		for field, wrong := range map[string]string{
			"name": "", "street": strings.Repeat("pitkä ", 40), "town": "", "phone": "soita", "postcode": "2010",
		} {
			form := filled(m, noora)
			form.Set("street", "<b>Kauppakatu 3</b>")
			form.Set(field, wrong)
			page := noora.Post(m.Saddle.URL()+"/buy", form).Want(422)
			for _, name := range []string{"name", "street", "town", "phone", "postcode"} {
				if got := page.Find(`input[name=`+name+`]`).AttrOr("value", ""); got != form.Get(name) {
					t.Errorf("%s wrong: %s is %q, typed was %q", field, name, got, form.Get(name))
				}
			}
			if page.Find(`.field--bad input[name=`+field+`]`).Length() != 1 || page.Find(`a[href="#f-`+field+`"]`).Length() == 0 {
				t.Errorf("%s wrong: not marked, or not in the summary", field)
			}
			page.Lacks("<b>Kauppakatu")
		}
		if os, err := m.ListOf(m.Context(), m.Noora.ID); err != nil || len(os) != 0 {
			t.Errorf("%d orders, %v", len(os), err)
		}
	})
}

// Nobody pays another price than the one they saw.
func TestThePriceChanged(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		noora := browser(m, m.Noora)
		form := filled(m, noora)
		form.Set("seen", "100")
		page := noora.Post(m.Saddle.URL()+"/buy", form).Want(409)
		seen := page.Find("input[name=seen]").AttrOr("value", "")
		form.Set("seen", seen)
		form.Set("key", page.Find("input[name=key]").AttrOr("value", ""))
		if seen != "8490" {
			t.Errorf("the page shows %s", seen)
		}
		noora.Post(m.Saddle.URL()+"/buy", form).Want(303)
	})
}

// What was chosen is what is bought: a way or a pickup point that is not to be
// had is said, and another is not taken in its place.
func TestNothingElseIsBought(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		noora := browser(m, m.Noora)
		for field, wrong := range map[string]string{"way": "point:pigeon", "point": "nowhere"} {
			form := filled(m, noora)
			form.Set(field, wrong)
			page := noora.Post(m.Saddle.URL()+"/buy", form).Want(422)
			if page.Find(`a[href="#f-`+field+`"]`).Length() == 0 {
				t.Errorf("%s wrong: not in the summary: %s", field, page.Text("main"))
			}
			form.Set("look", "1") // looking shows what there is
			noora.Post(m.Saddle.URL()+"/buy", form).Want(200)
		}
		form := filled(m, noora)
		form.Set("seen", "cheap")
		noora.Post(m.Saddle.URL()+"/buy", form).Want(409)
		if os, err := m.ListOf(m.Context(), m.Noora.ID); err != nil || len(os) != 0 {
			t.Errorf("%d orders, %v", len(os), err)
		}
	})
}

// One's own thing, and what somebody else was quicker to buy, cannot be bought;
// a sentence says so.
func TestWhatCannotBeBought(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		form := filled(m, noora)
		anna.Post(m.Saddle.URL()+"/buy", form).Want(409).Lacks("orders.own")
		m.Bought(func(p *orders.Purchase) { p.Buyer, p.Key = m.Salla.ID, "checkout-salla" })
		page := noora.Post(m.Saddle.URL()+"/buy", form).Want(409).Lacks("listings.gone")
		if page.Text("main") == "" {
			t.Error("no sentence")
		}
		noora.Get("/listings/lst_none/buy").Want(404)
		if to := webtest.Client(t, m.Site()).Get(m.Saddle.URL() + "/buy").Want(303).Location; !strings.HasPrefix(to, "/sign-in") {
			t.Errorf("a stranger is led to %s", to)
		}
	})
}

// An agreed price is the price at the checkout.
func TestTheCheckoutOfAnOffer(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		of, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.Amount{Minor: 7000, Currency: "EUR"})
		m.OK(err)
		_, err = m.Accept(m.Context(), of.ID, m.Anna.ID)
		m.OK(err)
		noora := browser(m, m.Noora)
		noora.Get(m.Saddle.URL() + "/buy").Want(200).Has("70,00")
		noora.Post(m.Saddle.URL()+"/buy", filled(m, noora)).Want(303)
		os, err := m.ListOf(m.Context(), m.Noora.ID)
		if err != nil || len(os) != 1 || os[0].ItemMinor != 7000 {
			t.Errorf("%+v, %v", os, err)
		}
	})
}

// An offer that is accepted while its maker stands at the checkout changes the
// price before their eyes; and until the way is chosen, to pay means to choose it.
func TestAnOfferAcceptedAtTheCheckout(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		of, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(7000))
		m.OK(err)
		noora := browser(m, m.Noora)
		form := filled(m, noora)
		o, err := m.Accept(m.Context(), of.ID, m.Anna.ID)
		m.OK(err)
		noora.Post(o.URL()+"/pay", nil).Leads(m.Saddle.URL() + "/buy")
		page := noora.Post(m.Saddle.URL()+"/buy", form).Want(409).Has("70,00")
		form.Set("key", page.Find("input[name=key]").AttrOr("value", ""))
		form.Set("seen", page.Find("input[name=seen]").AttrOr("value", ""))
		to := noora.Post(m.Saddle.URL()+"/buy", form).Want(303).Location
		noora.Post(o.URL()+"/pay", nil).Leads(to)
	})
}

// The checkout promises the money back by the deadline of the live policy.
func TestTheCheckoutSaysTheLiveDeadline(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		within, err := orders.ParseTerm("2 business days")
		m.OK(err)
		m.Terms = func(_ context.Context, _ db.Queryer, kind turn.Kind) (orders.Terms, error) {
			if kind == turn.Ship {
				return orders.Terms{Within: within}, nil
			}
			return orders.Terms{}, nil
		}
		if page := browser(m, m.Noora).Get(m.Saddle.URL() + "/buy").Want(200).Text("main"); !strings.Contains(page, "ei lähde postiin to 26.11. klo 18.00") {
			t.Error(page)
		}
	})
}

// The page after the payment says what is known, not more.
func TestThePageAfterPaying(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.Bought()
		noora := browser(m, m.Noora)
		noora.Get(o.URL() + "/paid").Want(200).Has("Maksu on vielä kesken").Lacks("Maksu onnistui")
		_, err := m.PayURL(m.Context(), o.ID, o.Buyer, "https://kierto.example"+o.URL())
		m.OK(err)
		noora.Get(o.URL() + "/paid").Want(200).Has("Odotamme tietoa maksusta").Lacks("Maksu onnistui")
		m.PayPage(o)
		noora.Get(o.URL()+"/paid").Want(200).Has("Maksu onnistui", o.Ref)
		browser(m, m.Anna).Get(o.URL() + "/paid").Leads(o.URL())
		browser(m, m.Anna).Post(o.URL()+"/pay", nil).Want(404)
		browser(m, m.Salla).Get(o.URL() + "/paid").Want(404)
	})
}

// A reservation that nobody paid for is over, and its page says so.
func TestThePageAfterNotPaying(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.Bought()
		m.Later(time.Hour)
		m.Is(o, orders.Expired)
		noora := browser(m, m.Noora)
		noora.Get(o.URL()+"/paid").Want(200).Lacks("Maksu onnistui", "on varattuna sinulle")
		noora.Post(o.URL()+"/pay", nil).Leads(o.URL())
	})
}
