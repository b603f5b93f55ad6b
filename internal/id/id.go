// Package id makes identifiers: a prefix that says what it names, then a ULID,
// so that ids sort by age and cannot be guessed (80 random bits).
package id

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/kierto/kierto/internal/clock"
)

// New is a fresh id such as "ord_01jd…"; T is a domain's own id type.
func New[T ~string](prefix string, now clock.Instant) T { return From[T](prefix, now, rand.Reader) }

// From is New with random bytes of the caller's own, for data that a seed
// determines. What strangers may see needs New.
func From[T ~string](prefix string, now clock.Instant, random io.Reader) T {
	u := ulid.MustNew(ulid.Timestamp(now.Time()), random)
	return T(prefix + "_" + strings.ToLower(u.String()))
}

// Secret is 32 random bytes as URL-safe text, for tokens. Store only its hash.
func Secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand.Read never fails: it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// refLetters leaves out what is misread aloud: 0 O 1 I L.
const refLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Ref is a short reference for people to say on the phone: four to eight
// letters and digits. It is not secret.
func Ref(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i, v := range b {
		b[i] = refLetters[int(v)%len(refLetters)]
	}
	return string(b)
}
