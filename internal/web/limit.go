package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kierto/kierto/internal/fault"
)

// maxBuckets bounds the memory of one limit; when it is full, the idle ones go.
const maxBuckets = 50_000

// Limit allows burst requests at once and then one each interval, counted by
// account and by network; whichever is used up first answers 429.
func Limit(burst int, each time.Duration) Guard {
	l := &limiter{burst: burst, every: rate.Every(each), idle: each * time.Duration(burst), buckets: map[string]*bucket{}}
	return func(next Handler) Handler {
		return func(c *Ctx) error {
			if !l.allow("ip:"+Network(c.RealIP())) || c.Reader.SignedIn() && !l.allow(c.Reader.ID) {
				return fault.New(fault.TooMany, "web.too_many")
			}
			c.limits = append(c.limits, l)
			return next(c)
		}
	}
}

// Network is the part of an address that one household or attacker holds: an
// IPv4 address, or the first 64 bits of an IPv6 address.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	p, err := ip.Prefix(networkBits)
	if err != nil {
		return address
	}
	return p.String()
}

// networkBits is how much of an IPv6 address names a network.
const networkBits = 64

type bucket struct {
	*rate.Limiter
	seen time.Time
}

type limiter struct {
	sync.Mutex
	burst   int
	every   rate.Limit
	idle    time.Duration
	buckets map[string]*bucket
}

func (l *limiter) allow(key string) bool {
	l.Lock()
	defer l.Unlock()
	now := wall()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			l.sweep(now)
		}
		b = &bucket{Limiter: rate.NewLimiter(l.every, l.burst)}
		l.buckets[key] = b
	}
	b.seen = now
	return b.AllowN(now, 1)
}

// sweep forgets the buckets that are full again; if none is, all of them.
func (l *limiter) sweep(now time.Time) {
	for k, b := range l.buckets {
		if now.Sub(b.seen) > l.idle {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
