package orders

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Who moves a trade. User is the person for a buyer, seller or operator, and ""
// for the others.
type Who struct {
	Actor Actor
	User  accounts.UserID
}

// Input is what a move needs beyond its name. An event reads only its own part:
//
//	ship         Carrier ("" when we booked the parcel), Tracking
//	send_back    Carrier, Tracking
//	extend       Days: the seller 1 or 2 business days, an operator 1 to 14 days
//	hand_over    Code
//	report       Claim (by the buyer), Note, Photo
//	contest      Note
//	share        Back
//	everything   Note by an operator: the reason, shown to both
type Input struct {
	Carrier  string
	Tracking string
	Days     int
	Code     string
	Claim    Claim
	Note     string
	Photo    string // key of a saved picture
	Back     int64  // minor units of the seller's part that the buyer gets back

	at    clock.Instant // when a carrier saw it
	until clock.Instant // when a checkout that takes the place of another lapses
	quiet bool          // tell nobody: a checkout that takes the place of another
}

// Move is the one way a trade changes. Buyers and sellers may cause what the
// rules allow them; whoever calls it for an operator, carrier or the clock has
// made sure of that.
//
// Faults: Missing when the person is no party; Conflict "orders.too_late", with
// what happened meanwhile, when there is no such move (any more); Invalid on the
// fields of Input; TooMany-like Conflict "orders.code_tries" after five wrong
// codes.
func (s *Service) Move(ctx context.Context, oid ID, ev Event, who Who, in Input) (Order, error) {
	if err := checkInput(ev, who.Actor, &in); err != nil {
		return Order{}, err
	}
	if ev == HandOver && who.Actor == Seller {
		if err := s.tryCode(ctx, oid, who, in.Code); err != nil {
			return Order{}, err
		}
	}
	if err := s.Before(ctx, oid, ev, who.Actor); err != nil {
		return Order{}, err
	}
	var o Order
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		if o, err = s.Get(ctx, tx, oid); err != nil {
			return err
		}
		_, err = s.move(ctx, tx, &o, ev, who, in)
		return err
	})
	return o, err
}

// Before is what has to be asked outside before a person's move, and outside any
// transaction: whether the carrier has what a buyer calls off. What it says is
// done at once, and the move comes too late. A carrier that does not answer
// holds up nobody.
func (s *Service) Before(ctx context.Context, oid ID, ev Event, by Actor) error {
	if ev != Cancel || by != Buyer {
		return nil
	}
	return s.askFirst(ctx, oid)
}

// MoveTx is Move within the caller's transaction, who has called Before. It takes
// no handover from a seller: a wrong code has to be counted even when nothing
// else is kept.
func (s *Service) MoveTx(ctx context.Context, tx *db.Tx, oid ID, ev Event, who Who, in Input) (Order, error) {
	if ev == HandOver && who.Actor == Seller {
		return Order{}, missing()
	}
	if err := checkInput(ev, who.Actor, &in); err != nil {
		return Order{}, err
	}
	o, err := s.Get(ctx, tx, oid)
	if err != nil {
		return Order{}, err
	}
	_, err = s.move(ctx, tx, &o, ev, who, in)
	return o, err
}

// move is Move within a transaction; o becomes what it is afterwards.
func (s *Service) move(ctx context.Context, tx *db.Tx, o *Order, ev Event, who Who, in Input) (Rule, error) {
	if party := o.Party(who.Actor); party != who.User && (who.Actor == Buyer || who.Actor == Seller) {
		return Rule{}, missing()
	}
	f, err := s.facts(ctx, tx, *o)
	if err != nil {
		return Rule{}, err
	}
	rule, err := next(o.State, ev, who.Actor, f)
	if err != nil {
		return Rule{}, err
	}
	return rule, s.follow(ctx, tx, o, rule, who, in)
}

// follow does what a rule says that was found for o.
func (s *Service) follow(ctx context.Context, tx *db.Tx, o *Order, rule Rule, who Who, in Input) error {
	before := *o
	o.Version++
	o.due = 0
	s.apply(o, rule, in)
	spec, err := s.turnAfter(ctx, tx, before, o, rule, in)
	if err != nil {
		return err
	}
	ours, err := saveOrder(ctx, tx, *o, before.Version)
	if err != nil {
		return err
	}
	if !ours {
		return s.lost(ctx, tx, o.ID)
	}
	if err := s.turnOver(ctx, tx, before, rule, who, spec); err != nil {
		return err
	}
	err = insertHappening(ctx, tx, Happening{
		Order: o.ID, Version: o.Version, Event: rule.Event, From: rule.From, To: rule.To, Actor: who.Actor, ActorID: who.User,
		Note: in.Note, At: s.Clock.Now(),
	})
	if err != nil {
		return err
	}
	if err := s.promise(ctx, tx, o, rule, in); err != nil {
		return err
	}
	return s.say(ctx, tx, before, *o, rule, who, in)
}

// lost is what somebody reads whose move came second.
func (s *Service) lost(ctx context.Context, tx *db.Tx, oid ID) error {
	o, err := s.Get(ctx, tx, oid)
	if err != nil {
		return err
	}
	return tooLate(o.State)
}

