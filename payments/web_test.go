package payments_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/payments"
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
		r.AddCookie(&http.Cookie{Name: "kierto_session", Value: "x"})
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
		signed := stripe.Sign([]byte(body), secret, time.Unix(s.wall(), 0))
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
			m, err := s.Story(s.Context(), i18n.For(c.lang, "", s.clock.Now()), "ord_1", payments.UserID(c.reader))
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
