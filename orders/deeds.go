package orders

import (
	"github.com/kierto/kierto/templates/ui"
)

// deed is a move as a person makes it: which button, and whether a page comes
// before it, because it needs words or cannot be undone.
type deed struct {
	Event Event
	By    Actor
	In    []State // empty: wherever the rules allow it
	Label string  // trade.do.<Label>
	Page  string  // trade.move.<Page>; "" acts at once
	Kind  string  // of the button; see ui.Button
	Icon  string
}

// deeds are all moves of people, in the order of their buttons: the one that
// helps most first. Whether a button shows is the rules' to say; the first deed
// that fits an event, a role and a state is its button.
var deeds = []deed{
	{Event: Ship, By: Seller, Label: "ship", Page: "ship", Icon: "package-check"},
	{Event: HandOver, By: Seller, Label: "hand_over", Page: "hand_over", Icon: "handshake"},
	{Event: ConfirmReturn, By: Seller, Label: "confirm_return", Page: "confirm_return"},
	{Event: Complete, By: Buyer, In: []State{Delivered}, Label: "complete", Icon: "check"},
	{Event: Complete, By: Buyer, In: []State{Sent}, Label: "complete_arrived", Icon: "check"},
	{Event: Complete, By: Buyer, In: []State{ReadyForPickup}, Label: "complete_collected", Icon: "check"},
	{Event: SendBack, By: Buyer, Label: "send_back", Page: "send_back", Icon: "package-check"},
	{Event: Complete, By: Buyer, In: []State{Shipped}, Label: "complete_early", Page: "complete", Kind: "quiet"},
	{Event: Complete, By: Buyer, In: []State{ReturnPending}, Label: "complete_keep", Page: "complete", Kind: "quiet"},
	{Event: Complete, By: Buyer, Label: "complete_settled", Page: "complete", Kind: "quiet"},
	{Event: Keep, By: Buyer, Label: "keep"},
	{Event: Return, By: Seller, Label: "return", Page: "return"},
	{Event: Refund, By: Seller, Label: "refund", Page: "refund", Kind: "quiet"},
	{Event: Contest, By: Seller, Label: "contest", Page: "contest", Kind: "quiet"},
	{Event: Report, By: Buyer, Label: "report", Page: "report", Kind: "quiet"},
	{Event: Report, By: Seller, Label: "report", Page: "report_seller", Kind: "quiet"},
	{Event: Extend, By: Seller, Label: "extend", Kind: "quiet"},
	{Event: Cancel, By: Seller, In: []State{CancelRequested}, Label: "agree_cancel"},
	{Event: Cancel, By: Seller, In: []State{AwaitingHandover}, Label: "cancel_seller_meet", Page: "cancel_seller", Kind: "bare"},
	{Event: Cancel, By: Seller, Label: "cancel_seller", Page: "cancel_seller", Kind: "bare"},
	{Event: Cancel, By: Buyer, In: []State{PendingPayment}, Label: "cancel_unpaid", Page: "cancel_unpaid", Kind: "bare"},
	{Event: Cancel, By: Buyer, Label: "cancel_paid", Page: "cancel_paid", Kind: "quiet"},
	{Event: RequestCancel, By: Buyer, Label: "request_cancel", Page: "request_cancel", Kind: "bare"},
}

// final are the pages whose button cannot be undone and costs somebody.
var final = map[string]bool{
	"cancel_paid": true, "cancel_seller": true, "refund": true, "confirm_return": true,
}

// fits tells whether d is the button of an event for a role in a state.
func (d deed) fits(ev Event, by Actor, in State) bool {
	if d.Event != ev || d.By != by {
		return false
	}
	for _, s := range d.In {
		if s == in {
			return true
		}
	}
	return len(d.In) == 0
}

// deedOf is how a role makes a move in a state.
func deedOf(ev Event, by Actor, in State) (deed, bool) {
	for _, d := range deeds {
		if d.fits(ev, by, in) {
			return d, true
		}
	}
	return deed{}, false
}

// buttons are what the reader may do now.
func (v voice) buttons() []ui.Button {
	var out []ui.Button
	o := v.Trade.Order
	if v.Role == Buyer && o.State.Payable() {
		out = append(out, ui.Button{Label: v.say("trade.do.pay"), URL: o.URL() + "/pay", Post: true})
	}
	seen := map[Event]bool{}
	for _, d := range deeds {
		fit, ok := deedOf(d.Event, v.Role, o.State)
		if !ok || seen[d.Event] || fit.Label != d.Label || !v.Trade.May(v.Role, d.Event) {
			continue
		}
		seen[d.Event] = true
		if d.Event == Extend && v.Trade.Facts.Said {
			continue // who says that it is posted needs no more time
		}
		b := ui.Button{Label: v.say("trade.do." + d.Label), URL: o.URL() + "/" + string(d.Event), Post: d.Page == "", Kind: d.Kind, Icon: d.Icon}
		if (len(out) > 0 || v.Trade.Turn.Owner != string(v.me().ID)) && b.Kind == "" {
			b.Kind = "quiet" // one filled button a view, and only for one's own move
		}
		out = append(out, b)
	}
	return out
}
