package messaging_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/public"
	"github.com/kierto/kierto/internal/standin/push"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// withPush gives a bench a push service.
func withPush(t *testing.T, b *bench) *push.Server {
	t.Helper()
	keys, err := messaging.DeriveVAPID(b.Config.Secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := push.Start("", push.Options{Clock: b.clock, Seed: "a test", Key: keys.Public})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w, err := messaging.NewWebPush(keys, "hei@kierto.example", public.Guard{Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	b.UseWebPush(w)
	return s
}

// subscribe has a person take messages with a browser.
func (b *bench) subscribe(t *testing.T, s *push.Server, u accounts.User, name string) messaging.Browser {
	t.Helper()
	keys, err := messaging.DeriveVAPID(b.Config.Secret)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := s.Subscribe(name)
	if err != nil {
		t.Fatal(err)
	}
	x := messaging.Browser{Endpoint: sub.Endpoint, P256dh: sub.P256dh, Auth: sub.Auth, VAPID: keys.Public, Agent: "Firefox, Linux"}
	if err := b.Subscribe(t.Context(), u.ID, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// reminder is a nudge of Anna by push about a turn.
func reminder(n int) messaging.Telling {
	return messaging.Telling{
		Topic: messaging.TopicNudge, Key: "messaging.unread", Args: map[string]any{"Title": "Wintec", "Count": n}, URL: "/orders/ord_1",
		Turn: "trn_1", Step: fmt.Sprint(n), Dedupe: fmt.Sprintf("trn_1:%d", n), By: []string{messaging.Push},
	}
}

// sentBy are the states of what was sent about a turn: "push sent", and whether it arrived.
func (b *bench) sentBy(t *testing.T, id turn.ID) string {
	t.Helper()
	ds, err := b.DeliveriesOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range ds {
		s := d.Channel + " " + string(d.State)
		if !d.ReachedAt.IsZero() {
			s += " reached"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// One message goes to all browsers of a person, encrypted for each, and has
// reached them when one of the browsers says that it showed it.
func TestPushReachesAPersonWhenOneBrowserSaysSo(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := withPush(t, b)
		b.subscribe(t, s, b.anna, "phone")
		b.subscribe(t, s, b.anna, "laptop")
		x := reminder(1)
		x.To = b.anna.ID
		b.tell(t, x)
		b.run(t)
		ms := s.Messages()
		if len(ms) != 2 || ms[0].Browser == ms[1].Browser {
			t.Fatalf("got %+v, want one message in each browser", ms)
		}
		m := ms[0]
		if m.Title == "" || m.URL != "https://kierto.example/orders/ord_1" || m.Lang != "fi" || m.TTL != 86400 || m.Urgency != "normal" || m.Topic == "" || m.Sender != "mailto:hei@kierto.example" {
			t.Errorf("the browser would show %+v", m)
		}
		if got := b.sentBy(t, "trn_1"); got != "push sent" {
			t.Errorf("before a browser says so: %s", got)
		}
		if ok, err := b.Delivered(t.Context(), b.DB, "trn_1", b.anna.ID); err != nil || ok {
			t.Errorf("counts as delivered before a browser says so (%v)", err)
		}
		for range 2 { // both report
			if err := b.Seen(t.Context(), m.Token); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.sentBy(t, "trn_1"); got != "push sent reached" {
			t.Errorf("after: %s", got)
		}
		if ok, err := b.Delivered(t.Context(), b.DB, "trn_1", b.anna.ID); err != nil || !ok {
			t.Errorf("does not count as delivered (%v)", err)
		}
	})
}

// While a browser is off, only the newest message of a turn waits for it.
func TestNewerPushTakesTheOldersPlace(t *testing.T) {
	b := lite(t)
	s := withPush(t, b)
	b.subscribe(t, s, b.anna, "phone")
	s.Cue(push.Cue{Fault: push.Delay})
	for n := range 3 {
		x := reminder(n)
		x.To, x.Warning, x.Args["Title"] = b.anna.ID, true, fmt.Sprintf("Wintec %d", n)
		b.tell(t, x)
		b.run(t)
	}
	if held := s.Held(); len(held) != 1 || !strings.Contains(held[0].Title, "Wintec 2") || held[0].Urgency != "high" {
		t.Fatalf("%d wait: %+v", len(held), held)
	}
	b.clock.Move(25 * time.Hour)
	s.Release()
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d came a day late", n)
	}
}

// A browser that takes no more is forgotten; when it was the only one, the
// message has failed, and the follow-up is told at once.
func TestGoneBrowserIsForgottenAndMovesTheLadder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := withPush(t, b)
		failed := b.hearFailures()
		b.subscribe(t, s, b.anna, "phone")
		b.subscribe(t, s, b.anna, "laptop")
		s.Cue(push.Cue{Fault: push.Gone, Browser: "phone"})
		x := reminder(1)
		x.To = b.anna.ID
		b.tell(t, x)
		b.run(t)
		if got := b.sentBy(t, "trn_1"); got != "push sent" || len(*failed) != 0 {
			t.Fatalf("with one browser left: %s, failed %v", got, *failed)
		}
		if n := b.browsers(t, b.anna); n != 1 {
			t.Errorf("%d browsers are left", n)
		}
		s.Cue(push.Cue{Fault: push.Missing})
		y := reminder(2)
		y.To, y.Turn, y.Warning = b.anna.ID, "trn_2", true
		b.tell(t, y)
		b.run(t)
		if got := b.sentBy(t, "trn_2"); got != "push failed" || len(*failed) != 1 || (*failed)[0] != "push trn_2 2" {
			t.Errorf("with none left: %s, failed %v", got, *failed)
		}
		if n := b.browsers(t, b.anna); n != 0 {
			t.Errorf("%d browsers are left", n)
		}
	})
}

// A push service that is busy or down is asked again; one that refuses is not.
func TestPushIsTriedAgainWhenThatMayHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault push.Fault
		want  string
		after string // when it has recovered
	}{
		{push.Busy, "push queued", "push sent"}, {push.Down, "push queued", "push sent"},
		{push.Refuse, "push failed", "push failed"}, {push.Slow, "push sent", "push sent"}, {push.Lose, "push sent", "push sent"},
	} {
		t.Run(fmt.Sprint(c.fault), func(t *testing.T) {
			b := lite(t)
			s := withPush(t, b)
			b.subscribe(t, s, b.anna, "phone")
			s.Cue(push.Cue{Fault: c.fault, Times: 1})
			x := reminder(1)
			x.To = b.anna.ID
			b.tell(t, x)
			b.run(t)
			if got := b.sentBy(t, "trn_1"); got != c.want {
				t.Errorf("at first: %s, want %s", got, c.want)
			}
			b.after(t, 2*time.Minute)
			if got := b.sentBy(t, "trn_1"); got != c.after {
				t.Errorf("then: %s, want %s", got, c.after)
			}
			if n := b.browsers(t, b.anna); n != 1 {
				t.Errorf("%d browsers are left", n)
			}
		})
	}
}

// A forged or old report changes nothing.
func TestForgedReportsAreRefused(t *testing.T) {
	b := lite(t)
	s := withPush(t, b)
	b.subscribe(t, s, b.anna, "phone")
	x := reminder(1)
	x.To = b.anna.ID
	b.tell(t, x)
	b.run(t)
	token := s.Messages()[0].Token
	flipped := []byte(token)
	flipped[3] ^= 1
	for _, bad := range []string{"", "x", "AAAA", string(flipped), token + "AA", b.UnsubscribeToken(b.anna.ID, messaging.TopicMessage)} {
		wantFault(t, b.Seen(t.Context(), bad), "web.missing")
	}
	b.clock.Move(4 * 24 * time.Hour)
	wantFault(t, b.Seen(t.Context(), token), "web.missing")
	if got := b.sentBy(t, "trn_1"); got != "push sent" {
		t.Errorf("a forged or old report counts: %s", got)
	}
}

// What a browser says of itself is checked: its push service is public, its keys
// are keys, and it knows ours. One person has ten browsers at most; a browser
// belongs to whoever used it last.
func TestSubscriptionsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		s := withPush(t, b)
		good := b.subscribe(t, s, b.anna, "phone")
		for name, break_ := range map[string]func(x *messaging.Browser){
			"a neighbour":         func(x *messaging.Browser) { x.Endpoint = "https://10.0.0.1/push" },
			"in the clear":        func(x *messaging.Browser) { x.Endpoint = "http://push.example.com/x" },
			"no endpoint":         func(x *messaging.Browser) { x.Endpoint = "" },
			"no point":            func(x *messaging.Browser) { x.P256dh = "BAAA" },
			"off the curve":       func(x *messaging.Browser) { x.P256dh = "B" + strings.Repeat("B", 86) },
			"a short secret":      func(x *messaging.Browser) { x.Auth = "AAAA" },
			"another key of ours": func(x *messaging.Browser) { x.VAPID = x.P256dh },
		} {
			x := good
			break_(&x)
			if err := b.Subscribe(t.Context(), b.anna.ID, x); err == nil {
				t.Errorf("%s is taken", name)
			} else {
				wantFault(t, err, "messaging.push_broken")
			}
		}
		for n := range 12 {
			b.clock.Move(time.Second)
			b.subscribe(t, s, b.anna, fmt.Sprintf("browser-%d", n))
		}
		if n := b.browsers(t, b.anna); n != 10 {
			t.Errorf("Anna has %d browsers", n)
		}
		b.subscribe(t, s, b.noora, "browser-11")
		if n, m := b.browsers(t, b.anna), b.browsers(t, b.noora); n != 9 || m != 1 {
			t.Errorf("after Noora used it too, Anna has %d and Noora %d", n, m)
		}
	})
}

