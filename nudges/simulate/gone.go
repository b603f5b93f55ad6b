package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/turn"
)

// Who deletes their account, once nothing of theirs is open any more.
const (
	leavers   = 0.08 // of all people, at some time
	fleeing   = 0.02 // of those who are asked something before there is a trade
	leaveTrys = 30   // times that they come back for it
)

// password is everybody's, weakly hashed: who leaves has to type it.
const password = "junalla ei ole kiire"

// planLeaving lets some people delete their account in the middle of things.
func (w *world) planLeaving(p *person) {
	if !p.chance(80, leavers) {
		return
	}
	when := begin.Add(p.between(81, 2*dayLength, time.Duration(w.o.Days)*dayLength+20*dayLength))
	w.at(p.awake(when), func(ctx context.Context) error { return w.deletes(ctx, p, 0) })
}

// deletes is somebody deleting their account. What of theirs is open has to end
// first: they come again for it.
func (w *world) deletes(ctx context.Context, p *person, try uint64) error {
	if p.gone || p.operator {
		return nil
	}
	var waiting []string
	if w.node != nil {
		var err error
		if waiting, err = waitingFor(ctx, w.db, p.id); err != nil {
			return err
		}
	}
	done, again, err := w.attempt(ctx, "leave", func(ctx context.Context) error { return w.node.Accounts.Delete(ctx, p.id, password) })
	if err != nil {
		return err
	}
	if !done && again { // it may have been done, and the program died before it said so
		if done, err = w.isGone(ctx, p); err != nil {
			return err
		}
	}
	switch {
	case done:
		return w.hasLeft(ctx, p, waiting)
	case again:
		w.at(p.soon(w.clock.Now(), p.dice, 200+try), func(ctx context.Context) error { return w.deletes(ctx, p, try+1) })
	case try < leaveTrys:
		w.at(p.awake(w.clock.Now().Add(p.between(200+try, 20*time.Hour, 60*time.Hour))), func(ctx context.Context) error { return w.deletes(ctx, p, try+1) })
	}
	return nil
}

// isGone tells whether the program, alive or dead, has noted that somebody left.
func (w *world) isGone(ctx context.Context, p *person) (bool, error) {
	if w.db.Dead() {
		w.db.Revive()
		defer w.db.Kill()
	}
	return hasStatus(ctx, w.db, p.id, "deleted")
}

// flees lets somebody who is asked something leave rather than answer.
func (w *world) flees(p *person, t *turnRow, tr *trade, d dice) {
	if tr == nil || tr.order != "" || t.Kind != turn.AnswerMessage && t.Kind != turn.AnswerOffer {
		return
	}
	if d.chance(57, w.odds(fleeing, "left-untold")) {
		w.at(p.awake(w.clock.Now().Add(d.between(58, time.Minute, 20*time.Hour))), func(ctx context.Context) error { return w.deletes(ctx, p, 0) })
	}
}

// hasLeft proves that nobody waits for somebody who has left, and that they owe
// nothing; and that whoever waited for an answer of theirs, in these conversations,
// can read why none will come.
func (w *world) hasLeft(ctx context.Context, p *person, waiting []string) error {
	p.gone = true
	w.answers["left the marketplace"]++
	if w.db.Dead() {
		w.db.Revive()
		defer w.db.Kill()
	}
	if err := w.sabotageWhen(ctx, hasGone, string(p.id)); err != nil {
		return err
	}
	n, err := hangingOn(ctx, w.db, p.id)
	if err != nil {
		return err
	}
	w.holds(NoneHangs, n == 0, nil, "%s left, and %d turns wait for them or are owed to them", p.id, n)
	told, err := toldOfLeaving(ctx, w.db, waiting)
	w.holds(NoneHangs, told == int64(len(waiting)), nil, "%s left, and in %d of %d conversations it can be read", p.id, told, len(waiting))
	if len(waiting) > 0 {
		w.answers["left the marketplace, owing an answer"]++
	}
	return err
}

// hashed is the password as it is stored.
func hashed(ctx context.Context) (string, error) {
	weakly := accounts.Strong
	weakly.Memory, weakly.Iterations = 64, 1
	return accounts.NewPasswords(weakly).Hash(ctx, password)
}
