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
		{"signs for letters", "password", "P@ssw0rd2026", "accounts.password_common"},
		{"more signs for letters", "password", "1loveyou123!", "accounts.password_common"},
		{"a Finnish word with signs", "password", "5alas4na1234", "accounts.password_common"},
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
