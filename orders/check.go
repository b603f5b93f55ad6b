package orders

import (
	"context"

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

// checkMoves holds every trade's events against the rules: each begins where the
// last ended, by a rule there is, and the last is where the trade stands.
func (s *Service) checkMoves(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "orders: every move follows the last by a rule, to where the order stands"}
	rows, err := allMoves(ctx, s.DB)
	if err != nil {
		return r, err
	}
	allowed := map[[3]string]bool{}
	for _, x := range rules {
		for _, who := range x.By {
			allowed[[3]string{string(x.From), string(x.Event) + ":" + string(who), string(x.To)}] = true
		}
	}
	var last moved
	for _, m := range rows {
		fresh := m.Order != last.Order
		if fresh {
			r.Count++
		}
		ok := fresh && m.Event == Begun && m.From == "" ||
			!fresh && m.From == last.To && m.Version > last.Version &&
				allowed[[3]string{string(m.From), string(m.Event) + ":" + string(m.Actor), string(m.To)}]
		if m.Last && (m.To != m.State || m.Version > m.OrderVersion) {
			ok = false
		}
		if !ok {
			r.Broken = append(r.Broken, string(m.Order))
		}
		last = m
	}
	return r, nil
}
