package nudges

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s: %.5f, not %.5f", what, got, want)
	}
}

// The intervals are those of the papers they come from.
func TestIntervalsAgreeWithTheLiterature(t *testing.T) {
	t.Parallel()
	low, high := Share{81, 263}.Interval() // Newcombe 1998a, table I: 0.2553, 0.3662
	near(t, "Wilson low", low, 0.2553, 0.00005)
	near(t, "Wilson high", high, 0.3662, 0.00005)
	e := Share{56, 70}.minus(Share{48, 80}) // Newcombe 1998b, table II, method 10: 0.0524, 0.3339
	near(t, "Newcombe low", e.Low, 0.0524, 0.00005)
	near(t, "Newcombe high", e.High, 0.3339, 0.00005)
	if !e.Clear() {
		t.Error("a difference that leaves out zero is no finding")
	}
	if e := (Share{10, 10}).minus(Share{0, 20}); e.Low < 0.5 || e.High > 1 { // method 10: 0.6791, 1.0000
		t.Errorf("at the ends: %+v", e)
	}
}

// Few cases are no finding, however clear they look.
func TestFewCasesAreNoFinding(t *testing.T) {
	t.Parallel()
	few := sums{N: leastGroup - 1, Sum: 9, Sq: 9}
	many := sums{N: 100, Sum: 9_000, Sq: 810_100}
	for name, e := range map[string]Estimate{
		"shares": Share{9, 9}.minus(Share{0, 1000}), "means": many.minus(few), "medians": spread{1, 2, 3}.minus(make(spread, 50)),
	} {
		if e.Enough || e.Clear() {
			t.Errorf("%s: %+v", name, e)
		}
	}
	never := spread{}
	for range 40 {
		never = append(never, math.Inf(1))
	}
	if e := never.minus(make(spread, 50)); e.Enough {
		t.Errorf("those who never act have a median: %+v", e)
	}
}

// Of many experiments whose truth is known, about 95 of 100 intervals hold it.
func TestIntervalsCover(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 11))
	const rounds = 2_000
	hits := map[string]int{}
	for range rounds {
		var a, b sums
		var sa, sb spread
		pa, pb := Share{N: 60}, Share{N: 200}
		for range 60 {
			h := rnd.ExpFloat64() * 20
			a, sa = sums{a.N + 1, a.Sum + h, a.Sq + h*h}, append(sa, h)
			if rnd.Float64() < 0.6 {
				pa.K++
			}
		}
		for range 200 {
			h := rnd.ExpFloat64() * 10
			b, sb = sums{b.N + 1, b.Sum + h, b.Sq + h*h}, append(sb, h)
			if rnd.Float64() < 0.5 {
				pb.K++
			}
		}
		for name, c := range map[string]struct {
			e     Estimate
			truth float64
		}{
			"means": {a.minus(b), 10}, "medians": {sorted(sa).minus(sorted(sb)), 10 * math.Ln2}, "shares": {pa.minus(pb), 0.1},
		} {
			if c.e.Enough && c.e.Low <= c.truth && c.truth <= c.e.High {
				hits[name]++
			}
		}
	}
	for name, n := range hits {
		if share := float64(n) / rounds; share < 0.925 || share > 0.98 {
			t.Errorf("%s: %.3f of the intervals hold the truth", name, share)
		}
	}
	if len(hits) != 3 {
		t.Errorf("measured %v", hits)
	}
}
