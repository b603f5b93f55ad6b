package simulate

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// sabotage breaks one promise on purpose, so that it is seen that the simulator
// would notice. It is done once, as soon as what it needs is there.
type sabotage struct {
	breaks Invariant
	// on finds what to break among what has just been written; nil: not yet.
	on func(w *world) []any
	// do are the statements that break it, each with the values of on.
	do []string
	// leaving is done as a reminder leaves the house instead, with its turn's id
	// and its reader's, as with says.
	leaving bool
	// when is the moment at which it is done instead, whenever that comes, with what
	// the moment is about.
	when moment
}

// moment is when something happens that can be spoilt.
type moment int

// The moments: with a turn's id, a person's, or what else they say.
const (
	never          moment = iota
	tappedAgain           // before a link is tapped again whose turn is open
	tappedLate            // before one is whose turn is over
	answeredAgain         // before an answer of a person's is brought again
	staffWrites           // before an operator's answer by letter comes, by their id
	staffAnswered         // after it was taken, by its conversation
	strangerWrites        // before a stranger, by address, answers a person's letter
	stoppedTexts          // after a number answered STOP
	endedLetters          // after a person ended letters
	mutedTrade            // after a person muted a trade
	hasGone               // after a person left
)

// Sabotages are the names of all sabotages, and what each breaks.
func Sabotages() map[string]Invariant {
	all := map[string]Invariant{"sent-twice": SentOnce, "lost-money": NoMoneyLeft, "no-cap": Capped, "deaf": MovedOn, "forger": TapForged, "old-link": TapExpired, "asleep-on-duty": Late, "fails": Unexpected}
	for name, s := range sabotages {
		all[name] = s.breaks
	}
	return all
}

// caught tells whether what the sabotage breaks was seen broken: there is nothing
// more to learn from it then.
func (w *world) caught() bool {
	return w.o.Sabotage != "" && w.breaks[Sabotages()[w.o.Sabotage]] > 0
}

