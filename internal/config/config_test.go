package config_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/config"
)

func env(pairs map[string]string) func(string) string {
	return func(k string) string { return pairs[k] }
}

// Without any setting there is still a place for the data and a port.
func TestNothingSetIsEnoughForTheDemo(t *testing.T) {
	t.Parallel()
	c, err := config.Read(env(nil))
	if err != nil || c.Addr != "localhost:8080" || c.Data == "" {
		t.Fatalf("got %+v, %v", c, err)
	}
}

// Serving names every missing setting at once, so nobody mends them one by one.
func TestServeSaysAllItLacks(t *testing.T) {
	t.Parallel()
	c, _ := config.Read(env(map[string]string{"KIERTO_BASE_URL": "kierto.example", "KIERTO_SECRET": "short"}))
	err := c.ForServe()
	for _, want := range []string{"KIERTO_BASE_URL", "KIERTO_SECRET", "KIERTO_SMTP_URL", "KIERTO_MAIL_FROM", "KIERTO_STRIPE_KEY", "KIERTO_STRIPE_WEBHOOK_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in: %v", want, err)
		}
	}
}

// SMS go by a provider of the one shape or the other; a typing error stops the
// start.
func TestKindOfSMS(t *testing.T) {
	t.Parallel()
	if c, err := config.Read(env(nil)); err != nil || c.SMSKind != config.SMSElks {
		t.Errorf("by default %q, %v", c.SMSKind, err)
	}
	if _, err := config.Read(env(map[string]string{"KIERTO_SMS_KIND": "pigeon"})); err == nil {
		t.Error("pigeons were hired")
	}
}

// A proxy is an address or a range; anything else stops the start.
func TestProxies(t *testing.T) {
	t.Parallel()
	c, err := config.Read(env(map[string]string{"KIERTO_TRUSTED_PROXIES": "10.0.0.1, fd00::/8"}))
	if err != nil || len(c.Proxies) != 2 || c.Proxies[0].Bits() != 32 {
		t.Fatalf("got %v, %v", c.Proxies, err)
	}
	if _, err := config.Read(env(map[string]string{"KIERTO_TRUSTED_PROXIES": "proxy.example"})); err == nil {
		t.Error("a name was taken for a proxy")
	}
}
