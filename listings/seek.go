package listings

import (
	"context"
	"slices"

	"github.com/kierto/kierto/internal/db"
)

// Bounds of one search, so that any words cost about the same. What lies beyond
// them is on the next page.
const (
	seekSets  = 1_024 // sets read
	seekLooks = 1_000 // listings compared with the words
	seekPrice = 500   // the same when finds are sorted by price
	seekCount = 500   // finds counted; beyond them it is "500+"

	maxPieces  = 16  // pieces a search asks the index for; the rest is compared
	deepest    = 4   // pieces of one word among them
	groupMost  = 16  // blocks read at a time
	setCost    = 2   // comparing this many listings takes as long as reading a set
	smallLooks = 64  // listings compared at a time: first, so that a full page is soon there,
	largeLooks = 256 // and later
)

// seeker looks through the index for words, from the newest listing to the
// oldest.
type seeker struct {
	q     db.Queryer
	plan  plan
	ask   [][][]string // for each word, for each alternative: the pieces it must hold
	all   []string     // the same pieces, without doubles
	below int64        // it goes on before this seq
	floor int64        // and not beyond this one
	sets  int          // sets it may still read
	looks int          // listings it may still compare
	found []int64      // named by the index and not compared yet, newest first
	group int64        // blocks read next time
}

// newSeeker begins a search in [floor, below).
func newSeeker(ctx context.Context, q db.Queryer, p plan, floor, below int64) (*seeker, error) {
	last, err := lastSeq(ctx, q)
	if err != nil {
		return nil, err
	}
	s := &seeker{q: q, plan: p, floor: max(floor, p.newer+1, 1), below: min(below, last+1), sets: p.sets, looks: p.looks, group: 1}
	if p.newest > 0 {
		s.below = min(s.below, p.newest+1)
	}
	return s, s.choose(ctx)
}

// choose decides which pieces to ask for: those of the rarest words, by what
// the newest blocks hold. Any choice is right, since finds are compared.
func (s *seeker) choose(ctx context.Context) error {
	var words [][][]string
	var every []string
	for _, t := range s.plan.terms {
		alts := t.alts
		if t.short != "" {
			alts = []string{" " + t.short}
		}
		word := make([][]string, len(alts))
		for i, a := range alts {
			word[i] = piecesIn(a)
			every = append(every, word[i]...)
		}
		if !slices.ContainsFunc(word, func(p []string) bool { return len(p) == 0 }) {
			words = append(words, word)
		}
	}
	slices.Sort(every)
	every = slices.Compact(every)
	if len(every) == 0 {
		return nil
	}
	top := blockOf(max(s.below-1, 0))
	size, err := sizesOf(ctx, s.q, []int64{top, top - 1}, every)
	if err != nil {
		return err
	}
	rarest(words, size)
	s.take(words, size)
	return nil
}

// rarest sorts the pieces of each alternative and then the words.
func rarest(words [][][]string, size map[string]int) {
	rank := func(word [][]string) (n int) {
		for _, pieces := range word {
			n += size[pieces[0]]
		}
		return n
	}
	for _, word := range words {
		for _, pieces := range word {
			slices.SortStableFunc(pieces, func(a, b string) int { return size[a] - size[b] })
		}
	}
	slices.SortStableFunc(words, func(a, b [][]string) int { return rank(a) - rank(b) })
}

// take keeps the rarest piece of each alternative of the rarest words, then
// their second rarest, and so on while there is room and it is worth it.
func (s *seeker) take(words [][][]string, size map[string]int) {
	expected := float64(blockSize)
	depth := make([]int, len(words))
	for d := 1; d <= deepest; d++ {
		for i, word := range words {
			n, share := 0, 0.0
			for _, pieces := range word {
				if len(pieces) >= d {
					n++
				}
				share += float64(size[pieces[0]]) / (2 * blockSize) // of two blocks
			}
			spared := expected * max(0, 1-share)
			if d > 1 { // pieces of one word mostly go together
				spared = expected / 2
			}
			if n == 0 || len(s.all) > 0 && (len(s.all)+n > maxPieces || spared < float64(setCost*n)) {
				continue
			}
			depth[i] = d
			if d == 1 {
				expected *= min(1, share)
			}
			for _, pieces := range word {
				if len(pieces) >= d && !slices.Contains(s.all, pieces[d-1]) {
					s.all = append(s.all, pieces[d-1])
				}
			}
		}
	}
	for i, word := range words {
		if depth[i] == 0 {
			continue
		}
		ask := make([][]string, len(word))
		for k, pieces := range word {
			ask[k] = pieces[:min(depth[i], len(pieces))]
		}
		s.ask = append(s.ask, ask)
	}
}

