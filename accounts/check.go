package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/check"
)

// Check looks whether the accounts keep their promises: an address is folded
// from what was typed, and nothing is left of those who have gone.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	total, err := countUsers(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	gone, left, err := leftovers(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	lost, err := ownerless(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return []check.Result{
		{Name: "nothing is left of deleted people", Count: gone, Broken: left},
		{Name: "every session belongs to somebody", Count: total, Broken: lost},
	}, nil
}
