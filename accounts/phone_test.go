package accounts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web/webtest"
)

// sms is a short message that the service asked for.
type sms struct {
	to    string
	code  string
	stale clock.Instant
}

// phones lets codes be sent, and gives the last one.
func phones(s *accounts.Service) func() sms {
	var last sms
	s.Texts = []string{accounts.BySMS, accounts.ByWhatsApp}
	s.Texter = func(_ context.Context, _ *db.Tx, _ accounts.UserID, _ string, args map[string]any, stale clock.Instant) error {
		last.to, _ = args[accounts.TextTo].(string)
		last.code, _ = args["Code"].(string)
		last.stale = stale
		return nil
	}
	return func() sms { return last }
}

// wrong is a code that is not code.
func wrong(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

// A number is theirs who type the code that was sent to it, once, within a
// quarter of an hour.
func TestPhoneIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := phones(b.Service)
		u := accountstest.Person(t, b.Service, "Anna Korpi")
		var heard []accounts.UserID
		b.Changed = append(b.Changed, func(_ context.Context, _ *db.Tx, id accounts.UserID) error {
			heard = append(heard, id)
			return nil
		})
		ok(t, b.AskPhone(t.Context(), u.ID, " 040 123 4567", "10.0.0.1"))
		if m := last(); m.to != "+358401234567" || len(m.code) != 6 || m.stale != b.clock.Now().Add(15*time.Minute) {
			t.Fatalf("the code went as %+v", m)
		}
		if got, _ := b.AskedPhone(t.Context(), u.ID); got != "+358401234567" {
			t.Errorf("asked about %q", got)
		}
		u, err := b.Get(t.Context(), b.DB, u.ID)
		ok(t, err)
		if u.HasPhone() || len(heard) > 0 {
			t.Fatal("a number nobody confirmed counts")
		}
		code := last().code
		faulty(t, b.ConfirmPhone(t.Context(), u.ID, wrong(code)), "accounts.code_wrong")
		ok(t, b.ConfirmPhone(t.Context(), u.ID, code[:3]+" "+code[3:]))
		u, err = b.Get(t.Context(), b.DB, u.ID)
		ok(t, err)
		if u.Phone != "+358401234567" || !u.HasPhone() || u.TextsBy != accounts.BySMS || len(heard) != 1 {
			t.Fatalf("confirmed: %q, %v, by %q, %d heard", u.Phone, u.PhoneOkAt, u.TextsBy, len(heard))
		}
		faulty(t, b.ConfirmPhone(t.Context(), u.ID, code), "accounts.code_stale")
		ok(t, b.AskPhone(t.Context(), u.ID, "+358 50 123 4567", "10.0.0.1"))
		b.clock.Move(15 * time.Minute)
		faulty(t, b.ConfirmPhone(t.Context(), u.ID, last().code), "accounts.code_stale")
	})
}

// A code is stored so that the database does not give it away.
func TestCodeIsNotStored(t *testing.T) {
	b := lite(t)
	last := phones(b.Service)
	u := accountstest.Person(t, b.Service, "Anna")
	ok(t, b.AskPhone(t.Context(), u.ID, "0401234567", ""))
	var hash string
	ok(t, b.DB.Get(t.Context(), &hash, `SELECT hash FROM tokens WHERE user_id = ?`, u.ID))
	if strings.Contains(hash, last().code) || !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("stored as %s", hash)
	}
}

// Five wrong guesses and the code is gone; the sixth finds none, even right.
func TestCodesAreNotGuessed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := phones(b.Service)
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.AskPhone(t.Context(), u.ID, "0401234567", ""))
		for range 5 {
			faulty(t, b.ConfirmPhone(t.Context(), u.ID, wrong(last().code)), "accounts.code_wrong")
		}
		faulty(t, b.ConfirmPhone(t.Context(), u.ID, last().code), "accounts.code_stale")
		if u, err := b.Get(t.Context(), b.DB, u.ID); err != nil || u.HasPhone() {
			t.Errorf("guessed: %v", err)
		}
	})
}

