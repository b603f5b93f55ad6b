package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

// hour and day of the demo's time.
const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// course is how a trade goes until it stands in a state: how often, how long it
// takes at least from the order until now, how much longer at most, and its
// steps.
type course struct {
	state  orders.State
	weight int // of 150 trades
	method shipping.Method
	loose  bool
	from   time.Duration // the order was made so long ago …
	to     time.Duration // … to so long ago
	steps  func(t *trade)
}

// courses are all of them, at least one for each state.
var courses = []course{
	{orders.PendingPayment, 3, shipping.Point, false, 2 * time.Minute, 20 * time.Minute, func(t *trade) { t.buy(0) }},
	{orders.PendingPayment, 2, shipping.Point, false, 6 * hour, 16 * hour, func(t *trade) { t.offer(0, t.between(hour, 4*hour)) }},
	{orders.Expired, 6, shipping.Point, false, 5 * day, 50 * day, func(t *trade) { t.buy(0) }},
	{orders.Cancelled, 3, shipping.Pickup, false, 3 * day, 40 * day, func(t *trade) {
		t.buy(0)
		t.move(10*time.Minute, orders.Cancel, orders.Buyer, orders.Input{})
	}},
	{orders.Cancelled, 4, shipping.Point, false, 5 * day, 45 * day, func(t *trade) {
		t.paid()
		t.move(t.between(4*hour, 30*hour), orders.Cancel, orders.Seller, orders.Input{})
	}},
	{orders.Cancelled, 4, shipping.Point, false, 13 * day, 45 * day, func(t *trade) { t.paid() }}, // never posted
	{orders.Paid, 8, shipping.Point, false, 2 * hour, 44 * hour, func(t *trade) { t.paid(); t.thank() }},
	{orders.Paid, 3, shipping.Home, false, 3 * hour, 40 * hour, func(t *trade) { t.paid() }},
	{orders.Paid, 3, shipping.Point, false, 5 * day, 6*day - 6*hour, func(t *trade) { t.paid() }}, // past the promise
	{orders.AwaitingHandover, 6, shipping.Pickup, false, 3 * hour, 5 * day, func(t *trade) { t.paid(); t.thank() }},
	{orders.CancelRequested, 3, shipping.Point, false, 12 * hour, 24 * hour, func(t *trade) {
		t.paid()
		t.move(t.between(3*hour, 8*hour), orders.RequestCancel, orders.Buyer, orders.Input{})
	}},
	{orders.Shipped, 5, shipping.Point, false, 30 * hour, 42 * hour, func(t *trade) { t.paid(); t.thank(); t.upTo(8*hour, 20*hour); t.scan(0, "drop") }},
	{orders.Shipped, 3, shipping.Home, false, 2 * day, 60 * hour, func(t *trade) { t.paid(); t.upTo(10*hour, 36*hour); t.scan(0, "drop") }},
	{orders.Sent, 4, shipping.Point, true, 3 * day, 8 * day, func(t *trade) { t.posted() }},
	{orders.ReadyForPickup, 7, shipping.Point, false, 4 * day, 8 * day, func(t *trade) {
		t.paid()
		t.thank()
		t.dropped()
	}},
	{orders.Delivered, 5, shipping.Point, false, 5 * day, 9 * day, func(t *trade) {
		t.paid()
		t.dropped()
		t.upTo(3*hour, 36*hour)
		t.scan(0, "collect")
	}},
	{orders.Disputed, 3, shipping.Point, false, 6 * day, 10 * day, func(t *trade) { t.complained(hour, 40*hour) }},
	{orders.InReview, 2, shipping.Point, false, 8 * day, 12 * day, func(t *trade) {
		t.complained(30*hour, 44*hour)
		t.upTo(2*hour, 28*hour)
		t.move(0, orders.Contest, orders.Seller, orders.Input{Note: pick(t.seeding, t.talks.Claims.Contest)})
	}},
	{orders.InReview, 1, shipping.Point, false, 14 * day, 16 * day, func(t *trade) { // lost on the way
		t.paid()
		t.scan(20*hour, "drop")
		t.scan(time.Minute, "lose")
	}},
	{orders.ReturnPending, 2, shipping.Point, false, 8 * day, 12 * day, func(t *trade) { t.returning(3*hour, 40*hour) }},
	{orders.Returning, 1, shipping.Point, false, 9 * day, 13 * day, func(t *trade) {
		t.returning(50*hour, 60*hour)
		t.upTo(4*hour, 30*hour)
		t.move(0, orders.SendBack, orders.Buyer, orders.Input{Carrier: "posti", Tracking: "JJFI64574900000012345"})
	}},
	{orders.Returning, 1, shipping.Point, false, 5 * day, 7 * day, func(t *trade) { // never collected
		t.paid()
		t.dropped()
		t.upTo(6*hour, 20*hour)
		t.scan(0, "return")
	}},
	{orders.Returned, 2, shipping.Point, false, 8 * day, 10 * day, func(t *trade) {
		t.paid()
		t.dropped()
		t.upTo(50*hour, 60*hour)
		t.scan(0, "return")
		t.upTo(5*hour, 30*hour)
		t.scan(0, "back")
	}},
	{orders.Refunded, 4, shipping.Point, false, 12 * day, 48 * day, func(t *trade) {
		t.complained(0, 0)
		t.move(t.between(3*hour, 20*hour), orders.Refund, orders.Seller, orders.Input{})
		t.reviews()
	}},
	{orders.Refunded, 2, shipping.Point, false, 16 * day, 48 * day, func(t *trade) {
		t.complained(0, 0)
		t.move(t.between(3*hour, 20*hour), orders.Contest, orders.Seller, orders.Input{Note: pick(t.seeding, t.talks.Claims.Contest)})
		t.move(t.between(3*hour, 20*hour), orders.Refund, orders.Operator, orders.Input{Note: "Kuvista näkyy, että vika oli jo lähtiessä."})
	}},
	{orders.Completed, 34, shipping.Point, false, 9 * day, 50 * day, func(t *trade) { t.good() }},
	{orders.Completed, 7, shipping.Home, false, 9 * day, 48 * day, func(t *trade) {
		t.paid()
		t.thank()
		t.scan(t.between(6*hour, 40*hour), "drop")
		t.move(52*hour+t.between(0, 20*hour), orders.Complete, orders.Buyer, orders.Input{})
		t.reviews()
	}},
	{orders.Completed, 10, shipping.Pickup, false, 4 * day, 48 * day, func(t *trade) {
		t.paid()
		t.thank()
		t.handOver(t.between(20*hour, 70*hour))
		t.reviews()
	}},
	{orders.Completed, 3, shipping.Point, true, 12 * day, 45 * day, func(t *trade) {
		t.posted()
		t.move(t.between(50*hour, 90*hour), orders.Complete, orders.Buyer, orders.Input{})
		t.reviews()
	}},
	{orders.Completed, 5, shipping.Point, false, 14 * day, 45 * day, func(t *trade) { // the buyer says nothing
		t.paid()
		t.dropped()
		t.scan(t.between(4*hour, 30*hour), "collect")
	}},
	{orders.ChargedBack, 1, shipping.Point, false, 5 * day, 8 * day, func(t *trade) { // the buyer's bank wants the money back
		t.paid()
		t.scan(20*hour, "drop")
		t.upTo(3*hour, 20*hour)
		t.chargeback()
	}},
}

