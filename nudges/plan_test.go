package nudges

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

var night = func(string) calendar.Quiet { return calendar.Night() }

func builtin(t *testing.T) Policy {
	t.Helper()
	p, err := ReadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// No reminder reaches anybody in their quiet hours, and none comes before its
// turn began, at whatever hour of the year that is.
func TestRemindersComeInWakingHours(t *testing.T) {
	t.Parallel()
	p, q := builtin(t), calendar.Night()
	first := clock.Of(time.Date(2026, 1, 1, 0, 17, 0, 0, time.UTC))
	for h := range 365 * 24 {
		opened := first.Add(time.Duration(h) * time.Hour)
		for kind, l := range p.Ladders {
			tn := turn.Turn{Kind: kind, OpenedAt: opened, DueAt: opened.Add(5 * 24 * time.Hour)}
			for _, s := range l.plan(tn, night) {
				if q.Asleep(s.At) || s.At.Before(opened) {
					t.Fatalf("%s %s, opened %s: planned %s", kind, s.Name, opened, s.At)
				}
			}
		}
	}
}

// Whenever a turn begins and however short it is, its last warning leaves a
// whole waking day; if need be the deadline moves.
func TestTheLastWarningLeavesADay(t *testing.T) {
	t.Parallel()
	p, q := builtin(t), calendar.Night()
	first := clock.Of(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for h := range 365 * 24 {
		opened := first.Add(time.Duration(h) * time.Hour)
		for kind, l := range p.Ladders {
			if _, costly := l.warning(); !costly {
				continue
			}
			tn := turn.Turn{Kind: kind, OpenedAt: opened, DueAt: opened.Add(24 * time.Hour)}
			tn.DueAt = l.fit(tn, night)
			for _, s := range l.plan(tn, night) {
				if s.Warning && calendar.Waking(s.At, tn.DueAt, q) < warningLead {
					t.Fatalf("%s, opened %s: warned %s, due %s", kind, opened, s.At, tn.DueAt)
				}
			}
		}
	}
}

// After a long sleep of the server one reminder goes out, not three.
func TestALateSweepSendsOnlyTheNewest(t *testing.T) {
	t.Parallel()
	noon := clock.Of(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))
	tn := turn.Turn{Kind: turn.Ship, OpenedAt: noon, DueAt: noon.Add(7 * 24 * time.Hour)}
	plan := builtin(t).Ladders[turn.Ship].plan(tn, night)
	take, stale, next := due(plan, map[string]bool{"start": true}, tn, noon.Add(6*24*time.Hour))
	if take == nil || take.Name != "last" || len(stale) != 2 || next.Name != turn.StepLapse {
		t.Errorf("take %v, stale %v, next %v", take, stale, next)
	}
	take, stale, next = due(plan, nil, tn, noon)
	if take == nil || take.Name != "start" || len(stale) != 0 || next.Name != "day" {
		t.Errorf("at the beginning: take %v, stale %v, next %v", take, stale, next)
	}
}

// Every kind of turn has a ladder, and one that costs somebody ends in a warning.
func TestBuiltInPolicy(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	for _, k := range []turn.Kind{turn.Ship, turn.HandOver, turn.AgreeCancel, turn.SayArrived, turn.Collect,
		turn.Confirm, turn.AnswerClaim, turn.SendBack, turn.ConfirmReturn} {
		if _, ok := p.Ladders[k].warning(); !ok {
			t.Errorf("%s costs somebody, yet nobody is warned", k)
		}
	}
}

// A broken policy is refused with the place and the reason.
func TestBrokenPolicies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"version = \"x\"\n\n[[turn]\n":                                              "line 4",
		"[[turn]]\nkind = \"pay\"":                                                  "no version",
		"version = \"x\"\n[[turn]]\nkind = \"jump\"":                                "jump",
		"version = \"x\"\n[[turn]]\nkind = \"pay\"\ncolour = 1":                     "colour",
		"version = \"x\"\n[[turn]]\nkind = \"pay\"\nsteps = []":                     "no ladder",
		step(`name = "a", to = "owner", by = ["app"], text = "t"`):                  "either after or before",
		step(`name = "a", after = "soon", to = "owner", by = ["app"]`):              "soon",
		step(`name = "a", after = "1h", to = "all", by = ["app"]`):                  "all",
		step(`name = "lapse", after = "1h", to = "owner", by = ["app"]`):            "name",
		step(`name = "a", after = "1h", to = "owner", by = ["pigeon"], text = "t"`): "pigeon",
	} {
		_, err := ParsePolicy(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want something about %q", text, err, want)
		}
	}
}

func step(s string) string {
	return "version = \"x\"\n[[turn]]\nkind = \"pay\"\nsteps = [{ " + s + " }]"
}
