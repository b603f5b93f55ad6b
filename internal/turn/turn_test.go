package turn_test

import (
	"context"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
)

var now = clock.Of(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))

func open(t *testing.T, d *db.DB, kind turn.Kind, subject string) turn.ID {
	t.Helper()
	var tid turn.ID
	err := d.InTx(context.Background(), func(tx *db.Tx) (err error) {
		tid, err = turn.Open(context.Background(), tx, now, turn.Spec{
			Kind: kind, Subject: subject, Version: 3, Owner: "usr_a", Waiter: "usr_b", Due: now.Add(48 * time.Hour)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tid
}

// A turn is looked at by the sweep from the moment it opens until it closes.
func TestAnOpenTurnIsAlwaysDueSometime(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		tid := open(t, d, turn.Ship, "ord_1")
		if ts, err := turn.Due(ctx, d, now, 10); err != nil || len(ts) != 1 || ts[0].ID != tid || ts[0].NextStep != turn.StepPlan {
			t.Fatalf("due at once: %+v, %v", ts, err)
		}
		must(t, d.InTx(ctx, func(tx *db.Tx) error { return turn.Snooze(ctx, tx, tid, now.Add(time.Hour), "first") }))
		if ts, _ := turn.Due(ctx, d, now, 10); len(ts) != 0 {
			t.Errorf("snoozed, yet due: %+v", ts)
		}
		if ts, _ := turn.Due(ctx, d, now.Add(time.Hour), 10); len(ts) != 1 || ts[0].NextStep != "first" {
			t.Errorf("an hour later: %+v", ts)
		}
		must(t, d.InTx(ctx, func(tx *db.Tx) error { return turn.Close(ctx, tx, now, turn.Ship, "ord_1", turn.Done) }))
		if ts, _ := turn.Due(ctx, d, now.Add(999*time.Hour), 10); len(ts) != 0 {
			t.Errorf("closed, yet due: %+v", ts)
		}
		got, err := turn.Get(ctx, d, tid)
		if err != nil || got.Open() || got.Outcome != turn.Done || got.Version != 3 {
			t.Errorf("after closing: %+v, %v", got, err)
		}
	})
}

// The database itself refuses an open turn that nobody would look at again.
func TestSilenceCannotBeStored(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		tid := open(t, d, turn.Ship, "ord_1")
		if _, err := d.Do(context.Background(), `UPDATE turns SET next_at = NULL WHERE id = ?`, tid); err == nil {
			t.Error("an open turn without a next step was stored")
		}
	})
}

// One owner owes one thing once; closing what is not open is no error.
func TestNoTurnTwice(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		open(t, d, turn.Review, "ord_1")
		err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := turn.Open(ctx, tx, now, turn.Spec{Kind: turn.Review, Subject: "ord_1", Owner: "usr_a", Due: now})
			return err
		})
		if !db.IsUnique(err) {
			t.Errorf("the same turn twice: %v", err)
		}
		must(t, d.InTx(ctx, func(tx *db.Tx) error { return turn.Close(ctx, tx, now, turn.Pay, "ord_9", turn.Moved) }))
	})
}

// A deadline can be moved but never into the past.
func TestExtend(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		tid := open(t, d, turn.Ship, "ord_1")
		later := now.Add(96 * time.Hour)
		must(t, d.InTx(ctx, func(tx *db.Tx) error { return turn.Extend(ctx, tx, now, tid, later) }))
		if got, _ := turn.Get(ctx, d, tid); got.DueAt != later || got.NextStep != turn.StepPlan {
			t.Errorf("after extending: %+v", got)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error { return turn.Extend(ctx, tx, now, tid, now-1) })
		if err == nil {
			t.Error("a deadline moved into the past")
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
