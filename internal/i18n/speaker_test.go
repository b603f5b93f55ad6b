package i18n_test

import (
	"math"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
)

// now is Wednesday 25 November 2026, 20.00 in Helsinki.
var now = clock.Of(time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC))

// Moments are written as each language writes them.
func TestMoments(t *testing.T) {
	t.Parallel()
	friday := clock.Of(time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC))
	for lang, want := range map[string]string{"fi": "pe\u00a027.11. klo\u00a018.00", "sv": "fre\u00a027.11 kl.\u00a018.00", "en": "Fri\u00a027\u00a0Nov 18:00"} {
		if got := i18n.For(lang, "Europe/Helsinki", now).DayClock(friday); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// Today and tomorrow are the reader's own: midnight lies elsewhere elsewhere.
func TestSoonIsTheReadersDay(t *testing.T) {
	t.Parallel()
	in3 := now.Add(3 * time.Hour) // 23.00 in Helsinki, 8.00 tomorrow in Sydney's zone
	if got := i18n.For("fi", "Europe/Helsinki", now).Soon(in3); got != "tänään klo 23.00" {
		t.Errorf("Helsinki: %q", got)
	}
	late := now.Add(5 * time.Hour)
	if got := i18n.For("fi", "Europe/Helsinki", now).Soon(late); got != "huomenna klo 01.00" {
		t.Errorf("Helsinki after midnight: %q", got)
	}
}

// Numbers agree with their words.
func TestSpans(t *testing.T) {
	t.Parallel()
	fi := i18n.For("fi", "", now)
	for d, want := range map[time.Duration]string{
		49 * time.Hour: "2 päivää", 5 * time.Hour: "5 tuntia", time.Minute: "1 minuutti", 119 * time.Minute: "119 minuuttia",
	} {
		if got := fi.Span(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// A browser's wish is heard; what we do not speak falls back to Finnish.
func TestChoose(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{"sv-FI,fi;q=0.8": "sv", "de,en;q=0.5": "en", "de": "fi", "": "fi", ";;;": "fi"} {
		if got := i18n.Choose(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}

// Whole numbers are written in groups of three.
func TestNumbersAreGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 725696: "725,696", 1234567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := (&i18n.Speaker{Lang: "en"}).Number(n); got != want {
			t.Errorf("%d is written %s, not %s", n, got, want)
		}
	}
	if got := (&i18n.Speaker{Lang: "fi"}).Number(725696); got != "725\u00a0696" {
		t.Errorf("in Finnish it is %q", got)
	}
}

// Decimals are written as each language writes them, and what is no number as a
// sign for it.
func TestDecimals(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64][2]string{1.25: {"1,2", "1.2"}, -0.4: {"−0,4", "−0.4"}, -0.01: {"0,0", "0.0"}, math.Inf(1): {"∞", "∞"}, 30: {"30,0", "30.0"}} {
		for i, lang := range []string{"sv", "en"} {
			if got := (&i18n.Speaker{Lang: lang}).Decimal(x); got != want[i] {
				t.Errorf("%s: %v is written %q, not %q", lang, x, got, want[i])
			}
		}
	}
	if got := (&i18n.Speaker{Lang: "fi"}).Decimal(math.NaN()); got != "–" {
		t.Errorf("none is written %q", got)
	}
}
