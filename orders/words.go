package orders

import (
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/shipping"
	"github.com/kierto/kierto/templates/ui"
)

// voice words a trade for one of its two, in their language.
type voice struct {
	*i18n.Speaker
	Trade Trade
	Role  Actor
	Staff string // the person who signs for the market
	tree  *listings.Tree
}

// me and other are the two, seen from the reader.
func (v voice) me() accounts.User {
	if v.Role == Seller {
		return v.Trade.Seller
	}
	return v.Trade.Buyer
}

func (v voice) other() accounts.User {
	if v.Role == Seller {
		return v.Trade.Buyer
	}
	return v.Trade.Seller
}

// say is the sentence of key with all that a sentence of a trade may speak of.
// Names stay in the nominative; the thing is the word of its category, never the
// listing's title.
func (v voice) say(key string, pairs ...any) string {
	o := v.Trade.Order
	return v.T(key, append([]any{
		"Other", v.other().First(), "Staff", v.Staff, "Ref", o.Ref,
		"Total", v.Money(o.Total()), "Payout", v.Money(o.amount(o.ItemMinor - v.given())), "Back", v.Money(o.amount(v.given())),
		"Thing", v.thing(), "ThingAcc", v.thingAcc(), "Due", v.DayClock(v.Trade.Turn.DueAt),
	}, pairs...)...)
}

// given is what an operator gave back to the buyer of a completed trade.
func (v voice) given() int64 {
	if v.Trade.Payment == nil {
		return 0
	}
	return v.Trade.Payment.Given.Minor
}

// thing is the thing's word as a subject: "satula", "sadeln".
func (v voice) thing() string {
	form := listings.Nominative
	if v.Lang == "sv" {
		form = listings.Definite
	}
	return v.tree.Word(v.Trade.Order.Category, v.Lang, form)
}

// thingAcc is the thing's word as a total object: in Finnish the genitive of a
// singular, the nominative of a plural, which ends in t.
func (v voice) thingAcc() string {
	if nom := v.thing(); v.Lang != "fi" || strings.HasSuffix(nom, "t") {
		return nom
	}
	return v.tree.Word(v.Trade.Order.Category, v.Lang, listings.Genitive)
}

// state is the word by which the turn's sentences are found: the trade's state,
// or whose hands it is in.
func (v voice) state() string {
	o := v.Trade.Order
	switch {
	case v.Trade.Turn.Owner == turn.Operator && o.State != InReview && o.State != ChargedBack:
		return "passed_on"
	case o.Said() && o.State == Paid:
		return "paid_said"
	}
	return string(o.State)
}

// turnKey is a part of the turn's sentences for the reader.
func (v voice) turnKey(part string) string {
	return "trade.turn." + v.state() + "." + string(v.Role) + "." + part
}

// maybe is the sentence of key, or "" when nothing is said there.
func (v voice) maybe(key string) string {
	if !i18n.Known(v.Lang, key) {
		return ""
	}
	return v.say(key)
}

// who says whose move it is.
func (v voice) who() string {
	t := v.Trade.Turn
	switch {
	case v.Trade.Order.State == Completed:
		return v.T("trade.who.done")
	case !v.Trade.Order.Open():
		return v.T("trade.who.over")
	case t.Owner == string(v.me().ID):
		return v.T("trade.who.mine")
	case t.Owner == turn.Operator:
		return v.say("trade.who.staff")
	case t.Owner == turn.Carrier:
		return v.T("trade.who.carrier", "Carrier", v.carrierNow())
	}
	return v.say("trade.who.other")
}

// replySpan and postSpan are measured times in words.
func replySpan(s *i18n.Speaker, u accounts.User) string {
	return s.Within(time.Duration(u.ReplyMinutes) * time.Minute)
}

func postSpan(s *i18n.Speaker, u accounts.User) string {
	return s.Within(time.Duration(u.PostHours) * time.Hour)
}

// verdictIcons are the faces of the verdicts.
var verdictIcons = map[Verdict]string{Good: "smile", Okay: "meh", Bad: "frown"}

// saidOf is a review as others read it.
func saidOf(s *i18n.Speaker, r Review, author accounts.User) ui.Said {
	return ui.Said{
		Name: author.First(), Person: string(author.ID), Icon: verdictIcons[r.Verdict], Verdict: s.T("trade.verdict." + string(r.Verdict)),
		Text: r.Text, When: s.Date(r.CreatedAt),
	}
}

// reviews are those of the trade that the reader may see.
func (v voice) reviews() []ui.Said {
	var out []ui.Said
	for _, r := range v.Trade.Reviews {
		if !r.Visible(v.me().ID, v.Now) {
			continue
		}
		author := v.Trade.Buyer
		if r.Author == v.Trade.Seller.ID {
			author = v.Trade.Seller
		}
		out = append(out, saidOf(v.Speaker, r, author))
	}
	return out
}

// carrierNow is who carries the trade's parcel: there, or back again.
func (v voice) carrierNow() string {
	name := v.Trade.Order.Carrier
	if p := v.Trade.Parcel; p != nil {
		name = p.Carrier
	}
	if p := v.Trade.Return; p != nil {
		name = p.Carrier
	}
	if n := shipping.CarrierName(name); n != "" {
		return n
	}
	return v.T("trade.carrier")
}

// carrier is the name of a carrier, or that it is another.
func (v voice) carrier(name string) string {
	if n := shipping.CarrierName(name); n != "" {
		return n
	}
	return v.T("trade.field.carrier_other")
}
