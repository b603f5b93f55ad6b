package orders

import (
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/turn"
)

// The panel speaks of reminders to whoever is to move; what the one who waits
// was told is none.
func TestOnlyTheOneToMoveWasReminded(t *testing.T) {
	t.Parallel()
	past := []PastNudge{{To: "usr_salla", At: 3}, {To: "usr_seller", At: 5}, {To: "usr_buyer", At: 9}}
	for owner, want := range map[string]int64{turn.Operator: 3, "usr_seller": 5, "usr_buyer": 9, turn.Carrier: 0} {
		v := voice{Role: Buyer, Staff: "Salla", Trade: Trade{
			Turn: turn.Turn{Owner: owner}, Buyer: accounts.User{ID: "usr_buyer"}, Seller: accounts.User{ID: "usr_seller", Name: "Anna Koskela"},
		}}
		if got := v.lastReminded(past); int64(got) != want {
			t.Errorf("%s: reminded at %d, not %d", owner, got, want)
		}
		name := "Salla"
		if owner == "usr_seller" {
			name = "Anna"
		}
		if got := v.owes(); owner != "usr_buyer" && got != name {
			t.Errorf("%s: %q is to move, not %q", owner, got, name)
		}
	}
}