// sabotages are those that are done to the stored data.
var sabotages = map[string]sabotage{
	"money": {breaks: MoneyConserved, on: held, do: []string{`UPDATE payments SET amount = amount + 1 WHERE order_id = ?`}},
	"ledger": {breaks: LedgerSums, on: held, do: []string{
		`INSERT INTO ledger (posting_id, line, account, owner, amount, currency) SELECT id, 99, 'held', '', 7, 'EUR' FROM postings WHERE order_id = ?`,
		`UPDATE payments SET version = version WHERE order_id = ?`}},
	"second-turn": {breaks: OneTurn, on: open, do: []string{
		`INSERT INTO turns (id, kind, subject, version, owner_id, opened_at, due_at, next_at, next_step)
		 SELECT 'trn_extra', 'extra', subject, version, owner_id, opened_at, due_at, due_at, 'lapse' FROM turns WHERE subject = ? AND closed_at = 0`}},
	"no-look":     {breaks: NextLook, on: someTurn, do: []string{`UPDATE turns SET next_step = '' WHERE id = ?`}},
	"lapse-early": {breaks: Warned, on: unwarned, do: []string{`UPDATE turns SET closed_at = opened_at + 1, outcome = 'lapsed', next_at = NULL WHERE id = ?`}},
	"lapse-deaf":  {breaks: Reached, on: unwarned, do: []string{`UPDATE turns SET closed_at = opened_at + 1, outcome = 'lapsed', next_at = NULL WHERE id = ?`}},
	"double-nudge": {breaks: Once, on: lastSent, do: []string{
		`INSERT INTO deliveries (id, user_id, channel, topic, address, msg_key, args, url, thread, turn_id, step, dedupe, warning, state, created_at, next_at)
		 SELECT 'dlv_again', user_id, channel, topic, address, msg_key, args, url, thread, turn_id, step, 'again', warning, 'queued', created_at, created_at
		 FROM deliveries WHERE id = ?`}},
	"at-night":   {breaks: Asleep, leaving: true, on: reader, do: []string{`UPDATE users SET quiet_from = 0, quiet_until = 1439 WHERE id = ?`}},
	"answered":   {breaks: Answered, leaving: true, on: theTurn, do: []string{`UPDATE turns SET closed_at = 1, outcome = 'done', next_at = NULL WHERE id = ?`}},
	"stranger":   {breaks: Access, leaving: true, on: theTurn, do: []string{`UPDATE turns SET owner_id = 'usr_nobody', waiter_id = '' WHERE id = ?`}},
	"unwanted":   {breaks: Wanted, leaving: true, on: reader, do: []string{`UPDATE users SET mail_nudges = FALSE, texts_by = '' WHERE id = ?`}},
	"muted":      {breaks: Muted, leaving: true, on: readerAndTurn, do: []string{`INSERT INTO mutes (user_id, subject, created_at) SELECT ?, subject, 1 FROM turns WHERE id = ?`}},
	"early":      {breaks: Early, on: nudged, do: []string{`UPDATE nudges SET planned_at = decided_at + 3600000000 WHERE turn_id = ?`}},
	"untold":     {breaks: Told, on: toldIn, do: []string{`UPDATE entries SET kind = 'note' WHERE kind = 'nudge' AND conversation_id = ?`, `UPDATE nudges SET step = step WHERE turn_id = ?`}},
	"nagging":    {breaks: NotOftener, on: nudged, do: []string{`UPDATE nudges SET user_id = (SELECT waiter_id FROM turns t WHERE t.id = nudges.turn_id) WHERE turn_id = ? AND verdict = 'sent'`}},
	"undead":     {breaks: Terminal, on: completed, do: []string{`UPDATE orders SET state = 'refunded', version = version + 1 WHERE id = ?`}},
	"sold-twice": {breaks: SoldOnce, on: twoOpen, do: []string{`DROP INDEX orders_once`, `UPDATE orders SET listing_id = (SELECT x.listing_id FROM orders x WHERE x.id = ?) WHERE id = ?`}},
	"payout-for": {breaks: PayoutFor, on: refunded, do: []string{`UPDATE movements SET kind = 'payout' WHERE order_id = ? AND kind = 'refund'`}},
	"refund-for": {breaks: RefundFor, on: paidOut, do: []string{`UPDATE movements SET kind = 'refund' WHERE order_id = ? AND kind = 'payout'`}},
	"too-long":   {breaks: Longest, on: completed, do: []string{`UPDATE orders SET paid_at = 1 WHERE id = ?`}},
	"held-out":   {breaks: HeldOut, on: remindedLate, do: []string{`UPDATE turns SET arm = 'holdout' WHERE id = ?`, `UPDATE nudges SET decided_at = decided_at + 1 WHERE turn_id = ?`}},
	"in-hand":    {breaks: InHand, leaving: true, on: handOver, do: []string{`UPDATE turns SET next_step = next_step WHERE id = ?`}},
	"never-ends": {breaks: Ends, on: toMeet, do: []string{
		`UPDATE turns SET owner_id = 'carrier', due_at = 9000000000000000, next_at = 9000000000000000 WHERE subject = ? AND closed_at = 0`,
		`UPDATE orders SET state = 'shipped' WHERE id = ?`}},
	"tapped-again":   {breaks: TapOnce, when: tappedAgain, do: []string{`DELETE FROM taps WHERE turn_id = ?`}},
	"tapped-late":    {breaks: TapOver, when: tappedLate, do: []string{`UPDATE turns SET closed_at = 0, outcome = '', next_at = due_at, next_step = 'plan' WHERE id = ?`}},
	"came-twice":     {breaks: Landed, when: answeredAgain, do: []string{`DELETE FROM inbound WHERE user_id = ?`}},
	"staff-unknown":  {breaks: Landed, when: staffWrites, do: []string{`UPDATE users SET role = 'member' WHERE id = ?`}},
	"case-open":      {breaks: Landed, when: staffAnswered, do: []string{`UPDATE turns SET closed_at = 0, outcome = '', next_at = due_at, next_step = 'plan' WHERE subject = ? AND kind = 'answer_case'`}},
	"stranger-heard": {breaks: Strangers, when: strangerWrites, do: []string{`UPDATE users SET email_folded = ? WHERE id = ?`}},
	"stop-unheard":   {breaks: Stopped, when: stoppedTexts, do: []string{`DELETE FROM opt_outs WHERE address = ?`, `UPDATE users SET texts_by = 'sms' WHERE phone = ?`}},
	"letters-on":     {breaks: Unsubscribed, when: endedLetters, do: []string{`UPDATE users SET mail_nudges = TRUE, mail_messages = TRUE WHERE id = ?`}},
	"mute-lost":      {breaks: Muted, when: mutedTrade, do: []string{`DELETE FROM mutes WHERE user_id = ?`}},
	"written-after": {breaks: LeftAlone, when: hasGone, do: []string{
		`UPDATE users SET status = 'active' WHERE id = ?`,
		`INSERT INTO push_subscriptions (id, user_id, endpoint, p256dh, auth, vapid, created_at) SELECT 'psh_after_' || id, id, id, 'key', 'auth', 'vapid', 1 FROM users WHERE id = ?`,
		`INSERT INTO deliveries (id, user_id, channel, topic, msg_key, args, dedupe, state, created_at, next_at)
		 SELECT 'dlv_after_' || user_id, user_id, 'push', 'money', msg_key, args, 'after ' || user_id, 'queued', created_at, created_at
		 FROM deliveries WHERE user_id = ? AND channel <> 'app' ORDER BY id LIMIT 1`}},
	"left-untold": {breaks: NoneHangs, when: hasGone, do: []string{
		`UPDATE entries SET msg_key = 'messaging.settled' WHERE msg_key IN ('messaging.ended', 'orders.did.left_offer') AND author_id IN (?, '')`}},
	"left-waiting": {breaks: NoneHangs, when: hasGone, do: []string{
		`UPDATE turns SET closed_at = 0, outcome = '', next_at = due_at, next_step = 'plan' WHERE id = (SELECT MAX(t.id) FROM turns t WHERE t.owner_id = ?)`}},
	"forgotten": {breaks: Waits, on: lastSent, do: []string{`UPDATE deliveries SET state = 'queued', next_at = 9000000000000000 WHERE id = ?`}},
	"backwards": {breaks: MovesFit, on: open, do: []string{`UPDATE orders SET version = version - 1 WHERE id = ?`}},
	"relisted":  {breaks: OwnChecks, on: completed, do: []string{`UPDATE listings SET state = 'live' WHERE id = (SELECT listing_id FROM orders WHERE id = ?)`}},
}

