package accounts_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/fault"
)

// A link for a new password comes to those who have an account, works once and
// ends every session.
func TestReset(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		b.session(t, u.ID, "one")
		ok(t, b.AskReset(ctx, "nobody@example.fi", "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		if len(b.box) != 0 {
			t.Fatalf("letters %+v", b.box)
		}
		ok(t, b.AskReset(ctx, strings.ToUpper(u.Email), "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		l := b.take(t, "accounts.mail.reset")
		ok(t, b.Resetting(ctx, l.secret()))
		faulty(t, b.Reset(ctx, l.secret(), "password1234"), "accounts.password_common", "password")
		ok(t, b.Reset(ctx, l.secret(), "my own long secret 7"))
		b.take(t, "accounts.mail.password")
		faulty(t, b.Reset(ctx, l.secret(), "my own long secret 8"), "accounts.token_stale")
		faulty(t, b.Resetting(ctx, l.secret()), "accounts.token_stale")
		ss, err := b.Sessions(ctx, u.ID)
		ok(t, err)
		if len(ss) != 0 {
			t.Fatalf("%d sessions left", len(ss))
		}
		_, err = b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.1")
		faulty(t, err, "accounts.sign_in_wrong")
		_, err = b.SignIn(ctx, u.Email, "my own long secret 7", "192.0.2.1")
		ok(t, err)
	})
}

// A link used twice at the same time works once.
func TestResetTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.AskReset(ctx, u.Email, "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		l := b.take(t, "accounts.mail.reset")
		b.Mailer = nil
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { errs[i] = b.Reset(ctx, l.secret(), "my own long secret "+string(rune('a'+i))) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d resets by one link", won)
		}
	})
}

// Links run out, are of one kind and cannot be invented.
func TestTokensAreStrict(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ok(t, b.SignUp(ctx, anna))
		confirm := b.take(t, "accounts.mail.confirm").secret()
		ok(t, b.AskReset(ctx, anna.Email, "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		reset := b.take(t, "accounts.mail.reset").secret()
		for _, forged := range []string{"", "x", strings.Repeat("a", 43), strings.Repeat("a", 5000), confirm + "a", "' OR 1=1 --"} {
			faulty(t, b.Confirm(ctx, forged), "accounts.token_stale")
			faulty(t, b.Reset(ctx, forged, "my own long secret 7"), "accounts.token_stale")
		}
		faulty(t, b.Reset(ctx, confirm, "my own long secret 7"), "accounts.token_stale")
		faulty(t, b.Confirm(ctx, reset), "accounts.token_stale")
		b.clock.Move(time.Hour)
		faulty(t, b.Reset(ctx, reset, "my own long secret 7"), "accounts.token_stale")
		faulty(t, b.Resetting(ctx, reset), "accounts.token_stale")
		b.clock.Move(23 * time.Hour)
		faulty(t, b.Confirm(ctx, confirm), "accounts.token_stale")
		_, err := b.Confirming(ctx, confirm)
		faulty(t, err, "accounts.token_stale")
		var stored int
		ok(t, b.DB.Get(ctx, &stored, `SELECT count(*) FROM tokens WHERE hash = ? OR hash = ?`, confirm, reset))
		if stored != 0 {
			t.Fatal("a secret is stored as it is")
		}
	})
}

// One mailbox gets a few letters an hour, however often they are asked for.
func TestResetLettersAreLimited(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	for i := range 10 {
		ok(t, b.AskReset(t.Context(), u.Email, "192.0.2."+string(rune('1'+i%9))))
	}
	ok(t, b.Jobs.Drain(t.Context()))
	if len(b.box) != 4 {
		t.Fatalf("%d letters", len(b.box))
	}
}

// Nobody has us write to everybody from one place, under a name that says what
// they like.
func TestJoiningFromOnePlaceIsLimited(t *testing.T) {
	b := lite(t)
	n := anna
	for i := range 40 {
		n.Email, n.Place = string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.fi", "2001:db8::"+string(rune('1'+i%9))
		if err := b.SignUp(t.Context(), n); err != nil && !fault.Is(err, fault.TooMany) {
			t.Fatal(err)
		}
	}
	if len(b.box) != 30 {
		t.Fatalf("%d letters", len(b.box))
	}
}

// Nobody fills a mailbox by joining with its address again and again, and the
// answer is the same as before.
func TestJoiningAgainIsLimited(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	for _, email := range []string{u.Email, "new@example.fi"} {
		b.box = nil
		again := anna
		again.Email = email
		for range 10 {
			ok(t, b.SignUp(t.Context(), again))
		}
		if len(b.box) != 4 {
			t.Errorf("%d letters to %s", len(b.box), email)
		}
	}
}

// A new password ends every other session, and needs the old one.
func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		keep, other := b.session(t, u.ID, "keep"), b.session(t, u.ID, "other")
		err := b.ChangePassword(ctx, u.ID, "", "short", keep)
		faulty(t, err, "accounts.password_missing", "current")
		faulty(t, err, "accounts.password_short", "password")
		faulty(t, b.ChangePassword(ctx, u.ID, "wrong wrong", "my own long secret 7", keep), "accounts.password_wrong", "current")
		ok(t, b.ChangePassword(ctx, u.ID, accountstest.Password, "my own long secret 7", keep))
		b.take(t, "accounts.mail.password")
		ss, err := b.Sessions(ctx, u.ID)
		ok(t, err)
		if len(ss) != 1 || ss[0].ID != keep || keep == other {
			t.Fatalf("sessions %+v", ss)
		}
		log, err := b.AuditLog(ctx, string(u.ID), "", 10)
		ok(t, err)
		if len(log) != 1 || log[0].Action != "accounts.password" {
			t.Fatalf("audit %+v", log)
		}
	})
}

