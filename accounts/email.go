package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// AskEmail begins a change of address: a link goes to the new one, and nothing
// changes before it is followed. When the new address belongs to somebody else,
// that person is written to instead, and the caller cannot tell. It fails with
// Invalid faults of "email" and "password", and with TooMany.
func (s *Service) AskEmail(ctx context.Context, id UserID, email, password string) error {
	email = tidy(email)
	u, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return err
	}
	var fs fault.Faults
	fs.Add(checkEmail("email", email))
	if len(fs) == 0 && Fold(email) == u.EmailFolded && email == u.Email {
		fs.Add(fault.Field("email", "accounts.email_same"))
	}
	if password == "" {
		fs.Add(fault.Field("password", "accounts.password_missing"))
	}
	if err := fs.Or(); err != nil {
		return err
	}
	if err := s.CheckPassword(ctx, id, password); err != nil {
		return err
	}
	if err := s.Attempt(ctx, "email:"+string(id), lettersAddress, lettersPer); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		other, err := userByEmail(ctx, tx, Fold(email))
		if err == nil && other.ID != id {
			return s.mail(ctx, tx, other.ID, "accounts.mail.taken", nil, "/account/email")
		}
		if err != nil && !db.IsNone(err) {
			return err
		}
		if err := spendTokens(ctx, tx, id, tokenChangeEmail, s.Clock.Now()); err != nil {
			return err
		}
		secret, err := s.issue(ctx, tx, tokenChangeEmail, id, email, confirmLife)
		if err != nil {
			return err
		}
		return s.mail(ctx, tx, id, "accounts.mail.change", map[string]any{MailTo: email}, "/confirm/"+secret)
	})
}

// changeEmail is the end of a change of address: the new one takes effect and
// the old one is told.
func (s *Service) changeEmail(ctx context.Context, tx *db.Tx, t Token) error {
	u, err := s.Get(ctx, tx, t.UserID)
	if err != nil {
		return err
	}
	other, err := userByEmail(ctx, tx, Fold(t.Payload))
	if err == nil && other.ID != u.ID {
		return fault.New(fault.Conflict, "accounts.email_taken")
	}
	if err != nil && !db.IsNone(err) {
		return err
	}
	err = setEmail(ctx, tx, u.ID, t.Payload, s.Clock.Now())
	if db.IsUnique(err) {
		return fault.New(fault.Conflict, "accounts.email_taken")
	}
	if err != nil {
		return err
	}
	if err := s.spendAll(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := s.Audit(ctx, tx, u.ID, "accounts.email", string(u.ID), ""); err != nil {
		return err
	}
	return s.mail(ctx, tx, u.ID, "accounts.mail.changed", map[string]any{MailTo: u.Email}, "/help")
}

// spendAll makes every link sent to the old address unusable.
func (s *Service) spendAll(ctx context.Context, tx *db.Tx, id UserID) error {
	for _, kind := range []string{tokenConfirm, tokenReset, tokenChangeEmail} {
		if err := spendTokens(ctx, tx, id, kind, s.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}
