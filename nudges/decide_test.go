package nudges

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// zones are the ends of the world, and those with odd offsets and changes.
var zones = []string{"Pacific/Kiritimati", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Helsinki", "America/St_Johns", "Pacific/Niue", "America/New_York"}

// dice make the same ladders and people every time.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// someone is a person with quiet hours of at most 14 hours, somewhere.
func someone(r *rand.Rand) Reader {
	from := int64(r.IntN(24 * 60))
	rd := Reader{Quiet: calendar.Quiet{From: from, Until: (from + int64(r.IntN(14*60))) % (24 * 60), Zone: clock.Zone(zones[r.IntN(len(zones))])}}
	if r.IntN(2) == 0 {
		rd.Habit[r.IntN(24)] = 10
	}
	return rd
}

// someLadder is any ladder, with or without a last warning.
func someLadder(r *rand.Rand) Ladder {
	l := Ladder{Kind: turn.Ship}
	names := "abcdefgh"
	for i := range 1 + r.IntN(6) {
		s := Step{
			Name: names[i : i+1], To: []string{ToOwner, ToWaiter}[r.IntN(2)], By: []string{"app"}, Text: "x",
			When: []When{After, Before, BeforeAim, AfterAim}[r.IntN(4)], Waking: time.Duration(r.IntN(60)) * time.Hour,
		}
		l.Steps = append(l.Steps, s)
	}
	if r.IntN(2) == 0 {
		l.Steps = append(l.Steps, Step{Name: "last", To: ToOwner, When: Before, Waking: 24 * time.Hour, By: []string{"app"}, Text: "x", Warning: true})
	}
	return l
}

// instants are a year's, close together around the nights on which clocks change
// in the north and in the south.
func someInstant(r *rand.Rand) clock.Instant {
	nights := []time.Time{
		time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 4, 6, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 6, 0, 0, 0, time.UTC),
		time.Date(2026, 12, 23, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	span := 48 * 60
	if n := r.IntN(len(nights)); n < 5 {
		return clock.Of(nights[n].Add(time.Duration(r.IntN(span)) * time.Minute))
	}
	return clock.Of(nights[5].Add(time.Duration(r.IntN(365*24*60)) * time.Minute))
}

// Whatever the ladder, the people and the hour: nobody is reminded in their quiet
// hours, before the turn began or after its deadline; and a last warning leaves
// its reader a whole waking day.
func TestAnyLadderKeepsThePromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4000) {
		r := dice(seed)
		l, p, opened := someLadder(r), People{Owner: someone(r), Waiter: someone(r)}, someInstant(r)
		tn := turn.Turn{Kind: turn.Ship, OpenedAt: opened, DueAt: opened.Add(time.Duration(1+r.IntN(14*24)) * time.Hour)}
		tn.AimAt = opened.Add(tn.DueAt.Sub(opened) / 2)
		if r.IntN(4) == 0 {
			p.Promise = opened.Add(time.Duration(r.IntN(5*24)) * time.Hour)
		}
		tn.DueAt = l.Fit(tn, p)
		last := clock.Instant(0)
		for _, s := range l.Plan(tn, p) {
			q := p.of(s.To).Quiet
			switch {
			case s.At.Before(last):
				t.Fatalf("seed %d: %s comes before what stands before it", seed, s.Name)
			case q.Asleep(s.At):
				t.Fatalf("seed %d: %s (%s %s) wakes its reader at %s, quiet %d–%d; promise %s", seed, s.Name, s.When, s.Waking, s.At.In(q.Zone), q.From, q.Until, p.Promise.In(q.Zone))
			case s.At.Before(opened):
				t.Fatalf("seed %d: %s comes before the turn", seed, s.Name)
			case s.Warning && calendar.Waking(s.At, tn.DueAt, q) < WarningLead:
				t.Fatalf("seed %d: warned %s, due %s", seed, s.At.In(q.Zone), tn.DueAt.In(q.Zone))
			case !s.Warning && s.When != After && s.To == ToOwner && p.Promise.IsZero() && !s.At.Before(tn.DueAt):
				t.Fatalf("seed %d: %s comes after the deadline", seed, s.Name)
			}
			last = s.At
		}
	}
}

