package simulate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// Bounds of what must hold.
const (
	warningLead = 24 * time.Hour   // waking time after a last warning
	warningSlip = time.Second      // clocks count microseconds, wakings minutes
	lateBy      = 30 * time.Minute // a step may be, while the program runs
	moneyHeld   = 90 * dayLength   // at the provider, at most
)

// inHandStep begins the names of the steps that ask an operator about what they
// have in hand, one a day.
const inHandStep = "in_hand."

// costly are the turns whose lapse costs their owner something.
var costly = func() map[turnKind]bool {
	m := map[turnKind]bool{}
	for _, s := range orders.States() {
		if t, ok := orders.TurnOf(s); ok && t.Costly {
			m[t.Owes] = true
		}
	}
	return m
}()

// checkOrder proves what must hold of a trade that changed.
func (w *world) checkOrder(before, o *order, t *trade) {
	over := !o.ClosedAt.IsZero()
	w.holds(Terminal, before == nil || before.ClosedAt.IsZero() || over && before.State == o.State && before.ClosedAt == o.ClosedAt, t,
		"closed as %s, now %s", stateOf(before), o.State)
	w.holds(Terminal, over == !o.State.Open(), t, "%s, closed at %s", o.State, o.ClosedAt)
	has := w.sold[o.Listing]
	mine := !over || o.State == orders.Completed
	w.holds(SoldOnce, !mine || has == "" || has == o.ID, t, "%s is in %s, too", o.Listing, has)
	switch {
	case mine:
		w.sold[o.Listing] = o.ID
	case has == o.ID:
		delete(w.sold, o.Listing)
	}
	w.holds(MovesFit, before == nil || before.Version <= o.Version && (before.State == o.State || before.Version < o.Version), t,
		"%s at version %d after %s at %d", o.State, o.Version, stateOf(before), versionOf(before))
	if over && !o.PaidAt.IsZero() {
		w.holds(Longest, o.ClosedAt.Sub(o.PaidAt) <= moneyHeld, t, "paid at %s, closed at %s", o.PaidAt, o.ClosedAt)
	}
}

func stateOf(o *order) orders.State {
	if o == nil {
		return ""
	}
	return o.State
}

func versionOf(o *order) int64 {
	if o == nil {
		return 0
	}
	return o.Version
}

// checkTurn proves what must hold of a turn that changed.
func (w *world) checkTurn(t *turnRow) {
	if t.ClosedAt.IsZero() {
		w.holds(NextLook, !t.NextAt.IsZero() && t.NextStep != "", w.tradeOfTurn(t), "%s %s has no next look", t.Kind, t.ID)
	}
}

// checkSubject proves that a trade has exactly one turn of its own.
func (w *world) checkSubject(subject string) {
	o := w.orderBy[subject]
	if o == nil {
		return
	}
	own, current := 0, false
	for id := range w.turnsOf[subject] {
		if w.turn[id].Kind == turn.Review {
			continue
		}
		own++
		current = current || id == o.Turn && w.turn[id].Version == o.Version
	}
	want := 1
	if !o.ClosedAt.IsZero() {
		want, current = 0, true
	}
	w.holds(OneTurn, own == want && current, w.orders[subject], "%s has %d turns", o.State, own)
}

