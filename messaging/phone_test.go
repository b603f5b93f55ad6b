package messaging_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/phone"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
)

// phones is a bench whose people may have numbers, and the stand-in that plays
// the providers.
type phones struct {
	*bench
	*phone.Server
	carrier carrier
	failed  []messaging.Delivery // of which the follow-up heard
}

// carrier is one port for short messages, as the tests see it.
type carrier struct {
	name    string
	channel string
	port    func(p *phone.Server) (messaging.Texter, error)
	write   func(p *phone.Server, ctx context.Context, from, text, dedupe string) error
	once    bool // knows our id, so that a try whose answer was lost sends no second message
}

// carriers are all ports; each keeps the same promises.
var carriers = []carrier{
	{
		name: "46elks", channel: messaging.SMS, write: (*phone.Server).Write,
		port: func(p *phone.Server) (messaging.Texter, error) {
			e, err := messaging.NewElks(p.SMSURL(), phone.From, phone.Secret, "http://kierto.test")
			if err != nil {
				return nil, err
			}
			return e.WithTimeout(time.Second), nil
		},
	},
	{
		name: "webhook", channel: messaging.SMS, write: (*phone.Server).WriteHook, once: true,
		port: func(p *phone.Server) (messaging.Texter, error) {
			h, err := messaging.NewHook(p.HookURL(), phone.Secret, clock.System{}.Now)
			if err != nil {
				return nil, err
			}
			return h.WithTimeout(time.Second), nil
		},
	},
	{
		name: "WhatsApp", channel: messaging.WhatsApp, write: (*phone.Server).WriteWhatsApp,
		port: func(p *phone.Server) (messaging.Texter, error) {
			w, err := messaging.NewCloud(messaging.CloudConfig{
				URL: p.CloudURL(), Phone: phone.PhoneID, Token: phone.Token, Secret: phone.Secret, Verify: phone.Verify, Template: phone.Template,
			})
			if err != nil {
				return nil, err
			}
			return w.WithTimeout(time.Second), nil
		},
	},
}

// handler answers requests without a network.
type handler struct{ srv *web.Server }

func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.srv.Echo.ServeHTTP(w, r)
	return w.Result(), nil
}

