package accounts

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/nbutton23/zxcvbn-go"
	"github.com/nbutton23/zxcvbn-go/matching"
	"golang.org/x/sync/semaphore"

	"github.com/kierto/kierto/internal/fault"
)

// Strong is how passwords are hashed: the OWASP Password Storage Cheat Sheet's
// first choice that fits a small server, 19 MiB and two passes. One hash takes
// about 25 ms of one core.
var Strong = argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Rules of a password. Length counts and composition does not, and nobody is
// made to change one (NIST SP 800-63B).
const (
	minPassword  = 10  // characters
	maxPassword  = 200 // characters; longer ones cost only time
	minScore     = 3   // of zxcvbn's 0–4: more than 10⁶ guesses
	judgedLength = 48  // characters that are judged; the rest only helps
)

// hashWait is how long a person waits for their turn to be hashed.
const hashWait = 10 * time.Second

// Passwords hashes passwords, a few at a time: each takes memory and a core.
type Passwords struct {
	params argon2id.Params
	turns  *semaphore.Weighted
	decoy  func() string // what a stranger's guess is compared with
}

// NewPasswords hashes with params, as many at once as there are cores.
func NewPasswords(params argon2id.Params) *Passwords {
	p := &Passwords{params: params, turns: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))}
	p.decoy = sync.OnceValue(func() string {
		h, err := argon2id.CreateHash("nobody's password", &p.params)
		if err != nil {
			panic(err) // the parameters are wrong
		}
		return h
	})
	return p
}

// Hash is what is stored of a password.
func (p *Passwords) Hash(ctx context.Context, password string) (h string, err error) {
	err = p.inTurn(ctx, func() error {
		h, err = argon2id.CreateHash(password, &p.params)
		return err
	})
	return h, err
}

// Match tells whether password is the one behind stored. An empty stored hash,
// of somebody unknown or gone, takes as long and never matches.
func (p *Passwords) Match(ctx context.Context, password, stored string) (ok bool, err error) {
	against := stored
	if stored == "" {
		against = p.decoy()
	}
	if utf8.RuneCountInString(password) > maxPassword {
		password = ""
	}
	err = p.inTurn(ctx, func() error {
		ok, err = argon2id.ComparePasswordAndHash(password, against)
		return err
	})
	return ok && stored != "", err
}

func (p *Passwords) inTurn(ctx context.Context, f func() error) error {
	waiting, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	if err := p.turns.Acquire(waiting, 1); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return fault.New(fault.Busy, "accounts.busy")
		}
		return err
	}
	defer p.turns.Release(1)
	return f()
}

// localWords are what people here build passwords of, beside the English words
// and leaked passwords that the judge knows.
var localWords = strings.Fields(`kierto salasana lösenord losenord password passord hevonen heppa poni ratsu satula suitset
	talli ravit häst hästen stall sadel kirppis kirpputori suomi finland helsinki tampere turku oulu espoo vantaa
	perkele saatana vittu rakkaus rakas kulta äiti isä kissa koira kesä talvi syksy kevät sommar vinter höst vår
	tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu
	januari februari mars april maj juni juli augusti september oktober november december
	maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai yksi kaksi kolme moikka terve hejsan`)

// judgePassword tells what is wrong with a new password, or nil. about is what
// is known of the person: a password made of it is no secret.
func judgePassword(field, password string, about ...string) *fault.Fault {
	n := utf8.RuneCountInString(password)
	switch {
	case n == 0:
		return fault.Field(field, "accounts.password_missing")
	case n < minPassword:
		return fault.Field(field, "accounts.password_short", "Min", minPassword)
	case n > maxPassword:
		return fault.Field(field, "accounts.password_long", "Max", maxPassword)
	}
	if strength(password, about) < minScore {
		return fault.Field(field, "accounts.password_common")
	}
	return nil
}

// strength is zxcvbn's score, 0 to 4: how many guesses of leaked passwords,
// words, names, dates, keyboard walks and repeats it would take.
func strength(password string, about []string) int {
	plain := plainLetters(strings.ToLower(password))
	if r := []rune(plain); len(r) > judgedLength {
		plain = string(r[:judgedLength])
	}
	known := make([]string, 0, 2*len(localWords)+8)
	for _, a := range about {
		for _, w := range strings.FieldsFunc(strings.ToLower(a), notLetter) {
			known = append(known, plainLetters(w))
		}
	}
	for _, w := range localWords {
		known = append(known, plainLetters(w))
	}
	score := 4
	for _, p := range []string{plain, spelt(plain, 'i'), spelt(plain, 'l')} {
		score = min(score, zxcvbn.PasswordStrength(onceOnly(p), known, matching.FilterL33tMatcher).Score)
	}
	return score
}

// signs are the letters that digits and signs stand for. The judge's own way of
// undoing them tries every combination, which takes seconds for some passwords.
var signs = strings.NewReplacer("@", "a", "4", "a", "8", "b", "(", "c", "3", "e", "6", "g", "9", "g", "!", "i", "0", "o",
	"$", "s", "5", "s", "7", "t", "+", "t", "%", "x", "2", "z")

// spelt is a password with letters for digits and signs, but for those at its
// end: p4ssw0rd99 becomes password99. A 1 becomes one.
func spelt(s string, one rune) string {
	word := strings.TrimRightFunc(s, notLetter)
	return strings.ReplaceAll(signs.Replace(word), "1", string(one)) + s[len(word):]
}

// onceOnly is s, or its first part when s is that part again and again, which
// the judge would take for new words.
func onceOnly(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}
