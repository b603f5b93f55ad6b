package nudges

import (
	"context"
	"math"
	"sort"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// How habits are used.
const (
	habitActs  = 3.0            // deeds, older ones counting less, before an hour is called usual
	habitShare = 0.25           // of them that fall into an hour and its neighbours
	habitWait  = 12 * time.Hour // a reminder waits no longer for the usual hour
)

// Habit is how often a person acted at each hour of their day, older deeds
// counting less. The zero Habit is that of somebody unknown.
type Habit [24]float64

// hour is the hour at which a person usually acts; false when they have none.
func (h Habit) hour() (int, bool) {
	sum, best, most := 0.0, 0, 0.0
	for i, w := range h {
		sum += w
		if around := w + (h[(i+23)%24]+h[(i+1)%24])/2; around > most {
			best, most = i, around
		}
	}
	return best, sum >= habitActs && most >= habitShare*sum
}

// after is the next instant at or after i, awake, at which the person usually
// acts; false when that is longer than habitWait away.
func (h Habit) after(i clock.Instant, q calendar.Quiet) (clock.Instant, bool) {
	hour, known := h.hour()
	if !known {
		return 0, false
	}
	zone := q.Zone
	if zone == nil {
		zone = clock.Zone("")
	}
	t := i.In(zone)
	if t.Hour() == hour {
		return i, true
	}
	for d := range 2 {
		at := clock.Of(time.Date(t.Year(), t.Month(), t.Day()+d, hour, 0, 0, 0, zone))
		if i.Before(at) {
			return at, at.Sub(i) <= habitWait && !q.Asleep(at)
		}
	}
	return 0, false
}

// usual moves reminders to the hour at which their reader usually acts, where
// the ladder leaves room: never before the step's own time, never past the next
// step of the same reader nor the deadline, and neither what is said at once nor
// a last warning.
func usual(ps []Planned, t turn.Turn, people People) []Planned {
	for i, p := range ps {
		if p.Warning || p.AtOnce() || p.When != After || p.To == ToOperator {
			continue
		}
		r := people.of(p.To)
		at, ok := r.Habit.after(p.At, r.Quiet)
		if !ok {
			continue
		}
		end := t.DueAt
		for _, later := range ps[i+1:] {
			if later.To == p.To {
				end = min(end, later.At)
				break
			}
		}
		if at.Before(end) {
			ps[i].At = at
		}
	}
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].At < ps[j].At })
	return ps
}

// How habits are learned.
const (
	habitHalf  = 60 * 24 * time.Hour // after which a deed counts half
	learnLag   = time.Minute         // deeds are looked at once their transactions are surely over
	learnBatch = 500                 // deeds learned from in one transaction
)

// Learn takes up at which hours people did what they owed since it last ran. A
// deed that is missed, or counted twice, does little harm.
func (s *Service) Learn(ctx context.Context) error {
	for ctx.Err() == nil {
		n := 0
		err := s.DB.InTx(ctx, func(tx *db.Tx) error {
			after, err := learnedUntil(ctx, tx)
			if err != nil {
				return err
			}
			ds, err := actsSince(ctx, tx, after, s.Clock.Now().Add(-learnLag), learnBatch)
			if err != nil {
				return err
			}
			n = len(ds)
			return s.learn(ctx, tx, ds)
		})
		if err != nil || n < learnBatch {
			return err
		}
	}
	return ctx.Err()
}

// learn adds deeds, oldest first, to the habits of those who did them.
func (s *Service) learn(ctx context.Context, tx *db.Tx, ds []act) error {
	var ids []accounts.UserID
	for _, d := range ds {
		if isMember(string(d.User)) {
			ids = append(ids, d.User)
		}
	}
	ids = unique(ids)
	us, err := s.Accounts.Many(ctx, tx, ids)
	if err != nil {
		return err
	}
	rows, err := habitRows(ctx, tx, ids)
	if err != nil {
		return err
	}
	known := map[accounts.UserID]habitRow{}
	for _, r := range rows {
		known[r.User] = r
	}
	for _, d := range ds {
		u, ok := us[d.User]
		if !ok || u.IsDeleted() {
			continue
		}
		r := known[d.User]
		h := r.habit().aged(d.At.Sub(r.At))
		h[d.At.In(clock.Zone(u.Zone)).Hour()]++
		known[d.User] = habitRow{User: d.User, Hours: h.String(), At: d.At}
	}
	var changed []habitRow
	for _, id := range ids {
		if r, ok := known[id]; ok {
			changed = append(changed, r)
		}
	}
	return saveHabits(ctx, tx, changed)
}

// aged is a habit some time later: what was done counts less.
func (h Habit) aged(by time.Duration) Habit {
	if by <= 0 {
		return h
	}
	f := math.Exp2(-float64(by) / float64(habitHalf))
	for i := range h {
		h[i] *= f
	}
	return h
}

// Export is what was learned about somebody and what they asked for, for their
// data.
func (s *Service) Export(ctx context.Context, u accounts.UserID) (string, any, error) {
	habits, err := habitsOf(ctx, s.DB, []accounts.UserID{u})
	if err != nil {
		return "", nil, err
	}
	subjects, err := mutesBy(ctx, s.DB, u)
	if err != nil {
		return "", nil, err
	}
	used, err := tapsBy(ctx, s.DB, u)
	data := map[string]any{"muted": subjects, "links": used}
	if h, ok := habits[u]; ok {
		data["hours"] = h
	}
	return "reminders", data, err
}

// Leave forgets what was learned about somebody who leaves.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	return forget(ctx, tx, u)
}
