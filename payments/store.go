package payments

import (
	"context"
	"encoding/json"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

// paymentRow is a payment as it is stored.
type paymentRow struct {
	ID         ID              `db:"id"`
	OrderID    string          `db:"order_id"`
	BuyerID    accounts.UserID `db:"buyer_id"`
	SellerID   accounts.UserID `db:"seller_id"`
	Amount     int64           `db:"amount"`
	Payout     int64           `db:"payout"`
	GivenBack  int64           `db:"given_back"`
	Currency   string          `db:"currency"`
	State      State           `db:"state"`
	Title      string          `db:"title"`
	Lines      string          `db:"lines"`
	Lang       string          `db:"lang"`
	Tries      int64           `db:"tries"`
	AskedUntil clock.Instant   `db:"asked_until"`
	SessionID  string          `db:"session_id"`
	PayURL     string          `db:"pay_url"`
	IntentID   string          `db:"intent_id"`
	ChargeID   string          `db:"charge_id"`
	Method     string          `db:"method"`
	ExpiresAt  clock.Instant   `db:"expires_at"`
	HeldAt     clock.Instant   `db:"held_at"`
	ClosedAt   clock.Instant   `db:"closed_at"`
	Version    int64           `db:"version"`
	CreatedAt  clock.Instant   `db:"created_at"`
}

// paymentColumns are the columns of paymentRow.
const paymentColumns = `id, order_id, buyer_id, seller_id, amount, payout, given_back, currency, state, title, lines, lang, tries,
	asked_until, session_id, pay_url, intent_id, charge_id, method, expires_at, held_at, closed_at, version, created_at`

// payment is the row as a Payment.
func (r paymentRow) payment() (Payment, error) {
	p := Payment{ID: r.ID, OrderID: r.OrderID, Buyer: r.BuyerID, Seller: r.SellerID,
		Total: money.Amount{Minor: r.Amount, Currency: r.Currency}, Payout: money.Amount{Minor: r.Payout, Currency: r.Currency},
		Given: money.Amount{Minor: r.GivenBack, Currency: r.Currency},
		State: r.State, Title: r.Title, Lang: r.Lang, Method: r.Method, ExpiresAt: r.ExpiresAt, HeldAt: r.HeldAt,
		ClosedAt: r.ClosedAt, CreatedAt: r.CreatedAt, session: r.SessionID, payURL: r.PayURL, intent: r.IntentID,
		charge: r.ChargeID, tries: r.Tries, askedUntil: r.AskedUntil, version: r.Version}
	return p, json.Unmarshal([]byte(r.Lines), &p.Lines)
}

// onePayment is the payment that where finds. It fails with sql.ErrNoRows.
func onePayment(ctx context.Context, q db.Queryer, where string, args ...any) (Payment, error) {
	var r paymentRow
	if err := q.Get(ctx, &r, `SELECT `+paymentColumns+` FROM payments WHERE `+where, args...); err != nil {
		return Payment{}, err
	}
	return r.payment()
}

// ofOrder is an order's payment.
func ofOrder(ctx context.Context, q db.Queryer, orderID string) (Payment, error) {
	return onePayment(ctx, q, `order_id = ?`, orderID)
}

// insertPayment stores a new payment.
func insertPayment(ctx context.Context, tx *db.Tx, p Payment) error {
	lines, err := json.Marshal(p.Lines)
	if err != nil {
		return err
	}
	return tx.Later(ctx, `
		INSERT INTO payments (id, order_id, buyer_id, seller_id, amount, payout, currency, state, title, lines, lang, tries, asked_until,
			expires_at, looked_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.OrderID, p.Buyer, p.Seller, p.Total.Minor, p.Payout.Minor, p.Total.Currency, p.State, p.Title, string(lines),
		p.Lang, p.tries, p.askedUntil, p.ExpiresAt, p.CreatedAt, p.CreatedAt)
}

// savePayment stores what changed, if nobody changed the payment meanwhile. It
// fails with errMoving otherwise.
func savePayment(ctx context.Context, tx *db.Tx, p Payment) error {
	n, err := tx.Do(ctx, `
		UPDATE payments
		SET state = ?, tries = ?, asked_until = ?, session_id = ?, pay_url = ?, intent_id = ?, charge_id = ?, method = ?,
			held_at = ?, closed_at = ?, given_back = ?, looked_at = CASE WHEN looked_at < ? THEN ? ELSE looked_at END, version = version + 1
		WHERE id = ? AND version = ?`,
		p.State, p.tries, p.askedUntil, p.session, p.payURL, p.intent, p.charge, p.Method,
		p.HeldAt, p.ClosedAt, p.Given.Minor, p.lookedAt, p.lookedAt, p.ID, p.version)
	if err == nil && n == 0 {
		return errMoving
	}
	return err
}

// isMoving tells whether err is savePayment's or saveMovement's lost race.
func isMoving(err error) bool {
	fs := fault.As(err)
	return len(fs) > 0 && fs[0].Key == errMoving.Key
}

// looked notes that the provider was asked about a payment.
func looked(ctx context.Context, tx *db.Tx, pid ID, now clock.Instant) error {
	return tx.Later(ctx, `UPDATE payments SET looked_at = ? WHERE id = ?`, now, pid)
}

// unseen notes that the provider was asked about an order's payment in vain.
func unseen(ctx context.Context, d db.Doer, orderID string, now clock.Instant) error {
	_, err := d.Do(ctx, `UPDATE payments SET looked_at = ? WHERE order_id = ?`, now, orderID)
	return err
}

// awaited are payments whose money may have come without our hearing of it, and
// that were not looked at since; longest unseen first.
func awaited(ctx context.Context, q db.Queryer, since clock.Instant, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT order_id
		FROM payments
		WHERE state IN ('open', 'processing') AND looked_at < ?
		ORDER BY looked_at, id
		LIMIT ?`, since, limit)
	return ids, err
}

// unshut are voided payments whose page is perhaps still open, voided before a
// moment.
func unshut(ctx context.Context, q db.Queryer, before clock.Instant, limit int) ([]string, error) {
	var ids []string
	err := q.Select(ctx, &ids, `
		SELECT order_id
		FROM payments
		WHERE state = 'expired' AND looked_at = 0 AND closed_at < ?
		ORDER BY id
		LIMIT ?`, before, limit)
	return ids, err
}

// movementRow is a movement as it is stored.
type movementRow struct {
	ID         MovementID      `db:"id"`
	OrderID    string          `db:"order_id"`
	Kind       MovementKind    `db:"kind"`
	ChargeID   string          `db:"charge_id"`
	ToID       accounts.UserID `db:"to_id"`
	Amount     int64           `db:"amount"`
	Currency   string          `db:"currency"`
	State      MovementState   `db:"state"`
	ProviderID string          `db:"provider_id"`
	Tries      int64           `db:"tries"`
	Refusals   int64           `db:"refusals"`
	Reason     string          `db:"reason"`
	CreatedAt  clock.Instant   `db:"created_at"`
	SentAt     clock.Instant   `db:"sent_at"`
}

// movementColumns are the columns of movementRow.
const movementColumns = `id, order_id, kind, charge_id, to_id, amount, currency, state, provider_id, tries, refusals, reason, created_at, sent_at`

// movement is the row as a Movement.
func (r movementRow) movement() Movement {
	return Movement{ID: r.ID, OrderID: r.OrderID, Kind: r.Kind, To: r.ToID, Amount: money.Amount{Minor: r.Amount, Currency: r.Currency},
		State: r.State, Reason: r.Reason, CreatedAt: r.CreatedAt, SentAt: r.SentAt, charge: r.ChargeID, provider: r.ProviderID, tries: r.Tries,
		refusals: r.Refusals}
}

// movements are those that where finds.
func movements(ctx context.Context, q db.Queryer, where string, args ...any) ([]Movement, error) {
	var rows []movementRow
	err := q.Select(ctx, &rows, `SELECT `+movementColumns+` FROM movements WHERE `+where, args...)
	out := make([]Movement, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.movement())
	}
	return out, err
}

