package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
)

// personID is an account's id.
type personID = accounts.UserID

// noticeOrder lets the world notice what became of a trade.
func (w *world) noticeOrder(_ context.Context, before, o *order, t *trade) {
	if before == nil && o.ClosedAt.IsZero() {
		w.unended++
	}
	if before != nil && before.ClosedAt.IsZero() && !o.ClosedAt.IsZero() {
		w.unended--
	}
	if t == nil || before != nil && before.State == o.State && before.Version == o.Version {
		return
	}
	now := w.clock.Now()
	t.ref, t.state = o.Ref, o.State
	if t.begun.IsZero() {
		t.begun = o.Created
	}
	t.paid, t.closed = o.PaidAt, o.ClosedAt
	switch o.State {
	case orders.Paid:
		if t.chance(50, regrets) && t.counts[turn.Ship] == 0 {
			w.at(t.buyer.soon(now, t.dice, 51), func(ctx context.Context) error {
				return w.moves(ctx, t, t.buyer, orders.Buyer, orders.Input{}, orders.Cancel, orders.RequestCancel)
			})
		}
		if t.chance(58, 0.03) {
			w.in(t.between(59, time.Hour, 3*dayLength), func(ctx context.Context) error { return w.takesOver(ctx, t) })
		}
		if t.chance(52, 0.4) { // looks in on the fourth day, and leaves when they may
			w.at(t.buyer.awake(now.Add(t.between(53, 4*dayLength, 9*dayLength))), func(ctx context.Context) error {
				return w.moves(ctx, t, t.buyer, orders.Buyer, orders.Input{}, orders.Cancel)
			})
		}
	case orders.Sent:
		if t.posted && !t.chance(54, 0.03) && t.came.IsZero() {
			t.came = now.Add(t.between(55, 30*time.Hour, 6*dayLength))
		}
	case orders.Returning:
		if t.back.IsZero() {
			t.back = now.Add(t.between(56, 2*dayLength, 6*dayLength))
			w.at(t.seller.awake(t.back.Add(t.after(57, 10*time.Hour))), func(ctx context.Context) error {
				return w.moves(ctx, t, t.seller, orders.Seller, orders.Input{}, orders.ConfirmReturn)
			})
		}
	}
}

// noticeTurn lets whoever owes something do it by themselves, sooner or later or
// never, and the other go on when it is over.
func (w *world) noticeTurn(before, t *turnRow) {
	tr := w.tradeOfTurn(t)
	if !t.ClosedAt.IsZero() {
		if tr != nil && t.Kind == turn.AnswerMessage && t.Owner == string(tr.seller.id) && (before == nil || before.ClosedAt.IsZero()) {
			w.answered(tr, t.Outcome == turn.Done)
		}
		if tr != nil && t.Kind == turn.AnswerOffer && (before == nil || before.ClosedAt.IsZero()) {
			w.offerOver(tr)
		}
		return
	}
	if before != nil && before.ClosedAt.IsZero() {
		return
	}
	if t.Owner == turn.Operator {
		w.staffTurns(t, tr)
		return
	}
	p := w.byID[t.Owner]
	if p == nil {
		return
	}
	d := w.diceOf(t, tr, p)
	w.flees(p, t, tr, d)
	h := p.habit
	if d.chance(1, h.self) {
		w.at(p.awake(w.clock.Now().Add(d.after(2, h.delay)+2*time.Minute)), func(ctx context.Context) error { return w.act(ctx, t.ID, p, d, 0) })
	}
}

// diceOf are the dice for what a person does about a turn: the same whatever
// anybody was reminded of.
func (w *world) diceOf(t *turnRow, tr *trade, p *person) dice {
	if tr == nil {
		return p.of(forSelf, text(string(t.Kind)))
	}
	nth, ok := w.nth[t.ID]
	if !ok {
		tr.counts[t.Kind]++
		nth = tr.counts[t.Kind]
		w.nth[t.ID] = nth
	}
	return tr.of(forSelf, text(string(t.Kind)), nth, uint64(p.n))
}

// staffTurns lets an operator do what only they can: mostly soon, sometimes not
// at all.
func (w *world) staffTurns(t *turnRow, tr *trade) {
	if tr == nil && t.Kind != turn.AnswerCase {
		return
	}
	d := w.diceOf(t, tr, w.staff[0])
	if tr == nil {
		d = d.of(text(t.ID))
	}
	op := w.staff[d.below(3, len(w.staff))]
	if !d.chance(4, 0.93) {
		return
	}
	w.at(op.awake(w.clock.Now().Add(d.after(5, 22*time.Hour))), func(ctx context.Context) error { return w.act(ctx, t.ID, op, d, 0) })
}

// noticeLetter lets people see lines in the app.
func (w *world) noticeLetter(before, d *delivery) {
	p := w.byID[d.User]
	if p == nil || before != nil || d.Channel != messaging.App {
		return
	}
	p.seen = append(p.seen, d)
	w.visits(p)
}

