package accounts

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// tokenPhone is the token of a code on its way to a number.
const tokenPhone = "phone"

// Limits of confirming a number.
const (
	codeLife    = 15 * time.Minute
	codeDigits  = 6
	codeGuesses = 5              // wrong ones; then a new code is needed
	codesSent   = 5              // codes one person may ask for
	codesTo     = 3              // codes to one number, whoever asks
	codesPlace  = 10             // codes asked for from one network
	codesPer    = 24 * time.Hour // …in this time
	maxTyped    = 30             // characters of a number, as typed
)

// Where numbers may be: short messages to some places cost much, and nobody
// there trades here. The first is where a number without a country code is.
var phoneRegions = []string{
	"FI", "AX", "SE", "NO", "DK", "IS", "EE", "LV", "LT", "DE", "AT", "CH", "NL", "BE", "LU", "FR", "IE", "GB", "ES", "PT", "IT", "GR", "PL", "CZ",
}

// mobile reads a number as people write it, and gives it in E.164. It tells what
// is wrong with one that no short message reaches.
func mobile(field, typed string) (string, *fault.Fault) {
	typed = tidy(typed)
	if typed == "" {
		return "", fault.Field(field, "accounts.phone_missing")
	}
	if len(typed) > maxTyped || hidden(typed) {
		return "", fault.Field(field, "accounts.phone_wrong")
	}
	n, err := phonenumbers.Parse(typed, phoneRegions[0])
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", fault.Field(field, "accounts.phone_wrong")
	}
	if !slices.Contains(phoneRegions, phonenumbers.GetRegionCodeForNumber(n)) {
		return "", fault.Field(field, "accounts.phone_far")
	}
	if k := phonenumbers.GetNumberType(n); k != phonenumbers.MOBILE && k != phonenumbers.FIXED_LINE_OR_MOBILE {
		return "", fault.Field(field, "accounts.phone_fixed")
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// PhoneWritten is a number as people in its own country write it abroad: "+358
// 40 1234567".
func PhoneWritten(e164 string) string {
	n, err := phonenumbers.Parse(e164, phoneRegions[0])
	if err != nil {
		return e164
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// AskPhone sends a code to a number, which is not the person's before they type
// it. place is where the request comes from. The answer is the same whoever has
// the number. It fails with Invalid faults of "phone", and with TooMany.
func (s *Service) AskPhone(ctx context.Context, id UserID, typed, place string) error {
	if s.Texter == nil {
		return fault.New(fault.Missing, "web.missing")
	}
	number, f := mobile("phone", typed)
	if f != nil {
		return f
	}
	for _, limit := range []struct {
		name string
		max  int
	}{{"phone:" + string(id), codesSent}, {"phone to " + number, codesTo}, {"phone from " + web.Network(place), codesPlace}} {
		if err := s.Attempt(ctx, limit.name, limit.max, codesPer); err != nil {
			return err
		}
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	hashed, err := s.Passwords.Hash(ctx, code)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if err := spendTokens(ctx, tx, id, tokenPhone, now); err != nil {
			return err
		}
		until := now.Add(codeLife)
		err := insertToken(ctx, tx, Token{Hash: hashed, Kind: tokenPhone, UserID: id, Payload: number, CreatedAt: now, ExpiresAt: until})
		if err != nil {
			return err
		}
		return s.Texter(ctx, tx, id, "accounts.text.code", map[string]any{TextTo: number, "Code": code}, until)
	})
}

// newCode is six random digits.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// AskedPhone is the number a code is on its way to, "" for none.
func (s *Service) AskedPhone(ctx context.Context, id UserID) (string, error) {
	t, err := openToken(ctx, s.DB, id, tokenPhone, s.Clock.Now())
	if db.IsNone(err) {
		return "", nil
	}
	return t.Payload, err
}

// ConfirmPhone makes the number theirs that the code went to. Whoever had it
// before no longer has, and is told by e-mail: a number belongs to who reads what
// is sent there. It fails with Invalid faults of "code", and with Conflict when
// no code is open, or it was guessed too often.
func (s *Service) ConfirmPhone(ctx context.Context, id UserID, typed string) error {
	code := strings.NewReplacer(" ", "", "-", "").Replace(tidy(typed))
	if code == "" {
		return fault.Field("code", "accounts.code_missing")
	}
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		return fault.Field("code", "accounts.code_wrong")
	}
	stale := fault.Field("code", "accounts.code_stale")
	t, err := openToken(ctx, s.DB, id, tokenPhone, s.Clock.Now())
	if db.IsNone(err) {
		return stale
	}
	if err != nil {
		return err
	}
	if err := s.Attempt(ctx, "phone code "+t.Hash, codeGuesses, codesPer); err != nil {
		if fault.Is(err, fault.TooMany) {
			return stale
		}
		return err
	}
	ok, err := s.Passwords.Match(ctx, code, t.Hash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Field("code", "accounts.code_wrong")
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		first, err := useToken(ctx, tx, t.Hash, s.Clock.Now())
		if err != nil {
			return err
		}
		if !first {
			return stale
		}
		return s.takePhone(ctx, tx, id, t.Payload)
	})
	if db.IsUnique(err) { // somebody else confirmed it in the same moment
		return stale
	}
	return err
}

// takePhone gives a number to who has shown that they read what is sent there.
func (s *Service) takePhone(ctx context.Context, tx *db.Tx, id UserID, number string) error {
	before, err := userByPhone(ctx, tx, number)
	if err != nil && !db.IsNone(err) {
		return err
	}
	if err == nil && before.ID != id {
		if err := setPhone(ctx, tx, before.ID, "", 0, BySMS); err != nil {
			return err
		}
		if err := s.mail(ctx, tx, before.ID, "accounts.mail.phone_gone", nil, "/account/channels"); err != nil {
			return err
		}
	}
	u, err := s.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	by := u.TextsBy
	if by == ByNone || !u.HasPhone() {
		by = BySMS
	}
	if err := setPhone(ctx, tx, id, number, s.Clock.Now(), by); err != nil {
		return err
	}
	if err := s.changed(ctx, tx, id); err != nil {
		return err
	}
	return s.Audit(ctx, tx, id, "accounts.phone", string(id), "")
}

// RemovePhone forgets the number, and any code on its way.
func (s *Service) RemovePhone(ctx context.Context, id UserID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := spendTokens(ctx, tx, id, tokenPhone, s.Clock.Now()); err != nil {
			return err
		}
		if err := setPhone(ctx, tx, id, "", 0, BySMS); err != nil {
			return err
		}
		return s.changed(ctx, tx, id)
	})
}

// SetTexts stores how short messages reach the person's number. An Invalid fault
// of "texts" when it is no way that this installation has.
func (s *Service) SetTexts(ctx context.Context, tx *db.Tx, id UserID, by string) error {
	if by != ByNone && !slices.Contains(s.Texts, by) {
		return fault.Field("texts", "accounts.choose")
	}
	if err := setTextsBy(ctx, tx, id, by); err != nil {
		return err
	}
	return s.changed(ctx, tx, id)
}

// ByPhone is the person whose confirmed number it is, in E.164. It fails with a
// Missing fault.
func (s *Service) ByPhone(ctx context.Context, q db.Queryer, e164 string) (User, error) {
	u, err := userByPhone(ctx, q, e164)
	if db.IsNone(err) {
		return User{}, fault.New(fault.Missing, "web.missing")
	}
	return u, err
}
