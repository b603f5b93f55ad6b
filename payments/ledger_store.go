package payments

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
)

// post writes postings, but for those whose fact stands already. It fails with
// ErrUnbalanced, within the transaction, when entries do not sum to zero.
func post(ctx context.Context, tx *db.Tx, now clock.Instant, ps ...Posting) error {
	var args []any
	for i, p := range ps {
		if err := p.balanced(); err != nil {
			return err
		}
		ps[i].ID = id.New[string]("pst", now)
		args = append(args, ps[i].ID, p.Kind, p.Ref, p.OrderID, now)
	}
	var fresh []string
	err := tx.Select(ctx, &fresh, `
		INSERT INTO postings (id, kind, external_ref, order_id, at)
		VALUES `+rowsOf(len(ps), "(?, ?, ?, ?, ?)")+`
		ON CONFLICT (kind, external_ref) DO NOTHING
		RETURNING id`, args...)
	if err != nil || len(fresh) == 0 {
		return err
	}
	n, args := 0, nil
	for _, p := range ps {
		if !slices.Contains(fresh, p.ID) {
			continue
		}
		for i, e := range p.Entries {
			n, args = n+1, append(args, p.ID, i+1, e.Account, e.Owner, e.Minor, e.Money)
		}
	}
	err = tx.Later(ctx, `INSERT INTO ledger (posting_id, line, account, owner, amount, currency) VALUES `+rowsOf(n, "(?, ?, ?, ?, ?, ?)"), args...)
	if err != nil {
		return err
	}
	return verify(ctx, tx, fresh)
}

// rowsOf is the placeholders of n rows.
func rowsOf(n int, row string) string { return strings.Repeat(", "+row, n)[2:] }

// verify reads postings back and fails unless each sums to zero per currency.
func verify(ctx context.Context, tx *db.Tx, ids []string) error {
	query, args, err := db.In(`
		SELECT posting_id
		FROM ledger
		WHERE posting_id IN (?)
		GROUP BY posting_id, currency
		HAVING SUM(amount) <> 0`, ids)
	if err != nil {
		return err
	}
	var off []string
	if err := tx.Select(ctx, &off, query, args...); err != nil {
		return err
	}
	if len(off) > 0 {
		return fmt.Errorf("%w: %s", ErrUnbalanced, strings.Join(off, ", "))
	}
	return nil
}

// postingRow is one line of the ledger with its posting.
type postingRow struct {
	ID      string        `db:"id"`
	Kind    PostingKind   `db:"kind"`
	Ref     string        `db:"external_ref"`
	OrderID string        `db:"order_id"`
	At      clock.Instant `db:"at"`
	Entry
}

// postingsOf are an order's postings, oldest first.
func postingsOf(ctx context.Context, q db.Queryer, orderID string) ([]Posting, error) {
	var rows []postingRow
	err := q.Select(ctx, &rows, `
		SELECT p.id, p.kind, p.external_ref, p.order_id, p.at, l.account, l.owner, l.amount, l.currency
		FROM postings p
		JOIN ledger l ON l.posting_id = p.id
		WHERE p.order_id = ?
		ORDER BY p.at, p.id, l.line`, orderID)
	return gather(rows), err
}

// gather puts lines together into postings.
func gather(rows []postingRow) []Posting {
	var out []Posting
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, Posting{ID: r.ID, Kind: r.Kind, Ref: r.Ref, OrderID: r.OrderID, At: r.At})
		}
		last := &out[len(out)-1]
		last.Entries = append(last.Entries, r.Entry)
	}
	return out
}

// recentPostings are the newest postings before a moment, newest first.
func recentPostings(ctx context.Context, q db.Queryer, before string, limit int) ([]Posting, error) {
	if before == "" {
		before = "pst_zzzz" // after every id
	}
	var ids []string
	err := q.Select(ctx, &ids, `SELECT id FROM postings WHERE id < ? ORDER BY id DESC LIMIT ?`, before, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	query, args, err := db.In(`
		SELECT p.id, p.kind, p.external_ref, p.order_id, p.at, l.account, l.owner, l.amount, l.currency
		FROM postings p
		JOIN ledger l ON l.posting_id = p.id
		WHERE p.id IN (?)
		ORDER BY p.id DESC, l.line`, ids)
	if err != nil {
		return nil, err
	}
	var rows []postingRow
	err = q.Select(ctx, &rows, query, args...)
	return gather(rows), err
}

// Balance is an account's sum in one currency.
type Balance struct {
	Account LedgerAccount `db:"account"`
	Money   string        `db:"currency"`
	Minor   int64         `db:"amount"`
}

// balances are the sums of all accounts.
func balances(ctx context.Context, q db.Queryer) ([]Balance, error) {
	var out []Balance
	err := q.Select(ctx, &out, `
		SELECT account, currency, CAST(SUM(amount) AS BIGINT) AS amount
		FROM ledger
		GROUP BY account, currency
		ORDER BY account, currency`)
	return out, err
}
