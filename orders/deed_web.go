package orders

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// getDeed is the page before a move.
func (s *Service) getDeed(ev Event) web.Handler {
	return func(c *web.Ctx) error {
		t, role, err := s.trade(c)
		if err != nil {
			return err
		}
		d, ok := deedOf(ev, role, t.Order.State)
		if !ok || !t.May(role, ev) {
			return s.stale(c, tooLate(t.Order.State))
		}
		return c.Page(pages.ShowMove(c.Frame("orders"), s.movePage(c, t, role, d, web.Form{})))
	}
}

// postDeed makes a move. A form whose time is over is answered with the trade as
// it stands, whatever was typed.
func (s *Service) postDeed(ev Event) web.Handler {
	return func(c *web.Ctx) error {
		t, role, err := s.trade(c)
		if err != nil {
			return err
		}
		form, err := c.Form()
		if err != nil {
			return err
		}
		d, ok := deedOf(ev, role, t.Order.State)
		if !ok || !t.May(role, ev) {
			return s.stale(c, tooLate(t.Order.State))
		}
		_, err = s.Move(c.Request().Context(), t.Order.ID, ev, Who{role, me(c)}, inputOf(ev, form))
		switch {
		case err == nil:
			return c.Go(t.Order.URL())
		case fault.Is(err, fault.Conflict):
			return s.stale(c, err)
		}
		return c.Again(err, form, func(form web.Form) templ.Component {
			return pages.ShowMove(c.Frame("orders"), s.movePage(c, t, role, d, form))
		})
	}
}

// sellersDays is the extension the button asks for: business days.
const sellersDays = 2

// inputOf reads what a move needs from its form.
func inputOf(ev Event, form web.Form) Input {
	in := Input{Carrier: form.Get("carrier"), Tracking: form.Get("tracking"), Code: form.Get("code"), Claim: Claim(form.Get("claim")), Note: form.Get("note")}
	if ev == Extend {
		in.Days = sellersDays
	}
	return in
}

// movePage is the page before a deed.
func (s *Service) movePage(c *web.Ctx, t Trade, role Actor, d deed, form web.Form) pages.Move {
	v := s.voice(c, t, role)
	p := pages.Move{
		Action: t.Order.URL() + "/" + string(d.Event), Back: t.Order.URL(), Form: form,
		Button: v.say("trade.do." + d.Label), Bad: final[d.Page], Title: v.say("trade.do." + d.Label),
	}
	if d.Page == "" {
		return p
	}
	p.Title, p.Lead = v.say("trade.move."+d.Page+".title"), v.say("trade.move."+d.Page+".lead")
	switch d.Event {
	case Ship, SendBack:
		v.shipFields(&p, d.Event)
	case HandOver:
		p.Fields = []ui.Field{{Name: "code", Label: v.T("trade.field.code"), Hint: v.T("trade.field.code_hint"), InputMode: "numeric", Autocomplete: "off", Max: 12, Class: "codefield", Width: "m"}}
	case Report:
		p.Button = v.say("trade.move." + d.Page + ".button")
		v.reportFields(&p)
	case Contest:
		p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.story"), Max: maxNote, Rows: 6}
	case Cancel, RequestCancel:
		p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.why"), Optional: true, Max: maxNote}
	}
	return p
}

// shipFields ask how it was posted, unless we booked the parcel ourselves.
func (v voice) shipFields(p *pages.Move, ev Event) {
	if ev == Ship && v.Trade.Facts.Tracked {
		return
	}
	options := make([]ui.Option, 0, len(shipping.Carriers))
	for _, carrier := range shipping.Carriers {
		options = append(options, ui.Option{Value: carrier, Label: v.carrier(carrier)})
	}
	p.Pick = &pages.Pick{Field: ui.Field{Name: "carrier", Label: v.T("trade.field.carrier")}, Empty: v.T("trade.field.carrier_other"), Options: options}
	p.Fields = []ui.Field{{Name: "tracking", Label: v.T("trade.field.tracking"), Hint: v.T("trade.field.tracking_hint"), Optional: true, Autocomplete: "off", Max: 40}}
}

// reportFields ask what is wrong; a seller tells it about a return in words.
func (v voice) reportFields(p *pages.Move) {
	p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.story"), Hint: v.T("trade.field.story_hint"), Max: maxNote, Rows: 6}
	if v.Role == Seller {
		return
	}
	choice := &ui.Choices{Name: "claim", Legend: v.T("trade.field.reason")}
	for _, k := range Claims {
		choice.Options = append(choice.Options, ui.Choice{Value: string(k), Label: v.T("trade.claim." + string(k))})
	}
	p.Choice = choice
}

// slots are answers to "when will you post it?", none past the deadline.
func (v voice) slots() *ui.Ask {
	o := v.Trade.Order
	ask := &ui.Ask{Question: v.T("trade.slots.question"), Why: v.say("trade.slots.why"), URL: o.URL() + "/plan", Name: "at"}
	if ask.Slots = Slots(v.Speaker, v.Trade.Turn.DueAt, o.PlannedAt, maxSlots); len(ask.Slots) == 0 {
		return nil
	}
	return ask
}

// maxSlots is how many answers are shown.
const maxSlots = 4

// postPlan keeps when the seller will post it, and tells the buyer.
func (s *Service) postPlan(c *web.Ctx) error {
	t, role, err := s.trade(c)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(c.FormValue("at"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "web.broken_form")
	}
	if err := s.PlanPosting(c.Request().Context(), t.Order.ID, me(c), clock.Instant(at)); err != nil {
		return err
	}
	c.Flash("trade.slots.thanks", "Other", s.voice(c, t, role).other().First())
	return c.Go(t.Order.URL())
}
