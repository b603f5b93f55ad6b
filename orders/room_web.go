package orders

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// voice is how a trade is worded for the reader of c.
func (s *Service) voice(c *web.Ctx, t Trade, role Actor) voice {
	return voice{Speaker: c.Say, Trade: t, Role: role, Staff: s.Messages.Config.Signature, tree: s.Listings.Categories()}
}

func (s *Service) getRoom(c *web.Ctx) error {
	return s.showRoom(c, web.Form{})
}

// showRoom shows the trade room; form is a message that could not be sent.
func (s *Service) showRoom(c *web.Ctx, form web.Form) error {
	page, f, err := s.room(c, form)
	if err != nil {
		return err
	}
	status := 200
	if len(form.Faults) > 0 {
		status = form.Faults[0].Kind.Status()
	}
	return c.PageStatus(status, pages.ShowRoom(f, page))
}

// stale shows the trade as it stands now, and says why a move of an older page
// cannot be made any more. Other errors pass through.
func (s *Service) stale(c *web.Ctx, err error) error {
	fs := fault.As(err)
	if len(fs) == 0 || fs[0].Kind != fault.Conflict {
		return err
	}
	page, f, rerr := s.room(c, web.Form{})
	if rerr != nil {
		return rerr
	}
	f.Flash = &web.Flash{Text: c.Say.Fault(fs[0])}
	return c.PageStatus(fs[0].Kind.Status(), pages.ShowRoom(f, page))
}

// room is the trade room for the reader.
func (s *Service) room(c *web.Ctx, form web.Form) (pages.Room, web.Frame, error) {
	t, role, err := s.trade(c)
	if err != nil {
		return pages.Room{}, web.Frame{}, err
	}
	ctx, f, v := c.Request().Context(), c.Frame("orders"), s.voice(c, t, role)
	entries, err := s.Messages.Stream(ctx, t.Order.Conversation, me(c))
	if err != nil {
		return pages.Room{}, f, err
	}
	p, err := s.roomParts(ctx, f, v, entries)
	if err != nil {
		return p, f, err
	}
	p.Title = v.T("trade.window", "Who", v.who(), "Ref", t.Order.Ref)
	p.Head = s.head(v)
	p.Live = t.Order.URL() + "/live"
	p.Compose = &ui.Compose{
		URL: t.Order.URL() + "/message", Label: v.say("trade.write.label"), Placeholder: v.T("trade.write.placeholder"),
		Send: v.T("trade.write.send"), AddPhoto: v.T("trade.write.photo"), Max: messaging.MaxText, Form: form, Target: "#order",
	}
	return p, f, nil
}

// roomParts are the parts that change while the room is open.
func (s *Service) roomParts(ctx context.Context, f web.Frame, v voice, entries []messaging.Entry) (pages.Room, error) {
	past, planned, err := s.reminders(ctx, v.Trade.Turn)
	if err != nil {
		return pages.Room{}, err
	}
	p := pages.Room{
		Turn: v.panel(past, planned), Steps: v.steps(), Rows: s.Messages.Rows(f, entries, v.me().ID),
		Parcel: v.parcel(), Reviews: v.reviews(), Help: v.help(),
	}
	if err := s.showMuted(ctx, v, &p.Turn); err != nil {
		return p, err
	}
	if v.Trade.Payment == nil {
		p.Money = payments.Ahead(v.Speaker, v.Trade.Order.charge(v.Speaker), v.me().ID)
	} else {
		p.Money, err = s.Payments.Story(ctx, v.Speaker, *v.Trade.Payment, v.Trade.Movements, v.me().ID)
	}
	return p, err
}

// head is the top of the room: the thing, the other person, the sum.
func (s *Service) head(v voice) ui.Head {
	o, other := v.Trade.Order, v.other()
	more := []string{v.say("trade.head." + string(opposite[v.Role]))}
	if other.ReplyMinutes > 0 {
		more = append(more, v.T("trade.replies", "Time", replySpan(v.Speaker, other)))
	}
	if v.Role == Buyer && other.PostHours > 0 {
		more = append(more, v.T("trade.posts", "Time", postSpan(v.Speaker, other)))
	}
	h := ui.Head{
		Photo: s.photo(o.Photo), Ref: v.say("trade.ref"), Title: o.Title, URL: v.Trade.Listing.URL(),
		More: strings.Join(more, " · "), Price: v.Money(o.Total()), PriceNote: v.T("trade.price." + v.priceNote()),
	}
	if v.Role == Seller {
		h.Price = v.Money(o.Item())
	}
	return h
}

// opposite is the other of the two.
var opposite = map[Actor]Actor{Buyer: Seller, Seller: Buyer}

// priceNote says what the sum at the top is.
func (v voice) priceNote() string {
	o := v.Trade.Order
	switch {
	case v.Role == Seller && !o.Open() && o.State != Completed:
		return "not_yours"
	case v.Role == Seller:
		return "yours"
	case o.PaidAt.IsZero() && o.State.Payable():
		return "to_pay"
	case o.PaidAt.IsZero():
		return "unpaid"
	case o.State == Refunded || o.State == Cancelled:
		return "back"
	}
	return "paid"
}

// photo is the address of a listing's small picture.
func (s *Service) photo(key string) string { return listings.PhotoURL(key, picture.Thumb) }

