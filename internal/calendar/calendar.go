// Package calendar knows Finnish business days and people's waking hours.
// Deadlines are instants; this package only says which instant is meant.
package calendar

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"

	"github.com/kierto/kierto/internal/clock"
)

// DayEnds is the local hour at which a deadline counted in business days falls.
const DayEnds = 18

// maxSearch bounds every look for a day that fits, in days.
const maxSearch = 60

// finnish is the calendar of Finnish business days: Monday to Friday, without
// the holidays on which neither posts nor banks work. The library has no Finland
// of its own; its rules are put together here from its parts.
var finnish = func() *cal.BusinessCalendar {
	c := cal.NewBusinessCalendar()
	from := func(m time.Month, day int, wd time.Weekday) *cal.Holiday {
		return &cal.Holiday{Month: m, Day: day, Weekday: wd, Offset: 1, Func: cal.CalcWeekdayFrom}
	}
	on := func(m time.Month, day int) *cal.Holiday {
		return &cal.Holiday{Month: m, Day: day, Func: cal.CalcDayOfMonth}
	}
	c.AddHoliday(
		aa.NewYear, aa.Epiphany, aa.GoodFriday, aa.EasterMonday, aa.WorkersDay, aa.AscensionDay,
		from(time.June, 19, time.Friday),   // Midsummer Eve
		from(time.June, 20, time.Saturday), // Midsummer Day
		on(time.December, 6),               // Independence Day
		on(time.December, 24),              // Christmas Eve
		aa.ChristmasDay, aa.ChristmasDay2,
	)
	return c
}()

// IsBusinessDay tells whether the day that i falls on in zone is one on which
// Finnish posts and banks work.
func IsBusinessDay(i clock.Instant, zone *time.Location) bool {
	return isBusinessDay(i.In(zone))
}

func isBusinessDay(t time.Time) bool {
	return finnish.IsWorkday(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC))
}

// AddBusinessDays is 18.00 in zone on the n-th business day after the day of
// from: what is promised on a Friday "in one business day" is due on Monday
// evening. n of 0 is the next 18.00 of a business day.
func AddBusinessDays(from clock.Instant, n int, zone *time.Location) clock.Instant {
	day := from.In(zone)
	for left, tries := n, 0; left > 0 && tries < n*7+maxSearch; tries++ {
		day = day.AddDate(0, 0, 1)
		if isBusinessDay(day) {
			left--
		}
	}
	due := evening(day)
	for tries := 0; tries < maxSearch && (!isBusinessDay(day) || due.Before(from)); tries++ {
		day = day.AddDate(0, 0, 1)
		due = evening(day)
	}
	return due
}

// evening is the end of a business day on the day of t, in its zone.
func evening(t time.Time) clock.Instant {
	return clock.Of(time.Date(t.Year(), t.Month(), t.Day(), DayEnds, 0, 0, 0, t.Location()))
}