// paid is the order, by an offer now and then, and its money.
func (t *trade) paid() {
	if t.chance(20) && t.now.Sub(t.at) > 6*day {
		t.offer(0, t.between(hour, 9*hour))
		t.afterOffer(t.between(hour, 6*hour))
	} else {
		t.buy(0)
	}
	t.pay(t.between(time.Minute, 9*time.Minute))
}

// posted is a trade whose seller posts by themselves.
func (t *trade) posted() {
	t.buy(0)
	t.pay(3 * time.Minute)
	t.move(t.between(10*hour, 50*hour), orders.Ship, orders.Seller, orders.Input{Carrier: "matkahuolto", Tracking: fmt.Sprintf("MH%09d", t.random.IntN(1_000_000_000))})
}

// dropped is the parcel on its way, and a day later at the pickup point.
func (t *trade) dropped() {
	t.scan(t.between(8*hour, 40*hour), "drop")
	t.at = t.at.Add(26 * hour)
}

// good is a trade as it should be.
func (t *trade) good() {
	t.paid()
	t.thank()
	t.dropped()
	t.scan(t.between(3*hour, 50*hour), "collect")
	t.move(t.between(hour, 30*hour), orders.Complete, orders.Buyer, orders.Input{})
	t.reviews()
}

// complained is a parcel that came, with something wrong; from and to say how
// long ago the buyer says so, 0 for soon.
func (t *trade) complained(from, to time.Duration) {
	t.paid()
	t.dropped()
	if to > 0 {
		t.upTo(to+4*hour, to+20*hour)
	}
	t.scan(t.between(hour, 3*hour), "collect")
	if to > 0 {
		t.upTo(from, to)
	}
	claim := pick(t.seeding, []orders.Claim{orders.Broken, orders.Different, orders.Different})
	words := map[orders.Claim][]string{orders.Broken: t.talks.Claims.Broken, orders.Different: t.talks.Claims.Different}[claim]
	t.move(t.between(30*time.Minute, 2*hour), orders.Report, orders.Buyer, orders.Input{Claim: claim, Note: pick(t.seeding, words)})
}

