package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// AskReset sends a link for a new password, if the address has an account.
// Anyone may call it. Whether it has one cannot be told from the answer or its
// time: the address is looked up later, by a job. It fails with an Invalid fault
// of "email", and with TooMany.
func (s *Service) AskReset(ctx context.Context, email, place string) error {
	email = tidy(email)
	if f := checkEmail("email", email); f != nil {
		return f
	}
	if err := s.Attempt(ctx, "reset from "+web.Network(place), lettersPlace, lettersPer); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.Jobs.Insert(ctx, tx, resetWanted{Email: Fold(email)})
	})
}

// sendReset is the later half of AskReset. Beyond a few letters an hour to one
// mailbox it does nothing.
func (s *Service) sendReset(ctx context.Context, folded string) error {
	if err := s.Attempt(ctx, "reset:"+folded, lettersAddress, lettersPer); err != nil {
		if fault.Is(err, fault.TooMany) {
			return nil
		}
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		u, err := userByEmail(ctx, tx, folded)
		if db.IsNone(err) || err == nil && u.IsDeleted() {
			return nil
		}
		if err != nil {
			return err
		}
		secret, err := s.issue(ctx, tx, tokenReset, u.ID, "", resetLife)
		if err != nil {
			return err
		}
		return s.mail(ctx, tx, u.ID, "accounts.mail.reset", nil, "/reset/"+secret)
	})
}

// Resetting tells whether a link may still be used for a new password. It
// changes nothing, and fails with a Conflict fault otherwise.
func (s *Service) Resetting(ctx context.Context, secret string) error {
	_, err := s.peek(ctx, s.DB, secret, tokenReset)
	return err
}

// Reset gives the person behind the link a new password, ends all their
// sessions and confirms their address. If it was not confirmed before, whoever
// joined with it may have been somebody else, and their number is forgotten. It
// fails with an Invalid fault of "password", after which the link still works,
// and with a Conflict fault when the link was used, is too old or was never sent.
func (s *Service) Reset(ctx context.Context, secret, password string) error {
	t, err := s.peek(ctx, s.DB, secret, tokenReset)
	if err != nil {
		return err
	}
	u, err := s.Get(ctx, s.DB, t.UserID)
	if err != nil {
		return err
	}
	if f := judgePassword("password", password, u.Name, u.Email); f != nil {
		return f
	}
	stored, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		t, err := s.redeem(ctx, tx, secret, tokenReset)
		if err != nil {
			return err
		}
		if !u.Confirmed() {
			if err := setPhone(ctx, tx, t.UserID, "", 0, BySMS); err != nil {
				return err
			}
		}
		if err := setConfirmed(ctx, tx, t.UserID, s.Clock.Now()); err != nil {
			return err
		}
		return s.newPassword(ctx, tx, t.UserID, stored, "")
	})
}

// ChangePassword takes the old password and sets a new one. Every session ends
// but the one named keep. It fails with Invalid faults of "current" and
// "password".
func (s *Service) ChangePassword(ctx context.Context, id UserID, current, password, keep string) error {
	u, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return err
	}
	var fs fault.Faults
	if current == "" {
		fs.Add(fault.Field("current", "accounts.password_missing"))
	}
	fs.Add(judgePassword("password", password, u.Name, u.Email))
	if err := fs.Or(); err != nil {
		return err
	}
	if err := s.checkPassword(ctx, id, "current", current); err != nil {
		return err
	}
	stored, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.newPassword(ctx, tx, id, stored, keep) })
}

// newPassword stores a password, ends the sessions but keep and tells the person.
// Links for a new password end with the old one, and a change of address that
// somebody who knew that may have begun.
func (s *Service) newPassword(ctx context.Context, tx *db.Tx, id UserID, stored, keep string) error {
	if err := setPassword(ctx, tx, id, stored); err != nil {
		return err
	}
	for _, kind := range []string{tokenReset, tokenChangeEmail} {
		if err := spendTokens(ctx, tx, id, kind, s.Clock.Now()); err != nil {
			return err
		}
	}
	if err := s.endSessions(ctx, tx, id, keep); err != nil {
		return err
	}
	if err := s.Audit(ctx, tx, id, "accounts.password", string(id), ""); err != nil {
		return err
	}
	return s.mail(ctx, tx, id, "accounts.mail.password", nil, "/reset")
}