// world is the facts of one trade, for decisions without a database.
func world(t *testing.T, l Ladder, tn turn.Turn, owner, waiter accounts.User, reach ...string) *facts {
	t.Helper()
	return &facts{
		policy: Policy{Version: "p", Ladders: map[turn.Kind]Ladder{tn.Kind: l}},
		users:  map[accounts.UserID]accounts.User{owner.ID: owner, waiter.ID: waiter},
		orders: map[orders.ID]orders.Order{orders.ID(tn.Subject): {ID: orders.ID(tn.Subject), Conversation: "cnv_1", Currency: "EUR", Buyer: waiter.ID, Seller: owner.ID}},
		past:   map[turn.ID][]Nudge{}, muted: map[muteKey]bool{}, takeovers: map[string]Takeover{}, arms: map[string]string{},
		habits: map[accounts.UserID]Habit{}, reach: map[accounts.UserID][]string{owner.ID: reach, waiter.ID: {"email"}},
	}
}

// apply lets what was decided be so.
func (f *facts) apply(d decision, tn turn.Turn) turn.Turn {
	f.past[tn.ID] = append(f.past[tn.ID], d.record...)
	tn.DueAt, tn.NextAt, tn.NextStep, tn.Policy, tn.Arm = d.watch.DueAt, d.watch.NextAt, d.watch.NextStep, d.watch.Policy, d.watch.Arm
	return tn
}

// Whatever the ladder, and though people move, change their hours, and the sweep
// is late or the clock put back: nothing is sent in quiet hours, early or twice,
// no turn is left without a next look, and none lapses without the last warning
// having left a whole waking day.
func TestAnyCourseKeepsThePromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1500) {
		r := dice(seed)
		anna, noora := accounts.User{ID: "usr_a", Status: accounts.Active}, accounts.User{ID: "usr_n", Status: accounts.Active}
		move := func(u accounts.User) accounts.User {
			rd := someone(r)
			u.QuietFrom, u.QuietUntil, u.Zone = rd.Quiet.From, rd.Quiet.Until, rd.Quiet.Zone.String()
			return u
		}
		anna, noora = move(anna), move(noora)
		opened := someInstant(r)
		tn := turn.Turn{ID: "trn_1", Kind: turn.Ship, Subject: "ord_1", Owner: "usr_a", Waiter: "usr_n", OpenedAt: opened, NextAt: opened,
			NextStep: turn.StepPlan, DueAt: opened.Add(time.Duration(2+r.IntN(9*24)) * time.Hour)}
		tn.AimAt = opened.Add(tn.DueAt.Sub(opened) / 2)
		f := world(t, someLadder(r), tn, anna, noora, "push", "email")
		_, costly := f.policy.Ladders[turn.Ship].Warning()
		warned := clock.Instant(0)
		told := map[string]bool{}
		for now, looks := opened, 0; looks < 400; looks++ {
			switch x := r.IntN(40); {
			case x == 0: // moves, or sleeps at other hours: planned anew at once
				f.users["usr_a"], tn.NextAt = move(anna), now
			case x == 1:
				now = now.Add(-time.Duration(r.IntN(30)) * time.Hour) // the clock is put back
			case x == 2:
				now = now.Add(time.Duration(r.IntN(40)) * time.Hour) // nobody looks for a while
			default:
				now = max(now, tn.NextAt) + clock.Instant(r.IntN(6_000_000))
			}
			if now.Before(tn.NextAt) {
				continue
			}
			d := f.decide(tn, now)
			for _, m := range d.tell {
				if told[m.Dedupe] {
					t.Fatalf("seed %d: told twice: %s", seed, m.Dedupe)
				}
				told[m.Dedupe] = true
			}
			for _, n := range d.record {
				if u := f.users[accounts.UserID(n.UserID)]; n.Sent() && n.UserID == "usr_a" && u.Quiet().Asleep(now) {
					t.Fatalf("seed %d: %s wakes Anna at %s", seed, n.Step, now.In(u.Quiet().Zone))
				}
				if n.Sent() && now.Before(n.PlannedAt) {
					t.Fatalf("seed %d: %s came early", seed, n.Step)
				}
				if n.Step == "last" && n.Sent() {
					warned = now
					if left := calendar.Waking(now, d.watch.DueAt, f.users["usr_a"].Quiet()); left < WarningLead {
						t.Fatalf("seed %d: warned with %s left", seed, left)
					}
				}
			}
			if d.lapse {
				if costly && warned == 0 {
					t.Fatalf("seed %d: lapsed, and nobody was warned", seed)
				}
				if now.Before(tn.DueAt) {
					t.Fatalf("seed %d: lapsed early", seed)
				}
				break
			}
			if !now.Before(d.watch.NextAt) {
				t.Fatalf("seed %d: looked at again at once: %+v", seed, d.watch)
			}
			tn = f.apply(d, tn)
		}
		if warned == 0 && costly && !slices.ContainsFunc(f.past["trn_1"], func(n Nudge) bool { return n.Step == "last" }) {
			t.Fatalf("seed %d: never warned", seed)
		}
	}
}

