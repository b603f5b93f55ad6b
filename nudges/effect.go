package nudges

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// within is how soon after a reminder an act counts as its answer.
const within = 24 * time.Hour

// MaxMeasured is how many decided reminders are measured at most, the newest.
const MaxMeasured = 200_000

// How those held out are marked.
const (
	armHeld     = "holdout"  // of a turn
	verdictHeld = "held_out" // of a step
)

// Effect is what reminders did among the turns that began in a span of time.
// Trades are parted by lot: those held out are only told what they must know, so
// what differs between the two is what reminding does. Everything here counts by
// lot, whether or not a reminder arrived.
type Effect struct {
	From, Until clock.Instant
	Turns       []TurnEffect
	Steps       []StepEffect
	Ways        []WayEffect
	Cut         bool // there were more reminders than are measured; the oldest are left out
}

// TurnEffect is what following a kind of turn did.
type TurnEffect struct {
	Kind             turn.Kind
	Treated, Held    Group
	Saved            Estimate // hours a turn was shorter for being followed
	Completion       Estimate // how much more often it was done, as a share
	Mutes, Asked     int      // who wanted no more reminders; who asked for a person instead
	Stopped          int      // who answered STOP within a day
	treated, heldOut sums
}

// Group is the turns of one side.
type Group struct {
	N    int
	Mean float64 // hours from the turn's beginning to its end, or until now
	Done Share   // ended by the one who owed it
}

// StepEffect is what one step did against those to whom it was not said. Both
// are counted from the moment it came, or would have come.
type StepEffect struct {
	Kind          turn.Kind
	Step          string
	Sent, Held    Share    // acted within a day, of all
	Acted         Estimate // the difference
	Median        [2]float64
	Sooner        Estimate // hours by which the middle one acted sooner
	Mutes         int
	sent, heldOut []float64
}

// WayEffect is what became of a step's messages by one channel. Those who have a
// channel differ from those who have not, so that these are counts, not findings.
type WayEffect struct {
	Kind      turn.Kind `db:"kind"`
	Step      string    `db:"step"`
	Channel   string    `db:"channel"`
	Sent      int       `db:"sent"`      // taken by the post, the provider, or shown in the app
	Delivered int       `db:"delivered"` // known to have arrived
	Acted     int       `db:"acted"`     // of the sent, followed by the act within a day
	Failed    int       `db:"failed"`
}

// Effect measures the turns that began in [from, until).
func (s *Service) Effect(ctx context.Context, from, until clock.Instant) (Effect, error) {
	e := Effect{From: from, Until: until}
	if err := s.measureTurns(ctx, &e); err != nil {
		return e, err
	}
	if err := s.measureSteps(ctx, &e); err != nil {
		return e, err
	}
	ways, err := wayEffects(ctx, s.DB, from, until)
	e.Ways = ways
	if err != nil {
		return e, err
	}
	slices.SortFunc(e.Ways, func(a, b WayEffect) int {
		return compareRows(a.Kind, b.Kind, a.Step+"\x00"+a.Channel, b.Step+"\x00"+b.Channel)
	})
	return e, nil
}

// measureTurns compares whole turns.
func (s *Service) measureTurns(ctx context.Context, e *Effect) error {
	rows, err := turnSums(ctx, s.DB, e.From, e.Until, s.Clock.Now())
	if err != nil {
		return err
	}
	voices, err := voiceCounts(ctx, s.DB, e.From, e.Until)
	if err != nil {
		return err
	}
	by := map[turn.Kind]*TurnEffect{}
	for _, r := range rows {
		t := by[r.Kind]
		if t == nil {
			t = &TurnEffect{Kind: r.Kind}
			by[r.Kind] = t
		}
		m := sums{N: r.N, Sum: r.Hours, Sq: r.Squares}
		g := Group{N: r.N, Mean: m.Mean(), Done: Share{r.Done, r.N}}
		if r.Arm == armHeld {
			t.Held, t.heldOut = g, m
		} else {
			t.Treated, t.treated = g, m
		}
	}
	for k, t := range by {
		t.Saved = t.heldOut.minus(t.treated)
		t.Completion = t.Treated.Done.minus(t.Held.Done)
		v := voices[k]
		t.Mutes, t.Asked, t.Stopped = v.Mutes, v.Asked, v.Stopped
		e.Turns = append(e.Turns, *t)
	}
	slices.SortFunc(e.Turns, func(a, b TurnEffect) int { return compareRows(a.Kind, b.Kind, "", "") })
	return nil
}

// measureSteps compares what followed each step with what followed its silence.
func (s *Service) measureSteps(ctx context.Context, e *Effect) error {
	rows, err := stepRows(ctx, s.DB, e.From, e.Until, MaxMeasured+1)
	if err != nil {
		return err
	}
	if len(rows) > MaxMeasured {
		rows, e.Cut = rows[:MaxMeasured], true
	}
	mutes, err := muteCounts(ctx, s.DB, e.From, e.Until)
	if err != nil {
		return err
	}
	type key struct {
		kind turn.Kind
		step string
	}
	by, now := map[key]*StepEffect{}, s.Clock.Now()
	for _, r := range rows {
		if now.Sub(r.DecidedAt) < within {
			continue // it is too early to tell
		}
		k := key{r.Kind, r.Step}
		x := by[k]
		if x == nil {
			x = &StepEffect{Kind: r.Kind, Step: r.Step}
			by[k] = x
		}
		x.count(r)
	}
	for k, x := range by {
		sent, held := sorted(x.sent), sorted(x.heldOut)
		x.Acted = x.Sent.minus(x.Held)
		x.Median = [2]float64{sent.Median(), held.Median()}
		x.Sooner = held.minus(sent)
		x.Mutes = mutes[string(k.kind)+"."+k.step]
		e.Steps = append(e.Steps, *x)
	}
	slices.SortFunc(e.Steps, func(a, b StepEffect) int { return compareRows(a.Kind, b.Kind, a.Step, b.Step) })
	return nil
}

// count adds what followed one decided reminder.
func (x *StepEffect) count(r stepRow) {
	hours := math.Inf(1)
	if turn.Did(r.Outcome) {
		hours = r.ClosedAt.Sub(r.DecidedAt).Hours()
	}
	share, all := &x.Sent, &x.sent
	if r.Verdict == verdictHeld {
		share, all = &x.Held, &x.heldOut
	}
	share.N++
	if hours <= within.Hours() {
		share.K++
	}
	*all = append(*all, hours)
}

// compareRows orders by the kind's place in a trade, and then by name.
func compareRows(a, b turn.Kind, an, bn string) int {
	if d := slices.Index(kinds, a) - slices.Index(kinds, b); d != 0 {
		return d
	}
	return strings.Compare(an, bn)
}