// parcel is how the thing travels, for the reader.
func (v voice) parcel() *pages.Parcel {
	o := v.Trade.Order
	if o.PaidAt.IsZero() {
		return nil
	}
	if o.Method == shipping.Pickup {
		return v.meeting()
	}
	if !o.Open() && o.PostedAt.IsZero() {
		return nil // it never left
	}
	p := &pages.Parcel{Icon: "package", Title: v.T("trade.parcel")}
	sent := v.Trade.Parcel
	if back := v.Trade.Return; back != nil {
		sent = back
	}
	if sent == nil {
		return p
	}
	p.Facts = append(p.Facts, ui.Fact{Term: v.T("trade.parcel.carrier"), Text: v.carrier(sent.Carrier)})
	if sent.PointName != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: v.T("trade.parcel.to_point"), Text: sent.PointName})
	}
	if a := o.Address(); o.Method == shipping.Home && v.Role == Buyer && !sent.Back {
		p.Facts = append(p.Facts, ui.Fact{Term: v.T("trade.parcel.to_home"), Text: a.Street + ", " + a.Postcode + " " + a.Town})
	}
	if sent.Tracking != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: v.T("trade.parcel.tracking"), Text: sent.Tracking, URL: shipping.TrackingLink(sent.Carrier, sent.Tracking)})
	}
	if o.State == ReadyForPickup && !sent.HoldUntil.IsZero() {
		p.Facts = append(p.Facts, ui.Fact{Term: v.T("trade.parcel.hold"), Text: v.DayClock(sent.HoldUntil)})
	}
	v.sending(p, sent)
	return p
}

// sending tells the one who posts how, and the other that it has not left.
func (v voice) sending(p *pages.Parcel, sent *shipping.Parcel) {
	o := v.Trade.Order
	poster := Seller
	if sent.Back {
		poster = Buyer
	}
	if sent.State != shipping.Booked || !o.Open() {
		return
	}
	switch {
	case v.Role != poster:
		p.Lead = v.say("trade.parcel.unposted")
	case sent.DropCode != "":
		p.Title, p.Lead = v.T("trade.post_how"), v.T("trade.parcel.code_lead")
		p.Code, p.Coded = sent.DropCode, v.T("trade.parcel.code")
	case sent.Pending():
		p.Title, p.Lead = v.T("trade.post_how"), v.T("trade.parcel.code_wait")
	default:
		p.Title, p.Lead = v.T("trade.post_how"), v.T("trade.parcel.own")
	}
}

// meeting is the handover in person.
func (v voice) meeting() *pages.Parcel {
	o := v.Trade.Order
	p := &pages.Parcel{Icon: "handshake", Title: v.T("trade.meet")}
	if v.Trade.Listing.Town != "" {
		p.Facts = []ui.Fact{{Term: v.T("trade.meet"), Text: v.Trade.Listing.Town}}
	}
	switch {
	case o.State != AwaitingHandover:
	case v.Role == Buyer:
		p.Lead, p.Code, p.Coded = v.T("trade.meet.code_lead"), o.Code, v.T("trade.meet.code")
	default:
		p.Lead = v.T("trade.meet.seller_lead")
	}
	return p
}

// help are the ways out: a problem, a person.
func (v voice) help() []ui.LinkRow {
	o := v.Trade.Order
	var rows []ui.LinkRow
	if v.Trade.May(v.Role, Report) {
		rows = append(rows, ui.LinkRow{URL: o.URL() + "/" + string(Report), Icon: "triangle-alert", Label: v.T("trade.help.problem")})
	}
	return append(rows, ui.LinkRow{
		URL: "/help?order=" + string(o.ID), Name: v.Staff, Person: "operator", Label: v.T("trade.help.human"), More: v.say("trade.help.human_more"),
	})
}

func (s *Service) getLive(c *web.Ctx) error {
	t, role, err := s.trade(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	woken, stop := s.Messages.Watch(me(c), messaging.Topic(t.Order.Conversation))
	defer stop()
	return c.LiveParts(woken, func() ([]web.Part, error) {
		c.Say.Now = s.Clock.Now()
		t, err := s.Trade(ctx, s.DB, t.Order.ID)
		if err != nil {
			return nil, err
		}
		f := web.Frame{Speaker: c.Say, Reader: c.Reader}
		entries, err := s.Messages.Stream(ctx, t.Order.Conversation, me(c))
		if err != nil {
			return nil, err
		}
		p, err := s.roomParts(ctx, f, s.voice(c, t, role), entries)
		if err != nil {
			return nil, err
		}
		return []web.Part{
			{Event: ui.LiveEvent, Page: ui.Rows(f, p.Rows)},
			{Event: pages.TurnEvent, Page: pages.TurnNow(f, p)},
			{Event: pages.AsideEvent, Page: pages.Aside(f, p)},
		}, nil
	})
}

// postMessage writes to the other from the trade room.
func (s *Service) postMessage(c *web.Ctx) error {
	o, _, err := s.For(c.Request().Context(), s.DB, ID(c.Param("id")), me(c))
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	conv, err := s.Messages.Conversation(c.Request().Context(), s.DB, o.Conversation, me(c))
	if err != nil {
		return err
	}
	err = s.Messages.SendForm(c, conv, form)
	if err == nil {
		return c.Go(o.URL() + "#stream")
	}
	if form.Faults = atMessage(err); form.Faults == nil {
		return err
	}
	return s.showRoom(c, form)
}

// atMessage puts what is wrong with a message beside its field; nil when err is
// not for its writer to mend.
func atMessage(err error) fault.Faults {
	fs := fault.As(err)
	for _, f := range fs {
		if f.Kind == fault.Missing {
			return nil
		}
		if f.Field == "" {
			f.Field = ui.MessageField
		}
	}
	return fs
}
