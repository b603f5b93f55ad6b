package accounts

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// Limits of guessing. Somebody who guesses from one place is stopped soon;
// somebody who guesses at one account from many places, later, so that nobody
// can lock a person out of their own account with a few tries.
const (
	triesWindow     = 15 * time.Minute
	triesPair       = 8   // one account from one place, in a window
	triesPlace      = 60  // any account from one place, in a window
	triesAccount    = 100 // one account from anywhere, in a window
	triesPassword   = 8   // the signed-in person's own password, in a window
	lettersPer      = time.Hour
	lettersAddress  = 4 // letters asked for to one address, in lettersPer
	lettersPlace    = 30
	confirmsPer     = time.Hour
	confirmsAddress = 4
)

// SignIn is the person with this address and password. Anyone may call it; place
// is where they call from (an IP address). It fails with one and the same
// Invalid fault whatever was wrong, in the same time, and with TooMany after
// many tries.
func (s *Service) SignIn(ctx context.Context, email, password, place string) (User, error) {
	folded, place := Fold(email), web.Network(place)
	var fs fault.Faults
	if folded == "" {
		fs.Add(fault.Field("email", "accounts.email_missing"))
	}
	if password == "" {
		fs.Add(fault.Field("password", "accounts.password_missing"))
	}
	if err := fs.Or(); err != nil {
		return User{}, err
	}
	pair := "sign-in:" + folded + " from " + place
	for _, a := range []struct {
		name string
		max  int
	}{{pair, triesPair}, {"sign-in from " + place, triesPlace}, {"sign-in:" + folded, triesAccount}} {
		if err := s.Attempt(ctx, a.name, a.max, triesWindow); err != nil {
			return User{}, err
		}
	}
	u, err := userByEmail(ctx, s.DB, folded)
	if err != nil && !db.IsNone(err) {
		return User{}, err
	}
	ok, err := s.Passwords.Match(ctx, password, u.PasswordHash)
	if err != nil {
		return User{}, err
	}
	if !ok || u.IsDeleted() {
		return User{}, fault.Field("password", "accounts.sign_in_wrong")
	}
	return u, s.Forgive(ctx, pair)
}

// CheckPassword tells whether password is the person's own; before money moves,
// an address changes or an account ends. It fails with an Invalid fault of the
// field "password", and with TooMany after many tries.
func (s *Service) CheckPassword(ctx context.Context, id UserID, password string) error {
	return s.checkPassword(ctx, id, "password", password)
}

func (s *Service) checkPassword(ctx context.Context, id UserID, field, password string) error {
	if password == "" {
		return fault.Field(field, "accounts.password_missing")
	}
	name := "password:" + string(id)
	if err := s.Attempt(ctx, name, triesPassword, triesWindow); err != nil {
		return err
	}
	u, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return err
	}
	ok, err := s.Passwords.Match(ctx, password, u.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Field(field, "accounts.password_wrong")
	}
	return s.Forgive(ctx, name)
}
