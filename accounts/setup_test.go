package accounts_test

import (
	"context"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
)

// letter is one letter that would have been sent.
type letter struct {
	to   accounts.UserID
	key  string
	addr string // address other than the person's own
	url  string
}

// bench is a service with a mailbox.
type bench struct {
	*accounts.Service
	clock *clock.Fixed
	box   []letter
}

func newBench(t *testing.T, d *db.DB) *bench {
	b := &bench{Service: accountstest.New(t, d), clock: clock.At(accountstest.Start)}
	b.Clock = b.clock
	b.Work(b.Jobs)
	b.Mailer = func(_ context.Context, _ *db.Tx, to accounts.UserID, key string, args map[string]any, url string) error {
		addr, _ := args[accounts.MailTo].(string)
		b.box = append(b.box, letter{to, key, addr, url})
		return nil
	}
	return b
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

// take is the one letter in the box, which is empty afterwards.
func (b *bench) take(t *testing.T, key string) letter {
	t.Helper()
	if len(b.box) != 1 || b.box[0].key != key {
		t.Fatalf("letters %+v, want one %s", b.box, key)
	}
	l := b.box[0]
	b.box = nil
	return l
}

// secret is the end of a letter's link.
func (l letter) secret() string { return l.url[strings.LastIndex(l.url, "/")+1:] }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// faulty fails the test unless err is a fault with this key, and field if one
// is given.
func faulty(t *testing.T, err error, key string, field ...string) {
	t.Helper()
	for _, f := range fault.As(err) {
		if f.Key == key && (len(field) == 0 || f.Field == field[0]) {
			return
		}
	}
	t.Fatalf("error %v, want fault %s %v", err, key, field)
}

func (b *bench) in(t *testing.T, f func(tx *db.Tx) error) {
	t.Helper()
	ok(t, b.DB.InTx(t.Context(), f))
}

func (b *bench) get(t *testing.T, id accounts.UserID) accounts.User {
	t.Helper()
	u, err := b.Get(t.Context(), b.DB, id)
	ok(t, err)
	return u
}
