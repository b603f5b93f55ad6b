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
	if cards, err = s.cards(ctx, limit+1); err != nil {
		return nil, Cursor{}, err
	}
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
	if cards, err = s.cards(ctx, math.MaxInt); err != nil {
		return nil, Cursor{}, err
	}
	floor := from.Floor
	if end := s.end(); end > 0 {
		floor = end
	}
	order := func(a, b Card) int { return cmp.Or(cmp.Compare(a.PriceMinor, b.PriceMinor), cmp.Compare(a.Seq, b.Seq)) }
	last := Card{PriceMinor: from.Price, Seq: from.Seq}
	cards = slices.DeleteFunc(cards, func(c Card) bool { return order(c, last) <= 0 })
	slices.SortFunc(cards, order)
	if len(cards) > limit {
		cards = cards[:limit]
		last = cards[limit-1]
		return cards, Cursor{Seq: last.Seq, Price: last.PriceMinor, Floor: floor, Below: below}, nil
	}
	if floor > 0 {
		next.Below = floor
	}
	return cards, next, nil
}

// cards are the next finds, newest first; limit or a few more, or fewer at the
// end.
func (s *seeker) cards(ctx context.Context, limit int) (cards []Card, err error) {
	for size := smallLooks; len(cards) < limit; size = min(largeLooks, 2*size) {
		seqs, err := s.next(ctx, size)
		if err != nil || len(seqs) == 0 {
			return cards, err
		}
		var some []Card
		if err := pick(ctx, s.q, &some, cardColumns, s.plan, seqs, size); err != nil {
			return nil, err
		}
		slices.SortFunc(some, func(a, b Card) int { return cmp.Compare(b.Seq, a.Seq) })
		cards = append(cards, some...)
	}
	return cards, nil
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
