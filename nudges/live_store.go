package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// schedule are the versions that are, were or will be live, without their
// texts: the last first.
func schedule(ctx context.Context, q db.Queryer) ([]Version, error) {
	var vs []Version
	err := q.Select(ctx, &vs, `
		SELECT version, live_at
		FROM policies
		WHERE live_at > 0
		ORDER BY live_at DESC, version DESC`)
	return vs, err
}
