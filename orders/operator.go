package orders

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

// ByRef is the trade with a reference as people write it: "K-7F3Q", "k7f3q". It
// is for staff. It fails with a Missing fault.
func (s *Service) ByRef(ctx context.Context, q db.Queryer, ref string) (Order, error) {
	ref = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(ref)), "K-")
	o, err := orderByRef(ctx, q, "K-"+ref, "K-"+strings.TrimPrefix(ref, "K"))
	if db.IsNone(err) {
		return Order{}, missing()
	}
	return o, err
}

// TooLate is the fault for a move that somebody or something came before: what
// the trade is now.
func TooLate(now State) error { return tooLate(now) }
