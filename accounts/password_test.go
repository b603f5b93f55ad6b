package accounts

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/kierto/kierto/internal/clock"
)

// The judge of passwords survives whatever is typed, and does not take long.
func TestEveryPasswordIsJudged(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := []rune("abcABC019 .-!äößѠ漢👍\u0301\u202e\u0000\ufffdqwertyPassword4$@")
	for range 150 {
		var b strings.Builder
		for range rnd.IntN(220) {
			b.WriteRune(letters[rnd.IntN(len(letters))])
		}
		_ = judgePassword("password", b.String(), b.String(), "anna@example.fi")
	}
	_ = judgePassword("password", strings.Repeat("\xff", 30))

	start := clock.Wall()
	_ = judgePassword("password", "4@8({[<36!1|0$57+xyz%29abcdefgh4@8({[<36!1|0$57+xyz%29abcdefghij")
	if took := clock.Wall().Sub(start); took > time.Second { // milliseconds, but for a very busy machine
		t.Errorf("a tangled password took %s", took)
	}
}

// What is stored is strong: the OWASP parameters, and a salt of its own.
func TestPasswordsAreHashedStrongly(t *testing.T) {
	t.Parallel()
	p := NewPasswords(Strong)
	one, err := p.Hash(t.Context(), "a long secret 7")
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Hash(t.Context(), "a long secret 7")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("no salt")
	}
	params, _, _, err := argon2id.DecodeHash(one)
	if err != nil {
		t.Fatal(err)
	}
	if params.Memory < 19<<10 || params.Iterations < 2 || params.KeyLength < 32 || params.SaltLength < 16 {
		t.Errorf("parameters %+v", params)
	}
	for _, c := range []struct {
		typed, stored string
		want          bool
	}{{"a long secret 7", one, true}, {"a long secret 8", one, false}, {"", "", false}, {"nobody's password", "", false}} {
		if ok, err := p.Match(t.Context(), c.typed, c.stored); ok != c.want || err != nil {
			t.Errorf("%q: %v, %v", c.typed, ok, err)
		}
	}
}

// The words people here build passwords of are whole words.
func TestLocalWords(t *testing.T) {
	t.Parallel()
	for _, w := range localWords {
		if !utf8.ValidString(w) || len(w) < 3 {
			t.Errorf("%q", w)
		}
	}
}
