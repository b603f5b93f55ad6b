package nudges_test

import (
	"strings"
)

// dump is every row of every table, by table.
func (w *watched) dump() map[string]string {
	w.Helper()
	names, columns := `SELECT name FROM sqlite_master WHERE type = 'table'`, `SELECT name FROM pragma_table_info(?) ORDER BY cid`
	if w.DB.Postgres() {
		names = `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`
		columns = `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position`
	}
	var tables []string
	w.OK(w.DB.Select(w.Context(), &tables, names))
	out := map[string]string{}
	for _, table := range tables {
		if strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "sqlite_") || strings.Contains(table, "_fts") || strings.Contains(table, "search") {
			continue
		}
		var cols, rows []string
		w.OK(w.DB.Select(w.Context(), &cols, columns, table))
		for i, c := range cols {
			cols[i] = `COALESCE(CAST(` + c + ` AS TEXT), '-')`
		}
		w.OK(w.DB.Select(w.Context(), &rows, `SELECT `+strings.Join(cols, ` || '|' || `)+` AS line FROM `+table+` ORDER BY 1`))
		out[table] = strings.Join(rows, "\n")
	}
	if len(out) < 20 {
		w.Fatalf("only %d tables", len(out))
	}
	return out
}

// unchanged fails if any table is not as it was.
func (w *watched) unchanged(before map[string]string) {
	w.Helper()
	for table, rows := range w.dump() {
		if rows != before[table] {
			w.Errorf("%s changed:\n%s\nwas\n%s", table, rows, before[table])
		}
	}
}
