package id_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/id"
)

type thing string

// Ids carry their kind, sort by age and do not repeat.
func TestIDs(t *testing.T) {
	t.Parallel()
	now := clock.Of(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	a, b, later := id.New[thing]("ord", now), id.New[thing]("ord", now), id.New[thing]("ord", now.Add(time.Millisecond))
	if !regexp.MustCompile(`^ord_[0-9a-z]{26}$`).MatchString(string(a)) {
		t.Errorf("id %q", a)
	}
	if a == b {
		t.Error("two ids of one moment are the same")
	}
	if later <= a || later <= b {
		t.Error("a later id sorts before an earlier one")
	}
}

// Secrets are long and differ; references avoid letters that sound alike.
func TestSecretsAndReferences(t *testing.T) {
	t.Parallel()
	if s := id.Secret(); len(s) != 43 || s == id.Secret() {
		t.Errorf("secret %q", s)
	}
	for range 200 {
		if r := id.Ref(6); !regexp.MustCompile(`^[2-9A-HJKMNP-Z]{6}$`).MatchString(r) {
			t.Fatalf("reference %q", r)
		}
	}
}
