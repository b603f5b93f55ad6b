package orders

import (
	"github.com/kierto/kierto/internal/turn"
)

// State is where a trade stands.
type State string

// The states of a trade, named for what has happened.
const (
	PendingPayment   State = "pending_payment"   // the buyer pays
	Paid             State = "paid"              // the seller posts
	AwaitingHandover State = "awaiting_handover" // they meet; the seller hands over
	CancelRequested  State = "cancel_requested"  // the buyer wants out; the seller agrees or posts
	Shipped          State = "shipped"           // the carrier has it, and we can follow it
	Sent             State = "sent"              // posted by a way we cannot follow
	ReadyForPickup   State = "ready_for_pickup"  // waits at a pickup point
	Delivered        State = "delivered"         // the buyer has it
	Disputed         State = "disputed"          // the buyer says something is wrong
	InReview         State = "in_review"         // an operator decides
	ChargedBack      State = "charged_back"      // the buyer's bank wants the money back; an operator sees to it
	ReturnPending    State = "return_pending"    // the buyer sends it back
	Returning        State = "returning"         // on its way back
	Returned         State = "returned"          // the seller has it again
	Completed        State = "completed"         // the seller is paid
	Refunded         State = "refunded"          // the buyer has the money again
	Cancelled        State = "cancelled"         // called off before it was posted
	Expired          State = "expired"           // never paid
)

// Event moves a trade.
type Event string

// The events, named for what somebody does.
const (
	Pay           Event = "pay"
	Expire        Event = "expire"
	Ship          Event = "ship"    // the seller says it is posted
	Accept        Event = "accept"  // the carrier has it
	Arrive        Event = "arrive"  // it is at the pickup point
	Deliver       Event = "deliver" // collected there, or brought to the door
	TurnBack      Event = "turn_back"
	HandOver      Event = "hand_over" // in person, against the buyer's code
	Extend        Event = "extend"    // more time
	RequestCancel Event = "request_cancel"
	Keep          Event = "keep" // the buyer takes the request back
	Cancel        Event = "cancel"
	Complete      Event = "complete"
	Report        Event = "report"  // something is wrong
	Contest       Event = "contest" // the seller sees it otherwise
	Refund        Event = "refund"
	Return        Event = "return" // it is to be sent back
	SendBack      Event = "send_back"
	ArriveBack    Event = "arrive_back"
	ConfirmReturn Event = "confirm_return"
	GiveUp        Event = "give_up"     // nobody can say where it is: an operator takes over
	PassOn        Event = "pass_on"     // we reached nobody: the turn passes to an operator
	PaidLate      Event = "pay_late"    // money came after the end
	Share         Event = "share"       // an operator gives the buyer a part back, and the seller the rest
	ChargeBack    Event = "charge_back" // the buyer's bank disputes the payment
	WinBack       Event = "win_back"    // it decided for us
	LoseBack      Event = "lose_back"   // it decided for the buyer
)

// Actor is who moves a trade.
type Actor string

// The actors.
const (
	Buyer    Actor = "buyer"
	Seller   Actor = "seller"
	Operator Actor = "operator"
	Clock    Actor = "clock"
	Carrier  Actor = "carrier"
	Payment  Actor = "payment"
)

// Effect is what a move causes outside the trade's own row. All of them are
// promised in the transaction of the move.
type Effect string

// The effects.
const (
	VoidPayment Effect = "void_payment" // the payment page closes; late money goes back
	RefundAll   Effect = "refund_all"   // everything goes back to the buyer, unless their bank has given it to them
	Payout      Effect = "payout"       // the seller's part goes to the seller
	ShareOut    Effect = "share_out"    // a part of the seller's goes to the buyer, the rest to the seller
	BookParcel  Effect = "book_parcel"  // ask the carrier for a sending code
	MakeCode    Effect = "make_code"    // six digits for the handover
	AskCarrier  Effect = "ask_carrier"  // look for the parcel at once
	Relist      Effect = "relist"       // the thing is for sale again
	Withdraw    Effect = "withdraw"     // the thing is not for sale any more
	MarkSold    Effect = "mark_sold"    // the thing is sold
	OpenReviews Effect = "open_reviews" // both may say how it went
)

// Turn is whose move it is in a state.
type Turn struct {
	Who     Actor
	Owes    turn.Kind
	Aim     Term    // what is promised; past it the one who waits may leave
	Within  Term    // the deadline
	Offered Term    // the deadline instead, after an accepted offer
	Else    Event   // what the clock does then
	Seen    []Event // what others tell when the one who owes has done it: the payment, the carrier's scan
	Costly  bool    // the one who owes loses something then, so we must have reached them; if not, the turn passes to an operator
}

