package messaging_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// signed has a bench sign its letters with a key, and gives what looks up the
// public half.
func signed(t *testing.T, b *bench, private, public any, kind string) *dkim.VerifyOptions {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	d, err := messaging.NewDKIM("kierto.example", "k1", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	if err != nil {
		t.Fatal(err)
	}
	sender, err := messaging.NewSMTP(b.post.URL(), b.Config.From)
	if err != nil {
		t.Fatal(err)
	}
	b.Sender = sender.WithDKIM(d)
	p, ok := public.(ed25519.PublicKey)
	half := []byte(p)
	if !ok {
		if half, err = x509.MarshalPKIXPublicKey(public); err != nil {
			t.Fatal(err)
		}
	}
	record := fmt.Sprintf("v=DKIM1; k=%s; p=%s", kind, base64.StdEncoding.EncodeToString(half))
	return &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "k1._domainkey.kierto.example" {
			t.Errorf("looked up %s", name)
		}
		return []string{record}, nil
	}}
}

// A signed letter is found to be ours, with both headers to unsubscribe by, and
// no longer when a word of it is changed.
func TestLettersAreSigned(t *testing.T) {
	b := lite(t)
	b.Config.InboundDomain = inDomain
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for n, lookup := range []*dkim.VerifyOptions{signed(t, b, key, &key.PublicKey, "rsa"), nil} {
		if lookup == nil {
			lookup = signed(t, b, private, public, "ed25519")
		}
		x := reminder(n)
		x.To, x.By, x.Args["Title"] = b.anna.ID, []string{messaging.Email}, strings.Repeat("Åäö satula ", 9)
		b.tell(t, x)
		b.run(t)
		m := b.letters(b.anna)[0]
		vs, err := dkim.VerifyWithOptions(strings.NewReader(m.Raw), lookup)
		if err != nil || len(vs) != 1 || vs[0].Err != nil || vs[0].Domain != "kierto.example" {
			t.Fatalf("%v: %+v\n%s", err, vs, m.Raw)
		}
		keys := strings.ToLower(strings.Join(vs[0].HeaderKeys, " "))
		for _, h := range []string{"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject", "date", "message-id"} {
			if !strings.Contains(" "+keys+" ", " "+h+" ") {
				t.Errorf("%s is not signed: %s", h, keys)
			}
		}
		for old, new := range map[string]string{"List-Unsubscribe: <https://kierto": "List-Unsubscribe: <https://evil", "text/plain": "text/evil"} {
			vs, err := dkim.VerifyWithOptions(strings.NewReader(strings.Replace(m.Raw, old, new, 1)), lookup)
			if err == nil && len(vs) == 1 && vs[0].Err == nil {
				t.Errorf("with %q it still verifies", new)
			}
		}
	}
	for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := messaging.NewDKIM("kierto.example", "k1", []byte(bad)); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
}

// Reminders can be stopped by one click of a mail program, signed out and
// without cookies; a last warning comes anyway and says nothing else.
func TestRemindersCanBeStopped(t *testing.T) {
	b := lite(t)
	send := func(n int, warning bool) map[string]string {
		x := reminder(n)
		x.To, x.Turn, x.By, x.Warning = b.anna.ID, "", []string{messaging.Email}, warning
		b.tell(t, x)
		b.run(t)
		ms := b.letters(b.anna)
		if len(ms) == 0 {
			return nil
		}
		return ms[0].Header
	}
	h := send(1, false)
	url, ok := strings.CutPrefix(strings.Trim(h["List-Unsubscribe"], "<>"), "https://kierto.example")
	if !ok || h["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
		t.Fatalf("headers %q", h)
	}
	stranger := webtest.Client(t, b.site(t))
	stranger.Get(url).Want(http.StatusOK).Has("Lopetetaanko muistutukset")
	stranger.Post(url, webtest.Form("List-Unsubscribe", "One-Click")).Want(http.StatusOK)
	b.post.Clear()
	if send(2, false) != nil {
		t.Error("a reminder came all the same")
	}
	if h := send(3, true); h == nil || h["List-Unsubscribe"] != "" {
		t.Errorf("a last warning: %q", h)
	}
}
