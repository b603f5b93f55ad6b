package accounts_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

var anna = accounts.NewUser{Email: "Anna@Example.fi", Password: accountstest.Password, Name: "Anna  Virtanen", Lang: "sv"}

// Somebody joins, confirms the address by the link, once, and signs in.
func TestJoinConfirmSignIn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ok(t, b.SignUp(ctx, anna))
		l := b.take(t, "accounts.mail.confirm")
		u := b.get(t, l.to)
		if u.Name != "Anna Virtanen" || u.Email != "Anna@Example.fi" || u.Confirmed() || u.Lang != "sv" || u.Zone != "Europe/Helsinki" {
			t.Fatalf("stored %+v", u)
		}
		if !strings.HasPrefix(u.PasswordHash, "$argon2id$") {
			t.Fatalf("password stored as %q", u.PasswordHash)
		}
		email, err := b.Confirming(ctx, l.secret())
		ok(t, err)
		if email != "Anna@Example.fi" || b.get(t, u.ID).Confirmed() {
			t.Fatalf("looking at the link confirmed %q", email)
		}
		ok(t, b.Confirm(ctx, l.secret()))
		if !b.get(t, u.ID).Confirmed() {
			t.Fatal("not confirmed")
		}
		faulty(t, b.Confirm(ctx, l.secret()), "accounts.token_stale")
		in, err := b.SignIn(ctx, " anna@example.FI ", accountstest.Password, "192.0.2.1")
		ok(t, err)
		if in.ID != u.ID {
			t.Fatalf("signed in %s", in.ID)
		}
	})
}

// An address that is known answers like one that is not, and its person is
// written to.
func TestSignUpDoesNotTell(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		ok(t, b.SignUp(ctx, anna))
		first := b.take(t, "accounts.mail.confirm")
		again := anna
		again.Email, again.Name, again.Password = "anna@example.fi", "Eve Outsider", "another long secret 9"
		ok(t, b.SignUp(ctx, again))
		l := b.take(t, "accounts.mail.already")
		if l.to != first.to {
			t.Fatalf("wrote to %s", l.to)
		}
		u := b.get(t, first.to)
		if u.Name != "Anna Virtanen" {
			t.Fatalf("renamed to %q", u.Name)
		}
		_, err := b.SignIn(ctx, anna.Email, again.Password, "192.0.2.1")
		faulty(t, err, "accounts.sign_in_wrong")
		// The reader of the mailbox can take the account.
		ok(t, b.Reset(ctx, l.secret(), "my own long secret 7"))
		if !b.get(t, u.ID).Confirmed() {
			t.Fatal("a link that reached the mailbox did not confirm it")
		}
	})
}

// Two sign-ups with one address at the same time make one person.
func TestSignUpTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.Mailer = nil
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() { errs[i] = b.SignUp(t.Context(), anna) })
		}
		wg.Wait()
		for _, err := range errs {
			ok(t, err)
		}
		us, err := b.Search(t.Context(), "anna@example.fi", "", "", 10)
		ok(t, err)
		if len(us) != 1 {
			t.Fatalf("%d people", len(us))
		}
	})
}

