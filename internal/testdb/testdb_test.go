package testdb_test

import (
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// Every test gets a migrated database that nobody else writes to.
func TestEachIsFreshAndMigrated(t *testing.T) {
	t.Parallel()
	for range 3 {
		testdb.Each(t, func(t *testing.T, d *db.DB) {
			ctx := t.Context()
			pending, err := d.Pending(ctx)
			if err != nil || len(pending) > 0 {
				t.Fatalf("pending %v, %v", pending, err)
			}
			var jobs int64
			if err := d.Get(ctx, &jobs, "SELECT count(*) FROM river_job"); err != nil || jobs != 0 {
				t.Fatalf("%d jobs, %v", jobs, err)
			}
			if _, err := d.Do(ctx, "INSERT INTO river_queue (name, created_at, metadata, updated_at) VALUES (?, CURRENT_TIMESTAMP, '{}', CURRENT_TIMESTAMP)", "mine"); err != nil {
				t.Fatal(err)
			}
			var queues int64
			if err := d.Get(ctx, &queues, "SELECT count(*) FROM river_queue"); err != nil || queues != 1 {
				t.Fatalf("%d queues, %v", queues, err)
			}
		})
	}
}