// Of a thousand trades about as many are held out as the policy says, each with
// all its turns, and they get what cannot be left out.
func TestTheHoldout(t *testing.T) {
	t.Parallel()
	held := 0
	for n := range 1000 {
		subject := "ord_" + string(rune('a'+n%26)) + time.Duration(n).String()
		if armOf(subject, 10) == turn.Holdout {
			held++
		}
		if armOf(subject, 0) != turn.Treated || armOf(subject, 10) == turn.Holdout && armOf(subject, 20) != turn.Holdout {
			t.Fatalf("%s changes its arm", subject)
		}
	}
	if held < 70 || held > 130 {
		t.Errorf("%d of 1000 held out", held)
	}
	p := builtin(t)
	noon := clock.Of(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	tn := turn.Turn{ID: "trn_1", Kind: turn.Ship, Subject: "ord_1", Owner: "usr_a", Waiter: "usr_n", OpenedAt: noon, AimAt: noon.Add(4 * 24 * time.Hour), DueAt: noon.Add(8 * 24 * time.Hour)}
	u := func(id accounts.UserID) accounts.User {
		return accounts.User{ID: id, Status: accounts.Active, QuietFrom: 21 * 60, QuietUntil: 8 * 60}
	}
	f := world(t, p.Ladders[turn.Ship], tn, u("usr_a"), u("usr_n"), "email")
	f.arms["ord_1"] = turn.Holdout
	got := ""
	for range 20 {
		now := max(tn.NextAt, noon)
		d := f.decide(tn, now)
		if d.lapse {
			break
		}
		for _, n := range d.record {
			if n.UserID == "usr_a" {
				got += n.Step + "=" + n.Verdict + " "
			}
		}
		tn = f.apply(d, tn)
	}
	if got != "start=sent day=held_out promise=held_out last=sent " {
		t.Errorf("the held out seller: %s", got)
	}
	if tn.Arm != turn.Holdout {
		t.Error("the arm was not noted")
	}
}

// A channel that is lacking is stood in for by the next; a warning, by any.
func TestWaysToSomebody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by, has []string
		warning bool
		want    []string
		ok      bool
	}{
		{[]string{"app", "push"}, []string{"push", "email"}, false, []string{"app", "push"}, true},
		{[]string{"app", "push"}, []string{"email"}, false, []string{"app", "email"}, true},
		{[]string{"app", "email"}, []string{"push", "text"}, false, []string{"app", "text"}, true},
		{[]string{"app", "text"}, []string{"email"}, false, []string{"app"}, true},
		{[]string{"text"}, []string{"email"}, false, []string{"email"}, true},
		{[]string{"app", "text"}, []string{"email"}, true, []string{"app", "email"}, true},
		{[]string{"app", "push", "email", "text"}, nil, true, []string{"app"}, false},
		{[]string{"app"}, nil, false, []string{"app"}, true},
	} {
		got, ok := ways(Step{By: c.by, Warning: c.warning}, c.has)
		if !slices.Equal(got, c.want) || ok != c.ok {
			t.Errorf("%v of %v: %v %v", c.by, c.has, got, ok)
		}
	}
}

// A reminder waits for the hour at which its reader usually acts, but not past
// the next one, and habits fade.
func TestUsualHours(t *testing.T) {
	t.Parallel()
	noon := clock.Of(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	var evening Habit
	evening[19] = 5
	l := Ladder{Steps: []Step{{Name: "start", When: After, To: ToOwner}, {Name: "a", When: After, Waking: 2 * time.Hour, To: ToOwner}, {Name: "b", When: After, Waking: 15 * time.Hour, To: ToOwner}}}
	tn := turn.Turn{OpenedAt: noon, DueAt: noon.Add(72 * time.Hour)}
	at := func(p People) (s string) {
		for _, x := range l.Plan(tn, p) {
			s += x.Name + x.At.In(clock.Zone("")).Format(" 15:04 ")
		}
		return s
	}
	p := night
	if got := at(p); got != "start 12:00 a 14:00 b 14:00 " {
		t.Error(got)
	}
	p.Owner.Habit = evening
	if got := at(p); got != "start 12:00 a 19:00 b 19:00 " {
		t.Error(got)
	}
	l.Steps[2].Waking = 4 * time.Hour // 16.00 of the same day
	if got := at(p); got != "start 12:00 a 14:00 b 19:00 " {
		t.Error(got)
	}
	if _, usual := evening.aged(120 * 24 * time.Hour).hour(); usual {
		t.Error("what was usual four months ago still is")
	}
}
