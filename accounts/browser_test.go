package accounts_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
)

// A person joins, confirms and signs in, in a real browser, with its scripts and
// without.
func TestJoiningInABrowser(t *testing.T) {
	t.Parallel()
	b := browser.New(t, browser.Options{Width: 390})
	for name, as := range map[string]browser.Options{"with scripts": {Width: 390}, "without": {Width: 390, NoJS: true}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testdb.SQLite(t)) // one after the other: a window in the background does not scroll
			s.srv.GET("/static/*", web.Anyone, func(c *web.Ctx) error {
				static.Handler().ServeHTTP(c.Response(), c.Request())
				return nil
			})
			s.srv.GET("/", web.Anyone, func(c *web.Ctx) error { return c.Go("/account") })
			at := httptest.NewServer(http.Handler(s.srv.Echo))
			t.Cleanup(at.Close)
			p := b.PageOf(t, as)
			p.Open(at.URL + "/sign-up")
			p.Fill("Nimi", "Anna")
			p.Fill("Sähköposti", "anna@example.fi")
			p.Fill("Salasana", "salasana123")
			p.Click("Liity")
			p.See("Tämä salasana on liian helppo arvata.")
			p.Fill("Salasana", accountstest.Password)
			if !as.NoJS {
				p.Click("Näytä salasana")
				p.See("Piilota salasana")
			}
			p.Click("Liity")
			p.See("Katso sähköpostisi")
			p.Open(at.URL + s.take(t, "accounts.mail.confirm").url)
			p.Click("Kyllä, vahvista")
			p.See("Osoite on vahvistettu")
			p.Fill("Sähköposti", "anna@example.fi")
			p.Fill("Salasana", accountstest.Password)
			p.Click("Kirjaudu sisään")
			p.See("Kirjautuneet laitteet")
			p.Axe(t)
		})
	}
}
