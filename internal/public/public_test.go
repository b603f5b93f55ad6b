package public_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/public"
)

// Only public https addresses are outside.
func TestOnlyPublicAddressesAreOutside(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{
		"https://fcm.googleapis.com/fcm/send/abc:def", "https://updates.push.services.mozilla.com/wpush/v2/x",
		"https://web.push.apple.com/Q", "https://wns2-par02p.notify.windows.com/w/?token=1", "https://8.8.8.8/x", "https://[2a00:1450::1]/x",
	} {
		if err := (public.Guard{}).URL(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "x", "/push", "http://fcm.googleapis.com/x", "https://", "ftp://fcm.googleapis.com/", "https://localhost/x", "https://localhost./x",
		"https://127.0.0.1/", "https://10.0.0.8/", "https://192.168.1.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[fe80::1]/",
		"https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
		"https://0.0.0.0/", "https://100.64.0.1/", "https://user:pass@fcm.googleapis.com/", "https://postgres:5432/", "https://db.internal/",
		"https://fcm.googleapis.com/" + strings.Repeat("x", 1100), "https://x.localhost/", "https://255.255.255.255/", "https://224.0.0.1/",
	} {
		if err := (public.Guard{}).URL(bad); !errors.Is(err, public.ErrNotPublic) {
			t.Errorf("%s counts as outside (%v)", bad, err)
		}
	}
	if err := (public.Guard{Loopback: true}).URL("http://127.0.0.1:8123/push/1"); err != nil {
		t.Errorf("the demo's own service: %v", err)
	}
	if err := (public.Guard{Loopback: true}).URL("http://10.0.0.1/push/1"); err == nil {
		t.Error("a neighbour counts as this machine")
	}
}

// A name that turns out to mean this machine is not connected to, and nobody is
// led there by a redirect.
func TestClientConnectsToPublicHostsAlone(t *testing.T) {
	t.Parallel()
	asked := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	name := strings.Replace(inner.URL, "127.0.0.1", "localhost", 1)
	if res, err := (public.Guard{}).Client(time.Second).Post(name, "text/plain", nil); err == nil {
		_ = res.Body.Close()
		t.Error("connected to this machine")
	}
	if asked {
		t.Error("asked this machine")
	}
	away := httptest.NewServer(http.RedirectHandler(inner.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	res, err := (public.Guard{Loopback: true}).Client(time.Second).Post(away.URL, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if asked || res.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("followed a redirect (%d)", res.StatusCode)
	}
}
