package nudges

import (
	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
)

// LinkOf is the address of a deed of a turn for one of its two; "" is the menu.
func (s *Service) LinkOf(t turn.Turn, u accounts.UserID, name string) string {
	l, _ := linkFor(t, u, menuCode)
	if name != "" {
		l.deed = deedNamed(name).code
	}
	return linkPath + s.token(l, u)
}

// LinkUntil is the same for a link that expires then.
func (s *Service) LinkUntil(t turn.Turn, u accounts.UserID, name string, until clock.Instant) string {
	l, _ := linkFor(t, u, deedNamed(name).code)
	l.until = until
	return linkPath + s.token(l, u)
}

// DeedNames are all deeds.
func DeedNames() []string {
	var out []string
	for _, d := range deeds {
		out = append(out, d.name)
	}
	return out
}

// Offered are the deeds of a kind of turn, for the one who owes and the one who
// waits.
func Offered(k turn.Kind) (owner, waiter []string) { return offered[k][0], offered[k][1] }

// DeedCodes are the deeds by what stands for them in tokens.
func DeedCodes() map[byte]string {
	out := map[byte]string{}
	for _, d := range deeds {
		out[d.code] += d.name
	}
	return out
}
