package calendar

import (
	"fmt"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// at reads "2026-11-20 19:42" on the wall clock of a zone.
func at(t *testing.T, s, zone string) clock.Instant {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Zone(zone))
	if err != nil {
		t.Fatal(err)
	}
	return clock.Of(v)
}

func show(i clock.Instant, zone string) string {
	return i.In(clock.Zone(zone)).Format("2006-01-02 15:04")
}

// A promise in business days ends at 18.00 local time on a day when posts work.
func TestBusinessDaysEndAtSix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		zone string
		want string
		why  string
	}{
		{"2026-11-20 19:42", 5, "Europe/Helsinki", "2026-11-27 18:00", "Friday evening, a whole week"},
		{"2026-11-20 19:42", 3, "Europe/Helsinki", "2026-11-25 18:00", "over a weekend"},
		{"2026-11-22 10:00", 1, "Europe/Helsinki", "2026-11-23 18:00", "from a Sunday"},
		{"2026-12-22 12:00", 3, "Europe/Helsinki", "2026-12-29 18:00", "Christmas Eve is not a day of work, and Saturday is the 26th"},
		{"2026-12-31 12:00", 3, "Europe/Helsinki", "2027-01-07 18:00", "New Year and Epiphany"},
		{"2026-04-02 12:00", 1, "Europe/Helsinki", "2026-04-07 18:00", "Easter"},
		{"2026-06-18 12:00", 1, "Europe/Helsinki", "2026-06-22 18:00", "Midsummer Eve is a Friday"},
		{"2026-05-13 12:00", 1, "Europe/Helsinki", "2026-05-15 18:00", "Ascension Day"},
		{"2026-04-30 12:00", 1, "Europe/Helsinki", "2026-05-04 18:00", "May Day"},
		{"2027-12-03 12:00", 1, "Europe/Helsinki", "2027-12-07 18:00", "Independence Day on a Monday"},
		{"2026-03-27 12:00", 1, "Europe/Helsinki", "2026-03-30 18:00", "clocks go forward between"},
		{"2026-10-23 12:00", 1, "Europe/Helsinki", "2026-10-26 18:00", "clocks go back between"},
		{"2026-11-20 23:30", 1, "Pacific/Kiritimati", "2026-11-23 18:00", "14 hours ahead"},
		{"2026-11-19 23:30", 1, "America/St_Johns", "2026-11-20 18:00", "half an hour off"},
		{"2026-11-20 17:00", 0, "Europe/Helsinki", "2026-11-20 18:00", "today still fits"},
		{"2026-11-20 18:30", 0, "Europe/Helsinki", "2026-11-23 18:00", "today does not"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			got := show(AddBusinessDays(at(t, c.from, c.zone), c.n, clock.Zone(c.zone)), c.zone)
			if got != c.want {
				t.Errorf("%d business days after %s: %s, want %s", c.n, c.from, got, c.want)
			}
		})
	}
}

// Nothing due in business days falls on a day without post, and more days are never sooner.
func TestBusinessDaysAllYear(t *testing.T) {
	t.Parallel()
	zone := clock.Zone("")
	start := at(t, "2026-01-01 00:30", "")
	for h := 0; h < 3*365*24; h += 7 {
		from := start.Add(time.Duration(h) * time.Hour)
		last := from
		for n := 0; n <= 5; n++ {
			due := AddBusinessDays(from, n, zone)
			if due.Before(last) || !IsBusinessDay(due, zone) || due.In(zone).Hour() != DayEnds {
				t.Fatalf("%d days from %s: %s", n, from, due)
			}
			last = due
		}
	}
}

// Nights do not count.
func TestWakingAdd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from        string
		d           time.Duration
		quietFrom   int64
		quietUntil  int64
		zone        string
		want, since string
	}{
		{"2026-11-23 10:00", 2 * time.Hour, 1260, 480, "Europe/Helsinki", "2026-11-23 12:00", "within a day"},
		{"2026-11-23 20:00", 2 * time.Hour, 1260, 480, "Europe/Helsinki", "2026-11-24 09:00", "over a night"},
		{"2026-11-23 23:00", time.Hour, 1260, 480, "Europe/Helsinki", "2026-11-24 09:00", "starting asleep"},
		{"2026-11-23 12:00", 24 * time.Hour, 1260, 480, "Europe/Helsinki", "2026-11-25 10:00", "a waking day takes two"},
		{"2026-03-28 20:00", 2 * time.Hour, 1260, 480, "Europe/Helsinki", "2026-03-29 09:00", "clocks go forward in the night"},
		{"2026-10-24 20:00", 2 * time.Hour, 1260, 480, "Europe/Helsinki", "2026-10-25 09:00", "clocks go back in the night"},
		{"2026-03-29 02:00", time.Hour, 180, 210, "Europe/Helsinki", "2026-03-29 04:00", "quiet time that does not exist that night"},
		{"2026-11-23 12:00", 3 * time.Hour, 780, 840, "Asia/Kathmandu", "2026-11-23 16:00", "a nap, at an odd offset"},
		{"2026-11-23 12:00", 30 * time.Hour, 0, 0, "Europe/Helsinki", "2026-11-24 18:00", "never quiet"},
		{"2026-11-23 22:00", 0, 1260, 480, "Europe/Helsinki", "2026-11-24 08:00", "no time at all, but not at night"},
	} {
		t.Run(c.since, func(t *testing.T) {
			t.Parallel()
			q := Quiet{c.quietFrom, c.quietUntil, clock.Zone(c.zone)}
			if got := show(WakingAdd(at(t, c.from, c.zone), c.d, q), c.zone); got != c.want {
				t.Errorf("%s and %s awake: %s, want %s", c.from, c.d, got, c.want)
			}
		})
	}
}

// Adding and measuring agree, at every hour of a year, in zones with and without
// summer time, and nobody is woken.
func TestWakingAgrees(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"} {
		for _, q := range []Quiet{{1260, 480, nil}, {60, 300, nil}, {0, 1439, nil}, {600, 600, nil}} {
			t.Run(fmt.Sprintf("%s %d-%d", zone, q.From, q.Until), func(t *testing.T) {
				t.Parallel()
				q.Zone = clock.Zone(zone)
				start := at(t, "2026-01-01 00:10", zone)
				for h := 0; h < 366*24; h += 5 {
					from := start.Add(time.Duration(h) * time.Hour)
					for _, d := range []time.Duration{time.Minute, 5 * time.Hour, 26 * time.Hour} {
						if q.Until == 1439 {
							d /= 60 // awake for one minute a day
						}
						then := WakingAdd(from, d, q)
						if got := Waking(from, then, q); got != d {
							t.Fatalf("from %s, %s until %s: awake %s", from, d, then, got)
						}
						if q.Asleep(then) && then != q.next(then-1, q.From) {
							t.Fatalf("from %s: %s is at night", from, then)
						}
						back := WakingBefore(then, d, q)
						if got := Waking(back, then, q); got < d {
							t.Fatalf("%s before %s is %s: awake only %s", d, then, back, got)
						}
					}
				}
			})
		}
	}
}
