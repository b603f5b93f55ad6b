package db

import (
	"math/bits"
	"reflect"
	"strings"
)

// maxPadded is the longest list that is made longer: databases take some ten
// thousand values in a statement, and long lists are rare.
const maxPadded = 1024

// padded repeats the last element of a slice until their number is a power of
// two. What is no slice, or bytes, or longer than maxPadded stays as it is.
func padded(a any) any {
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Slice || v.Len() == 0 || v.Len() > maxPadded || v.Type().Elem().Kind() == reflect.Uint8 {
		return a
	}
	n, want := v.Len(), 1<<bits.Len(uint(v.Len()-1))
	if n == want {
		return a
	}
	all := reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, want), v)
	for range want - n {
		all = reflect.Append(all, v.Index(n-1))
	}
	return all.Interface()
}

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
