package simulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/shipping"
)

// How carriers misbehave.
const (
	postFails  = 0.03 // it answers nothing
	postLoses  = 0.02 // a parcel is lost
	postDelays = 0.06 // it takes days longer
	unscanned  = 0.04 // the first scan is left out
)

// pollPause is how often parcels are asked about when something was seen. A
// running program asks every twenty minutes.
const pollPause = 3 * time.Hour

var errPostAway = errors.New("the carrier does not answer")

// carriers are all carriers.
type carriers struct {
	*world
	asked   uint64
	parcels map[string]*parcel // by tracking number
	byRef   map[string]*parcel
	news    instants // when a scan becomes visible, soonest first
	last    clock.Instant
}

// parcel is a thing on its way, as the carrier knows it.
type parcel struct {
	ref, tracking string
	scans         []shipping.Scan
	shown         []clock.Instant // when the program can see each
	dropped       bool
	lost          bool
	arrives       clock.Instant // at the pickup point, or at the door
	fetched       bool
}

func newCarriers(w *world) *carriers {
	return &carriers{world: w, parcels: map[string]*parcel{}, byRef: map[string]*parcel{}}
}

// away tells whether the carrier answers nothing this time.
func (c *carriers) away() bool {
	c.asked++
	return !c.calm && c.of(forPost, c.asked).chance(0, postFails)
}

// Points implements shipping.Carrier.
func (c *carriers) Points(context.Context, string, string, int) ([]shipping.ServicePoint, error) {
	return nil, errPostAway
}

// Book implements shipping.Carrier. The same reference twice is the same parcel.
func (c *carriers) Book(_ context.Context, b shipping.Booking) (tracking, code string, err error) {
	if c.away() {
		return "", "", errPostAway
	}
	p := c.byRef[b.Reference]
	if p == nil {
		p = &parcel{ref: b.Reference, tracking: fmt.Sprintf("JJFI%012d", len(c.parcels)+1)}
		c.byRef[b.Reference], c.parcels[p.tracking] = p, p
	}
	if c.away() { // booked, and the answer is lost
		return "", "", errPostAway
	}
	return p.tracking, "12345", nil
}

// Status implements shipping.Carrier.
func (c *carriers) Status(_ context.Context, tracking string, _ shipping.Method, _ bool) ([]shipping.Scan, error) {
	if c.away() {
		return nil, errPostAway
	}
	p := c.parcels[tracking]
	if p == nil {
		return nil, nil
	}
	var out []shipping.Scan
	for i, s := range p.scans {
		if p.shown[i] <= c.clock.Now() {
			out = append(out, s)
		}
	}
	return out, nil
}

// see adds a scan. It shows at once or some hours later.
func (c *carriers) see(p *parcel, code shipping.ScanCode, at clock.Instant) {
	d := c.of(forPost, text(p.ref), uint64(len(p.scans)))
	shown := at
	if d.chance(1, 0.15) {
		shown = at.Add(d.between(2, time.Hour, 12*time.Hour))
	}
	p.scans = append(p.scans, shipping.Scan{Code: code, Place: "Tampere", At: at.Add(-at.Sub(0) % time.Second)})
	p.shown = append(p.shown, shown)
	i, _ := slices.BinarySearch(c.news, shown)
	c.news = slices.Insert(c.news, i, shown)
}

// drop is a seller bringing a parcel to the carrier.
func (c *carriers) drop(t *trade) {
	p := c.byRef[t.ref]
	if p == nil || p.dropped {
		return
	}
	p.dropped = true
	d, now := c.of(forPost, text("way"), uint64(t.n)), c.clock.Now()
	if !d.chance(1, unscanned) {
		c.see(p, shipping.ScanAccepted, now.Add(d.between(2, 0, 8*time.Hour)))
	}
	if d.chance(3, postLoses) {
		p.lost = true
		return
	}
	at := now.Add(d.between(4, 10*time.Hour, 20*time.Hour))
	way := d.between(5, 20*time.Hour, 70*time.Hour)
	if d.chance(6, postDelays) {
		way += d.between(7, 3*dayLength, 12*dayLength)
	}
	c.world.at(at, func(context.Context) error { c.see(p, shipping.ScanMoving, c.clock.Now()); return nil })
	c.world.at(at.Add(way), func(context.Context) error { c.bring(t, p); return nil })
}

// bring is a parcel coming to where it is to be fetched.
func (c *carriers) bring(t *trade, p *parcel) {
	p.arrives = c.clock.Now()
	if t.method == shipping.Home {
		p.fetched = true
		c.see(p, shipping.ScanDelivered, p.arrives)
		return
	}
	c.see(p, shipping.ScanAtPoint, p.arrives)
	c.world.in(8*dayLength, func(context.Context) error { // nobody has fetched it
		if !p.fetched {
			p.fetched = true
			c.see(p, shipping.ScanReturning, c.clock.Now())
			c.world.in(3*dayLength, func(context.Context) error { c.see(p, shipping.ScanReturned, c.clock.Now()); return nil })
		}
		return nil
	})
}

// fetch is a buyer at the pickup point. It says whether they have the thing.
func (c *carriers) fetch(t *trade) bool {
	p := c.byRef[t.ref]
	if p == nil || p.arrives.IsZero() || p.fetched {
		return p != nil && p.fetched
	}
	p.fetched = true
	c.see(p, shipping.ScanCollected, c.clock.Now())
	return true
}

// has tells whether the thing has come to its buyer.
func (c *carriers) has(t *trade) bool {
	p := c.byRef[t.ref]
	return p != nil && p.fetched && !p.lost && !strings.HasPrefix(string(p.scans[len(p.scans)-1].Code), "return")
}

// nextNews is when the program would see something new.
func (c *carriers) nextNews(context.Context) (clock.Instant, error) {
	if len(c.news) == 0 {
		return 0, nil
	}
	now, first := c.clock.Now(), c.news[0]
	if first > now {
		return max(first, c.last.Add(pollPause)), nil
	}
	seen := 0
	for seen < len(c.news) && c.news[seen] <= now {
		seen++
	}
	c.news, c.last = c.news[seen:], now
	return now, nil
}
