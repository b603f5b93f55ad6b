package messaging_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/phone"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// wrote lets a number write to us, which must be taken.
func (p *phones) wrote(t *testing.T, from, text, dedupe string) {
	t.Helper()
	if err := p.carrier.write(p.Server, t.Context(), from, text, dedupe); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	p.run(t)
}

// An answer by short message is a message in the conversation it belongs to: the
// other reads it, and nothing is owed any more.
func TestAnswerByShortMessage(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.say(t, p.noora, "Onko satula vielä myynnissä?")
		if got := p.turns(t); got != "answer_message:Anna" {
			t.Fatalf("turns %s", got)
		}
		p.tell(t, p.text("day"))
		p.run(t)
		for range 3 { // providers repeat
			p.wrote(t, p.anna.Phone, "On vielä! 🐴", "in-1")
		}
		es := p.read(t, p.noora)
		if n := len(es); n != 2 || es[1].Text != "On vielä! 🐴" || es[1].Author != p.anna.ID {
			t.Fatalf("%d entries: %+v", n, es)
		}
		if got := p.turns(t); strings.Contains(got, "Anna") {
			t.Errorf("turns %s", got)
		}
		if n := len(p.To(p.anna.Phone)); n != 1 {
			t.Errorf("%d messages to Anna, want the reminder alone", n)
		}
	})
}

// What cannot be put anywhere is answered, politely and only so often.
func TestAnswersThatGoNowhere(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		stranger := "+46701234500"
		for i := range 3 {
			p.wrote(t, stranger, "Hej?", "stranger-"+string(rune('0'+i)))
		}
		if ms := p.To(stranger); len(ms) != 1 || !strings.Contains(ms[0].Text, "Vi känner inte till det här numret") {
			t.Errorf("a stranger got %+v", ms)
		}
		for i := range 9 {
			p.wrote(t, p.anna.Phone, "kuka?", "nothing-"+string(rune('0'+i)))
		}
		if ms := p.To(p.anna.Phone); len(ms) != 4 || !strings.Contains(ms[0].Text, "mihin keskusteluun") {
			t.Errorf("%d answers, want four a day: %+v", len(ms), ms)
		}
		p.clock.Move(24 * time.Hour)
		p.tell(t, p.text("day"))
		p.run(t)
		if err := p.Block(t.Context(), p.noora.ID, p.anna.ID); err != nil {
			t.Fatal(err)
		}
		p.wrote(t, p.anna.Phone, "Hei", "blocked")
		if ms := p.To(p.anna.Phone); !strings.Contains(ms[0].Text, "ei mennyt perille") {
			t.Errorf("blocked: %q", ms[0].Text)
		}
		p.wrote(t, "Kela", "Hei", "name")
		p.wrote(t, "16400", "Hei", "short")
	})
}

// STOP in any of our languages ends short messages at once, last warnings too,
// and is confirmed once. What waits moves on.
func TestStop(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		for i, word := range []string{"STOP", " lopeta. ", "Stopp!", "“Stop”", "STOP 🙏", "\u200eunsubscribe"} {
			number := "+35840200000" + string(rune('0'+i))
			u := p.person(t, "Stopper", number)
			waiting := p.text("day" + number)
			waiting.To = u.ID
			p.tell(t, waiting)
			p.run(t)
			for range 2 {
				p.wrote(t, number, word, "stop-"+number)
			}
			p.wrote(t, number, word, "again-"+number)
			ms := p.To(number)
			if len(ms) != 2 || !strings.Contains(ms[0].Text, "ALOITA") {
				t.Fatalf("%q: %+v", word, ms)
			}
			warning := p.text("last" + number)
			warning.To, warning.Warning, warning.By = u.ID, true, []string{messaging.Email, messaging.Text}
			p.tell(t, warning)
			p.run(t)
			if len(p.To(number)) != 2 || len(p.letters(u)) != 1 {
				t.Errorf("%q: the warning went by %d messages and %d letters", word, len(p.To(number))-2, len(p.letters(u)))
			}
			reach, err := p.Reach(t.Context(), p.DB, []accounts.UserID{u.ID})
			if err != nil || len(reach[u.ID]) != 1 || reach[u.ID][0] != messaging.Email {
				t.Errorf("%q: reached by %v, %v", word, reach[u.ID], err)
			}
		}
	})
}

