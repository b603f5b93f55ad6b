package messaging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every mail in testdata/replies, each as a program of our people's writes it,
// holds what its person wrote between the lines that say so.
func TestOwnWordsAreWhatAPersonWrote(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/replies/*.txt")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		mail, want, ok := strings.Cut(string(raw), "\n===== OWN WORDS\n")
		if !ok {
			t.Fatalf("%s does not say what its person wrote", f)
		}
		if got := ownWords(mail); got != strings.TrimSpace(want) {
			t.Errorf("%s:\ngot  %q\nwant %q", filepath.Base(f), got, strings.TrimSpace(want))
		}
	}
}

// What a person types themselves stays, even if it looks a little like a quote.
func TestOwnWordsStay(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"Anna kirjoitti:\nsatula on myyty.",
		"Hei! Sopisiko 24.11. klo 17.05?\nTerveisin Noora",
		"From: Tampere\nI could bring it on Saturday.",
		"Lähetetty eilen postista.",
		"Satula -- siis se ruskea -- on vielä tallessa.",
		"On se vielä myynnissä. Milloin sopisi?",
		"🐴👩‍🌾 sopii!",
	} {
		if got := ownWords(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for s, want := range map[string]string{
		"a\x00b\r\n\r\n\r\n\r\nc\u200b\u202e": "ab\n\nc",
		"\xff\xfehei":                         "hei",
		"> quoted alone":                      "",
		"":                                    "",
		strings.Repeat("\n", 10_000):          "",
	} {
		if got := ownWords(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

// Looking for quotes takes no time to speak of, whatever somebody sends.
func TestOwnWordsOfHostileMails(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		strings.Repeat("wrote:\n", 200_000), strings.Repeat(">", 1_000_000), strings.Repeat("From: x\n", 200_000),
		strings.Repeat("On a\n", 200_000), strings.Repeat("kirjoitti ", 100_000) + ":", strings.Repeat("1.1.2025 12:00 skrev a@b.fi:\n> x\n", 20_000),
	} {
		if got := ownWords(s); len(got) > len(s) {
			t.Errorf("grew from %d to %d bytes", len(s), len(got))
		}
	}
}
