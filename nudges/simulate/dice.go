package simulate

import (
	"math"
	"time"
)

// What dice are thrown for. Each decision has its own, so that one more or one
// less throw anywhere changes nothing elsewhere: two policies meet the same
// people, parcels and accidents.
const (
	forPerson uint64 = iota + 1
	forTrade
	forSelf
	forReading
	forReply
	forDeed
	forLetter
	forBank
	forPost
	forNode
	forJob
	forCommit
	forClock
	forVisit
	forStaff
	forForward
)

// dice are random numbers that depend on nothing but the seed and what they are
// thrown for.
type dice uint64

// mix is splitmix64: neighbouring numbers become unrelated ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// of are the dice for something in particular.
func (d dice) of(what ...uint64) dice {
	x := uint64(d)
	for _, w := range what {
		x = mix(x ^ mix(w))
	}
	return dice(x)
}

// text makes a number of a word, to throw dice for it.
func text(s string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// float is a number from 0 up to 1, another for each n.
func (d dice) float(n uint64) float64 { return float64(uint64(d.of(n))>>11) / (1 << 53) }

// chance is true with a probability of p.
func (d dice) chance(n uint64, p float64) bool { return d.float(n) < p }

// below is a whole number from 0 up to but without limit.
func (d dice) below(n uint64, limit int) int { return int(d.float(n) * float64(limit)) }

// after is a time to wait that is mean on average, seldom much longer, and at
// most ten times that.
func (d dice) after(n uint64, mean time.Duration) time.Duration {
	x := -math.Log(1-d.float(n)) * float64(mean)
	return time.Duration(math.Min(x, 10*float64(mean))).Truncate(time.Millisecond)
}

// between is a time to wait from least to most.
func (d dice) between(n uint64, least, most time.Duration) time.Duration {
	return (least + time.Duration(d.float(n)*float64(most-least))).Truncate(time.Millisecond)
}

// Read fills b, for ids. Each Read goes on where the last ended.
func (d *dice) Read(b []byte) (int, error) {
	var x uint64
	for i := range b {
		if i%8 == 0 {
			*d = dice(mix(uint64(*d)))
			x = uint64(*d)
		}
		b[i] = byte(x)
		x >>= 8
	}
	return len(b), nil
}
