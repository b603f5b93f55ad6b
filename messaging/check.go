package messaging

import (
	"context"

	"github.com/kierto/kierto/internal/check"
)

// Check looks whether the data keeps this package's promises.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	streams, err := brokenStreams(ctx, s.DB, maxListed)
	if err != nil {
		return nil, err
	}
	n, err := countOf(ctx, s.DB, "conversations")
	if err != nil {
		return nil, err
	}
	stuck, err := stuckDeliveries(ctx, s.DB, s.Clock.Now().Add(-stuckAfter), maxListed)
	if err != nil {
		return nil, err
	}
	m, err := countOf(ctx, s.DB, "deliveries")
	if err != nil {
		return nil, err
	}
	return []check.Result{
		{Name: "every stream is numbered without gaps", Count: n, Broken: streams},
		{Name: "no message waits a day longer than it should", Count: m, Broken: stuck},
	}, nil
}
