package desk

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// maxCalls is how many people the list shows.
const maxCalls = 50

func (s *Service) getCalls(c *web.Ctx) error { return s.showCalls(c, 200, "", web.Form{}) }

// showCalls shows whom to call. form is what was wrong with what was noted about
// one of them.
func (s *Service) showCalls(c *web.Ctx, status int, at nudges.CallID, form web.Form) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-calls")
	if err != nil {
		return err
	}
	cs, err := s.Nudges.Calls(ctx, maxCalls)
	if err != nil {
		return err
	}
	p := pages.Calls{Frame: f, Title: f.T("desk.calls"), Lead: f.T("desk.calls_lead")}
	for _, x := range cs {
		call, err := s.call(ctx, f, x)
		if err != nil {
			return err
		}
		if x.ID == at {
			call.Form = form
		}
		p.Calls = append(p.Calls, call)
	}
	if len(cs) == 0 {
		p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("desk.calls_none"), Text: f.T("desk.calls_none_text")}
	}
	return c.PageStatus(status, pages.ShowCalls(p))
}

// call words one call.
func (s *Service) call(ctx context.Context, f web.Frame, x nudges.Call) (pages.Call, error) {
	u, err := s.Accounts.Get(ctx, s.DB, x.User)
	if err != nil {
		return pages.Call{}, err
	}
	v := speaker{f.Speaker, map[accounts.UserID]accounts.User{u.ID: u}}
	call := pages.Call{
		ID: "call-" + string(x.ID), Name: u.Shown(f.Speaker), Why: v.slow(x.Kind, u.First()) + " " + f.T("desk.call_why."+x.Reason, "Who", u.First()),
		NoPhone: f.T("desk.call_no_number"), URL: "/desk/calls/" + string(x.ID),
		Note:  ui.Field{Name: noteOf(x.ID), Label: f.T("desk.call_note"), Max: maxReason, Rows: 2, Optional: true},
		Trade: ui.LinkRow{URL: "/desk/people/" + string(u.ID), Icon: "user", Label: u.Shown(f.Speaker)},
	}
	number, err := s.number(ctx, u)
	if err != nil {
		return call, err
	}
	if number != "" {
		call.Phone = &ui.Button{Label: number, URL: "tel:" + strings.ReplaceAll(number, " ", ""), Kind: "quiet", Small: true, Icon: "phone"}
	}
	o, err := s.Orders.Get(ctx, s.DB, orders.ID(x.Subject))
	if fault.Is(err, fault.Missing) { // it is about a message or an offer
		return call, nil
	}
	call.Trade = ui.LinkRow{URL: "/desk/orders/" + string(o.ID), Icon: "package", Label: o.Ref + " · " + o.Title, More: f.T("desk.call_due", "Due", f.DayClock(x.DueAt))}
	return call, err
}

// number is where somebody may be called: the number of their account, else of
// an address; "" for none.
func (s *Service) number(ctx context.Context, u accounts.User) (string, error) {
	if u.Phone != "" {
		return u.Phone, nil
	}
	as, err := s.Accounts.Addresses(ctx, s.DB, u.ID)
	if err != nil || len(as) == 0 {
		return "", err
	}
	return as[0].Phone, nil
}

// noteOf is the name of the field beside a call: each has its own on the page.
func noteOf(id nudges.CallID) string { return "note-" + string(id) }

// postCall notes what came of a call.
func (s *Service) postCall(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	id := nudges.CallID(c.Param("id"))
	err = s.Nudges.Called(c.Request().Context(), me(c), id, form.Get("reached") == "1", form.Get(noteOf(id)))
	if fs := fault.As(err); len(fs) > 0 && fs[0].Kind != fault.Missing {
		for _, x := range fs {
			if x.Field == "note" {
				x.Field = noteOf(id)
			}
		}
		form.Faults = fs
		return s.showCalls(c, fs[0].Kind.Status(), id, form)
	}
	if err != nil {
		return err
	}
	c.Flash("desk.done.call")
	return c.Go("/desk/calls")
}
