package messaging_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// owes counts what somebody owes.
func owes(t *testing.T, b *bench, u accounts.User) int {
	t.Helper()
	n, err := turn.OwedBy(t.Context(), b.DB, string(u.ID))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Nobody waits for the answer of somebody who has left, or is reminded to answer
// them: what is owed ends with them, and both can read why.
func TestNobodyWaitsForTheGone(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		if owes(t, b, b.anna) != 1 {
			t.Fatal("Anna owes no answer")
		}
		b.say(t, b.anna, "On. Milloin haluat katsoa sitä?")
		b.say(t, b.noora, "Käykö lauantai? Ja mikä koko se on?")
		case1, err := b.OpenCase(t.Context(), b.anna.ID, "", "En pääse kirjautumaan.")
		if err != nil {
			t.Fatal(err)
		}
		b.tx(t, func(tx *db.Tx) error { return b.Leave(t.Context(), tx, b.anna.ID) })
		for _, subject := range []string{string(b.conv.ID), string(case1)} {
			if ts, err := turn.OpenOf(t.Context(), b.DB, subject); err != nil || len(ts) != 0 {
				t.Errorf("still owed: %v, %v", ts, err)
			}
		}
		es := b.read(t, b.noora)
		if last := es[len(es)-1]; last.Key != "messaging.ended" {
			t.Errorf("Noora reads %+v last", last)
		}
		var told []string
		if err := b.DB.Select(t.Context(), &told, `SELECT msg_key FROM notices WHERE user_id = ?`, b.noora.ID); err != nil || len(told) != 1 || told[0] != "messaging.unanswered" {
			t.Errorf("Noora was told %q, %v", told, err)
		}
	})
}

// Nor does whoever was to answer them: there is nobody to answer.
func TestNobodyAnswersTheGone(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		b.tx(t, func(tx *db.Tx) error { return b.Leave(t.Context(), tx, b.noora.ID) })
		if n := owes(t, b, b.anna); n != 0 {
			t.Errorf("Anna owes %d answers", n)
		}
		var told int
		if err := b.DB.Get(t.Context(), &told, `SELECT COUNT(*) FROM notices`); err != nil || told != 0 {
			t.Errorf("%d were told, %v", told, err)
		}
	})
}

// Somebody who leaves takes along what they wrote, and leaves no address behind;
// what waits for them is not sent.
func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.anna, "Satula on vielä myynnissä.")
		b.say(t, b.noora, "Hyvä!")
		if err := b.Send(t.Context(), b.anna.ID, b.conv.ID, "", "p7"); err != nil {
			t.Fatal(err)
		}
		name, data, err := b.Export(t.Context(), b.anna.ID)
		if err != nil || name != "messages" {
			t.Fatal(name, err)
		}
		raw, err := json.Marshal(data)
		if err != nil || !strings.Contains(string(raw), "vielä myynnissä") || strings.Contains(string(raw), "Hyvä!") || !strings.Contains(string(raw), "/photos/p7-full.jpg") {
			t.Errorf("exported %s (%v)", raw, err)
		}
		b.tell(t, b.nudge("first"))
		b.run(t)
		b.tell(t, b.nudge("second"))
		if err := b.Block(t.Context(), b.anna.ID, b.noora.ID); err != nil {
			t.Fatal(err)
		}
		name, data, err = b.ExportNotices(t.Context(), b.anna.ID)
		if raw, _ = json.Marshal(data); err != nil || !strings.Contains(string(raw), string(b.noora.ID)) || !strings.Contains(string(raw), `"about":"`) {
			t.Errorf("%s: %s (%v)", name, raw, err)
		}
		b.tx(t, func(tx *db.Tx) error { return b.Leave(t.Context(), tx, b.anna.ID) })
		b.run(t)
		if n := len(b.letters(b.anna)); n != 1 {
			t.Errorf("%d letters, want the one before she left", n)
		}
		var left int
		if err := b.DB.Get(t.Context(), &left, `SELECT COUNT(*) FROM deliveries WHERE address LIKE '%@%'`); err != nil || left != 0 {
			t.Errorf("%d addresses kept (%v)", left, err)
		}
		if len(b.read(t, b.noora)) != 3 {
			t.Error("what she wrote is gone for the other")
		}
	})
}
