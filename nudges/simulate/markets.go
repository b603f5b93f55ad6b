package simulate

import "slices"

// MarketTrades is how many trades one market has at the most. A simulation of
// more is several markets of the same kind that know nothing of each other: they
// run side by side, and what goes wrong in one is shown again by that one alone.
const MarketTrades = 1000

// Markets are the simulations that o is made of, each with people of its own. The
// first has the seed of o.
func (o Options) Markets() []Options {
	n := (o.Orders + MarketTrades - 1) / MarketTrades
	all := make([]Options, n)
	for i := range all {
		all[i] = o
		all[i].Orders = o.Orders*(i+1)/n - o.Orders*i/n
		if i > 0 {
			all[i].Seed = mix(o.Seed ^ mix(uint64(i)))
		}
	}
	return all
}

// Raw is what the figures of several markets are made of, where the figures of
// each do not say enough.
type Raw struct {
	Hours [][]float64 `json:"hours"` // as in ByKind: of each trade, from paid to the end
	Pairs []Pairs     `json:"pairs"` // as in Effect
}

// Pairs sums up what was found in two worlds about the same trades.
type Pairs struct {
	N       int     `json:"n"`
	With    float64 `json:"with"`
	Without float64 `json:"without"`
	Diff    float64 `json:"diff"`
	Squares float64 `json:"squares"` // of the differences
}

func (p *Pairs) add(with, without float64) {
	d := with - without
	p.N, p.With, p.Without, p.Diff, p.Squares = p.N+1, p.With+with, p.Without+without, p.Diff+d, p.Squares+d*d
}

// Merge is the report of all markets of o, from that of each in their order, with
// Raw. Of failures it keeps the first ones.
func Merge(o Options, parts []*Report) *Report {
	all := &Report{Orders: o.Orders, Days: o.Days, Seed: o.Seed, Faults: o.Faults, Policy: parts[0].Policy, Command: o.Command()}
	hours := make([][]float64, len(parts[0].ByKind))
	var pairs []Pairs
	for _, p := range parts {
		all.Steps, all.Jobs, all.Commits, all.Broken = all.Steps+p.Steps, all.Jobs+p.Jobs, all.Commits+p.Commits, all.Broken+p.Broken
		all.Trouble, all.Ends, all.Letters = addCounts(all.Trouble, p.Trouble), addCounts(all.Ends, p.Ends), addCounts(all.Letters, p.Letters)
		all.Answers = addCounts(all.Answers, p.Answers)
		all.Refusals, all.Mishaps = addCounts(all.Refusals, p.Refusals), addCounts(all.Mishaps, p.Mishaps)
		all.Reminders = addUp(all.Reminders, p.Reminders, sameReminder, func(to *Reminder, r Reminder) { to.N += r.N })
		all.Invariants = addUp(all.Invariants, p.Invariants, sameInvariant, func(to *Looked, l Looked) { to.N, to.Broken = to.N+l.N, to.Broken+l.Broken })
		all.ByKind = addUp(all.ByKind, p.ByKind, sameKind, func(to *ByKind, k ByKind) { to.Trades, to.Completed = to.Trades+k.Trades, to.Completed+k.Completed })
		all.Failures = append(all.Failures, p.Failures...)
		for i, h := range p.Raw.Hours {
			hours[i] = append(hours[i], h...)
		}
		pairs = addPairs(pairs, p.Raw.Pairs)
	}
	slices.SortFunc(all.Ends, byName)
	slices.SortFunc(all.Letters, byName)
	slices.SortFunc(all.Answers, byName)
	slices.SortFunc(all.Refusals, byName)
	slices.SortFunc(all.Mishaps, byName)
	slices.SortFunc(all.Reminders, byStep)
	all.Failures = all.Failures[:min(len(all.Failures), maxFailures)]
	for i := range all.ByKind {
		all.ByKind[i].Hours = round(median(hours[i]))
	}
	if len(pairs) > 0 {
		all.Effect = effects(pairs)
	}
	return all
}

// addUp adds rows to those that are the same but for their numbers; the others
// come last.
func addUp[T any](to, rows []T, same func(a, b T) bool, add func(to *T, row T)) []T {
	for _, row := range rows {
		i := slices.IndexFunc(to, func(x T) bool { return same(x, row) })
		if i < 0 {
			to = append(to, row)
			continue
		}
		add(&to[i], row)
	}
	return to
}

func addCounts(to, rows []Counted) []Counted {
	if to == nil {
		to = []Counted{}
	}
	return addUp(to, rows, func(a, b Counted) bool { return a.Name == b.Name }, func(to *Counted, c Counted) { to.N += c.N })
}

func addPairs(to, ps []Pairs) []Pairs {
	if to == nil {
		return slices.Clone(ps)
	}
	for i, p := range ps {
		to[i] = Pairs{to[i].N + p.N, to[i].With + p.With, to[i].Without + p.Without, to[i].Diff + p.Diff, to[i].Squares + p.Squares}
	}
	return to
}

func sameReminder(a, b Reminder) bool { a.N, b.N = 0, 0; return a == b }
func sameInvariant(a, b Looked) bool  { return a.Name == b.Name }
func sameKind(a, b ByKind) bool       { return a.Kind == b.Kind && a.Role == b.Role }
func byName(a, b Counted) int         { return compare(a.Name, b.Name) }
