package ui

import "testing"

// A number and its unit stay on one line; words do not.
func TestTitlesKeepUnitsWithTheirNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Rambo 135 cm 200 g, sininen": "Rambo 135\u00a0cm 200\u00a0g, sininen",
		"Ämpärit 2 kpl":               "Ämpärit 2\u00a0kpl",
		"Wintec 17 musta":             "Wintec 17 musta",
		"Satula 3 gaitaa":             "Satula 3 gaitaa",
		"Pintelit 4 m äiti":           "Pintelit 4\u00a0m äiti",
		"Loimi 3 mä":                  "Loimi 3 mä",
		"Arvo 250 €":                  "Arvo 250\u00a0€",
	} {
		if got := Bound(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

// Dots that would hide behind the beginning, now or the end are left out.
func TestTheClocksDotsStandApart(t *testing.T) {
	t.Parallel()
	got := apart([]float64{1, 20, 58, 97}, 0, 60)
	if len(got) != 1 || got[0] != 20 {
		t.Errorf("the dots are at %v, not at 20 alone", got)
	}
}
