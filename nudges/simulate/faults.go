package simulate

import (
	"container/heap"
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/turn"
)

// turnKind is what somebody owes.
type turnKind = turn.Kind

// How often things go wrong with --faults.
const (
	deathOdds = 0.002 // that the process dies at a commit, before or after it
	deathsFor = 1_000 // of more trades it dies no oftener: it would hardly ever be there
	lostOdds  = 0.002 // that a job is lost
	lateOdds  = 0.01  // that it runs hours late
	twiceOdds = 0.02  // that it runs twice
	skipOdds  = 0.05  // that a sweep is skipped
	skipFor   = 20 * time.Minute
	jumpEvery = 60 * time.Hour // between two jumps of the clock, on average
)

// faults is what goes wrong with the program, and how often it has.
type faults struct {
	commits       uint64
	deaths        int
	downs         [][2]clock.Instant // when the program was not there, or behind
	fates         uint64
	lost          int
	late          int
	twice         int
	skipped       int
	jumps         int
	jobsRan       int
	jobsForgotten int
	waiting       instants // jobs that wait
	calm          bool     // nothing goes wrong meanwhile
	mishaps       map[string]int
	refusals      map[string]int
	answers       map[string]int // how people answered where they read it
	steps         int
}

// instants is a heap, the soonest first.
type instants []clock.Instant

// Len implements heap.Interface.
func (h instants) Len() int { return len(h) }

// Less implements heap.Interface.
func (h instants) Less(i, j int) bool { return h[i] < h[j] }

// Swap implements heap.Interface.
func (h instants) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *instants) Push(x any) { *h = append(*h, x.(clock.Instant)) }

// Pop implements heap.Interface.
func (h *instants) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// dies decides at every commit whether the process dies there.
func (w *world) dies(committed bool) bool {
	if w.calm {
		return false
	}
	w.commits++
	return w.of(forCommit).chance(w.commits, deathOdds/2*min(1, deathsFor/float64(w.o.Orders)))
}

// die is the end of the process. Everything in its memory is gone; some time
// later another one starts over the same database.
func (w *world) die(string) {
	w.deaths++
	w.node = nil
	d := w.of(forNode, uint64(w.deaths))
	down := d.between(1, time.Second, 3*time.Minute)
	if d.chance(2, 0.1) {
		down = d.between(3, 10*time.Minute, 8*time.Hour)
	}
	now := w.clock.Now()
	w.downs = append(w.downs, [2]clock.Instant{now, now.Add(down).Add(pulse)})
	w.in(down, func(ctx context.Context) error {
		if err := w.start(ctx); err != nil || w.node == nil {
			return err
		}
		for _, t := range w.ticks {
			if t.every <= dayLength { // a process begins with all of them; here what only counts and cleans can wait
				t.due = w.clock.Now()
			}
		}
		heap.Push(&w.waiting, w.clock.Now())
		return nil
	})
}

// jobFate decides what becomes of a job.
func (w *world) jobFate(int64, string) jobs.Fate {
	if w.calm {
		return jobs.Fate{}
	}
	w.fates++ // not the job's number, which SQLite gives again when its row is gone
	d := w.of(forJob, w.fates)
	switch {
	case d.chance(1, lostOdds):
		w.lost++
		return jobs.Fate{Lost: true}
	case d.chance(2, lateOdds):
		w.late++
		return jobs.Fate{Late: d.between(3, time.Minute, 9*time.Hour)}
	case d.chance(4, twiceOdds):
		w.twice++
		return jobs.Fate{Twice: true}
	}
	return jobs.Fate{}
}

// jobLater remembers that a job waits.
func (w *world) jobLater(at clock.Instant) { heap.Push(&w.waiting, at) }

// dueJobs is when the next job that waits may run; 0: none does.
func (w *world) dueJobs() clock.Instant {
	if len(w.waiting) == 0 {
		return 0
	}
	return w.waiting[0]
}

// jobsDue takes off what waited until now.
func (w *world) jobsDue() bool {
	due := false
	for len(w.waiting) > 0 && w.waiting[0] <= w.clock.Now() {
		heap.Pop(&w.waiting)
		due = true
	}
	return due
}

// skips decides whether a sweep is skipped.
func (w *world) skips(t *tick, now clock.Instant) bool {
	if t.name == "nudges.sweep" && w.dozes(now) {
		t.due = now.Add(2 * time.Hour)
		return true
	}
	if !w.o.Faults || w.calm || !w.of(forNode, text(t.name)).chance(uint64(now), skipOdds) {
		return false
	}
	w.skipped++
	t.due = now.Add(skipFor)
	w.downs = append(w.downs, [2]clock.Instant{now, t.due.Add(pulse)})
	return true
}

// planFaults plans the clock's jumps.
func (w *world) planFaults() {
	if !w.o.Faults {
		return
	}
	w.in(w.of(forClock).after(0, jumpEvery), w.jump)
}

// jump moves the program's clock, forth or back, and some hours later to where
// it belongs.
func (w *world) jump(context.Context) error {
	w.jumps++
	d, now := w.of(forClock, uint64(w.jumps)), w.clock.Now()
	w.skew.by = d.between(1, -3*time.Hour, 3*time.Hour)
	lasts := d.between(2, 10*time.Minute, 5*time.Hour)
	w.downs = append(w.downs, [2]clock.Instant{now.Add(-4 * time.Hour), now.Add(lasts + 4*time.Hour)})
	w.in(lasts, func(context.Context) error {
		w.skew.by = 0
		w.in(w.of(forClock, uint64(w.jumps)).after(3, jumpEvery), w.jump)
		return nil
	})
	return nil
}

// down is how long the program was away, behind or confused between two
// instants.
func (w *world) down(from, until clock.Instant) (sum time.Duration) {
	for i := len(w.downs) - 1; i >= 0 && w.downs[i][1].Add(9*time.Hour) >= from; i-- {
		a, b := max(from, w.downs[i][0]), min(until, w.downs[i][1])
		if a < b {
			sum += b.Sub(a)
		}
	}
	return sum
}

// reachedAlways counts everybody as reached.
func reachedAlways(context.Context, db.Queryer, turn.ID, accounts.UserID) (bool, error) {
	return true, nil
}