// An answer goes to where the message was about that came last: not to that of one
// that was written later and came before, and to nobody when it was about nothing
// that two talk about.
func TestAnswersTheLastMessage(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.say(t, p.noora, "Hei")
		held := p.text("held")
		p.tell(t, held)
		p.run(t)
		p.clock.Move(time.Minute)
		other := p.text("later")
		other.Thread = p.open(t, p.anna, p.noora).ID
		p.tell(t, other)
		p.run(t)
		p.clock.Move(time.Minute)
		_, err := p.DB.Do(t.Context(), `UPDATE deliveries SET done_at = ? WHERE step = 'held' AND channel = ?`, p.clock.Now(), p.carrier.channel)
		if err != nil {
			t.Fatal(err)
		}
		p.wrote(t, p.anna.Phone, "Kyllä", "1")
		if p.last(t) != "Anna: Kyllä" {
			t.Errorf("the conversation of the last message ends with %q", p.last(t))
		}
		p.clock.Move(time.Minute)
		alone := p.text("alone")
		alone.Thread = ""
		p.tell(t, alone)
		p.run(t)
		p.wrote(t, p.anna.Phone, "Mitä tämä on?", "2")
		if p.last(t) != "Anna: Kyllä" {
			t.Errorf("an answer to what only Anna reads went to %q", p.last(t))
		}
		if ms := p.To(p.anna.Phone); !strings.Contains(ms[0].Text, "mihin keskusteluun") {
			t.Errorf("she was answered %q", ms[0].Text)
		}
	})
}

// STOP is said to the number's owner's market, not to a provider: what it is
// answered with promises that nothing more goes to that number. START, and choosing
// short messages again, bring both channels back.
func TestStopIsForTheNumber(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := ring(t, b, carriers[2])
		sms, err := carriers[1].port(p.Server)
		if err != nil {
			t.Fatal(err)
		}
		b.SMS = sms
		b.Accounts.Texts = []string{accounts.BySMS, accounts.ByWhatsApp}
		warn := func(step string) int {
			had := len(p.To(p.anna.Phone))
			last := p.text(step)
			last.Warning = true
			p.tell(t, last)
			p.run(t)
			return len(p.To(p.anna.Phone)) - had
		}
		p.wrote(t, p.anna.Phone, "STOP", "1")
		if n := warn("last"); n != 0 {
			t.Errorf("%d last warnings went by the other channel after STOP", n)
		}
		p.wrote(t, p.anna.Phone, "START", "2")
		if n := warn("again"); n != 1 {
			t.Errorf("%d after START, want one", n)
		}
		p.wrote(t, p.anna.Phone, "STOP", "3")
		p.tx(t, func(tx *db.Tx) error { return p.Accounts.SetTexts(t.Context(), tx, p.anna.ID, accounts.BySMS) })
		if n := warn("chosen"); n != 1 {
			t.Errorf("%d after choosing the other channel, want one", n)
		}
	})
}

// What waits for a number that answers STOP fails, so that the follow-up moves on.
func TestStopWhileAMessageWaits(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.night()
		p.tell(t, p.text("day"))
		p.wrote(t, p.anna.Phone, "STOPP", "1")
		p.after(t, 12*time.Hour)
		if d := p.sent(t, "day"); d.State != messaging.Dropped && d.State != messaging.Failed {
			t.Errorf("sent after STOP: %+v", d)
		}
		if n := len(p.To(p.anna.Phone)); n != 1 {
			t.Errorf("%d messages, want the confirmation", n)
		}
	})
}

// START takes STOP back, and so does choosing short messages again.
func TestStart(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.wrote(t, p.anna.Phone, "LOPETA", "1")
		p.wrote(t, p.anna.Phone, "Aloita", "2")
		p.wrote(t, p.anna.Phone, "aloita", "3")
		if ms := p.To(p.anna.Phone); len(ms) != 2 || !strings.Contains(ms[0].Text, "LOPETA") {
			t.Fatalf("%+v", ms)
		}
		p.tell(t, p.text("day"))
		p.run(t)
		if n := len(p.To(p.anna.Phone)); n != 3 {
			t.Errorf("%d messages after START, want 3", n)
		}
		p.wrote(t, p.anna.Phone, "STOP", "4")
		err := p.DB.InTx(t.Context(), func(tx *db.Tx) error {
			return p.Accounts.SetTexts(t.Context(), tx, p.anna.ID, p.carrier.channel)
		})
		if err != nil {
			t.Fatal(err)
		}
		p.tell(t, p.text("next"))
		p.run(t)
		if d := p.sent(t, "next"); d.State != messaging.Sent {
			t.Errorf("after choosing it again: %+v", d)
		}
	})
}

