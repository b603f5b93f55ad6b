package messaging_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// report is a mail server's report about a mail (RFC 3464).
func report(action, status, diagnostic string) string {
	return "From: MAILER-DAEMON@mx.example.fi\r\nTo: x\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"=_r\"\r\n\r\n" +
		"--=_r\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you …\r\n" +
		"--=_r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.fi\r\nX-Postfix-Queue-ID: 1\r\n\r\n" +
		"Final-Recipient: rfc822; anna@example.fi\r\nAction: " + action + "\r\nStatus: " + status + "\r\nDiagnostic-Code: smtp; " + diagnostic + "\r\n" +
		"--=_r\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n--=_r--\r\n"
}

// remind sends Anna a last warning by e-mail about a turn, and gives where its
// reports go.
func (b *bench) remind(t *testing.T, id turn.ID) string {
	t.Helper()
	x := reminder(1)
	x.To, x.Turn, x.Dedupe, x.Warning, x.By = b.anna.ID, id, string(id)+":1", true, []string{messaging.Email}
	b.tell(t, x)
	b.run(t)
	return b.letters(b.anna)[0].Sender
}

// A letter that comes back has failed, and the follow-up goes on at once; an
// address where nothing arrives is not written to again until its owner confirms
// one. What is only late, or no report, changes nothing.
func TestAReturnedLetterMovesTheLadder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		addr := letterbox(t, b)
		failed := b.hearFailures()
		for i, c := range []struct{ mail, state string }{
			{report("delayed", "4.4.1", "451 4.4.1 try later"), "email sent"},
			{report("delivered", "2.0.0", "250 ok"), "email sent"},
			{"From: x@example.fi\r\nSubject: Automatic reply\r\n\r\nOn holiday\r\n", "email sent"},
			{strings.Replace(report("failed", "5.1.1", "x"), "multipart/report", "multipart/mixed", 1), "email sent"},
			{report("failed", "5.7.1", "554 5.7.1 looks like spam"), "email failed"},
			{report("failed", "5.2.2", "552 5.2.2 mailbox full"), "email failed"},
			{report("failed", "4.4.7", "delivery time expired"), "email failed"},
		} {
			id := turn.ID(fmt.Sprintf("trn_%d", i))
			bounces := b.remind(t, id)
			if err := dropIn(addr, "", bounces, c.mail); err != nil {
				t.Errorf("report %d: %v", i, err)
			}
			if got := b.sentBy(t, id); got != c.state {
				t.Errorf("after report %d: %s, want %s", i, got, c.state)
			}
		}
		if got := strings.Join(*failed, ", "); got != "email trn_4 1, email trn_5 1, email trn_6 1" {
			t.Errorf("the follow-up heard of %s", got)
		}
		if u, err := b.Accounts.Get(t.Context(), b.DB, b.anna.ID); err != nil || !u.MailBadAt.IsZero() {
			t.Errorf("the address counts as dead at %v (%v)", u.MailBadAt, err)
		}
		bounces := b.remind(t, "trn_dead")
		for range 2 { // the same report may come twice
			if err := dropIn(addr, "", bounces, report("failed", "5.0.0", "550 5.1.1 <anna@example.fi>: no such user")); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(*failed); got != 4 {
			t.Errorf("the follow-up heard of %d failures: %v", got, *failed)
		}
		if u, err := b.Accounts.Get(t.Context(), b.DB, b.anna.ID); err != nil || u.MailBadAt.IsZero() || u.TakesMail() {
			t.Errorf("the address still counts as good (%v)", err)
		}
	})
}

// A server that knows nobody of that name says so at once; that is the same.
func TestARefusedAddressIsDead(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		failed := b.hearFailures()
		b.post.Cue(smtp.Cue{Fault: smtp.NoUser, To: b.anna.Email})
		x := reminder(1)
		x.To, x.Warning, x.By = b.anna.ID, true, []string{messaging.Email}
		b.tell(t, x)
		b.run(t)
		if got := b.sentBy(t, "trn_1"); got != "email failed" || len(*failed) != 1 {
			t.Errorf("%s, the follow-up heard of %v", got, *failed)
		}
		if u, err := b.Accounts.Get(t.Context(), b.DB, b.anna.ID); err != nil || u.MailBadAt.IsZero() {
			t.Errorf("the address still counts as good (%v)", err)
		}
		b.after(t, 48*time.Hour)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Errorf("%d letters went there", n)
		}
	})
}

// Whoever's letters come back is told on every page, and tells us that the
// address works again by the link of a new letter.
func TestADeadAddressIsSaidInTheApp(t *testing.T) {
	b := lite(t)
	b.tx(t, func(tx *db.Tx) error { return b.Accounts.MailBad(t.Context(), tx, b.anna.ID, b.anna.Email) })
	srv := b.site(t)
	b.Accounts.Mailer = b.AccountMail
	b.Accounts.Web(srv)
	anna := webtest.Client(t, srv).As(string(b.anna.ID))
	anna.Get("/inbox").Want(200).Has("Sähköposti osoitteeseesi palautui", "Vaihda osoite")
	anna.Post("/confirm", nil).Leads("/account")
	b.run(t)
	ms := b.letters(b.anna)
	if len(ms) != 1 {
		t.Fatalf("%d letters", len(ms))
	}
	path := strings.TrimPrefix(ms[0].Links[0], "https://kierto.example")
	anna.Post(path, nil).Leads("/account")
	anna.Get("/inbox").Want(200).Lacks("Sähköposti osoitteeseesi palautui")
}
