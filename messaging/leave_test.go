package messaging_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/db"
)

// Somebody who leaves takes along what they wrote, and leaves no address behind;
// what waits for them is not sent.
func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.anna, "Satula on vielä myynnissä.")
		b.say(t, b.noora, "Hyvä!")
		name, data, err := b.Export(t.Context(), b.anna.ID)
		if err != nil || name != "messages" {
			t.Fatal(name, err)
		}
		raw, err := json.Marshal(data)
		if err != nil || !strings.Contains(string(raw), "vielä myynnissä") || strings.Contains(string(raw), "Hyvä!") {
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
		if len(b.read(t, b.noora)) != 2 {
			t.Error("what she wrote is gone for the other")
		}
	})
}
