package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
)

// How often people want less of us.
const (
	stops    = 0.08 // of readers of a short message want no more of them
	restarts = 0.4  // of those take it back, days later
	unsubs   = 0.01 // of readers of a letter want no more such letters
	unmutes  = 0.3  // of those who muted a trade take it back
)

// stopWords are how people write it.
var stopWords = []string{"STOP", "Stop.", "lopeta", "LOPETA!", "stopp", "“Sluta”"}

// stops is somebody answering a short message with STOP; some take it back.
func (w *world) stops(ctx context.Context, p *person, g got, d dice, try uint64) error {
	words := messaging.Words{Channel: g.channel, From: p.phone, Text: stopWords[d.below(46, len(stopWords))], Dedupe: "stop-" + string(g.id)}
	done, again, err := w.says(ctx, words, messaging.Stopped)
	if again && try < 20 {
		w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.stops(ctx, p, g, d, try+1) })
	}
	if !done || err != nil {
		return err
	}
	w.stopped[p.phone] = true
	if err := w.sabotageWhen(ctx, stoppedTexts, p.phone); err != nil {
		return err
	}
	if d.chance(47, cameTwice) {
		_, _, err = w.says(ctx, words, messaging.Stopped)
	}
	if d.chance(48, restarts) {
		w.at(p.awake(w.clock.Now().Add(d.between(49, dayLength, 9*dayLength))), func(ctx context.Context) error { return w.starts(ctx, p, g, d, 0) })
	}
	return err
}

// starts is the same person wanting short messages again.
func (w *world) starts(ctx context.Context, p *person, g got, d dice, try uint64) error {
	if p.gone {
		return nil
	}
	done, again, err := w.says(ctx, messaging.Words{Channel: g.channel, From: p.phone, Text: "Aloita", Dedupe: "start-" + string(g.id)}, messaging.Started)
	if again && try < 20 {
		w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.starts(ctx, p, g, d, try+1) })
	}
	if done {
		delete(w.stopped, p.phone)
	}
	return err
}

// says is somebody texting us one word, of which one verdict is to come.
func (w *world) says(ctx context.Context, words messaging.Words, want string) (done, again bool, err error) {
	verdict := ""
	done, again, err = w.attempt(ctx, "text", func(ctx context.Context) (err error) {
		verdict, err = w.node.Messages.Heard(ctx, words)
		return err
	})
	if done {
		w.holds(Stopped, verdict == want, nil, "%q by %s is understood as %s", words.Text, words.Channel, verdict)
		w.answers["texted: "+verdict]++
	}
	return done, again, err
}

// unsubscribes is somebody using the link that ends letters of a kind.
func (w *world) unsubscribes(ctx context.Context, p *person, g got, d dice, try uint64) error {
	if p.gone {
		return nil
	}
	done, again, err := w.attempt(ctx, "unsubscribe", func(ctx context.Context) error { return w.node.Messages.Unsubscribe(ctx, g.stop) })
	if again && try < 20 {
		w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.unsubscribes(ctx, p, g, d, try+1) })
	}
	if !done || err != nil {
		return err
	}
	p.ended[g.topic] = true
	w.answers["ended letters: "+g.topic]++
	return w.sabotageWhen(ctx, endedLetters, string(p.id))
}

// unsubscribesWrongly is a link of the same kind that we did not make.
func (w *world) unsubscribesWrongly(ctx context.Context, p *person, g got) error {
	_, _, err := w.attempt(ctx, "forge", func(ctx context.Context) error {
		err := w.node.Messages.Unsubscribe(ctx, "A"+g.stop)
		w.holds(TapForged, fault.Is(err, fault.Missing), nil, "a forged link that ends letters of %s: %v", p.id, err)
		return nil
	})
	return err
}

// mutes is somebody asking not to be reminded of a trade: by the link in its
// letters, or in its room. Some take it back.
func (w *world) mutes(ctx context.Context, p *person, t *turnRow, g got, step string, d dice) error {
	if p.gone {
		return nil
	}
	muted := w.hushed(p, t.Subject)
	if l, ok := named(g.about(t.ID), "mute", d); ok {
		acted, _, err := w.tap(ctx, p, l, nudges.Given{Step: l.step})
		if !acted || err != nil {
			return err
		}
		w.muted[muted] = true
		if d.chance(54, unmutes) {
			w.at(p.awake(w.clock.Now().Add(d.between(55, time.Hour, 3*dayLength))), func(ctx context.Context) error {
				acted, _, err := w.tap(ctx, p, l, nudges.Given{Undo: true})
				if acted {
					delete(w.muted, muted)
				}
				return err
			})
		}
		return w.sabotageWhen(ctx, mutedTrade, string(p.id))
	}
	done, _, err := w.attempt(ctx, "mute", func(ctx context.Context) error {
		return w.db.InTx(ctx, func(tx *db.Tx) error {
			return w.node.Nudges.Mute(ctx, tx, p.id, t.Subject, turn.ID(t.ID), step)
		})
	})
	if done {
		w.muted[muted] = true
		return w.sabotageWhen(ctx, mutedTrade, string(p.id))
	}
	return err
}

// hushed names a person and what they are not reminded of.
func (w *world) hushed(p *person, subject string) string { return string(p.id) + " " + subject }
