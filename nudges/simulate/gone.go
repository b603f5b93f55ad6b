package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
)

// leaves is the share of people who delete their account, once nothing of theirs
// is open any more.
const leavers = 0.08

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
	if p.gone {
		return nil
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
		return w.hasLeft(ctx, p)
	case again:
		w.at(p.soon(w.clock.Now(), p.dice, 200+try), func(ctx context.Context) error { return w.deletes(ctx, p, try+1) })
	case try < 30:
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

// hasLeft proves that nobody waits for somebody who has left, and that they owe
// nothing.
func (w *world) hasLeft(ctx context.Context, p *person) error {
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
	w.holds(NoneHangs, n == 0, nil, "%s left, and %d turns wait for them or are owed to them", p.id, n)
	return err
}

// hashed is the password as it is stored.
func hashed(ctx context.Context) (string, error) {
	weakly := accounts.Strong
	weakly.Memory, weakly.Iterations = 64, 1
	return accounts.NewPasswords(weakly).Hash(ctx, password)
}
