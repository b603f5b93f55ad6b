package simulate

import (
	"reflect"
	"testing"
)

// part is what one market might have come to.
func part(n int) *Report {
	r := &Report{
		Orders: n, Days: 30, Seed: 1, Faults: true, Policy: "2026-11", Steps: n, Jobs: n, Commits: uint64(n), Broken: int64(n),
		Trouble: []Counted{{"deaths", n}}, Ends: []Counted{{"completed", n}}, Letters: []Counted{{"email, sent", n}},
		Answers: []Counted{{"tapped", n}}, Refusals: []Counted{{"buy", n}}, Mishaps: []Counted{{"sweep", n}},
		ByKind:     []ByKind{{Kind: "prompt", Role: "seller", Trades: n, Completed: n}},
		Reminders:  []Reminder{{"ship", "day", "sent", n}},
		Invariants: []Looked{{"money", int64(n), int64(n)}},
		Failures:   []Failure{{Invariant: "money", Replay: "kierto simulate"}},
		Raw:        &Raw{Hours: [][]float64{nil}},
	}
	var p Pairs
	for i := range n {
		r.Raw.Hours[0] = append(r.Raw.Hours[0], float64(i))
		p.add(float64(i), float64(2*i+n))
	}
	r.Raw.Pairs = []Pairs{p, p, p}
	r.Effect = effects(r.Raw.Pairs)
	return r
}

// Nothing that a market reports is lost when several are put together, and the
// figures are those of all trades.
func TestMarketsAddUp(t *testing.T) {
	o := Options{Orders: 7, Days: 30, Seed: 1, Faults: true}
	other := part(4)
	other.Ends = []Counted{{"cancelled", 2}, {"completed", 2}}
	all := Merge(o, []*Report{part(3), other})
	v := reflect.ValueOf(*all)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Raw" && v.Field(i).IsZero() {
			t.Errorf("%s is lost", name)
		}
	}
	if want := []Counted{{"cancelled", 2}, {"completed", 5}}; !reflect.DeepEqual(all.Ends, want) {
		t.Errorf("ends %v, want %v", all.Ends, want)
	}
	if all.Invariants[0] != (Looked{"money", 7, 7}) || all.Reminders[0].N != 7 || all.Broken != 7 || len(all.Failures) != 2 {
		t.Errorf("sums: %+v", all)
	}
	if k := all.ByKind[0]; k.Trades != 7 || k.Hours != 1 { // of 0 0 1 1 2 2 3
		t.Errorf("by kind: %+v", k)
	}
	var p Pairs
	for _, n := range []int{3, 4} {
		for i := range n {
			p.add(float64(i), float64(2*i+n))
		}
	}
	if want := effects([]Pairs{p, p, p}); !reflect.DeepEqual(all.Effect, want) {
		t.Errorf("effect %v, want %v", all.Effect, want)
	}
}

// A simulation is cut into markets that hold all of its trades and begin with
// different seeds; a small one stays what it is.
func TestMarketsHoldAllTrades(t *testing.T) {
	small := Options{Orders: MarketTrades, Seed: 7}
	if got := small.Markets(); len(got) != 1 || got[0] != small {
		t.Errorf("%v", got)
	}
	large := Options{Orders: 3*MarketTrades + 1, Seed: 7}
	n, seeds := 0, map[uint64]bool{}
	for _, m := range large.Markets() {
		if m.Orders > MarketTrades {
			t.Errorf("a market of %d", m.Orders)
		}
		n += m.Orders
		seeds[m.Seed] = true
	}
	if n != large.Orders || len(seeds) != 4 || !seeds[7] {
		t.Errorf("%d trades in all, seeds %v", n, seeds)
	}
}
