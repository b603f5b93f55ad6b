package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// liveNumber is liveVersion without its text, since that is asked for often;
// zero when operators put none live.
func liveNumber(ctx context.Context, q db.Queryer, now clock.Instant) (Version, error) {
	var v Version
	err := q.Get(ctx, &v, `
		SELECT version, live_at
		FROM policies
		WHERE live_at > 0 AND live_at <= ?
		ORDER BY live_at DESC, version DESC
		LIMIT 1`, now)
	if db.IsNone(err) {
		return Version{}, nil
	}
	return v, err
}
