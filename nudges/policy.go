// Package nudges is what happens when nobody moves: it watches every open turn,
// reminds whoever is slow along a ladder, and makes the clock's move when a
// deadline passes.
package nudges

import (
	_ "embed"
	"os"
	"slices"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

//go:embed policy.toml
var builtIn string

// BuiltIn is the text of the policy that holds when nobody wrote another.
func BuiltIn() string { return builtIn }

// Who a step speaks to.
const (
	ToOwner    = "owner"
	ToWaiter   = "waiter"
	ToOperator = "operator" // every one there is
)

// When says what the time of a step is counted from.
type When string

// What a step's time is counted from.
const (
	After     When = "after"      // waking time since the turn began
	Before    When = "before"     // waking time left until the deadline
	BeforeAim When = "before_aim" // waking time left until what was promised
	AfterAim  When = "after_aim"  // waking time since then
)

// Policy is all ladders, by kind of turn, and what holds for all of them.
type Policy struct {
	Version string
	Text    string        // as it is written
	Cap     int           // messages outside the app that a person gets a day; last warnings come anyway
	Holdout int           // percent of trades that are not reminded, to know what reminders are worth
	LiveAt  clock.Instant // since when it holds; 0: since ever
	Ladders map[turn.Kind]Ladder
}

// Ladder is a turn's deadline and its planned reminders.
type Ladder struct {
	Kind    turn.Kind
	Within  orders.Term // the deadline
	Aim     orders.Term // what is promised before it; zero: nothing
	Offered orders.Term // the deadline after an accepted offer; zero: the same
	Steps   []Step      // as they are written, repetitions one by one
	Line    int         // where it is written
}

// Step is one reminder.
type Step struct {
	Name    string        // recorded with each nudge; unique in its ladder
	When    When          // what Waking is counted from
	Waking  time.Duration // of the time its reader is awake
	Later   time.Duration // plus this much real time: a repetition
	To      string        // ToOwner, ToWaiter or ToOperator
	By      []string      // "app", "push", "email", "text"
	Tell    []string      // how the one who waits hears of this reminder; empty: by the line in the stream alone
	Text    string        // i18n stem: nudges.<Text>.subject …
	Warning bool          // the last word before a costly deadline
	Line    int           // where it is written
}

// AtOnce tells whether the step comes with the turn: it says what is to be
// done, and reminds of nothing yet.
func (s Step) AtOnce() bool { return s.When == After && s.Waking == 0 && s.Later == 0 }

// kinds are all turns a policy has to have a ladder for.
var kinds = []turn.Kind{
	turn.Pay, turn.Ship, turn.HandOver, turn.AgreeCancel, turn.Deliver, turn.SayArrived, turn.Collect,
	turn.Confirm, turn.AnswerClaim, turn.Rule, turn.SendBack, turn.DeliverBack, turn.ConfirmReturn,
	turn.AnswerMessage, turn.AnswerOffer, turn.AnswerCase, turn.Review, turn.PayoutDetails,
}

// Kinds are all turns a policy has a ladder for, in the order of a trade.
func Kinds() []turn.Kind { return slices.Clone(kinds) }

// ReadPolicy reads the policy at path, or the built-in one when path is empty.
func ReadPolicy(path string) (Policy, error) {
	text := builtIn
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return Policy{}, err
		}
		text = string(raw)
	}
	return ParsePolicy(text)
}

// Step is the step of that name.
func (l Ladder) Step(name string) (Step, bool) {
	for _, s := range l.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// speaksToStaff tells whether a step goes to operators.
func (l Ladder) speaksToStaff() bool {
	return slices.ContainsFunc(l.Steps, func(s Step) bool { return s.To == ToOperator })
}

// Warning is the ladder's last warning, if it has one.
func (l Ladder) Warning() (Step, bool) {
	for _, s := range l.Steps {
		if s.Warning {
			return s, true
		}
	}
	return Step{}, false
}
