package simulate

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/nudges"
)

// How time passes.
const (
	pulse     = time.Minute        // the program gets a turn this long after something happened
	tail      = 4 * 24 * time.Hour // simulated after the last trade has ended, for letters and money
	longest   = 160 * 24 * time.Hour
	dayLength = 24 * time.Hour
	jobsKept  = 4000 // jobs worked before those that are done are forgotten
)

// errSabotage is what nobody foresaw.
var errSabotage = errors.New("sabotage")

// event is something that happens at a moment.
type event struct {
	at  clock.Instant
	seq uint64 // of two at one moment the first planned comes first
	do  func(ctx context.Context) error
}

// events is a heap, the soonest first.
type events []event

// Len implements heap.Interface.
func (e events) Len() int { return len(e) }

// Less implements heap.Interface.
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}

// Swap implements heap.Interface.
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// world is everything there is: the program, the people and the clock. One
// goroutine runs it.
type world struct {
	dice
	o       Options
	program Program
	silent  bool // nobody is reminded
	probe   db.Probe
	db      *db.DB
	node    *Node
	clock   *clock.Fixed // the true time; the program may see another, see skewed
	skew    skewed

	sabotaged  bool       // the sabotage that was asked for is done
	leavingNow *departing // what it is done to
	todo       events
	seq        uint64
	ticks      []*tick
	end        clock.Instant // of the last trade's beginning
	ended      clock.Instant // when the last trade was over; 0: not yet
	stays      clock.Instant // what somebody has planned for later is waited for

	people  []*person
	staff   []*person
	byID    map[string]*person
	byMail  map[string]*person
	byTel   map[string]*person
	trades  []*trade
	orders  map[string]*trade
	convs   map[string]*trade
	things  map[string]*trade // by listing
	bids    map[string]*trade // by offer
	nth     map[string]uint64 // of each turn, which of its kind in the trade it is
	inHand  set               // orders that an operator has in hand
	asked   set               // turns whose owner has been asked something once
	unended int               // orders that are not over

	bank *bank
	post *carriers
	faults
	policy nudges.Policy
	watch
	checker
}

func newWorld(p Program, o Options, silent bool) *world {
	w := &world{
		dice: dice(mix(o.Seed)), o: o, program: p, silent: silent, clock: clock.At(begin), end: begin.Add(time.Duration(o.Days) * dayLength),
		byID: map[string]*person{}, byMail: map[string]*person{}, byTel: map[string]*person{},
		orders: map[string]*trade{}, convs: map[string]*trade{}, things: map[string]*trade{}, bids: map[string]*trade{},
		nth: map[string]uint64{}, asked: set{}, inHand: set{},
	}
	w.skew.Clock = w.clock
	w.bank, w.post = newBank(w), newCarriers(w)
	w.watch.begin()
	w.checker.begin()
	w.mishaps, w.refusals, w.answers = map[string]int{}, map[string]int{}, map[string]int{}
	w.probe.Wrote = w.watch.wrote
	if o.Faults {
		w.probe.Dies = w.dies
	}
	return w
}

// at plans something.
func (w *world) at(when clock.Instant, do func(ctx context.Context) error) {
	w.seq++
	heap.Push(&w.todo, event{max(when, w.clock.Now()), w.seq, do})
}

// in plans something for later.
func (w *world) in(wait time.Duration, do func(ctx context.Context) error) {
	w.at(w.clock.Now().Add(wait), do)
}

// run lets time pass until every trade is over.
func (w *world) run(ctx context.Context) error {
	seed := w.dice.of(forNode)
	defer id.Seed(&seed)()
	w.calm = true // until there is something to go wrong with
	asked := ctx
	ctx = context.WithoutCancel(ctx) // drivers spend more on watching for an end than on most statements
	if err := w.start(ctx); err != nil {
		return err
	}
	if err := w.populate(ctx); err != nil {
		return err
	}
	w.planTicks()
	w.planFaults()
	for asked.Err() == nil && !w.over() && !w.caught() {
		now, more := w.next()
		if !more {
			break
		}
		if err := w.step(ctx, now); err != nil {
			return fmt.Errorf("at %s: %w", w.clock.Now(), err)
		}
	}
	if asked.Err() != nil {
		return asked.Err()
	}
	if w.caught() {
		return nil
	}
	return w.finish(ctx)
}

// over tells whether nothing of interest is left to come.
func (w *world) over() bool {
	now := w.clock.Now()
	if w.end.Add(longest).Before(now) {
		return true
	}
	if now.Before(w.end) || w.openTrades() > 0 {
		w.ended = 0
		return false
	}
	if w.ended.IsZero() {
		w.ended = now
	}
	return w.ended.Add(tail).Before(now) && w.stays.Before(now)
}

// next is the end of the next pulse in which something happens.
func (w *world) next() (clock.Instant, bool) {
	soonest := clock.Instant(0)
	if len(w.todo) > 0 {
		soonest = w.todo[0].at
	}
	if w.node != nil {
		for _, t := range w.ticks {
			if soonest.IsZero() || t.due < soonest {
				soonest = t.due
			}
		}
		if d := w.dueJobs(); !d.IsZero() && (soonest.IsZero() || d < soonest) {
			soonest = d
		}
	}
	if soonest.IsZero() {
		return 0, false
	}
	return max(soonest, w.clock.Now()).Add(pulse), true
}

// step lets a pulse pass: whatever happens in it, then the program's turn, then
// the look at all that changed.
func (w *world) step(ctx context.Context, until clock.Instant) error {
	for len(w.todo) > 0 && w.todo[0].at < until {
		e := heap.Pop(&w.todo).(event)
		w.clock.Set(e.at)
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	w.clock.Set(until)
	if err := w.work(ctx); err != nil {
		return err
	}
	w.steps++
	if err := w.sabotageNow(ctx, nil); err != nil {
		return err
	}
	return w.look(ctx)
}

// attempt is somebody doing something in the program. It says what came of it:
// whether it was done, and whether it has to be tried again because the program
// was not there.
func (w *world) attempt(ctx context.Context, what string, do func(ctx context.Context) error) (done, again bool, err error) {
	if w.node == nil {
		return false, true, nil
	}
	err = do(ctx)
	if w.o.Sabotage == "fails" && err == nil {
		err = errSabotage
	}
	switch {
	case w.db.Dead():
		w.die(what)
		return false, true, nil
	case err == nil:
		return true, false, nil
	case fault.Is(err, fault.Busy):
		return false, true, nil
	case len(fault.As(err)) > 0:
		w.refusals[what+" "+fault.As(err)[0].Key]++
		return false, false, nil
	case errors.Is(err, context.Canceled):
		return false, false, err
	}
	w.broken(Unexpected, nil, what+": "+err.Error())
	return false, false, nil
}
