package orders

import (
	"context"
	"slices"

	"github.com/kierto/kierto/internal/check"
)

// Check is this domain's invariants on live data.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	var out []check.Result
	for _, c := range checks() {
		r := check.Result{Name: c.name}
		if err := s.DB.Get(ctx, &r.Count, c.count, c.args...); err != nil {
			return nil, err
		}
		if err := s.DB.Select(ctx, &r.Broken, c.broken, c.args...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	rest, err := s.checkMoves(ctx)
	return append(out, rest), err
}

// checkMoves holds every kind of move that ever happened against the rules.
func (s *Service) checkMoves(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "orders: every move is one the rules allow"}
	ks, err := kindsOfMoves(ctx, s.DB)
	if err != nil {
		return r, err
	}
	r.Count = int64(len(ks))
	for _, k := range ks {
		if allowed(k) {
			continue
		}
		ids, err := movedLike(ctx, s.DB, k)
		if err != nil {
			return r, err
		}
		r.Broken = append(r.Broken, ids...)
	}
	return r, nil
}

// allowed tells whether some rule moves an order like this.
func allowed(k kindOfMove) bool {
	if k.Event == Begun {
		return k.From == "" && k.To == PendingPayment
	}
	return slices.ContainsFunc(rules, func(r Rule) bool {
		return r.From == k.From && r.Event == k.Event && r.To == k.To && slices.Contains(r.By, k.Actor)
	})
}
