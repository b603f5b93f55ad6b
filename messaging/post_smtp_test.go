package messaging_test

import (
	"context"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/messaging"
)

// Whatever a mail server does to a letter, it is not lost: it arrives, twice at
// most and then under one Message-ID, or it has failed and the follow-up knows.
func TestNoLetterIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		cue    smtp.Cue
		copies int
		state  string
	}{
		{"greylisted", smtp.Cue{Fault: smtp.Greylist}, 1, "email sent"},
		{"too busy twice", smtp.Cue{Fault: smtp.Busy, Times: 2}, 1, "email sent"},
		{"mailbox full for a while", smtp.Cue{Fault: smtp.Full, Times: 3}, 1, "email sent"},
		{"put off after the letter", smtp.Cue{Fault: smtp.Later, Times: 2}, 1, "email sent"},
		{"hanging after the letter", smtp.Cue{Fault: smtp.Hang, Times: 1}, 1, "email sent"},
		{"dropped after the letter", smtp.Cue{Fault: smtp.Drop, Times: 1}, 2, "email sent"},
		{"refused as spam", smtp.Cue{Fault: smtp.Refuse, Times: 1}, 0, "email failed"},
		{"refused for ever", smtp.Cue{Fault: smtp.Busy}, 0, "email failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lite(t)
			failed := b.hearFailures()
			b.post.Cue(c.cue)
			x := reminder(1)
			x.To, x.Warning, x.By = b.anna.ID, true, []string{messaging.Email}
			b.tell(t, x)
			b.run(t)
			for range 40 { // two days of tries
				b.after(t, 90*time.Minute)
			}
			ms := b.letters(b.anna)
			if got := b.sentBy(t, "trn_1"); len(ms) != c.copies || got != c.state {
				t.Errorf("%d copies, %s; want %d, %s", len(ms), got, c.copies, c.state)
			}
			for _, m := range ms {
				if id := m.Header["Message-Id"]; id == "" || id != ms[0].Header["Message-Id"] {
					t.Errorf("copies are called %q and %q", id, ms[0].Header["Message-Id"])
				}
			}
			if want := c.state == "email failed"; (len(*failed) == 1) != want {
				t.Errorf("the follow-up heard of %v", *failed)
			}
		})
	}
}

// A mail server that is away for a day holds nothing up; what is no longer true
// when it is back is not sent, and says why.
func TestStaleLettersAreNotSentLate(t *testing.T) {
	b := lite(t)
	stale := false
	b.Recheck = func(context.Context, *messaging.Delivery) (bool, string, error) { return !stale, "stale", nil }
	b.post.Cue(smtp.Cue{Fault: smtp.Busy, Times: 12})
	for n := range 3 {
		x := reminder(n)
		x.To, x.Warning, x.By = b.anna.ID, true, []string{messaging.Email}
		b.tell(t, x)
	}
	b.run(t)
	for range 3 {
		b.after(t, 6*time.Minute)
	}
	stale = true
	for range 30 {
		b.after(t, time.Hour)
	}
	ds, err := b.DeliveriesOf(t.Context(), "trn_1")
	if err != nil || len(ds) != 3 {
		t.Fatalf("%d deliveries, %v", len(ds), err)
	}
	for _, d := range ds {
		if d.State != messaging.Dropped || d.Reason != "stale" {
			t.Errorf("a stale reminder is %s: %s", d.State, d.Reason)
		}
	}
	if n := len(b.letters(b.anna)); n != 0 {
		t.Errorf("%d stale letters came", n)
	}
}