// Codes cost money and annoy: few go to one number, from one person, and from
// one place.
func TestCodesAreLimited(t *testing.T) {
	b := lite(t)
	phones(b.Service)
	number := func(i int) string { return "04012345" + string(rune('0'+i/10)) + string(rune('0'+i%10)) }
	anna := accountstest.Person(t, b.Service, "Anna")
	for i := range 5 {
		ok(t, b.AskPhone(t.Context(), anna.ID, number(i), "10.0.0.1"))
	}
	faulty(t, b.AskPhone(t.Context(), anna.ID, number(5), "10.0.0.1"), "accounts.too_many_tries")
	for i := range 3 {
		u := accountstest.Person(t, b.Service, "Many")
		ok(t, b.AskPhone(t.Context(), u.ID, "0501234567", "10.0.1."+number(i)))
	}
	u := accountstest.Person(t, b.Service, "Many")
	faulty(t, b.AskPhone(t.Context(), u.ID, "0501234567", "10.0.2.1"), "accounts.too_many_tries")
	for i := 10; i < 15; i++ {
		u := accountstest.Person(t, b.Service, "Many")
		ok(t, b.AskPhone(t.Context(), u.ID, number(i), "10.0.0.1"))
	}
	faulty(t, b.AskPhone(t.Context(), u.ID, number(20), "10.0.0.1"), "accounts.too_many_tries")
}

// Who reads what is sent to a number has it. Whoever had it before is told, and
// who asks cannot tell that anybody had.
func TestPhoneChangesHands(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := phones(b.Service)
		anna, noora := accountstest.Person(t, b.Service, "Anna"), accountstest.Person(t, b.Service, "Noora")
		for _, u := range []accounts.User{anna, noora} {
			ok(t, b.AskPhone(t.Context(), u.ID, "0401234567", ""))
			ok(t, b.ConfirmPhone(t.Context(), u.ID, last().code))
		}
		if l := b.take(t, "accounts.mail.phone_gone"); l.to != anna.ID {
			t.Errorf("told %s", l.to)
		}
		got, err := b.ByPhone(t.Context(), b.DB, "+358401234567")
		if err != nil || got.ID != noora.ID {
			t.Errorf("the number is %s's, %v", got.Name, err)
		}
		if a, _ := b.Get(t.Context(), b.DB, anna.ID); a.HasPhone() || a.Phone != "" {
			t.Error("two people have one number")
		}
	})
}

// Of two who confirm one number in the same moment, one has it in the end.
func TestPhoneConfirmedTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := phones(b.Service)
		people := []accounts.User{accountstest.Person(t, b.Service, "Anna"), accountstest.Person(t, b.Service, "Noora")}
		done := make(chan error, len(people))
		var codes []string
		for _, u := range people {
			ok(t, b.AskPhone(t.Context(), u.ID, "0401234567", ""))
			codes = append(codes, last().code)
		}
		b.Mailer = nil
		for i, u := range people {
			go func() { done <- b.ConfirmPhone(context.WithoutCancel(t.Context()), u.ID, codes[i]) }()
		}
		for range people {
			if err := <-done; err != nil && !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		}
		have := 0
		for _, u := range people {
			if u, err := b.Get(t.Context(), b.DB, u.ID); err == nil && u.HasPhone() {
				have++
			}
		}
		if have != 1 {
			t.Errorf("%d people have it", have)
		}
	})
}

