package simulate

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
)

// How often people answer by a tap, of those who do what a message with links
// asks for, and what else becomes of links.
const (
	tapping   = 0.5
	tapTwice  = 0.2  // again, soon
	tapLate   = 0.2  // again, days later
	tapOnly   = 0.1  // days later, and never before
	forwarded = 0.08 // somebody who was sent the letter taps anything in it
	forging   = 0.1  // somebody tries links that we did not make
	leaving   = 0.1  // a buyer who may leave a late trade does
)

// taps is a person answering a message by a tap: by what suits where the trade
// stands, as they know it, or else on the site.
func (w *world) taps(ctx context.Context, id string, p *person, g got, d dice, try uint64) error {
	t := w.turn[id]
	if t == nil || p.gone {
		return nil
	}
	ls, again, err := w.shown(ctx, p, g, t)
	if err != nil {
		return err
	}
	tr := w.tradeOfTurn(t)
	own := w.diceOf(t, tr, p).of(forDeed)
	deed, in := "", nudges.Given{}
	if !again && tr != nil && t.ClosedAt.IsZero() {
		deed, in = w.wish(t, tr, p, own)
	}
	l, ok := named(ls, deed, d)
	switch {
	case again && try < 20:
		w.at(p.soon(w.clock.Now(), d, 60+try), func(ctx context.Context) error { return w.taps(ctx, id, p, g, d, try+1) })
		return nil
	case !t.ClosedAt.IsZero():
		return w.tapsAny(ctx, p, g, t, d, 0)
	case !ok:
		return w.act(ctx, id, p, d, 0)
	}
	if deed == "plan" {
		in.When = l.when
		w.at(p.awake(l.when), func(ctx context.Context) error { return w.act(ctx, id, p, d, 0) })
	}
	if deed == "accept" {
		tr.offer = orders.OfferID(t.Subject)
	}
	if d.chance(30, w.odds(tapTwice, "tapped-again")) {
		w.in(d.between(31, time.Minute, 2*time.Hour), func(ctx context.Context) error { return w.tapAgain(ctx, p, l, in) })
	}
	if d.chance(32, w.odds(tapLate, "tapped-late")) {
		w.at(p.awake(w.clock.Now().Add(d.between(33, 30*time.Hour, 8*dayLength))), func(ctx context.Context) error { return w.tapAgain(ctx, p, l, in) })
	}
	if d.chance(34, w.odds(forging, "forger")) {
		w.in(d.between(35, time.Minute, 4*dayLength), func(ctx context.Context) error { return w.forges(ctx, p, l, d) })
	}
	return w.tapUntil(ctx, p, l, in, d, 0)
}

// tapUntil taps until the program is there. Who finds that the link does not do it
// goes to the site.
func (w *world) tapUntil(ctx context.Context, p *person, l link, in nudges.Given, d dice, try uint64) error {
	acted, again, err := w.tap(ctx, p, l, in)
	switch {
	case err != nil:
		return err
	case again && try < 20:
		w.at(p.soon(w.clock.Now(), d, 60+try), func(ctx context.Context) error { return w.tapUntil(ctx, p, l, in, d, try+1) })
	case !acted && !again:
		w.at(p.soon(w.clock.Now(), d, 36), func(ctx context.Context) error { return w.act(ctx, string(l.turn), p, d, 0) })
	}
	return nil
}

// tapAgain is another tap on a link that was tapped before.
func (w *world) tapAgain(ctx context.Context, p *person, l link, in nudges.Given) error {
	if w.node == nil {
		return nil
	}
	over := !w.turn[string(l.turn)].ClosedAt.IsZero()
	if over && (l.deed == "reply" || l.deed == "settle") && len(w.turnsOf[w.turn[string(l.turn)].Subject]) == 0 {
		if err := w.sabotageWhen(ctx, tappedLate, string(l.turn)); err != nil {
			return err
		}
	}
	if !over && (l.deed == "plan" || l.deed == "propose" || l.deed == "later") {
		if err := w.sabotageWhen(ctx, tappedAgain, string(l.turn)); err != nil {
			return err
		}
	}
	_, _, err := w.tap(ctx, p, l, in)
	return err
}

// tapsAny is a tap on any link of a message: by somebody it was sent on to, or by
// its reader, long after.
func (w *world) tapsAny(ctx context.Context, p *person, g got, t *turnRow, d dice, try uint64) error {
	ls, again, err := w.shown(ctx, p, g, t)
	if again && try < 20 {
		w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.tapsAny(ctx, p, g, t, d, try+1) })
	}
	if err != nil || len(ls) == 0 {
		return err
	}
	l := ls[d.below(37, len(ls))]
	if l.deed == "mute" || l.deed == "person" && d.chance(56, 0.8) {
		return nil
	}
	return w.tapAgain(ctx, p, l, w.filled(l, d))
}

