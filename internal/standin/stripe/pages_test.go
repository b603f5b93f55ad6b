package stripe_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/stripe/stripe-go/v76"
)

// visit asks for a page as a browser without redirects, and gives its status,
// text and where it points.
func (b *bench) visit(method, address string, form url.Values) (status int, text, to string) {
	b.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	must(b.T, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	must(b.T, err)
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header.Get("Location")
}

// The page shows the sum in the payer's language, declines kindly with what
// was typed, and leads back to the shop when paid.
func TestThePaymentPageTakesACard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.session()
	status, text, _ := b.visit("GET", v.URL, nil)
	for _, want := range []string{`lang="fi"`, "84,90\u00a0€", "Wintec satula 17&#34;", "Toimitus", "MobilePay", "PayPal", "https://k.example/no"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if status != http.StatusOK {
		t.Fatal(status)
	}
	status, text, _ = b.visit("POST", v.URL, url.Values{"method": {"card"}, "number": {"4000000000009995"}, "expiry": {"12/30"}})
	if status != http.StatusPaymentRequired || !strings.Contains(text, "ei ole tarpeeksi rahaa") || !strings.Contains(text, "4000000000009995") {
		t.Fatalf("%d %s", status, text)
	}
	status, _, _ = b.visit("POST", v.URL, url.Values{"method": {"card"}, "number": {good}, "expiry": {"10/26"}})
	if status != http.StatusPaymentRequired {
		t.Fatalf("an expired card: %d", status)
	}
	status, _, to := b.visit("POST", v.URL, url.Values{"method": {"card"}, "number": {good}, "expiry": {"11/26"}})
	if status != http.StatusSeeOther || to != "https://k.example/done?s="+v.ID {
		t.Fatalf("%d %s", status, to)
	}
	if status, _, to = b.visit("GET", v.URL, nil); status != http.StatusSeeOther || !strings.HasSuffix(to, v.ID) {
		t.Fatalf("paid already: %d %s", status, to)
	}
}

// MobilePay is approved, declined or left waiting on a page of its own.
func TestTheWalletPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.session()
	_, _, to := b.visit("POST", v.URL, url.Values{"method": {"mobilepay"}})
	if to != "/pay/"+v.ID+"/mobilepay" {
		t.Fatal(to)
	}
	status, text, _ := b.visit("GET", b.base+to, nil)
	if status != http.StatusOK || !strings.Contains(text, "Hyväksy maksu sovelluksessa") {
		t.Fatalf("%d %s", status, text)
	}
	status, text, _ = b.visit("POST", b.base+to, url.Values{"decision": {"decline"}})
	if status != http.StatusPaymentRequired || !strings.Contains(text, "hylkäsi maksun") {
		t.Fatalf("%d %s", status, text)
	}
	status, _, back := b.visit("POST", b.base+to, url.Values{"decision": {"approve"}})
	if status != http.StatusSeeOther || back != "https://k.example/done?s="+v.ID {
		t.Fatalf("%d %s", status, back)
	}
	if status, _, _ := b.visit("GET", b.base+"/pay/"+v.ID+"/klarna", nil); status != http.StatusSeeOther {
		t.Fatalf("a paid session: %d", status)
	}
	other := b.session()
	if status, _, _ := b.visit("GET", b.base+"/pay/"+other.ID+"/swish", nil); status != http.StatusNotFound {
		t.Fatalf("an unknown wallet: %d", status)
	}
}

// An expired session says that nothing was charged.
func TestAnExpiredSessionSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.session()
	b.clock.Move(2 * time.Hour)
	status, text, _ := b.visit("GET", v.URL, nil)
	if status != http.StatusGone || !strings.Contains(text, "Mitään ei veloitettu") || !strings.Contains(text, "https://k.example/no") {
		t.Fatalf("%d %s", status, text)
	}
}

// One press finishes onboarding; the link works once.
func TestOnboarding(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, err := b.api.Accounts.New(&sdk.AccountParams{Type: sdk.String("express"), Country: sdk.String("FI"),
		Capabilities: &sdk.AccountCapabilitiesParams{Transfers: &sdk.AccountCapabilitiesTransfersParams{Requested: sdk.Bool(true)}}})
	must(t, err)
	_, err = b.api.LoginLinks.New(&sdk.LoginLinkParams{Account: sdk.String(a.ID)})
	wants(t, err, 400, "", "")
	l, err := b.api.AccountLinks.New(&sdk.AccountLinkParams{Account: sdk.String(a.ID), Type: sdk.String("account_onboarding"),
		RefreshURL: sdk.String("https://k.example/again"), ReturnURL: sdk.String("https://k.example/back")})
	must(t, err)
	if status, _, _ := b.visit("GET", l.URL, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	if _, _, to := b.visit("POST", l.URL, nil); to != "https://k.example/back" {
		t.Fatal(to)
	}
	if _, _, to := b.visit("GET", l.URL, nil); to != "https://k.example/again" {
		t.Fatalf("a used link led to %s", to)
	}
	a, err = b.api.Accounts.GetByID(a.ID, nil)
	must(t, err)
	if !a.PayoutsEnabled || !a.DetailsSubmitted || a.Capabilities.Transfers != "active" {
		t.Fatalf("%+v", a)
	}
	if got := b.kinds(); got != "account.updated" {
		t.Fatal(got)
	}
	ll, err := b.api.LoginLinks.New(&sdk.LoginLinkParams{Account: sdk.String(a.ID)})
	must(t, err)
	if status, _, _ := b.visit("GET", ll.URL, nil); status != http.StatusOK {
		t.Fatalf("the seller's page: %d", status)
	}
}
