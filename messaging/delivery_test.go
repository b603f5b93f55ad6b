package messaging_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// nudge is a reminder to Anna about a turn.
func (b *bench) nudge(step string) messaging.Telling {
	return messaging.Telling{
		To: b.anna.ID, Topic: messaging.TopicNudge, Key: "nudges.ship_day", URL: "/orders/ord_1", Dedupe: "trn_1:" + step,
		Turn: "trn_1", Step: step, Args: map[string]any{"Other": b.noora.ID, "Title": "Wintec", "Due": b.clock.Now().Add(72 * time.Hour)},
	}
}

// night moves the clock to 23.00, when Anna sleeps.
func (b *bench) night() { b.clock.Set(clock.Of(time.Date(2026, 11, 24, 21, 0, 0, 0, time.UTC))) }

// What is told twice arrives once, in the app and by e-mail.
func TestToldOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for range 3 {
			b.tell(t, b.nudge("day"))
		}
		b.run(t)
		b.run(t)
		ms := b.letters(b.anna)
		if len(ms) != 1 {
			t.Fatalf("%d letters, want 1", len(ms))
		}
		m := ms[0]
		if m.Subject != "Noora odottaa: Wintec" && !strings.Contains(m.Subject, "Wintec") {
			t.Errorf("subject %q", m.Subject)
		}
		if !strings.Contains(m.Text, "pe\u00a027.11. klo\u00a012.00") {
			t.Errorf("the deadline is not in the reader's words:\n%s", m.Text)
		}
		if m.Header["Auto-Submitted"] != "auto-generated" || !strings.Contains(m.Header["Message-Id"], "@kierto.example>") {
			t.Errorf("headers %v", m.Header)
		}
		ds, err := b.DeliveriesOf(t.Context(), "trn_1")
		if err != nil || len(ds) != 2 {
			t.Fatalf("%d deliveries, %v; want app and e-mail", len(ds), err)
		}
	})
}

// Reminders wait for the morning; money, accounts and last warnings do not.
func TestQuietHours(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.night()
		b.tell(t, b.nudge("day"))
		b.run(t)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters at night", n)
		}
		warning := b.nudge("last")
		warning.Warning = true
		b.tell(t, warning)
		refund := b.nudge("refund")
		refund.Topic, refund.Turn = messaging.TopicMoney, ""
		b.tell(t, refund)
		b.run(t)
		if n := len(b.letters(b.anna)); n != 2 {
			t.Fatalf("%d letters at night, want the warning and the refund", n)
		}
		b.after(t, 8*time.Hour+59*time.Minute)
		if n := len(b.letters(b.anna)); n != 2 {
			t.Fatalf("%d letters at 7.59", n)
		}
		b.after(t, time.Minute)
		if n := len(b.letters(b.anna)); n != 3 {
			t.Fatalf("%d letters at 8.00, want the reminder too", n)
		}
	})
}

// A letter that becomes due in the daytime but is worked at night waits too.
func TestQuietHoursAreCheckedAtSend(t *testing.T) {
	b := lite(t)
	b.tell(t, b.nudge("day"))
	b.night()
	b.run(t)
	if n := len(b.letters(b.anna)); n != 0 {
		t.Fatalf("%d letters at night", n)
	}
	b.after(t, 10*time.Hour)
	if n := len(b.letters(b.anna)); n != 1 {
		t.Fatalf("%d letters in the morning, want 1", n)
	}
}

// People get what they want, at addresses they have shown to be theirs.
func TestWhoGetsMail(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			name    string
			change  func(*accounts.User)
			topic   string
			warning bool
			want    int
		}{
			{"Usual Reader", func(*accounts.User) {}, messaging.TopicNudge, false, 1},
			{"Not Confirmed", func(u *accounts.User) { u.ConfirmedAt = 0 }, messaging.TopicNudge, false, 0},
			{"Not Confirmed Warned", func(u *accounts.User) { u.ConfirmedAt = 0 }, messaging.TopicNudge, true, 0},
			{"Not Confirmed Account", func(u *accounts.User) { u.ConfirmedAt = 0 }, messaging.TopicAccount, false, 1},
		} {
			u := accountstest.With(t, b.Accounts, c.name, c.change)
			x := b.nudge(c.name)
			x.To, x.Topic, x.Warning = u.ID, c.topic, c.warning
			b.tell(t, x)
			b.run(t)
			if n := len(b.letters(u)); n != c.want {
				t.Errorf("%s: %d letters, want %d", c.name, n, c.want)
			}
		}
		if err := b.Accounts.SaveChannels(t.Context(), b.anna.ID, accounts.Channels{}); err != nil {
			t.Fatal(err)
		}
		b.tell(t, b.nudge("off"))
		warning := b.nudge("last")
		warning.Warning = true
		b.tell(t, warning)
		b.run(t)
		if n := len(b.letters(b.anna)); n != 1 {
			t.Errorf("reminders off: %d letters, want the last warning alone", n)
		}
	})
}

