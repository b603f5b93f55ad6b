package nudges_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/nudges"
)

// deadly is a clock that kills its node when it is asked for the n-th time.
type deadly struct {
	clock.Clock
	left atomic.Int64
	kill func()
}

// Now is the time, and perhaps the end.
func (c *deadly) Now() clock.Instant {
	if c.left.Add(-1) == 0 {
		c.kill()
	}
	return c.Clock.Now()
}

// asked opens n questions to Anna, all at once.
func (w *watched) asked(n int) {
	w.Helper()
	c := w.ask("Onko satula vielä myynnissä?")
	w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error {
		for i := range n - 1 {
			cid := fmt.Sprintf("%s_%d", c.ID, i)
			_, err := tx.Do(w.Context(), `
				INSERT INTO conversations (id, kind, subject, buyer_id, seller_id, title, last_at, created_at)
				VALUES (?, 'listing', ?, ?, ?, ?, ?, ?)`, cid, cid, w.Noora.ID, w.Anna.ID, c.Title, w.Clock.Now(), w.Clock.Now())
			if err != nil {
				return err
			}
			_, err = turn.Open(w.Context(), tx, w.Clock.Now(), turn.Spec{
				Kind: turn.AnswerMessage, Subject: cid, Version: 1, Owner: string(w.Anna.ID), Waiter: string(w.Noora.ID), Due: w.Clock.Now().Add(2 * day),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// Two nodes that sweep at once, each with several hands, share the work, and one
// that dies anywhere in it loses and doubles nothing.
func TestTwoNodesAndOneDies(t *testing.T) {
	const many = 600
	each(t, func(w *watched) {
		w.asked(many)
		w.look()
		w.Clock.Move(3*time.Hour + time.Minute)
		for _, after := range []int64{3, 5, 7} {
			ctx, kill := context.WithCancel(w.Context())
			mortal := &deadly{Clock: w.Clock, kill: kill}
			mortal.left.Store(after)
			node := *w.Messages
			node.Clock = mortal
			dying := &nudges.Service{
				DB: w.DB, Clock: mortal, Log: w.nudges.Log, Policy: w.nudges.Policy,
				Accounts: w.Accounts, Messages: &node, Payments: w.Payments, Orders: w.Service, Hands: 3,
			}
			var all sync.WaitGroup
			all.Go(func() {
				if _, err := dying.Sweep(ctx); err == nil && after < 4 {
					w.Error("the node outlived its death")
				}
			})
			if after == 7 {
				all.Go(func() {
					if _, err := w.nudges.Sweep(w.Context()); err != nil {
						w.Error(err)
					}
				})
			}
			all.Wait()
			kill()
		}
		w.nudges.Hands = 3
		if _, err := w.nudges.Sweep(w.Context()); err != nil {
			w.Fatal(err)
		}
		var told, once, recorded int
		w.OK(w.DB.Get(w.Context(), &told, `SELECT COUNT(*) FROM deliveries WHERE step = 'first' AND channel = 'app'`))
		w.OK(w.DB.Get(w.Context(), &once, `SELECT COUNT(DISTINCT turn_id) FROM deliveries WHERE step = 'first' AND channel = 'app'`))
		w.OK(w.DB.Get(w.Context(), &recorded, `SELECT COUNT(*) FROM nudges WHERE step = 'first' AND verdict = 'sent'`))
		if told != many || once != many || recorded != many {
			w.Errorf("%d told about %d of %d questions, %d recorded", told, once, many, recorded)
		}
		rs, err := w.nudges.Check(w.Context())
		w.OK(err)
		for _, r := range rs {
			if !r.OK() {
				w.Errorf("%s: %v", r.Name, r.Broken)
			}
		}
	})
}