// tap is one tap on a link, with what its page asks for filled in. It proves that
// a link acts once, as the one it is for, and that one that does not act, or whose
// turn is over, changes nothing.
func (w *world) tap(ctx context.Context, p *person, l link, in nudges.Given) (acted, again bool, err error) {
	if w.node == nil {
		return false, true, nil
	}
	tr := w.tradeOfTurn(w.turn[string(l.turn)])
	before, err := w.mark(ctx, l.turn, tr)
	if err != nil {
		return false, false, err
	}
	over := !w.turn[string(l.turn)].ClosedAt.IsZero() || !before.ClosedAt.IsZero()
	old, fresh := w.age(l)
	if old && w.o.Sabotage == "old-link" { // the program believes that it is still the day of the letter
		defer func(was time.Duration) { w.skew.by = was }(w.skew.by)
		w.skew.by -= 2 * linkLives
	}
	var no error
	tried := false
	_, again, err = w.attempt(ctx, "tap", func(ctx context.Context) error {
		tried = true
		_, no = w.node.Nudges.Tap(ctx, l.token, in)
		if refusesTap(no) {
			return nil
		}
		return no
	})
	if err != nil || again || !tried {
		return false, again, err
	}
	after, err := w.mark(ctx, l.turn, tr)
	if err != nil {
		return false, false, err
	}
	acted = no == nil
	w.counts("tapped", l.deed, no)
	if fresh {
		w.holds(TapExpired, !errors.Is(no, nudges.ErrExpired), tr, "%s of %s has expired already", l.deed, p.id)
	}
	switch {
	case old && !p.gone:
		w.holds(TapExpired, errors.Is(no, nudges.ErrExpired) && after == before, tr, "%s of %s: %v, %+v became %+v", l.deed, p.id, no, before, after)
	case over && !l.lasts() || p.gone:
		w.holds(TapOver, !acted && after == before, tr, "%s of %s: acted %v, %+v became %+v", l.deed, p.id, acted, before, after)
	case !acted:
		w.holds(TapOver, after == before, tr, "%s of %s did not act (%v), and %+v became %+v", l.deed, p.id, no, before, after)
	case l.deed != "mute":
		key := l.token + in.When.String() + in.Text
		if l.deed == "later" { // tomorrow is another day
			key += w.clock.Now().Add(w.skew.by).In(clock.Zone(p.zone)).Format(time.DateOnly)
		}
		w.acted[key]++
		w.holds(TapOnce, w.acted[key] == 1, tr, "%s of %s acted %d times", l.deed, p.id, w.acted[key])
		w.holds(TapOnce, after.Version == before.Version || after.Actor == string(p.id), tr, "%s of %s: %s moved", l.deed, p.id, after.Actor)
	}
	return acted, false, nil
}

// refusesTap tells whether an error says that a link does nothing.
func refusesTap(err error) bool {
	return errors.Is(err, nudges.ErrNoLink) || errors.Is(err, nudges.ErrExpired) || errors.Is(err, nudges.ErrUsed) || errors.Is(err, nudges.ErrOver)
}

// counts counts what came of an answer.
func (w *world) counts(what, which string, no error) {
	switch {
	case errors.Is(no, nudges.ErrUsed):
		which = "a link that was used"
	case errors.Is(no, nudges.ErrOver):
		which = "a link to what is over"
	case errors.Is(no, nudges.ErrExpired):
		which = "a link that has expired"
	case errors.Is(no, nudges.ErrNoLink):
		which = "a link of nobody"
	case no != nil:
		which = "in vain"
	}
	w.answers[what+": "+which]++
}

// forges is somebody trying a link that we did not make: one of ours with another
// deed, side, turn or mac, or a made-up one.
func (w *world) forges(ctx context.Context, p *person, l link, d dice) error {
	if w.node == nil {
		return nil // there is nobody to deceive
	}
	tr := w.tradeOfTurn(w.turn[string(l.turn)])
	raw, err := base64.RawURLEncoding.DecodeString(l.token)
	if err != nil {
		return err
	}
	switch d.below(38, 5) {
	case 0:
		raw[1] = byte(1 + (int(raw[1])+d.below(39, 28))%29)
	case 1:
		raw[0] ^= 1
	case 2:
		raw[len(raw)-1-d.below(39, 10)] ^= 1 << d.below(40, 8)
	case 3:
		raw[4+d.below(39, 16)] ^= 1 << d.below(40, 8)
	case 4:
		for i := range raw[1:] {
			raw[1+i] = byte(d.below(100+uint64(i), 256))
		}
	}
	forged := base64.RawURLEncoding.EncodeToString(raw)
	if w.o.Sabotage == "forger" {
		forged = l.token
	}
	before, err := w.mark(ctx, l.turn, tr)
	if err != nil {
		return err
	}
	var no error
	_, again, err := w.attempt(ctx, "forge", func(ctx context.Context) error {
		_, no = w.node.Nudges.Tap(ctx, forged, w.filled(l, d))
		if refusesTap(no) {
			return nil
		}
		return no
	})
	if err != nil || again {
		return err
	}
	after, err := w.mark(ctx, l.turn, tr)
	w.holds(TapForged, errors.Is(no, nudges.ErrNoLink) && after == before, tr, "%s of %s: %v, %+v became %+v", l.deed, p.id, no, before, after)
	w.counts("forged", l.deed, no)
	return err
}

