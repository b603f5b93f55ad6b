package messaging

import (
	"strings"
	"testing"
)

// One letter outside the short alphabet halves what a message holds.
func TestPartsOfAnSMS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 1},
		{strings.Repeat("ä", 160), 1},
		{strings.Repeat("ä", 161), 2},
		{strings.Repeat("a", 306), 2},
		{strings.Repeat("a", 307), 3},
		{strings.Repeat("€", 80), 1}, // two places each
		{strings.Repeat("€", 81), 2},
		{strings.Repeat("š", 70), 1},
		{strings.Repeat("š", 71), 2},
		{"š" + strings.Repeat("a", 134), 3},
		{strings.Repeat("🐴", 35), 1}, // two 16-bit characters each
		{strings.Repeat("🐴", 36), 2},
	} {
		if got := Parts(c.text); got != c.want {
			t.Errorf("%d letters of %.3q: %d parts, want %d", len([]rune(c.text)), c.text, got, c.want)
		}
	}
}

// Fine print becomes plain, letters stay what they are, and the link survives
// whatever the text.
func TestShortText(t *testing.T) {
	t.Parallel()
	const link = "https://kierto.example/t/abcdefghij"
	for in, want := range map[string]string{
		"Noora odottaa – vastaa klo\u00a012.00…": "Noora odottaa - vastaa klo 12.00...",
		"”Satula” 🐴 💶 84,90\u00a0€":              "\"Satula\" 84,90 €",
		"Łukasz väntar":                          "Łukasz väntar",
		"Hae: Kokopaikka…. Se palaa":             "Hae: Kokopaikka... Se palaa",
	} {
		if got := shortText(in, ""); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for _, text := range []string{strings.Repeat("pitkä sana ", 200), strings.Repeat("Šiauliai ", 200), strings.Repeat("🐴", 500)} {
		got := shortText(text, link)
		if Parts(got) > maxParts || !strings.HasSuffix(got, link) {
			t.Errorf("%d parts: %q", Parts(got), got)
		}
	}
	if got := shortText("", link); got != link {
		t.Errorf("a link alone became %q", got)
	}
}