// Whatever the words, a message fits into one record; the way to go is the last
// thing it loses.
func TestPushFitsIntoOneRecord(t *testing.T) {
	b := lite(t)
	s := withPush(t, b)
	b.subscribe(t, s, b.anna, "phone")
	x := reminder(1)
	x.To, x.Args["Title"], x.URL = b.anna.ID, strings.Repeat("🐴\"\\", 400), "/orders/"+strings.Repeat("x", 900)
	b.tell(t, x)
	b.run(t)
	ms := s.Messages()
	if len(ms) != 1 || !strings.HasSuffix(ms[0].URL, "xxx") || !json.Valid([]byte(ms[0].Raw)) {
		t.Fatalf("%d messages: %s", len(ms), b.sentBy(t, "trn_1"))
	}
}

// The key pair follows from the secret; a pair from the settings has to be one.
func TestPushKeys(t *testing.T) {
	t.Parallel()
	a, err := messaging.DeriveVAPID("a secret of at least thirty-two characters")
	if err != nil {
		t.Fatal(err)
	}
	again, err := messaging.DeriveVAPID("a secret of at least thirty-two characters")
	if err != nil || again != a {
		t.Errorf("the same secret gives %v, then %v (%v)", a, again, err)
	}
	other, err := messaging.DeriveVAPID("another secret")
	if err != nil || other == a {
		t.Errorf("another secret gives the same (%v)", err)
	}
	if err := errors.Join(a.Valid(), other.Valid()); err != nil {
		t.Error(err)
	}
	for _, bad := range []messaging.VAPID{{}, {Public: a.Public}, {Private: a.Private}, {Public: other.Public, Private: a.Private}, {Public: a.Public, Private: "?"}} {
		if _, err := messaging.NewWebPush(bad, "hei@kierto.example", public.Guard{}); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// browsers is how many browsers of a person take messages.
func (b *bench) browsers(t *testing.T, u accounts.User) int {
	t.Helper()
	bs, err := b.Browsers(t.Context(), b.DB, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return len(bs)
}

// hearFailures collects what the follow-up is told of failed messages.
func (b *bench) hearFailures() *[]string {
	var heard []string
	b.Failed = func(_ context.Context, _ *db.Tx, d messaging.Delivery) error {
		heard = append(heard, d.Channel+" "+string(d.Turn)+" "+d.Step)
		return nil
	}
	return &heard
}
