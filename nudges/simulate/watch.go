package simulate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// set is some ids.
type set map[string]bool

// take are the ids in order; the set is empty then.
func (s set) take() []string {
	ids := slices.Sorted(maps.Keys(s))
	clear(s)
	return ids
}

// watch is what is known of the stored data: what the program writes is noticed
// statement by statement, and read again after each step.
type watch struct {
	tables map[string]string // of each query, the table it changes

	newOrders, newTurns, newSubjects, newNudges, newLetters, newMoney, newConvs, newPeople set

	orderBy  map[string]*order
	turn     map[string]*turnRow
	nudges   map[string][]nudge
	letters  map[string]map[messaging.DeliveryID]*delivery // by turn
	letterBy map[messaging.DeliveryID]*delivery
	bundles  map[messaging.DeliveryID][]*delivery // what went with a message
	payment  map[string]payment
	sending  map[string][]movement
	sums     map[string][]sums
	lines    map[string]map[string]int64 // by conversation and turn
	ofOrder  map[string]string           // of payments and movements, by their id
	turnsOf  map[string]set              // open turns, by subject
	ends     map[string][2]clock.Instant // the earliest and the latest deadline of a turn
	awaited  map[string]clock.Instant    // when a turn was to be looked at, before the last look
	closing  []*turnRow                  // turns that ended in this step
	sendings map[messaging.DeliveryID]int
	soonest  map[string]clock.Instant // when the program's sweeps have to look next, as long as nothing of theirs is written
}

// sweeps are the tables whose rows wait for a sweep, and whose sweep it is.
var sweeps = map[string]string{"turns": sweepOfTurns, "deliveries": sweepOfLetters, "unread": sweepOfLetters}

// The program's two sweeps.
const (
	sweepOfTurns   = "nudges.sweep"
	sweepOfLetters = "messaging.sweep"
)

func (w *watch) begin() {
	w.tables, w.awaited, w.ends = map[string]string{}, map[string]clock.Instant{}, map[string][2]clock.Instant{}
	for _, s := range []*set{&w.newOrders, &w.newTurns, &w.newSubjects, &w.newNudges, &w.newLetters, &w.newMoney, &w.newConvs, &w.newPeople} {
		*s = set{}
	}
	w.orderBy, w.turn, w.nudges = map[string]*order{}, map[string]*turnRow{}, map[string][]nudge{}
	w.letters, w.payment = map[string]map[messaging.DeliveryID]*delivery{}, map[string]payment{}
	w.bundles = map[messaging.DeliveryID][]*delivery{}
	w.letterBy = map[messaging.DeliveryID]*delivery{}
	w.sending, w.sums, w.lines = map[string][]movement{}, map[string][]sums{}, map[string]map[string]int64{}
	w.soonest = map[string]clock.Instant{}
	w.ofOrder, w.turnsOf, w.sendings = map[string]string{}, map[string]set{}, map[messaging.DeliveryID]int{}
}

// table is what a statement changes.
func (w *watch) table(query string) string {
	if t, ok := w.tables[query]; ok {
		return t
	}
	words := strings.Fields(query)
	t := ""
	for i, word := range words[:max(0, len(words)-1)] {
		if word == "INTO" || word == "UPDATE" || word == "FROM" && i > 0 && words[i-1] == "DELETE" {
			t = words[i+1]
			break
		}
	}
	w.tables[query] = t
	return t
}

// wrote notices a statement: which rows may have changed.
func (w *watch) wrote(query string, args []any) {
	table := w.table(query)
	if name, ok := sweeps[table]; ok {
		delete(w.soonest, name)
	}
	for _, a := range args {
		id := word(a)
		if len(id) < 5 || id[3] != '_' {
			continue
		}
		switch id[:3] {
		case "ord":
			w.wroteOrder(table, id)
		case "trn":
			w.wroteTurn(table, id)
		case "dlv":
			w.newLetters[id] = true
		case "pay", "mov":
			if table == "payments" || table == "movements" {
				w.newMoney[id] = true
			}
		case "off", "usr":
			if table == "turns" {
				w.newSubjects[id] = true
			}
		case "cnv":
			if table == "turns" {
				w.newSubjects[id] = true
			}
			if table == "entries" {
				w.newConvs[id] = true
			}
		}
	}
}

