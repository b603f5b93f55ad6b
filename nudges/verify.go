package nudges

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// Verifying.
const (
	maxFailures = 5                             // shown of one claim
	everyOther  = 17*time.Hour + 13*time.Minute // between two opening instants of readers that are tried less densely
	maxMoved    = 6 * 24 * time.Hour            // that a last warning may push a deadline
)

// Verify proves of a policy, for any opening instant of the year that begins at
// from, what has to hold before it may go live. Each result is a claim, how
// often it was tried, and where it fails: the state or kind of turn, the instant
// and whose hours. A policy is sound when nothing is broken.
func Verify(p Policy, from clock.Instant) []check.Result {
	v := &verifier{policy: p, from: from}
	out := []check.Result{v.owners(), v.ladders(), v.warnings(), v.waysOut()}
	if !Sound(out) {
		return out // the year would only repeat it
	}
	claims, longest := v.year()
	return append(append(out, claims...), v.hold(longest))
}

// Sound tells whether nothing was found.
func Sound(rs []check.Result) bool {
	return !slices.ContainsFunc(rs, func(r check.Result) bool { return !r.OK() })
}

type verifier struct {
	policy Policy
	from   clock.Instant
}

// claim counts what was tried and keeps the first failures.
type claim struct {
	name  string
	tried int64
	bad   []string
	more  int
}

func (c *claim) try(ok bool, where string, args ...any) {
	c.tried++
	switch {
	case ok:
	case len(c.bad) < maxFailures:
		c.bad = append(c.bad, fmt.Sprintf(where, args...))
	default:
		c.more++
	}
}

func (c *claim) result() check.Result {
	if c.more > 0 {
		c.bad = append(c.bad, fmt.Sprintf("and %d more", c.more))
	}
	return check.Result{Name: c.name, Count: c.tried, Broken: c.bad}
}

// open are the states in which somebody owes something.
func open() []orders.State {
	return slices.DeleteFunc(orders.States(), func(s orders.State) bool { return !s.Open() })
}

// owners proves that in every open state somebody owes something by a time.
func (v *verifier) owners() check.Result {
	c := claim{name: "every open state has an owner and a deadline"}
	for _, s := range open() {
		t, _ := orders.TurnOf(s)
		l, ok := v.policy.Ladders[t.Owes]
		c.try(t.Who != "" && ok && !l.Within.IsZero(), "%s: nobody owes anything by a time", s)
		c.try(t.Aim.IsZero() || !l.Aim.IsZero(), "%s: nothing is promised before the deadline", s)
	}
	return c.result()
}

// ladders proves that whoever owes is reminded by something that reaches people
// who are not looking. A carrier reads no reminders: whoever waits for it is told.
func (v *verifier) ladders() check.Result {
	c := claim{name: "every turn is followed by somebody outside the app"}
	for _, k := range kinds {
		to := []string{ToOwner}
		switch k {
		case turn.Rule, turn.AnswerCase:
			to = []string{ToOperator}
		case turn.Deliver, turn.DeliverBack:
			to = []string{ToWaiter, ToOperator}
		}
		l := v.policy.Ladders[k]
		c.try(slices.ContainsFunc(l.Steps, func(s Step) bool {
			return slices.Contains(to, s.To) && slices.ContainsFunc(s.By, func(b string) bool { return b != "app" })
		}), "%s: no step leaves the app to %s (line %d)", k, strings.Join(to, " or "), l.Line)
	}
	return c.result()
}

// warnings proves that no deadline costs somebody without a last warning that
// leaves the app and comes at least a waking day before.
func (v *verifier) warnings() check.Result {
	c := claim{name: "every costly deadline has a last warning a waking day before"}
	for _, s := range open() {
		t, _ := orders.TurnOf(s)
		if !t.Costly {
			continue
		}
		l := v.policy.Ladders[t.Owes]
		w, ok := l.Warning()
		c.try(ok && w.To == ToOwner && slices.ContainsFunc(w.By, func(b string) bool { return b != "app" }),
			"%s: %s has no last warning outside the app (line %d)", s, t.Owes, l.Line)
		c.try(!ok || w.When != Before || w.Waking >= WarningLead,
			"%s: the last warning of %s leaves less than %s (line %d)", s, t.Owes, WarningLead, w.Line)
	}
	return c.result()
}

