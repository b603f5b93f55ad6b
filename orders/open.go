package orders

import (
	"context"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/templates/ui"
)

// MaxNote is how long a claim or a reason may be, in characters.
const MaxNote = maxNote

// MaxReview is how long a review may be, in characters.
const MaxReview = maxReview

// VerdictIcon is the face of a verdict.
func VerdictIcon(v Verdict) string { return verdictIcons[v] }

// MovesOf are the events an actor may cause now in a trade whose page is not
// shown.
func (s *Service) MovesOf(ctx context.Context, q db.Queryer, o Order, who Actor) ([]Event, error) {
	f, err := s.facts(ctx, q, o)
	return Moves(o.State, who, f), err
}

// MayPlan tells whether the seller may still say when they will post it.
func (o Order) MayPlan() bool {
	t, open := TurnOf(o.State)
	return open && t.Owes == turn.Ship && !o.Said()
}

// Hours of the slots a seller may say.
const (
	morningEnds   = 10
	dayEnds       = 14
	afternoonEnds = 18
	eveningEnds   = 20
)

// Slots are answers to "when will you post it?" in the words and the zone of
// say: this evening, the next two days, the weekend; at most so many, and none
// past due. chosen is marked.
func Slots(say *i18n.Speaker, due, chosen clock.Instant, most int) []ui.Slot {
	today := say.Now.In(say.Zone)
	day := func(n, hour int) clock.Instant {
		return clock.Of(time.Date(today.Year(), today.Month(), today.Day()+n, hour, 0, 0, 0, say.Zone))
	}
	type slot struct {
		at         clock.Instant
		day, hours string
	}
	all := []slot{
		{day(0, eveningEnds), say.T("trade.slots.today"), say.T("trade.slots.evening")},
		{day(1, morningEnds), say.T("trade.slots.tomorrow"), say.T("trade.slots.morning")},
		{day(1, afternoonEnds), say.T("trade.slots.tomorrow"), say.T("trade.slots.afternoon")},
		{day(2, morningEnds), say.LongDay(day(2, morningEnds)), say.T("trade.slots.morning")},
		{day(2, afternoonEnds), say.LongDay(day(2, afternoonEnds)), say.T("trade.slots.afternoon")},
	}
	if n := (int(time.Saturday) - int(today.Weekday()) + 7) % 7; n > 2 {
		all = append(all, slot{day(n, dayEnds), say.LongDay(day(n, dayEnds)), say.T("trade.slots.midday")})
	}
	var out []ui.Slot
	for _, x := range all {
		if x.at > say.Now && x.at <= due && len(out) < most {
			out = append(out, ui.Slot{Value: strconv.FormatInt(int64(x.at), 10), Day: capital(x.day), Hours: x.hours, Chosen: x.at == chosen})
		}
	}
	return out
}

// capital is s with a capital first letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
