package simulate

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/kierto/kierto/orders"
)

// Report is what came of a simulation. It holds nothing that depends on the
// machine it ran on.
type Report struct {
	Orders     int        `json:"orders"`
	Days       int        `json:"days"`
	Seed       uint64     `json:"seed"`
	Faults     bool       `json:"faults"`
	Policy     string     `json:"policy"`
	Command    string     `json:"command"`
	Steps      int        `json:"steps"`
	Jobs       int        `json:"jobs"`
	Commits    uint64     `json:"commits,omitempty"`
	Trouble    []Counted  `json:"trouble"`
	Ends       []Counted  `json:"ends"`
	ByKind     []ByKind   `json:"by_kind"`
	Reminders  []Reminder `json:"reminders"`
	Letters    []Counted  `json:"letters"`
	Answers    []Counted  `json:"answers"`
	Effect     []Effect   `json:"effect,omitempty"`
	Invariants []Looked   `json:"invariants"`
	Failures   []Failure  `json:"failures,omitempty"`
	Broken     int64      `json:"broken"`
	Refusals   []Counted  `json:"refusals"`
	Mishaps    []Counted  `json:"mishaps"`
	Raw        *Raw       `json:"raw,omitempty"` // of one of several markets
}

// Counted is how often something happened.
type Counted struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// ByKind is how trades ended by the kind of their seller or buyer.
type ByKind struct {
	Kind      Kind    `json:"kind"`
	Role      string  `json:"role"` // "seller" or "buyer"
	Trades    int     `json:"trades"`
	Completed int     `json:"completed"`
	Hours     float64 `json:"median_hours"` // from paid to the end
}

// Reminder is how often a step was taken, and what became of it.
type Reminder struct {
	Turn    string `json:"turn"`
	Step    string `json:"step"`
	Verdict string `json:"verdict"`
	N       int    `json:"n"`
}

// Looked is how often an invariant was looked at, and found broken.
type Looked struct {
	Name   string `json:"name"`
	N      int64  `json:"n"`
	Broken int64  `json:"broken"`
}

