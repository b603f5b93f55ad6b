package desk

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// cause is why something is in the queue. Of several, the lowest is shown.
type cause int

// The causes, in the numbers the query gives them.
const (
	byMoney   cause = 1 // a payout or refund failed
	unreached cause = 2 // no mail reaches whoever owes
	byStaff   cause = 3 // an operator decides, or got the turn
	byCase    cause = 4 // somebody asked for a person
	byCarrier cause = 5 // no scan for days
	bySoon    cause = 6 // it lapses soon, or should have
)

// stalled is one thing in the queue.
type stalled struct {
	Subject  string          `db:"subject"` // of a trade, a case, or the seller whose payout waits
	Cause    cause           `db:"cause"`
	Turn     turn.ID         `db:"turn_id"`
	Kind     turn.Kind       `db:"kind"`
	Owner    string          `db:"owner_id"`
	OpenedAt clock.Instant   `db:"opened_at"`
	Due      clock.Instant   `db:"urgent_at"` // by when somebody here has to look
	Ref      string          `db:"ref"`
	Title    string          `db:"title"`
	Minor    int64           `db:"total"`
	Currency string          `db:"currency"`
	State    orders.State    `db:"state"`
	Claim    orders.Claim    `db:"claim"`
	Buyer    accounts.UserID `db:"buyer_id"`
	Seller   accounts.UserID `db:"seller_id"`
	Nudged   int             `db:"nudged"`    // reminders sent to whoever owes
	LastMail string          `db:"last_mail"` // state of the newest e-mail of them; "" none
	LastScan clock.Instant   `db:"last_scan"`
	Movement string          `db:"movement"` // kind of the one that failed
}

// moving are the kinds of turn that a trade waits for. A payment that is not
// made costs nobody, and a review nobody waits for.
const moving = `'ship', 'hand_over', 'agree_cancel', 'deliver', 'say_arrived', 'collect', 'confirm', 'answer_claim', 'rule',
	'send_back', 'deliver_back', 'confirm_return', 'payout_details'`

// hits finds, each by an index, what has a cause to be in the queue; found keeps
// the first cause of each. The last branch is bounded because in a large market
// many turns lapse soon.
const hits = `
	WITH hits (subject, turn_id, cause) AS (
		SELECT m.order_id, '', 1
		FROM movements m
		WHERE m.state = 'failed'
		UNION ALL
		SELECT d.order_id, '', 1
		FROM disputes d
		WHERE d.state = 'open'
		UNION ALL
		SELECT t.subject, t.id, 2
		FROM deliveries d
		JOIN turns t ON t.id = d.turn_id AND t.owner_id = d.user_id AND t.closed_at = 0
		WHERE d.state = 'failed' AND d.created_at >= ? AND t.kind IN (` + moving + `)
			AND NOT EXISTS (
				SELECT 1 FROM deliveries x
				WHERE x.turn_id = t.id AND x.user_id = t.owner_id AND x.channel = 'email' AND x.state = 'sent')
		UNION ALL
		SELECT t.subject, t.id, 2
		FROM users u
		JOIN turns t ON t.owner_id = u.id AND t.closed_at = 0
		WHERE u.confirmed_at = 0 AND u.status <> 'deleted' AND t.kind IN (` + moving + `)
		UNION ALL
		SELECT t.subject, t.id, CASE WHEN t.kind = 'answer_case' THEN 4 ELSE 3 END
		FROM turns t
		WHERE t.owner_id = 'operator' AND t.closed_at = 0
		UNION ALL
		SELECT t.subject, t.id, 5
		FROM turns t
		WHERE t.owner_id = 'carrier' AND t.closed_at = 0 AND t.opened_at <= ? AND t.due_at <= ?
			AND NOT EXISTS (
				SELECT 1 FROM parcels p
				JOIN scans c ON c.parcel_id = p.id
				WHERE p.order_id = t.subject AND c.at > ?)
		UNION ALL
		SELECT soon.subject, soon.id, 6
		FROM (
			SELECT t.subject, t.id
			FROM turns t
			WHERE t.closed_at = 0 AND t.due_at <= ? AND t.opened_at + t.due_at <= ? AND t.kind IN (` + moving + `)
			ORDER BY t.due_at
			LIMIT 500) AS soon
	),
	found AS (
		SELECT subject, MIN(cause) AS cause, MAX(turn_id) AS turn_id
		FROM hits
		GROUP BY subject
	)`

// hitsArgs are the moments that hits asks for.
func hitsArgs(now clock.Instant) []any {
	silent := now.Add(-carrierSilent)
	return []any{now.Add(-failedWithin), silent, now.Add(carrierAhead), silent, now.Add(soonWithin), 2 * now}
}

