package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/payments"
)

// ladder is the ladder that a turn follows: what has passed to an operator
// follows another than what its owner was to do.
func (w *world) ladder(t *turnRow) nudges.Ladder {
	return w.policy.For(turn.Turn{Kind: t.Kind, Owner: t.Owner})
}

// rung is a step of a turn's ladder.
func (w *world) rung(t *turnRow, name string) (nudges.Step, bool) { return w.ladder(t).Step(name) }

// countDay counts a reminder against its reader's day.
func (w *world) countDay(d departing, did messaging.DeliveryID, now clock.Instant) {
	if d.Warning || w.policy.Cap == 0 || w.sendings[did] > 1 {
		return
	}
	key := d.User + now.In(clock.Zone(d.Zone)).Format(" 2006-01-02")
	w.perDay[key]++
	w.dayOf[did], w.newDays[key] = key, true
}

// checkDays proves that nobody had more reminders on a day than the cap. What did
// not arrive does not count.
func (w *world) checkDays() {
	for _, key := range w.newDays.take() {
		fits := w.perDay[key] <= w.policy.Cap
		all := ""
		if !fits {
			all = w.onDay(key)
		}
		w.holds(Capped, fits, nil, "%s: %d, %s", key, w.perDay[key], all)
	}
}

// onDay lists the reminders that count against a day.
func (w *world) onDay(key string) string {
	var all []string
	for did, day := range w.dayOf {
		if d := w.letterBy[did]; day == key && d != nil {
			all = append(all, fmt.Sprintf("%s %s %s by %s %s %s", w.turn[d.Turn].Kind, d.Step, d.CreatedAt, d.Channel, d.State, d.Bundle))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// settled is how long everything gets to come to rest at the end.
const settled = 3 * time.Hour

// finish lets what is under way come to rest without any more faults, and proves
// everything once more.
func (w *world) finish(ctx context.Context) error {
	w.calm = true
	w.skew.by = 0
	if w.node == nil {
		if err := w.start(ctx); err != nil {
			return err
		}
	}
	w.downs = append(w.downs, [2]clock.Instant{w.clock.Now(), w.clock.Now().Add(14 * settled)}) // it looks only now and then
	for range 12 {
		w.clock.Move(settled)
		for _, t := range w.ticks {
			t.due = w.clock.Now()
		}
		if err := w.work(ctx); err != nil {
			return err
		}
		if err := w.look(ctx); err != nil {
			return err
		}
	}
	now := w.clock.Now()
	for _, t := range w.trades {
		if o := w.orderBy[t.order]; o != nil {
			w.holds(Ends, !o.ClosedAt.IsZero(), t, "still %s at %s", o.State, now)
		}
	}
	if err := w.readWaiting(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(w.letterBy)) {
		d := w.letterBy[id]
		w.holds(Waits, d.State != messaging.Queued && d.State != messaging.Sending, w.tradeOfTurn(w.turn[d.Turn]), "%s %s is %s until %s", d.Step, d.Channel, d.State, d.NextAt)
	}
	w.finishMoney()
	return w.finishChecks(ctx)
}

// readWaiting reads again what waits to leave the house: not every statement that
// ends some, as when their reader leaves, names them one by one.
func (w *world) readWaiting(ctx context.Context) error {
	for id, d := range w.letterBy {
		if d.State == messaging.Queued || d.State == messaging.Sending {
			w.newLetters[string(id)] = true
		}
	}
	return w.readLetters(ctx)
}

// finishMoney proves that the provider and the ledger agree.
func (w *world) finishMoney() {
	ledger := int64(0)
	for _, t := range w.trades {
		for _, s := range w.sums[t.order] {
			if s.Account == "psp_balance" {
				ledger += s.Minor
			}
		}
		for _, m := range w.sending[t.order] {
			w.holds(NoMoneyLeft, m.State == payments.Sent || m.State == payments.Waiting, t, "%s of %d is %s", m.Kind, m.Amount, m.State)
		}
	}
	for _, s := range w.bank.paid {
		p := w.payment[s.OrderID]
		w.holds(NoMoneyLeft, w.noted[s.Paid.Charge] || p.Charge == s.Paid.Charge, w.orders[s.OrderID],
			"the provider has a payment of %d at %s that nobody noticed; ours is %s", s.Paid.Amount.Minor, s.paidAt, p.State)
	}
	w.holds(NoMoneyLeft, ledger == w.bank.in-w.bank.out, nil, "the provider has %d, the ledger says %d", w.bank.in-w.bank.out, ledger)
}

// finishChecks asks every service for its own invariants.
func (w *world) finishChecks(ctx context.Context) error {
	results, err := w.node.Check(ctx)
	for _, r := range results {
		w.holds(OwnChecks, r.OK(), nil, "%s: %v", r.Name, r.Broken)
	}
	return err
}
