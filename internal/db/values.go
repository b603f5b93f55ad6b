package db

import "strings"

// Values is "VALUES (?, ?), (?, ?), …" with so many rows, for a statement that
// stores many at once.
func Values(rows, columns int) string {
	row := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return "VALUES " + row + strings.Repeat(", "+row, rows-1)
}

// Typed is Values for rows that a statement reads from, as WITH v AS (…) does:
// the first row says of what type each column is, since nothing else does.
func Typed(rows int, types ...string) string {
	first := "(CAST(? AS " + strings.Join(types, "), CAST(? AS ") + "))"
	rest := "(?" + strings.Repeat(", ?", len(types)-1) + ")"
	return "VALUES " + first + strings.Repeat(", "+rest, rows-1)
}

// SkipLocked ends a SELECT of rows that nobody else shall have until the
// transaction is over: on PostgreSQL those that somebody has are left out, and
// on SQLite only one transaction writes at a time anyway.
func (tx *Tx) SkipLocked() string {
	if tx.db.postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}
