package accounts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.SaveSettings(ctx, u.ID, accounts.Settings{
			Name: " Anna  V. ", Town: "Tampere", Postcode: "33100", About: "Hei!\r\nMyyn satuloita.", Lang: "en", Zone: "Europe/Stockholm",
		}))
		got := b.get(t, u.ID)
		if got.Name != "Anna V." || got.About != "Hei!\nMyyn satuloita." || got.Lang != "en" || got.Zone != "Europe/Stockholm" {
			t.Fatalf("stored %+v", got)
		}
		for _, far := range []string{"Pacific/Kiritimati", "Australia/Lord_Howe", "America/Los_Angeles"} {
			ok(t, b.SaveSettings(ctx, u.ID, accounts.Settings{Name: "Anna V.", Lang: "en", Zone: far}))
			u, err := b.Get(ctx, b.DB, u.ID)
			ok(t, err)
			if zone := u.Quiet().Zone; zone == nil || zone.String() != far {
				t.Errorf("the hours of somebody in %s are those of %v", far, zone)
			}
		}
		err := b.SaveSettings(ctx, u.ID, accounts.Settings{
			Name: "", Town: strings.Repeat("x", 61), Postcode: "3310A", About: strings.Repeat("x", 601), Lang: "xx", Zone: "Mars/Olympus",
		})
		for _, field := range []string{"name", "town", "postcode", "about", "lang", "zone"} {
			found := false
			for _, f := range fault.As(err) {
				found = found || f.Field == field
			}
			if !found {
				t.Errorf("%s let through", field)
			}
		}
		if b.get(t, u.ID).Name != "Anna V." {
			t.Fatal("half saved")
		}
	})
}

func TestChannels(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.SaveChannels(ctx, u.ID, accounts.Channels{QuietFrom: "22.30", QuietUntil: "07:00", Messages: true}))
		got := b.get(t, u.ID)
		if got.QuietFrom != 22*60+30 || got.QuietUntil != 7*60 || !got.MailMessages || got.MailNudges || got.MailSearches {
			t.Fatalf("stored %+v", got)
		}
		for _, bad := range []string{"25:00", "7", "12:60", "-1:00", "aa:bb", "1:1", "12:00:00"} {
			faulty(t, b.SaveChannels(ctx, u.ID, accounts.Channels{QuietFrom: bad, QuietUntil: "07:00"}), "accounts.time_wrong", "quiet_from")
		}
		faulty(t, b.SaveChannels(ctx, u.ID, accounts.Channels{QuietUntil: "07:00"}), "accounts.time_wrong", "quiet_from")
		faulty(t, b.SaveChannels(ctx, u.ID, accounts.Channels{QuietFrom: "22:00"}), "accounts.time_wrong", "quiet_until")
		faulty(t, b.SaveChannels(ctx, u.ID, accounts.Channels{QuietFrom: "12:00", QuietUntil: "08:00"}), "accounts.quiet_long", "quiet_until")
		ok(t, b.SaveChannels(ctx, u.ID, accounts.Channels{}))
		if accounts.TimeOfDay(got.QuietFrom) != "22:30" {
			t.Fatal(accounts.TimeOfDay(got.QuietFrom))
		}
	})
}

func (b *bench) address(t *testing.T, a accounts.Address) (saved accounts.Address, err error) {
	t.Helper()
	err = b.DB.InTx(t.Context(), func(tx *db.Tx) (err error) {
		saved, err = b.SaveAddress(t.Context(), tx, a)
		return err
	})
	return saved, err
}

func TestAddresses(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u, other := accountstest.Person(t, b.Service, "Anna"), accountstest.Person(t, b.Service, "Mikko")
		home := accounts.Address{UserID: u.ID, Name: "Anna V", Street: "Kuja 1 A 2", Postcode: "33100", Town: "Tampere", Phone: "040 123 4567"}
		a, err := b.address(t, home)
		ok(t, err)
		if a.Phone != "+358401234567" {
			t.Fatalf("phone %q", a.Phone)
		}
		twice, err := b.address(t, home)
		ok(t, err)
		if twice.ID != a.ID {
			t.Fatal("a double click made two addresses")
		}
		a.Town = "Nokia"
		_, err = b.address(t, a)
		ok(t, err)
		theirs := a
		theirs.UserID = other.ID
		_, err = b.address(t, theirs)
		faulty(t, err, "web.missing")
		faulty(t, b.DeleteAddress(ctx, other.ID, a.ID), "web.missing")
		_, err = b.Address(ctx, b.DB, other.ID, a.ID)
		faulty(t, err, "web.missing")
		as, err := b.Addresses(ctx, b.DB, u.ID)
		ok(t, err)
		if len(as) != 1 || as[0].Town != "Nokia" {
			t.Fatalf("addresses %+v", as)
		}
		_, err = b.address(t, accounts.Address{UserID: u.ID, Postcode: "1", Phone: "call me"})
		for _, f := range []string{"name", "street", "postcode", "town", "phone"} {
			found := false
			for _, x := range fault.As(err) {
				found = found || x.Field == f
			}
			if !found {
				t.Errorf("%s let through", f)
			}
		}
		ok(t, b.DeleteAddress(ctx, u.ID, a.ID))
		for i := range 20 {
			home.Street = "Kuja " + string(rune('A'+i))
			_, err = b.address(t, home)
			ok(t, err)
		}
		home.Street = "Kuja 99"
		_, err = b.address(t, home)
		faulty(t, err, "accounts.addresses_full")
	})
}

