package messaging_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/messaging"
)

// inDomain is where the tests' mail comes in.
const inDomain = "in.kierto.example"

// letterbox takes mail for a bench and gives the server's address.
func letterbox(t *testing.T, b *bench) string {
	t.Helper()
	b.Config.InboundDomain = inDomain
	box, err := messaging.NewLetterbox(b.Service)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- box.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := errors.Join(box.Shutdown(ctx), <-over); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// dropIn takes a mail to a server as another mail server would, encrypted, and
// gives the server's refusal.
func dropIn(addr, from, to, raw string) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil { // as mail servers do
		return err
	}
	if err := errors.Join(c.Mail(from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")); err != nil {
		return err
	}
	return w.Close()
}

// refusal is the code of a refusal; 0 for none.
func refusal(err error) int {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return -1
	}
	return 0
}

// letterTo has Noora write to Anna, and gives the address that Anna's letter
// about it wants answers at.
func (b *bench) letterTo(t *testing.T) (replyTo, bounces string) {
	t.Helper()
	b.say(t, b.noora, "Onko satula vielä myynnissä?")
	b.after(t, 20*time.Minute)
	ms := b.letters(b.anna)
	if len(ms) == 0 {
		t.Fatal("Anna got no letter")
	}
	replyTo, bounces = strings.Trim(ms[0].Header["Reply-To"], "<>"), ms[0].Sender
	if !regexp.MustCompile(`^reply\+[a-z2-7]{26}@in\.kierto\.example$`).MatchString(replyTo) || !strings.HasPrefix(bounces, "bounce+") || len(bounces) > 64+1+len(inDomain) {
		t.Fatalf("answers go to %q, reports to %q", replyTo, bounces)
	}
	return replyTo, bounces
}

