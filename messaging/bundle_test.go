package messaging_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/phone"
	"github.com/kierto/kierto/messaging"
)

// reminder is one of several about different trades, by some channels.
func (b *bench) reminder(i int, by ...string) messaging.Telling {
	x := b.nudge(fmt.Sprintf("step%d", i))
	x.Args["Title"], x.URL, x.By = fmt.Sprintf("Tavara %d", i), fmt.Sprintf("/orders/ord_%d", i), by
	return x
}

// capOf is a policy's cap.
func capOf(n int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return n, nil }
}

// tellAll tells several things in one transaction.
func (b *bench) tellAll(t *testing.T, xs ...messaging.Telling) {
	t.Helper()
	b.tx(t, func(tx *db.Tx) error { return b.TellMany(t.Context(), tx, xs) })
}

// Several reminders to one person go as one letter, each with a link of its own;
// a last warning stands alone.
func TestDigestLetter(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		last := b.reminder(4, messaging.Email)
		last.Warning = true
		b.tellAll(t, b.reminder(1, messaging.Email), b.reminder(2, messaging.Email), b.reminder(3, messaging.Email), last)
		b.run(t)
		ms := b.letters(b.anna)
		if len(ms) != 2 {
			t.Fatalf("%d letters, want the digest and the warning", len(ms))
		}
		digest := ms[0]
		if !strings.HasPrefix(digest.Subject, "Sinua odottaa") {
			digest = ms[1]
		}
		if digest.Subject != "Sinua odottaa 3 asiaa" {
			t.Errorf("subject %q", digest.Subject)
		}
		for i := 1; i <= 3; i++ {
			link := fmt.Sprintf("https://kierto.example/orders/ord_%d", i)
			if strings.Count(digest.Text, link+"\n") != 1 || !strings.Contains(digest.HTML, link) || !strings.Contains(digest.Text, fmt.Sprintf("Tavara %d", i)) {
				t.Errorf("thing %d is not in it:\n%s", i, digest.Text)
			}
		}
		if strings.Contains(digest.Text, "ord_4") {
			t.Error("the warning is one of many")
		}
		if !b.reached(t, "trn_1") {
			t.Error("nothing counts as delivered")
		}
	})
}

// As a short message they are one line and one link; its report is about all of
// them, and an answer to it is put nowhere.
func TestDigestText(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		one, two := p.reminder(1, messaging.Text), p.reminder(2, messaging.Text)
		one.Thread = p.conv.ID
		two.Thread = p.open(t, p.anna, p.noora).ID
		p.tellAll(t, one, two)
		p.run(t)
		ms := p.To(p.anna.Phone)
		if len(ms) != 1 || !strings.HasPrefix(ms[0].Text, "Kierrossa sinua odottaa 2 asiaa:") || !strings.Contains(ms[0].Text, "https://kierto.example/orders") {
			t.Fatalf("arrived %+v", ms)
		}
		p.Tick(t.Context())
		for _, step := range []string{"step1", "step2"} {
			if d := p.sent(t, step); d.State != messaging.Sent || d.ReachedAt.IsZero() {
				t.Errorf("%+v", d)
			}
		}
		p.wrote(t, p.anna.Phone, "Kyllä!", "in")
		if ms := p.To(p.anna.Phone); len(ms) != 2 || !strings.Contains(ms[0].Text, "monesta asiasta") {
			t.Errorf("an answer to several things: %+v", ms)
		}
		p.Cue(p.anna.Phone, phone.Bounce, 1)
		p.tellAll(t, p.reminder(3, messaging.Text), p.reminder(4, messaging.Text))
		p.run(t)
		p.Tick(t.Context())
		if len(p.failed) != 2 {
			t.Errorf("the follow-up heard of %d failures, want both", len(p.failed))
		}
	})
}

// A provider that knows only its own name for a message speaks of all that it
// told, whichever of them gave its name.
func TestReportByReceiptIsAboutAll(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.tellAll(t, p.reminder(1, messaging.Text), p.reminder(2, messaging.Text))
		if err := p.DeliverOne(t.Context(), p.sent(t, "step2").ID); err != nil {
			t.Fatal(err)
		}
		d := p.sent(t, "step2")
		if known, err := p.Arrived(t.Context(), messaging.Arrival{Channel: d.Channel, Receipt: d.Receipt}); err != nil || !known {
			t.Fatalf("known %v, %v", known, err)
		}
		for _, step := range []string{"step1", "step2"} {
			if d := p.sent(t, step); d.ReachedAt.IsZero() {
				t.Errorf("%s did not arrive: %+v", step, d)
			}
		}
	})
}

