// Package public speaks HTTP to addresses that somebody else chose, such as the
// push service of a visitor's browser. It reaches public hosts alone: nobody can
// have us ask the machine itself, or its neighbours.
package public

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Limits of one request.
const (
	maxURL      = 1024             // bytes of an address
	dialTimeout = 5 * time.Second  // to connect
	idleTimeout = 60 * time.Second // a connection without requests is closed
	maxIdle     = 16               // connections kept to one host
)

// ErrNotPublic is returned for an address that is not a public https one.
var ErrNotPublic = errors.New("public: not a public https address")

// Guard says what counts as outside.
type Guard struct {
	Loopback bool // this machine does, in the clear: for the demo and for tests
}

// URL checks an address as far as that can be told without asking. A name may
// still lead to a private host: Client looks again when it connects.
func (g Guard) URL(raw string) error {
	if len(raw) > maxURL {
		return fmt.Errorf("%w: too long", ErrNotPublic)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return ErrNotPublic
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && g.Loopback && ip.Unmap().IsLoopback() && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case u.Scheme != "https":
		return ErrNotPublic
	case err == nil && !g.allowed(ip):
		return ErrNotPublic
	case err != nil && (!strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")):
		return ErrNotPublic
	}
	return nil
}

// Client is an HTTP client that connects to public addresses alone, whatever a
// name turns out to mean, follows no redirects and gives up after timeout.
func (g Guard) Client(timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !g.allowed(to.Addr()) {
			return ErrNotPublic
		}
		return nil
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
			ResponseHeaderTimeout: timeout, IdleConnTimeout: idleTimeout, MaxIdleConnsPerHost: maxIdle,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// inside are the ranges that lead nowhere public although they look as if they
// might: this network, shared and test addresses, and ways to hide another
// address within one.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fec0::/10"),
}

// allowed tells whether ip may be spoken to.
func (g Guard) allowed(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.IsLoopback() {
		return g.Loopback
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	for _, p := range inside {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