// facts are what the rules look at, as it is now.
func (s *Service) facts(ctx context.Context, q db.Queryer, o Order) (Facts, error) {
	tracked, err := s.tracked(ctx, q, o.ID)
	if err != nil {
		return Facts{}, err
	}
	return s.factsOf(ctx, q, o, tracked)
}

// factsOf are the facts when it is known whether the parcel can be followed.
func (s *Service) factsOf(ctx context.Context, q db.Queryer, o Order, tracked bool) (Facts, error) {
	f := o.Facts(tracked, s.Clock.Now())
	if o.State == ChargedBack {
		bank, err := s.Payments.DisputeOf(ctx, q, string(o.ID))
		if err != nil {
			return f, err
		}
		f.BankPaid = bank == payments.Lost
	}
	return f, nil
}

// tracked tells whether we booked an order's parcel and can follow it.
func (s *Service) tracked(ctx context.Context, q db.Queryer, oid ID) (bool, error) {
	p, ok, err := s.Shipping.Of(ctx, q, string(oid), false)
	return ok && p.Tracked, err
}

// apply writes into the order what the move says.
func (s *Service) apply(o *Order, r Rule, in Input) {
	now := s.Clock.Now()
	at := now
	if !in.at.IsZero() && in.at.Before(now) {
		at = in.at
	}
	o.State = r.To
	if r.If == SaidPosted { // said, and never seen
		o.PostedAt = 0
	}
	switch r.Event {
	case Pay:
		o.PaidAt = now
	case WinBack:
		o.PromisedAt = 0 // nobody could post meanwhile: they get the whole time again
	case Ship:
		o.PostedAt = now
	case Accept, Arrive, Deliver:
		if o.PostedAt.IsZero() || r.Event == Accept {
			o.PostedAt = at
		}
		if r.Event == Deliver {
			o.ReceivedAt = at
		}
	case HandOver:
		o.ReceivedAt = now
	case Complete:
		if o.ReceivedAt.IsZero() {
			o.ReceivedAt = now
		}
	case Report:
		if in.Claim != "" {
			o.Claim = in.Claim
		}
	}
	if !o.State.Open() && o.ClosedAt.IsZero() {
		o.ClosedAt = now
	}
}

// turnAfter is the turn that a move opens, noted in o; none when the trade is
// over.
func (s *Service) turnAfter(ctx context.Context, tx *db.Tx, before Order, o *Order, r Rule, in Input) (turn.Spec, error) {
	o.Turn = ""
	if !o.State.Open() {
		return turn.Spec{}, nil
	}
	return s.nextTurn(ctx, tx, o, r, in, before)
}

// turnOver closes the turn that was and opens the one that is, if one is.
func (s *Service) turnOver(ctx context.Context, tx *db.Tx, before Order, r Rule, who Who, is turn.Spec) error {
	outcome := turn.Moved
	t, _ := TurnOf(before.State)
	switch {
	case r.Event == PassOn:
		outcome = turn.HandedOver
	case who.Actor == Clock:
		outcome = turn.Lapsed
	case who.Actor == t.Who:
		outcome = turn.Done
	case slices.Contains(t.Seen, r.Event):
		outcome = turn.Seen
	}
	if before.Turn != "" {
		if _, err := turn.CloseID(ctx, tx, s.Clock.Now(), before.Turn, outcome); err != nil {
			return err
		}
	}
	if is.ID == "" {
		return nil
	}
	_, err := turn.Open(ctx, tx, s.Clock.Now(), is)
	return err
}

// checkInput mends and checks the part of Input that an event reads.
func checkInput(ev Event, who Actor, in *Input) error {
	var fs fault.Faults
	in.Note = strings.TrimSpace(strings.ReplaceAll(in.Note, "\r\n", "\n"))
	if utf8.RuneCountInString(in.Note) > maxNote {
		fs.Add(fault.Field("note", "orders.note_long", "Max", maxNote))
	}
	switch ev {
	case Ship, SendBack:
		if who == Seller || who == Buyer {
			in.Tracking = shipping.CleanTracking(in.Tracking)
			if in.Carrier != "" && !slices.Contains(shipping.Carriers, in.Carrier) {
				fs.Add(fault.Field("carrier", "orders.carrier_missing"))
			}
		}
	case Extend:
		most := maxSellerDays
		if who == Operator {
			most = maxStaffDays
		}
		if in.Days < 1 || in.Days > most {
			fs.Add(fault.Field("days", "orders.days_wrong", "Max", most))
		}
	case Report:
		if who != Buyer {
			in.Claim = "" // the trade keeps the buyer's
		} else if !slices.Contains(Claims, in.Claim) {
			fs.Add(fault.Field("claim", "orders.claim_missing"))
		}
		if in.Note == "" {
			fs.Add(fault.Field("note", "orders.note_missing"))
		}
	case Share:
		if in.Back < 1 {
			fs.Add(fault.Field("amount", "orders.back_missing"))
		}
	case Contest:
		if in.Note == "" {
			fs.Add(fault.Field("note", "orders.note_missing"))
		}
	}
	return fs.Or()
}
