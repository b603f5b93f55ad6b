package orders

import (
	"context"
	"slices"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// toPayment leads to the provider's page, or says truthfully that it does not
// answer; the reservation stays.
func (s *Service) toPayment(c *web.Ctx, o Order) error {
	if !o.State.Payable() {
		return c.Go(o.URL())
	}
	url, err := s.Payments.PayURL(c.Request().Context(), string(o.ID), s.Payments.Base+o.URL())
	if fs := fault.As(err); len(fs) > 0 {
		c.Flash(fs[0].Key)
		return c.Go(o.URL())
	}
	if err != nil {
		return err
	}
	return c.Go(url)
}

func (s *Service) postPay(c *web.Ctx) error {
	o, role, err := s.For(c.Request().Context(), s.DB, ID(c.Param("id")), me(c))
	if err != nil {
		return err
	}
	if role != Buyer {
		return missing()
	}
	if o.Offer != "" && o.State.Payable() {
		if _, err := s.Payments.Of(c.Request().Context(), s.DB, string(o.ID)); db.IsNone(err) {
			return c.Go(buyURL(o.Listing)) // how it travels is still to be chosen
		}
	}
	return s.toPayment(c, o)
}

// getPaid is where the payment page leads back to. The provider's word comes by
// its own way; until it is here the page says so and looks again.
func (s *Service) getPaid(c *web.Ctx) error {
	t, role, err := s.trade(c)
	if err != nil {
		return err
	}
	if role != Buyer {
		return c.Go(t.Order.URL())
	}
	if t.Order.State.Payable() {
		if err := s.Payments.Look(c.Request().Context(), string(t.Order.ID)); err != nil {
			s.Log.Warn("looking at a payment", "order", t.Order.ID, "err", err) // the page says that we wait
		}
		if t, err = s.awaitPaid(c.Request().Context(), t.Order.ID); err != nil {
			return err
		}
	}
	return c.Page(pages.ShowPaid(c.Frame("orders"), s.paidPage(c, t)))
}

// How long a page waits for a payment that we know of to move its trade, and how
// often it looks.
const (
	paidWait = 2 * time.Second
	paidLook = 50 * time.Millisecond
)

// awaitPaid gives the job that moves a paid trade a moment, so that most people
// never see a page that waits.
func (s *Service) awaitPaid(ctx context.Context, oid ID) (Trade, error) {
	for waited := time.Duration(0); ; waited += paidLook {
		t, err := s.Trade(ctx, s.DB, oid)
		if err != nil || !t.Order.State.Payable() || t.Payment == nil || t.Payment.State != payments.Held || waited >= paidWait {
			return t, err
		}
		select {
		case <-ctx.Done():
			return t, ctx.Err()
		case <-time.After(paidLook):
		}
	}
}

func (s *Service) paidPage(c *web.Ctx, t Trade) pages.Paid {
	v := s.voice(c, t, Buyer)
	toTrade := ui.Button{Label: v.T("trade.paid.to_trade"), URL: t.Order.URL()}
	p := pages.Paid{Ref: v.say("trade.refcode"), Actions: []ui.Button{toTrade}}
	waits := t.Payment != nil && slices.Contains([]payments.State{payments.Open, payments.Processing, payments.Held}, t.Payment.State)
	switch {
	case !t.Order.PaidAt.IsZero():
		p.Icon, p.Title, p.Text = "circle-check", v.T("trade.paid.done.title"), v.T("trade.paid.done.text")
		next := "trade.paid.done.post"
		if t.Order.Method == shipping.Pickup {
			next = "trade.paid.done.meet"
		}
		if t.Order.Open() {
			p.Next = append(p.Next, ui.Line{Icon: "package", Text: v.say(next)})
		}
		p.Next = append(p.Next, ui.Line{Icon: "bell", Text: v.T("trade.paid.done.silent")})
	case waits && t.Order.State.Payable():
		p.Icon, p.Title, p.Text, p.Refresh = "hourglass", v.T("trade.paid.wait.title"), v.T("trade.paid.wait.text"), true
		p.Actions = []ui.Button{{Label: v.T("trade.paid.look"), URL: t.Order.URL() + "/paid"}, toTrade}
		p.Actions[1].Kind = "quiet"
	case !t.Order.State.Payable():
		p.Icon, p.Title, p.Text = "info", v.T("trade.paid.over.title"), v.T("trade.paid.over.text")
	default:
		p.Icon, p.Title, p.Text = "info", v.T("trade.paid.open.title"), v.T("trade.paid.open.text")
	}
	return p
}