// answer is a mail of Anna's with a text and more headers.
func (b *bench) answer(text string, headers ...string) string {
	h := append([]string{"From: Anna Korpi <" + strings.ToUpper(b.anna.Email) + ">", "To: x", "Subject: Re: Noora kirjoitti", "Message-ID: <1@example.fi>",
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"}, headers...)
	return strings.Join(h, "\r\n") + "\r\n\r\n" + text + "\r\n"
}

// last is the newest message of the conversation, with its author's first name.
func (b *bench) last(t *testing.T) string {
	t.Helper()
	es := b.read(t, b.noora)
	e := es[len(es)-1]
	return e.Name(e.Author) + ": " + e.Text
}

// Who answers a letter of ours by e-mail has written into the conversation, once,
// without what they quote, and owes no answer any more.
func TestAnAnswerByMailIsAMessage(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		addr := letterbox(t, b)
		to, _ := b.letterTo(t)
		if got := b.turns(t); got != "answer_message:Anna" {
			t.Fatalf("before: %s", got)
		}
		mail := b.answer("On vielä! Milloin sopisi?\n\nma 24. marrask. 2025 klo 14.05 Salla (hei@kierto.example) kirjoitti:\n\n> Noora kysyi")
		for range 2 { // the second is the same mail again: its server did not hear us
			if err := dropIn(addr, b.anna.Email, to, mail); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.last(t); got != "Anna: On vielä! Milloin sopisi?" {
			t.Errorf("the conversation ends with %q", got)
		}
		if es := b.read(t, b.noora); len(es) != 2 {
			t.Errorf("%d entries", len(es))
		}
		if got := b.turns(t); got != "answer_message:Noora" {
			t.Errorf("after: %s", got)
		}
		if again, _ := b.letterTo(t); again != to {
			t.Errorf("the next letter wants answers at %s, the first at %s", again, to)
		}
	})
}

// What is not its person's own words is refused with a sentence, and changes
// nothing; nobody's mail is passed on.
func TestMailThatIsRefused(t *testing.T) {
	b := lite(t)
	addr := letterbox(t, b)
	to, bounces := b.letterTo(t)
	anna := b.anna.Email
	forged := []byte(to)
	forged[8] ^= 1
	for name, c := range map[string]struct{ from, to, mail string }{
		"to somebody else's domain": {anna, "x@example.org", b.answer("Hei")},
		"to nobody of ours":         {anna, "hei@" + inDomain, b.answer("Hei")},
		"with a forged token":       {anna, string(forged), b.answer("Hei")},
		"with no token":             {anna, "reply+@" + inDomain, b.answer("Hei")},
		"with a forged report":      {"", strings.Replace(bounces, "bounce+", "bounce+a", 1), b.answer("Hei")},
		"without a sender":          {"", to, b.answer("Hei")},
		"from another address":      {"x@example.org", to, b.answer("Hei")},
		"as another":                {anna, to, strings.Replace(b.answer("Hei"), strings.ToUpper(anna), "x@example.org", 1)},
		"as two":                    {anna, to, strings.Replace(b.answer("Hei"), ">\r\n", ">, x@example.org\r\n", 1)},
		"twice from":                {anna, to, "From: x@example.org\r\n" + b.answer("Hei")},
		"as an automatic answer":    {anna, to, b.answer("Hei", "Auto-Submitted: auto-replied")},
		"in bulk":                   {anna, to, b.answer("Hei", "Precedence: bulk")},
		"as an autoreply":           {anna, to, b.answer("Hei", "X-Autoreply: yes")},
		"from a list":               {anna, to, b.answer("Hei", "List-Id: <x.example.org>")},
		"as our own":                {anna, to, strings.Replace(b.answer("Hei"), "1@example.fi", "dlv_1@kierto.example", 1)},
		"out of office":             {anna, to, strings.Replace(b.answer("Hei"), "Re: Noora", "Automaattinen vastaus: Noora", 1)},
		"frånvaro":                  {anna, to, strings.Replace(b.answer("Hei"), "Re: Noora", "=?utf-8?q?Fr=C3=A5nvaro:_Noora?=", 1)},
		"without words":             {anna, to, b.answer("> Noora kysyi\n> jotain")},
		"empty":                     {anna, to, b.answer("")},
		"nothing at all":            {anna, to, ""},
		"no mail":                   {anna, to, "\x00\x01\x02"},
	} {
		err := dropIn(addr, c.from, c.to, c.mail)
		if refusal(err) != 550 || !strings.Contains(err.Error(), "https://kierto.example") {
			t.Errorf("mail %s: %v", name, err)
		}
	}
	if es := b.read(t, b.noora); len(es) != 1 {
		t.Errorf("%d entries", len(es))
	}
	b.tx(t, func(tx *db.Tx) error { return b.Accounts.Suspend(t.Context(), tx, b.noora.ID, b.noora.ID, "a test") })
	if err := b.Block(t.Context(), b.noora.ID, b.anna.ID); err != nil {
		t.Fatal(err)
	}
	if err := dropIn(addr, anna, to, b.answer("Hei", "X-Other: 1")); refusal(err) != 550 || !strings.Contains(err.Error(), "does not want messages") {
		t.Errorf("to who blocked her: %v", err)
	}
	b.tx(t, func(tx *db.Tx) error { return b.Leave(t.Context(), tx, b.anna.ID) })
	if err := dropIn(addr, anna, to, b.answer("Hei")); refusal(err) != 550 {
		t.Errorf("after she left: %v", err)
	}
}

// Hostile mails end in a refusal or in plain words, and never hold the server up.
func TestHostileMails(t *testing.T) {
	b := lite(t)
	addr := letterbox(t, b)
	to, _ := b.letterTo(t)
	deep := "Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
	for i := range 2000 {
		deep += fmt.Sprintf("--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	for name, c := range map[string]struct {
		mail, want string // "" for a refusal
	}{
		"nested":      {"From: " + b.anna.Email + "\r\nMessage-ID: <n@x>\r\n" + deep, ""},
		"NUL":         {b.answer("He\x00i\x00", "X-A: \x00"), "Hei"},
		"no charset":  {strings.Replace(b.answer("p\xe4iv\xe4\xe4"), "charset=utf-8", "charset=x-unknown", 1), ""},
		"latin":       {strings.Replace(b.answer("p\xe4iv\xe4\xe4 kaikille"), "charset=utf-8", "charset=iso-8859-1", 1), "päivää kaikille"},
		"folded":      {b.answer("Hei taas", "Subject: a\r\n Bcc: x@example.org"), "Hei taas"},
		"html":        {strings.Replace(b.answer("<style>p{}</style><p>Hei,<br>sopii&nbsp;<b>hyvin</b></p><script>alert(1)</script><blockquote>vanha</blockquote>"), "text/plain", "text/html", 1), "Hei,\nsopii hyvin"},
		"gmail html":  {strings.Replace(b.answer(`<div dir="ltr">Joo, käy!<div class="gmail_quote"><div>ma kirjoitti:</div>vanha</div></div>`), "text/plain", "text/html", 1), "Joo, käy!"},
		"deep html":   {strings.Replace(b.answer(strings.Repeat("<div>\r\n", 100_000)+"Hei"), "text/plain", "text/html", 1), ""},
		"base64 lie":  {b.answer("!!!! not base64", "Content-Transfer-Encoding: base64"), ""},
		"many header": {b.answer("Hei otsikot", strings.Split(strings.Repeat("X-H: y|", 2000)+"X-I: z", "|")...), "Hei otsikot"},
	} {
		before := len(b.read(t, b.noora))
		mail := strings.Replace(c.mail, "<1@example.fi>", fmt.Sprintf("<%x@example.fi>", name), 1)
		err := dropIn(addr, b.anna.Email, to, mail)
		switch es := b.read(t, b.noora); {
		case c.want == "" && refusal(err) == 0 && len(es) > before:
			t.Logf("%s became %q", name, b.last(t)) // words are words
		case c.want != "" && (err != nil || b.last(t) != "Anna: "+c.want):
			t.Errorf("%s: %v, %q", name, err, b.last(t))
		case refusal(err) == -1:
			t.Errorf("%s: %v", name, err)
		}
	}
	big := b.answer(strings.Repeat("x", 900)+"\r\n") + strings.Repeat(strings.Repeat("y", 900)+"\r\n", 25<<10)
	if err := dropIn(addr, b.anna.Email, to, big); refusal(err) != 552 {
		t.Errorf("a mail of %d MB: %v", len(big)>>20, err)
	}
}

// A picture that cannot be used is refused with its mail, but not the logo within
// somebody's signature; and one that we cannot keep now comes again.
func TestMailWithAPictureThatIsNone(t *testing.T) {
	b := lite(t)
	addr := letterbox(t, b)
	to, _ := b.letterTo(t)
	var wrong error
	b.Photos = func(context.Context, accounts.UserID, io.Reader) (string, error) { return "", wrong }
	logo := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("GIF89a"), 4<<10))
	for i, c := range []struct {
		text, place string
		wrong       error
		want        int
	}{
		{"Tulen huomenna", "inline", fault.New(fault.Invalid, "picture.not_a_picture"), 0},
		{"", "inline", fault.New(fault.Invalid, "picture.not_a_picture"), 550},
		{"Tassa kuva", "attachment", fault.New(fault.Invalid, "picture.not_a_picture"), 550},
		{"Tassa kuva", "attachment", fault.New(fault.Busy, "blob.disk_full"), 451},
	} {
		wrong = c.wrong
		raw := strings.Replace(b.answer("--b\r\nContent-Type: text/plain\r\n\r\n"+c.text+"\r\n--b\r\nContent-Type: image/gif\r\nContent-Disposition: "+c.place+
			"; filename=\"logo.gif\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+regexp.MustCompile(`.{76}`).ReplaceAllString(logo, "$0\r\n")+"\r\n--b--"),
			"text/plain; charset=utf-8", "multipart/mixed; boundary=b", 1)
		err := dropIn(addr, b.anna.Email, to, strings.Replace(raw, "1@example.fi", fmt.Sprintf("logo%d@example.fi", i), 1))
		if refusal(err) != c.want {
			t.Errorf("%q with a picture %s: %v", c.text, c.place, err)
		}
	}
	if got := b.last(t); got != "Anna: Tulen huomenna" {
		t.Errorf("came in as %q", got)
	}
}

// One person cannot flood a conversation by mail, one machine cannot hold all
// connections, and pictures come along.
func TestMailHasLimits(t *testing.T) {
	b := lite(t)
	addr := letterbox(t, b)
	to, _ := b.letterTo(t)
	kept := 0
	b.Photos = func(_ context.Context, _ accounts.UserID, data io.Reader) (string, error) {
		raw, err := io.ReadAll(data)
		kept += len(raw)
		return "photo", err
	}
	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0xd8, 1, 2}, 8<<10))
	var lines []string
	for len(picture) > 0 {
		n := min(76, len(picture))
		lines, picture = append(lines, picture[:n]), picture[n:]
	}
	withPhoto := strings.Replace(b.answer("--b\r\nContent-Type: text/plain\r\n\r\nTassa kuva\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=\"../../x.jpg\"\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n"+strings.Join(lines, "\r\n")+"\r\n--b--"), "text/plain; charset=utf-8", "multipart/mixed; boundary=b", 1)
	if err := dropIn(addr, b.anna.Email, to, withPhoto); err != nil {
		t.Fatal(err)
	}
	es := b.read(t, b.noora)
	if e := es[len(es)-1]; e.Text != "Tassa kuva" || e.Photo != "photo" || kept != 32<<10 {
		t.Errorf("got %q with %q of %d bytes", e.Text, e.Photo, kept)
	}
	var err error
	n := 1
	for ; err == nil && n < 100; n++ {
		err = dropIn(addr, b.anna.Email, to, strings.Replace(b.answer("Hei taas"), "1@example.fi", fmt.Sprintf("m%d@example.fi", n), 1))
	}
	if refusal(err) != 450 || n != 31 {
		t.Errorf("after %d mails: %v", n, err)
	}
	b.clock.Move(2 * time.Hour)
	if err := dropIn(addr, b.anna.Email, to, strings.Replace(b.answer("Hei vielä"), "1@example.fi", "later@example.fi", 1)); err != nil {
		t.Errorf("two hours later: %v", err)
	}
	var held []net.Conn
	for range 12 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		held = append(held, c)
	}
	busy := 0
	for _, c := range held {
		_ = c.SetReadDeadline(clock.Wall().Add(5 * time.Second))
		line := make([]byte, 3)
		if _, err := io.ReadFull(c, line); err == nil && string(line) == "421" {
			busy++
		}
	}
	if busy < 4 || busy > 6 { // a connection from before may not have ended yet
		t.Errorf("%d of 12 connections from one machine are refused", busy)
	}
}