// queueOf is the queue, most urgent first and then the most valuable, for one
// cause (0 for all).
func queueOf(ctx context.Context, q db.Queryer, now clock.Instant, only cause, limit int) ([]stalled, error) {
	args := append(hitsArgs(now), moneyWithin.Microseconds(), ruleWithin.Microseconds(), ruleWithin.Microseconds(), only, only, limit)
	var out []stalled
	err := q.Select(ctx, &out, hits+`
		SELECT f.subject, f.cause, f.turn_id, COALESCE(t.kind, '') AS kind, COALESCE(t.owner_id, '') AS owner_id,
			COALESCE(t.opened_at, 0) AS opened_at,
			CASE
				WHEN t.id IS NULL THEN COALESCE((
					SELECT MIN(m.created_at) FROM movements m WHERE m.order_id = f.subject AND m.state = 'failed'), (
					SELECT MIN(d.opened_at) FROM disputes d WHERE d.order_id = f.subject AND d.state = 'open'), 0) + ?
				WHEN t.owner_id = 'operator' AND t.kind <> 'answer_case' AND t.opened_at + ? < t.due_at THEN t.opened_at + ?
				ELSE t.due_at
			END AS urgent_at,
			COALESCE(o.ref, '') AS ref, COALESCE(o.title, c.title, '') AS title, COALESCE(o.total, 0) AS total,
			COALESCE(o.currency, 'EUR') AS currency, COALESCE(o.state, '') AS state, COALESCE(o.claim, '') AS claim,
			COALESCE(o.buyer_id, c.buyer_id, '') AS buyer_id, COALESCE(o.seller_id, '') AS seller_id,
			(SELECT COUNT(*) FROM nudges n WHERE n.turn_id = t.id AND n.user_id = t.owner_id AND n.verdict = 'sent') AS nudged,
			COALESCE((
				SELECT d.state FROM deliveries d
				WHERE d.turn_id = t.id AND d.user_id = t.owner_id AND d.channel = 'email'
				ORDER BY d.created_at DESC, d.id DESC LIMIT 1), '') AS last_mail,
			COALESCE((
				SELECT MAX(s.at) FROM parcels p JOIN scans s ON s.parcel_id = p.id
				WHERE p.order_id = f.subject), 0) AS last_scan,
			COALESCE((
				SELECT MIN(m.kind) FROM movements m WHERE m.order_id = f.subject AND m.state = 'failed'), (
				SELECT 'chargeback' FROM disputes d WHERE d.order_id = f.subject AND d.state = 'open' LIMIT 1), '') AS movement
		FROM found f
		LEFT JOIN turns t ON t.id = f.turn_id
		LEFT JOIN orders o ON o.id = f.subject
		LEFT JOIN conversations c ON c.id = f.subject
		WHERE ? = 0 OR f.cause = ?
		ORDER BY urgent_at, total DESC, f.subject
		LIMIT ?`, args...)
	return out, err
}

// causeCount is how many things in the queue have a cause.
type causeCount struct {
	Cause cause `db:"cause"`
	N     int   `db:"n"`
}

// countQueue counts the queue by cause.
func countQueue(ctx context.Context, q db.Queryer, now clock.Instant) (map[cause]int, error) {
	var rows []causeCount
	err := q.Select(ctx, &rows, hits+` SELECT cause, COUNT(*) AS n FROM found GROUP BY cause`, hitsArgs(now)...)
	out := make(map[cause]int, len(rows))
	for _, r := range rows {
		out[r.Cause] = r.N
	}
	return out, err
}

// maxCount is where counting stops; a page says "more than" from there.
const maxCount = 10_000

// countOpenTrades is how many trades are under way, up to maxCount.
func countOpenTrades(ctx context.Context, q db.Queryer) (n int, err error) {
	err = q.Get(ctx, &n, `
		SELECT COUNT(*)
		FROM (SELECT 1 AS one FROM turns WHERE closed_at = 0 AND kind IN (`+moving+`) LIMIT ?) AS open`, maxCount)
	return n, err
}

// countLate is how many of them should have lapsed before then and have not: what
// the promise forbids. Up to maxCount.
func countLate(ctx context.Context, q db.Queryer, then clock.Instant) (n int, err error) {
	err = q.Get(ctx, &n, `
		SELECT COUNT(*)
		FROM (SELECT 1 AS one FROM turns WHERE closed_at = 0 AND due_at < ? AND kind IN (`+moving+`) LIMIT ?) AS late`, then, maxCount)
	return n, err
}

// countHandled is how many trades and cases operators have handled since.
func countHandled(ctx context.Context, q db.Queryer, since clock.Instant) (n int, err error) {
	err = q.Get(ctx, &n, `
		SELECT COUNT(*)
		FROM (
			SELECT DISTINCT subject FROM audit
			WHERE at >= ? AND (action LIKE 'orders.%' OR action LIKE 'cases.%')) AS handled`, since)
	return n, err
}
