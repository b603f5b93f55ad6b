package nudges

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// night is two people who sleep at night.
var night = People{Owner: Reader{Quiet: calendar.Night()}, Waiter: Reader{Quiet: calendar.Night()}}

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
			tn := turn.Turn{Kind: kind, OpenedAt: opened, AimAt: opened.Add(3 * 24 * time.Hour), DueAt: opened.Add(5 * 24 * time.Hour)}
			for _, s := range l.Plan(tn, night) {
				if s.To != ToOperator && q.Asleep(s.At) || s.At.Before(opened) {
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
			if _, costly := l.Warning(); !costly {
				continue
			}
			tn := turn.Turn{Kind: kind, OpenedAt: opened, DueAt: opened.Add(24 * time.Hour)}
			tn.DueAt = l.Fit(tn, night)
			for _, s := range l.Plan(tn, night) {
				if s.Warning && calendar.Waking(s.At, tn.DueAt, q) < WarningLead {
					t.Fatalf("%s, opened %s: warned %s, due %s", kind, opened, s.At, tn.DueAt)
				}
			}
		}
	}
}

// Whoever pays at once is not reminded on the way to the payment page: a word
// some time before the deadline needs a turn that is longer than that. After an
// accepted offer there is time for both.
func TestAShortTurnNeedsNoWord(t *testing.T) {
	t.Parallel()
	l := builtin(t).Ladders[turn.Pay]
	for h := range 24 {
		opened := clock.Of(time.Date(2026, 11, 20, h, 5, 0, 0, time.UTC))
		if ps := l.Plan(turn.Turn{Kind: turn.Pay, OpenedAt: opened, DueAt: opened.Add(30 * time.Minute)}, night); len(ps) != 0 {
			t.Errorf("within half an hour of %s: %v", opened, ps)
		}
	}
	opened := clock.Of(time.Date(2026, 11, 20, 8, 5, 0, 0, time.UTC))
	if ps := l.Plan(turn.Turn{Kind: turn.Pay, OpenedAt: opened, DueAt: opened.Add(24 * time.Hour)}, night); len(ps) != 2 {
		t.Errorf("within a day: %v", ps)
	}
}

// After a long sleep of the server each reader gets one reminder, not three.
func TestALateSweepSendsOnlyTheNewest(t *testing.T) {
	t.Parallel()
	noon := clock.Of(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))
	tn := turn.Turn{Kind: turn.Ship, OpenedAt: noon, AimAt: noon.Add(4 * 24 * time.Hour), DueAt: noon.Add(7 * 24 * time.Hour)}
	plan := builtin(t).Ladders[turn.Ship].Plan(tn, night)
	for _, c := range []struct {
		decided           string
		after             time.Duration
		take, stale, next string
	}{
		{"", 0, "start", "", "day"},
		{"start", 6 * 24 * time.Hour, "last missed seen", "day promise", turn.StepLapse},
		{"", 6 * 24 * time.Hour, "last missed seen", "start day promise", turn.StepLapse},
		{"start day", 6 * 24 * time.Hour, "last missed seen", "promise", turn.StepLapse},
		{"start", 3 * 24 * time.Hour, "promise", "day", "missed"},
	} {
		done := taken{}
		for _, name := range strings.Fields(c.decided) {
			done[name] = true
		}
		take, stale, next := due(plan, done.has, tn, noon.Add(c.after))
		if named(take) != c.take || named(stale) != c.stale || next.Name != c.next {
			t.Errorf("%q decided, %s later: take %q, stale %q, next %q", c.decided, c.after, named(take), named(stale), next.Name)
		}
	}
}

func named(ps []Planned) string {
	var names []string
	for _, p := range ps {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// A last warning goes out even when a later step is overdue as well.
func TestAWarningIsNeverLeftOut(t *testing.T) {
	t.Parallel()
	plan := []Planned{{Step{Name: "last", To: ToOwner, Warning: true}, 10}, {Step{Name: "more", To: ToOwner}, 20}}
	take, stale, _ := due(plan, taken{}.has, turn.Turn{DueAt: 100}, 50)
	if named(take) != "last" || named(stale) != "more" {
		t.Errorf("take %q, stale %q", named(take), named(stale))
	}
}

// Whoever said when they will do it is asked after that, not before, and warned
// all the same.
func TestRemindersComeAfterWhatWasPromised(t *testing.T) {
	t.Parallel()
	noon := clock.Of(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)) // a Tuesday
	tn := turn.Turn{Kind: turn.Ship, OpenedAt: noon, DueAt: noon.Add(7*24*time.Hour + 6*time.Hour)}
	plain := builtin(t).Ladders[turn.Ship].Plan(tn, night)
	for promise, want := range map[time.Duration]string{
		0:                                "start day last",
		time.Hour:                        "start day last", // the first reminder was for later anyway
		2*24*time.Hour + 6*time.Hour:     "start day last", // Thursday 18.00
		6*24*time.Hour + 23*time.Hour:    "start last day", // after the last warning
		7*24*time.Hour + 6*time.Hour - 1: "start last day",
	} {
		at := noon.Add(promise)
		if promise == 0 {
			at = 0
		}
		got := around(plain, People{Owner: night.Owner, Waiter: night.Waiter, Promise: at})
		if n := named(got); n != want {
			t.Errorf("promised after %s: %s, want %s", promise, n, want)
		}
		for _, p := range got {
			if p.At.Before(at) && !p.Warning && p.Name != "start" {
				t.Errorf("promised %s, but %s comes %s", at, p.Name, p.At)
			}
		}
	}
}

// Every kind of turn has a ladder, and one that costs somebody ends in a warning.
func TestBuiltInPolicy(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	for _, k := range []turn.Kind{turn.Ship, turn.HandOver, turn.AgreeCancel, turn.SayArrived, turn.Collect,
		turn.Confirm, turn.AnswerClaim, turn.SendBack, turn.ConfirmReturn} {
		if _, ok := p.Ladders[k].Warning(); !ok {
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
		"version = \"x\"\n[[turn]]\nkind = \"pay\"\nsteps = []":                     "no ladder for ship",
		step(`name = "a", to = "owner", by = ["app"], text = "t"`):                  "line 6: pay, step “a”: Say when it comes",
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
	return "version = \"x\"\n# steps = [{ }]\n[[turn]]\nkind = \"pay\"\nsteps = [\n{ " + s + " }]"
}
