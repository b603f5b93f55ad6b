package payments

import (
	"context"
	"errors"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
)

// Provider is who takes, keeps and sends the money for us. Stripe is the one
// adapter; in the demo and the tests it talks to a stand-in.
type Provider interface {
	// OpenSession makes a page to pay on. The same key and asking give the same
	// session. It fails with ErrKeyUsed when the key stood for another asking.
	OpenSession(ctx context.Context, key string, a Asking) (Session, error)
	// Session is how a session stands now.
	Session(ctx context.Context, id string) (Session, error)
	// ExpireSession closes a session; one that is closed already is returned as
	// it stands.
	ExpireSession(ctx context.Context, id string) (Session, error)
	// Pay sends money to a seller's account. It fails with ErrNotReady when the
	// seller has details to finish.
	Pay(ctx context.Context, m Sending) (id string, err error)
	// Paid looks for what Pay may have sent before; "" when there is nothing.
	Paid(ctx context.Context, m Sending) (id string, err error)
	// Return sends money back to the buyer.
	Return(ctx context.Context, m Sending) (id string, err error)
	// Returned looks for what Return may have sent before; "" when there is nothing.
	Returned(ctx context.Context, m Sending) (id string, err error)
	// OpenAccount makes a seller's account; the same key gives the same one.
	OpenAccount(ctx context.Context, key, email, userID string) (id string, err error)
	// AccountReady tells whether an account can be paid.
	AccountReady(ctx context.Context, id string) (bool, error)
	// OnboardURL is a page, good for once, where the seller finishes their details.
	OnboardURL(ctx context.Context, id, again, back string) (string, error)
	// DashboardURL is the seller's own page at the provider.
	DashboardURL(ctx context.Context, id string) (string, error)
	// Balance is all our money at the provider, usable or on its way.
	Balance(ctx context.Context, currency string) (money.Amount, error)
	// Withdrawals are what went from there to our own bank account since then.
	Withdrawals(ctx context.Context, since clock.Instant) ([]Withdrawal, error)
	// Dispute is how a dispute stands.
	Dispute(ctx context.Context, id string) (Dispute, error)
	// Event reads a signed message from the provider. It fails with ErrForged
	// when the signature is not the provider's.
	Event(body []byte, signature string) (Event, error)
}

// What goes wrong at a provider. Anything that is none of these may pass when
// tried again.
var (
	ErrRefused  = errors.New("payments: the provider refuses") // for good
	ErrNotReady = errors.New("payments: the seller cannot be paid yet")
	ErrShort    = errors.New("payments: not enough of our money is there yet")
	ErrFails    = errors.New("payments: the provider fails") // it answered, and may do it another time
	ErrKeyUsed  = errors.New("payments: idempotency key used for something else")
	ErrForged   = errors.New("payments: not signed by the provider")
)

// Asking is what a session asks for.
type Asking struct {
	OrderID string // also groups all that happens with the money
	Payment ID
	Lines   []Line
	Money   string // currency
	Email   string // of the buyer; may be empty
	Lang    string
	Expires clock.Instant
	Success string // where the buyer goes after paying
	Cancel  string // and if they change their mind
}

// SessionState says how a session stands.
type SessionState int

// The states of a session.
const (
	SessionOpen       SessionState = iota // waits for the buyer
	SessionProcessing                     // the buyer is done, the money is not here yet
	SessionPaid                           // the money is here
	SessionFailed                         // the buyer was done, but no money came
	SessionExpired                        // closed unpaid
)

// Session is a page to pay on, at the provider.
type Session struct {
	ID      string
	URL     string
	OrderID string
	State   SessionState
	Paid    Capture // when SessionPaid
}

// Capture is money that came in.
type Capture struct {
	Intent string
	Charge string
	Method string       // card, mobilepay or paypal
	Amount money.Amount // from the buyer
	Fee    money.Amount // what the provider keeps
}

// Sending is one movement of money outwards, as the provider is asked for it.
type Sending struct {
	Key     string // idempotency key, and how the movement is found again
	Refused int64  // how often it was refused: each time after is another request
	OrderID string
	Charge  string // where the money came from
	Account string // seller's account; empty for a refund
	Amount  money.Amount
}

// EventKind says what an event is about.
type EventKind int

// The kinds of event.
const (
	EventOther   EventKind = iota // nothing we act on
	EventSession                  // a session has changed
	EventAccount                  // a seller's account has changed
	EventRefund                   // a charge was refunded
	EventMoved                    // a transfer was made or taken back
	EventDispute                  // a buyer's bank disputes a charge
	EventReturn                   // a refund has changed
)

// Event is a message from the provider. It says what to look at, not what to
// believe: messages come late, twice and in any order.
type Event struct {
	ID     string
	Kind   EventKind
	Name   string // the provider's own name for it
	Object string // what it is about
}

// Withdrawal is money taken out to our own bank account.
type Withdrawal struct {
	ID     string
	Amount money.Amount
}

// DisputeState says how far a dispute is.
type DisputeState string

// The states of a dispute.
const (
	Waits DisputeState = "open" // for the bank
	Won   DisputeState = "won"  // the money stays with us
	Lost  DisputeState = "lost" // the buyer keeps it
)

// Dispute is a buyer's bank wanting a charge back.
type Dispute struct {
	ID     string
	Charge string
	Amount money.Amount
	State  DisputeState
	Moves  []BankMove // what was taken and given back so far
}

// BankMove is money that a dispute moved: negative when the bank took it.
type BankMove struct {
	ID     string
	Amount money.Amount
	Fee    money.Amount // what the provider keeps for it
}
