package desk

import (
	"context"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/templates/ui"
)

// inHand are the takeovers of what is in the queue.
func (s *Service) inHand(ctx context.Context, rows []ranked) (map[string]nudges.Takeover, error) {
	subjects := make([]string, len(rows))
	for i, x := range rows {
		subjects[i] = x.Subject
	}
	return s.Nudges.InHand(ctx, s.DB, subjects...)
}

// hand is taking the trade over, or handing it back: at one press, since either
// can be undone with the other.
func (s *Service) hand(ctx context.Context, v voice) (ui.Deed, bool, error) {
	o := v.t.Order
	if !o.Open() {
		return ui.Deed{}, false, nil
	}
	held, err := s.Nudges.InHand(ctx, s.DB, string(o.ID))
	if err != nil {
		return ui.Deed{}, false, err
	}
	base := "/desk/orders/" + string(o.ID)
	t, is := held[string(o.ID)]
	if !is {
		return ui.Deed{Title: v.T("desk.do.take_over"), Will: v.T("desk.will.take_over"),
			Button: ui.Button{Label: v.T("desk.press.take_over"), URL: base + "/take-over", Post: true, Kind: "quiet", Small: true, Icon: "headset"}}, true, nil
	}
	op, err := s.Accounts.Get(ctx, s.DB, t.Operator)
	return ui.Deed{Title: v.T("desk.in_hand", "Who", op.First(), "Since", v.Soon(t.Began)), Will: v.T("desk.will.hand_back"),
		Button: ui.Button{Label: v.T("desk.press.hand_back"), URL: base + "/hand-back", Post: true, Small: true}}, true, err
}

// postHand takes a trade over or hands it back.
func (s *Service) postHand(back bool) web.Handler {
	return func(c *web.Ctx) error {
		ctx := c.Request().Context()
		o, err := s.Orders.Get(ctx, s.DB, orders.ID(c.Param("id")))
		if err != nil {
			return err
		}
		err = s.DB.InTx(ctx, func(tx *db.Tx) error {
			switch {
			case back:
				return s.Nudges.HandBack(ctx, tx, me(c), string(o.ID))
			case !o.Open():
				return orders.TooLate(o.State)
			}
			return s.Nudges.TakeOver(ctx, tx, me(c), string(o.ID))
		})
		if fs := fault.As(err); len(fs) > 0 {
			return s.showTrade(c, fs[0].Kind.Status(), web.Form{Faults: fs})
		}
		if err != nil {
			return err
		}
		word := "desk.done.take_over"
		if back {
			word = "desk.done.hand_back"
		}
		c.Flash(word)
		return c.Go("/desk/orders/" + string(o.ID))
	}
}
