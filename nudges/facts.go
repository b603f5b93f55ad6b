package nudges

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// facts are all that is known of some turns: what their plans depend on and what
// the words of their reminders may speak of. They are gathered with a handful of
// queries, however many turns there are.
type facts struct {
	policy    Policy
	users     map[accounts.UserID]accounts.User
	orders    map[orders.ID]orders.Order
	offers    map[orders.OfferID]orders.Offer
	convs     map[messaging.ConversationID]messaging.Conversation
	waiting   map[accounts.UserID]money.Amount // money that waits for payout details
	habits    map[accounts.UserID]Habit
	past      map[turn.ID][]Nudge
	muted     map[muteKey]bool
	takeovers map[string]Takeover // open ones, by subject
	arms      map[string]string   // of subjects that are followed already
	operators []accounts.User
	reach     map[accounts.UserID][]string // channels out of the house
}

type muteKey struct {
	User    accounts.UserID
	Subject string
}

// gather finds out what is known of turns.
func (s *Service) gather(ctx context.Context, q db.Queryer, ts []turn.Turn) (*facts, error) {
	policy, err := s.Live(ctx, q)
	if err != nil {
		return nil, err
	}
	f := &facts{policy: policy}
	err = firstOf(s.gatherSubjects(ctx, q, f, ts), s.gatherPeople(ctx, q, f, ts), s.gatherPast(ctx, q, f, ts))
	return f, err
}