// filled is what somebody types who taps without thinking.
func (w *world) filled(l link, d dice) nudges.Given {
	in := nudges.Given{When: l.when, Carrier: "posti", Tracking: "JJFI6400000000003", Note: "Näin kävi.", Verdict: string(orders.Good)}
	if in.When.IsZero() {
		in.When = w.clock.Now().Add(w.skew.by + 5*time.Hour)
	}
	in.Claim = string(orders.Claims[d.below(41, len(orders.Claims))])
	in.Text = "Kiitos, joo " + strconv.FormatUint(uint64(d)%1_000_000, 10)
	return in
}

// wish is what a person wants to do about what they owe, as a deed of links: the
// same that they would do on the site, see deed. It does what comes before, such
// as bringing the parcel to the post. "" when no link does it.
func (w *world) wish(t *turnRow, tr *trade, p *person, d dice) (deed string, in nudges.Given) {
	in = w.filled(link{}, d)
	switch t.Kind {
	case turn.AnswerMessage:
		if d.chance(51, 0.15) {
			return "settle", in
		}
		return "reply", in
	case turn.AnswerOffer:
		if d.chance(52, 0.6) {
			return "accept", in
		}
		return "decline", in
	case turn.Ship:
		return w.wishShip(t, tr, p, d, in)
	case turn.AgreeCancel:
		if d.chance(1, 0.7) {
			return "agree", in
		}
		return w.wishPosted(t, tr), in
	case turn.HandOver:
		first := !w.asked[t.ID]
		w.asked[t.ID] = true
		switch {
		case first && d.chance(14, 0.5):
			w.later(t, p, d, 30*time.Hour)
			in.Text = "Sopiiko huomenna klo 17?"
			return "propose", in
		case first && d.chance(53, 0.1):
			w.later(t, p, d, 30*time.Hour)
			return "extend", in
		case d.chance(15, 0.03):
			return "cant_meet", in
		}
		return "", in // the code is typed on the site
	}
	return w.wishAfter(t, tr, p, d, in)
}

// wishShip is what a seller wants who is to post.
func (w *world) wishShip(t *turnRow, tr *trade, p *person, d dice, in nudges.Given) (string, nudges.Given) {
	first := !w.asked[t.ID]
	w.asked[t.ID] = true
	switch {
	case tr.posted:
		return "", in
	case first && d.chance(6, 0.3):
		return "plan", in
	case first && d.chance(9, 0.1):
		w.later(t, p, d, 40*time.Hour)
		return "extend", in
	case d.chance(11, 0.02):
		return "cant", in
	case p.habit.kind == Dishonest && d.chance(12, 0.5):
		return "posted", in
	}
	return w.wishPosted(t, tr), in
}

// wishPosted is a seller at the post; "" when there is no sending code yet.
func (w *world) wishPosted(t *turnRow, tr *trade) string {
	parcel := w.post.byRef[tr.ref]
	booked := parcel != nil && parcel.tracking != ""
	switch {
	case booked:
		w.post.drop(tr)
	case w.clock.Now().Sub(t.OpenedAt) < 20*time.Hour:
		return ""
	}
	tr.posted = true
	return "posted"
}

// wishAfter is what people want once the thing is on its way.
func (w *world) wishAfter(t *turnRow, tr *trade, p *person, d dice, in nudges.Given) (string, nudges.Given) {
	has := "fine"
	switch t.Kind {
	case turn.SayArrived:
		has = "arrived"
		if !reachedBy(tr.came, w.clock.Now()) {
			if tr.came.IsZero() && d.chance(1, 0.6) {
				in.Claim = string(orders.Missing)
				return "problem", in
			}
			w.later(t, p, d, dayLength)
			return "later", in
		}
	case turn.Collect:
		has = "collected"
		if !w.post.fetch(tr) {
			w.later(t, p, d, dayLength)
			return "later", in
		}
	case turn.Confirm:
	case turn.AnswerClaim:
		deeds := []string{"refund", "take_back", "contest"}
		if p.habit.kind == Dishonest {
			return "contest", in
		}
		return deeds[d.below(2, 3)], in
	case turn.SendBack:
		if p.habit.kind == Dishonest {
			return "", in
		}
		return "sent_back", in
	case turn.ConfirmReturn:
		if p.habit.kind == Dishonest {
			return "return_problem", in
		}
		return "return_fine", in
	case turn.Review:
		return "review", in
	default:
		return "", in
	}
	if tr.bad || p.habit.kind == Dishonest && d.chance(3, 0.3) {
		in.Claim = string(orders.Claims[1+d.below(4, 3)])
		return "problem", in
	}
	return has, in
}
