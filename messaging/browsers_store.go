package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
)

// saveBrowser remembers a browser, once, for whoever used it last.
func saveBrowser(ctx context.Context, tx *db.Tx, b Browser) error {
	_, err := tx.Do(ctx, `
		INSERT INTO push_subscriptions (id, user_id, endpoint, p256dh, auth, vapid, agent, session, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (endpoint) DO UPDATE
		SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth, vapid = excluded.vapid,
			agent = excluded.agent, session = excluded.session, created_at = excluded.created_at`,
		b.ID, b.User, b.Endpoint, b.P256dh, b.Auth, b.VAPID, b.Agent, b.Session, b.CreatedAt)
	return err
}

// keepNewest forgets the oldest browsers of a person who has more than most.
func keepNewest(ctx context.Context, tx *db.Tx, u accounts.UserID, most int) error {
	_, err := tx.Do(ctx, `
		DELETE FROM push_subscriptions
		WHERE user_id = ? AND id NOT IN (
			SELECT id FROM push_subscriptions WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?)`, u, u, most)
	return err
}

// browsers are a person's browsers that take messages, the newest first.
func browsers(ctx context.Context, q db.Queryer, u accounts.UserID) ([]Browser, error) {
	var bs []Browser
	err := q.Select(ctx, &bs, `
		SELECT id, user_id, endpoint, p256dh, auth, vapid, agent, session, created_at
		FROM push_subscriptions
		WHERE user_id = ?
		ORDER BY created_at DESC, id DESC`, u)
	return bs, err
}

// dropBrowser forgets a browser of a person by its id or endpoint.
func dropBrowser(ctx context.Context, d db.Doer, u accounts.UserID, which string) error {
	_, err := d.Do(ctx, `DELETE FROM push_subscriptions WHERE user_id = ? AND (id = ? OR endpoint = ?)`, u, which, which)
	return err
}

// dropBrowsers forgets the browsers of a person that subscribed in any other than
// the living sessions.
func dropBrowsers(ctx context.Context, tx *db.Tx, u accounts.UserID, living []string) error {
	query, args, err := db.In(`DELETE FROM push_subscriptions WHERE user_id = ? AND session NOT IN (?)`, u, append([]string{""}, living...))
	if err != nil {
		return err
	}
	_, err = tx.Do(ctx, query, args...)
	return err
}
