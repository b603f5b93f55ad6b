package generate

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

const (
	peopleRows    = 1000 // people of one statement
	peopleColumns = 9    // values of one person
)

// insertPeople stores people, given as their values row by row.
func insertPeople(ctx context.Context, tx *db.Tx, rows []any) error {
	if len(rows) == 0 {
		return nil
	}
	row := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?), ", len(rows)/peopleColumns), ", ")
	_, err := tx.Do(ctx, `
		INSERT INTO users (id, email, email_folded, confirmed_at, name, name_folded, password_hash, town, created_at)
		VALUES `+row, rows...)
	return err
}