// more reads what the next blocks hold into found. It returns false at the end
// of the index or of what one search may read.
func (s *seeker) more(ctx context.Context) (bool, error) {
	if s.below <= s.floor || s.sets <= 0 {
		return false, nil
	}
	top := blockOf(s.below - 1)
	n := min(s.group, int64(max(1, s.sets/max(1, len(s.all)))), top-blockOf(s.floor)+1)
	low := max(s.floor, (top-n+1)*blockSize)
	s.sets -= int(n) * max(1, len(s.all))
	s.group = min(groupMost, 4*s.group)
	late, err := waiting(ctx, s.q, low, s.below, s.plan.looks) // asked for first: meanwhile the sets may take them in
	if err != nil {
		return false, err
	}
	named, err := s.named(ctx, top, n)
	if err != nil {
		return false, err
	}
	if len(late) == s.plan.looks { // there may be more of them below
		low = late[len(late)-1].Seq
	}
	for _, w := range late {
		if named[blockOf(w.Seq)] == nil {
			named[blockOf(w.Seq)] = new(set)
		}
		named[blockOf(w.Seq)].put(int(w.Seq % blockSize))
	}
	for block := top; block > top-n; block-- {
		if in := named[block]; in != nil {
			s.found = append(s.found, in.down(block, s.below, low)...)
		}
	}
	s.below = low
	return true, nil
}

// named is what the index names in n blocks from top down.
func (s *seeker) named(ctx context.Context, top, n int64) (map[int64]*set, error) {
	pieces := s.all
	if len(pieces) == 0 {
		pieces = []string{everything}
	}
	blocks := make([]int64, n)
	for i := range blocks {
		blocks[i] = top - int64(i)
	}
	rows, err := setsOf(ctx, s.q, blocks, pieces)
	if err != nil {
		return nil, err
	}
	held := map[int64]map[string][]byte{}
	for _, r := range rows {
		if held[r.Block] == nil {
			held[r.Block] = map[string][]byte{}
		}
		held[r.Block][r.Piece] = r.Bits
	}
	out := map[int64]*set{}
	for block, has := range held {
		if in := meet(s.ask, has); in != nil {
			out[block] = in
		}
	}
	return out, nil
}

// meet is what all words have in common, in one block; nil is nothing.
func meet(ask [][][]string, has map[string][]byte) *set {
	all := new(set)
	all.unpack(has[everything])
	for i, word := range ask {
		any := new(set)
		for _, pieces := range word {
			one := new(set)
			one.unpack(has[pieces[0]])
			for _, p := range pieces[1:] {
				other := new(set)
				other.unpack(has[p])
				one.and(other)
			}
			any.or(one)
		}
		if i == 0 {
			all = any
		} else {
			all.and(any)
		}
	}
	if all.len() == 0 {
		return nil
	}
	return all
}

// next are the seqs to compare with the words next, at most n of them; none at
// the end.
func (s *seeker) next(ctx context.Context, n int) ([]int64, error) {
	n = min(n, s.looks)
	for len(s.found) < n {
		more, err := s.more(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	n = min(n, len(s.found))
	seqs := s.found[:n]
	s.found = s.found[n:]
	s.looks -= n
	return seqs, nil
}

// end is the seq from which on everything was looked at, and 0 when there is
// nothing below it.
func (s *seeker) end() int64 {
	switch {
	case len(s.found) > 0:
		return s.found[0] + 1
	case s.below > s.floor:
		return s.below
	}
	return 0
}
