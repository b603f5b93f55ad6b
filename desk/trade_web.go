package desk

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/orders"
	pages "github.com/kierto/kierto/templates/desk"
)

// me is the operator who asks.
func me(c *web.Ctx) accounts.UserID { return accounts.UserID(c.Reader.ID) }

func (s *Service) getTrade(c *web.Ctx) error { return s.showTrade(c, 200, web.Form{}) }

// showTrade shows the trade of the route beside the queue, with what was wrong
// with an action.
func (s *Service) showTrade(c *web.Ctx, status int, form web.Form) error {
	ctx := c.Request().Context()
	t, err := s.load(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return s.showQueue(c, status, string(t.Order.ID), t.Order.Ref+" · "+t.Order.Title, s.opened(ctx, t, form))
}

// getAct is the page before an act.
func (s *Service) getAct(a act) web.Handler {
	return func(c *web.Ctx) error {
		if a.Event == orders.Extend { // it is a small form of the trade's own page
			return c.Go("/desk/orders/" + c.Param("id"))
		}
		return s.showAct(c, 200, a, web.Form{})
	}
}

// showAct shows the page before an act; when it cannot be done any more, the
// trade, and what it is now.
func (s *Service) showAct(c *web.Ctx, status int, a act, form web.Form) error {
	ctx := c.Request().Context()
	t, err := s.load(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	late := fault.As(orders.TooLate(t.Order.State))
	if a.Event == retry {
		late = fault.Faults{fault.New(fault.Conflict, "desk.nothing_failed")}
	}
	return s.showQueue(c, s.statusOf(t, a, status), string(t.Order.ID), t.Order.Ref+" · "+t.Order.Title, func(f web.Frame) (templ.Component, error) {
		v := s.voice(f, t)
		if !v.may(a) {
			p, err := s.trade(ctx, f, t, web.Form{Faults: late})
			return pages.ShowTrade(f, p), err
		}
		return pages.ShowAct(f, v.page(a, form)), nil
	})
}

// may tells whether an act can be done now.
func (v voice) may(a act) bool {
	if a.Event == retry {
		return v.failed()
	}
	return v.t.May(orders.Operator, a.Event)
}

// statusOf is status, or Conflict's when the act cannot be done any more.
func (s *Service) statusOf(t orders.Trade, a act, status int) int {
	if !(voice{t: t}).may(a) {
		return fault.Conflict.Status()
	}
	return status
}

// postAct does it.
func (s *Service) postAct(a act) web.Handler {
	return func(c *web.Ctx) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		days, _ := strconv.Atoi(form.Get("days")) // 0 is refused like any other wrong number
		seen, _ := strconv.ParseInt(c.QueryParam("seen"), 10, 64)
		id := c.Param("id")
		err = s.do(c.Request().Context(), order{
			Operator: me(c), ID: orders.ID(id), Act: a, Note: form.Get("note"), Days: days, Back: form.Get("amount"), Password: form.Get("password"),
			Seen: seen,
		})
		if err == nil {
			c.Flash("desk.done." + string(a.Event))
			return c.Go("/desk/orders/" + id)
		}
		fs := fault.As(err)
		if len(fs) == 0 || fs[0].Kind == fault.Missing {
			return err
		}
		form.Faults = fs
		if a.Event == orders.Extend {
			return s.showTrade(c, fs[0].Kind.Status(), form)
		}
		return s.showAct(c, fs[0].Kind.Status(), a, form)
	}
}

// postMessage writes to one of the two or to both.
func (s *Service) postMessage(c *web.Ctx) error {
	ctx := c.Request().Context()
	o, err := s.Orders.Get(ctx, s.DB, orders.ID(c.Param("id")))
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.write(ctx, me(c), o, form.Get("to"), form.Get("text")); err != nil {
		if form.Faults = fault.As(err); form.Faults == nil {
			return err
		}
		return s.showTrade(c, form.Faults[0].Kind.Status(), form)
	}
	c.Flash("desk.done.message")
	return c.Go("/desk/orders/" + string(o.ID) + "#stream")
}
