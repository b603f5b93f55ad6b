package payments

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/check"
)

// overdueAfter is how long money may stay promised or unseen before kierto
// check says so.
const overdueAfter = 48 * time.Hour

// Check looks whether the money's promises are kept. Each finding names the
// posting, order or movement at fault.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	old := s.Clock.Now().Add(-overdueAfter)
	var out []check.Result
	for _, inv := range invariants {
		args := []any{}
		if inv.dated {
			args = append(args, old)
		}
		count, broken, err := inv.run(ctx, s.DB, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, check.Result{Name: inv.name, Count: count, Broken: broken})
	}
	return out, nil
}
