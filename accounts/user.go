// Package accounts knows who someone is: sign-up and sign-in, sessions,
// preferences, addresses, roles, and what was done to an account.
package accounts

import (
	"strings"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
)

// UserID names a person: usr_….
type UserID string

// System is the actor of what no person did.
const System UserID = "system"

// Roles.
const (
	Member   = "member"
	Operator = "operator"
)

// Statuses of an account.
const (
	Active    = "active"
	Suspended = "suspended" // may finish trades, not start any
	Deleted   = "deleted"   // the row stays for the ledger, without name and address
)

// User is a person with an account. A deleted person has no address, and a
// dash for a name.
type User struct {
	ID           UserID        `db:"id"`
	Email        string        `db:"email"`
	EmailFolded  string        `db:"email_folded"`
	ConfirmedAt  clock.Instant `db:"confirmed_at"`
	Name         string        `db:"name"`
	NameFolded   string        `db:"name_folded"`
	PasswordHash string        `db:"password_hash"`
	Lang         string        `db:"lang"`
	Zone         string        `db:"zone"`
	Town         string        `db:"town"`
	Postcode     string        `db:"postcode"`
	About        string        `db:"about"`
	Role         string        `db:"role"`
	Status       string        `db:"status"`
	QuietFrom    int64         `db:"quiet_from"`  // minutes from midnight in Zone
	QuietUntil   int64         `db:"quiet_until"` // minutes from midnight in Zone
	MailMessages bool          `db:"mail_messages"`
	MailNudges   bool          `db:"mail_nudges"`
	MailSearches bool          `db:"mail_searches"`
	Phone        string        `db:"phone"`         // E.164; "" for none
	PhoneOkAt    clock.Instant `db:"phone_ok_at"`   // 0: not shown to be theirs
	TextsBy      string        `db:"texts_by"`      // ByNone, BySMS or ByWhatsApp
	MailBadAt    clock.Instant `db:"mail_bad_at"`   // 0: the address takes e-mail
	ReplyMinutes int64         `db:"reply_minutes"` // median to a first reply; 0: too few to say
	PostHours    int64         `db:"post_hours"`    // median from paid to posted; 0: too few to say
	TradesDone   int64         `db:"trades_done"`
	CreatedAt    clock.Instant `db:"created_at"`
	SeenAt       clock.Instant `db:"seen_at"`
	DeletedAt    clock.Instant `db:"deleted_at"`
}

// How short messages reach a person's number.
const (
	ByNone     = "" // not at all, but for last warnings
	BySMS      = "sms"
	ByWhatsApp = "whatsapp"
)

// deletedName is what a deleted person's row is called, so that a page that
// prints names never prints nothing.
const deletedName = "–"

// Confirmed tells whether the person has shown that the address is theirs.
func (u User) Confirmed() bool { return !u.ConfirmedAt.IsZero() }

// TakesMail tells whether e-mail to the address arrives, as far as we know.
func (u User) TakesMail() bool { return u.Confirmed() && u.MailBadAt.IsZero() }

// HasPhone tells whether the person has shown that the number is theirs.
func (u User) HasPhone() bool { return u.Phone != "" && !u.PhoneOkAt.IsZero() }

// IsOperator tells whether the person is staff.
func (u User) IsOperator() bool { return u.Role == Operator }

// IsSuspended tells whether the person may only finish what they began.
func (u User) IsSuspended() bool { return u.Status == Suspended }

// IsDeleted tells whether the person has left.
func (u User) IsDeleted() bool { return u.Status == Deleted }

// Shown is the name others see, worded for a person who has left.
func (u User) Shown(s *i18n.Speaker) string {
	if u.IsDeleted() {
		return s.T("accounts.deleted_name")
	}
	return u.Name
}

// Speaker words things for this person.
func (u User) Speaker(now clock.Instant) *i18n.Speaker { return i18n.For(u.Lang, u.Zone, now) }

// First is the person's first name, as others are told of them.
func (u User) First() string {
	first, _, _ := strings.Cut(strings.TrimSpace(u.Name), " ")
	return first
}

// Quiet is when the person wants to be left alone.
func (u User) Quiet() calendar.Quiet {
	return calendar.Quiet{From: u.QuietFrom, Until: u.QuietUntil, Zone: clock.Zone(u.Zone)}
}