// returning is a problem that the seller takes the thing back for; from and to
// say how long ago.
func (t *trade) returning(from, to time.Duration) {
	t.complained(to+2*hour, to+40*hour)
	t.upTo(from, to)
	t.move(0, orders.Return, orders.Seller, orders.Input{})
}

// upTo moves the cursor to between from and to before now, but never back.
func (t *trade) upTo(from, to time.Duration) {
	if at := t.now.Add(-t.between(from, to)); t.at < at {
		t.at = at
	}
}

// plot schedules the trades, and what else people do.
func (s *seeding) plot(ctx context.Context, a Amount) error {
	if a.Trades == 0 {
		return nil
	}
	if err := s.annasTrades(); err != nil {
		return err
	}
	for _, c := range courses {
		n := max(c.weight*a.Trades/150, 1)
		for range n {
			if err := s.start(c, nil, nil); err != nil {
				return err
			}
		}
	}
	s.chatter(a)
	return nil
}

// start schedules a trade along a course, of a thing and a buyer if they are
// given.
func (s *seeding) start(c course, th *thing, buyer *accounts.User) error {
	started := s.byDay(s.now.Add(-s.between(c.from, c.to)))
	if th == nil {
		if th = s.free(started, c.method); th == nil {
			return fmt.Errorf("nothing is left for a trade that is %s", c.state)
		}
	}
	th.taken = true
	t := &trade{seeding: s, thing: th, seller: th.seller, method: c.method, loose: c.loose, at: started}
	if buyer != nil {
		t.buyer = *buyer
	} else {
		for t.buyer = pick(s, s.people); t.buyer.ID == t.seller.ID; t.buyer = pick(s, s.people) {
		}
	}
	if ago := s.now.Sub(started); ago > day && s.chance(45) {
		t.at = started.Add(-s.between(3*hour, 5*hour))
		t.says(0, t.buyer, t.seller, s.talk(th, t.buyer).Says)
		t.at = max(t.at, started)
	}
	c.steps(t)
	return nil
}

// byDay moves an instant of a past day into the hours in which people write and
// buy, never later than it was.
func (s *seeding) byDay(at clock.Instant) clock.Instant {
	if s.now.Sub(at) <= recent {
		return at
	}
	for t := at.In(clock.Zone("")); t.Hour() < firstHour || t.Hour() > lastHour; t = at.In(clock.Zone("")) {
		at = at.Add(-hour)
	}
	return at
}

// The hours in which most trades begin.
const (
	firstHour = 11
	lastHour  = 19
)

// free is a thing that was on sale at an instant, travels that way and is in no
// trade: of those, one of the newest.
func (s *seeding) free(at clock.Instant, way shipping.Method) *thing {
	var found *thing
	for _, t := range s.things {
		if t.at >= at.Add(-10*hour) {
			break
		}
		if !t.taken && t.ways(way) && (found == nil || s.chance(70)) {
			found = t
		}
	}
	return found
}

func (t *thing) ways(m shipping.Method) bool {
	for _, w := range t.form["ways"] {
		if w == string(m) {
			return true
		}
	}
	return false
}
