package desk

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
)

// historiesOf are how the turns of some people ended.
func historiesOf(ctx context.Context, q db.Queryer, us []accounts.UserID) (map[accounts.UserID]history, error) {
	if len(us) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`
		SELECT owner_id, COUNT(*) AS ended, SUM(CASE WHEN outcome = 'lapsed' THEN 1 ELSE 0 END) AS lapsed
		FROM turns
		WHERE owner_id IN (?) AND closed_at <> 0
		GROUP BY owner_id`, us)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		User   accounts.UserID `db:"owner_id"`
		Ended  int             `db:"ended"`
		Lapsed int             `db:"lapsed"`
	}
	if err := q.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := make(map[accounts.UserID]history, len(rows))
	for _, r := range rows {
		out[r.User] = history{r.Ended, r.Lapsed}
	}
	return out, nil
}
