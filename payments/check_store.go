package payments

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// maxBroken is how many findings of one invariant are named.
const maxBroken = 100

// invariant is something that must hold: what is counted, and what breaks it.
type invariant struct {
	name   string
	count  string // how many things are looked at
	broken string // the ids of those that break it
	dated  bool   // broken takes an instant
}

// run counts, and finds what is broken.
func (i invariant) run(ctx context.Context, q db.Queryer, args ...any) (count int64, broken []string, err error) {
	if err := q.Get(ctx, &count, i.count); err != nil {
		return 0, nil, err
	}
	err = q.Select(ctx, &broken, i.broken+` LIMIT ?`, append(args, maxBroken)...)
	return count, broken, err
}

// invariants of money.
var invariants = []invariant{{
	name:  "every posting sums to zero in each currency",
	count: `SELECT COUNT(*) FROM postings`,
	broken: `
		SELECT DISTINCT p.id
		FROM postings p
		LEFT JOIN ledger l ON l.posting_id = p.id
		GROUP BY p.id, l.currency
		HAVING COALESCE(SUM(l.amount), 1) <> 0
		ORDER BY p.id`,
}, {
	name:  "every order's ledger sums to zero",
	count: `SELECT COUNT(DISTINCT order_id) FROM postings`,
	broken: `
		SELECT p.order_id
		FROM postings p
		JOIN ledger l ON l.posting_id = p.id
		GROUP BY p.order_id, l.currency
		HAVING SUM(l.amount) <> 0
		ORDER BY p.order_id`,
}, {
	name:  "held + released (fees included) + refunded = captured, for every order",
	count: `SELECT COUNT(*) FROM payments WHERE charge_id <> ''`,
	broken: `
		SELECT y.order_id
		FROM payments y
		LEFT JOIN (
			SELECT p.order_id,
				SUM(CASE WHEN p.kind = 'captured' THEN -l.amount ELSE 0 END) AS captured,
				SUM(CASE WHEN p.kind = 'released' THEN l.amount ELSE 0 END) AS released,
				SUM(CASE WHEN p.kind = 'refunded' THEN l.amount ELSE 0 END) AS refunded,
				SUM(l.amount) AS held
			FROM postings p
			JOIN ledger l ON l.posting_id = p.id AND l.account = 'held'
			GROUP BY p.order_id) AS f ON f.order_id = y.order_id
		LEFT JOIN (
			SELECT order_id, SUM(amount) AS stray, SUM(CASE WHEN state = 'sent' THEN amount ELSE 0 END) AS returned
			FROM movements
			WHERE kind = 'stray'
			GROUP BY order_id) AS d ON d.order_id = y.order_id
		LEFT JOIN (
			SELECT order_id, SUM(amount) AS back
			FROM movements
			WHERE kind = 'refund' AND state = 'sent'
			GROUP BY order_id) AS r ON r.order_id = y.order_id
		WHERE y.charge_id <> '' AND (
			COALESCE(f.captured, 0) <> y.amount + COALESCE(d.stray, 0)
			OR COALESCE(f.released, 0) <> CASE WHEN y.state IN ('releasing', 'released') THEN y.amount - y.given_back ELSE 0 END
			OR COALESCE(f.refunded, 0) <> COALESCE(d.returned, 0) + COALESCE(r.back, 0)
			OR (COALESCE(r.back, 0) <> CASE y.state WHEN 'refunded' THEN y.amount WHEN 'released' THEN y.given_back ELSE 0 END
				AND NOT (y.state = 'releasing' AND r.back = y.given_back))
			OR (y.state IN ('released', 'refunded') AND COALESCE(f.held, 0) + COALESCE(d.stray, 0) - COALESCE(d.returned, 0) <> 0))
		ORDER BY y.order_id`,
}, {
	name:  "no posting without a payment",
	count: `SELECT COUNT(*) FROM postings`,
	broken: `
		SELECT p.id
		FROM postings p
		LEFT JOIN payments y ON y.order_id = p.order_id
		WHERE y.id IS NULL AND p.kind <> 'withdrawn'
		ORDER BY p.id`,
}, {
	name:  "everything sent is posted once, and nothing else is",
	count: `SELECT COUNT(*) FROM movements WHERE state = 'sent'`,
	broken: `
		SELECT m.id
		FROM movements m
		LEFT JOIN postings p ON p.external_ref = m.provider_id AND p.order_id = m.order_id
			AND p.kind = CASE WHEN m.kind = 'payout' THEN 'paid_out' ELSE 'refunded' END
		WHERE (m.state = 'sent' AND p.id IS NULL)
			OR (m.state <> 'sent' AND p.id IS NOT NULL)
		ORDER BY m.id`,
}, {
	name:  "no order is both paid out and refunded, unless it was shared, and then no cent more",
	count: `SELECT COUNT(DISTINCT order_id) FROM movements`,
	broken: `
		SELECT m.order_id
		FROM movements m
		JOIN payments y ON y.order_id = m.order_id
		WHERE m.kind IN ('payout', 'refund')
		GROUP BY m.order_id, y.given_back, y.payout
		HAVING COUNT(*) > 1 AND (y.given_back = 0 OR COUNT(*) > 2 OR SUM(m.amount) <> y.payout)
		ORDER BY m.order_id`,
}, {
	name:  "everything leaving is promised",
	count: `SELECT COUNT(*) FROM payments WHERE state IN ('releasing', 'refunding')`,
	broken: `
		SELECT y.order_id
		FROM payments y
		LEFT JOIN movements m ON m.order_id = y.order_id AND m.state <> 'sent'
			AND (m.kind = 'refund' OR (m.kind = 'payout' AND y.state = 'releasing'))
		WHERE y.state IN ('releasing', 'refunding') AND m.id IS NULL
		ORDER BY y.order_id`,
}, {
	name:  "nothing was sent while the buyer's bank disputed the payment",
	count: `SELECT COUNT(*) FROM disputes`,
	broken: `
		SELECT d.id
		FROM disputes d
		JOIN movements m ON m.order_id = d.order_id AND m.kind <> 'stray' AND m.state = 'sent'
		WHERE d.state = 'open' AND m.sent_at > d.opened_at
		ORDER BY d.id`,
}, {
	name:  "what a bank gave back came back whole, two days after it decided",
	count: `SELECT COUNT(*) FROM disputes WHERE state = 'won'`,
	broken: `
		SELECT d.id
		FROM disputes d
		JOIN ledger l ON l.owner = d.order_id AND l.account = 'chargeback'
		WHERE d.state = 'won' AND d.closed_at < ? AND NOT EXISTS (
			SELECT 1 FROM disputes x WHERE x.order_id = d.order_id AND x.state <> 'won')
		GROUP BY d.id
		HAVING SUM(l.amount) <> 0
		ORDER BY d.id`,
	dated: true,
}, {
	name:   "no money is refused by the provider",
	count:  `SELECT COUNT(*) FROM movements`,
	broken: `SELECT id FROM movements WHERE state = 'failed' ORDER BY id`,
}, {
	name:   "no promise of money is older than two days",
	count:  `SELECT COUNT(*) FROM movements WHERE state = 'promised'`,
	broken: `SELECT id FROM movements WHERE state = 'promised' AND created_at < ? ORDER BY id`,
	dated:  true,
}, {
	name:   "no payment is awaited two days past its time",
	count:  `SELECT COUNT(*) FROM payments WHERE state IN ('opening', 'open', 'processing')`,
	broken: `SELECT order_id FROM payments WHERE state IN ('opening', 'open', 'processing') AND expires_at < ? ORDER BY order_id`,
	dated:  true,
}, {
	name:  "no money moved at the provider without us, up to two days ago",
	count: `SELECT COUNT(*) FROM webhook_events WHERE kind = 'charge.refunded' OR kind LIKE 'transfer.%'`,
	broken: `
		SELECT id
		FROM webhook_events
		WHERE (kind = 'charge.refunded' OR kind LIKE 'transfer.%') AND received_at < ? AND object_id NOT IN (
			SELECT provider_id FROM movements
			UNION
			SELECT charge_id FROM movements
			UNION
			SELECT p.charge_id FROM payments p JOIN movements m ON m.order_id = p.order_id AND m.kind = 'refund')
		ORDER BY id`,
	dated: true,
}}
