package messaging_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
)

// listing is what the conversations of the tests are about.
const listing = "lst_01jdh8w3k9v6t2q4m7x5c0z1ab"

// bench is a service with a letterbox and a clock that stands on a Tuesday at
// noon, and Noora who asks Anna about a saddle.
type bench struct {
	*messaging.Service
	clock       *clock.Fixed
	post        *smtp.Server
	noora, anna accounts.User
	conv        messaging.Conversation
}

func newBench(t *testing.T, d *db.DB) *bench {
	t.Helper()
	a := accountstest.New(t, d)
	c := clock.At(accountstest.Start)
	a.Clock = c
	post, err := smtp.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = post.Close() })
	b := &bench{clock: c, post: post, Service: messaging.New(d, c, a.Jobs, live.New(), a, slog.New(slog.DiscardHandler), messaging.Config{
		BaseURL: "https://kierto.example", Secret: "a secret of at least thirty-two characters", Signature: "Salla", From: "Salla / Kierto <hei@kierto.example>",
	})}
	sender, err := messaging.NewSMTP(post.URL(), b.Config.From)
	if err != nil {
		t.Fatal(err)
	}
	b.Sender = sender.WithTimeout(2 * time.Second)
	b.Work(b.Jobs)
	b.PhotoURL = func(key, size string) string { return "/photos/" + key + "-" + size + ".jpg" }
	b.noora, b.anna = accountstest.Person(t, a, "Noora Lehto"), accountstest.Person(t, a, "Anna Korpi")
	b.conv = b.open(t, b.noora, b.anna)
	return b
}

// open is the conversation of a buyer and a seller about the saddle.
func (b *bench) open(t *testing.T, buyer, seller accounts.User) (conv messaging.Conversation) {
	t.Helper()
	b.tx(t, func(tx *db.Tx) (err error) {
		conv, err = b.Open(t.Context(), tx, messaging.Opening{Subject: listing, Buyer: buyer.ID, Seller: seller.ID, Title: `Wintec-yleissatula 17"`, Photo: "p1"})
		return err
	})
	return conv
}

func (b *bench) tx(t *testing.T, f func(tx *db.Tx) error) {
	t.Helper()
	if err := b.DB.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// say sends a message, which must work.
func (b *bench) say(t *testing.T, who accounts.User, text string) {
	t.Helper()
	if err := b.Send(t.Context(), who.ID, b.conv.ID, text, ""); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// run sweeps and works all jobs.
func (b *bench) run(t *testing.T) {
	t.Helper()
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// after moves the clock, then runs.
func (b *bench) after(t *testing.T, d time.Duration) {
	t.Helper()
	b.clock.Move(d)
	b.run(t)
}

// letters are those to a person, newest first.
func (b *bench) letters(u accounts.User) []smtp.Message { return b.post.To(u.Email) }

// turns are the open turns of the conversation, as "kind:owner's name".
func (b *bench) turns(t *testing.T) string {
	t.Helper()
	ts, err := turn.OpenOf(t.Context(), b.DB, string(b.conv.ID))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range ts {
		name := x.Owner
		for _, u := range []accounts.User{b.noora, b.anna} {
			if x.Owner == string(u.ID) {
				name = strings.Fields(u.Name)[0]
			}
		}
		out = append(out, string(x.Kind)+":"+name)
	}
	return strings.Join(out, " ")
}

func (b *bench) unread(t *testing.T, u accounts.User) int {
	t.Helper()
	x, err := b.Badges(t.Context(), string(u.ID))
	if err != nil {
		t.Fatal(err)
	}
	return x.Unread
}

// read opens the conversation as u.
func (b *bench) read(t *testing.T, u accounts.User) []messaging.Entry {
	t.Helper()
	es, err := b.Stream(t.Context(), b.conv.ID, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

// frame is what a page is drawn in for u.
func (b *bench) frame(u accounts.User) web.Frame {
	return web.Frame{Speaker: u.Speaker(b.clock.Now()), Reader: web.Reader{ID: string(u.ID), Name: u.Name, Lang: u.Lang}}
}

// each runs f on both databases.
func each(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(t, newBench(t, d))
	})
}

// lite is a bench on SQLite alone, for what no database changes.
func lite(t *testing.T) *bench {
	t.Parallel()
	return newBench(t, testdb.SQLite(t))
}

// wantFault fails unless err is a fault of a key.
func wantFault(t *testing.T, err error, key string) {
	t.Helper()
	fs := fault.As(err)
	if len(fs) == 0 || fs[0].Key != key {
		t.Fatalf("error %v, want the fault %s", err, key)
	}
}

// tell tells Anna something in a transaction of its own.
func (b *bench) tell(t *testing.T, x messaging.Telling) {
	t.Helper()
	b.tx(t, func(tx *db.Tx) error { return b.Tell(context.Background(), tx, x) })
}
