package nudges

import (
	"context"
	"errors"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
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

// TellingOf is what a step of a turn tells its reader; told is what the one who
// waits hears of it instead.
func (s *Service) TellingOf(ctx context.Context, t turn.Turn, p Step, u accounts.UserID, told bool) (messaging.Telling, error) {
	f, err := s.gather(ctx, s.DB, []turn.Turn{t})
	if err != nil {
		return messaging.Telling{}, err
	}
	b, ok := f.brief(t, u, p.To == ToOperator && !told)
	if !ok {
		return messaging.Telling{}, errors.New("nobody knows what it is about")
	}
	key := "nudges." + p.Text + b.ending
	if told {
		key, b.args["When"] = toldKey(t.Kind), s.Clock.Now()
	}
	return messaging.Telling{
		To: u, Topic: messaging.TopicNudge, Key: key, Args: b.args, URL: b.url, Thread: b.thread, Turn: t.ID, Step: p.Name, Warning: p.Warning && !told,
	}, nil
}