// A person gets a few reminders a day, whatever they are about; the others come
// together the next morning. Last warnings come anyway.
func TestDailyCap(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 5 {
			b.tell(t, b.reminder(i, messaging.Email))
			b.after(t, time.Minute)
		}
		if n := len(b.letters(b.anna)); n != 3 {
			t.Fatalf("%d letters on one day, want 3", n)
		}
		last := b.reminder(9, messaging.Email)
		last.Warning = true
		b.tell(t, last)
		b.run(t)
		if n := len(b.letters(b.anna)); n != 4 {
			t.Errorf("%d letters, want the warning too", n)
		}
		b.after(t, 19*time.Hour+50*time.Minute) // 7.56
		if n := len(b.letters(b.anna)); n != 4 {
			t.Errorf("%d letters before they wake", n)
		}
		b.after(t, 5*time.Minute)
		ms := b.letters(b.anna)
		if len(ms) != 5 || ms[0].Subject != "Sinua odottaa 2 asiaa" {
			t.Errorf("in the morning: %d letters, the last %q", len(ms), ms[0].Subject)
		}
		b.Cap = capOf(1)
		b.tell(t, b.reminder(10, messaging.Email))
		b.run(t)
		if n := len(b.letters(b.anna)); n != 5 {
			t.Errorf("%d letters, over the policy's cap", n)
		}
	})
}

// Waiting for the morning is no failure: what was put off for days is still
// tried as often as anything else, unless it is stale by then.
func TestCappedIsCheckedAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.Cap = capOf(1)
		b.tell(t, b.reminder(1, messaging.Email))
		b.run(t)
		b.tell(t, b.reminder(2, messaging.Email))
		b.run(t)
		if d := b.step(t, "step2"); d.State != messaging.Queued || d.Tries != 0 || d.Reason != "daily cap" {
			t.Fatalf("put off: %+v", d)
		}
		b.Recheck = func(context.Context, *messaging.Delivery) (bool, string, error) { return false, "stale", nil }
		b.after(t, 24*time.Hour)
		if d := b.step(t, "step2"); d.State != messaging.Dropped || d.Reason != "stale" {
			t.Errorf("the next day: %+v", d)
		}
		b.Recheck = nil
		b.tell(t, b.reminder(3, messaging.Email))
		b.run(t)
		if d := b.step(t, "step3"); d.State != messaging.Sent {
			t.Errorf("what was dropped counted: %+v", d)
		}
	})
}

// step is the e-mail about a step.
func (b *bench) step(t *testing.T, step string) messaging.Delivery {
	t.Helper()
	ds, err := b.DeliveriesOf(t.Context(), "trn_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.Step == step && d.Channel == messaging.Email {
			return d
		}
	}
	t.Fatalf("no e-mail about %s", step)
	return messaging.Delivery{}
}

// A message that is tried again counts once, and one that never went out not at
// all.
func TestTriesCountOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := ring(t, b, carriers[1])
		p.Cap = capOf(2)
		p.Cue(p.anna.Phone, phone.Busy, 3)
		p.tell(t, p.reminder(1, messaging.Text))
		for range 30 {
			p.after(t, time.Minute)
		}
		p.Cue(p.anna.Phone, phone.Refuse, 1)
		p.tell(t, p.reminder(2, messaging.Text))
		p.run(t)
		p.tell(t, p.reminder(3, messaging.Text))
		p.run(t)
		p.tell(t, p.reminder(4, messaging.Text))
		p.run(t)
		if n := len(p.To(p.anna.Phone)); n != 2 {
			t.Errorf("%d messages, want two: one tried four times, and one after one that was refused", n)
		}
	})
}

// Many senders at once send each reminder once, and all together no more than the
// day may hold.
func TestManySendersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		people := make([]accounts.User, 4)
		for i := range people {
			people[i] = accountstest.Person(t, b.Accounts, fmt.Sprintf("Person %c", 'A'+i))
		}
		const each = 12
		for i := range each {
			var xs []messaging.Telling
			for _, u := range people {
				x := b.reminder(i, messaging.Email)
				x.To, x.Dedupe = u.ID, x.Dedupe+string(u.ID)
				xs = append(xs, x)
			}
			b.tellAll(t, xs...)
		}
		var ids []messaging.DeliveryID
		if err := b.DB.Select(t.Context(), &ids, `SELECT id FROM deliveries WHERE channel = 'email'`); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 2 {
			for _, did := range ids {
				all.Go(func() {
					if err := b.DeliverOne(t.Context(), did); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		b.run(t)
		for _, u := range people {
			told, ms := 0, b.letters(u)
			for _, m := range ms {
				told += strings.Count(m.Text, "https://kierto.example/orders/ord_")
			}
			if len(ms) > 3 || told != each {
				t.Errorf("%s: %d letters tell %d things, want at most 3 and %d", u.Name, len(ms), told, each)
			}
		}
	})
}