func TestSignUpRefuses(t *testing.T) {
	b := lite(t)
	for _, c := range []struct {
		what, field, value, key string
	}{
		{"no name", "name", "", "accounts.name_missing"},
		{"a letter for a name", "name", "A", "accounts.name_length"},
		{"an endless name", "name", strings.Repeat("a", 41), "accounts.name_length"},
		{"a tag for a name", "name", "<b>Anna</b>", "accounts.name_letters"},
		{"a name that turns the text around", "name", "Anna\u202eannA", "accounts.name_letters"},
		{"a name of digits", "name", "12345", "accounts.name_letters"},
		{"the house's name", "name", "Kierto Ylläpito", "accounts.name_staff"},
		{"no address", "email", "", "accounts.email_missing"},
		{"half an address", "email", "anna", "accounts.email_wrong"},
		{"no domain", "email", "anna@localhost", "accounts.email_wrong"},
		{"a named address", "email", "Anna <anna@example.fi>", "accounts.email_wrong"},
		{"two addresses", "email", "a@example.fi,b@example.fi", "accounts.email_wrong"},
		{"a header in an address", "email", "a@example.fi\r\nBcc: b@example.fi", "accounts.email_wrong"},
		{"an endless address", "email", strings.Repeat("a", 250) + "@example.fi", "accounts.email_wrong"},
		{"no password", "password", "", "accounts.password_missing"},
		{"a short password", "password", "zq8fk2mwp", "accounts.password_short"},
		{"an endless password", "password", strings.Repeat("zq8fk2mwpx", 21), "accounts.password_long"},
		{"a known password", "password", "password1234", "accounts.password_common"},
		{"a walk on the keyboard", "password", "qwertyuiop", "accounts.password_common"},
		{"one letter", "password", "aaaaaaaaaaaa", "accounts.password_common"},
		{"a Finnish password", "password", "salasana2026", "accounts.password_common"},
		{"a doubled word", "password", "hevonenhevonen", "accounts.password_common"},
		{"a month and a year", "password", "kesäkuu2026", "accounts.password_common"},
		{"the own name", "password", "annavirtanen1", "accounts.password_common"},
		{"the site's name", "password", "kierto123456", "accounts.password_common"},
	} {
		n := accounts.NewUser{Email: "anna@example.fi", Name: "Anna Virtanen", Password: accountstest.Password}
		switch c.field {
		case "name":
			n.Name = c.value
		case "email":
			n.Email = c.value
		case "password":
			n.Password = c.value
		}
		if err := b.SignUp(t.Context(), n); err == nil {
			t.Errorf("%s: let in", c.what)
		} else {
			faulty(t, err, c.key, c.field)
		}
	}
	if len(b.box) != 0 {
		t.Fatalf("letters %+v", b.box)
	}
}

// Names and passwords of all kinds are welcome.
func TestSignUpAccepts(t *testing.T) {
	b := lite(t)
	for i, n := range []accounts.NewUser{
		{Name: "Åke Öhman-Ärlig", Password: "correct horse battery staple"},
		{Name: "Ж. Иванова", Password: "zq8fk2mwpx"},
		{Name: "O'Neill", Password: "päivää pöllö 31 kivaa"},
		{Name: "李小龍", Password: "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 is 12 fine"},
		{Name: "Liisa", Password: strings.Repeat("zq8 fk2 mwpx ", 15)},
	} {
		n.Email = string(rune('a'+i)) + "@example.fi"
		if err := b.SignUp(t.Context(), n); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
}

// Guessing is stopped for one place soon; the owner elsewhere still gets in.
func TestSignInIsLimited(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u := accountstest.Person(t, b.Service, "Anna")
		var err error
		tries := 0
		for ; tries < 50; tries++ {
			if _, err = b.SignIn(ctx, u.Email, "wrong wrong", "192.0.2.66"); fault.Is(err, fault.TooMany) {
				break
			}
			faulty(t, err, "accounts.sign_in_wrong", "password")
		}
		faulty(t, err, "accounts.too_many_tries")
		if tries != 8 {
			t.Fatalf("stopped after %d tries", tries)
		}
		_, err = b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.66")
		faulty(t, err, "accounts.too_many_tries")
		_, err = b.SignIn(ctx, u.Email, accountstest.Password, "198.51.100.1")
		ok(t, err)
		b.clock.Move(16 * time.Minute)
		_, err = b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.66")
		ok(t, err)
	})
}