// ring makes a bench ring: Anna's number is confirmed and messages go by c.
func ring(t *testing.T, b *bench, c carrier) *phones {
	t.Helper()
	p := &phones{bench: b, carrier: c}
	var err error
	if p.Server, err = phone.Start(b.clock, "http://kierto.test", handler{b.site(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	port, err := c.port(p.Server)
	if err != nil {
		t.Fatal(err)
	}
	if c.channel == messaging.SMS {
		b.SMS = port
	} else {
		b.WhatsApp = port
	}
	b.Accounts.Texts = []string{c.channel}
	b.Accounts.Changed = append(b.Accounts.Changed, b.Changed)
	b.Failed = func(_ context.Context, _ *db.Tx, d messaging.Delivery) error {
		p.failed = append(p.failed, d)
		return nil
	}
	const number = "+358401234500"
	_, err = b.DB.Do(t.Context(), `UPDATE users SET phone = ?, phone_ok_at = ?, texts_by = ? WHERE id = ?`, number, b.clock.Now(), c.channel, b.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b.anna, err = b.Accounts.Get(t.Context(), b.DB, b.anna.ID); err != nil {
		t.Fatal(err)
	}
	return p
}

// person has a number.
func (p *phones) person(t *testing.T, name, number string) accounts.User {
	t.Helper()
	return accountstest.With(t, p.Accounts, name, func(u *accounts.User) {
		u.Phone, u.PhoneOkAt, u.TextsBy = number, p.clock.Now(), p.carrier.channel
	})
}

// everyPort runs f with each port on both databases.
func everyPort(t *testing.T, f func(t *testing.T, p *phones)) {
	t.Parallel()
	for _, c := range carriers {
		t.Run(c.name, func(t *testing.T) { each(t, func(t *testing.T, b *bench) { f(t, ring(t, b, c)) }) })
	}
}

// text is a reminder to Anna by a short message.
func (p *phones) text(step string) messaging.Telling {
	x := p.nudge(step)
	x.By, x.Thread = []string{messaging.Text}, p.conv.ID
	return x
}

// sent is the one short message about a step.
func (p *phones) sent(t *testing.T, step string) messaging.Delivery {
	t.Helper()
	ds, err := p.DeliveriesOf(t.Context(), "trn_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.Step == step && d.Channel == p.carrier.channel {
			return d
		}
	}
	t.Fatalf("no %s about %s", p.carrier.channel, step)
	return messaging.Delivery{}
}

func (p *phones) reached(t *testing.T, id turn.ID) bool {
	t.Helper()
	yes, err := p.Delivered(t.Context(), p.DB, id, p.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	return yes
}

// What is taken has reached nobody before the report says so.
func TestReached(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.tell(t, p.text("day"))
		p.run(t)
		if d := p.sent(t, "day"); d.State != messaging.Sent || d.Receipt == "" || p.reached(t, "trn_1") {
			t.Fatalf("before the report: %+v", d)
		}
		ms := p.To(p.anna.Phone)
		if len(ms) != 1 || !strings.Contains(ms[0].Text, "https://kierto.example/orders/ord_1") {
			t.Fatalf("arrived %+v", ms)
		}
		p.Tick(t.Context())
		at := p.sent(t, "day").ReachedAt
		if at != p.clock.Now() || !p.reached(t, "trn_1") {
			t.Fatal("the report was not heard")
		}
		p.clock.Move(time.Hour)
		p.Cue(p.anna.Phone, phone.Delay, 1)
		p.tell(t, p.text("later"))
		p.run(t)
		p.Tick(t.Context())
		if d := p.sent(t, "later"); !d.ReachedAt.IsZero() {
			t.Error("reached an hour early")
		}
		p.clock.Move(time.Hour)
		p.Tick(t.Context())
		if d := p.sent(t, "later"); d.ReachedAt != p.clock.Now() {
			t.Error("the late report was not heard")
		}
	})
}

// What will never arrive fails at once, and the follow-up hears it once.
func TestMessagesThatFail(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.Cue(p.anna.Phone, phone.Refuse, 1)
		p.tell(t, p.text("refused"))
		p.run(t)
		p.run(t)
		if d := p.sent(t, "refused"); d.State != messaging.Failed || d.Tries != 1 || !strings.HasPrefix(d.Reason, "400") {
			t.Errorf("refused: %+v", d)
		}
		p.Cue(p.anna.Phone, phone.Bounce, 1)
		p.tell(t, p.text("bounced"))
		p.run(t)
		p.Tick(t.Context())
		if d := p.sent(t, "bounced"); d.State != messaging.Failed || d.Reason == "" {
			t.Errorf("bounced: %+v", d)
		}
		if len(p.failed) != 2 || p.failed[0].Step != "refused" || p.failed[1].Step != "bounced" || p.failed[1].State != messaging.Failed {
			t.Errorf("the follow-up heard %+v", p.failed)
		}
		if p.reached(t, "trn_1") {
			t.Error("a failure counts as reached")
		}
	})
}

// What fails on the way is tried again, and a lost answer costs no second message
// where the provider knows our id.
func TestMessagesTriedAgain(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		for i, f := range []phone.Fault{phone.Busy, phone.NoMoney, phone.Garbage, phone.Hang} {
			step, before := "again"+string(rune('0'+i)), len(p.To(p.anna.Phone))
			p.Cue(p.anna.Phone, f, 1)
			x := p.text(step)
			x.Warning = true
			p.tell(t, x)
			p.run(t)
			if d := p.sent(t, step); (d.State != messaging.Queued || d.Tries != 1 || d.Reason == "") && (f != phone.Garbage || !p.carrier.once) {
				t.Errorf("cue %d, after the first try: %+v", f, d)
			}
			p.after(t, time.Minute)
			if d := p.sent(t, step); d.State != messaging.Sent {
				t.Errorf("cue %d, after the second: %+v", f, d)
			}
			want := before + 1
			if f == phone.Hang && !p.carrier.once {
				want++ // it was taken, and nobody could know
			}
			if n := len(p.To(p.anna.Phone)); n != want && (f != phone.Hang || !p.carrier.once) {
				t.Errorf("cue %d: %d messages, want %d", f, n, want)
			}
		}
		if len(p.failed) > 0 {
			t.Errorf("the follow-up heard of %d failures", len(p.failed))
		}
	})
}

