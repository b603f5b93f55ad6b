package i18n

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

// Speaker words things for one reader: in their language and time zone.
type Speaker struct {
	Lang string
	Zone *time.Location
	Now  clock.Instant // the moment "today" is meant from
}

// For is a speaker for a reader.
func For(lang, zone string, now clock.Instant) *Speaker {
	if !Valid(lang) {
		lang = Langs[0]
	}
	return &Speaker{Lang: lang, Zone: clock.Zone(zone), Now: now}
}

// T is the sentence of key with "Name", value pairs filled in.
func (s *Speaker) T(key string, pairs ...any) string { return Text(s.Lang, key, pairs...) }

// N is the sentence of key for n things; the sentence may use {{.N}}.
func (s *Speaker) N(key string, n int, pairs ...any) string {
	return Count(s.Lang, key, n, pairs...)
}

// Fault is the sentence of a fault.
func (s *Speaker) Fault(f *fault.Fault) string {
	pairs := make([]any, 0, 2*len(f.Args))
	for k, v := range f.Args {
		pairs = append(pairs, k, s.word(v))
	}
	return s.T(f.Key, pairs...)
}

// Key is a value of a sentence that is a sentence of its own.
type Key string

// word is a value as the reader writes it.
func (s *Speaker) word(v any) any {
	switch v := v.(type) {
	case money.Amount:
		return s.Money(v)
	case clock.Instant:
		return s.DayClock(v)
	case Key:
		return s.T(string(v))
	}
	return v
}

// Money is an amount as the reader writes it: "1 234,50 €".
func (s *Speaker) Money(a money.Amount) string { return a.Format(s.Lang) }

// Number is a whole number as the reader writes it: "4 210", in English "4,210".
func (s *Speaker) Number(n int64) string {
	sep := "\u00a0"
	if s.Lang == "en" {
		sep = ","
	}
	out := strconv.FormatInt(n, 10)
	for at := len(out) - 3; at > 0 && out[at-1] != '-'; at -= 3 {
		out = out[:at] + sep + out[at:]
	}
	return out
}

// Decimal is a number with one decimal as the reader writes it: "4,2", in English
// "4.2"; – for none and ∞ for never.
func (s *Speaker) Decimal(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return "∞"
	}
	out := strconv.FormatFloat(x, 'f', 1, 64)
	if out == "-0.0" {
		out = "0.0"
	}
	out = strings.Replace(out, "-", "−", 1)
	if s.Lang != "en" {
		out = strings.Replace(out, ".", ",", 1)
	}
	return out
}

// shortDays and longDays are weekday names, Sunday first, as CLDR gives them.
var (
	shortDays = map[string][7]string{
		"fi": {"su", "ma", "ti", "ke", "to", "pe", "la"},
		"sv": {"sön", "mån", "tis", "ons", "tors", "fre", "lör"},
		"en": {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	}
	longDays = map[string][7]string{
		"fi": {"sunnuntai", "maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai"},
		"sv": {"söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"},
		"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
)

// Clock is the time of day: "18.00", in English "18:00".
func (s *Speaker) Clock(i clock.Instant) string {
	if s.Lang == "en" {
		return i.In(s.Zone).Format("15:04")
	}
	return i.In(s.Zone).Format("15.04")
}

// Date is the day of the month: "27.11.", in English "27 Nov"; with the year
// when it is not this year's.
func (s *Speaker) Date(i clock.Instant) string {
	t := i.In(s.Zone)
	year := t.Year() != s.Now.In(s.Zone).Year()
	switch {
	case s.Lang == "en" && year:
		return t.Format("2\u00a0Jan\u00a02006")
	case s.Lang == "en":
		return t.Format("2\u00a0Jan")
	case year:
		return t.Format("2.1.2006")
	case s.Lang == "sv":
		return t.Format("2.1")
	}
	return t.Format("2.1.")
}

// Day is a short weekday and date: "pe 27.11.".
func (s *Speaker) Day(i clock.Instant) string {
	return shortDays[s.Lang][i.In(s.Zone).Weekday()] + "\u00a0" + s.Date(i)
}

// LongDay is a weekday and date for headings: "perjantai 27.11.".
func (s *Speaker) LongDay(i clock.Instant) string {
	return longDays[s.Lang][i.In(s.Zone).Weekday()] + " " + s.Date(i)
}

// DayClock is a moment: "pe 27.11. klo 18.00".
func (s *Speaker) DayClock(i clock.Instant) string {
	return s.Day(i) + map[string]string{"fi": " klo\u00a0", "sv": " kl.\u00a0", "en": " "}[s.Lang] + s.Clock(i)
}

// days is how many midnights of the reader lie between now and i.
func (s *Speaker) days(i clock.Instant) int {
	a, b := s.Now.In(s.Zone), i.In(s.Zone)
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)).Hours() / 24)
}

// Soon is a moment near now in everyday words: "tänään klo 17.05", "huomenna
// klo 9.00", otherwise DayClock.
func (s *Speaker) Soon(i clock.Instant) string {
	switch s.days(i) {
	case 0:
		return s.T("time.today", "Clock", s.Clock(i))
	case 1:
		return s.T("time.tomorrow", "Clock", s.Clock(i))
	case -1:
		return s.T("time.yesterday", "Clock", s.Clock(i))
	}
	return s.DayClock(i)
}

// Left is the time until i in one unit: "2 pv", "5 h", "20 min"; "0 min" once
// it has passed.
func (s *Speaker) Left(i clock.Instant) string { return s.Span(max(0, i.Sub(s.Now))) }

// Span is a length of time in its largest fitting unit.
func (s *Speaker) Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return s.N("time.days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return s.N("time.hours", int(d.Hours()))
	}
	return s.N("time.minutes", int(d.Minutes()))
}

// halfDay is up to how many hours a measured time is told in hours.
const halfDay = 12

// Within is about how long something takes: "noin 2 tunnissa".
func (s *Speaker) Within(d time.Duration) string {
	switch hours := int((d + 30*time.Minute) / time.Hour); {
	case d < time.Hour:
		return s.N("time.within_minutes", max(1, int(d/time.Minute)))
	case hours <= halfDay:
		return s.N("time.within_hours", hours)
	default:
		return s.N("time.within_days", (hours+23)/24)
	}
}

// ISO is i for a <time datetime>.
func (s *Speaker) ISO(i clock.Instant) string { return i.In(s.Zone).Format(time.RFC3339) }

// String names the speaker, for tests.
func (s *Speaker) String() string { return fmt.Sprintf("%s in %s", s.Lang, s.Zone) }