// waysOut proves that the clock alone ends every trade.
func (v *verifier) waysOut() check.Result {
	c := claim{name: "from every open state the clock alone leads to an end"}
	for _, s := range open() {
		path, at := []orders.State{s}, s
		for at.Open() && len(path) <= len(orders.States()) {
			t, _ := orders.TurnOf(at)
			next := orders.Leads(at, t.Else, orders.Clock)
			if len(next) == 0 {
				break
			}
			at = next[len(next)-1] // the rule without a condition comes last
			path = append(path, at)
		}
		c.try(!at.Open(), "%s: no way out along %v", s, path)
	}
	return c.result()
}

// zoned are whose hours a turn is tried with.
type zoned struct {
	name string
	calendar.Quiet
	every time.Duration
}

// everybodys are the hours that are tried: those of most, of people far away,
// of those who sleep little and who sleep as long as one may say.
func everybodys() []zoned {
	at := func(zone string, from, until int64) calendar.Quiet {
		return calendar.Quiet{From: from * 60, Until: until * 60, Zone: clock.Zone(zone)}
	}
	return []zoned{
		{"21–8 in Helsinki", calendar.Night(), time.Hour},
		{"no quiet hours in Helsinki", at("Europe/Helsinki", 0, 0), everyOther},
		{"18–8 in Helsinki", at("Europe/Helsinki", 18, 8), everyOther},
		{"21–8 on Kiritimati", at("Pacific/Kiritimati", 21, 8), everyOther},
		{"22–7 on Lord Howe", at("Australia/Lord_Howe", 22, 7), everyOther},
		{"9–17 in St. John's", at("America/St_Johns", 9, 17), everyOther},
	}
}

// year tries every opening instant of a year.
func (v *verifier) year() ([]check.Result, map[turn.Kind]time.Duration) {
	all, wg := make([]*trial, len(everybodys())), sync.WaitGroup{}
	for i, h := range everybodys() {
		wg.Go(func() {
			all[i] = newTrial()
			for at := v.from; at.Before(v.from.Add(366 * 24 * time.Hour)); at = at.Add(h.every) {
				for _, k := range kinds {
					all[i].ladder(v.policy.Ladders[k], h, at)
				}
			}
		})
	}
	wg.Wait()
	var out []check.Result
	for n := range all[0].claims() {
		sum := claim{name: all[0].claims()[n].name}
		for _, t := range all {
			c := t.claims()[n]
			sum.tried, sum.more = sum.tried+c.tried, sum.more+c.more
			sum.bad = append(sum.bad, c.bad...)
		}
		if len(sum.bad) > maxFailures {
			sum.more += len(sum.bad) - maxFailures
			sum.bad = sum.bad[:maxFailures]
		}
		out = append(out, sum.result())
	}
	longest := map[turn.Kind]time.Duration{}
	for _, t := range all {
		for k, d := range t.least {
			longest[k] = max(longest[k], d)
		}
	}
	return out, longest
}

// hold proves that no trade outlives the payment's hold, however late everybody
// moves, once it is so old that each turn gets only its least time. What an
// operator adds by hand is theirs to answer for.
func (v *verifier) hold(longest map[turn.Kind]time.Duration) check.Result {
	c := claim{name: "no path is longer than the payment can be held"}
	for _, s := range open() {
		if s == orders.PendingPayment {
			continue
		}
		rest, path := slowest(s, longest, nil)
		c.try(orders.LateAfter+rest <= orders.MaxHold, "%s: %.0f days after the payment along %v", s, (orders.LateAfter+rest).Hours()/24, path)
	}
	return c.result()
}