// The same answer that comes twice at once is put into the conversation once.
func TestAnswerTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := ring(t, b, carriers[0])
		p.tell(t, p.text("day"))
		p.run(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := p.Write(t.Context(), p.anna.Phone, "Kyllä", "same"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if es := p.read(t, p.noora); len(es) != 1 {
			t.Errorf("%d entries", len(es))
		}
	})
}

// Nobody but the provider is heard.
func TestForgedCalls(t *testing.T) {
	b := lite(t)
	for _, c := range carriers {
		ring(t, b, c)
		site := webtest.Client(t, b.site(t))
		for _, path := range []string{"/webhooks/sms", "/webhooks/sms/wrong", "/webhooks/sms/" + url.PathEscape(phone.Secret) + "x", "/webhooks/whatsapp"} {
			site.Head.Set("X-Kierto-Timestamp", "1796000000")
			site.Head.Set("X-Kierto-Signature", "sha256=00")
			site.Head.Set("X-Hub-Signature-256", "sha256=00")
			site.Post(path, webtest.Form("direction", "incoming", "from", b.anna.Phone, "message", "STOP", "id", "1")).Want(http.StatusNotFound)
		}
	}
	var n int
	if err := b.DB.Get(t.Context(), &n, `SELECT COUNT(*) FROM inbound`); err != nil || n != 0 {
		t.Errorf("%d were heard, %v", n, err)
	}
}

// Old signatures are not good for ever.
func TestOldSignature(t *testing.T) {
	b := lite(t)
	p := ring(t, b, carriers[1])
	port, err := p.carrier.port(p.Server)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type":"message","id":"1","from":"+358401234500","text":"STOP"}`)
	for at, want := range map[string]bool{"1000000000": false, "": false, "x": false} {
		_, err := port.(messaging.Hearer).Hear(messaging.Call{Body: body, Header: http.Header{
			"X-Kierto-Timestamp": {at}, "X-Kierto-Signature": {messaging.SignHook(phone.Secret, at, body)},
		}})
		if (err == nil) != want {
			t.Errorf("signed at %q: %v", at, err)
		}
	}
}

// WhatsApp asks once whether the webhook is ours.
func TestChallenge(t *testing.T) {
	b := lite(t)
	ring(t, b, carriers[2])
	site := webtest.Client(t, b.site(t))
	ask := "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=4711&hub.verify_token="
	if a := site.Get(ask + url.QueryEscape(phone.Verify)).Want(http.StatusOK); a.Body != "4711" {
		t.Errorf("answered %q", a.Body)
	}
	site.Get(ask + "guessed").Want(http.StatusNotFound)
}

// Outside the day after a person's own message WhatsApp takes templates alone.
func TestWhatsAppWindow(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := ring(t, b, carriers[2])
		last := func(step string) phone.Message {
			p.tell(t, p.text(step))
			p.run(t)
			return p.To(p.anna.Phone)[0]
		}
		if m := last("first"); !m.Template || m.Lang != "fi" {
			t.Errorf("to somebody who never wrote: %+v", m)
		}
		p.wrote(t, p.anna.Phone, "Kiitos", "1")
		if m := last("soon"); m.Template {
			t.Errorf("an hour after they wrote: %+v", m)
		}
		p.clock.Move(25 * time.Hour)
		if m := last("later"); !m.Template {
			t.Errorf("a day after they wrote: %+v", m)
		}
	})
}

// What somebody wrote, and that they stopped, leaves with their account.
func TestNumbersLeave(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := ring(t, b, carriers[0])
		p.tell(t, p.text("day"))
		p.run(t)
		p.wrote(t, p.anna.Phone, "Hei", "1")
		p.wrote(t, p.anna.Phone, "STOP", "2")
		p.tx(t, func(tx *db.Tx) error { return p.Leave(t.Context(), tx, p.anna.ID) })
		for _, table := range []string{"inbound", "opt_outs", "reminder_days"} {
			var n int
			if err := p.DB.Get(t.Context(), &n, `SELECT COUNT(*) FROM `+table); err != nil || n != 0 {
				t.Errorf("%d rows in %s, %v", n, table, err)
			}
		}
		var kept int
		if err := p.DB.Get(t.Context(), &kept, `SELECT COUNT(*) FROM deliveries WHERE address = ?`, p.anna.Phone); err != nil || kept != 0 {
			t.Errorf("%d deliveries keep the number, %v", kept, err)
		}
	})
}