// checkNudges proves what must hold of the steps of a turn that were decided.
func (w *world) checkNudges(t *turnRow, old, all []nudge) {
	if t == nil {
		return
	}
	tr := w.tradeOfTurn(t)
	owner, waiter := 0, 0
	for _, n := range all {
		step, known := w.rung(t, n.Step)
		if n.Verdict == "sent" {
			switch {
			case n.User == t.Owner && step.To == nudges.ToOwner:
				owner++
			case n.User == t.Waiter && step.To == nudges.ToOwner:
				waiter++
			}
		}
		if step.Warning && n.User == t.Owner && (n.Verdict == "sent" || n.Verdict == "no_channel") { // then it is in the app, and on the list of calls
			w.warnedAt[t.ID] = n.DecidedAt
		}
		if slices.Contains(old, n) || !known {
			continue
		}
		w.holds(Early, n.DecidedAt >= n.PlannedAt && n.PlannedAt >= t.OpenedAt, tr, "%s %s planned at %s, taken at %s", t.Kind, n.Step, n.PlannedAt, n.DecidedAt)
		if n.Verdict == "sent" {
			w.checkLateness(t, n, tr)
		}
		if t.Arm == "holdout" {
			may := step.Warning || step.AtOnce() || step.When == nudges.AfterAim || step.To == nudges.ToOperator || t.Kind == turn.PayoutDetails
			w.holds(HeldOut, n.Verdict != "sent" || may, tr, "%s %s", t.Kind, n.Step)
		}
	}
	if tr != nil && tr.conv != "" && t.Kind != turn.Review && t.Owner != "" && !w.silent {
		w.checkTold(t, all, tr)
	}
	w.holds(NotOftener, waiter <= owner, tr, "%s: %d to the one who waits, %d to the one who owes", t.Kind, waiter, owner)
}

// checkLateness proves that a step was taken in time, but for when the program
// was away and its reader asleep.
func (w *world) checkLateness(t *turnRow, n nudge, tr *trade) {
	p := w.byID[n.User]
	if p == nil {
		return
	}
	from := max(n.PlannedAt, w.awaited[t.ID]) // plans change: what was put off is not late
	away := w.down(from.Add(-time.Hour), n.DecidedAt.Add(time.Hour))
	at := calendar.NextWaking(from.Add(2*pulse+away), p.quiet()) // who falls asleep meanwhile is left alone
	w.holds(Late, n.DecidedAt.Sub(at) <= lateBy || len(p.past) > 1 || p.operator, tr, "%s %s planned at %s, to be looked at by %s, taken at %s",
		t.Kind, n.Step, n.PlannedAt, w.awaited[t.ID], n.DecidedAt)
}

// checkTold proves that the stream of the two has a line for every reminder that
// went out.
func (w *world) checkTold(t *turnRow, all []nudge, tr *trade) {
	want := int64(0)
	for _, n := range all {
		step, ok := w.rung(t, n.Step)
		if ok && !n.WentAt.IsZero() && step.To == nudges.ToOwner && n.User == t.Owner && !step.AtOnce() && inStream(t.Kind) {
			want++
		}
	}
	w.holds(Told, w.lines[tr.conv][t.ID] == want, tr, "%s: %d reminders, %d lines", t.Kind, want, w.lines[tr.conv][t.ID])
}

// checkWent proves that a reminder counts as given as soon as a message of it has
// left the house, and not before.
func (w *world) checkWent(d *delivery) {
	t := w.turn[d.Turn]
	if d.Channel == messaging.App || t == nil || d.User != t.Owner || w.silent {
		return
	}
	went, left, failed := false, false, false
	for _, n := range w.nudges[d.Turn] {
		went = went || n.Step == d.Step && n.User == d.User && !n.WentAt.IsZero()
	}
	for _, x := range w.letters[d.Turn] {
		if x.Step == d.Step && x.User == d.User && x.Channel != messaging.App {
			left = left || x.State == messaging.Sent || !x.ReachedAt.IsZero()
			failed = failed || x.State == messaging.Failed // it may have come back
		}
	}
	w.holds(Told, went == left || went && failed, w.tradeOfTurn(t), "%s %s: given %v, left the house %v", t.Kind, d.Step, went, left)
}

// inStream tells whether reminders of a turn show in the stream of the two.
func inStream(k turnKind) bool {
	return k != turn.AnswerMessage && k != turn.AnswerOffer && k != turn.Review && k != turn.PayoutDetails
}