// heard is a person who has read a message, and what went with it.
func (w *world) heard(ctx context.Context, p *person, g got, d dice) error {
	if p.gone {
		return nil
	}
	for _, d := range append([]*delivery{w.letterBy[g.id]}, w.bundles[g.id]...) {
		if d != nil {
			w.minds(p, w.letterBy[d.ID], g)
		}
	}
	switch {
	case p.operator:
		return w.staffReads(ctx, p, g, d)
	case g.channel == messaging.App:
		return nil
	}
	return w.saysBack(ctx, p, g, d)
}

// saysBack is what else a person makes of a message out of the house: some write
// back, some want no more such messages.
func (w *world) saysBack(ctx context.Context, p *person, g got, d dice) error {
	wrote := writesIn
	if g.topic == messaging.TopicMessage || g.channel != messaging.Email {
		wrote = writesTo
	}
	if g.canWrite() && d.chance(16, w.odds(wrote, "came-twice")) {
		if err := w.writes(ctx, p, g, d); err != nil {
			return err
		}
	}
	if g.channel == messaging.SMS || g.channel == messaging.WhatsApp {
		if d.chance(17, w.odds(stops, "stop-unheard")) {
			return w.stops(ctx, p, g, d, 0)
		}
		return nil
	}
	if g.stop != "" && d.chance(18, 0.01) {
		if err := w.unsubscribesWrongly(ctx, p, g); err != nil {
			return err
		}
	}
	if g.stop != "" && d.chance(19, w.odds(unsubs, "letters-on")) {
		return w.unsubscribes(ctx, p, g, d, 0)
	}
	return nil
}

// minds is a person who has heard of something they owe: they do it soon, or do
// not, and some of them where they read it. Who waits may have something to do,
// too.
func (w *world) minds(p *person, d *delivery, g got) {
	t := w.turn[d.Turn]
	if t == nil || t.Owner != string(p.id) && t.Waiter != string(p.id) {
		return
	}
	dice := w.diceOf(t, w.tradeOfTurn(t), p).of(forReply, text(d.Step), text(d.Channel))
	links := len(g.about(t.ID)) > 0
	if links && dice.chance(22, forwarded) {
		w.in(dice.between(23, time.Hour, 5*dayLength), func(ctx context.Context) error { return w.tapsAny(ctx, p, g, t, dice.of(forForward), 0) })
	}
	if links && dice.chance(24, w.odds(tapOnly, "tapped-late")) {
		w.at(p.awake(w.clock.Now().Add(dice.between(25, 2*dayLength, 9*dayLength))), func(ctx context.Context) error { return w.tapsAny(ctx, p, g, t, dice, 0) })
	}
	if links && dice.chance(26, w.odds(foundAgain, "old-link")) {
		w.findsAgain(p, g, t, dice)
	}
	if !t.ClosedAt.IsZero() || t.Owner != string(p.id) {
		return
	}
	odds := p.habit.answers
	if d.Warning {
		odds = p.habit.warned
	}
	if dice.chance(4, w.odds(annoyed, "mute-lost")) {
		w.in(dice.between(5, time.Minute, time.Hour), func(ctx context.Context) error { return w.mutes(ctx, p, t, g, d.Step, dice) })
	}
	if !dice.chance(1, odds) {
		return
	}
	w.at(p.soon(w.clock.Now(), dice, 2), func(ctx context.Context) error {
		switch {
		case t.Kind == turn.AnswerMessage && g.canWrite() && dice.chance(21, writing):
			return w.writes(ctx, p, g, dice)
		case links && dice.chance(20, w.odds(tapping, "tapped-again", "tapped-late", "forger")):
			return w.taps(ctx, t.ID, p, g, dice, 0)
		}
		return w.act(ctx, t.ID, p, dice, 0)
	})
}

// act is a person doing what they owe, if they still do.
func (w *world) act(ctx context.Context, id string, p *person, d dice, try uint64) error {
	t := w.turn[id]
	if t == nil || !t.ClosedAt.IsZero() || p.gone {
		return nil
	}
	if !p.operator {
		if err := w.visit(ctx, p); err != nil {
			return err
		}
	}
	tr := w.tradeOfTurn(t)
	_, again, err := w.attempt(ctx, string(t.Kind), func(ctx context.Context) error { return w.deed(ctx, t, tr, p, w.diceOf(t, tr, p).of(forDeed)) })
	if again && try < 20 {
		w.at(p.soon(w.clock.Now(), d, 60+try), func(ctx context.Context) error { return w.act(ctx, id, p, d, try+1) })
	}
	return err
}

// later lets a person try again what could not be done yet.
func (w *world) later(t *turnRow, p *person, d dice, wait time.Duration) {
	w.at(p.awake(w.clock.Now().Add(wait)), func(ctx context.Context) error { return w.act(ctx, t.ID, p, d, 0) })
}

