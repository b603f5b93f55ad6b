package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

const addressColumns = `id, user_id, name, street, postcode, town, phone, created_at`

func addressesOf(ctx context.Context, q db.Queryer, user UserID) (as []Address, err error) {
	err = q.Select(ctx, &as, `SELECT `+addressColumns+` FROM addresses WHERE user_id = ? ORDER BY id DESC`, user)
	return as, err
}

func addressByID(ctx context.Context, q db.Queryer, user UserID, id AddressID) (a Address, err error) {
	err = q.Get(ctx, &a, `SELECT `+addressColumns+` FROM addresses WHERE id = ? AND user_id = ?`, id, user)
	return a, err
}

func insertAddress(ctx context.Context, tx *db.Tx, a Address) error {
	_, err := tx.Do(ctx, `INSERT INTO addresses (id, user_id, name, street, postcode, town, phone, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.UserID, a.Name, a.Street, a.Postcode, a.Town, a.Phone, a.CreatedAt)
	return err
}

func updateAddress(ctx context.Context, tx *db.Tx, a Address) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE addresses SET name = ?, street = ?, postcode = ?, town = ?, phone = ? WHERE id = ? AND user_id = ?`,
		a.Name, a.Street, a.Postcode, a.Town, a.Phone, a.ID, a.UserID)
	return n == 1, err
}

func deleteAddress(ctx context.Context, d db.Doer, user UserID, id AddressID) (bool, error) {
	n, err := d.Do(ctx, `DELETE FROM addresses WHERE id = ? AND user_id = ?`, id, user)
	return n == 1, err
}

func deleteAddresses(ctx context.Context, tx *db.Tx, user UserID) error {
	_, err := tx.Do(ctx, `DELETE FROM addresses WHERE user_id = ?`, user)
	return err
}
