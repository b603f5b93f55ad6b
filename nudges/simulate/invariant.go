package simulate

import (
	"fmt"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/messaging"
)

// Invariant names something that must hold after every step.
type Invariant int

// The invariants.
const (
	MoneyConserved Invariant = iota
	LedgerSums
	OneTurn
	NextLook
	Warned
	Reached
	Once
	Asleep
	Answered
	Capped
	Access
	Wanted
	Muted
	Early
	Late
	Told
	NotOftener
	Terminal
	SoldOnce
	PayoutFor
	RefundFor
	SentOnce
	Longest
	HeldOut
	MovedOn
	InHand
	Ends
	Waits
	MovesFit
	TapOnce
	TapOver
	TapForged
	TapExpired
	Landed
	Strangers
	Stopped
	Unsubscribed
	LeftAlone
	NoneHangs
	NoMoneyLeft
	OwnChecks
	Unexpected
	invariants // how many there are
)

// said is how each is called.
var said = [invariants]string{
	MoneyConserved: "what came in for a trade is held, released or returned, to the cent",
	LedgerSums:     "the ledger sums to zero for every trade and fact",
	OneTurn:        "an open trade has exactly one turn of its own, and a closed one none",
	NextLook:       "every open turn has a next look",
	Warned:         "nothing costly lapses before its last warning had 24 waking hours",
	Reached:        "nothing costly lapses without a last warning that arrived",
	Once:           "nobody gets the same reminder twice by one channel",
	Asleep:         "nobody is reminded in their quiet hours, but for last warnings",
	Answered:       "nobody is reminded of what is done",
	Capped:         "nobody gets more reminders a day than the cap",
	Access:         "nobody is reminded of what is not theirs (any more)",
	Wanted:         "nobody gets reminders by what they switched off or answered with STOP",
	Muted:          "nobody is reminded of a trade they muted, but for last warnings",
	Early:          "no step is taken before its time",
	Late:           "no step is taken late while the program runs",
	Told:           "whoever waits can read of every reminder",
	NotOftener:     "whoever waits is written to no oftener than the one who owes",
	Terminal:       "a trade has one end, and nothing moves after it",
	SoldOnce:       "no thing is sold twice",
	PayoutFor:      "money goes to a seller for completed trades alone",
	RefundFor:      "money goes back for trades that came to nothing alone",
	SentOnce:       "the provider sends each sum once",
	Longest:        "no trade lasts longer than money can be held",
	HeldOut:        "who is held out gets last warnings and first instructions alone",
	MovedOn:        "a message that fails goes on by the next channel, or to a person",
	InHand:         "nothing is said and nothing lapses while a person at the desk has it in hand",
	Ends:           "every trade ends",
	Waits:          "no message waits for nothing",
	MovesFit:       "every move begins where the last one ended",
	TapOnce:        "a link acts once, as the one it is for",
	TapOver:        "a link that does not act, or whose turn is over, changes nothing",
	TapForged:      "a forged link changes nothing",
	TapExpired:     "a link that has expired changes nothing and says so",
	Landed:         "what somebody writes back lands once, as theirs or as staff's, and is their answer",
	Strangers:      "what a machine, a stranger or a forger writes back lands nowhere",
	Stopped:        "no short message goes to a number that answered STOP, not even a last warning",
	Unsubscribed:   "who ends letters of a kind gets no more of them, but for last warnings",
	LeftAlone:      "nobody is written to who has left",
	NoneHangs:      "nobody waits for somebody who has left",
	NoMoneyLeft:    "when all is over the provider holds what the ledger says, and owes nobody",
	OwnChecks:      "every service's own check is content",
	Unexpected:     "nothing fails in a way that nobody foresaw",
}

// String is the invariant in words.
func (i Invariant) String() string { return said[i] }

// Invariants are all of them.
func Invariants() []Invariant {
	all := make([]Invariant, invariants)
	for i := range all {
		all[i] = Invariant(i)
	}
	return all
}

// Failure is an invariant that was seen broken.
type Failure struct {
	Invariant string `json:"invariant"`
	Trade     string `json:"trade,omitempty"`
	At        string `json:"at"`
	Detail    string `json:"detail"`
	Replay    string `json:"replay"`
}

// maxFailures is how many failures are kept; all are counted.
const maxFailures = 40

// checker counts what was looked at and keeps what was broken.
type checker struct {
	looked    [invariants]int64
	breaks    [invariants]int64
	failures  []Failure
	sold      map[string]string               // listing → the order that has it
	told      map[string]map[string]int       // messages that left, by dedupe
	perDay    map[string]int                  // reminders of a person on a day of theirs
	dayOf     map[messaging.DeliveryID]string // and the day each counts against
	newDays   set                             // days with a new reminder
	paidOut   map[string]int                  // transfers by order and way
	warnedAt  map[string]clock.Instant        // of turns
	noted     map[string]bool                 // charges that were given back
	acted     map[string]int                  // links that acted, with what was filled in
	lastTexts map[string]lastText             // by channel and number
	wroteBack set                             // messages that were answered in writing
	taken     map[string]bool                 // words that were written back and taken
	stopped   map[string]bool                 // numbers that answered STOP
	muted     map[string]bool                 // people and what they muted
}

func (c *checker) begin() {
	c.sold, c.told, c.perDay = map[string]string{}, map[string]map[string]int{}, map[string]int{}
	c.dayOf, c.newDays = map[messaging.DeliveryID]string{}, set{}
	c.wroteBack, c.lastTexts = set{}, map[string]lastText{}
	c.acted, c.taken, c.stopped, c.muted = map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	c.paidOut, c.warnedAt, c.noted = map[string]int{}, map[string]clock.Instant{}, map[string]bool{}
}

// holds counts a look at an invariant, and a break when it does not hold.
func (w *world) holds(i Invariant, ok bool, t *trade, format string, args ...any) {
	w.looked[i]++
	if !ok {
		w.broken(i, t, fmt.Sprintf(format, args...))
	}
}

// replay is the command that shows a failure again.
func (w *world) replay() string {
	if w.o.Database == "postgres" {
		return w.o.Command() + " --db postgres"
	}
	return w.o.Command()
}

// broken keeps a failure.
func (w *world) broken(i Invariant, t *trade, detail string) {
	if i == Unexpected {
		w.looked[i]++
	}
	w.breaks[i]++
	if len(w.failures) >= maxFailures {
		return
	}
	f := Failure{Invariant: i.String(), At: w.clock.Now().String(), Detail: detail, Replay: w.replay()}
	if t != nil {
		f.Trade = fmt.Sprintf("%d %s %s", t.n, t.ref, t.order)
	}
	w.failures = append(w.failures, f)
}
