package shipping

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
)

const parcelColumns = `id, order_id, back, method, carrier, size, point_id, point_name, drop_code, tracking,
	tracked, state, eta_at, hold_until, polled_at, created_at`

// insertParcel adds a parcel unless the order has one in that direction. It says
// false when it has.
func insertParcel(ctx context.Context, tx *db.Tx, p Parcel) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO parcels (id, order_id, back, method, carrier, size, point_id, point_name, drop_code, tracking,
			tracked, state, eta_at, hold_until, polled_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (order_id, back) DO NOTHING`,
		p.ID, p.OrderID, p.Back, p.Method, p.Carrier, p.Size, p.PointID, p.PointName, p.DropCode, p.Tracking,
		p.Tracked, p.State, p.ETA, p.HoldUntil, p.PolledAt, p.CreatedAt)
	return n == 1, err
}

func parcelOf(ctx context.Context, q db.Queryer, orderID string, back bool) (Parcel, error) {
	var p Parcel
	err := q.Get(ctx, &p, `SELECT `+parcelColumns+` FROM parcels WHERE order_id = ? AND back = ?`, orderID, back)
	return p, err
}

func parcelsOf(ctx context.Context, q db.Queryer, orderID string) ([]Parcel, error) {
	var ps []Parcel
	err := q.Select(ctx, &ps, `SELECT `+parcelColumns+` FROM parcels WHERE order_id = ? ORDER BY created_at, id`, orderID)
	return ps, err
}

func parcelByID(ctx context.Context, q db.Queryer, pid ParcelID) (Parcel, error) {
	var p Parcel
	err := q.Get(ctx, &p, `SELECT `+parcelColumns+` FROM parcels WHERE id = ?`, pid)
	return p, err
}

// holdParcel is parcelByID, and keeps others from changing it until the
// transaction ends.
func holdParcel(ctx context.Context, tx *db.Tx, pid ParcelID) (Parcel, error) {
	if _, err := tx.Do(ctx, `UPDATE parcels SET state = state WHERE id = ?`, pid); err != nil {
		return Parcel{}, err
	}
	return parcelByID(ctx, tx, pid)
}

// setPosted records that the sender says it is posted by a way of their own.
func setPosted(ctx context.Context, tx *db.Tx, pid ParcelID, carrier, tracking string) error {
	_, err := tx.Do(ctx, `
		UPDATE parcels
		SET carrier = ?, tracking = ?, tracked = FALSE, drop_code = '', state = ?
		WHERE id = ?`,
		carrier, tracking, Posted, pid)
	return err
}

// setSaid records that the sender says the booked parcel is posted.
func setSaid(ctx context.Context, tx *db.Tx, orderID string, back bool) error {
	_, err := tx.Do(ctx, `
		UPDATE parcels
		SET state = ?, polled_at = 0
		WHERE order_id = ? AND back = ? AND state = ?`,
		Posted, orderID, back, Booked)
	return err
}

// setBooked records what the carrier gave. It says false when the parcel got
// another number meanwhile.
func setBooked(ctx context.Context, tx *db.Tx, pid ParcelID, tracking, code string) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE parcels
		SET tracking = ?, drop_code = ?
		WHERE id = ? AND tracked AND tracking = ''`,
		tracking, code, pid)
	return n == 1, err
}

// setUnbooked gives up on the carrier: the sender posts by themselves.
func setUnbooked(ctx context.Context, tx *db.Tx, pid ParcelID) error {
	_, err := tx.Do(ctx, `UPDATE parcels SET tracked = FALSE WHERE id = ? AND tracking = ''`, pid)
	return err
}

// setSeen moves a parcel by a scan.
func setSeen(ctx context.Context, tx *db.Tx, p Parcel) error {
	_, err := tx.Do(ctx, `
		UPDATE parcels
		SET state = ?, eta_at = ?, hold_until = ?
		WHERE id = ?`,
		p.State, p.ETA, p.HoldUntil, p.ID)
	return err
}

// setPolled records that the carrier was asked about some parcels.
func setPolled(ctx context.Context, d *db.DB, pids []ParcelID, now clock.Instant) error {
	if len(pids) == 0 {
		return nil
	}
	query, args, err := db.In(`UPDATE parcels SET polled_at = ? WHERE id IN (?)`, now, pids)
	if err != nil {
		return err
	}
	_, err = d.Do(ctx, query, args...)
	return err
}

// duePolls are parcels the carrier was last asked about before a moment, those
// waiting longest first; none that was booked before another.
func duePolls(ctx context.Context, q db.Queryer, before, booked clock.Instant, limit int) ([]Parcel, error) {
	var ps []Parcel
	err := q.Select(ctx, &ps, `
		SELECT `+parcelColumns+`
		FROM parcels
		WHERE tracked = TRUE AND tracking <> '' AND state IN ('booked', 'posted', 'moving', 'at_point', 'returning') AND polled_at <= ? AND created_at > ?
		ORDER BY polled_at, id
		LIMIT ?`, before, booked, limit)
	return ps, err
}

// addScan records a sighting. It says false when it was known.
func addScan(ctx context.Context, tx *db.Tx, now clock.Instant, s Scan) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO scans (id, parcel_id, code, place, at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (parcel_id, code, at) DO NOTHING`,
		id.New[string]("scn", now), s.ParcelID, s.Code, s.Place, s.At)
	return n == 1, err
}

func scansOf(ctx context.Context, q db.Queryer, pid ParcelID) ([]Scan, error) {
	var ss []Scan
	err := q.Select(ctx, &ss, `SELECT id, parcel_id, code, place, at FROM scans WHERE parcel_id = ? ORDER BY at, id`, pid)
	return ss, err
}

// scansOfMany are the scans of some parcels.
func scansOfMany(ctx context.Context, q db.Queryer, pids []ParcelID) (map[ParcelID][]Scan, error) {
	by := map[ParcelID][]Scan{}
	if len(pids) == 0 {
		return by, nil
	}
	query, args, err := db.In(`SELECT id, parcel_id, code, place, at FROM scans WHERE parcel_id IN (?) ORDER BY at, id`, pids)
	if err != nil {
		return nil, err
	}
	var ss []Scan
	err = q.Select(ctx, &ss, query, args...)
	for _, scan := range ss {
		by[scan.ParcelID] = append(by[scan.ParcelID], scan)
	}
	return by, err
}

// strayScans counts all scans and names those whose parcel is unknown.
func strayScans(ctx context.Context, q db.Queryer) (all int64, stray []string, err error) {
	if err := q.Get(ctx, &all, `SELECT COUNT(*) FROM scans`); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &stray, `
		SELECT s.id FROM scans s
		LEFT JOIN parcels p ON p.id = s.parcel_id
		WHERE p.id IS NULL
		ORDER BY s.id LIMIT 20`)
	return all, stray, err
}
