package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "github.com/stripe/stripe-go/v76"

	"github.com/kierto/kierto/internal/browser"
)

// A person pays in a browser, at the second attempt, and finishes onboarding;
// nothing on the way keeps anybody out.
func TestPayingInABrowser(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]browser.Options{"light": {}, "dark, small, no script": {Dark: true, Width: 320, NoJS: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write([]byte("<!doctype html><html lang=fi><title>Kauppa</title><h1>Takaisin kaupassa</h1>"))
			}))
			t.Cleanup(shop.Close)
			params := sessionParams()
			params.SuccessURL = sdk.String(shop.URL + "/paid")
			v, err := b.api.CheckoutSessions.New(params)
			must(t, err)
			p := browser.New(t, o).Page(t)
			look := func() { p.Axe(t); p.Overflow(t) }
			p.Open(v.URL)
			p.See("84,90 €", "Toimitus")
			look()
			p.Fill("Kortin numero", "4000000000000002")
			p.Click("Maksa 84,90 €")
			p.See("hylkäsi maksun")
			look()
			p.Check("MobilePay")
			p.Click("Maksa 84,90 €")
			p.See("Hyväksy maksu sovelluksessa")
			look()
			p.Click("Hyväksy")
			p.See("Takaisin kaupassa")

			a, err := b.api.Accounts.New(&sdk.AccountParams{Type: sdk.String("express"), Country: sdk.String("FI"),
				Capabilities: &sdk.AccountCapabilitiesParams{Transfers: &sdk.AccountCapabilitiesTransfersParams{Requested: sdk.Bool(true)}}})
			must(t, err)
			l, err := b.api.AccountLinks.New(&sdk.AccountLinkParams{Account: sdk.String(a.ID), Type: sdk.String("account_onboarding"),
				RefreshURL: sdk.String(shop.URL), ReturnURL: sdk.String(shop.URL + "/back")})
			must(t, err)
			p.Open(l.URL)
			look()
			p.Click("Valmis")
			p.See("Takaisin kaupassa")
			p.Open(b.base + "/express/" + a.ID)
			look()
		})
	}
}
