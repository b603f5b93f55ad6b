package listings

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

func addFavourite(ctx context.Context, tx *db.Tx, user accounts.UserID, listing ID, now clock.Instant) error {
	_, err := tx.Do(ctx, `INSERT INTO favourites (user_id, listing_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, user, listing, now)
	return err
}

func dropFavourite(ctx context.Context, tx *db.Tx, user accounts.UserID, listing ID) error {
	_, err := tx.Do(ctx, `DELETE FROM favourites WHERE user_id = ? AND listing_id = ?`, user, listing)
	return err
}

// countOf is how many rows somebody has in favourites, follows or searches.
func countOf(ctx context.Context, q db.Queryer, table string, user accounts.UserID) (n int, err error) {
	query := map[string]string{
		"favourites": `SELECT count(*) FROM favourites WHERE user_id = ?`,
		"follows":    `SELECT count(*) FROM follows WHERE user_id = ?`,
		"searches":   `SELECT count(*) FROM searches WHERE user_id = ?`,
	}[table]
	err = q.Get(ctx, &n, query, user)
	return n, err
}

// favouritesAmong are those of ids that somebody remembers.
func favouritesAmong(ctx context.Context, q db.Queryer, user accounts.UserID, ids []ID) (map[ID]bool, error) {
	query, args, err := db.In(`SELECT listing_id FROM favourites WHERE user_id = ? AND listing_id IN (?)`, user, ids)
	if err != nil {
		return nil, err
	}
	var found []ID
	if err := q.Select(ctx, &found, query, args...); err != nil {
		return nil, err
	}
	out := make(map[ID]bool, len(found))
	for _, id := range found {
		out[id] = true
	}
	return out, nil
}

// favouritesOf are what somebody remembers and may still see, the latest first.
func favouritesOf(ctx context.Context, q db.Queryer, user accounts.UserID, limit int) (ls []Listing, err error) {
	err = q.Select(ctx, &ls, `
		SELECT `+columns+` FROM (
			SELECT l.*, f.created_at AS remembered_at
			FROM favourites f JOIN listings l ON l.id = f.listing_id
			WHERE f.user_id = ? AND NOT l.hidden AND l.state <> 'draft') AS remembered
		ORDER BY remembered_at DESC, id LIMIT ?`, user, limit)
	return ls, err
}

func addFollow(ctx context.Context, tx *db.Tx, user, seller accounts.UserID, last int64, now clock.Instant) error {
	_, err := tx.Do(ctx, `INSERT INTO follows (user_id, seller_id, last_seq, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, user, seller, last, now)
	return err
}

func dropFollow(ctx context.Context, tx *db.Tx, user, seller accounts.UserID) error {
	_, err := tx.Do(ctx, `DELETE FROM follows WHERE user_id = ? AND seller_id = ?`, user, seller)
	return err
}

func follows(ctx context.Context, q db.Queryer, user, seller accounts.UserID) (yes bool, err error) {
	err = q.Get(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM follows WHERE user_id = ? AND seller_id = ?)`, user, seller)
	return yes, err
}

// followed are the sellers somebody follows, the latest first.
func followed(ctx context.Context, q db.Queryer, user accounts.UserID) (ids []accounts.UserID, err error) {
	err = q.Select(ctx, &ids, `SELECT seller_id FROM follows WHERE user_id = ? ORDER BY created_at DESC, seller_id`, user)
	return ids, err
}

type followNews struct {
	Seller accounts.UserID `db:"seller_id"`
	N      int             `db:"n"`
}

// newsOfFollowed are the sellers somebody follows who have something new, up to
// seq last, and how much.
func newsOfFollowed(ctx context.Context, q db.Queryer, user accounts.UserID, last int64) (rows []followNews, err error) {
	err = q.Select(ctx, &rows, `
		SELECT f.seller_id, count(*) AS n
		FROM follows f JOIN listings l ON l.seller_id = f.seller_id AND l.state = 'live' AND NOT l.hidden
		WHERE f.user_id = ? AND l.seq > f.last_seq AND l.seq <= ?
		GROUP BY f.seller_id ORDER BY f.seller_id`, user, last)
	return rows, err
}

func addSearch(ctx context.Context, tx *db.Tx, s Search) error {
	_, err := tx.Do(ctx, `
		INSERT INTO searches (id, user_id, name, query, last_seq, created_at)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		s.ID, s.User, s.Name, s.Query, s.LastSeq, s.CreatedAt)
	return err
}

func dropSearch(ctx context.Context, d *db.DB, user accounts.UserID, id SearchID) (int64, error) {
	return d.Do(ctx, `DELETE FROM searches WHERE id = ? AND user_id = ?`, id, user)
}

func searchesOf(ctx context.Context, q db.Queryer, user accounts.UserID) (found []Search, err error) {
	err = q.Select(ctx, &found, `
		SELECT id, user_id, name, query, last_seq, created_at FROM searches
		WHERE user_id = ? ORDER BY created_at DESC, id`, user)
	return found, err
}

// curious are people who have saved a search or follow somebody and were not
// told yet of everything up to seq last, in the order of their ids.
func curious(ctx context.Context, q db.Queryer, after accounts.UserID, last int64, limit int) (users []accounts.UserID, err error) {
	err = q.Select(ctx, &users, `
		SELECT user_id FROM searches WHERE user_id > ? AND last_seq < ?
		UNION
		SELECT user_id FROM follows WHERE user_id > ? AND last_seq < ?
		ORDER BY user_id LIMIT ?`, after, last, after, last, limit)
	return users, err
}

// markTold notes that somebody has been told of everything up to seq last.
func markTold(ctx context.Context, tx *db.Tx, user accounts.UserID, last int64) error {
	if _, err := tx.Do(ctx, `UPDATE searches SET last_seq = ? WHERE user_id = ? AND last_seq < ?`, last, user, last); err != nil {
		return err
	}
	_, err := tx.Do(ctx, `UPDATE follows SET last_seq = ? WHERE user_id = ? AND last_seq < ?`, last, user, last)
	return err
}

// forgetPerson drops what somebody who leaves wanted to remember.
func forgetPerson(ctx context.Context, tx *db.Tx, user accounts.UserID) error {
	for _, query := range []string{
		`DELETE FROM favourites WHERE user_id = ?`, `DELETE FROM searches WHERE user_id = ?`,
		`DELETE FROM follows WHERE user_id = ?`, `DELETE FROM follows WHERE seller_id = ?`,
	} {
		if _, err := tx.Do(ctx, query, user); err != nil {
			return err
		}
	}
	return nil
}
