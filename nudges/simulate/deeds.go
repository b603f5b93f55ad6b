package simulate

import (
	"context"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// deed is what somebody does about what they owe.
func (w *world) deed(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	if t.Kind == turn.PayoutDetails {
		if _, err := w.node.Payments.OnboardURL(ctx, p.id); err != nil {
			return err
		}
		w.bank.onboard(string(p.id))
		return nil
	}
	if t.Kind == turn.AnswerCase {
		return w.node.Messages.Answer(ctx, p.id, messaging.ConversationID(t.Subject), "Katsomme asiaa.", "")
	}
	if tr == nil {
		return nil
	}
	if p.operator {
		return w.rules(ctx, tr, p, d)
	}
	switch t.Kind {
	case turn.AnswerMessage:
		return w.node.Messages.Send(ctx, p.id, messaging.ConversationID(tr.conv), "Kiitos viestistä, on.", "")
	case turn.AnswerOffer:
		return w.answerOffer(ctx, t, tr, p, d)
	case turn.Pay:
		return w.pays(ctx, tr)
	case turn.Ship:
		return w.ships(ctx, t, tr, p, d)
	case turn.HandOver:
		return w.handsOver(ctx, t, tr, p, d)
	case turn.AgreeCancel:
		if d.chance(1, 0.7) {
			return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.Cancel)
		}
		return w.ships(ctx, t, tr, p, d)
	}
	return w.deedAfter(ctx, t, tr, p, d)
}

// deedAfter is what people do once the thing is on its way.
func (w *world) deedAfter(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	now := w.clock.Now()
	switch t.Kind {
	case turn.SayArrived:
		if !reachedBy(tr.came, now) {
			if tr.came.IsZero() && d.chance(1, 0.6) {
				return w.move(ctx, tr, p, orders.Buyer, orders.Input{Claim: orders.Missing}, orders.Report)
			}
			w.later(t, p, d, dayLength)
			return nil
		}
		return w.receives(ctx, tr, p, d)
	case turn.Collect:
		if !w.post.fetch(tr) {
			w.later(t, p, d, dayLength)
		}
		return nil
	case turn.Confirm:
		return w.receives(ctx, tr, p, d)
	case turn.AnswerClaim:
		evs := []orders.Event{orders.Refund, orders.Return, orders.Contest}
		i := d.below(2, 3)
		if p.habit.kind == Dishonest {
			i = 2
		}
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, evs[i])
	case turn.SendBack:
		if p.habit.kind == Dishonest {
			return nil
		}
		return w.move(ctx, tr, p, orders.Buyer, orders.Input{Carrier: "posti", Tracking: "JJFI6400000000001"}, orders.SendBack)
	case turn.ConfirmReturn:
		if p.habit.kind == Dishonest {
			return w.move(ctx, tr, p, orders.Seller, orders.Input{Note: "Rikki."}, orders.Report)
		}
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.ConfirmReturn)
	case turn.Review:
		return w.node.Orders.WriteReview(ctx, orders.ID(tr.order), p.id, orders.Good, "Hyvin meni.")
	}
	return nil
}

// receives is a buyer with the thing in hand.
func (w *world) receives(ctx context.Context, t *trade, p *person, d dice) error {
	if t.bad || p.habit.kind == Dishonest && d.chance(3, 0.3) {
		claim := orders.Claims[1+d.below(4, 3)]
		return w.move(ctx, t, p, orders.Buyer, orders.Input{Claim: claim}, orders.Report)
	}
	return w.move(ctx, t, p, orders.Buyer, orders.Input{}, orders.Complete)
}

// answerOffer takes an offer, turns it down or makes another.
func (w *world) answerOffer(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	oid := orders.OfferID(t.Subject)
	switch x := d.float(5); {
	case x < 0.6 || p == tr.buyer && x < 0.8:
		tr.offer = oid
		o, err := w.node.Orders.Accept(ctx, oid, p.id)
		if err == nil {
			w.meet(tr, string(o.ID), string(o.Conversation))
		}
		return err
	case x < 0.85 || tr.counts[turn.AnswerOffer] > 3:
		return w.node.Orders.Decline(ctx, oid, p.id)
	}
	o, err := w.node.Orders.Counter(ctx, oid, p.id, money.EUR(tr.price*int64(86+2*tr.counts[turn.AnswerOffer])/100))
	if err == nil {
		tr.offer = o.ID
		w.bids[string(o.ID)] = tr
	}
	return err
}