// The own password is asked for a few times, then no more.
func TestCheckPasswordIsLimited(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	ok(t, b.CheckPassword(t.Context(), u.ID, accountstest.Password))
	for range 8 {
		faulty(t, b.CheckPassword(t.Context(), u.ID, "wrong wrong"), "accounts.password_wrong")
	}
	faulty(t, b.CheckPassword(t.Context(), u.ID, accountstest.Password), "accounts.too_many_tries")
}

// A new address takes effect when its mailbox says so; the old one is told.
func TestChangeEmail(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u, other := accountstest.Person(t, b.Service, "Anna"), accountstest.Person(t, b.Service, "Mikko")
		faulty(t, b.AskEmail(ctx, u.ID, "new@example.fi", "wrong wrong"), "accounts.password_wrong", "password")
		faulty(t, b.AskEmail(ctx, u.ID, "new", accountstest.Password), "accounts.email_wrong", "email")
		faulty(t, b.AskEmail(ctx, u.ID, u.Email, accountstest.Password), "accounts.email_same", "email")
		// Somebody else's address: the same answer, and that person is told.
		ok(t, b.AskEmail(ctx, u.ID, other.Email, accountstest.Password))
		if l := b.take(t, "accounts.mail.taken"); l.to != other.ID {
			t.Fatalf("wrote to %s", l.to)
		}
		ok(t, b.AskEmail(ctx, u.ID, "New@example.fi", accountstest.Password))
		l := b.take(t, "accounts.mail.change")
		if l.addr != "New@example.fi" || b.get(t, u.ID).Email != u.Email {
			t.Fatalf("letter to %q", l.addr)
		}
		ok(t, b.Confirm(ctx, l.secret()))
		if got := b.get(t, u.ID); got.Email != "New@example.fi" || got.EmailFolded != "new@example.fi" {
			t.Fatalf("address %q", got.Email)
		}
		if l := b.take(t, "accounts.mail.changed"); l.addr != u.Email {
			t.Fatalf("told %q", l.addr)
		}
	})
}

// An address that somebody else took while the link was under way stays theirs.
func TestChangeEmailTooLate(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		u := accountstest.Person(t, b.Service, "Anna")
		ok(t, b.AskEmail(t.Context(), u.ID, "new@example.fi", accountstest.Password))
		l := b.take(t, "accounts.mail.change")
		accountstest.With(t, b.Service, "Mikko", func(m *accounts.User) { m.Email = "new@example.fi" })
		faulty(t, b.Confirm(t.Context(), l.secret()), "accounts.email_taken")
		if b.get(t, u.ID).Email != u.Email {
			t.Fatal("address changed")
		}
	})
}

// Whoever had the password may have asked for another address. A new password
// ends that too, or the account would be theirs again.
func TestNewPasswordEndsAChangeOfAddress(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		thief := func(password string) string {
			ok(t, b.AskEmail(ctx, u.ID, "thief@example.com", password))
			return b.take(t, "accounts.mail.change").secret()
		}
		byThief := thief(accountstest.Password)
		ok(t, b.AskReset(ctx, u.Email, "192.0.2.1"))
		ok(t, b.Jobs.Drain(ctx))
		ok(t, b.Reset(ctx, b.take(t, "accounts.mail.reset").secret(), "my own long secret 7"))
		b.take(t, "accounts.mail.password")
		faulty(t, b.Confirm(ctx, byThief), "accounts.token_stale")

		byThief = thief("my own long secret 7")
		ok(t, b.ChangePassword(ctx, u.ID, "my own long secret 7", "my own long secret 8", ""))
		faulty(t, b.Confirm(ctx, byThief), "accounts.token_stale")
		if got := b.get(t, u.ID); got.Email != u.Email {
			t.Fatalf("the address is %q now", got.Email)
		}
	})
}

// Somebody may have joined with another's address and put a number of their own
// on the account. Once the owner of the mailbox takes it over, that goes.
func TestTakingOverAnAccountForgetsItsNumber(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ok(t, b.SignUp(ctx, anna))
		b.take(t, "accounts.mail.confirm")
		u, err := b.ByEmail(ctx, b.DB, anna.Email)
		ok(t, err)
		_, err = b.DB.Do(ctx, `UPDATE users SET phone = '+358402000001', phone_ok_at = 1 WHERE id = ?`, u.ID)
		ok(t, err)
		again := anna
		again.Password = "the owner's long secret 9"
		ok(t, b.SignUp(ctx, again))
		ok(t, b.Reset(ctx, b.take(t, "accounts.mail.already").secret(), again.Password))
		if got := b.get(t, u.ID); got.HasPhone() || !got.Confirmed() {
			t.Fatalf("number %q, confirmed %t", got.Phone, got.Confirmed())
		}
	})
}
