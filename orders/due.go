package orders

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// LeastTime is what somebody gets at least, whatever happened before: nobody
// finds out about a deadline that has passed.
const LeastTime = 24 * time.Hour

// How old a trade may be, from its payment.
const (
	MaxHold   = 90 * 24 * time.Hour // that money can be held before it is paid out: Stripe's limit for manual payouts
	LateAfter = 50 * 24 * time.Hour // from then on nobody gets more than the least time, so that every way to an end fits
)

// nextTurn is the turn of the state that o has come to, noted in o and yet to be
// opened. before is what o was, when it was anything.
func (s *Service) nextTurn(ctx context.Context, tx *db.Tx, o *Order, r Rule, in Input, before ...Order) (turn.Spec, error) {
	t, _, err := s.turnOf(ctx, tx, o.State)
	if err != nil {
		return turn.Spec{}, err
	}
	owner, waiter := s.ownerOf(*o, t)
	kind := t.Owes
	switch {
	case r.Event == PassOn:
		owner, waiter = turn.Operator, string(o.Buyer)
	case kind == turn.Ship && o.Said(): // now the carrier has to see it
		owner, kind = turn.Carrier, turn.Deliver
	}
	zone, err := s.zoneOf(ctx, tx, *o, t)
	if err != nil {
		return turn.Spec{}, err
	}
	now := s.Clock.Now()
	due, err := s.due(ctx, tx, *o, t, r, in, zone, before)
	if err != nil {
		return turn.Spec{}, err
	}
	due = o.withinHold(due, now)
	if r.Event == Extend && r.By[0] == Seller {
		o.Extended = true
		if !o.PromisedAt.IsZero() {
			o.PromisedAt = due
		}
	}
	if !t.Aim.IsZero() && t.Who == Seller && o.PromisedAt.IsZero() {
		o.PromisedAt = t.Aim.End(now, Dates{}, zone)
	}
	spec := turn.Spec{ID: turn.NewID(now), Kind: kind, Subject: string(o.ID), Version: o.Version,
		Owner: owner, Waiter: waiter, Due: max(due, now)}
	switch {
	case t.Owes == turn.Ship && kind == turn.Ship && owner == string(o.Seller):
		spec.Aim = o.PromisedAt
	case !t.Aim.IsZero() && kind == t.Owes && t.Who != Seller:
		spec.Aim = t.Aim.End(now, Dates{}, zone)
	}
	if s.Fit != nil {
		spec.Due, err = s.Fit(ctx, tx, turn.Turn{
			Kind: kind, Subject: spec.Subject, Version: spec.Version, Owner: owner, Waiter: waiter, OpenedAt: now, AimAt: spec.Aim, DueAt: spec.Due,
		})
		if err != nil {
			return turn.Spec{}, err
		}
	}
	o.Turn, o.due = spec.ID, spec.Due
	return spec, nil
}

// withinHold is a deadline, or an earlier one that keeps the trade from outliving
// the payment's hold.
func (o Order) withinHold(due, now clock.Instant) clock.Instant {
	if o.PaidAt.IsZero() {
		return due
	}
	return min(due, max(o.PaidAt.Add(LateAfter), now.Add(LeastTime)))
}

// ownerOf says who owes the turn and who waits for it.
func (s *Service) ownerOf(o Order, t Turn) (owner, waiter string) {
	switch t.Who {
	case Buyer:
		return string(o.Buyer), string(o.Seller)
	case Seller:
		return string(o.Seller), string(o.Buyer)
	case Carrier:
		return turn.Carrier, string(o.Buyer)
	}
	return turn.Operator, string(o.Buyer)
}

// zoneOf is the time zone a deadline is counted in: that of whoever owes.
func (s *Service) zoneOf(ctx context.Context, q db.Queryer, o Order, t Turn) (*time.Location, error) {
	who := o.Party(t.Who)
	if who == "" {
		return clock.Zone(""), nil
	}
	u, err := s.Accounts.Get(ctx, q, who)
	return clock.Zone(u.Zone), err
}

// due is when the turn that a rule opens lapses.
func (s *Service) due(ctx context.Context, tx *db.Tx, o Order, t Turn, r Rule, in Input, zone *time.Location, before []Order) (clock.Instant, error) {
	if !in.until.IsZero() {
		return in.until, nil
	}
	now := s.Clock.Now()
	var old clock.Instant
	if len(before) == 1 && before[0].Turn != "" && (r.Event == Extend || r.From == r.To) {
		was, err := turn.Get(ctx, tx, before[0].Turn)
		if err != nil {
			return 0, err
		}
		old = was.DueAt
	}
	switch r.Event {
	case Extend:
		if r.By[0] == Operator {
			return max(old, now).Add(time.Duration(in.Days) * 24 * time.Hour), nil
		}
		return calendar.AddBusinessDays(max(old, now), in.Days, zone), nil
	case PassOn:
		review, _, err := s.turnOf(ctx, tx, InReview)
		return review.Within.End(now, Dates{}, zone), err
	}
	if r.From == r.To { // said to be posted: the carrier gets until the end of a business day to see it
		return max(old, calendar.AddBusinessDays(now, 1, zone)), nil
	}
	if t.Owes == turn.Ship && !o.PaidAt.IsZero() && o.PaidAt != now && r.Event != WinBack { // back from a request to cancel
		return max(t.Within.End(o.PaidAt, Dates{}, zone), calendar.AddBusinessDays(now, 1, zone)), nil
	}
	return s.fresh(ctx, tx, o, t, in, zone)
}

// fresh is the deadline of a state that was just entered.
func (s *Service) fresh(ctx context.Context, tx *db.Tx, o Order, t Turn, in Input, zone *time.Location) (clock.Instant, error) {
	now := s.Clock.Now()
	within, from := t.Within, now
	if o.Offer != "" && !t.Offered.IsZero() {
		within = t.Offered
	}
	var dates Dates
	if within.Base != FromNow {
		p, ok, err := s.Shipping.Of(ctx, tx, string(o.ID), t.Owes == turn.DeliverBack && o.Claim != "")
		if err != nil {
			return 0, err
		}
		if ok {
			dates = Dates{Estimate: p.ETA, Hold: p.HoldUntil}
		}
		if t.Owes == turn.DeliverBack {
			dates.Estimate = 0 // the estimate was for the way there
		}
	}
	if !in.at.IsZero() && in.at.Before(now) {
		from = in.at // a carrier's scan counts from when it happened
	}
	due := within.End(from, dates, zone)
	if from.Before(now) {
		due = max(due, now.Add(LeastTime))
	}
	return due, nil
}

// dueOf is when an order's open turn lapses.
func (s *Service) dueOf(ctx context.Context, q db.Queryer, o Order) (clock.Instant, error) {
	if !o.due.IsZero() {
		return o.due, nil
	}
	t, err := turn.Get(ctx, q, o.Turn)
	return t.DueAt, err
}

// Terms are how long somebody has for what they owe.
type Terms struct {
	Within  Term // the deadline
	Aim     Term // what is promised before it
	Offered Term // the deadline instead, after an accepted offer
}

// turnOf is TurnOf with the deadlines of the live policy.
func (s *Service) turnOf(ctx context.Context, q db.Queryer, state State) (Turn, bool, error) {
	t, open := TurnOf(state)
	if !open || s.Terms == nil {
		return t, open, nil
	}
	live, err := s.Terms(ctx, q, t.Owes)
	if err != nil || live.Within.IsZero() {
		return t, open, err
	}
	t.Within, t.Aim, t.Offered = live.Within, live.Aim, live.Offered
	return t, open, nil
}
