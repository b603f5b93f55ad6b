package messaging_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// names are name servers that know these texts.
type names map[string]string

// LookupTXT is a name's text. One that is "?" is not told now.
func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch txt := n[strings.TrimSuffix(name, ".")]; txt {
	case "":
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case "?":
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	default:
		return []string{txt}, nil
	}
}

// LookupMX knows none.
func (names) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

// LookupIPAddr knows none.
func (names) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }

// LookupAddr knows none.
func (names) LookupAddr(context.Context, string) ([]string, error) { return nil, nil }

// What a domain says of its mail decides whether it is taken: signed by the domain
// or sent by its server it is, and so is all that a domain says nothing of; what a
// domain calls forged is refused, and when it cannot be asked the mail comes again.
func TestForgedMailIsRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		addr := letterbox(t, b)
		to, _ := b.letterTo(t)
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		public := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)
		signed := func(domain, mail string) string {
			var out bytes.Buffer
			if err := dkim.Sign(&out, strings.NewReader(mail), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: key}); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		const reject = "v=DMARC1; p=reject"
		for i, c := range []struct {
			what string
			dns  names
			mail func(string) string
			want int
		}{
			{"of a domain that says nothing", names{}, nil, 0},
			{"of a domain that only watches", names{"_dmarc.example.fi": "v=DMARC1; p=none"}, nil, 0},
			{"of a domain whose word is broken", names{"_dmarc.example.fi": "v=DMARC1; p=maybe"}, nil, 0},
			{"that nobody vouches for", names{"_dmarc.example.fi": reject}, nil, 550},
			{"that nobody vouches for, to be put aside", names{"_dmarc.example.fi": "v=DMARC1; p=quarantine"}, nil, 550},
			{"that its domain signed", names{"_dmarc.example.fi": reject, "s._domainkey.example.fi": public}, func(m string) string { return signed("example.fi", m) }, 0},
			{"that a part of its domain signed", names{"_dmarc.example.fi": reject, "s._domainkey.post.example.fi": public}, func(m string) string { return signed("post.example.fi", m) }, 0},
			{"that a part of it signed, where only the whole may", names{"_dmarc.example.fi": reject + "; adkim=s", "s._domainkey.post.example.fi": public},
				func(m string) string { return signed("post.example.fi", m) }, 550},
			{"that another domain signed", names{"_dmarc.example.fi": reject, "s._domainkey.evil.example": public}, func(m string) string { return signed("evil.example", m) }, 550},
			{"that was changed on the way", names{"_dmarc.example.fi": reject, "s._domainkey.example.fi": public},
				func(m string) string { return strings.Replace(signed("example.fi", m), "Viesti", "Toinen viesti", 1) }, 550},
			{"from its domain's server", names{"_dmarc.example.fi": reject, "example.fi": "v=spf1 ip4:127.0.0.1 -all"}, nil, 0},
			{"from another server", names{"_dmarc.example.fi": reject, "example.fi": "v=spf1 ip4:192.0.2.1 -all"}, nil, 550},
			{"whose domain cannot be asked", names{"_dmarc.example.fi": "?"}, nil, 451},
			{"whose key cannot be asked for", names{"_dmarc.example.fi": reject, "s._domainkey.example.fi": "?"}, func(m string) string { return signed("example.fi", m) }, 451},
			{"whose servers cannot be asked for", names{"_dmarc.example.fi": reject, "example.fi": "?"}, nil, 451},
		} {
			b.MailDNS = c.dns
			mail := strings.Replace(b.answer(fmt.Sprintf("Viesti %d", i)), "<1@example.fi>", fmt.Sprintf("<auth-%d@example.fi>", i), 1)
			if c.mail != nil {
				mail = c.mail(mail)
			}
			before := len(b.read(t, b.noora))
			err := dropIn(addr, b.anna.Email, to, mail)
			if got := refusal(err); got != c.want {
				t.Errorf("mail %s: %v, want %d", c.what, err, c.want)
			}
			if taken := len(b.read(t, b.noora)) - before; taken != 0 != (c.want == 0) {
				t.Errorf("mail %s: %d messages", c.what, taken)
			}
		}
	})
}