// moves makes the first of some moves that is possible.
func (w *world) moves(ctx context.Context, t *trade, p *person, who orders.Actor, in orders.Input, evs ...orders.Event) error {
	if p.gone {
		return nil
	}
	_, again, err := w.attempt(ctx, "move", func(ctx context.Context) error { return w.move(ctx, t, p, who, in, evs...) })
	if again {
		w.at(p.soon(w.clock.Now(), t.dice, uint64(w.clock.Now())), func(ctx context.Context) error { return w.moves(ctx, t, p, who, in, evs...) })
	}
	return err
}

func (w *world) move(ctx context.Context, t *trade, p *person, who orders.Actor, in orders.Input, evs ...orders.Event) (err error) {
	for _, ev := range evs {
		if in.Note == "" && (ev == orders.Report || ev == orders.Contest) {
			in.Note = "Näin se on."
		}
		if _, err = w.node.Orders.Move(ctx, orders.ID(t.order), ev, orders.Who{Actor: who, User: p.id}, in); err == nil || w.db.Dead() {
			return err
		}
	}
	return err
}

// planStaff lets the operators work through the list of those to call, and take
// some trades over for a while.
func (w *world) planStaff() {
	var round func(ctx context.Context) error
	n := uint64(0)
	round = func(ctx context.Context) error {
		n++
		op := w.staff[int(n)%len(w.staff)]
		if !w.over() {
			w.at(op.awake(w.clock.Now().Add(op.between(n, 2*time.Hour, 10*time.Hour))), round)
		}
		return w.rings(ctx, op)
	}
	w.in(6*time.Hour, round)
}

// rings is an operator calling people whom no channel reaches.
func (w *world) rings(ctx context.Context, op *person) error {
	var list []nudges.Call
	_, _, err := w.attempt(ctx, "calls", func(ctx context.Context) (err error) {
		list, err = w.node.Nudges.Calls(ctx, 5)
		return err
	})
	for _, c := range list {
		p := w.byID[string(c.User)]
		d := p.of(forStaff, text(string(c.Turn)))
		spoke := d.chance(1, 0.6)
		done, _, err := w.attempt(ctx, "call", func(ctx context.Context) error {
			return w.node.Nudges.Called(ctx, op.id, c.ID, spoke, "")
		})
		if err != nil {
			return err
		}
		if done && spoke && d.chance(2, 0.8) {
			w.at(p.soon(w.clock.Now(), d, 3), func(ctx context.Context) error { return w.act(ctx, string(c.Turn), p, d, 0) })
		}
	}
	return err
}

// takesOver is an operator taking a trade in hand, and handing it back later.
func (w *world) takesOver(ctx context.Context, t *trade) error {
	op := w.staff[t.below(90, len(w.staff))]
	done, again, err := w.attempt(ctx, "take over", func(ctx context.Context) error {
		err := w.db.InTx(ctx, func(tx *db.Tx) error { return w.node.Nudges.TakeOver(ctx, tx, op.id, t.order) })
		if fault.Is(err, fault.Conflict) {
			return nil // it was done, and the program died before it said so
		}
		return err
	})
	if again {
		w.in(time.Hour, func(ctx context.Context) error { return w.takesOver(ctx, t) })
	}
	if !done {
		return err
	}
	w.inHand[t.order] = true
	var back func(ctx context.Context) error
	back = func(ctx context.Context) error {
		_, again, err := w.attempt(ctx, "hand back", func(ctx context.Context) error {
			return w.db.InTx(ctx, func(tx *db.Tx) error { return w.node.Nudges.HandBack(ctx, tx, op.id, t.order) })
		})
		if again {
			w.in(time.Hour, back)
		} else {
			delete(w.inHand, t.order)
		}
		return err
	}
	w.in(t.between(91, 5*time.Hour, 60*time.Hour), back)
	return err
}

// planWhims lets some people change their quiet hours in the middle of things.
func (w *world) planWhims(p *person) {
	if !p.chance(70, 0.15) {
		return
	}
	when := p.awake(begin.Add(p.between(71, 0, time.Duration(w.o.Days)*dayLength)))
	hours := [][2]int64{{20 * 60, 9 * 60}, {0, 0}, {23 * 60, 6 * 60}, {13 * 60, 1 * 60}}[p.below(72, 4)]
	w.at(when, func(ctx context.Context) error {
		if p.gone {
			return nil
		}
		done, _, err := w.attempt(ctx, "channels", func(ctx context.Context) error {
			return w.node.Accounts.SaveChannels(ctx, p.id, accounts.Channels{
				QuietFrom: accounts.TimeOfDay(hours[0]), QuietUntil: accounts.TimeOfDay(hours[1]),
				Messages: !p.ended[messaging.TopicMessage], Nudges: p.mails && !p.ended[messaging.TopicNudge], Searches: true,
			})
		})
		if done {
			p.setQuiet(hours[0], hours[1])
		}
		return err
	})
}

// reachedBy tells whether a moment has come.
func reachedBy(at, now clock.Instant) bool { return !at.IsZero() && !now.Before(at) }