func (w *watch) wroteOrder(table, id string) {
	switch table {
	case "orders", "order_events":
		w.newOrders[id] = true
	case "turns":
		w.newSubjects[id] = true
	case "payments", "movements", "postings":
		w.newMoney[id] = true
	}
}

func (w *watch) wroteTurn(table, id string) {
	switch table {
	case "turns":
		w.newTurns[id] = true
	case "nudges":
		w.newNudges[id] = true
	}
}

// word is an argument of a statement as text, when it may be an id.
func word(a any) string {
	switch a := a.(type) {
	case string:
		return a
	case orders.ID:
		return string(a)
	case turn.ID:
		return string(a)
	case messaging.DeliveryID:
		return string(a)
	case messaging.ConversationID:
		return string(a)
	case payments.ID:
		return string(a)
	case payments.MovementID:
		return string(a)
	case orders.OfferID:
		return string(a)
	case accounts.UserID:
		return string(a)
	case listings.ID:
		return ""
	}
	return ""
}

// look reads what changed, lets the people notice it, and proves what must hold.
func (w *world) look(ctx context.Context) error {
	if w.db.Dead() {
		w.db.Revive() // we look; the program is as dead as before
		defer func() {
			if w.node == nil {
				w.db.Kill()
			}
		}()
	}
	if err := w.readOrders(ctx); err != nil {
		return err
	}
	if err := w.readTurns(ctx); err != nil {
		return err
	}
	if err := w.readNudges(ctx); err != nil {
		return err
	}
	if err := w.readLetters(ctx); err != nil {
		return err
	}
	if err := w.readMoney(ctx); err != nil {
		return err
	}
	w.checkDays()
	for _, t := range w.closing {
		if err := w.checkClosed(ctx, t); err != nil {
			return err
		}
	}
	w.closing = w.closing[:0]
	return nil
}

func (w *world) readOrders(ctx context.Context) error {
	os, err := ordersBy(ctx, w.db, w.newOrders.take())
	for i := range os {
		o := &os[i]
		before := w.orderBy[o.ID]
		w.orderBy[o.ID] = o
		t := w.tradeOf(o)
		w.checkOrder(before, o, t)
		w.noticeOrder(ctx, before, o, t)
		w.newSubjects[o.ID] = true
		w.newMoney[o.ID] = true
	}
	return err
}

func (w *world) readTurns(ctx context.Context) error {
	for id := range w.newSubjects { // the open ones of somebody who changed their settings
		if strings.HasPrefix(id, "usr_") {
			w.newPeople[id] = true
		}
	}
	subjects := w.newSubjects.take()
	ts, err := turnsOf(ctx, w.db, subjects)
	if err != nil {
		return err
	}
	if err := w.resolve(ctx, subjects); err != nil {
		return err
	}
	seen := set{}
	for _, t := range ts {
		seen[t.ID] = true
	}
	var rest []string
	for _, id := range w.newTurns.take() {
		if !seen[id] {
			rest = append(rest, id)
		}
	}
	more, err := turnsBy(ctx, w.db, rest)
	if err != nil {
		return err
	}
	touched := set{}
	all := append(ts, more...)
	for i := range all {
		t := &all[i]
		before := w.turn[t.ID]
		w.turn[t.ID] = t
		touched[t.Subject] = true
		if w.turnsOf[t.Subject] == nil {
			w.turnsOf[t.Subject] = set{}
		}
		if t.ClosedAt.IsZero() {
			w.turnsOf[t.Subject][t.ID] = true
		} else {
			delete(w.turnsOf[t.Subject], t.ID)
			if before != nil && before.ClosedAt.IsZero() || before == nil {
				w.newNudges[t.ID] = true
				w.closing = append(w.closing, t)
			}
		}
		if before == nil || *before != *t {
			if before != nil {
				w.awaited[t.ID] = before.NextAt
			}
			w.noticeDeadline(t)
			w.checkTurn(t)
			w.noticeTurn(before, t)
		}
	}
	for _, s := range touched.take() {
		w.checkSubject(s)
	}
	return nil
}

