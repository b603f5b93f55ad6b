package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/web"
)

// Defaults of a new account; minutes from midnight.
const (
	defaultQuietFrom  = 21 * 60
	defaultQuietUntil = 8 * 60
)

// NewUser is what somebody types to join.
type NewUser struct {
	Email, Password, Name string
	Lang, Zone            string // "" for the defaults
	Place                 string // where the request comes from (an IP address); "" is not counted
}

// SignUp makes an account and sends the link that confirms its address. Anyone
// may call it. When the address has an account already, that person is written
// to instead, and the caller cannot tell: the answer and the work are the same.
// Beyond a few letters an hour to one mailbox nothing is done.
// It fails with Invalid faults of "name", "email" and "password", and with TooMany
// after many letters to whomever from one place.
func (s *Service) SignUp(ctx context.Context, n NewUser) error {
	n.Email, n.Name = tidy(n.Email), tidy(n.Name)
	var fs fault.Faults
	fs.Add(checkName("name", n.Name))
	fs.Add(checkEmail("email", n.Email))
	fs.Add(judgePassword("password", n.Password, n.Name, n.Email))
	if err := fs.Or(); err != nil {
		return err
	}
	if n.Place != "" {
		if err := s.Attempt(ctx, "join from "+web.Network(n.Place), lettersPlace, lettersPer); err != nil {
			return err
		}
	}
	secret, err := s.Passwords.Hash(ctx, n.Password)
	if err != nil {
		return err
	}
	if err := s.Attempt(ctx, "join:"+Fold(n.Email), lettersAddress, lettersPer); err != nil {
		if fault.Is(err, fault.TooMany) {
			return nil
		}
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		u := newUser(n, secret, s.Clock.Now())
		added, err := insertUser(ctx, tx, u)
		if err != nil {
			return err
		}
		if !added {
			return s.alreadyHere(ctx, tx, u.EmailFolded)
		}
		return s.sendConfirm(ctx, tx, u)
	})
}

func newUser(n NewUser, passwordHash string, now clock.Instant) User {
	if !i18n.Valid(n.Lang) {
		n.Lang = i18n.Langs[0]
	}
	if !validZone(n.Zone) {
		n.Zone = Zones[0].Name
	}
	return User{
		ID: id.New[UserID]("usr", now), Email: n.Email, EmailFolded: Fold(n.Email), Name: n.Name, NameFolded: Fold(n.Name),
		PasswordHash: passwordHash, Lang: n.Lang, Zone: n.Zone, Role: Member, Status: Active,
		QuietFrom: defaultQuietFrom, QuietUntil: defaultQuietUntil, TextsBy: BySMS, CreatedAt: now,
	}
}

// alreadyHere writes to the person who has the address that somebody tried to
// join with. The link lets them choose a new password, which also confirms an
// address that was never confirmed: whoever reads the mailbox wins.
func (s *Service) alreadyHere(ctx context.Context, tx *db.Tx, folded string) error {
	u, err := userByEmail(ctx, tx, folded)
	if err != nil {
		return err
	}
	secret, err := s.issue(ctx, tx, tokenReset, u.ID, "", resetLife)
	if err != nil {
		return err
	}
	return s.mail(ctx, tx, u.ID, "accounts.mail.already", nil, "/reset/"+secret)
}

func (s *Service) sendConfirm(ctx context.Context, tx *db.Tx, u User) error {
	secret, err := s.issue(ctx, tx, tokenConfirm, u.ID, "", confirmLife)
	if err != nil {
		return err
	}
	return s.mail(ctx, tx, u.ID, "accounts.mail.confirm", nil, "/confirm/"+secret)
}

// ResendConfirm sends the link once more to a person who has not confirmed
// their address, or whose e-mail came back, and nothing to others.
func (s *Service) ResendConfirm(ctx context.Context, id UserID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		u, err := s.Get(ctx, tx, id)
		if err != nil || u.TakesMail() || u.IsDeleted() {
			return err
		}
		return s.sendConfirm(ctx, tx, u)
	})
}

// Confirm shows that an address belongs to its person: the one they joined with,
// or the new one of a change. It fails with a Conflict fault when the link was
// used, is too old or was never sent, or when somebody else took the new address.
func (s *Service) Confirm(ctx context.Context, secret string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		t, err := s.redeem(ctx, tx, secret, tokenConfirm, tokenChangeEmail)
		if err != nil {
			return err
		}
		if t.Kind == tokenChangeEmail {
			return s.changeEmail(ctx, tx, t)
		}
		return setConfirmed(ctx, tx, t.UserID, s.Clock.Now())
	})
}

// Confirming is the address that a link would confirm. It changes nothing.
func (s *Service) Confirming(ctx context.Context, secret string) (email string, err error) {
	t, err := s.peek(ctx, s.DB, secret, tokenConfirm, tokenChangeEmail)
	if err != nil || t.Payload != "" {
		return t.Payload, err
	}
	u, err := s.Get(ctx, s.DB, t.UserID)
	return u.Email, err
}