// The download holds what we know, and no secret.
func TestExport(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		u := accountstest.Person(t, b.Service, "Anna")
		b.session(t, u.ID, "Firefox · Linux")
		_, err := b.address(t, accounts.Address{UserID: u.ID, Name: "Anna V", Street: "Kuja 1", Postcode: "33100", Town: "Tampere"})
		ok(t, err)
		b.Exporters = append(b.Exporters, func(_ context.Context, id accounts.UserID) (string, any, error) {
			return "trades", []string{string(id)}, nil
		})
		raw, err := b.Export(t.Context(), u.ID)
		ok(t, err)
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		ok(t, err)
		if len(z.File) != 2 || z.File[1].Name != "trades.json" {
			t.Fatalf("%d files", len(z.File))
		}
		f, err := z.Open("profile.json")
		ok(t, err)
		var p accounts.Profile
		ok(t, json.NewDecoder(f).Decode(&p))
		if p.Email != u.Email || len(p.Addresses) != 1 || len(p.SignedInWith) != 1 {
			t.Fatalf("profile %+v", p)
		}
	})
}

// An account ends when nothing is open, and nothing of the person stays.
func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		b.session(t, u.ID, "one")
		_, err := b.address(t, accounts.Address{UserID: u.ID, Name: "Anna V", Street: "Kuja 1", Postcode: "33100", Town: "Tampere"})
		ok(t, err)
		ok(t, b.AskReset(ctx, u.Email, "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		link := b.take(t, "accounts.mail.reset")

		open := true
		b.Closers = append(b.Closers, func(_ context.Context, _ *db.Tx, _ accounts.UserID) error {
			if open {
				return fault.New(fault.Conflict, "orders.open_trades")
			}
			return nil
		})
		faulty(t, b.Delete(ctx, u.ID, "wrong wrong"), "accounts.password_wrong", "password")
		faulty(t, b.Delete(ctx, u.ID, accountstest.Password), "orders.open_trades")
		if b.get(t, u.ID).IsDeleted() {
			t.Fatal("deleted with a trade open")
		}
		open = false
		ok(t, b.Delete(ctx, u.ID, accountstest.Password))
		got := b.get(t, u.ID)
		if !got.IsDeleted() || strings.Contains(got.Email, "anna") || strings.Contains(got.Name, "Anna") || got.PasswordHash != "" {
			t.Fatalf("left %+v", got)
		}
		_, err = b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.1")
		faulty(t, err, "accounts.sign_in_wrong")
		_, err = b.SignIn(ctx, got.Email, accountstest.Password, "192.0.2.1")
		faulty(t, err, "accounts.sign_in_wrong")
		faulty(t, b.Reset(ctx, link.secret(), "my own long secret 7"), "accounts.token_stale")
		rs, err := b.Check(ctx)
		ok(t, err)
		for _, r := range rs {
			if !r.OK() {
				t.Errorf("%s: %v", r.Name, r.Broken)
			}
		}
		// The address is free again.
		n := accounts.NewUser{Email: u.Email, Name: "Anna", Password: accountstest.Password}
		ok(t, b.SignUp(ctx, n))
		b.take(t, "accounts.mail.confirm")
	})
}

// What is over is forgotten; what is not stays.
func TestClean(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		b.session(t, u.ID, "one")
		ok(t, b.AskEmail(ctx, u.ID, "new@example.fi", accountstest.Password))
		ok(t, b.Attempt(ctx, "code:x", 5, time.Hour))
		count := func(table string) (n int) {
			ok(t, b.DB.Get(ctx, &n, `SELECT count(*) FROM `+table))
			return n
		}
		ok(t, b.Jobs.Tick(ctx))
		if count("tokens") != 1 || count("attempts") == 0 || count("sessions") != 1 {
			t.Fatal("cleaned too much")
		}
		b.clock.Move(9 * 24 * time.Hour)
		ok(t, b.Clean(ctx))
		if count("tokens") != 0 || count("attempts") != 0 || count("sessions") != 1 {
			t.Fatal("not cleaned")
		}
	})
}