// resolve finds out which trades offers and conversations belong to that the
// program made and then died before it said so.
func (w *world) resolve(ctx context.Context, subjects []string) error {
	var offers, convs []string
	for _, s := range subjects {
		switch {
		case strings.HasPrefix(s, "off_") && w.bids[s] == nil:
			offers = append(offers, s)
		case strings.HasPrefix(s, "cnv_") && w.convs[s] == nil:
			convs = append(convs, s)
		}
	}
	abouts, err := aboutOf(ctx, w.db, offers, convs)
	for _, a := range abouts {
		t := w.things[a.Listing]
		if t == nil || a.Buyer != string(t.buyer.id) {
			continue
		}
		w.convs[a.Conv] = t
		t.conv = a.Conv
		if a.Offer != "" {
			w.bids[a.Offer] = t
			t.offer = orders.OfferID(a.Offer)
		}
	}
	return err
}

func (w *world) readNudges(ctx context.Context) error {
	ids := w.newNudges.take()
	ns, err := nudgesOf(ctx, w.db, ids)
	if err != nil {
		return err
	}
	by := map[string][]nudge{}
	for _, n := range ns {
		by[n.Turn] = append(by[n.Turn], n)
	}
	convs := w.newConvs
	for _, id := range ids {
		if tr := w.tradeOfTurn(w.turn[id]); tr != nil && len(by[id]) > 0 {
			convs[tr.conv] = true
		}
	}
	delete(convs, "")
	some := convs.take()
	lines, err := remindersIn(ctx, w.db, some)
	if err != nil {
		return err
	}
	for _, c := range some {
		w.lines[c] = map[string]int64{}
	}
	for _, l := range lines {
		w.lines[l.Conv][l.Ref] = l.N
	}
	ds, err := deliveriesOf(ctx, w.db, ids)
	if err != nil {
		return err
	}
	for i := range ds {
		w.newLetters[string(ds[i].ID)] = true
	}
	for _, id := range ids {
		old := w.nudges[id]
		w.nudges[id] = by[id]
		w.checkNudges(w.turn[id], old, by[id])
	}
	return nil
}

func (w *world) readLetters(ctx context.Context) error {
	ds, err := deliveriesBy(ctx, w.db, w.newLetters.take())
	if err != nil {
		return err
	}
	var news []*delivery
	for i := range ds {
		d := &ds[i]
		if d.Turn == "" {
			continue
		}
		if w.letters[d.Turn] == nil {
			w.letters[d.Turn] = map[messaging.DeliveryID]*delivery{}
		}
		before := w.letters[d.Turn][d.ID]
		w.letters[d.Turn][d.ID], w.letterBy[d.ID] = d, d
		if d.Bundle != "" && (before == nil || before.Bundle != d.Bundle) {
			w.bundles[messaging.DeliveryID(d.Bundle)] = append(w.bundles[messaging.DeliveryID(d.Bundle)], d)
		}
		if before == nil || *before != *d {
			w.noticeLetter(before, d)
			news = append(news, d)
		}
	}
	for _, d := range news {
		w.checkLetter(d)
		w.checkWent(d)
		if key, ok := w.dayOf[d.ID]; ok && (d.State == messaging.Failed || d.State == messaging.Dropped) {
			w.perDay[key]--
			delete(w.dayOf, d.ID)
		}
		if d.State == messaging.Failed {
			if err := w.checkFailed(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) readMoney(ctx context.Context) error {
	for id := range w.newMoney {
		if oid, ok := w.ofOrder[id]; ok {
			w.newMoney[oid] = true
		}
		if !strings.HasPrefix(id, "ord_") {
			delete(w.newMoney, id)
		}
	}
	ids := w.newMoney.take()
	ps, err := paymentsOf(ctx, w.db, ids)
	if err != nil {
		return err
	}
	ms, err := movementsOf(ctx, w.db, ids)
	if err != nil {
		return err
	}
	ss, err := sumsOf(ctx, w.db, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		w.sending[id], w.sums[id] = nil, nil
	}
	for _, p := range ps {
		w.payment[p.Order] = p
		w.ofOrder[p.ID] = p.Order
	}
	for _, m := range ms {
		w.sending[m.Order] = append(w.sending[m.Order], m)
		w.ofOrder[m.ID] = m.Order
		w.noted[m.Charge] = true
	}
	for _, s := range ss {
		w.sums[s.Order] = append(w.sums[s.Order], s)
	}
	for _, id := range ids {
		w.checkMoney(id)
	}
	return nil
}
