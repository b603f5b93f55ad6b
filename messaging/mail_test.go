package messaging_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/messaging"
)

var update = flag.Bool("update", false, "write the golden files anew")

// random is what differs from run to run.
var random = regexp.MustCompile(`(unsubscribe/)[\w-]+|(cnv|dlv)_[0-9a-z]{26}`)

// golden holds got against a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = random.ReplaceAllString(got, "${1}${2}…")
	path := filepath.Join("testdata", "mail", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s has changed; run the test with -update and read the difference:\n%s", path, got)
	}
}

// Every kind of letter in every language, word for word.
func TestLetters(t *testing.T) {
	for _, lang := range []string{"fi", "sv", "en"} {
		t.Run(lang, func(t *testing.T) {
			b := lite(t)
			reader := func(name string) accounts.User {
				return accountstest.With(t, b.Accounts, name, func(u *accounts.User) { u.Lang = lang })
			}
			for name, letter := range map[string]func(u accounts.User){
				"unread": func(u accounts.User) { b.ask(t, u, "Hei! Onko satula vielä myynnissä?") },
				"unread_many": func(u accounts.User) {
					b.ask(t, u, "Hei!", "Onko satula vielä myynnissä?", "Voisin hakea sen\nlauantaina.", "Vai sunnuntaina?")
				},
				"unread_staff": func(u accounts.User) { b.answerCase(t, u) },
				"nudge":        func(u accounts.User) { x := b.nudge(lang); x.To = u.ID; b.tell(t, x) },
				"money":        func(u accounts.User) { b.tell(t, b.refund(u)) },
			} {
				u := reader("Anna " + name)
				letter(u)
				b.after(t, 10*time.Minute)
				b.clock.Set(accountstest.Start)
				ms := b.letters(u)
				if len(ms) != 1 {
					t.Fatalf("%s: %d letters", name, len(ms))
				}
				m := ms[0]
				head := "From: " + m.From + "\nTo: " + regexp.MustCompile(`<.*>`).ReplaceAllString(m.To, "<…>") + "\nSubject: " + m.Subject + "\n\n"
				golden(t, name+"."+lang+".txt", head+m.Text)
				golden(t, name+"."+lang+".html", m.HTML)
			}
		})
	}
}

// ask makes a Noora write to u.
func (b *bench) ask(t *testing.T, u accounts.User, texts ...string) {
	t.Helper()
	noora := accountstest.Person(t, b.Accounts, "Noora Lehto")
	b.conv = b.open(t, noora, u)
	for _, x := range texts {
		b.say(t, noora, x)
	}
}

// answerCase makes u ask staff something and staff answer.
func (b *bench) answerCase(t *testing.T, u accounts.User) {
	t.Helper()
	cid, err := b.OpenCase(t.Context(), u.ID, "", "Miten saan rahani?")
	if err != nil {
		t.Fatal(err)
	}
	salla := accountstest.Operator(t, b.Accounts, "Salla Virta")
	if err := b.Answer(t.Context(), salla.ID, cid, "Hei! Ne ovat tilillä huomenna.", ""); err != nil {
		t.Fatal(err)
	}
}

// refund is a letter about money to somebody who lives elsewhere.
func (b *bench) refund(u accounts.User) messaging.Telling {
	return messaging.Telling{
		To: u.ID, Topic: messaging.TopicMoney, Key: "nudges.pay_first", URL: "/orders/ord_1",
		Args: map[string]any{"Title": `Wintec-yleissatula 17"`, "Other": b.noora.ID, "Total": money.EUR(123450), "Due": clock.Instant(b.clock.Now().Add(30 * time.Hour))},
	}
}
