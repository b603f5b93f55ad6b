package orders

import (
	"context"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// wanted is a listing somebody may make an offer for or ask about, and whose it
// is.
func (s *Service) wanted(c *web.Ctx) (listings.Listing, accounts.User, error) {
	ctx := c.Request().Context()
	l, err := s.Listings.Get(ctx, s.DB, listings.ID(c.Param("id")))
	if err != nil {
		return l, accounts.User{}, err
	}
	if !l.Public() {
		return l, accounts.User{}, missing()
	}
	if l.Seller == me(c) {
		return l, accounts.User{}, fault.New(fault.Conflict, "orders.own")
	}
	seller, err := s.Accounts.Get(ctx, s.DB, l.Seller)
	return l, seller, err
}

func (s *Service) getOffer(c *web.Ctx) error {
	l, seller, err := s.wanted(c)
	if err != nil {
		return err
	}
	if !l.OnSale() {
		return fault.New(fault.Conflict, "listings.gone")
	}
	if err := s.mayMeet(c.Request().Context(), s.DB, me(c), l.Seller); err != nil {
		return err
	}
	return c.Page(pages.ShowMove(c.Frame("browse"), offerPage(c, l, seller, web.Form{})))
}

func (s *Service) postOffer(c *web.Ctx) error {
	l, seller, err := s.wanted(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	amount, err := typedAmount(form, l.Currency)
	if err == nil {
		var o Offer
		if o, err = s.MakeOffer(c.Request().Context(), me(c), l.ID, amount); err == nil {
			c.Flash("trade.offer.sent", "Other", seller.First())
			return c.Go("/inbox/" + string(o.Conversation))
		}
	}
	return c.Again(err, form, func(form web.Form) templ.Component {
		return pages.ShowMove(c.Frame("browse"), offerPage(c, l, seller, form))
	})
}

// typedAmount is the amount in a form.
func typedAmount(form web.Form, currency string) (money.Amount, error) {
	a, err := money.Parse(form.Get("amount"), currency)
	if err != nil {
		return a, fault.Field("amount", "orders.amount_wrong")
	}
	return a, nil
}

func offerPage(c *web.Ctx, l listings.Listing, seller accounts.User, form web.Form) pages.Move {
	price := c.Say.Money(l.Price())
	return pages.Move{
		Title: c.Say.T("trade.offer.title"), Lead: c.Say.T("trade.offer.lead", "Other", seller.First()),
		Action: l.URL() + "/offer", Back: l.URL(), BackLabel: c.Say.T("trade.back_to_listing"), Form: form, Button: c.Say.T("trade.offer.send"),
		Fields: []ui.Field{{Name: "amount", Label: c.Say.T("trade.field.amount"), Hint: c.Say.T("trade.field.amount_hint", "Price", price),
			Unit: "€", InputMode: "decimal", Autocomplete: "off", Width: "m", Max: 14}},
	}
}

func (s *Service) getAsk(c *web.Ctx) error {
	l, seller, err := s.wanted(c)
	if err != nil {
		return err
	}
	conv, found, err := s.Messages.Find(c.Request().Context(), s.DB, messaging.AboutListing, string(l.ID), me(c))
	if err != nil {
		return err
	}
	if found && conv.LastSeq > 0 {
		return c.Go("/inbox/" + string(conv.ID))
	}
	if err := s.mayMeet(c.Request().Context(), s.DB, me(c), l.Seller); err != nil {
		return err
	}
	return c.Page(pages.ShowMove(c.Frame("browse"), askPage(c, l, seller, web.Form{})))
}

func (s *Service) postAsk(c *web.Ctx) error {
	l, seller, err := s.wanted(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	var conv messaging.Conversation
	err = s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		conv, err = s.Messages.Open(ctx, tx, messaging.Opening{
			Kind: messaging.AboutListing, Subject: string(l.ID), Buyer: me(c), Seller: l.Seller, Title: l.Title, Photo: l.Cover,
		})
		if err != nil {
			return err
		}
		return s.Messages.SendTx(ctx, tx, me(c), conv, form.Get(ui.MessageField), "")
	})
	if err == nil {
		return c.Go("/inbox/" + string(conv.ID))
	}
	return c.Again(err, form, func(form web.Form) templ.Component {
		return pages.ShowMove(c.Frame("browse"), askPage(c, l, seller, form))
	})
}

func askPage(c *web.Ctx, l listings.Listing, seller accounts.User, form web.Form) pages.Move {
	return pages.Move{
		Title: c.Say.T("trade.ask.title"), Lead: c.Say.T("trade.ask.lead", "Other", seller.First()), Action: l.URL() + "/ask",
		Back: l.URL(), BackLabel: c.Say.T("trade.back_to_listing"), Form: form, Button: c.Say.T("trade.ask.send"),
		Text: &ui.Field{Name: ui.MessageField, Label: c.Say.T("trade.field.question"), Max: messaging.MaxText, Rows: 5},
	}
}

// postAnswer answers an offer, or takes it back.
func (s *Service) postAnswer(how string) web.Handler {
	return func(c *web.Ctx) error {
		ctx, oid := c.Request().Context(), OfferID(c.Param("id"))
		o, err := s.OfferFor(ctx, s.DB, oid, me(c))
		if err != nil {
			return err
		}
		back := "/inbox/" + string(o.Conversation)
		switch how {
		case "accept":
			if _, err = s.Accept(ctx, oid, me(c)); err == nil && me(c) == o.Buyer {
				back = buyURL(o.Listing)
			}
		case "decline":
			err = s.Decline(ctx, oid, me(c))
		case "withdraw":
			err = s.WithdrawOffer(ctx, oid, me(c))
		case "counter":
			var form web.Form
			if form, err = c.Form(); err != nil {
				return err
			}
			var amount money.Amount
			if amount, err = typedAmount(form, o.Currency); err == nil {
				_, err = s.Counter(ctx, oid, me(c), amount)
			}
			if fs := fault.As(err); len(fs) > 0 && fs[0].Kind == fault.Invalid {
				return c.Again(err, form, func(form web.Form) templ.Component {
					return pages.ShowMove(c.Frame("inbox"), counterPage(c, o, form))
				})
			}
		}
		if err != nil {
			return err
		}
		return c.Go(back)
	}
}

// buyURL is where a buyer goes on after an offer was accepted.
func buyURL(l listings.ID) string { return "/listings/" + string(l) + "/buy" }

func counterPage(c *web.Ctx, o Offer, form web.Form) pages.Move {
	return pages.Move{
		Title: c.Say.T("trade.offer.counter"), Action: "/offers/" + string(o.ID) + "/counter", Back: "/inbox/" + string(o.Conversation),
		BackLabel: c.Say.T("trade.back_to_conversation"), Form: form, Button: c.Say.T("trade.offer.counter_send"),
		Fields: []ui.Field{{Name: "amount", Label: c.Say.T("trade.field.amount"), Unit: "€", InputMode: "decimal", Autocomplete: "off", Width: "m", Max: 14}},
	}
}

// Panel is what is pinned above a conversation's stream: an offer that waits for
// an answer, or the trade's turn.
func (s *Service) Panel(c *web.Ctx, conv messaging.Conversation) (templ.Component, error) {
	ctx := c.Request().Context()
	if conv.Kind != messaging.AboutListing {
		return nil, nil
	}
	offers, err := s.OffersOf(ctx, s.DB, conv.ID)
	if err != nil {
		return nil, err
	}
	if n := len(offers); n > 0 && offers[n-1].IsOpen() {
		return s.offerPanel(c, offers[n-1])
	}
	if conv.OrderID == "" {
		return nil, nil
	}
	return s.tradePanel(ctx, c, conv)
}

func (s *Service) offerPanel(c *web.Ctx, o Offer) (templ.Component, error) {
	us, err := s.Accounts.Many(c.Request().Context(), s.DB, []accounts.UserID{o.Buyer, o.Seller})
	if err != nil {
		return nil, err
	}
	l, err := s.Listings.Get(c.Request().Context(), s.DB, o.Listing)
	if err != nil {
		return nil, err
	}
	url := "/offers/" + string(o.ID)
	card := ui.Offer{
		Title: c.Say.T("trade.offer.theirs", "Other", us[o.By].First()), Price: c.Say.Money(o.price(l)), Was: c.Say.Money(l.Price()),
		State: c.Say.T("trade.who.mine"), StateIs: "you", Note: c.Say.T("trade.offer.answer", "Due", c.Say.DayClock(o.ExpiresAt)),
	}
	if o.By == me(c) {
		answers := us[o.Buyer].First()
		if o.By == o.Buyer {
			answers = us[o.Seller].First()
		}
		card.Mine, card.Title = true, c.Say.T("trade.offer.mine")
		card.State, card.StateIs = c.Say.T("trade.who.other", "Other", answers), ""
		card.Note = c.Say.T("trade.offer.waits", "Other", answers, "Due", c.Say.DayClock(o.ExpiresAt))
		card.Actions = []ui.Button{{Label: c.Say.T("trade.offer.withdraw"), URL: url + "/withdraw", Post: true, Kind: "quiet", Small: true}}
		return pages.OfferPanel(c.Frame("inbox"), card), nil
	}
	card.Actions = []ui.Button{
		{Label: c.Say.T("trade.offer.accept", "Price", card.Price), URL: url + "/accept", Post: true},
		{Label: c.Say.T("trade.offer.decline"), URL: url + "/decline", Post: true, Kind: "quiet"},
	}
	card.Counter = &ui.Counter{
		Open: c.Say.T("trade.offer.counter"), URL: url + "/counter", Button: c.Say.T("trade.offer.counter_send"),
		Field: ui.Field{Name: "amount", Label: c.Say.T("trade.field.amount")},
	}
	return pages.OfferPanel(c.Frame("inbox"), card), nil
}

// tradePanel says whose move the trade is, and leads there.
func (s *Service) tradePanel(ctx context.Context, c *web.Ctx, conv messaging.Conversation) (templ.Component, error) {
	o, role, err := s.For(ctx, s.DB, ID(conv.OrderID), me(c))
	if err != nil {
		return nil, err
	}
	t, err := s.glimpse(ctx, s.DB, o)
	if err != nil {
		return nil, err
	}
	v := s.voice(c, t, role)
	open := []ui.Button{{Label: c.Say.T("trade.panel.to_trade"), URL: o.URL(), Small: true, Kind: "quiet"}}
	if role == Buyer && o.State.Payable() && o.Offer != "" {
		open = []ui.Button{{Label: c.Say.T("trade.offer.pay"), URL: buyURL(o.Listing), Small: true}}
	}
	if !o.Open() {
		return ui.Strip(false, v.say("trade.over."+string(o.State)+"."+string(role)+".heading"), open), nil
	}
	mine := t.Turn.Owner == string(me(c)) && t.Turn.Owner != turn.Operator
	what, due := v.say(v.turnKey("heading")), c.Say.DayClock(t.Turn.DueAt)
	if mine {
		return ui.Strip(true, c.Say.T("trade.panel.mine", "What", what, "Due", due), open), nil
	}
	return ui.Strip(false, c.Say.T("trade.panel.theirs", "Who", v.who(), "What", what, "Due", due), open), nil
}
