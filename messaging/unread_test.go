package messaging_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
)

// Ten minutes unread bring one e-mail with everything that was said until then.
func TestUnreadBringsOneMail(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Hei! Onko satula vielä myynnissä?")
		b.after(t, 4*time.Minute)
		b.say(t, b.noora, "Sopisiko se suomenhevoselle?")
		b.after(t, 5*time.Minute)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters after nine minutes", n)
		}
		b.after(t, time.Minute)
		b.after(t, time.Minute)
		ms := b.letters(b.anna)
		if len(ms) != 1 {
			t.Fatalf("%d letters, want 1", len(ms))
		}
		m := ms[0]
		if m.Subject != `Noora kirjoitti: Wintec-yleissatula 17"` {
			t.Errorf("subject %q", m.Subject)
		}
		for _, want := range []string{"2 lukematonta", "vielä myynnissä?", "suomenhevoselle?", "https://kierto.example/inbox/" + string(b.conv.ID)} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the letter lacks %q:\n%s", want, m.Text)
			}
		}
		if !strings.Contains(m.Header["References"], string(b.conv.ID)+"@kierto.example") {
			t.Errorf("references %q", m.Header["References"])
		}
		if m.Header["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
			t.Errorf("headers %v", m.Header)
		}
		if n := len(b.letters(b.noora)); n != 0 {
			t.Errorf("the author got %d letters", n)
		}
	})
}

// Who has read, or answered, gets no e-mail.
func TestReadBringsNoMail(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		b.after(t, 9*time.Minute)
		b.read(t, b.anna)
		b.after(t, time.Hour)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters", n)
		}
	})
}

// Read between deciding and sending: the letter is dropped.
func TestReadAtTheLastMoment(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		b.clock.Move(10 * time.Minute)
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.read(t, b.anna)
		if err := b.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters", n)
		}
	})
}

// Somebody who does not come back after a mail is left alone for hours; somebody
// who has looked since is told of what is new.
func TestNoFloodOfUnreadMails(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Hei?")
		b.after(t, 10*time.Minute)
		for range 6 {
			b.say(t, b.noora, "Hei, oletko siellä?")
			b.after(t, 20*time.Minute)
		}
		if n := len(b.letters(b.anna)); n != 1 {
			t.Fatalf("%d letters in two hours, want 1", n)
		}
		b.after(t, 3*time.Hour)
		if n := len(b.letters(b.anna)); n != 2 {
			t.Fatalf("%d letters in five hours, want 2", n)
		}
		b.read(t, b.anna)
		b.say(t, b.noora, "Vielä yksi kysymys?")
		b.after(t, 10*time.Minute)
		if n := len(b.letters(b.anna)); n != 3 {
			t.Fatalf("%d letters, want a third about what is new", n)
		}
	})
}

// Messages of the night are told of together in the morning.
func TestUnreadAtNight(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.night()
		b.say(t, b.noora, "Nukutko jo?")
		b.after(t, time.Hour)
		b.say(t, b.noora, "Näköjään. Onko satula varattu?")
		b.after(t, 7*time.Hour+59*time.Minute)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters at night", n)
		}
		b.after(t, time.Minute)
		ms := b.letters(b.anna)
		if len(ms) != 1 || !strings.Contains(ms[0].Text, "2 lukematonta") {
			t.Fatalf("in the morning: %+v", ms)
		}
	})
}

// Unconfirmed addresses and people who turned it off get none.
func TestUnreadMailsNobodyWants(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, u := range []accounts.User{
			accountstest.With(t, b.Accounts, "Not Confirmed", func(u *accounts.User) { u.ConfirmedAt = 0 }),
			b.anna,
		} {
			if err := b.Accounts.SaveChannels(t.Context(), b.anna.ID, accounts.Channels{}); err != nil {
				t.Fatal(err)
			}
			b.conv = b.open(t, accountstest.Person(t, b.Accounts, "Venla Aho"), u)
			asker := b.conv.Buyer
			if err := b.Send(t.Context(), asker, b.conv.ID, "Hei?", ""); err != nil {
				t.Fatal(err)
			}
			b.after(t, time.Hour)
			if n := len(b.letters(u)); n != 0 {
				t.Errorf("%s: %d letters", u.Name, n)
			}
		}
	})
}

// The answer of staff is told of as theirs, by name.
func TestUnreadAnswerOfStaff(t *testing.T) {
	b := lite(t)
	salla := accountstest.Operator(t, b.Accounts, "Salla Virta")
	cid, err := b.OpenCase(t.Context(), b.noora.ID, "", "Miten saan rahani?")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Answer(t.Context(), salla.ID, cid, "Ne ovat matkalla.", ""); err != nil {
		t.Fatal(err)
	}
	b.after(t, 10*time.Minute)
	ms := b.letters(b.noora)
	if len(ms) != 1 || ms[0].Subject != "Salla ylläpidosta vastasi sinulle" {
		t.Fatalf("letters %+v", ms)
	}
}
