package accounts

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// Delete ends an account for good. The person's trades finish first: any of
// Closers may refuse with a fault that says what is open. The row stays, without
// name and address, because the ledger and the other party's trades refer to it.
// It fails with an Invalid fault of "password".
func (s *Service) Delete(ctx context.Context, id UserID, password string) error {
	if err := s.CheckPassword(ctx, id, password); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		u, err := s.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.IsDeleted() {
			return fault.New(fault.Missing, "web.missing")
		}
		for _, closer := range s.Closers {
			if err := closer(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := s.endSessions(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := deleteTokens(ctx, tx, id); err != nil {
			return err
		}
		if err := deleteAddresses(ctx, tx, id); err != nil {
			return err
		}
		if err := anonymise(ctx, tx, id, s.Clock.Now()); err != nil {
			return err
		}
		return s.Audit(ctx, tx, id, "accounts.delete", string(id), "")
	})
}

// Profile is the part of the data download that this package holds.
type Profile struct {
	ID           UserID           `json:"id"`
	Email        string           `json:"email"`
	Confirmed    string           `json:"email_confirmed,omitempty"`
	Name         string           `json:"name"`
	Lang         string           `json:"language"`
	Zone         string           `json:"time_zone"`
	Town         string           `json:"town"`
	Postcode     string           `json:"postcode"`
	About        string           `json:"about"`
	Phone        string           `json:"phone,omitempty"`
	PhoneOk      string           `json:"phone_confirmed,omitempty"`
	TextsBy      string           `json:"short_messages_by,omitempty"`
	MailBad      string           `json:"email_returned,omitempty"`
	Status       string           `json:"status"`
	QuietFrom    string           `json:"quiet_from"`
	QuietUntil   string           `json:"quiet_until"`
	Mail         map[string]bool  `json:"mail"`
	Measured     map[string]int64 `json:"measured"`
	Joined       string           `json:"joined"`
	Addresses    []PostalAddress  `json:"addresses"`
	SignedInWith []Browser        `json:"signed_in_with"`
}

// PostalAddress is an address in the data download.
type PostalAddress struct {
	Name     string `json:"name"`
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	Town     string `json:"town"`
	Phone    string `json:"phone,omitempty"`
}

// Browser is a session in the data download.
type Browser struct {
	Agent string `json:"browser"`
	Since string `json:"since"`
	Seen  string `json:"last_seen"`
}

// Export is everything about a person as a zip of JSON files: profile.json, and
// one file for each of Exporters.
func (s *Service) Export(ctx context.Context, id UserID) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	parts := append([]func(context.Context, UserID) (string, any, error){s.exportProfile}, s.Exporters...)
	for _, part := range parts {
		name, data, err := part(ctx, id)
		if err != nil {
			return nil, err
		}
		raw, err := json.MarshalIndent(data, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("accounts: export %s: %w", name, err)
		}
		w, err := z.Create(name + ".json")
		if err != nil {
			return nil, fmt.Errorf("accounts: export %s: %w", name, err)
		}
		if _, err := w.Write(raw); err != nil {
			return nil, fmt.Errorf("accounts: export %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("accounts: export: %w", err)
	}
	return buf.Bytes(), nil
}

func (s *Service) exportProfile(ctx context.Context, id UserID) (string, any, error) {
	u, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return "", nil, err
	}
	p := Profile{
		ID: u.ID, Email: u.Email, Name: u.Name, Lang: u.Lang, Zone: u.Zone, Town: u.Town, Postcode: u.Postcode,
		About: u.About, Status: u.Status, QuietFrom: TimeOfDay(u.QuietFrom), QuietUntil: TimeOfDay(u.QuietUntil),
		Mail:     map[string]bool{"messages": u.MailMessages, "reminders": u.MailNudges, "searches": u.MailSearches},
		Measured: map[string]int64{"reply_minutes": u.ReplyMinutes, "post_hours": u.PostHours, "trades_done": u.TradesDone},
		Phone:    u.Phone, PhoneOk: written(u.PhoneOkAt), TextsBy: textsOf(u), MailBad: written(u.MailBadAt),
		Confirmed: written(u.ConfirmedAt), Joined: written(u.CreatedAt),
	}
	as, err := s.Addresses(ctx, s.DB, id)
	if err != nil {
		return "", nil, err
	}
	for _, a := range as {
		p.Addresses = append(p.Addresses, PostalAddress{a.Name, a.Street, a.Postcode, a.Town, a.Phone})
	}
	ss, err := s.Sessions(ctx, id)
	if err != nil {
		return "", nil, err
	}
	for _, b := range ss {
		p.SignedInWith = append(p.SignedInWith, Browser{b.Agent, written(b.CreatedAt), written(b.SeenAt)})
	}
	return "profile", p, nil
}

// textsOf is how short messages reach a person; "" without a number.
func textsOf(u User) string {
	switch {
	case !u.HasPhone():
		return ""
	case u.TextsBy == ByNone:
		return "none"
	}
	return u.TextsBy
}

// written is an instant for machines; "" when it was never set.
func written(i clock.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.String()
}
