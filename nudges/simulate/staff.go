package simulate

import (
	"context"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// How often operators answer a case by the letter that reminds them of it.
const (
	byLetter     = 0.4 // while it waits for them
	byLetterLate = 0.1 // when another has answered
)

// staffReads is an operator reading a letter. Some answer a case right there.
func (w *world) staffReads(ctx context.Context, p *person, g got, d dice) error {
	l := w.letterBy[g.id]
	if l == nil || !g.canWrite() || w.turn[l.Turn] == nil || w.turn[l.Turn].Kind != turn.AnswerCase {
		return nil
	}
	t, odds := w.turn[l.Turn], byLetter
	if !t.ClosedAt.IsZero() {
		odds = byLetterLate
	}
	if !d.chance(20, w.odds(odds, "staff-unknown", "case-open")) {
		return nil
	}
	if err := w.sabotageWhen(ctx, staffWrites, string(p.id)); err != nil {
		return err
	}
	return w.sends(ctx, answer{
		by: p, conv: t.Subject, channel: messaging.Email, to: g.reply, words: "Katsomme asiaa. " + string(g.id), stamp: "a-" + string(g.id),
		from: p.email, sender: p.email, peer: ownServer, kind: "an operator's", honest: true,
	}, g, d)
}
