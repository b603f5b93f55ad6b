package orders

import (
	"context"
	"errors"
	"log/slog"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Service is the trade.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Log      *slog.Logger
	Accounts *accounts.Service
	Messages *messaging.Service
	Listings *listings.Service
	Shipping *shipping.Service
	Payments *payments.Service

	// Reached tells whether a reminder of a turn is known to have reached
	// somebody. New sets it to messaging's own answer.
	Reached func(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) (bool, error)
	// PayPal tells whether the payment page offers it.
	PayPal bool
	// Plan says which reminders of a turn went out and which are to come; nudges
	// sets it. nil shows none.
	Plan func(ctx context.Context, q db.Queryer, t turn.Turn) (past []PastNudge, next []PlannedNudge, err error)
	// Terms are the deadlines of what is owed as the live policy has them; nudges
	// sets it. nil leaves those of the machine.
	Terms func(ctx context.Context, q db.Queryer, kind turn.Kind) (Terms, error)
	// Muted tells whether somebody wants no reminders about a trade; nudges sets it,
	// and has the route that takes it back. nil: nobody does.
	Muted func(ctx context.Context, q db.Queryer, u accounts.UserID, subject string) (bool, error)
	// Fit is the deadline of a turn about to open that leaves room for its last
	// warning; nudges sets it. nil leaves deadlines as they are.
	Fit func(ctx context.Context, q db.Queryer, t turn.Turn) (clock.Instant, error)
}

// PastNudge is a reminder that went out.
type PastNudge struct {
	To        accounts.UserID
	Step      string
	At        clock.Instant
	Channel   string // "app", "email"
	Delivered bool   // known to have arrived
}

// PlannedNudge is a reminder to come.
type PlannedNudge struct {
	To   string // an account id, or turn.Operator
	Step string
	At   clock.Instant
}

// New is the service over the packages to its left.
func New(d *db.DB, c clock.Clock, q *jobs.Queue, log *slog.Logger, a *accounts.Service, m *messaging.Service,
	l *listings.Service, sh *shipping.Service, p *payments.Service) *Service {
	return &Service{DB: d, Clock: c, Jobs: q, Log: log, Accounts: a, Messages: m, Listings: l, Shipping: sh, Payments: p,
		Reached: m.Delivered}
}

// missing is the fault for what is not there, for this reader.
func missing() error { return fault.New(fault.Missing, "web.missing") }

// tooLate is the fault for a move that somebody or something came before. It
// says what happened meanwhile.
func tooLate(now State) error {
	return fault.New(fault.Conflict, "orders.too_late", "Now", i18n.Key("orders.now."+string(now)))
}

// Get is a trade, for staff, jobs and upper packages that have made sure who
// asks. It fails with a Missing fault.
func (s *Service) Get(ctx context.Context, q db.Queryer, id ID) (Order, error) {
	o, err := orderByID(ctx, q, id)
	if db.IsNone(err) {
		return Order{}, missing()
	}
	return o, err
}

