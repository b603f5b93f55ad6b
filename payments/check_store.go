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
	name:  "held + released + refunded = captured, for every order",
	count: `SELECT COUNT(*) FROM payments WHERE charge_id <> ''`,
	broken: `
		SELECT y.order_id
		FROM payments y
		LEFT JOIN (
			SELECT p.order_id,
				SUM(CASE WHEN p.kind = 'captured' THEN -l.amount ELSE 0 END) AS captured,
				SUM(CASE WHEN p.kind = 'released' THEN l.amount ELSE 0 END) AS released,
				SUM(CASE WHEN p.kind = 'refunded' THEN l.amount ELSE 0 END) AS refunded
			FROM postings p
			JOIN ledger l ON l.posting_id = p.id AND l.account = 'held'
			GROUP BY p.order_id) AS f ON f.order_id = y.order_id
		LEFT JOIN (
			SELECT order_id, SUM(amount) AS stray, SUM(CASE WHEN state = 'sent' THEN amount ELSE 0 END) AS returned
			FROM movements
			WHERE kind = 'stray'
			GROUP BY order_id) AS d ON d.order_id = y.order_id
		WHERE y.charge_id <> '' AND (
			COALESCE(f.captured, 0) <> y.amount + COALESCE(d.stray, 0)
			OR COALESCE(f.released, 0) <> CASE WHEN y.state IN ('releasing', 'released') THEN y.amount ELSE 0 END
			OR COALESCE(f.refunded, 0) <> COALESCE(d.returned, 0) + CASE WHEN y.state = 'refunded' THEN y.amount ELSE 0 END)
		ORDER BY y.order_id`,
}, {
	name:  "no posting without a payment",
	count: `SELECT COUNT(*) FROM postings`,
	broken: `
		SELECT p.id
		FROM postings p
		LEFT JOIN payments y ON y.order_id = p.order_id
		WHERE y.id IS NULL
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
	name:  "no order is both paid out and refunded",
	count: `SELECT COUNT(DISTINCT order_id) FROM movements`,
	broken: `
		SELECT order_id
		FROM movements
		WHERE kind IN ('payout', 'refund')
		GROUP BY order_id
		HAVING COUNT(*) > 1
		ORDER BY order_id`,
}, {
	name:  "everything leaving is promised",
	count: `SELECT COUNT(*) FROM payments WHERE state IN ('releasing', 'refunding')`,
	broken: `
		SELECT y.order_id
		FROM payments y
		LEFT JOIN movements m ON m.order_id = y.order_id AND m.state <> 'sent'
			AND m.kind = CASE WHEN y.state = 'releasing' THEN 'payout' ELSE 'refund' END
		WHERE y.state IN ('releasing', 'refunding') AND m.id IS NULL
		ORDER BY y.order_id`,
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
