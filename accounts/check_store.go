package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

func countUsers(ctx context.Context, q db.Queryer) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT count(*) FROM users`)
	return n, err
}

// leftovers counts the deleted people and names those of whom something is left.
func leftovers(ctx context.Context, q db.Queryer) (gone int64, left []string, err error) {
	if err := q.Get(ctx, &gone, `SELECT count(*) FROM users WHERE status = 'deleted'`); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &left, `SELECT u.id FROM users u
		WHERE u.status = 'deleted' AND (u.email NOT LIKE 'deleted:%' OR u.password_hash <> '' OR u.name_folded <> ''
		   OR u.town <> '' OR u.postcode <> '' OR u.about <> '' OR u.phone <> ''
		   OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)
		   OR EXISTS (SELECT 1 FROM tokens t WHERE t.user_id = u.id)
		   OR EXISTS (SELECT 1 FROM addresses a WHERE a.user_id = u.id))
		ORDER BY u.id LIMIT 100`)
	return gone, left, err
}

// ownerless names sessions of people who do not exist.
func ownerless(ctx context.Context, q db.Queryer) (lost []string, err error) {
	err = q.Select(ctx, &lost, `SELECT s.token_hash FROM sessions s
		WHERE s.user_id <> '' AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id)
		ORDER BY s.token_hash LIMIT 100`)
	return lost, err
}