// Many are several trades by id; those that do not exist are left out. Who may
// see them is the caller's to ask.
func (s *Service) Many(ctx context.Context, q db.Queryer, ids []ID) (map[ID]Order, error) {
	out := make(map[ID]Order, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	os, err := ordersByID(ctx, q, ids)
	for _, o := range os {
		out[o.ID] = o
	}
	return out, err
}

// OffersMany are several offers by id; as Many.
func (s *Service) OffersMany(ctx context.Context, q db.Queryer, ids []OfferID) (map[OfferID]Offer, error) {
	out := make(map[OfferID]Offer, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	os, err := offersByID(ctx, q, ids)
	for _, o := range os {
		out[o.ID] = o
	}
	return out, err
}

// For is a trade and what u is in it. To anybody else it does not exist.
func (s *Service) For(ctx context.Context, q db.Queryer, id ID, u accounts.UserID) (Order, Actor, error) {
	o, err := s.Get(ctx, q, id)
	if err != nil {
		return Order{}, "", err
	}
	role := o.Role(u)
	if role == "" {
		return Order{}, "", missing()
	}
	return o, role, nil
}

// Trade is everything a page shows of a trade.
type Trade struct {
	Order     Order
	Facts     Facts
	Listing   listings.Listing
	Buyer     accounts.User
	Seller    accounts.User
	Turn      turn.Turn        // the open one; zero when the trade is closed
	Turns     []turn.Turn      // all of the trade's, oldest first
	Parcel    *shipping.Parcel // nil: none
	Scans     []shipping.Scan
	Return    *shipping.Parcel // the parcel back; nil: none
	BackScans []shipping.Scan
	Payment   *payments.Payment // nil: not asked for yet
	Movements []payments.Movement
	Events    []Happening // oldest first
	Reviews   []Review    // shown or not: see Review.Visible
}

// Moves are the events an actor may cause now.
func (t Trade) Moves(who Actor) []Event { return Moves(t.Order.State, who, t.Facts) }

// May tells whether an actor may cause an event now.
func (t Trade) May(who Actor, ev Event) bool {
	_, err := next(t.Order.State, ev, who, t.Facts)
	return err == nil
}

// Trade is everything about one trade. Who may see it is the caller's to ask:
// see For.
func (s *Service) Trade(ctx context.Context, q db.Queryer, id ID) (Trade, error) {
	o, err := s.Get(ctx, q, id)
	if err != nil {
		return Trade{}, err
	}
	return s.tradeOf(ctx, q, o)
}

// tradeOf is everything about the trade of an order that was read already.
func (s *Service) tradeOf(ctx context.Context, q db.Queryer, o Order) (Trade, error) {
	t := Trade{Order: o}
	return t, errors.Join(s.tradePeople(ctx, q, &t), s.tradeParcels(ctx, q, &t), s.tradeMoney(ctx, q, &t), s.tradePast(ctx, q, &t))
}

// glimpse is what one line about a trade speaks of: the order, the two people
// and the open turn.
func (s *Service) glimpse(ctx context.Context, q db.Queryer, o Order) (Trade, error) {
	t := Trade{Order: o}
	us, err := s.Accounts.Many(ctx, q, []accounts.UserID{o.Buyer, o.Seller})
	if err != nil {
		return t, err
	}
	t.Buyer, t.Seller = us[o.Buyer], us[o.Seller]
	if o.Turn != "" {
		t.Turn, err = turn.Get(ctx, q, o.Turn)
	}
	return t, err
}

func (s *Service) tradePeople(ctx context.Context, q db.Queryer, t *Trade) (err error) {
	us, err := s.Accounts.Many(ctx, q, []accounts.UserID{t.Order.Buyer, t.Order.Seller})
	if err != nil {
		return err
	}
	t.Buyer, t.Seller = us[t.Order.Buyer], us[t.Order.Seller]
	t.Listing, err = s.Listings.Get(ctx, q, t.Order.Listing)
	return err
}

func (s *Service) tradeParcels(ctx context.Context, q db.Queryer, t *Trade) error {
	ps, err := s.Shipping.AllOf(ctx, q, string(t.Order.ID))
	if err != nil {
		return err
	}
	for _, p := range ps {
		scans, err := s.Shipping.Scans(ctx, q, p.ID)
		if err != nil {
			return err
		}
		if p.Back {
			t.Return, t.BackScans = &p, scans
		} else {
			t.Parcel, t.Scans = &p, scans
		}
	}
	t.Facts, err = s.factsOf(ctx, q, t.Order, t.Parcel != nil && t.Parcel.Tracked)
	return err
}

func (s *Service) tradeMoney(ctx context.Context, q db.Queryer, t *Trade) error {
	p, err := s.Payments.Of(ctx, q, string(t.Order.ID))
	if db.IsNone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	t.Payment = &p
	t.Movements, err = s.Payments.MovementsOf(ctx, q, string(t.Order.ID))
	return err
}

func (s *Service) tradePast(ctx context.Context, q db.Queryer, t *Trade) (err error) {
	if t.Events, err = happenings(ctx, q, t.Order.ID); err != nil {
		return err
	}
	if t.Reviews, err = reviewsOfOrder(ctx, q, t.Order.ID); err != nil {
		return err
	}
	if t.Turns, err = turn.AllOf(ctx, q, string(t.Order.ID)); err != nil {
		return err
	}
	for _, x := range t.Turns {
		if x.ID == t.Order.Turn && x.Open() {
			t.Turn = x
		}
	}
	return nil
}

// Mine is a trade in somebody's list, with its open turn.
type Mine struct {
	Order
	DueAt clock.Instant   `db:"due_at"` // of the open turn; 0 when closed
	Owner accounts.UserID `db:"owner_id"`
}

// maxMine is how many trades a list shows.
const maxMine = 100

// ListOf are u's trades: those that wait for u first, soonest due first; then
// the open ones; then the closed ones, newest first.
func (s *Service) ListOf(ctx context.Context, u accounts.UserID) ([]Mine, error) {
	return ordersOf(ctx, s.DB, u, maxMine)
}

// OpenBetween is the open trade of a buyer about a listing, if there is one.
func (s *Service) OpenBetween(ctx context.Context, q db.Queryer, buyer accounts.UserID, l listings.ID) (Order, bool, error) {
	o, err := openOf(ctx, q, buyer, l)
	if db.IsNone(err) {
		return Order{}, false, nil
	}
	return o, err == nil, err
}

// Events are all moves of a trade, oldest first.
func (s *Service) Events(ctx context.Context, q db.Queryer, id ID) ([]Happening, error) {
	return happenings(ctx, q, id)
}