// sabotageNow does the sabotage that was asked for, once it can be done.
func (w *world) sabotageNow(ctx context.Context, leaving *departing) error {
	s, ok := sabotages[w.o.Sabotage]
	if !ok || s.when != never || w.sabotaged || s.leaving != (leaving != nil) || w.db.Dead() || w.silent {
		return nil
	}
	w.leavingNow = leaving
	args := s.on(w)
	if args == nil {
		return nil
	}
	w.sabotaged = true
	return w.spoil(ctx, s, args)
}

// sabotageWhen does the sabotage that was asked for, if this is its moment.
func (w *world) sabotageWhen(ctx context.Context, now moment, args ...any) error {
	s := sabotages[w.o.Sabotage]
	if s.when != now || w.silent || w.db.Dead() {
		return nil
	}
	return w.spoil(ctx, s, args)
}

// odds are those of something, or nearly certain where one of these sabotages has
// to see it happen.
func (w *world) odds(usual float64, names ...string) float64 {
	if w.o.Sabotage != "" && slices.Contains(names, w.o.Sabotage) {
		return 0.9
	}
	return usual
}

// spoil does a sabotage.
func (w *world) spoil(ctx context.Context, s sabotage, args []any) error {
	defer func(was bool) { w.calm = was }(w.calm)
	w.calm = true
	return w.db.InTx(ctx, func(tx *db.Tx) error {
		for i, statement := range s.do {
			own := args
			if len(s.do) > 1 && w.o.Sabotage != "sold-twice" { // each has one value, or they share one
				own = args[min(i, len(args)-1):][:1]
			} else if w.o.Sabotage == "sold-twice" && i == 0 {
				own = nil
			}
			if _, err := tx.Do(ctx, statement, own...); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstOrder is the first order, by id, for which ok holds.
func (w *world) firstOrder(ok func(o *order) bool) []any {
	for _, id := range slices.Sorted(maps.Keys(w.orderBy)) {
		if ok(w.orderBy[id]) {
			return []any{id}
		}
	}
	return nil
}

func (w *world) firstTurn(ok func(t *turnRow) bool) []any {
	for _, id := range slices.Sorted(maps.Keys(w.turn)) {
		if ok(w.turn[id]) {
			return []any{id}
		}
	}
	return nil
}

func open(w *world) []any {
	return w.firstOrder(func(o *order) bool { return o.State == orders.Paid && o.ClosedAt.IsZero() })
}

func toMeet(w *world) []any {
	return w.firstOrder(func(o *order) bool { return o.State == orders.AwaitingHandover })
}

func completed(w *world) []any {
	return w.firstOrder(func(o *order) bool { return o.State == orders.Completed })
}

func held(w *world) []any {
	return w.firstOrder(func(o *order) bool { return w.payment[o.ID].State == payments.Held })
}

func twoOpen(w *world) []any {
	first := open(w)
	if first == nil {
		return nil
	}
	second := w.firstOrder(func(o *order) bool { return o.State == orders.Paid && o.ID != first[0] })
	if second == nil {
		return nil
	}
	return []any{first[0], second[0]}
}

func refunded(w *world) []any { return w.moving(payments.Refund) }
func paidOut(w *world) []any  { return w.moving(payments.Payout) }

func (w *world) moving(kind payments.MovementKind) []any {
	return w.firstOrder(func(o *order) bool {
		return slices.ContainsFunc(w.sending[o.ID], func(m movement) bool { return m.Kind == kind })
	})
}

func someTurn(w *world) []any {
	return w.firstTurn(func(t *turnRow) bool { return t.ClosedAt.IsZero() })
}

func unwarned(w *world) []any {
	return w.firstTurn(func(t *turnRow) bool {
		return t.ClosedAt.IsZero() && costly[t.Kind] && w.warnedAt[t.ID].IsZero() && len(w.letters[t.ID]) == 0 && w.byID[t.Owner] != nil
	})
}

func nudged(w *world) []any {
	return w.firstTurn(func(t *turnRow) bool {
		return t.Waiter != "" && slices.ContainsFunc(w.nudges[t.ID], func(n nudge) bool {
			s, ok := w.rung(t, n.Step)
			return ok && n.Verdict == "sent" && n.User == t.Owner && !s.AtOnce() && len(w.nudges[t.ID]) == 1 && t.Kind != turn.Review
		})
	})
}

func remindedLate(w *world) []any {
	t := w.firstTurn(func(t *turnRow) bool {
		return t.Kind != turn.PayoutDetails && slices.ContainsFunc(w.nudges[t.ID], func(n nudge) bool {
			s, ok := w.rung(t, n.Step)
			return ok && n.Verdict == "sent" && n.User == t.Owner && s.When == "after" && !s.AtOnce() && !s.Warning
		})
	})
	return t
}

func toldIn(w *world) []any {
	for _, c := range slices.Sorted(maps.Keys(w.lines)) {
		for _, id := range slices.Sorted(maps.Keys(w.lines[c])) {
			if w.turn[id] != nil && w.lines[c][id] > 0 {
				return []any{c, id}
			}
		}
	}
	return nil
}

func lastSent(w *world) []any {
	for _, id := range slices.Sorted(maps.Keys(w.letterBy)) {
		d := w.letterBy[id]
		t := w.turn[d.Turn]
		if d.Channel == messaging.Email && d.State == messaging.Sent && t != nil && t.ClosedAt.IsZero() && d.Topic == messaging.TopicNudge && d.Bundle == "" &&
			len(w.bundles[d.ID]) == 0 && w.sendings[d.ID] == 1 && t.DueAt.Sub(w.clock.Now()) > 30*time.Hour {
			return []any{string(id)}
		}
	}
	return nil
}

func reader(w *world) []any {
	if w.leavingNow.Warning || w.leavingNow.Channel != messaging.Email {
		return nil
	}
	return []any{w.leavingNow.User}
}

func theTurn(w *world) []any { return []any{w.leavingNow.Turn} }

func readerAndTurn(w *world) []any {
	if w.leavingNow.Warning {
		return nil
	}
	return []any{w.leavingNow.User, w.leavingNow.Turn}
}

func handOver(w *world) []any {
	w.inHand[w.leavingNow.Subject] = true
	return []any{w.leavingNow.Turn}
}
