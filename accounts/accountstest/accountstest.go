// Package accountstest makes people for the tests of every domain.
package accountstest

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
)

// Password is everybody's.
const Password = "tyyni lampi 4 haukea"

// Start is when tests begin: Tuesday 24 November 2026 at noon in Helsinki.
var Start = clock.Of(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))

// quick hashes fast; it protects nothing.
var quick = argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// QuickPasswords hashes fast, for tests and the demo's many people.
func QuickPasswords() *accounts.Passwords { return accounts.NewPasswords(quick) }

// New is a service on d whose clock stands at Start and whose passwords hash
// fast. Its clock, queue and hooks may be replaced.
func New(t testing.TB, d *db.DB) *accounts.Service {
	t.Helper()
	s := accounts.New(d, clock.At(Start), jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{Quick: true}))
	s.Passwords = QuickPasswords()
	return s
}

// Person is a new member called name, with a confirmed address and Password.
func Person(t testing.TB, s *accounts.Service, name string) accounts.User {
	t.Helper()
	return With(t, s, name, func(*accounts.User) {})
}

// Operator is a new member of staff called name.
func Operator(t testing.TB, s *accounts.Service, name string) accounts.User {
	t.Helper()
	return With(t, s, name, func(u *accounts.User) { u.Role = accounts.Operator })
}

// With is a new person called name, as change leaves them.
func With(t testing.TB, s *accounts.Service, name string, change func(*accounts.User)) accounts.User {
	t.Helper()
	hashed, err := s.Passwords.Hash(t.Context(), Password)
	if err != nil {
		t.Fatalf("accountstest: %v", err)
	}
	now := s.Clock.Now()
	u := accounts.User{
		Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "." + strings.ToLower(id.Ref(8)) + "@example.fi",
		Name:  name, PasswordHash: hashed, ConfirmedAt: now, Lang: "fi",
	}
	change(&u)
	err = s.DB.InTx(t.Context(), func(tx *db.Tx) (err error) {
		u, err = s.Enrol(t.Context(), tx, u)
		return err
	})
	if err != nil {
		t.Fatalf("accountstest: %v", err)
	}
	return u
}
