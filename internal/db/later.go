package db

import (
	"cmp"
	"context"
	"strings"
)

// maxLater is how many statements wait at most.
const maxLater = 64

// statement is one that waits to be sent.
type statement struct {
	query string
	args  []any
}

// Later runs a statement about whose outcome nobody asks. On PostgreSQL it waits
// and travels together with others, before the next statement that is asked
// about or the commit, which is then the one that fails; on SQLite, where nothing
// travels, it runs at once.
func (tx *Tx) Later(ctx context.Context, query string, args ...any) error {
	if !tx.db.postgres {
		_, err := tx.Do(ctx, query, args...)
		return err
	}
	tx.db.wrote(query, args)
	tx.forget(query)
	tx.later = append(tx.later, statement{tx.db.bind(query), args})
	if len(tx.later) < maxLater {
		return nil
	}
	return tx.flush(ctx)
}

// flush sends what waits.
func (tx *Tx) flush(ctx context.Context) error {
	if len(tx.later) == 0 {
		return nil
	}
	all := tx.later
	tx.later = nil
	return wrap(ctx, sendTogether(ctx, tx.conn, all))
}

// before is what precedes every statement that is asked about.
func (tx *Tx) before(ctx context.Context, query string) error {
	if err := ctx.Err(); err != nil {
		return err // on SQLite nothing else would say so
	}
	if tx.undone() {
		return cmp.Or(tx.lost, errUndone)
	}
	tx.forget(query)
	return tx.flush(ctx)
}

// Keep keeps a row that was read from a table, so that the rest of this
// transaction need not read it again. It is forgotten as soon as the transaction
// writes to that table.
func (tx *Tx) Keep(table string, key, row any) {
	if tx.kept == nil {
		tx.kept = map[string]map[any]any{}
	}
	if tx.kept[table] == nil {
		tx.kept[table] = map[any]any{}
	}
	tx.kept[table][key] = row
}

// Kept is what was kept of a table under a key; nil when nothing was.
func (tx *Tx) Kept(table string, key any) any { return tx.kept[table][key] }

// forget drops what was kept of the tables that a statement may write to.
func (tx *Tx) forget(query string) {
	if len(tx.kept) == 0 || strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
		return
	}
	for table := range tx.kept {
		if strings.Contains(query, table) {
			delete(tx.kept, table)
		}
	}
}