// A wrong password and an unknown address get the same answer.
func TestSignInDoesNotTell(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	_, known := b.SignIn(t.Context(), u.Email, "wrong wrong", "192.0.2.1")
	_, unknown := b.SignIn(t.Context(), "nobody@example.fi", "wrong wrong", "192.0.2.1")
	if known.Error() != unknown.Error() {
		t.Fatalf("%v and %v", known, unknown)
	}
	// A leaked placeholder must not open anything: the decoy's own password.
	_, err := b.SignIn(t.Context(), "nobody@example.fi", "nobody's password", "192.0.2.1")
	faulty(t, err, "accounts.sign_in_wrong")
}

// Whole IPv6 networks count as one place.
func TestSignInCountsANetwork(t *testing.T) {
	b := lite(t)
	u := accountstest.Person(t, b.Service, "Anna")
	for i := range 8 {
		_, err := b.SignIn(t.Context(), u.Email, "wrong wrong", "2001:db8::"+string(rune('1'+i)))
		faulty(t, err, "accounts.sign_in_wrong")
	}
	_, err := b.SignIn(t.Context(), u.Email, "wrong wrong", "2001:db8::ffff")
	faulty(t, err, "accounts.too_many_tries")
}

// Tries made at the same time are all counted.
func TestAttemptsAreCountedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { errs[i] = b.Attempt(t.Context(), "code:x", 5, time.Hour) })
		}
		wg.Wait()
		let := 0
		for _, err := range errs {
			if err == nil {
				let++
			} else if !fault.Is(err, fault.TooMany) {
				t.Fatal(err)
			}
		}
		if let != 5 {
			t.Fatalf("%d of 20 let through, want 5", let)
		}
		ok(t, b.Forgive(t.Context(), "code:x"))
		ok(t, b.Attempt(t.Context(), "code:x", 5, time.Hour))
	})
}

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

func TestStaff(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u, op := accountstest.Person(t, b.Service, "Ääkkönen"), accountstest.Operator(t, b.Service, "Noora")
		faulty(t, b.MakeOperator(ctx, "nobody@example.fi"), "accounts.no_such_address")
		b.in(t, func(tx *db.Tx) error { return b.Suspend(ctx, tx, op.ID, u.ID, "spam") })
		if !b.get(t, u.ID).IsSuspended() {
			t.Fatal("not suspended")
		}
		b.take(t, "accounts.mail.suspended")
		_, err := b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.1")
		ok(t, err) // may come in to finish trades
		err = b.DB.InTx(ctx, func(tx *db.Tx) error { return b.Suspend(ctx, tx, op.ID, u.ID, "again") })
		faulty(t, err, "accounts.status_moved")
		b.clock.Move(time.Second)
		b.in(t, func(tx *db.Tx) error { return b.Restore(ctx, tx, op.ID, u.ID, "sorry") })
		err = b.DB.InTx(ctx, func(tx *db.Tx) error { return b.Suspend(ctx, tx, u.ID, op.ID, "no") })
		faulty(t, err, "accounts.suspend_staff")
		log, err := b.AuditLog(ctx, string(u.ID), "", 10)
		ok(t, err)
		if len(log) != 2 || log[0].Note != "sorry" || log[1].Actor != op.ID {
			t.Fatalf("audit %+v", log)
		}
		ok(t, b.MakeOperator(ctx, strings.ToUpper(u.Email)))
		if !b.get(t, u.ID).IsOperator() {
			t.Fatal("not an operator")
		}
		for _, text := range []string{"ÄÄKK", "kköNEN", u.Email} {
			us, err := b.Search(ctx, text, "active", "", 10)
			ok(t, err)
			if len(us) != 1 || us[0].ID != u.ID {
				t.Fatalf("%q found %d people", text, len(us))
			}
		}
		us, err := b.Search(ctx, "%", "", "", 10)
		ok(t, err)
		if len(us) != 0 {
			t.Fatalf("%% found %d people", len(us))
		}
		m, err := b.Many(ctx, b.DB, []accounts.UserID{u.ID, op.ID, "usr_none"})
		ok(t, err)
		if len(m) != 2 || m[op.ID].Name != "Noora" {
			t.Fatalf("many %v", m)
		}
	})
}