// checkClosed proves what must hold of a turn that has just ended.
func (w *world) checkClosed(ctx context.Context, t *turnRow) error {
	p := w.byID[t.Owner]
	if t.Outcome != turn.Lapsed || p == nil || w.silent || !costly[t.Kind] {
		return nil
	}
	tr := w.tradeOfTurn(t)
	w.holds(InHand, !w.inHand[t.Subject], tr, "%s lapsed", t.Kind)
	warned, reached := w.warnedAt[t.ID], false
	awake := time.Duration(0)
	if !warned.IsZero() {
		for _, q := range p.past {
			awake = max(awake, calendar.Waking(warned, t.ClosedAt, q))
		}
	}
	w.holds(Warned, awake >= warningLead-warningSlip, tr, "%s %s opened at %s lapsed at %s, warned at %s: %s awake; %v",
		t.Kind, t.ID, t.OpenedAt, t.ClosedAt, warned, awake, w.nudges[t.ID])
	last, _ := w.ladder(t).Warning()
	for _, d := range w.letters[t.ID] {
		reached = reached || d.User == t.Owner && d.Step == last.Name && w.arrived(d, p)
	}
	calls, err := spokenTo(ctx, w.db, t.ID, t.Owner)
	w.holds(Reached, reached || calls > 0, tr, "%s lapsed at %s and no last warning had arrived", t.Kind, t.ClosedAt)
	return err
}

// arrived tells whether a message is known to have reached its reader.
func (w *world) arrived(d *delivery, p *person) bool {
	switch d.Channel {
	case messaging.App:
		return d.CreatedAt <= p.looked
	case messaging.Email:
		return d.State == messaging.Sent
	}
	return d.State == messaging.Sent && !d.ReachedAt.IsZero()
}

// leaves proves, as a message leaves the house, that it should. It says what is
// known of the message.
func (w *world) leaves(ctx context.Context, channel string, did messaging.DeliveryID, p *person, loses bool) departing {
	d, err := departure(ctx, w.db, did)
	if err != nil {
		w.broken(Unexpected, nil, "departure: "+err.Error())
		return d
	}
	if channel == messaging.Email {
		w.holds(Unsubscribed, d.Warning || !p.ended[d.Topic], w.tradeOfTurn(w.turn[d.Turn]), "%s to %s, who wanted no letters about %s", did, p.id, d.Topic)
	}
	if d.Topic == messaging.TopicNudge && d.Turn != "" {
		w.leavesAbout(ctx, d, did, p, loses)
	}
	return d
}

// leavesAbout proves the same of a reminder.
func (w *world) leavesAbout(ctx context.Context, d departing, did messaging.DeliveryID, p *person, loses bool) {
	channel := d.Channel
	if w.o.Sabotage != "" {
		err := w.sabotageNow(ctx, &d)
		if err != nil {
			w.broken(Unexpected, nil, "sabotage: "+err.Error())
		}
		if d, err = departure(ctx, w.db, did); err != nil {
			w.broken(Unexpected, nil, "departure: "+err.Error())
			return
		}
	}
	t := w.turn[d.Turn]
	tr := w.tradeOfTurn(t)
	now := w.clock.Now().Add(w.skew.by)
	quiet := calendar.Quiet{From: d.From, Until: d.Until, Zone: clock.Zone(d.Zone)}
	w.holds(Asleep, d.Warning || !quiet.Asleep(now), tr, "%s by %s at %s", d.Step, channel, now)
	w.holds(Answered, d.ClosedAt.IsZero(), tr, "%s by %s, done at %s", d.Step, channel, d.ClosedAt)
	w.holds(Access, (d.User == d.Owner || d.User == d.Waiter || p.operator) && d.Status != "deleted", tr, "%s by %s to %s", d.Step, channel, d.User)
	off := channel == messaging.Email && !d.MailOK || (channel == messaging.SMS || channel == messaging.WhatsApp) && d.TextsBy == ""
	w.holds(Wanted, d.StoppedAt == 0 && (d.Warning || !off), tr, "%s by %s to %s", d.Step, channel, d.User)
	w.holds(InHand, strings.HasPrefix(d.Step, inHandStep) || !w.inHand[d.Subject], tr, "%s by %s", d.Step, channel)
	w.holds(Muted, d.Warning || d.Muted == 0 && !w.muted[w.hushed(p, d.Subject)], tr, "%s by %s to %s", d.Step, channel, d.User)
	if strings.HasPrefix(d.Step, inHandStep) {
		return // it is asked every day anew
	}
	key := d.Turn + " " + d.Step + " " + channel + " " + d.User
	if w.told[key] == nil {
		w.told[key] = map[string]int{}
	}
	w.told[key][string(did)]++
	w.holds(Once, len(w.told[key]) == 1, tr, "%s", key)
	if !loses { // who is told that it did not go cannot count it
		w.countDay(d, did, now)
	}
}

