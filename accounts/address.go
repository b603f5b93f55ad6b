package accounts

import (
	"context"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
)

// maxAddresses is how many addresses a person may keep.
const maxAddresses = 20

// AddressID names an address: adr_….
type AddressID string

// Address is where a person has things sent.
type Address struct {
	ID        AddressID     `db:"id"`
	UserID    UserID        `db:"user_id"`
	Name      string        `db:"name"`
	Street    string        `db:"street"`
	Postcode  string        `db:"postcode"`
	Town      string        `db:"town"`
	Phone     string        `db:"phone"` // E.164
	CreatedAt clock.Instant `db:"created_at"`
}

// Addresses are a person's, the newest first.
func (s *Service) Addresses(ctx context.Context, q db.Queryer, user UserID) ([]Address, error) {
	return addressesOf(ctx, q, user)
}

// Address is one of the person's. Somebody else's is a Missing fault.
func (s *Service) Address(ctx context.Context, q db.Queryer, user UserID, id AddressID) (Address, error) {
	a, err := addressByID(ctx, q, user, id)
	if db.IsNone(err) {
		err = fault.New(fault.Missing, "web.missing")
	}
	return a, err
}

// SaveAddress stores an address of the person a.UserID: a new one when a.ID is
// "", otherwise the changed one. It fails with Invalid faults of "name",
// "street", "postcode", "town" and "phone"; somebody else's is a Missing fault.
func (s *Service) SaveAddress(ctx context.Context, tx *db.Tx, a Address) (Address, error) {
	a, err := checkAddress(a)
	if err != nil {
		return a, err
	}
	if a.ID != "" {
		ok, err := updateAddress(ctx, tx, a)
		if err == nil && !ok {
			err = fault.New(fault.Missing, "web.missing")
		}
		return a, err
	}
	all, err := addressesOf(ctx, tx, a.UserID)
	if err != nil {
		return a, err
	}
	for _, old := range all { // a double click, or the same address typed again
		if old.Name == a.Name && old.Street == a.Street && old.Postcode == a.Postcode && old.Town == a.Town && old.Phone == a.Phone {
			return old, nil
		}
	}
	if len(all) >= maxAddresses {
		return a, fault.New(fault.Invalid, "accounts.addresses_full", "Max", maxAddresses)
	}
	a.CreatedAt = s.Clock.Now()
	a.ID = id.New[AddressID]("adr", a.CreatedAt)
	return a, insertAddress(ctx, tx, a)
}

// DeleteAddress forgets one of the person's addresses. Somebody else's is a
// Missing fault.
func (s *Service) DeleteAddress(ctx context.Context, user UserID, id AddressID) error {
	ok, err := deleteAddress(ctx, s.DB, user, id)
	if err == nil && !ok {
		err = fault.New(fault.Missing, "web.missing")
	}
	return err
}

// CheckAddress tidies an address typed somewhere else, such as at a checkout. It
// fails with Invalid faults of "name", "street", "postcode", "town" and "phone".
func CheckAddress(a Address) (Address, error) { return checkAddress(a) }

// checkAddress tidies an address and tells all that is wrong with it.
func checkAddress(a Address) (Address, error) {
	a.Name, a.Street, a.Postcode, a.Town = tidy(a.Name), tidy(a.Street), tidy(a.Postcode), tidy(a.Town)
	var fs fault.Faults
	fs.Add(checkLine("name", a.Name, 2*maxName, "accounts.name_missing"))
	fs.Add(checkLine("street", a.Street, maxStreet, "accounts.street_missing"))
	fs.Add(checkPostcode("postcode", a.Postcode, "accounts.postcode_missing"))
	fs.Add(checkLine("town", a.Town, maxTown, "accounts.town_missing"))
	phone, f := checkPhone("phone", tidy(a.Phone))
	fs.Add(f)
	if f == nil {
		a.Phone = phone
	}
	return a, fs.Or()
}

// maxPhone is the longest phone number read, in characters.
const maxPhone = 30

// checkPhone is a number in E.164, Finnish when it names no country; "" is
// fine.
func checkPhone(field, s string) (string, *fault.Fault) {
	if s == "" {
		return "", nil
	}
	wrong := fault.Field(field, "accounts.phone_wrong")
	if len(s) > maxPhone || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("+0123456789 -()", r) }) {
		return "", wrong
	}
	n, err := phonenumbers.Parse(s, "FI")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", wrong
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
