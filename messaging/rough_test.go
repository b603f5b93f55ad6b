package messaging_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// What no person types comes in short messages all the same, and is left out:
// PostgreSQL keeps no NUL, and a lone carriage return ends a line.
func TestRoughShortMessages(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		ring(t, b, carriers[0])
		b.tell(t, messaging.Telling{To: b.anna.ID, Topic: messaging.TopicNudge, Key: "messaging.unread", Thread: b.conv.ID, By: []string{messaging.Text}})
		b.run(t)
		for id, text := range map[string]string{"in-\x00-1": "On\x00 vielä\r\rkyllä \xff\u202e!", "in-2" + strings.Repeat("ä", 200): "Toinen"} {
			verdict, err := b.Heard(t.Context(), messaging.Words{Channel: messaging.SMS, From: b.anna.Phone, Text: text, Dedupe: id})
			if err != nil || verdict != messaging.Taken {
				t.Fatalf("%q: %q, %v", id, verdict, err)
			}
		}
		es := b.read(t, b.noora)
		if got := es[1].Text + "|" + es[2].Text; got != "On vielä\n\nkyllä !|Toinen" && got != "Toinen|On vielä\n\nkyllä !" {
			t.Errorf("came in as %q", got)
		}
		known, err := b.Arrived(t.Context(), messaging.Arrival{Delivery: "dlv_\x00", Channel: messaging.SMS})
		if err != nil || known {
			t.Errorf("a report of nothing: %t, %v", known, err)
		}
	})
}

// When the database is away for a moment, what somebody wrote is not refused for
// good: it comes again and is taken.
func TestAnswerWhileTheDatabaseIsAway(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		b.say(t, b.anna, "On.")
		away := true
		b.Within = func(_ context.Context, _ db.Queryer, _ turn.Kind, from clock.Instant, _ calendar.Quiet) (clock.Instant, error) {
			if away {
				return 0, fault.New(fault.Busy, "db.away")
			}
			return from.Add(time.Hour), nil
		}
		a := messaging.Answer{Channel: messaging.Email, User: b.anna.ID, Conversation: b.conv.ID, Text: "Tuletko katsomaan?", Dedupe: "1"}
		if verdict, err := b.TakeAnswer(t.Context(), a); !fault.Is(err, fault.Busy) {
			t.Fatalf("away: %q, %v", verdict, err)
		}
		away = false
		if verdict, err := b.TakeAnswer(t.Context(), a); err != nil || verdict != messaging.Taken {
			t.Fatalf("back: %q, %v", verdict, err)
		}
	})
}

// A mail program whose quotes we do not know must not hand the other party the
// links by which its owner acts.
func TestAnswersCarryNoLinksOfOurs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		text := "On vielä!\n\nEl lun, 24 nov 2025, Salla escribió\nKyllä, on perillä:\nhttps://kierto.example/t/abcdef\n" +
			"Lopeta<HTTPS://kierto.example/unsubscribe/xyz>\nKatso https://kierto.example/listings/lst_1"
		a := messaging.Answer{Channel: messaging.Email, User: b.anna.ID, Conversation: b.conv.ID, Text: text, Dedupe: "1"}
		if verdict, err := b.TakeAnswer(t.Context(), a); err != nil || verdict != messaging.Taken {
			t.Fatalf("%q, %v", verdict, err)
		}
		got := b.last(t)
		if strings.Contains(got, "abcdef") || strings.Contains(got, "xyz") || !strings.Contains(got, "On vielä!") || !strings.Contains(got, "lst_1") {
			t.Errorf("the other reads %q", got)
		}
	})
}
