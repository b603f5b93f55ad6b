package orders

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// orderByRef is the first order with one of these references.
func orderByRef(ctx context.Context, q db.Queryer, refs ...string) (Order, error) {
	var o Order
	query, args, err := db.In(`SELECT `+orderColumns+` FROM orders WHERE ref IN (?) ORDER BY ref LIMIT 1`, refs)
	if err != nil {
		return o, err
	}
	err = q.Get(ctx, &o, query, args...)
	return o, err
}
