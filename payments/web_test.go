package payments_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/web"
)

// site serves the shop's routes; everyone who has the cookie is Anna.
func (s *shop) site() http.Handler {
	s.Helper()
	r := web.New(web.Options{BaseURL: "http://kierto.example", Clock: s.clock, Log: s.Log, Identify: func(c *web.Ctx) (web.Reader, error) {
		if c.Request().Header.Get("Test-Reader") == "" {
			return web.Reader{}, nil
		}
		return web.Reader{ID: string(anna), Name: "Anna", Lang: c.Request().Header.Get("Test-Lang"), Confirmed: true}, nil
	}})
	s.Web(r)
	return r.Echo
}

// ask makes a request as Anna, or as a stranger when lang is empty.
func ask(h http.Handler, method, path, lang, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://kierto.example"+path, strings.NewReader(body))
	if lang != "" {
		r.Header.Set("Test-Reader", "anna")
		r.Header.Set("Test-Lang", lang)
		r.AddCookie(&http.Cookie{Name: "kierto", Value: "x"})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A message needs the provider's signature and nothing else.
func TestTheWebhookRoute(t *testing.T) {
	each(t, func(s *shop) {
		h := s.site()
		body := `{"id":"evt_1","object":"event","api_version":"2023-10-16","type":"account.updated","data":{"object":{"id":"acct_1"}}}`
		if w := ask(h, "POST", "/webhooks/stripe", "", body); w.Code != http.StatusBadRequest {
			s.Errorf("unsigned: %d", w.Code)
		}
		signed := stripe.Sign([]byte(body), secret, clock.Wall())
		if w := ask(h, "POST", "/webhooks/stripe", "", body, "Stripe-Signature", signed); w.Code != http.StatusOK {
			s.Errorf("signed: %d %s", w.Code, w.Body)
		}
		if w := ask(h, "POST", "/webhooks/stripe", "", strings.Repeat("x", 600<<10), "Stripe-Signature", signed); w.Code != http.StatusRequestEntityTooLarge {
			s.Errorf("huge: %d", w.Code)
		}
	})
}

// Money for each party in their own words and language, with every fee named.
func TestTheStoryOfMoney(t *testing.T) {
	each(t, func(s *shop) {
		s.pay("ord_1")
		for _, c := range []struct {
			lang   string
			reader string
			want   string
		}{
			{"fi", string(mikko), "Wintec satula 75,00 €; Toimitus 5,90 €; Ostajan turva 4,00 €; Yhteensä 84,90 €;"},
			{"sv", string(anna), "Wintec satula 75,00 €; Till dig 75,00 €;"},
			{"en", "usr_staff", "Wintec satula €75.00; Toimitus €5.90; Ostajan turva €4.00; Total €84.90; The payment service’s part €1.52;"},
		} {
			p, err := s.Of(s.Context(), s.DB, "ord_1")
			s.ok(err)
			ms, err := s.MovementsOf(s.Context(), s.DB, "ord_1")
			s.ok(err)
			m, err := s.Story(s.Context(), i18n.For(c.lang, "", s.clock.Now()), p, ms, accounts.UserID(c.reader))
			s.ok(err)
			got := ""
			for _, l := range m.Lines {
				got += l.Label + " " + strings.ReplaceAll(l.Amount, "\u00a0", " ") + "; "
			}
			if strings.TrimSpace(got) != c.want || strings.Contains(m.Where, "payments.") || len(m.Facts) != 2 {
				s.Errorf("%s: %q %+v", c.reader, got, m)
			}
		}
	})
}

// A seller sees what waits, is led to the provider and back, and then sees it
// sent.
func TestThePayoutsPage(t *testing.T) {
	each(t, func(s *shop) {
		h := s.site()
		if w := ask(h, "GET", "/account/payouts", "", ""); w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/sign-in") {
			s.Errorf("a stranger: %d", w.Code)
		}
		sees := func(lang string, words ...string) {
			s.Helper()
			w := ask(h, "GET", "/account/payouts", lang, "")
			for _, want := range words {
				if !strings.Contains(w.Body.String(), want) {
					s.Errorf("%s: the page lacks %q", lang, want)
				}
			}
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), ">payments.") {
				s.Errorf("%s: %d %s", lang, w.Code, w.Body)
			}
		}
		sees("fi", "Ei vielä tilityksiä", "Lisää tilitiedot")
		s.pay("ord_1")
		s.ok(s.in(s.Release, "ord_1"))
		s.rest()
		sees("fi", "75,00\u00a0€", "odottaa sinua", "Wintec satula")
		sees("sv", "väntar på dig")
		sees("en", "€75.00", "is waiting for you")
		w := ask(h, "POST", "/account/payouts/start", "fi", "")
		if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/onboard/") {
			s.Fatalf("start: %d %s", w.Code, w.Header().Get("Location"))
		}
		if w := ask(h, "GET", "/account/payouts/done", "fi", ""); w.Header().Get("Location") != "/account/payouts" {
			s.Fatalf("done too early: %d", w.Code)
		}
		sees("fi", "Jatka tilitietojen")
		a, err := s.Account(s.Context(), anna)
		s.ok(err)
		s.stripe.Drop(1)
		s.stripe.Onboard(a.ID)
		if w := ask(h, "GET", "/account/payouts/done", "fi", ""); w.Code != http.StatusSeeOther {
			s.Fatalf("done: %d", w.Code)
		}
		s.rest()
		sees("fi", "Tilitietosi ovat kunnossa", "Maksettu sinulle")
		if w := ask(h, "POST", "/account/payouts/start", "fi", ""); !strings.Contains(w.Header().Get("Location"), "/express/") {
			s.Fatalf("own page: %s", w.Header().Get("Location"))
		}
	})
}
