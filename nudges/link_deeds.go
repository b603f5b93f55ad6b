package nudges

import (
	"slices"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// asks is what a deed needs to be told first.
type asks int

// What a page may ask.
const (
	askNothing asks = iota
	askWhen         // one of the times to post it
	askParcel       // carrier and tracking number, unless we booked the parcel
	askWhy          // a few words for the other, or none
	askClaim        // what is wrong, and in their words
	askStory        // how they see it
	askText         // a message to the other
	askVerdict      // how it went, and in their words
	askStaff        // a message to staff
)

// deed is one thing that the link of a reminder lets its reader do.
type deed struct {
	code  byte         // in tokens: never changed, never given to another
	name  string       // of its words: link.<name>.label, .title, .lead, .button, .done, .after
	look  string       // in a letter; see messaging.Action
	asks  asks         // what comes first
	event orders.Event // the move of the trade that it makes; "": see acts
	leads string       // where on the site it leads instead of acting, below the page of its subject
	bad   bool         // cannot be undone, and somebody loses by it
	icon  string
}

// The deeds that need no move of a trade.
const (
	menuCode   = 0
	planCode   = 1
	laterCode  = 8
	muteCode   = 40
	personCode = 41
)

// deeds are all of them, by what they do.
var deeds = []deed{
	{name: "plan", code: planCode, look: messaging.ActSlot, asks: askWhen, icon: "calendar"},
	{name: "posted", code: 2, asks: askParcel, event: orders.Ship, icon: "package-check"},
	{name: "extend", code: 3, look: messaging.ActBare, event: orders.Extend, icon: "clock"},
	{name: "cant", code: 4, look: messaging.ActBare, asks: askWhy, event: orders.Cancel, bad: true, icon: "x"},
	{name: "fine", code: 5, event: orders.Complete, icon: "check"},
	{name: "arrived", code: 6, event: orders.Complete, icon: "check"},
	{name: "collected", code: 7, event: orders.Complete, icon: "check"},
	{name: "later", code: laterCode, look: messaging.ActQuiet, icon: "clock"},
	{name: "problem", code: 9, look: messaging.ActQuiet, asks: askClaim, event: orders.Report, icon: "triangle-alert"},
	{name: "accept", code: 10, icon: "check"},
	{name: "decline", code: 11, look: messaging.ActQuiet, icon: "x"},
	{name: "counter", code: 12, look: messaging.ActBare, leads: "#panel", icon: "tag"},
	{name: "reply", code: 13, asks: askText, icon: "message-circle"},
	{name: "settle", code: 14, look: messaging.ActBare, icon: "check"},
	{name: "propose", code: 15, asks: askText, icon: "message-circle"},
	{name: "code", code: 16, look: messaging.ActQuiet, leads: "/hand_over", icon: "key-round"},
	{name: "cant_meet", code: 17, look: messaging.ActBare, asks: askWhy, event: orders.Cancel, bad: true, icon: "x"},
	{name: "agree", code: 18, event: orders.Cancel, icon: "handshake"},
	{name: "refund", code: 19, look: messaging.ActQuiet, event: orders.Refund, bad: true, icon: "rotate-ccw"},
	{name: "take_back", code: 20, event: orders.Return, icon: "undo-2"},
	{name: "contest", code: 21, look: messaging.ActQuiet, asks: askStory, event: orders.Contest, icon: "message-circle"},
	{name: "sent_back", code: 22, asks: askParcel, event: orders.SendBack, icon: "package-check"},
	{name: "return_fine", code: 23, event: orders.ConfirmReturn, icon: "check"},
	{name: "return_problem", code: 24, look: messaging.ActQuiet, asks: askStory, event: orders.Report, icon: "triangle-alert"},
	{name: "review", code: 25, asks: askVerdict, icon: "smile"},
	{name: "pay", code: 26, leads: "/", icon: "credit-card"},
	{name: "payout", code: 27, leads: "/", icon: "landmark"},
	{name: "leave", code: 28, look: messaging.ActQuiet, event: orders.Cancel, bad: true, icon: "rotate-ccw"},
	{name: "how", code: 29, look: messaging.ActBare, leads: "/", icon: "qr-code"},
	{name: "mute", code: muteCode, look: messaging.ActMute, icon: "bell"},
	{name: "person", code: personCode, look: messaging.ActHelp, asks: askStaff, icon: "user"},
}

// offered are the deeds of a turn for the one who owes and the one who waits, in
// the order of their buttons. What the trade's rules do not let them do shows
// nowhere. Everybody may mute the trade and talk to a person.
var offered = map[turn.Kind][2][]string{
	turn.Pay:           {{"pay"}, {}},
	turn.Ship:          {{"plan", "posted", "how", "extend", "cant"}, {"leave"}},
	turn.HandOver:      {{"propose", "code", "extend", "cant_meet"}, {"propose"}},
	turn.AgreeCancel:   {{"agree", "posted"}, {}},
	turn.SayArrived:    {{"arrived", "later", "problem"}, {}},
	turn.Collect:       {{"collected", "later", "problem"}, {}},
	turn.Confirm:       {{"fine", "later", "problem"}, {}},
	turn.AnswerClaim:   {{"take_back", "refund", "contest"}, {}},
	turn.SendBack:      {{"sent_back"}, {}},
	turn.ConfirmReturn: {{"return_fine", "return_problem"}, {}},
	turn.AnswerMessage: {{"reply", "settle"}, {}},
	turn.AnswerOffer:   {{"accept", "decline", "counter"}, {}},
	turn.Review:        {{"review"}, {}},
	turn.PayoutDetails: {{"payout"}, {}},
}

// always are the deeds that go on when the turn is over.
var always = []string{"mute", "person"}

// deedNamed is the deed of a name.
func deedNamed(name string) deed {
	return deeds[slices.IndexFunc(deeds, func(d deed) bool { return d.name == name })]
}

// deedOf is the deed of a code, if a turn of that kind has it for a side.
func deedOf(k turn.Kind, at side, code byte) (deed, bool) {
	for _, name := range append(slices.Clone(offered[k][at]), always...) {
		if d := deedNamed(name); d.code == code {
			return d, true
		}
	}
	return deed{}, false
}

// lasts tells whether the deed goes on when its turn is over.
func (d deed) lasts() bool { return slices.Contains(always, d.name) }