// Effect is the difference that reminders made: the mean over all trades that
// were paid for in both worlds, with a 95 % interval.
type Effect struct {
	What    string  `json:"what"`
	With    float64 `json:"with"`
	Without float64 `json:"without"`
	Diff    float64 `json:"difference"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Trades  int     `json:"trades"`
}

// OK tells whether every invariant held.
func (r *Report) OK() bool { return r.Broken == 0 }

// report is what came of one policy.
func (w *world) sum(o Options) *Report {
	r := &Report{
		Orders: o.Orders, Days: o.Days, Seed: o.Seed, Faults: o.Faults, Policy: w.policy.Version, Command: o.Command(),
		Steps: w.steps, Jobs: w.jobsRan, Commits: w.commits, Failures: w.failures,
		Refusals: counted(w.refusals), Mishaps: counted(w.mishaps),
		Trouble: []Counted{
			{"deaths of the process", w.deaths}, {"jobs lost", w.lost}, {"jobs late", w.late}, {"jobs doubled", w.twice},
			{"sweeps skipped", w.skipped}, {"jumps of the clock", w.jumps},
		},
	}
	for i := range invariants {
		r.Invariants = append(r.Invariants, Looked{i.String(), w.looked[i], w.breaks[i]})
		r.Broken += w.breaks[i]
	}
	ends := map[string]int{}
	for _, t := range w.trades {
		end := "never begun"
		if t.order != "" {
			end = string(t.state)
		}
		ends[end]++
	}
	r.Ends = counted(ends)
	r.Raw = &Raw{}
	w.byKind(r, "seller", func(t *trade) *person { return t.seller })
	w.byKind(r, "buyer", func(t *trade) *person { return t.buyer })
	r.Reminders, r.Letters, r.Answers = w.reminders(), w.sentBy(), counted(w.answers)
	return r
}

// counted is a count by name, in the order of the names.
func counted(m map[string]int) []Counted {
	out := []Counted{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Counted{name, m[name]})
	}
	return out
}

// byKind adds how trades ended by the kind of one of their two.
func (w *world) byKind(r *Report, role string, who func(*trade) *person) {
	for _, h := range habits {
		b := ByKind{Kind: h.kind, Role: role}
		var hours []float64
		for _, t := range w.trades {
			if who(t).habit.kind != h.kind || t.paid.IsZero() {
				continue
			}
			b.Trades++
			if t.state == orders.Completed {
				b.Completed++
			}
			hours = append(hours, t.hours())
		}
		b.Hours = round(median(hours))
		r.ByKind, r.Raw.Hours = append(r.ByKind, b), append(r.Raw.Hours, hours)
	}
}

// hours is how long a trade lasted from payment to its end.
func (t *trade) hours() float64 { return t.closed.Sub(t.paid).Hours() }

func (w *world) reminders() []Reminder {
	by := map[Reminder]int{}
	for id, ns := range w.nudges {
		for _, n := range ns {
			by[Reminder{Turn: string(w.turn[id].Kind), Step: n.Step, Verdict: n.Verdict}]++
		}
	}
	out := []Reminder{}
	for r, n := range by {
		r.N = n
		out = append(out, r)
	}
	slices.SortFunc(out, byStep)
	return out
}

func byStep(a, b Reminder) int {
	return compare(a.Turn+" "+a.Step+" "+a.Verdict, b.Turn+" "+b.Step+" "+b.Verdict)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sentBy counts messages about turns by channel and what became of them.
func (w *world) sentBy() []Counted {
	by := map[string]int{}
	for _, d := range w.letterBy {
		state := string(d.State)
		if d.State == "sent" && !d.ReachedAt.IsZero() {
			state = "sent, reported"
		}
		by[d.Channel+", "+state]++
	}
	return counted(by)
}

// compare adds the difference to a world in which nobody was reminded.
func (r *Report) compare(with, without *world) {
	var lasted, done, fine Pairs
	for i, a := range with.trades {
		b := without.trades[i]
		if a.paid.IsZero() || b.paid.IsZero() || a.closed.IsZero() || b.closed.IsZero() {
			continue
		}
		lasted.add(a.hours(), b.hours())
		done.add(yes(a.state == orders.Completed), yes(b.state == orders.Completed))
		if a.state == orders.Completed && b.state == orders.Completed {
			fine.add(a.hours(), b.hours())
		}
	}
	r.Raw.Pairs = []Pairs{lasted, fine, done}
	r.Effect = effects(r.Raw.Pairs)
	r.Broken += without.total()
	r.Steps, r.Jobs = r.Steps+without.steps, r.Jobs+without.jobsRan
	r.Failures = append(r.Failures, without.failures...)
}

func (w *world) total() (n int64) {
	for _, b := range w.breaks {
		n += b
	}
	return n
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// effects are the differences, of Raw's pairs.
func effects(ps []Pairs) []Effect {
	return []Effect{
		ps[0].effect("hours from payment to the end, a trade", 1),
		ps[1].effect("the same of trades completed in both", 1),
		ps[2].effect("completed, % of trades paid for", 100),
	}
}

// effect is the paired difference of two worlds, with a 95 % interval: the
// normal one, since there are many trades and few extremes.
func (p Pairs) effect(what string, unit float64) Effect {
	e := Effect{What: what, Trades: p.N}
	if p.N < 2 {
		return e
	}
	n := float64(p.N)
	mean := p.Diff / n
	half := 1.96 * math.Sqrt((p.Squares-n*mean*mean)/(n-1)/n)
	e.With, e.Without, e.Diff = round(unit*p.With/n), round(unit*p.Without/n), round(unit*mean)
	e.Low, e.High = round(unit*(mean-half)), round(unit*(mean+half))
	return e
}

// round leaves one digit after the point.
func round(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 1, 64), 64)
	if err != nil || y == 0 {
		return 0 // also for -0
	}
	return y
}

func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return xs[len(xs)/2]
}