// Right before sending it is asked once more whether the reminder still holds.
func TestRecheck(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.Recheck = func(context.Context, *messaging.Delivery) (bool, string, error) {
			return false, "posted meanwhile", nil
		}
		b.tell(t, b.nudge("day"))
		b.run(t)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters", n)
		}
		ds, err := b.DeliveriesOf(t.Context(), "trn_1")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			if d.Channel == messaging.Email && (d.State != messaging.Dropped || d.Reason != "posted meanwhile") {
				t.Errorf("delivery %+v", d)
			}
		}
	})
}

// email is the state of the e-mail about the tests' turn.
func (b *bench) email(t *testing.T) messaging.Delivery {
	t.Helper()
	ds, err := b.DeliveriesOf(t.Context(), "trn_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.Channel == messaging.Email {
			return d
		}
	}
	t.Fatal("no e-mail")
	return messaging.Delivery{}
}

func (b *bench) reached(t *testing.T, id turn.ID) bool {
	t.Helper()
	yes, err := b.Delivered(t.Context(), b.DB, id, b.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	return yes
}

// A greylisting server gets the letter at the second try, and only then do we
// say that it reached anybody.
func TestGreylisting(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.post.Cue(smtp.Cue{Fault: smtp.Greylist})
		b.tell(t, b.nudge("day"))
		b.run(t)
		if d := b.email(t); d.State != messaging.Queued || d.Tries != 1 || !strings.Contains(d.Reason, "451") {
			t.Fatalf("after the first try: %+v", d)
		}
		if b.reached(t, "trn_1") {
			t.Fatal("counted as delivered")
		}
		b.after(t, time.Minute)
		if d := b.email(t); d.State != messaging.Sent || d.Tries != 2 || !b.reached(t, "trn_1") {
			t.Fatalf("after the second try: %+v", d)
		}
	})
}

// What the server refuses for good is not tried again, and the reason is kept.
func TestRefusedForGood(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for cue, code := range map[smtp.Fault]string{smtp.NoUser: "550", smtp.Refuse: "554"} {
			b.post.Clear()
			b.post.Cue(smtp.Cue{Fault: cue})
			x := b.nudge("day")
			x.Turn, x.Dedupe = turn.ID("trn_"+code), code
			b.tell(t, x)
			b.run(t)
			b.after(t, 24*time.Hour)
			ds, err := b.DeliveriesOf(t.Context(), x.Turn)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range ds {
				if d.Channel == messaging.Email && (d.State != messaging.Failed || d.Tries != 1 || !strings.Contains(d.Reason, code)) {
					t.Errorf("%s: %+v", code, d)
				}
			}
		}
	})
}

// A server that stays busy is given up after nine tries over a day and a half.
func TestTriesAreBounded(t *testing.T) {
	b := lite(t)
	b.post.Cue(smtp.Cue{Fault: smtp.Full})
	x := b.nudge("day")
	x.Warning = true // not held at night
	b.tell(t, x)
	b.run(t)
	for range 40 {
		b.after(t, time.Hour)
	}
	if d := b.email(t); d.State != messaging.Failed || d.Tries != 9 {
		t.Errorf("after 40 hours: %+v", d)
	}
}

// Trouble of our own is given up after as many tries, and the follow-up hears of
// it, as of any other failure.
func TestOwnTroubleIsBounded(t *testing.T) {
	b := lite(t)
	b.Actions = func(context.Context, messaging.Delivery, accounts.User) ([]messaging.Action, string, error) {
		return nil, "", errors.New("no words")
	}
	heard := 0
	b.Failed = func(context.Context, *db.Tx, messaging.Delivery) error { heard++; return nil }
	x := b.nudge("day")
	x.Warning = true // not held at night
	b.tell(t, x)
	for range 40 {
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = b.Jobs.Drain(t.Context()) // it fails, which is the point
		b.clock.Move(time.Hour)
	}
	if d := b.email(t); d.State != messaging.Failed || heard != 1 {
		t.Errorf("after 40 hours: %+v, heard of %d times", d, heard)
	}
}

// What a provider says goes into the log without whom it was about.
func TestNobodyIsNamedInTheLog(t *testing.T) {
	b := lite(t)
	var log strings.Builder
	b.Log = slog.New(slog.NewTextHandler(&log, nil))
	b.Sender = refusing("550 5.1.1 <anna.korpi@kierto.test>: unknown; call +358 40 123 4567")
	b.tell(t, b.nudge("day"))
	b.run(t)
	if said := log.String(); !strings.Contains(said, "550 5.1.1") || strings.Contains(said, "@") || strings.Contains(said, "4567") {
		t.Errorf("the log says %q", said)
	}
}

