// Package conform holds our requests against Stripe's own description of its
// API: stripe-mock refuses unknown parameters, missing ones and values of the
// wrong kind. It is a module of its own because stripe-mock needs old packages
// that the program itself should not.
//
// What it cannot tell: it keeps no state, declines nothing and speaks a newer
// version of the API than ours. For those there is the stand-in.
package conform

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/payments"
)

// mock is stripe-mock in this process.
func mock(t *testing.T) *httptest.Server {
	t.Helper()
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	must(t, err)
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	must(t, err)
	stub, err := server.NewStubServer(fixtures, spec, false, false)
	must(t, err)
	web := httptest.NewServer(http.HandlerFunc(stub.HandleRequest))
	t.Cleanup(web.Close)
	return web
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every request the adapter makes has a shape that Stripe accepts.
func TestRequestsHaveStripesShape(t *testing.T) {
	t.Parallel()
	s := payments.NewStripe("sk_test_kierto", "whsec_kierto", mock(t).URL, true)
	ctx := t.Context()
	sending := payments.Sending{Key: "mov_1", OrderID: "ord_1", Charge: "ch_1", Account: "acct_1", Amount: money.EUR(7500)}
	calls := map[string]func() error{
		"open session": func() error {
			_, err := s.OpenSession(ctx, "pay_1:1", payments.Asking{OrderID: "ord_1", Payment: "pay_1", Money: "EUR", Email: "mikko@kierto.example",
				Lang: "fi", Expires: clock.Of(clock.Wall().Add(time.Hour)), Success: "https://kierto.example/paid", Cancel: "https://kierto.example/",
				Lines: []payments.Line{{Kind: payments.ItemLine, Label: "Wintec satula", Amount: 7500}, {Kind: payments.ShippingLine, Label: "Toimitus", Amount: 590}}})
			return err
		},
		"session":        func() error { _, err := s.Session(ctx, "cs_test_1"); return err },
		"expire session": func() error { _, err := s.ExpireSession(ctx, "cs_test_1"); return err },
		"pay":            func() error { _, err := s.Pay(ctx, sending); return err },
		"paid":           func() error { _, err := s.Paid(ctx, sending); return err },
		"return":         func() error { _, err := s.Return(ctx, sending); return err },
		"returned":       func() error { _, err := s.Returned(ctx, sending); return err },
		"open account": func() error {
			_, err := s.OpenAccount(ctx, "account:usr_1", "anna@kierto.example", "usr_1")
			return err
		},
		"account ready": func() error { _, err := s.AccountReady(ctx, "acct_1"); return err },
		"onboard": func() error {
			_, err := s.OnboardURL(ctx, "acct_1", "https://kierto.example/again", "https://kierto.example/back")
			return err
		},
		"dashboard":   func() error { _, err := s.DashboardURL(ctx, "acct_1"); return err },
		"balance":     func() error { _, err := s.Balance(ctx, "EUR"); return err },
		"dispute":     func() error { _, err := s.Dispute(ctx, "dp_1"); return err },
		"withdrawals": func() error { _, err := s.Withdrawals(ctx, 0); return err },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The check can fail: what Stripe does not know is refused.
func TestStrangeRequestsAreRefused(t *testing.T) {
	t.Parallel()
	web := mock(t)
	for name, body := range map[string]string{
		"unknown parameter": "charge=ch_1&colour=blue", "wrong kind": "charge=ch_1&amount=much", "missing": "",
	} {
		path := "/v1/refunds"
		if name == "missing" {
			path = "/v1/transfers"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Authorization", "Bearer sk_test_kierto")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		answer, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, res.StatusCode, answer)
		}
	}
	s := payments.NewStripe("sk_test_kierto", "whsec_kierto", web.URL, false)
	_, err := s.OpenSession(t.Context(), "k", payments.Asking{OrderID: "ord_1", Lang: "klingon", Expires: clock.Of(clock.Wall())})
	if !errors.Is(err, payments.ErrRefused) {
		t.Errorf("a language nobody speaks: %v", err)
	}
}