// Reports come twice, early, late and never; what is known to have arrived stays
// so.
func TestReportsOfArrival(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.Cue(p.anna.Phone, phone.Repeat, 1)
		p.tell(t, p.text("repeated"))
		p.run(t)
		p.Tick(t.Context())
		p.clock.Move(time.Minute)
		first := p.sent(t, "repeated").ReachedAt
		p.Tick(t.Context())
		if d := p.sent(t, "repeated"); d.ReachedAt != first || first.IsZero() || d.State != messaging.Sent {
			t.Errorf("reported three times: %+v", d)
		}
		p.Cue(p.anna.Phone, phone.Early, 1)
		p.tell(t, p.text("early"))
		p.run(t)
		if d := p.sent(t, "early"); d.State != messaging.Sent || d.ReachedAt.IsZero() || d.Receipt == "" {
			t.Errorf("reported before we noted it: %+v", d)
		}
		p.Cue(p.anna.Phone, phone.Silent, 1)
		p.tell(t, p.text("silent"))
		p.run(t)
		p.Tick(t.Context())
		if d := p.sent(t, "silent"); d.State != messaging.Sent || !d.ReachedAt.IsZero() {
			t.Errorf("never reported: %+v", d)
		}
		late := messaging.Arrival{Delivery: p.sent(t, "early").ID, Failed: true, Reason: "a report that went astray"}
		if known, err := p.Arrived(t.Context(), late); err != nil || !known {
			t.Fatal(known, err)
		}
		if d := p.sent(t, "early"); d.State != messaging.Sent || len(p.failed) > 0 {
			t.Errorf("failed after it arrived: %+v", d)
		}
		for _, a := range []messaging.Arrival{{Delivery: "dlv_nothing"}, {Channel: p.carrier.channel, Receipt: "nothing"}, {Channel: p.carrier.channel}} {
			if known, err := p.Arrived(t.Context(), a); err != nil || known {
				t.Errorf("%+v: known %v, %v", a, known, err)
			}
		}
		byTheirs := messaging.Arrival{Channel: p.carrier.channel, Receipt: p.sent(t, "silent").Receipt}
		if known, err := p.Arrived(t.Context(), byTheirs); err != nil || !known || p.sent(t, "silent").ReachedAt.IsZero() {
			t.Errorf("by the provider's own name: %v, %v", known, err)
		}
	})
}

// A sender that dies after the provider took a message, but before it was noted,
// does not send it again once its report is here.
func TestReportBeforeASecondTry(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.Cue(p.anna.Phone, phone.Hang, 1) // taken; we never learn
		p.tell(t, p.text("lost"))
		p.run(t)
		if known, err := p.Arrived(t.Context(), messaging.Arrival{Delivery: p.sent(t, "lost").ID}); err != nil || !known {
			t.Fatal(known, err)
		}
		before := len(p.To(p.anna.Phone))
		p.after(t, time.Hour)
		if d := p.sent(t, "lost"); d.State != messaging.Sent || len(p.To(p.anna.Phone)) != before {
			t.Errorf("sent again: %+v", d)
		}
	})
}

// A provider that is away for a day loses nothing: what still holds goes out when
// it is back, and what does not is dropped with a reason and never sent.
func TestProviderAwayForADay(t *testing.T) {
	everyPort(t, func(t *testing.T, p *phones) {
		p.Recheck = func(_ context.Context, d *messaging.Delivery) (bool, string, error) {
			return d.Step != "day" || p.clock.Now().Before(d.CreatedAt.Add(12*time.Hour)), "its time has passed", nil
		}
		p.Down(true)
		p.tell(t, p.text("day"))
		warning := p.text("last")
		warning.Warning = true
		p.tell(t, warning)
		for range 24 {
			p.after(t, time.Hour)
		}
		if n := len(p.To(p.anna.Phone)); n > 0 || p.sent(t, "last").State != messaging.Queued {
			t.Fatalf("%d messages while it was away; %+v", n, p.sent(t, "last"))
		}
		p.Down(false)
		for range 24 {
			p.after(t, time.Hour)
		}
		if d := p.sent(t, "last"); d.State != messaging.Sent {
			t.Errorf("the warning: %+v", d)
		}
		if d := p.sent(t, "day"); d.State != messaging.Dropped || d.Reason != "its time has passed" {
			t.Errorf("the stale reminder: %+v", d)
		}
		if n := len(p.To(p.anna.Phone)); n != 1 {
			t.Errorf("%d messages, want the warning", n)
		}
	})
}
