package nudges_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/nudges"
)

// newYear begins the year that policies are tried over: one with both changes of
// the clock, Christmas, and Easter.
var newYear = clock.Of(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// The built-in policy is sound at every instant of a whole year.
func TestTheBuiltInPolicyIsSound(t *testing.T) {
	t.Parallel()
	p, err := nudges.ReadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range nudges.Verify(p, newYear) {
		if !r.OK() || r.Count == 0 {
			t.Errorf("%s (%d tried): %s", r.Name, r.Count, strings.Join(r.Broken, "; "))
		}
	}
}

// broken verifies the built-in policy with one thing changed and gives the
// claims that fail.
func broken(t *testing.T, old, new string) string {
	t.Helper()
	text := nudges.BuiltIn()
	if !strings.Contains(text, old) {
		t.Fatalf("the built-in policy has no %q", old)
	}
	p, err := nudges.ParsePolicy(strings.Replace(text, old, new, 1))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range nudges.Verify(p, newYear) {
		if !r.OK() {
			names = append(names, r.Name+": "+r.Broken[0])
		}
	}
	return strings.Join(names, "\n")
}

// What makes a policy unsound is named: the state, the instant or the step.
func TestAnUnsoundPolicyIsNamed(t *testing.T) {
	t.Parallel()
	const last = `{ name = "last", before = "24h", to = "owner", by = ["app", "push", "email", "text"], text = "ship_last", warning = true, tell = ["app", "push"] }`
	const start = `{ name = "start", after = "0h", to = "owner", by = ["app", "push", "email", "text"], text = "agree_cancel_start", warning = true }`
	for _, c := range []struct{ name, old, new, want string }{
		{"a costly deadline without a last warning", last, strings.Replace(last, ", warning = true", "", 1), "paid: ship has no last warning"},
		{"a warning in the app alone", last, strings.Replace(last, `["app", "push", "email", "text"]`, `["app"]`, 1), "paid: ship has no last warning"},
		{"a warning that leaves too little", last, strings.Replace(last, `"24h"`, `"20h"`, 1), "leaves less than 24h"},
		{"nobody told of a late parcel", `to = "waiter", by = ["app", "push", "email"], text = "deliver_late"`, `to = "waiter", by = ["app"], text = "deliver_late"`, "deliver: no step leaves the app"},
		{"a deadline that runs into the hold", start, strings.Replace(start, `after = "0h"`, `after = "99h"`, 1), "the deadline moves by"},
	} {
		if got := broken(t, c.old, c.new); !strings.Contains(got, c.want) {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}
