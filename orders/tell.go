package orders

import (
	"context"
	"slices"
	"strconv"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/messaging"
)

// say writes a move into the stream of the two, and tells those who have to
// know outside it.
func (s *Service) say(ctx context.Context, tx *db.Tx, before, o Order, r Rule, who Who, in Input) error {
	if in.quiet {
		return nil
	}
	entry, err := s.entry(ctx, tx, o, r, who, in)
	if err != nil {
		return err
	}
	if err := s.Messages.Append(ctx, tx, o.Conversation, entry); err != nil {
		return err
	}
	if err := s.words(ctx, tx, o, who, in); err != nil {
		return err
	}
	return s.notify(ctx, tx, o, r, who, in)
}

// entryKey is the sentence of a move: by what happened and who did it, and by
// where it led when the same move may lead elsewhere.
func entryKey(r Rule, who Actor) string {
	key := "orders.did." + string(r.Event) + "." + string(who)
	switch {
	case r.If == TrackedUnsaid:
		return key + ".said"
	case r.If == SaidPosted:
		return key + ".review"
	case r.If == InPerson && r.Event == Pay:
		return key + ".in_person"
	case r.If == BankPaid:
		return key + ".bank"
	case !r.From.Open() && r.Event != PaidLate:
		return key + ".over"
	case r.Event == Cancel && slices.Contains(r.Do, VoidPayment):
		return key + ".unpaid"
	case r.Event == Cancel && who == Seller && slices.Contains(r.Do, Relist):
		return key + ".agreed"
	}
	return key
}

// entry is a move as both read it.
func (s *Service) entry(ctx context.Context, tx *db.Tx, o Order, r Rule, who Who, in Input) (messaging.Entry, error) {
	e := messaging.Entry{
		Kind: messaging.Move, Author: who.User, Staff: who.Actor == Operator, Key: entryKey(r, who.Actor), Ref: string(o.ID),
		Args: map[string]any{"Total": o.Total(), "Item": o.Item()},
	}
	switch who.Actor {
	case Carrier:
		e.Kind = messaging.Scan
	case Payment:
		e.Author = o.Buyer // the one who paid, or did not
	}
	if r.Event == Share {
		e.Args["Back"], e.Args["Rest"] = o.amount(in.Back), o.amount(o.ItemMinor-in.Back)
	}
	if o.State.Open() {
		due, err := s.dueOf(ctx, tx, o)
		if err != nil {
			return e, err
		}
		e.Args["Due"] = due
	}
	return e, nil
}

// words puts what somebody wrote with a move beside it, as a message of theirs.
func (s *Service) words(ctx context.Context, tx *db.Tx, o Order, who Who, in Input) error {
	if in.Note == "" && in.Photo == "" {
		return nil
	}
	return s.Messages.Append(ctx, tx, o.Conversation, messaging.Entry{
		Kind: messaging.Message, Author: who.User, Staff: who.Actor == Operator, Text: in.Note, Photo: in.Photo, Ref: string(o.ID),
	})
}

// note adds a sentence to the stream that is no move.
func (s *Service) note(ctx context.Context, tx *db.Tx, o Order, author accounts.UserID, key string, args map[string]any) error {
	return s.Messages.Append(ctx, tx, o.Conversation, messaging.Entry{
		Kind: messaging.Note, Author: author, Key: key, Ref: string(o.ID), Args: args,
	})
}

// told says who hears of a move by message, by where it leads. Whoever has to
// move next is reminded by the turn's own ladder and hears nothing here; whoever
// moved knows.
var told = map[State][]Actor{
	Paid:            {Buyer},
	Shipped:         {Buyer},
	Sent:            {Buyer},
	CancelRequested: {},
	InReview:        {Buyer, Seller},
	ChargedBack:     {Buyer, Seller},
	ReturnPending:   {},
	Returning:       {Seller},
	Completed:       {Buyer, Seller},
	Refunded:        {Buyer, Seller},
	Cancelled:       {Buyer, Seller},
	Expired:         {Buyer},
}

// news are what may wait until the morning, and may be turned off.
var news = []string{string(Shipped), string(Sent), string(Returning), "extended", "kept"}

// lineOnly is what only the app says, because payments writes a letter once the
// money is really sent: one person, few messages.
var lineOnly = map[string]Actor{string(Cancelled): Buyer, string(Refunded): Buyer, "paid_late": Buyer, string(Completed): Seller}

// notify tells people outside the stream.
func (s *Service) notify(ctx context.Context, tx *db.Tx, o Order, r Rule, who Who, in Input) error {
	what, to := string(r.To), told[r.To]
	switch {
	case r.Event == Extend && who.Actor == Seller:
		what, to = "extended", []Actor{Buyer}
	case r.Event == Keep:
		what, to = "kept", []Actor{Seller}
	case r.From == ChargedBack && (r.Event == WinBack || r.Event == LoseBack):
		what, to = string(r.Event), []Actor{Buyer, Seller}
	case r.If == BankPaid:
		what = "refunded_bank"
	case r.Event == Share:
		what = string(Share)
	case r.From == r.To && r.Event != PaidLate:
		return nil
	case r.Event == PaidLate:
		what, to = "paid_late", []Actor{Buyer}
	case r.From == PendingPayment && r.To == Cancelled:
		to = nil // never paid: nobody has to know
	case r.Event == Pay && r.To == AwaitingHandover:
		what, to = "paid", []Actor{Buyer}
	}
	for _, role := range to {
		if role == who.Actor && !slices.Contains([]State{Cancelled, Refunded}, r.To) {
			continue
		}
		if err := s.tell(ctx, tx, o, role, what, in); err != nil {
			return err
		}
	}
	return nil
}

// tell is one message about a trade.
func (s *Service) tell(ctx context.Context, tx *db.Tx, o Order, role Actor, what string, in Input) error {
	args := map[string]any{
		"Title": o.Title, "Ref": o.Ref, "Total": o.Total(), "Item": o.Item(), "Other": o.OtherParty(o.Party(role)),
	}
	if what == string(Share) {
		args["Back"], args["Rest"] = o.amount(in.Back), o.amount(o.ItemMinor-in.Back)
	}
	if o.State.Open() {
		due, err := s.dueOf(ctx, tx, o)
		if err != nil {
			return err
		}
		args["Due"] = due
	}
	topic := messaging.TopicMoney
	if slices.Contains(news, what) {
		topic = messaging.TopicNudge
	}
	var by []string
	if lineOnly[what] == role {
		by = []string{messaging.App}
	}
	return s.Messages.Tell(ctx, tx, messaging.Telling{
		By: by, To: o.Party(role), Topic: topic, Key: "orders.told." + what + "." + string(role), Args: args, URL: o.URL(),
		Thread: o.Conversation, Dedupe: string(o.ID) + ":" + strconv.FormatInt(o.Version, 10) + ":" + string(role),
	})
}