// refusing is a sender that refuses all for one reason.
type refusing string

func (r refusing) Send(context.Context, messaging.Mail) error {
	return &messaging.Refused{Reason: string(r)}
}

// A server that never answers costs one time limit, and the letter is tried
// again.
func TestHangingServer(t *testing.T) {
	b := lite(t)
	sender, err := messaging.NewSMTP(b.post.URL(), b.Config.From)
	if err != nil {
		t.Fatal(err)
	}
	b.Sender = sender.WithTimeout(300 * time.Millisecond)
	b.post.Cue(smtp.Cue{Fault: smtp.Hang, Times: 1})
	b.tell(t, b.nudge("day"))
	start := clock.Wall()
	b.run(t)
	if took := clock.Wall().Sub(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	b.after(t, time.Minute)
	if d := b.email(t); d.State != messaging.Sent || d.Tries != 2 {
		t.Errorf("%+v", d)
	}
}

// A job that was lost, or a sender that died, is made up for by the sweep.
func TestLostJobs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.tell(t, b.nudge("day"))
		if _, err := b.DB.Do(t.Context(), `DELETE FROM river_job`); err != nil {
			t.Fatal(err)
		}
		b.run(t)
		if n := len(b.letters(b.anna)); n != 0 {
			t.Fatalf("%d letters before the lease ended", n)
		}
		b.after(t, 11*time.Minute)
		if n := len(b.letters(b.anna)); n != 1 {
			t.Fatalf("%d letters, want 1", n)
		}
	})
}

// Names and titles cannot add headers or recipients.
func TestNothingIsInjected(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		evil := "Eve\r\nBcc: victim@example.fi\r\n\r\nHi"
		u := accountstest.With(t, b.Accounts, "Eve", func(u *accounts.User) {
			u.Name, u.Email = evil, "eve@example.fi"
		})
		x := b.nudge("day")
		x.To, x.Args = u.ID, map[string]any{"Other": u.ID, "Title": "Loimi\r\nBcc: other@example.fi", "Due": b.clock.Now(), "Total": money.EUR(1)}
		b.tell(t, x)
		b.run(t)
		ms := b.letters(u)
		if len(ms) != 1 {
			t.Fatalf("%d letters", len(ms))
		}
		m := ms[0]
		if len(m.Rcpt) != 1 || m.Header["Bcc"] != "" || strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("recipients %v, subject %q, headers %v", m.Rcpt, m.Subject, m.Header)
		}
		head, _, _ := strings.Cut(m.Raw, "\r\n\r\n")
		for _, line := range strings.Split(head, "\r\n") {
			if strings.HasPrefix(strings.ToLower(line), "bcc") {
				t.Errorf("header %q", line)
			}
		}
	})
}

// Addresses that would add a command or a recipient are refused for good.
func TestBadAddresses(t *testing.T) {
	b := lite(t)
	for _, to := range []string{"a@example.fi\r\nRCPT TO:<b@example.fi>", "a@example.fi, b@example.fi", "Eve <a@example.fi>", "", "nobody"} {
		err := b.Sender.Send(t.Context(), messaging.Mail{To: to, Subject: "x", Text: "x", HTML: "x", ID: "x@y"})
		if err == nil {
			t.Errorf("%q was taken", to)
		}
	}
	if n := len(b.post.Messages()); n != 0 {
		t.Errorf("%d letters", n)
	}
}

// An account letter goes where it is told to, before the address is confirmed,
// and its link is forgotten afterwards.
func TestAccountMail(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		u := accountstest.With(t, b.Accounts, "New Comer", func(u *accounts.User) { u.ConfirmedAt = 0 })
		b.night()
		b.tx(t, func(tx *db.Tx) error {
			return b.AccountMail(t.Context(), tx, u.ID, "nudges.pay_first", map[string]any{accounts.MailTo: "new@example.fi", "Total": money.EUR(100)}, "/confirm/secret")
		})
		b.run(t)
		ms := b.post.To("new@example.fi")
		if len(ms) != 1 || !strings.Contains(ms[0].Text, "https://kierto.example/confirm/secret") || strings.Contains(ms[0].Text, "mail.to") {
			t.Fatalf("letters %+v", ms)
		}
		var left int
		if err := b.DB.Get(t.Context(), &left, `SELECT COUNT(*) FROM deliveries WHERE url <> ''`); err != nil || left != 0 {
			t.Errorf("%d secrets kept, %v", left, err)
		}
		if n := ms[0].Header["List-Unsubscribe"]; n != "" {
			t.Errorf("an account letter can be unsubscribed: %s", n)
		}
	})
}
