package nudges

import (
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// about is what a link is about, seen by the one it is for.
type about struct {
	link
	turn        turn.Turn
	user, other accounts.User // other is zero when nobody waits
	order       orders.Order  // zero for a message, an offer and payout details
	role        orders.Actor
	moves       []orders.Event // what the rules let the user do now
	offer       orders.Offer
	conv        messaging.Conversation // zero for payout details
	url         string                 // its page on the site
}

// open is what a token is about. Errors: ErrNoLink, ErrExpired.
func (s *Service) open(ctx context.Context, q db.Queryer, token string) (about, error) {
	l, ok := readToken(token)
	if !ok {
		return about{}, ErrNoLink
	}
	t, err := turn.Get(ctx, q, l.turn)
	if db.IsNone(err) || err == nil && !s.genuine(token, l.person(t)) {
		return about{}, ErrNoLink
	}
	if err != nil {
		return about{}, err
	}
	b, err := s.aboutTurn(ctx, q, t, l.person(t))
	b.link = l
	if err == nil && !s.Clock.Now().Before(l.until) {
		err = ErrExpired
	}
	return b, err
}

// aboutTurn is what a turn is about for one of its two; ErrNoLink when they are
// gone.
func (s *Service) aboutTurn(ctx context.Context, q db.Queryer, t turn.Turn, u accounts.UserID) (about, error) {
	b := about{turn: t}
	others := accounts.UserID(t.Waiter)
	if string(u) == t.Waiter {
		others = accounts.UserID(t.Owner)
	}
	var err error
	switch t.Kind {
	case turn.AnswerMessage:
		b.conv, err = s.Messages.Conversation(ctx, q, messaging.ConversationID(t.Subject), u)
		b.url = "/inbox/" + t.Subject
	case turn.AnswerOffer:
		if b.offer, err = s.Orders.OfferFor(ctx, q, orders.OfferID(t.Subject), u); err == nil {
			b.conv, err = s.Messages.Conversation(ctx, q, b.offer.Conversation, u)
		}
		b.url = "/inbox/" + string(b.offer.Conversation)
	case turn.PayoutDetails:
		b.url = "/account/payouts"
	default:
		if b.order, b.role, err = s.Orders.For(ctx, q, orders.ID(t.Subject), u); err == nil {
			b.moves, err = s.Orders.MovesOf(ctx, q, b.order, b.role)
		}
		b.url, others = b.order.URL(), b.order.OtherParty(u)
	}
	if err != nil {
		return b, err
	}
	us, err := s.Accounts.Many(ctx, q, []accounts.UserID{u, others})
	b.user, b.other = us[u], us[others]
	if err == nil && (b.user.ID == "" || b.user.IsDeleted()) {
		err = ErrNoLink
	}
	return b, err
}

// deeds are what the user can do, in the order of their buttons, without those
// that last for ever.
func (b about) deeds() []deed {
	var out []deed
	for _, name := range offered[b.turn.Kind][b.side] {
		if d := deedNamed(name); b.may(d) {
			out = append(out, d)
		}
	}
	return out
}

// may tells whether the user can do it now, as far as the turn and the trade's
// rules say.
func (b about) may(d deed) bool {
	switch {
	case d.lasts():
		return true
	case !b.turn.Open():
		return false
	case d.code == planCode:
		return b.order.MayPlan()
	case d.event == orders.Extend && b.order.Said():
		return false // who says that it is posted needs no more time
	case d.event != "":
		return slices.Contains(b.moves, d.event)
	}
	return true
}

// page is where on the site a deed leads.
func (b about) page(d deed) string {
	if d.leads == "/" {
		return b.url
	}
	return b.url + d.leads
}

// thread is the conversation of the two; "" for none.
func (b about) thread() messaging.ConversationID {
	if b.order.ID != "" {
		return b.order.Conversation
	}
	return b.conv.ID
}

// title and photo are what it is about.
func (b about) title() string {
	if b.order.ID != "" {
		return b.order.Title
	}
	return b.conv.Title
}

func (b about) photo() string {
	if b.order.ID != "" {
		return b.order.Photo
	}
	return b.conv.Photo
}

// linkVoice words what a link says, for the one it is for.
type linkVoice struct {
	*i18n.Speaker
	about
	staff string // the person who signs for the market
}

// linkVoice is how b is worded now.
func (s *Service) linkVoice(b about) linkVoice {
	return linkVoice{b.user.Speaker(s.Clock.Now()), b, s.Messages.Config.Signature}
}

// say is a sentence with all that it may speak of.
func (v linkVoice) say(key string, pairs ...any) string {
	total := v.order.Total()
	if v.offer.ID != "" {
		total = v.offer.Amount()
	}
	return v.T(key, append([]any{
		"Other", v.other.First(), "Name", v.user.First(), "Staff", v.staff, "Ref", v.order.Ref, "Title", v.title(),
		"Total", v.Money(total), "Payout", v.Money(v.order.Item()), "Due", v.DayClock(v.turn.DueAt),
	}, pairs...)...)
}

// word is a part of a deed's words.
func (v linkVoice) word(d deed, part string, pairs ...any) string {
	return v.say("link."+d.name+part, pairs...)
}