// gatherNow finds out what of a turn may have changed since a message about it was
// decided: its subject, who has it in hand, and who wants to hear no more of it.
func (s *Service) gatherNow(ctx context.Context, t turn.Turn) (*facts, error) {
	policy, err := s.Live(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	f := &facts{policy: policy}
	if err := s.gatherSubjects(ctx, s.DB, f, []turn.Turn{t}); err != nil {
		return nil, err
	}
	if f.ladder(t).speaksToStaff() {
		if f.operators, err = s.Accounts.Operators(ctx, s.DB); err != nil {
			return nil, err
		}
	}
	if f.muted, err = mutesOf(ctx, s.DB, []string{t.Subject}); err != nil {
		return nil, err
	}
	f.takeovers, err = takeovers(ctx, s.DB, []string{t.Subject})
	return f, err
}

// gatherSubjects loads what turns are about.
func (s *Service) gatherSubjects(ctx context.Context, q db.Queryer, f *facts, ts []turn.Turn) (err error) {
	var oids []orders.ID
	var fids []orders.OfferID
	var cids []messaging.ConversationID
	for _, t := range ts {
		switch subjectOf(t.Kind) {
		case aboutConversation:
			cids = append(cids, messaging.ConversationID(t.Subject))
		case aboutOffer:
			fids = append(fids, orders.OfferID(t.Subject))
		case aboutOrder:
			oids = append(oids, orders.ID(t.Subject))
		}
	}
	if f.orders, err = s.Orders.Many(ctx, q, unique(oids)); err != nil {
		return err
	}
	if f.offers, err = s.Orders.OffersMany(ctx, q, unique(fids)); err != nil {
		return err
	}
	for _, o := range f.offers {
		cids = append(cids, o.Conversation)
	}
	if f.convs, err = s.Messages.LoadMany(ctx, q, unique(cids)); err != nil {
		return err
	}
	f.waiting = map[accounts.UserID]money.Amount{}
	for _, t := range ts {
		if t.Kind != turn.PayoutDetails {
			continue
		}
		who := accounts.UserID(t.Owner)
		if f.waiting[who], err = s.Payments.WaitingFor(ctx, q, who); err != nil {
			return err
		}
	}
	return nil
}

// gatherPeople loads the two of each turn, and staff where they are spoken to.
func (s *Service) gatherPeople(ctx context.Context, q db.Queryer, f *facts, ts []turn.Turn) (err error) {
	var ids []accounts.UserID
	staff := false
	for _, t := range ts {
		for _, id := range []string{t.Owner, t.Waiter} {
			if isMember(id) {
				ids = append(ids, accounts.UserID(id))
			}
		}
		staff = staff || f.ladder(t).speaksToStaff()
	}
	if f.users, err = s.Accounts.Many(ctx, q, unique(ids)); err != nil {
		return err
	}
	if staff {
		if f.operators, err = s.Accounts.Operators(ctx, q); err != nil {
			return err
		}
		for _, u := range f.operators {
			f.users[u.ID] = u
			ids = append(ids, u.ID)
		}
	}
	if f.habits, err = habitsOf(ctx, q, unique(ids)); err != nil {
		return err
	}
	f.reach, err = s.Messages.ReachOf(ctx, q, f.users)
	return err
}

// gatherPast loads what was done and said about turns before.
func (s *Service) gatherPast(ctx context.Context, q db.Queryer, f *facts, ts []turn.Turn) error {
	ids := make([]turn.ID, len(ts))
	subjects := make([]string, len(ts))
	var fresh []string
	for i, t := range ts {
		ids[i], subjects[i] = t.ID, t.Subject
		if t.Policy == "" {
			fresh = append(fresh, t.Subject)
		}
	}
	past, err := decidedMany(ctx, q, ids)
	if err != nil {
		return err
	}
	f.past = map[turn.ID][]Nudge{}
	for _, n := range past {
		f.past[n.TurnID] = append(f.past[n.TurnID], n)
	}
	if f.muted, err = mutesOf(ctx, q, unique(subjects)); err != nil {
		return err
	}
	if f.takeovers, err = takeovers(ctx, q, unique(subjects)); err != nil {
		return err
	}
	armed, err := turn.Arms(ctx, q, unique(fresh))
	f.arms = map[string]string{}
	for _, a := range armed {
		f.arms[a.Subject] = a.Arm
	}
	return err
}

// What a turn may be about.
const (
	aboutOrder        = "order"
	aboutOffer        = "offer"
	aboutConversation = "conversation"
	aboutPerson       = "person"
)

// subjectOf is what a kind of turn is about.
func subjectOf(k turn.Kind) string {
	switch k {
	case turn.AnswerMessage, turn.AnswerCase:
		return aboutConversation
	case turn.AnswerOffer:
		return aboutOffer
	case turn.PayoutDetails:
		return aboutPerson
	}
	return aboutOrder
}

// isMember tells whether an owner or waiter of a turn is somebody's account.
func isMember(id string) bool { return id != "" && id != turn.Operator && id != turn.Carrier }

// ladder is the ladder of a turn. What an operator got because nobody could be
// reached is reminded of like anything they have to decide.
func (f *facts) ladder(t turn.Turn) Ladder { return f.policy.For(t) }

// For is the ladder of a turn.
func (p Policy) For(t turn.Turn) Ladder {
	kind := t.Kind
	if t.Owner == turn.Operator && kind != turn.AnswerCase {
		kind = turn.Rule
	}
	return p.Ladders[kind]
}

// people are what a turn's plan has to know of its two.
func (f *facts) people(t turn.Turn) People {
	p := People{Owner: f.reader(t.Owner), Waiter: f.reader(t.Waiter)}
	if t.Kind == turn.Ship && isMember(t.Owner) {
		p.Promise = f.orders[orders.ID(t.Subject)].PlannedAt
	}
	return p
}

// reader is what a plan has to know of somebody. Whoever is no member has no
// quiet hours.
func (f *facts) reader(id string) Reader {
	if !isMember(id) {
		return Reader{}
	}
	u, ok := f.users[accounts.UserID(id)]
	if !ok {
		return Reader{}
	}
	return Reader{Quiet: u.Quiet(), Habit: f.habits[u.ID]}
}

// unique is a list without what comes again.
func unique[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	out := list[:0:0]
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// brief is what the words of a nudge may speak of.
type brief struct {
	args   map[string]any
	url    string
	thread messaging.ConversationID // where both see it; "" when it concerns one alone
	answer messaging.ConversationID // where what its reader writes back belongs; "" where that is thread
	ending string                   // of the words' key, where the same step says something else
}

// answers is the conversation that an answer to a message belongs to.
func (b brief) answers() messaging.ConversationID {
	if b.answer == "" {
		return b.thread
	}
	return b.answer
}

// brief is what a turn is about, for one of its two or an operator; false when
// it is gone.
func (f *facts) brief(t turn.Turn, to accounts.UserID, staff bool) (brief, bool) {
	switch subjectOf(t.Kind) {
	case aboutConversation:
		return f.briefMessage(t, to, staff)
	case aboutOffer:
		return f.briefOffer(t, to)
	case aboutPerson:
		return brief{args: map[string]any{"Due": t.DueAt, "Payout": f.waiting[accounts.UserID(t.Owner)]}, url: "/account/payouts"}, true
	}
	o, ok := f.orders[orders.ID(t.Subject)]
	if !ok {
		return brief{}, false
	}
	b := brief{url: o.URL(), thread: o.Conversation, args: map[string]any{
		"Title": o.Title, "Ref": o.Ref, "Other": o.OtherParty(to), "Due": t.DueAt, "Aim": aim(t), "Total": o.Total(), "Payout": o.Item(),
	}}
	switch {
	case staff:
		b.url = "/desk/orders/" + t.Subject
		b.args["Buyer"], b.args["Seller"] = o.Buyer, o.Seller
		delete(b.args, "Other")
	case t.Kind == turn.Review:
		b.url, b.thread = o.URL()+"/review", ""
	}
	return b, true
}

// aim is what was promised, or the deadline where nothing was.
func aim(t turn.Turn) clock.Instant {
	if t.AimAt.IsZero() {
		return t.DueAt
	}
	return t.AimAt
}

func (f *facts) briefMessage(t turn.Turn, to accounts.UserID, staff bool) (brief, bool) {
	c, ok := f.convs[messaging.ConversationID(t.Subject)]
	if !ok {
		return brief{}, false
	}
	b := brief{url: "/inbox/" + string(c.ID), answer: c.ID, args: map[string]any{"Title": c.Title, "Other": c.Other(to), "Due": t.DueAt}}
	switch {
	case staff:
		b.url, b.args["Other"] = "/desk/cases/"+string(c.ID), c.Buyer
	case string(to) == t.Owner && !asksAbout(c, t):
		b.ending = "_plain"
	}
	return b, true
}

// asksAbout tells whether somebody waits to hear about a thing they might buy,
// and not about a trade that is on.
func asksAbout(c messaging.Conversation, t turn.Turn) bool {
	return c.Kind == messaging.AboutListing && c.OrderID == "" && t.Waiter == string(c.Buyer)
}

func (f *facts) briefOffer(t turn.Turn, to accounts.UserID) (brief, bool) {
	o, ok := f.offers[orders.OfferID(t.Subject)]
	if !ok {
		return brief{}, false
	}
	other := o.By
	if other == to {
		other = o.Answerer()
	}
	return brief{url: "/inbox/" + string(o.Conversation), answer: o.Conversation, args: map[string]any{
		"Title": f.convs[o.Conversation].Title, "Other": other, "Due": t.DueAt, "Total": o.Amount(),
	}}, true
}