// offerOver goes on when an offer came to nothing: some buy at the full price.
func (w *world) offerOver(t *trade) {
	w.in(2*time.Minute, func(ctx context.Context) error {
		if t.order != "" || !t.chance(80, 0.3) || len(w.turnsOf[string(t.offer)]) > 0 {
			return nil
		}
		t.offers, t.asks = false, false
		return w.open(ctx, t, 0)
	})
}

// ships is a seller posting, planning to, asking for more time, or giving up.
func (w *world) ships(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	oid, now := orders.ID(tr.order), w.clock.Now()
	first := !w.asked[t.ID]
	w.asked[t.ID] = true
	switch {
	case tr.posted:
		return nil
	case first && t.Kind == turn.Ship && d.chance(6, 0.2): // says when
		when := min(p.awake(now.Add(d.between(7, 4*time.Hour, 50*time.Hour))), t.DueAt.Add(-time.Hour))
		if now.Before(when) {
			if d.chance(8, 0.85) {
				w.at(when, func(ctx context.Context) error { return w.act(ctx, t.ID, p, d, 0) })
			}
			return w.node.Orders.PlanPosting(ctx, oid, p.id, when.Add(w.skew.by))
		}
	case first && d.chance(9, 0.06):
		w.later(t, p, d, 40*time.Hour)
		return w.move(ctx, tr, p, orders.Seller, orders.Input{Days: 1 + d.below(10, 2)}, orders.Extend)
	case d.chance(11, 0.02):
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.Cancel)
	case p.habit.kind == Dishonest && d.chance(12, 0.5): // says posted, and is not
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.Ship)
	}
	return w.brings(ctx, t, tr, p, d)
}

// brings is a seller at the post. Where there is no sending code for long, they
// post by a way of their own.
func (w *world) brings(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	parcel := w.post.byRef[tr.ref]
	if parcel == nil || parcel.tracking == "" {
		if w.clock.Now().Sub(clock.Instant(t.OpenedAt)) < 20*time.Hour {
			w.later(t, p, d, 5*time.Hour)
			return nil
		}
		err := w.move(ctx, tr, p, orders.Seller, orders.Input{Carrier: "posti", Tracking: "JJFI6400000000002"}, orders.Ship)
		tr.posted = err == nil
		return err
	}
	w.post.drop(tr)
	tr.posted = true
	if d.chance(13, 0.35) {
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.Ship)
	}
	return nil
}

// handsOver is the two meeting: the buyer says their code, the seller types it.
func (w *world) handsOver(ctx context.Context, t *turnRow, tr *trade, p *person, d dice) error {
	o, err := w.node.Orders.Get(ctx, w.db, orders.ID(tr.order))
	if err != nil {
		return err
	}
	switch {
	case !w.asked[t.ID] && d.chance(14, 0.3): // another day
		w.asked[t.ID] = true
		w.later(t, p, d, 30*time.Hour)
		return nil
	case d.chance(15, 0.03):
		return w.move(ctx, tr, p, orders.Seller, orders.Input{}, orders.Cancel)
	case d.chance(16, 0.05) && !w.asked[t.ID]:
		w.asked[t.ID] = true
		w.later(t, p, d, time.Hour)
		return w.move(ctx, tr, p, orders.Seller, orders.Input{Code: "000000"}, orders.HandOver)
	}
	return w.move(ctx, tr, p, orders.Seller, orders.Input{Code: o.Code}, orders.HandOver)
}

// rules is an operator deciding about a trade that waits for one.
func (w *world) rules(ctx context.Context, t *trade, p *person, d dice) error {
	in := orders.Input{Note: "Näin päätimme.", Days: 3}
	evs := []orders.Event{orders.Refund, orders.Complete, orders.Cancel, orders.ConfirmReturn, orders.GiveUp}
	switch t.state {
	case orders.InReview:
		switch x := d.float(17); {
		case x < 0.1:
			evs = []orders.Event{orders.Extend}
		case x < 0.3:
			evs = []orders.Event{orders.Return, orders.Refund}
		case x < 0.5 && w.post.has(t):
			evs = []orders.Event{orders.Complete, orders.Refund}
		case x < 0.7:
			evs = []orders.Event{orders.Cancel, orders.Refund}
		}
	case orders.Paid, orders.AwaitingHandover, orders.CancelRequested:
		evs = []orders.Event{orders.Cancel}
		if d.chance(18, 0.3) {
			evs = []orders.Event{orders.Extend}
		}
	case orders.Sent, orders.Delivered, orders.ReturnPending:
		evs = []orders.Event{orders.Complete}
	}
	return w.move(ctx, t, p, orders.Operator, in, evs...)
}