// checkLetter proves what must hold of a message that changed.
func (w *world) checkLetter(d *delivery) {
	if d.State != messaging.Queued && d.State != messaging.Sending {
		return
	}
	w.holds(Waits, !d.NextAt.IsZero(), w.tradeOfTurn(w.turn[d.Turn]), "%s %s %s", d.ID, d.Channel, d.State)
}

// checkFailed proves that whoever owes something costly is told by another
// channel, or rung up, when a message to them failed.
func (w *world) checkFailed(ctx context.Context, d *delivery) error {
	t := w.turn[d.Turn]
	_, isCostly := w.ladder(t).Warning()
	if w.silent || !t.ClosedAt.IsZero() || d.User != t.Owner || !isCostly {
		return nil
	}
	on := false
	for _, x := range w.letters[d.Turn] {
		on = on || x.ID != d.ID && x.Step == d.Step && x.User == d.User && x.Channel != messaging.App && x.State != messaging.Failed
	}
	calls, err := callsAbout(ctx, w.db, d.Turn, d.User)
	w.holds(MovedOn, on || calls > 0, w.tradeOfTurn(t), "%s %s to %s by %s failed: %s", t.Kind, d.Step, d.User, d.Channel, d.Reason)
	return err
}

// moved counts money that leaves the provider.
func (w *world) moved(t *transfer) {
	key := t.order + " to the seller"
	if t.back {
		key = t.order + " back for " + t.charge
	}
	w.paidOut[key]++
	w.holds(SentOnce, w.paidOut[key] == 1, w.orders[t.order], "%s %d times", key, w.paidOut[key])
}

// checkMoney proves what must hold of a trade's money that changed.
func (w *world) checkMoney(id string) {
	tr, o := w.orders[id], w.orderBy[id]
	p, ok := w.payment[id]
	if !ok {
		return
	}
	all := map[string]int64{}
	by := map[string]int64{} // by kind and account
	for _, s := range w.sums[id] {
		all[s.Kind] += s.Minor
		by[s.Kind+" "+s.Account] += s.Minor
	}
	for kind, sum := range all {
		w.holds(LedgerSums, sum == 0, tr, "%s sums to %d", kind, sum)
	}
	captured, stray, returned := -by["captured held"], int64(0), int64(0)
	for _, m := range w.sending[id] {
		if m.Kind == payments.Stray {
			stray += m.Amount
			if m.State == payments.Sent {
				returned += m.Amount
			}
		}
		if o == nil {
			continue
		}
		switch m.Kind {
		case payments.Payout:
			w.holds(PayoutFor, o.State == orders.Completed && m.Amount == p.Payout, tr, "%d for %s", m.Amount, o.State)
		case payments.Refund:
			w.holds(RefundFor, slices.Contains([]orders.State{orders.Refunded, orders.Cancelled, orders.Expired}, o.State) && m.Amount == p.Amount || o.State == orders.PendingPayment, tr,
				"%d for %s", m.Amount, o.State)
		}
	}
	want := int64(0)
	if p.Charge != "" {
		want = p.Amount
	}
	out, back := int64(0), returned
	switch p.State {
	case payments.Releasing, payments.Released:
		out = p.Amount
	case payments.Refunded:
		back += p.Amount
	}
	w.holds(MoneyConserved, captured == want+stray && by["released held"] == out && by["refunded held"] == back, tr,
		"%s: %d came in, %d was released and %d returned of %d", p.State, captured, by["released held"], by["refunded held"], p.Amount)
}
