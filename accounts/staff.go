package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// MakeOperator makes the person with an address staff. It is for the command
// line, never for a page. It fails with a Missing fault.
func (s *Service) MakeOperator(ctx context.Context, email string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		u, err := s.ByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := setRole(ctx, tx, u.ID, Operator); err != nil {
			return err
		}
		if err := setConfirmed(ctx, tx, u.ID, s.Clock.Now()); err != nil {
			return err
		}
		return s.Audit(ctx, tx, System, "accounts.operator", string(u.ID), "")
	})
}

// Suspend stops a member from starting anything; what is open they may finish.
// Operators may call it, with the reason. It fails with a Conflict fault when
// the account is not active, and a Forbidden one for staff.
func (s *Service) Suspend(ctx context.Context, tx *db.Tx, actor, id UserID, note string) error {
	u, err := s.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if u.IsOperator() {
		return fault.New(fault.Forbidden, "accounts.suspend_staff")
	}
	return s.moveStatus(ctx, tx, actor, id, Active, Suspended, note)
}

// Restore ends a suspension. Operators may call it. It fails with a Conflict
// fault when the account is not suspended.
func (s *Service) Restore(ctx context.Context, tx *db.Tx, actor, id UserID, note string) error {
	return s.moveStatus(ctx, tx, actor, id, Suspended, Active, note)
}

func (s *Service) moveStatus(ctx context.Context, tx *db.Tx, actor, id UserID, from, to, note string) error {
	ok, err := setStatus(ctx, tx, id, from, to)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "accounts.status_moved")
	}
	action, letter := "accounts.suspend", "accounts.mail.suspended"
	if to == Active {
		action, letter = "accounts.restore", "accounts.mail.restored"
	}
	if err := s.Audit(ctx, tx, actor, action, string(id), note); err != nil {
		return err
	}
	return s.mail(ctx, tx, id, letter, nil, "/help")
}

// Search is the newest people first whose name or address holds text ("" for
// all), of one status ("" for any), older than before ("" from the newest).
func (s *Service) Search(ctx context.Context, text, status string, before UserID, limit int) ([]User, error) {
	return searchUsers(ctx, s.DB, tidy(text), status, before, limit)
}

// Enrol adds a person as they are given, with an id, folded names and defaults
// filled in; for seeding and tests. No letter is sent. It fails with a Conflict
// fault when the address is taken.
func (s *Service) Enrol(ctx context.Context, tx *db.Tx, u User) (User, error) {
	base := newUser(NewUser{Email: u.Email, Name: u.Name, Lang: u.Lang, Zone: u.Zone}, u.PasswordHash, s.Clock.Now())
	base.ConfirmedAt, base.Town, base.Postcode, base.About = u.ConfirmedAt, u.Town, u.Postcode, u.About
	if u.Phone != "" {
		base.Phone, base.PhoneOkAt, base.TextsBy = u.Phone, u.PhoneOkAt, u.TextsBy
	}
	if u.ID != "" {
		base.ID = u.ID
	}
	if u.Role != "" {
		base.Role = u.Role
	}
	if u.Status != "" {
		base.Status = u.Status
	}
	if !u.CreatedAt.IsZero() {
		base.CreatedAt = u.CreatedAt
	}
	ok, err := insertUser(ctx, tx, base)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, fault.New(fault.Conflict, "accounts.email_taken")
	}
	return s.Get(ctx, tx, base.ID)
}

// Operators are all staff, those first who have been it longest.
func (s *Service) Operators(ctx context.Context, q db.Queryer) ([]User, error) {
	return operators(ctx, q)
}
