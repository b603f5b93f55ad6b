// Package id makes identifiers: a prefix that says what it names, then a ULID,
// so that ids sort by age and cannot be guessed (80 random bits).
package id

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"strings"
	"sync"

	"github.com/oklog/ulid/v2"

	"github.com/kierto/kierto/internal/clock"
)

// New is a fresh id such as "ord_01jd…"; T is a domain's own id type.
func New[T ~string](prefix string, now clock.Instant) T { return From[T](prefix, now, source{}) }

// From is New with random bytes of the caller's own, for data that a seed
// determines. What strangers may see needs New.
func From[T ~string](prefix string, now clock.Instant, random io.Reader) T {
	u := ulid.MustNew(ulid.Timestamp(now.Time()), random)
	return T(prefix + "_" + strings.ToLower(u.String()))
}

// Secret is 32 random bytes as URL-safe text, for tokens. Store only its hash.
func Secret() string {
	b := make([]byte, 32)
	_, _ = source{}.Read(b) // crypto/rand.Read never fails: it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// refLetters leaves out what is misread aloud: 0 O 1 I L.
const refLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Ref is a short reference for people to say on the phone: four to eight
// letters and digits. It is not secret.
func Ref(n int) string {
	b := make([]byte, n)
	_, _ = source{}.Read(b)
	for i, v := range b {
		b[i] = refLetters[int(v)%len(refLetters)]
	}
	return string(b)
}

// seeded takes the place of the machine's randomness while a simulation runs.
var seeded struct {
	sync.RWMutex
	from io.Reader
}

// Seed makes every id, secret and reference of this process from random, until
// the function it returns is called. It is for the simulator alone, whose same
// seed has to give the same ids on every database: whoever serves people never
// calls it, since such ids can be guessed. A process has one simulation at a time.
func Seed(random io.Reader) (restore func()) {
	set := func(r io.Reader) {
		seeded.Lock()
		seeded.from = r
		seeded.Unlock()
	}
	set(random)
	return func() { set(nil) }
}

// source is the machine's randomness, or the simulation's.
type source struct{}

// Read implements io.Reader.
func (source) Read(b []byte) (int, error) {
	seeded.RLock()
	from := seeded.from
	seeded.RUnlock()
	if from == nil {
		return rand.Read(b)
	}
	seeded.Lock()
	defer seeded.Unlock()
	return from.Read(b)
}

// Bytes are the 16 bytes behind an id, for where its text is too long; false
// when it is none of ours.
func Bytes[T ~string](x T) ([16]byte, bool) {
	_, text, found := strings.Cut(string(x), "_")
	u, err := ulid.ParseStrict(strings.ToUpper(text))
	return u, found && err == nil
}

// FromBytes is the id that Bytes was asked for.
func FromBytes[T ~string](prefix string, b [16]byte) T {
	return T(prefix + "_" + strings.ToLower(ulid.ULID(b).String()))
}

// zeros is the end of the smallest id of a moment.
type zeros struct{}

// Read fills b with zeros.
func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Floor sorts before every id made at or after a moment, and after every id made
// before it, so that a span of time is a span of ids.
func Floor[T ~string](prefix string, at clock.Instant) T { return From[T](prefix, at, zeros{}) }
