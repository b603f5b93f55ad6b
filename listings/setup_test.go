package listings_test

import (
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// bench is a service and two people.
type bench struct {
	*listings.Service
	clock      *clock.Fixed
	anna, noor accounts.UserID
}

func newBench(t *testing.T, d *db.DB) *bench {
	acc := accountstest.New(t, d)
	fixed := clock.At(accountstest.Start)
	acc.Clock = fixed
	return &bench{
		Service: listingstest.New(t, acc), clock: fixed,
		anna: accountstest.Person(t, acc, "Anna K").ID, noor: accountstest.Person(t, acc, "Noora L").ID,
	}
}

// each runs f on both databases.
func each(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(t, newBench(t, d))
	})
}

// lite runs f on SQLite alone, for what no database changes.
func lite(t *testing.T) *bench {
	t.Parallel()
	return newBench(t, testdb.SQLite(t))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless err is the fault called key.
func wants(t *testing.T, err error, key string) {
	t.Helper()
	for _, f := range fault.As(err) {
		if f.Key == key {
			return
		}
	}
	t.Fatalf("got %v, want the fault %s", err, key)
}

// state fails unless the listing is in a state.
func (b *bench) state(t *testing.T, id listings.ID, want listings.State) listings.Listing {
	t.Helper()
	l, err := b.Get(t.Context(), b.DB, id)
	ok(t, err)
	if l.State != want {
		t.Fatalf("%s is %s, want %s", id, l.State, want)
	}
	return l
}

func (b *bench) tx(t *testing.T, fn func(tx *db.Tx) error) error {
	t.Helper()
	return b.DB.InTx(t.Context(), fn)
}