// Numbers that no short message reaches, or that cost what nobody should pay,
// are refused beside the field.
func TestPhonesThatAreRefused(t *testing.T) {
	s := open(t)
	phones(s.Service)
	me := s.As(string(accountstest.Person(t, s.Service, "Anna").ID))
	for typed, key := range map[string]string{
		"": "Kirjoita puhelinnumero", "12": "Tarkista", "call me": "Tarkista", strings.Repeat("0", 50_000): "Tarkista",
		"040\u200b1234567": "Tarkista", "09 123 45678": "lankanumero", "+1 212 555 0123": "maahan", "+53 5 1234567": "maahan",
	} {
		a := me.Post("/account/phone", webtest.Form("phone", typed))
		mended(t, a, "phone")
		if len(typed) < 100 {
			a.Has(key)
		}
	}
	for _, typed := range []string{"040 123 4567", "+46 70 123 45 67", "00358401234568"} {
		me.Post("/account/phone", webtest.Form("phone", typed)).Leads("/account/phone/code")
	}
}

// The whole way works without scripts: add, confirm, choose, remove.
func TestPhonePages(t *testing.T) {
	s := open(t)
	u := accountstest.Person(t, s.Service, "Anna")
	me := s.As(string(u.ID))
	me.Get("/account/channels").Lacks("Tekstiviestit")
	me.Get("/account/phone").Want(http.StatusNotFound)
	last := phones(s.Service)
	me.Get("/account/channels").Has("Tekstiviestit", "Lisää puhelinnumero")
	me.Get("/account/phone/code").Leads("/account/phone")
	me.Get("/account/phone").Want(http.StatusOK)
	me.Post("/account/phone", webtest.Form("phone", "040 123 4567")).Leads("/account/phone/code")
	me.Get("/account/phone/code").Has("+358 40 1234567")
	for _, typed := range []string{"", "12345", "1234567", "abcdef", strings.Repeat("1", 50_000)} {
		mended(t, me.Post("/account/phone/code", webtest.Form("code", typed)), "code")
	}
	me.Post("/account/phone/code", webtest.Form("code", last().code)).Leads("/account/channels")
	me.Get("/account/channels").Has("+358 40 1234567", "Numero on vahvistettu", "WhatsAppiin")
	save := webtest.Form("quiet_from", "21:00", "quiet_until", "08:00", "texts", "whatsapp")
	me.Post("/account/channels", save).Leads("/account")
	if got := s.get(t, u.ID); got.TextsBy != accounts.ByWhatsApp {
		t.Errorf("texts by %q", got.TextsBy)
	}
	me.Post("/account/channels", with(save, "texts", "none")).Leads("/account")
	if got := s.get(t, u.ID); got.TextsBy != accounts.ByNone {
		t.Errorf("texts by %q", got.TextsBy)
	}
	me.Post("/account/channels", with(save, "texts", "pigeon")).Want(http.StatusUnprocessableEntity)
	me.Post("/account/phone/delete", webtest.Form()).Leads("/account/channels")
	if got := s.get(t, u.ID); got.Phone != "" || got.HasPhone() {
		t.Errorf("the number is still %q", got.Phone)
	}
}

// The number is in the download, and leaves with the account.
func TestPhoneLeaves(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := phones(b.Service)
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.AskPhone(t.Context(), u.ID, "0401234567", ""))
		ok(t, b.ConfirmPhone(t.Context(), u.ID, last().code))
		raw, err := b.Export(t.Context(), u.ID)
		ok(t, err)
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		ok(t, err)
		f, err := z.Open("profile.json")
		ok(t, err)
		var text bytes.Buffer
		_, err = text.ReadFrom(f)
		ok(t, err)
		if !strings.Contains(text.String(), `"phone": "+358401234567"`) || !strings.Contains(text.String(), `"short_messages_by": "sms"`) {
			t.Errorf("the download lacks it:\n%s", text.String())
		}
		ok(t, b.Delete(t.Context(), u.ID, accountstest.Password))
		u, err = b.Get(t.Context(), b.DB, u.ID)
		ok(t, err)
		if u.Phone != "" || !u.PhoneOkAt.IsZero() {
			t.Errorf("left behind: %q", u.Phone)
		}
	})
}