// turns says, for every open state, whose move it is, how long they have, and
// which event the clock causes if they let it pass. A state missing here is
// closed. Nothing in the market waits on nobody.
var turns = map[State]Turn{
	PendingPayment:   {Who: Buyer, Owes: turn.Pay, Within: minutes(30), Offered: hours(24), Else: Expire, Seen: evident(Pay)},
	Paid:             {Who: Seller, Owes: turn.Ship, Aim: businessDays(3), Within: businessDays(5), Else: Cancel, Seen: evident(Accept, Arrive, Deliver), Costly: true},
	AwaitingHandover: {Who: Seller, Owes: turn.HandOver, Within: days(7), Else: Cancel, Costly: true},
	CancelRequested:  {Who: Seller, Owes: turn.AgreeCancel, Within: hours(24), Else: Cancel, Seen: evident(Accept, Arrive, Deliver), Costly: true},
	Shipped:          {Who: Carrier, Owes: turn.Deliver, Within: estimatePlus(3), Else: GiveUp},
	Sent:             {Who: Buyer, Owes: turn.SayArrived, Within: days(10), Else: Complete, Costly: true},
	ReadyForPickup:   {Who: Buyer, Owes: turn.Collect, Within: pointHold(7), Else: TurnBack, Seen: evident(Deliver)},
	Delivered:        {Who: Buyer, Owes: turn.Confirm, Within: hours(48), Else: Complete, Costly: true},
	Disputed:         {Who: Seller, Owes: turn.AnswerClaim, Within: hours(48), Else: GiveUp},
	InReview:         {Who: Operator, Owes: turn.Rule, Aim: hours(48), Within: days(14), Else: Refund},
	ChargedBack:      {Who: Operator, Owes: turn.Rule, Aim: hours(48), Within: days(14), Else: GiveUp},
	ReturnPending:    {Who: Buyer, Owes: turn.SendBack, Within: businessDays(5), Else: Complete, Seen: evident(SendBack, ArriveBack), Costly: true},
	Returning:        {Who: Carrier, Owes: turn.DeliverBack, Within: estimatePlus(3), Else: GiveUp},
	Returned:         {Who: Seller, Owes: turn.ConfirmReturn, Within: hours(48), Else: ConfirmReturn, Costly: true},
}

// Rule lets some actors cause an event in a state.
type Rule struct {
	From  State
	Event Event
	By    []Actor
	If    Guard // "" means always
	To    State
	Do    []Effect
}

