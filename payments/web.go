package payments

import (
	"io"
	"net/http"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/payments"
	"github.com/kierto/kierto/templates/ui"
)

// Limits of the routes.
const (
	maxEvent   = 512 << 10        // bytes of a message from the provider
	startBurst = 10               // ways to the provider at once
	startEvery = 30 * time.Second // and then one each
)

// Web registers the routes.
func (s *Service) Web(r *web.Server) {
	r.POST("/webhooks/stripe", web.Machine, s.receive)
	r.GET("/account/payouts", web.SignedIn, s.payouts)
	r.GET("/account/payouts/done", web.SignedIn, s.onboarded)
	r.POST("/account/payouts/start", web.Party, s.start, web.Limit(startBurst, startEvery))
}

// receive takes a message from the provider. Anything but 2xx makes it send the
// message again.
func (s *Service) receive(c *web.Ctx) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxEvent))
	if err != nil {
		return err
	}
	err = s.Receive(c.Request().Context(), body, c.Request().Header.Get("Stripe-Signature"))
	if fault.Is(err, fault.Invalid) {
		return c.NoContent(http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// payouts shows a seller's money.
func (s *Service) payouts(c *web.Ctx) error {
	e, err := s.EarningsOf(c.Request().Context(), accounts.UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	f := c.Frame("account")
	if c.QueryParam("again") != "" && f.Flash == nil {
		f.Flash = &web.Flash{Text: c.Say.T("payments.link_old")}
	}
	p := pages.PayoutsPage{Frame: f, Begun: e.Account.ID != "", Ready: e.Account.Ready, Waiting: e.Waiting, OnTheWay: e.OnTheWay, Sent: e.Sent}
	for _, m := range e.Payouts {
		p.Rows = append(p.Rows, payoutRow(f, m))
	}
	return c.Page(pages.Payouts(p))
}

// payoutRow words one payout.
func payoutRow(f web.Frame, m Earning) pages.PayoutRow {
	at, tag := m.CreatedAt, ui.Tag{Text: f.T("payments.move_" + string(m.State))}
	switch m.State {
	case Sent:
		at, tag.Kind = m.SentAt, "go"
	case Waiting:
		tag.Kind = "you"
	case Broken:
		tag.Kind = "info"
	}
	return pages.PayoutRow{Title: m.Title, URL: "/orders/" + m.OrderID, When: f.Day(at), Tag: tag, Sum: f.Money(m.Amount)}
}

// start leads a seller to the provider's page.
func (s *Service) start(c *web.Ctx) error {
	url, err := s.OnboardURL(c.Request().Context(), accounts.UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	return c.Go(url)
}

// onboarded is where the provider leads a seller back to.
func (s *Service) onboarded(c *web.Ctx) error {
	ctx, who := c.Request().Context(), accounts.UserID(c.Reader.ID)
	if err := s.Refresh(ctx, who); err != nil {
		return s.away(ctx, c.Reader.ID, err)
	}
	a, err := s.Account(ctx, who)
	if err != nil {
		return err
	}
	if a.Ready {
		c.Flash("payments.done_ready")
	} else {
		c.Flash("payments.done_not_yet")
	}
	return c.Go("/account/payouts")
}
