// Package turn keeps the promise that no trade goes silent: somebody always
// owes something by a time. Domains open and close turns inside their own
// transactions; nudges watches them and knows nothing else about time.
package turn

import (
	"github.com/kierto/kierto/internal/clock"
)

// ID names a turn: trn_…
type ID string

// Kind says what is owed.
type Kind string

// What somebody may owe.
const (
	Pay           Kind = "pay"            // buyer: pay
	Ship          Kind = "ship"           // seller: post it
	HandOver      Kind = "hand_over"      // seller: agree a time and hand it over
	AgreeCancel   Kind = "agree_cancel"   // seller: agree to a cancellation, or post
	Deliver       Kind = "deliver"        // carrier: bring it
	SayArrived    Kind = "say_arrived"    // buyer: say that an untracked parcel came
	Collect       Kind = "collect"        // buyer: fetch it from the pickup point
	Confirm       Kind = "confirm"        // buyer: say that all is well, or not
	AnswerClaim   Kind = "answer_claim"   // seller: answer a problem
	Rule          Kind = "rule"           // operator: decide
	SendBack      Kind = "send_back"      // buyer: post the return
	DeliverBack   Kind = "deliver_back"   // carrier: bring the return
	ConfirmReturn Kind = "confirm_return" // seller: say that the return came
	AnswerMessage Kind = "answer_message" // whoever was asked
	AnswerOffer   Kind = "answer_offer"   // whoever got the offer
	AnswerCase    Kind = "answer_case"    // operator: answer a person
	Review        Kind = "review"         // either: say how it went
	PayoutDetails Kind = "payout_details" // seller: finish the payout account
)

// Owners that are nobody's account.
const (
	Operator = "operator"
	Carrier  = "carrier"
)

// What the sweep does next with a turn.
const (
	StepPlan  = "plan"  // work out the ladder's first step
	StepLapse = "lapse" // the deadline: make the clock's move
)

// Arms of the experiment that never ends: what reminders are worth.
const (
	Treated = "treated"
	Holdout = "holdout" // gets last warnings alone, and what cannot be left unsaid
)

// Outcomes of a closed turn.
const (
	Done       = "done"        // the owner did it
	Seen       = "seen"        // the owner did it, as somebody else tells: the payment, the carrier's scan
	Moved      = "moved"       // somebody else moved, so that nothing is owed any more
	Lapsed     = "lapsed"      // the deadline passed
	HandedOver = "handed_over" // an operator took it over
)

// Did tells whether an outcome means that the owner did what they owed.
func Did(outcome string) bool { return outcome == Done || outcome == Seen }

// Turn is something somebody owes by a time.
type Turn struct {
	ID       ID            `db:"id"`
	Kind     Kind          `db:"kind"`
	Subject  string        `db:"subject"`   // order, offer or conversation id
	Version  int64         `db:"version"`   // the subject's when the turn began
	Owner    string        `db:"owner_id"`  // who owes: an account id, Operator or Carrier
	Waiter   string        `db:"waiter_id"` // who waits: an account id, or ""
	OpenedAt clock.Instant `db:"opened_at"`
	AimAt    clock.Instant `db:"aim_at"` // when it was promised, before the deadline; 0: nothing was
	DueAt    clock.Instant `db:"due_at"`
	NextAt   clock.Instant `db:"next_at"`   // when the sweep looks at it; 0 when closed
	NextStep string        `db:"next_step"` // what it does then
	Policy   string        `db:"policy"`
	Arm      string        `db:"arm"`
	ClosedAt clock.Instant `db:"closed_at"`
	Outcome  string        `db:"outcome"`
}

// Open tells whether the turn is still owed.
func (t Turn) Open() bool { return t.ClosedAt.IsZero() }

// Spec is what a new turn is made of.
type Spec struct {
	ID      ID // "": a new one
	Kind    Kind
	Subject string
	Version int64
	Owner   string
	Waiter  string
	Aim     clock.Instant // what is promised, when that is before Due
	Due     clock.Instant
}