// rules is the whole state machine: the first that fits is meant. No other code
// compares states.
var rules = []Rule{
	// Paying
	{From: PendingPayment, Event: Pay, By: by(Payment), If: ToPost, To: Paid, Do: do(BookParcel)},
	{From: PendingPayment, Event: Pay, By: by(Payment), If: InPerson, To: AwaitingHandover, Do: do(MakeCode)},
	{From: PendingPayment, Event: Expire, By: by(Clock, Payment), To: Expired, Do: do(VoidPayment, Relist)},
	{From: PendingPayment, Event: Cancel, By: by(Buyer, Operator), To: Cancelled, Do: do(VoidPayment, Relist)},
	{From: Expired, Event: PaidLate, By: by(Payment), To: Expired, Do: do(RefundAll)},
	{From: Cancelled, Event: PaidLate, By: by(Payment), To: Cancelled, Do: do(RefundAll)},

	// Posting: a scan moves what we can follow, the seller's word the rest
	{From: Paid, Event: Ship, By: by(Seller), If: Untracked, To: Sent},
	{From: Paid, Event: Ship, By: by(Seller), If: TrackedUnsaid, To: Paid, Do: do(AskCarrier)},
	{From: Paid, Event: Accept, By: by(Carrier), To: Shipped},
	{From: Paid, Event: Arrive, By: by(Carrier), To: ReadyForPickup},
	{From: Paid, Event: Deliver, By: by(Carrier), To: Delivered},
	{From: Paid, Event: Extend, By: by(Seller), If: Unextended, To: Paid},
	{From: Paid, Event: Extend, By: by(Operator), To: Paid},
	{From: Paid, Event: Cancel, By: by(Buyer), If: MayLeave, To: Cancelled, Do: do(RefundAll, Relist)},
	{From: Paid, Event: RequestCancel, By: by(Buyer), If: MustAsk, To: CancelRequested},
	{From: Paid, Event: Cancel, By: by(Seller), To: Cancelled, Do: do(RefundAll, Withdraw)},
	{From: Paid, Event: Cancel, By: by(Clock), If: SaidPosted, To: InReview},
	{From: Paid, Event: Cancel, By: by(Clock, Operator), To: Cancelled, Do: do(RefundAll, Relist)},
	{From: Paid, Event: PassOn, By: by(Clock), To: Paid},

	// Meeting
	{From: AwaitingHandover, Event: HandOver, By: by(Seller), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: AwaitingHandover, Event: Extend, By: by(Seller), If: Unextended, To: AwaitingHandover},
	{From: AwaitingHandover, Event: Extend, By: by(Operator), To: AwaitingHandover},
	{From: AwaitingHandover, Event: Cancel, By: by(Seller), To: Cancelled, Do: do(RefundAll, Withdraw)},
	{From: AwaitingHandover, Event: Cancel, By: by(Buyer, Clock, Operator), To: Cancelled, Do: do(RefundAll, Relist)},
	{From: AwaitingHandover, Event: Complete, By: by(Operator), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: AwaitingHandover, Event: GiveUp, By: by(Seller), If: OutOfTries, To: InReview},
	{From: AwaitingHandover, Event: PassOn, By: by(Clock), To: AwaitingHandover},

	// Calling it off before it is posted
	{From: CancelRequested, Event: Cancel, By: by(Seller, Clock, Operator), To: Cancelled, Do: do(RefundAll, Relist)},
	{From: CancelRequested, Event: Keep, By: by(Buyer), To: Paid},
	{From: CancelRequested, Event: Ship, By: by(Seller), If: Untracked, To: Sent},
	{From: CancelRequested, Event: Ship, By: by(Seller), If: TrackedUnsaid, To: Paid, Do: do(AskCarrier)},
	{From: CancelRequested, Event: Accept, By: by(Carrier), To: Shipped},
	{From: CancelRequested, Event: Arrive, By: by(Carrier), To: ReadyForPickup},
	{From: CancelRequested, Event: Deliver, By: by(Carrier), To: Delivered},
	{From: CancelRequested, Event: Extend, By: by(Operator), To: CancelRequested},
	{From: CancelRequested, Event: PassOn, By: by(Clock), To: CancelRequested},

	// On its way
	{From: Shipped, Event: Arrive, By: by(Carrier), To: ReadyForPickup},
	{From: Shipped, Event: Deliver, By: by(Carrier), To: Delivered},
	{From: Shipped, Event: TurnBack, By: by(Carrier), To: Returning},
	{From: Shipped, Event: ArriveBack, By: by(Carrier), To: Returned},
	{From: Shipped, Event: Complete, By: by(Buyer), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: Shipped, Event: GiveUp, By: by(Clock, Operator), To: InReview},
	{From: Shipped, Event: Extend, By: by(Operator), To: Shipped},
	{From: Sent, Event: Complete, By: by(Buyer, Clock, Operator), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: Sent, Event: Report, By: by(Buyer), To: Disputed},
	{From: Sent, Event: Refund, By: by(Operator), To: Refunded, Do: do(RefundAll, Withdraw)},
	{From: Sent, Event: Extend, By: by(Operator), To: Sent},
	{From: Sent, Event: PassOn, By: by(Clock), To: Sent},
	{From: ReadyForPickup, Event: Deliver, By: by(Carrier), To: Delivered},
	{From: ReadyForPickup, Event: Complete, By: by(Buyer), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: ReadyForPickup, Event: Report, By: by(Buyer), To: Disputed},
	{From: ReadyForPickup, Event: TurnBack, By: by(Clock, Carrier), To: Returning},
	{From: ReadyForPickup, Event: ArriveBack, By: by(Carrier), To: Returned},
	{From: ReadyForPickup, Event: Extend, By: by(Operator), To: ReadyForPickup},

	// Received
	{From: Delivered, Event: Complete, By: by(Buyer, Clock, Operator), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: Delivered, Event: Report, By: by(Buyer), To: Disputed},
	{From: Delivered, Event: Extend, By: by(Operator), To: Delivered},
	{From: Delivered, Event: PassOn, By: by(Clock), To: Delivered},

	// Something is wrong
	{From: Disputed, Event: Refund, By: by(Seller, Operator), To: Refunded, Do: do(RefundAll, Withdraw, OpenReviews)},
	{From: Disputed, Event: Return, By: by(Seller, Operator), To: ReturnPending},
	{From: Disputed, Event: Contest, By: by(Seller), To: InReview},
	{From: Disputed, Event: GiveUp, By: by(Clock, Operator), To: InReview},
	{From: Disputed, Event: Complete, By: by(Buyer, Operator), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: Disputed, Event: Extend, By: by(Operator), To: Disputed},
	{From: InReview, Event: Refund, By: by(Operator, Clock), To: Refunded, Do: do(RefundAll, Withdraw, OpenReviews)},
	{From: InReview, Event: Cancel, By: by(Operator), If: Unposted, To: Cancelled, Do: do(RefundAll, Relist)},
	{From: InReview, Event: Complete, By: by(Operator, Buyer), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: InReview, Event: Share, By: by(Operator), To: Completed, Do: do(ShareOut, MarkSold, OpenReviews)},
	{From: InReview, Event: Return, By: by(Operator), To: ReturnPending},
	{From: InReview, Event: Extend, By: by(Operator), To: InReview},
	{From: InReview, Event: Accept, By: by(Carrier), If: Unclaimed, To: Shipped},
	{From: InReview, Event: Arrive, By: by(Carrier), If: Unclaimed, To: ReadyForPickup},
	{From: InReview, Event: Deliver, By: by(Carrier), If: Unclaimed, To: Delivered},
	{From: InReview, Event: ArriveBack, By: by(Carrier), To: Returned},

	// The buyer's bank wants the money back: nothing moves until it has decided
	{From: Paid, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: AwaitingHandover, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: CancelRequested, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Shipped, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Sent, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: ReadyForPickup, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Delivered, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Disputed, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: InReview, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: ReturnPending, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Returning, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: Returned, Event: ChargeBack, By: by(Payment), To: ChargedBack},
	{From: ChargedBack, Event: WinBack, By: by(Payment), If: Contested, To: InReview},
	{From: ChargedBack, Event: WinBack, By: by(Payment), If: Received, To: Delivered},
	{From: ChargedBack, Event: WinBack, By: by(Payment), If: InPerson, To: AwaitingHandover},
	{From: ChargedBack, Event: WinBack, By: by(Payment), If: Unposted, To: Paid},
	{From: ChargedBack, Event: WinBack, By: by(Payment), If: Untracked, To: Sent},
	{From: ChargedBack, Event: WinBack, By: by(Payment), To: Shipped},
	{From: ChargedBack, Event: LoseBack, By: by(Payment), To: ChargedBack},
	{From: ChargedBack, Event: Refund, By: by(Operator), If: BankPaid, To: Refunded, Do: do(RefundAll, Withdraw, OpenReviews)},
	{From: ChargedBack, Event: Extend, By: by(Operator), To: ChargedBack},
	{From: ChargedBack, Event: GiveUp, By: by(Clock), To: InReview},
	{From: Completed, Event: ChargeBack, By: by(Payment), To: Completed},
	{From: Completed, Event: WinBack, By: by(Payment), To: Completed},
	{From: Completed, Event: LoseBack, By: by(Payment), To: Completed},

	// Going back
	{From: ReturnPending, Event: SendBack, By: by(Buyer, Carrier), To: Returning},
	{From: ReturnPending, Event: ArriveBack, By: by(Carrier), To: Returned},
	{From: ReturnPending, Event: Complete, By: by(Buyer, Clock, Operator), To: Completed, Do: do(Payout, MarkSold, OpenReviews)},
	{From: ReturnPending, Event: Refund, By: by(Seller, Operator), To: Refunded, Do: do(RefundAll, Withdraw, OpenReviews)},
	{From: ReturnPending, Event: Extend, By: by(Operator), To: ReturnPending},
	{From: ReturnPending, Event: PassOn, By: by(Clock), To: ReturnPending},
	{From: Returning, Event: ArriveBack, By: by(Carrier), To: Returned},
	{From: Returning, Event: Deliver, By: by(Carrier), If: Unclaimed, To: Delivered}, // collected on the last day after all
	{From: Returning, Event: ConfirmReturn, By: by(Seller), To: Refunded, Do: do(RefundAll, Relist, OpenReviews)},
	{From: Returning, Event: GiveUp, By: by(Clock, Operator), To: InReview},
	{From: Returning, Event: Extend, By: by(Operator), To: Returning},
	{From: Returned, Event: ConfirmReturn, By: by(Seller, Clock, Operator), To: Refunded, Do: do(RefundAll, Relist, OpenReviews)},
	{From: Returned, Event: Report, By: by(Seller), To: InReview},
	{From: Returned, Event: Extend, By: by(Operator), To: Returned},
	{From: Returned, Event: PassOn, By: by(Clock), To: Returned},
}

func by(a ...Actor) []Actor      { return a }
func do(e ...Effect) []Effect    { return e }
func evident(e ...Event) []Event { return e }
