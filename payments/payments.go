// Package payments knows where the money is. A buyer pays on the provider's own
// page; the money is held until the trade is over, then goes to the seller or
// back. Every step is a posting in a double-entry ledger, and every promise to
// send money is a row that is kept exactly once, however often jobs run, answers
// get lost or the provider forgets.
package payments

import (
	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

// ID names a payment: pay_…
type ID string

// State says how far a payment is.
type State string

// The states. Whose move it is stands behind each.
const (
	Opening    State = "opening"    // ours: no page at the provider yet
	Open       State = "open"       // the buyer's: the page waits
	Processing State = "processing" // the provider's: paid in an app, not yet confirmed
	Held       State = "held"       // the trade's: the money is here
	Releasing  State = "releasing"  // ours: it is the seller's, on its way or waiting for their details
	Released   State = "released"   // over: sent to the seller
	Refunding  State = "refunding"  // ours: on its way back
	Refunded   State = "refunded"   // over: back with the buyer
	Expired    State = "expired"    // over: nobody paid in time
	Failed     State = "failed"     // over: cannot be paid
)

// Payable tells whether the buyer can still pay.
func (s State) Payable() bool { return s == Opening || s == Open }

// Awaited tells whether money may still come in.
func (s State) Awaited() bool { return s == Opening || s == Open || s == Processing }

// LineKind says what a part of the sum is for.
type LineKind string

// The kinds of line.
const (
	ItemLine     LineKind = "item"     // the thing itself
	ShippingLine LineKind = "shipping" // the way it travels
	FeeLine      LineKind = "fee"      // the buyer's protection: the marketplace's own
)

// Line is one part of the sum, as the buyer reads it.
type Line struct {
	Kind   LineKind `json:"kind"`
	Label  string   `json:"label"` // in the buyer's language
	Amount int64    `json:"amount"`
}

// Charge is what Begin asks of a buyer.
type Charge struct {
	OrderID string
	Buyer   accounts.UserID
	Seller  accounts.UserID
	Total   money.Amount // what the buyer pays; the sum of Lines
	Payout  money.Amount // of it, the seller's
	Lines   []Line
	Title   string        // what is bought
	Expires clock.Instant // until when it can be paid
	Lang    string        // of the provider's page
}

// Payment is money asked of a buyer for one order.
type Payment struct {
	ID        ID
	OrderID   string
	Buyer     accounts.UserID
	Seller    accounts.UserID
	Total     money.Amount
	Payout    money.Amount
	Given     money.Amount // of Payout, what an operator gave back to the buyer; see Share
	State     State
	Title     string
	Lines     []Line
	Lang      string
	Method    string        // card, mobilepay or paypal, once paid
	ExpiresAt clock.Instant // until when it can be paid
	HeldAt    clock.Instant // when the money came
	ClosedAt  clock.Instant // when it was over
	CreatedAt clock.Instant

	session    string // at the provider
	payURL     string
	intent     string
	charge     string
	tries      int64
	askedUntil clock.Instant
	lookedAt   clock.Instant // set when the provider was just asked about it
	version    int64
}

// left is what goes to the seller.
func (p Payment) left() money.Amount {
	return money.Amount{Minor: p.Payout.Minor - p.Given.Minor, Currency: p.Payout.Currency}
}

// sumOf is the part of the sum of one kind.
func (p Payment) sumOf(kind LineKind) int64 {
	var n int64
	for _, l := range p.Lines {
		if l.Kind == kind {
			n += l.Amount
		}
	}
	return n
}

// MovementID names a movement: mov_…
type MovementID string

// MovementKind says which way money moves.
type MovementKind string

// The kinds of movement.
const (
	Payout MovementKind = "payout" // to the seller
	Refund MovementKind = "refund" // back to the buyer, all of it or the part that Share gave
	Stray  MovementKind = "stray"  // back to a buyer who paid twice
)

// MovementState says how far a movement is.
type MovementState string

// The states of a movement.
const (
	Promised MovementState = "promised" // to be sent
	Waiting  MovementState = "waiting"  // until the seller has finished their payout details
	Sent     MovementState = "sent"     // the provider has it
	Broken   MovementState = "failed"   // the provider refuses it; a person has to look
)

// Movement is money promised outwards.
type Movement struct {
	ID        MovementID
	OrderID   string
	Kind      MovementKind
	To        accounts.UserID
	Amount    money.Amount
	State     MovementState
	Reason    string // of the last failure
	CreatedAt clock.Instant
	SentAt    clock.Instant

	charge   string // the charge it comes from
	provider string // transfer or refund id
	tries    int64
	refusals int64 // by the provider, for now or for good
}

// Faults of this package.
var (
	errPaid       = fault.New(fault.Conflict, "payments.already_paid")
	errNotPayable = fault.New(fault.Conflict, "payments.not_payable")
	errNotHeld    = fault.New(fault.Conflict, "payments.not_held")
	errMoving     = fault.New(fault.Conflict, "payments.already_moving")
	errAway       = fault.New(fault.Busy, "payments.provider_away")
	errUnfinished = fault.New(fault.Conflict, "payments.unfinished")
	errDisputed   = fault.New(fault.Conflict, "payments.disputed")
	errForged     = fault.New(fault.Invalid, "payments.forged")
)
