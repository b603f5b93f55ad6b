package desk

import (
	"testing"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/nudges"
)

// Whatever the verifier proves, the desk says in the reader's language.
func TestEveryClaimHasWords(t *testing.T) {
	t.Parallel()
	p, err := nudges.ReadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	rs := nudges.Verify(p, clock.System{}.Now())
	for _, r := range rs {
		if claims[r.Name] == "" {
			t.Errorf("no words for %q", r.Name)
		}
	}
	if len(rs) != len(claims) {
		t.Errorf("%d claims and words for %d", len(rs), len(claims))
	}
}
