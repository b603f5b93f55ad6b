package orders

import (
	"slices"
)

// Guard is a condition of a rule.
type Guard string

// The guards.
const (
	ToPost        Guard = "to_post"        // it is to be posted
	InPerson      Guard = "in_person"      // it is handed over in person
	Untracked     Guard = "untracked"      // posted by a way we cannot follow
	TrackedUnsaid Guard = "tracked_unsaid" // we booked it and can follow it, and the seller has not said that it is posted
	SaidPosted    Guard = "said_posted"    // the seller has said so, but the carrier has not seen it
	Unextended    Guard = "unextended"     // the seller has not asked for more time yet
	MayLeave      Guard = "may_leave"      // the promised day has passed or was moved, and nobody says that it is posted
	MustAsk       Guard = "must_ask"       // neither has it, nor does anybody say that it is posted
	OutOfTries    Guard = "out_of_tries"   // too many wrong codes
	Unposted      Guard = "unposted"       // never posted
	Unclaimed     Guard = "unclaimed"      // nobody has reported a problem
	Contested     Guard = "contested"      // somebody has
	Received      Guard = "received"       // the buyer has it
	BankPaid      Guard = "bank_paid"      // the buyer's bank has decided for the buyer
)

// Facts are what guards look at.
type Facts struct {
	InPerson   bool // handed over in person
	Tracked    bool // we booked the parcel and can follow it
	Said       bool // the seller says that it is posted
	Posted     bool // it is posted, as far as we know
	Extended   bool // the seller has used the extension
	LatePost   bool // the promised day has passed
	OutOfTries bool // too many wrong codes
	Claimed    bool // a problem has been reported
	Received   bool // the buyer has it
	BankPaid   bool // the buyer's bank has given the money to the buyer
}

// guards say when each guard holds.
var guards = map[Guard]func(f Facts) bool{
	"":            func(Facts) bool { return true },
	ToPost:        func(f Facts) bool { return !f.InPerson },
	InPerson:      func(f Facts) bool { return f.InPerson },
	Untracked:     func(f Facts) bool { return !f.Tracked },
	TrackedUnsaid: func(f Facts) bool { return f.Tracked && !f.Said },
	SaidPosted:    func(f Facts) bool { return f.Said },
	Unextended:    func(f Facts) bool { return !f.Extended },
	MayLeave:      mayLeave,
	MustAsk:       func(f Facts) bool { return !mayLeave(f) && !f.Said },
	OutOfTries:    func(f Facts) bool { return f.OutOfTries },
	Unposted:      func(f Facts) bool { return !f.Posted && !f.Said },
	Unclaimed:     func(f Facts) bool { return !f.Claimed },
	Contested:     func(f Facts) bool { return f.Claimed },
	Received:      func(f Facts) bool { return f.Received },
	BankPaid:      func(f Facts) bool { return f.BankPaid },
}

func mayLeave(f Facts) bool { return (f.LatePost || f.Extended) && !f.Said }

// next finds the rule for an event. It fails with "orders.too_late" when
// somebody else has moved or nobody may do this (any more).
func next(s State, ev Event, who Actor, f Facts) (Rule, error) {
	for _, r := range rules {
		if r.From == s && r.Event == ev && slices.Contains(r.By, who) && guards[r.If](f) {
			return r, nil
		}
	}
	return Rule{}, tooLate(s)
}

// Moves are the events an actor may cause now, in the order of the table.
func Moves(s State, who Actor, f Facts) []Event {
	var evs []Event
	for _, r := range rules {
		if r.From == s && slices.Contains(r.By, who) && guards[r.If](f) && !slices.Contains(evs, r.Event) {
			evs = append(evs, r.Event)
		}
	}
	return evs
}

// Open tells whether somebody still owes something in this state.
func (s State) Open() bool {
	_, ok := turns[s]
	return ok
}

// TurnOf is whose move it is in a state; false when it is closed.
func TurnOf(s State) (Turn, bool) {
	t, ok := turns[s]
	return t, ok
}

// States are all states, in the order a reader expects.
func States() []State {
	return []State{PendingPayment, Paid, AwaitingHandover, CancelRequested, Shipped, Sent, ReadyForPickup, Delivered,
		Disputed, InReview, ChargedBack, ReturnPending, Returning, Returned, Completed, Refunded, Cancelled, Expired}
}

// Events are all events.
func Events() []Event {
	return []Event{Pay, Expire, Ship, Accept, Arrive, Deliver, TurnBack, HandOver, Extend, RequestCancel, Keep, Cancel,
		Complete, Report, Contest, Refund, Return, SendBack, ArriveBack, ConfirmReturn, GiveUp, PassOn, PaidLate,
		Share, ChargeBack, WinBack, LoseBack}
}

// Actors are all actors.
func Actors() []Actor { return []Actor{Buyer, Seller, Operator, Clock, Carrier, Payment} }

// Leads are the states that an event of an actor may lead to, in the order of the
// rules, whatever their conditions.
func Leads(s State, ev Event, who Actor) []State {
	var to []State
	for _, r := range rules {
		if r.From == s && r.Event == ev && slices.Contains(r.By, who) {
			to = append(to, r.To)
		}
	}
	return to
}

// Successors are the states that any move may lead to from s, whatever its
// conditions; s itself is not among them.
func Successors(s State) []State {
	var to []State
	for _, r := range rules {
		if r.From == s && r.To != s && !slices.Contains(to, r.To) {
			to = append(to, r.To)
		}
	}
	return to
}
