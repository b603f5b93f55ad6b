package listings_test

import (
	"context"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// What is reserved is off sale; released it is back in its place; sold it is
// gone for good.
func TestReserveReleaseAndSold(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.Live(t, b.Service, b.anna, "Wintec-yleissatula 17\"", 7500)
		reserve := func(tx *db.Tx) error { return b.Reserve(ctx, tx, l.ID) }
		ok(t, b.tx(t, reserve))
		b.state(t, l.ID, listings.Reserved)
		wants(t, b.tx(t, reserve), "listings.gone")
		b.finds(t, "satula", 0)

		ok(t, b.tx(t, func(tx *db.Tx) error { return b.Release(ctx, tx, l.ID) }))
		if again := b.state(t, l.ID, listings.Live); again.Seq != l.Seq {
			t.Errorf("released it is at %d, was at %d", again.Seq, l.Seq)
		}
		b.finds(t, "satula", 1)

		wants(t, b.tx(t, func(tx *db.Tx) error { return b.Sold(ctx, tx, l.ID) }), "listings.gone")
		ok(t, b.tx(t, reserve))
		for range 2 {
			ok(t, b.tx(t, func(tx *db.Tx) error { return b.Sold(ctx, tx, l.ID) }))
		}
		b.state(t, l.ID, listings.Sold)
		_, err := b.Relist(ctx, b.anna, l.ID)
		wants(t, err, "listings.is_sold")
		b.sound(t)
	})
}

// Of many who reserve one thing at once, one gets it.
func TestOnlyOneReserves(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		l := listingstest.Live(t, b.Service, b.anna, "Talviloimi", 6200)
		const buyers = 10
		errs := make(chan error, buyers)
		for range buyers {
			go func() {
				errs <- b.DB.InTx(context.Background(), func(tx *db.Tx) error { return b.Reserve(context.Background(), tx, l.ID) })
			}()
		}
		won := 0
		for range buyers {
			if err := <-errs; err == nil {
				won++
			} else {
				wants(t, err, "listings.gone")
			}
		}
		if won != 1 {
			t.Errorf("%d reserved it", won)
		}
	})
}

// Hiding somebody takes all they have out of sight, and showing brings it back.
func TestHideAllOf(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.Live(t, b.Service, b.anna, "Riimu", 1400)
		listingstest.Live(t, b.Service, b.noor, "Riimu ja naru", 1500)
		b.finds(t, "riimu", 2)
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.HideAllOf(ctx, tx, b.anna) }))
		b.finds(t, "riimu", 1)
		wants(t, b.tx(t, func(tx *db.Tx) error { return b.Reserve(ctx, tx, l.ID) }), "listings.gone")
		b.sound(t)
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.ShowAllOf(ctx, tx, b.anna) }))
		b.finds(t, "riimu", 2)
		b.sound(t)
	})
}
