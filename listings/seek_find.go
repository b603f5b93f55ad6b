package listings

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/kierto/kierto/internal/db"
)

// findWords is find for a plan with words.
func findWords(ctx context.Context, q db.Queryer, p plan, from Cursor, limit int) (cards []Card, next Cursor, err error) {
	if p.price {
		return findCheapest(ctx, q, p, from, limit)
	}
	below := int64(math.MaxInt64)
	if from.Seq > 0 {
		below = from.Seq
	}
	s, err := newSeeker(ctx, q, p, 0, below)
	if err != nil {
		return nil, Cursor{}, err
	}
	if cards, err = read[Card](ctx, s, cardColumns, limit+1); err != nil {
		return nil, Cursor{}, err
	}
	slices.SortFunc(cards, func(a, b Card) int { return cmp.Compare(b.Seq, a.Seq) })
	if len(cards) <= limit {
		return cards, Cursor{Seq: s.end()}, nil
	}
	return cards[:limit], Cursor{Seq: cards[limit-1].Seq}, nil
}

// findCheapest sorts the newest finds by price, then those before them, and so
// on: the whole market cannot be sorted for one page. The cursor holds between
// which seqs the finds are sorted together, so that each is shown once.
func findCheapest(ctx context.Context, q db.Queryer, p plan, from Cursor, limit int) (cards []Card, next Cursor, err error) {
	below := int64(math.MaxInt64)
	if from.Below > 0 {
		below = from.Below
	}
	if from.Floor > 0 { // as much as the first page looked at, and what was edited since
		p.sets, p.looks = 2*p.sets, 2*p.looks
	}
	s, err := newSeeker(ctx, q, p, from.Floor, below)
	if err != nil {
		return nil, Cursor{}, err
	}
	below = s.below
	all, err := read[priced](ctx, s, `l.seq, l.price`, math.MaxInt)
	if err != nil {
		return nil, Cursor{}, err
	}
	floor := from.Floor
	if end := s.end(); end > 0 {
		floor = end
	}
	last := priced{from.Seq, from.Price}
	all = slices.DeleteFunc(all, func(f priced) bool { return f.compare(last) <= 0 })
	slices.SortFunc(all, priced.compare)
	if len(all) > limit {
		all = all[:limit]
		last = all[limit-1]
		next = Cursor{Seq: last.Seq, Price: last.Price, Floor: floor, Below: below}
	} else if floor > 0 {
		next.Below = floor
	}
	seqs := make([]int64, len(all))
	for i, f := range all {
		seqs[i] = f.Seq
	}
	if len(seqs) > 0 {
		err = pick(ctx, q, &cards, cardColumns, p, seqs, max(len(seqs), smallLooks))
	}
	slices.SortFunc(cards, func(a, b Card) int { return priced{a.Seq, a.PriceMinor}.compare(priced{b.Seq, b.PriceMinor}) })
	return cards, next, err
}

// priced is a find that is sorted by price.
type priced struct {
	Seq   int64 `db:"seq"`
	Price int64 `db:"price"`
}

func (p priced) compare(o priced) int {
	return cmp.Or(cmp.Compare(p.Price, o.Price), cmp.Compare(p.Seq, o.Seq))
}

// read is the next finds, in no order; limit or some more, or fewer at the end.
func read[T any](ctx context.Context, s *seeker, columns string, limit int) (all []T, err error) {
	for size := smallLooks; len(all) < limit; size = min(largeLooks, 2*size) {
		seqs, err := s.next(ctx, size)
		if err != nil || len(seqs) == 0 {
			return all, err
		}
		var some []T
		if err := pick(ctx, s.q, &some, columns, s.plan, seqs, size); err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// countWords is count for a plan with words.
func countWords(ctx context.Context, q db.Queryer, p plan) (n int, more bool, err error) {
	s, err := newSeeker(ctx, q, p, 0, math.MaxInt64)
	if err != nil {
		return 0, false, err
	}
	for n <= p.count {
		seqs, err := s.next(ctx, largeLooks)
		if err != nil {
			return 0, false, err
		}
		if len(seqs) == 0 {
			return n, s.end() > 0, nil
		}
		var some []int
		if err := pick(ctx, q, &some, `count(*)`, p, seqs, largeLooks); err != nil {
			return 0, false, err
		}
		n += some[0]
	}
	return p.count, true, nil
}
