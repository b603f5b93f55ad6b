package nudges

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is how much one group differs from another, with its 95 % interval.
type Estimate struct {
	Value, Low, High float64
	Enough           bool // both groups are large enough to say anything
}

// Clear tells whether the interval leaves out zero: only then is it a finding.
func (e Estimate) Clear() bool { return e.Enough && (e.Low > 0 || e.High < 0) }

// leastGroup is the smallest group that is compared with another.
const leastGroup = 10

// z95 is the standard normal's 97.5 % quantile.
var z95 = distuv.UnitNormal.Quantile(0.975)

// Share is k of n.
type Share struct{ K, N int }

// Of is the share as a number; 0 of nothing.
func (s Share) Of() float64 {
	if s.N == 0 {
		return 0
	}
	return float64(s.K) / float64(s.N)
}

// Interval is the share's 95 % interval by Wilson's score (1927).
func (s Share) Interval() (low, high float64) {
	if s.N == 0 {
		return 0, 1
	}
	n, p, zz := float64(s.N), s.Of(), z95*z95
	mid := (p + zz/(2*n)) / (1 + zz/n)
	half := z95 / (1 + zz/n) * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// minus is a – b, by Newcombe's hybrid score interval (Statistics in Medicine
// 17, 1998, method 10), which holds for small groups and shares near 0 and 1.
func (s Share) minus(b Share) Estimate {
	d := s.Of() - b.Of()
	al, ah := s.Interval()
	bl, bh := b.Interval()
	return Estimate{
		Value: d, Enough: s.N >= leastGroup && b.N >= leastGroup,
		Low:  d - math.Hypot(s.Of()-al, bh-b.Of()),
		High: d + math.Hypot(ah-s.Of(), b.Of()-bl),
	}
}

// sums are what a mean and its spread are made of.
type sums struct {
	N       int
	Sum, Sq float64
}

// Mean is the average; 0 of nothing.
func (s sums) Mean() float64 {
	if s.N == 0 {
		return 0
	}
	return s.Sum / float64(s.N)
}

// variance is the sample's.
func (s sums) variance() float64 {
	if s.N < 2 {
		return 0
	}
	n := float64(s.N)
	return max(0, (s.Sq-s.Sum*s.Sum/n)/(n-1))
}

// minus is a – b in the mean, by Welch's interval for groups of unlike spread.
func (s sums) minus(b sums) Estimate {
	e := Estimate{Value: s.Mean() - b.Mean()}
	if s.N < leastGroup || b.N < leastGroup {
		return e
	}
	va, vb := s.variance()/float64(s.N), b.variance()/float64(b.N)
	half := 0.0
	if va+vb > 0 {
		df := (va + vb) * (va + vb) / (va*va/float64(s.N-1) + vb*vb/float64(b.N-1))
		half = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(0.975) * math.Sqrt(va+vb)
	}
	e.Low, e.High, e.Enough = e.Value-half, e.Value+half, true
	return e
}

// spread is what was measured, in ascending order; +Inf stands for never.
type spread []float64

// Median is the middle; NaN of nothing.
func (s spread) Median() float64 {
	n := len(s)
	if n == 0 {
		return math.NaN()
	}
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// minus is a – b in the median, by the interval of Price and Bonett
// (Journal of Statistical Computation and Simulation 72, 2002), which asks
// nothing of the distribution. Where the middle of a group never acted there is
// nothing to compare.
func (s spread) minus(b spread) Estimate {
	e := Estimate{Value: s.Median() - b.Median()}
	va, oka := s.medianVariance()
	vb, okb := b.medianVariance()
	if !oka || !okb {
		return e
	}
	half := z95 * math.Sqrt(va+vb)
	e.Low, e.High, e.Enough = e.Value-half, e.Value+half, true
	return e
}

// medianVariance is how uncertain the median is, from the distance of two order
// statistics around it; false for too few.
func (s spread) medianVariance() (float64, bool) {
	n := len(s)
	if n < leastGroup {
		return 0, false
	}
	c := max(1, int(math.Round(float64(n+1)/2-math.Sqrt(float64(n)))))
	low, high := s[c-1], s[n-c]
	if math.IsInf(high, 1) {
		return 0, false
	}
	p := distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(c - 1))
	z := distuv.UnitNormal.Quantile(1 - p)
	d := (high - low) / (2 * z)
	return d * d, true
}

// sorted is xs as a spread.
func sorted(xs []float64) spread {
	slices.Sort(xs)
	return xs
}