// insertMovement promises a movement, once; it says whether this was the first
// time.
func insertMovement(ctx context.Context, tx *db.Tx, m Movement) (bool, error) {
	n, err := tx.Do(ctx, `
		INSERT INTO movements (id, order_id, kind, charge_id, to_id, amount, currency, state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (order_id, kind, charge_id) DO NOTHING`,
		m.ID, m.OrderID, m.Kind, m.charge, m.To, m.Amount.Minor, m.Amount.Currency, m.State, m.CreatedAt)
	return n == 1, err
}

// setMovement changes a movement that is not sent yet; it says whether it was
// not.
func setMovement(ctx context.Context, d db.Doer, m Movement) (bool, error) {
	n, err := d.Do(ctx, `
		UPDATE movements
		SET state = ?, reason = ?, provider_id = ?, sent_at = ?
		WHERE id = ? AND state <> 'sent'`,
		m.State, m.Reason, m.provider, m.SentAt, m.ID)
	return n == 1, err
}

// refused counts that the provider said no to what was asked when m was read:
// once, however many were told.
func refused(ctx context.Context, d db.Doer, m Movement) error {
	_, err := d.Do(ctx, `UPDATE movements SET refusals = ? WHERE id = ? AND refusals = ?`, m.refusals+1, m.ID, m.refusals)
	return err
}

// unsend takes back that a movement was sent; it says whether it was.
func unsend(ctx context.Context, tx *db.Tx, mid MovementID, reason string) (bool, error) {
	n, err := tx.Do(ctx, `
		UPDATE movements
		SET state = 'failed', reason = ?, provider_id = '', sent_at = 0, refusals = refusals + 1
		WHERE id = ? AND state = 'sent'`, reason, mid)
	return n == 1, err
}

// tried counts an attempt, before it is made.
func tried(ctx context.Context, d db.Doer, mid MovementID) error {
	_, err := d.Do(ctx, `UPDATE movements SET tries = tries + 1 WHERE id = ?`, mid)
	return err
}
