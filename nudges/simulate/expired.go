package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// How long a link lives after the deadline that stood when it was made, and how
// coarsely that is counted.
const (
	linkLives  = 21 * dayLength
	linkRounds = 6 * time.Hour
)

// foundAgain is how many of those who read a message with links find it again when
// they have expired, and tap one.
const foundAgain = 0.01

// noticeDeadline keeps between which deadlines a turn has been.
func (w *world) noticeDeadline(t *turnRow) {
	e, known := w.ends[t.ID]
	if !known {
		e[0] = t.DueAt
	}
	w.ends[t.ID] = [2]clock.Instant{min(e[0], t.DueAt), max(e[1], t.DueAt)}
}

// age tells, by the program's clock, whether a link has certainly expired, or
// certainly not. Which of its turn's deadlines stood when it was made is not known.
func (w *world) age(l link) (old, fresh bool) {
	e, now := w.ends[string(l.turn)], w.clock.Now().Add(w.skew.by)
	return !now.Before(e[1].Add(linkLives + linkRounds)), now.Before(e[0].Add(linkLives))
}

// findsAgain lets somebody tap a link of a message once it has expired.
func (w *world) findsAgain(p *person, g got, t *turnRow, d dice) {
	when := p.awake(w.ends[t.ID][1].Add(linkLives + linkRounds + d.between(27, time.Hour, 3*dayLength)))
	w.stays = max(w.stays, when.Add(dayLength))
	w.at(when, func(ctx context.Context) error { return w.tapsOld(ctx, p, g, t, d, 0) })
}

// tapsOld is a tap on one of the links, mostly on one that would act although its
// turn is over.
func (w *world) tapsOld(ctx context.Context, p *person, g got, t *turnRow, d dice, try uint64) error {
	if p.gone {
		return nil
	}
	ls, again, err := w.shown(ctx, p, g, t)
	if err != nil || len(ls) == 0 && !again {
		return err
	}
	if !again {
		l := ls[d.below(28, len(ls))]
		for _, x := range ls {
			if x.lasts() && d.chance(29, 0.6) {
				l = x
			}
		}
		in := w.filled(l, d)
		in.Step = l.step
		_, again, err = w.tap(ctx, p, l, in)
	}
	if again && try < 20 {
		w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.tapsOld(ctx, p, g, t, d, try+1) })
	}
	return err
}
