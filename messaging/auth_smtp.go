package messaging

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxSignatures is how many signatures of one mail are looked at.
const maxSignatures = 8

// MailDNS asks name servers what a domain says of its mail. net.DefaultResolver
// does.
type MailDNS interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// noNames is the answer when name servers do not say what a domain vouches for.
var noNames = &MailRefused{Code: 451, Enhanced: [3]int{4, 4, 3}, Text: "We could not ask your domain about this mail. Please try again later"}

// forged tells whether the domain of a mail's From says that the mail is not its
// own (DMARC: a policy of quarantine or reject, and neither a signature nor the
// sending server vouches for it). A domain that says nothing forges nothing. It
// fails with noNames when that cannot be found out now.
func (s *Service) forged(ctx context.Context, e Envelope, from string, raw []byte) (bool, error) {
	if s.MailDNS == nil {
		return false, nil
	}
	domain := mailDomain(from)
	rec, err := s.mailPolicy(ctx, domain)
	if err != nil || rec == nil || rec.Policy == dmarc.PolicyNone {
		return false, err
	}
	signed, later := s.vouchedBySignature(ctx, raw, domain, rec)
	if signed {
		return false, nil
	}
	sent, laterToo := s.vouchedByServer(ctx, e, domain, rec)
	switch {
	case sent:
		return false, nil
	case later || laterToo:
		return false, noNames
	}
	return true, nil
}

// mailPolicy is what a domain, or else the one it belongs to, says of its mail;
// nil when neither says anything that can be read.
func (s *Service) mailPolicy(ctx context.Context, domain string) (*dmarc.Record, error) {
	rec, err := s.policyAt(ctx, domain)
	if rec != nil || err != nil {
		return rec, err
	}
	whole, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil || whole == domain {
		return nil, nil
	}
	rec, err = s.policyAt(ctx, whole)
	if rec != nil && rec.SubdomainPolicy != "" {
		rec.Policy = rec.SubdomainPolicy
	}
	return rec, err
}

func (s *Service) policyAt(ctx context.Context, domain string) (*dmarc.Record, error) {
	txts, err := s.MailDNS.LookupTXT(ctx, "_dmarc."+domain)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return nil, nil
	case err != nil:
		return nil, noNames
	}
	for _, txt := range txts {
		if rec, err := dmarc.Parse(txt); err == nil {
			return rec, nil
		}
	}
	return nil, nil
}

// vouchedBySignature tells whether a mail bears a valid signature of its domain
// (DKIM); later when that cannot be found out now.
func (s *Service) vouchedBySignature(ctx context.Context, raw []byte, domain string, rec *dmarc.Record) (ok, later bool) {
	vs, _ := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{ // what cannot be read vouches for nothing
		MaxVerifications: maxSignatures,
		LookupTXT:        func(name string) ([]string, error) { return s.MailDNS.LookupTXT(ctx, name) },
	})
	for _, v := range vs {
		switch {
		case !aligned(v.Domain, domain, rec.DKIMAlignment):
		case v.Err == nil:
			return true, false
		case dkim.IsTempFail(v.Err):
			later = true
		}
	}
	return false, later
}

// vouchedByServer tells whether a mail came from a server that its domain sends
// by (SPF); later when that cannot be found out now.
func (s *Service) vouchedByServer(ctx context.Context, e Envelope, domain string, rec *dmarc.Record) (ok, later bool) {
	if e.Peer == nil || !aligned(mailDomain(e.From), domain, rec.SPFAlignment) {
		return false, false
	}
	result, _ := spf.CheckHostWithSender(e.Peer, e.Helo, e.From, spf.WithContext(ctx), spf.WithResolver(s.MailDNS))
	return result == spf.Pass, result == spf.TempError
}

// aligned tells whether one domain vouches for another: the same, or, unless that
// is asked for strictly, one that belongs to the same.
func aligned(by, domain string, mode dmarc.AlignmentMode) bool {
	by = strings.ToLower(by)
	if by == domain || mode == dmarc.AlignmentStrict {
		return by == domain && domain != ""
	}
	a, err := publicsuffix.EffectiveTLDPlusOne(by)
	b, err2 := publicsuffix.EffectiveTLDPlusOne(domain)
	return err == nil && err2 == nil && a == b
}

// mailDomain is the domain of an address as name servers know it.
func mailDomain(address string) string {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}