// slowest is the longest way from a state to an end that comes to no state
// twice.
func slowest(s orders.State, longest map[turn.Kind]time.Duration, been []orders.State) (time.Duration, []orders.State) {
	t, open := orders.TurnOf(s)
	been = append(slices.Clone(been), s)
	if !open {
		return 0, been
	}
	here := max(longest[t.Owes], orders.LeastTime)
	if t.Costly {
		here += orders.LeastTime // nobody was reached: it passes to an operator
	}
	var worst time.Duration
	path := been
	for _, next := range orders.Successors(s) {
		if slices.Contains(been, next) {
			continue
		}
		if d, p := slowest(next, longest, been); d >= worst {
			worst, path = d, p
		}
	}
	return here + worst, path
}

// trial is the claims that are tried at every instant.
type trial struct {
	awake, inside, warned, moved, told claim
	least                              map[turn.Kind]time.Duration // the longest that the shortest turn of a kind takes
}

func newTrial() *trial {
	return &trial{
		least:  map[turn.Kind]time.Duration{},
		awake:  claim{name: "no reminder comes in anybody's quiet hours"},
		inside: claim{name: "no reminder comes before its turn or after its deadline"},
		warned: claim{name: "the last warning leaves 24 waking hours"},
		moved:  claim{name: "no deadline moves by more than six days"},
		told:   claim{name: "whoever owes hears of it at least once before the deadline"},
	}
}

func (t *trial) claims() []*claim { return []*claim{&t.awake, &t.inside, &t.warned, &t.moved, &t.told} }

// dates are what a carrier may have said: nothing, a short hold, a long one.
func dates(l Ladder, at clock.Instant) []orders.Dates {
	if l.Within.Base == orders.FromNow {
		return []orders.Dates{{}}
	}
	day := 24 * time.Hour
	return []orders.Dates{{}, {Estimate: at.Add(day), Hold: at.Add(day)}, {Estimate: at.Add(9 * day), Hold: at.Add(14 * day)}}
}

// ladder tries one opening instant for one reader.
func (t *trial) ladder(l Ladder, h zoned, at clock.Instant) {
	terms := []orders.Term{l.Within}
	if !l.Offered.IsZero() {
		terms = append(terms, l.Offered)
	}
	people := People{Owner: Reader{Quiet: h.Quiet}, Waiter: Reader{Quiet: calendar.Night()}}
	short := turn.Turn{Kind: l.Kind, OpenedAt: at, DueAt: at.Add(orders.LeastTime)}
	t.least[l.Kind] = max(t.least[l.Kind], l.Fit(short, people).Sub(at))
	for _, term := range terms {
		for _, d := range dates(l, at) {
			x := turn.Turn{Kind: l.Kind, OpenedAt: at, DueAt: term.EndFor(at, d, h.Quiet)}
			if !l.Aim.IsZero() {
				x.AimAt = l.Aim.EndFor(at, d, h.Quiet)
			}
			t.one(l, h, x, people)
		}
	}
}

func (t *trial) one(l Ladder, h zoned, x turn.Turn, people People) {
	where := func(what string) (string, []any) {
		return "%s opened %s, %s: %s", []any{l.Kind, x.OpenedAt.Time().UTC().Format(time.RFC3339), h.name, what}
	}
	try := func(c *claim, ok bool, what string) {
		if ok {
			c.tried++
			return
		}
		format, args := where(what)
		c.try(false, format, args...)
	}
	wanted := x.DueAt
	x.DueAt = l.Fit(x, people)
	try(&t.moved, x.DueAt.Sub(wanted) <= maxMoved, "the deadline moves by "+x.DueAt.Sub(wanted).String())
	heard := false
	for _, s := range l.Plan(x, people) {
		q := people.of(s.To).Quiet
		try(&t.awake, !q.Asleep(s.At), s.Name+" comes at "+s.At.Time().UTC().Format(time.RFC3339))
		try(&t.inside, !s.At.Before(x.OpenedAt) && s.At.Before(x.DueAt), s.Name+" comes at "+s.At.Time().UTC().Format(time.RFC3339))
		if s.Warning {
			left := calendar.Waking(s.At, x.DueAt, q)
			try(&t.warned, left >= WarningLead, "the last warning leaves "+left.String())
		}
		heard = heard || s.To == ToOwner || s.To == ToOperator
	}
	if _, warned := l.Warning(); warned {
		try(&t.told, heard, "nobody is reminded")
	}
}
