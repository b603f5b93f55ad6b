package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// act is something an operator can do to a trade by the rules of the machine.
type act struct {
	Event orders.Event
	Money bool // money moves: the operator's password is asked
	Bad   bool // it cannot be undone and costs somebody
	Icon  string
}

// acts are all of them, in the order of the page: the mildest first.
var acts = []act{
	{Event: orders.Extend},
	{Event: orders.GiveUp, Icon: "search"},
	{Event: orders.Return, Icon: "rotate-ccw"},
	{Event: orders.Share, Money: true, Bad: true, Icon: "scale"},
	{Event: orders.Complete, Money: true, Bad: true, Icon: "check"},
	{Event: orders.ConfirmReturn, Money: true, Bad: true, Icon: "undo-2"},
	{Event: orders.Refund, Money: true, Bad: true, Icon: "undo-2"},
	{Event: orders.Cancel, Money: true, Bad: true, Icon: "ban"},
}

// retry is sending a payout or refund again that failed. It is no move of the
// trade.
const retry orders.Event = "retry"

// money tells whether the act moves money now: nothing does before it was paid.
func (a act) money(o orders.Order) bool { return a.Money && !o.PaidAt.IsZero() }

// extensions are the days the desk offers at one press.
var extensions = []int{1, 2, 3, 5, 7, 14}

// usualDays is the extension that is chosen at first.
const usualDays = "2"

// variant is what a sentence about an act depends on.
func (v voice) variant(a act) string {
	if a.Event == orders.Cancel && v.t.Order.PaidAt.IsZero() {
		return "cancel_unpaid"
	}
	if a.Event == orders.Refund && v.t.Order.State == orders.ChargedBack {
		return "refund_bank"
	}
	if a.Event == orders.Extend && v.names[v.owes()].ID == "" {
		return "extend_ours" // nobody it could be handed back to
	}
	return string(a.Event)
}

// deeds are what an operator may do now, each with what it will do.
func (v voice) deeds(f web.Frame, form web.Form) []ui.Deed {
	var out []ui.Deed
	base := "/desk/orders/" + string(v.t.Order.ID) + "/"
	if v.failed() {
		out = append(out, ui.Deed{Title: v.say("desk.do.retry"), Will: v.say("desk.will.retry"),
			Button: ui.Button{Label: v.T("desk.press.retry"), URL: base + string(retry), Kind: "quiet", Small: true}})
	}
	may := v.t.Moves(orders.Operator)
	for _, a := range acts {
		if !slices.Contains(may, a.Event) {
			continue
		}
		d := ui.Deed{Title: v.say("desk.do." + v.variant(a)), Will: v.say("desk.will." + v.variant(a))}
		if a.Event == orders.Extend {
			d.Form = pages.GiveTime(f, v.extend(base, form))
		} else {
			d.Button = ui.Button{Label: v.T("desk.press." + v.variant(a)), URL: base + string(a.Event), Kind: "quiet", Small: true}
		}
		if a.Event == orders.Refund || a.Event == orders.Cancel {
			d.Button.Kind = "bad"
		}
		out = append(out, d)
	}
	return out
}

// extend is the small form that gives more time.
func (v voice) extend(base string, form web.Form) pages.Extend {
	x := pages.Extend{URL: base + string(orders.Extend), Form: web.Filled("days", usualDays)}
	if form.Get("days") != "" || form.Fault("days") != nil {
		x.Form = form
	}
	for _, n := range extensions {
		x.Days = append(x.Days, ui.Option{Value: strconv.Itoa(n), Label: v.N("desk.days_short", n)})
	}
	return x
}

// page is the page before an act.
func (v voice) page(a act, form web.Form) pages.Act {
	o := v.t.Order
	key := v.variant(a)
	p := pages.Act{
		About: o.Ref + " · " + o.Title, Back: "/desk/orders/" + string(o.ID), BackWord: v.T("desk.back_trade"), Title: v.say("desk.do." + key),
		URL: fmt.Sprintf("/desk/orders/%s/%s?seen=%d", o.ID, a.Event, o.Version), Form: form, Password: a.money(o),
		Reason: reasonField(v.Speaker.T("desk.reason"), v.T("desk.reason_both")),
		Button: ui.Button{Label: v.say("desk.do." + key), Icon: a.Icon},
		Will:   []ui.Line{{Icon: "info", Text: v.say("desk.will." + key)}, {Icon: "mail", Text: v.say("desk.will.told")}},
	}
	if a.Bad {
		p.Button.Kind = "bad"
		p.Will = append(p.Will, ui.Line{Icon: "lock", Text: v.T("desk.will.final")})
	}
	if a.Event == orders.Share {
		p.Amount = &ui.Field{Name: "amount", Label: v.T("desk.share_amount"), Hint: v.say("desk.share_hint")}
	}
	if a.Event == retry {
		p.Will = p.Will[:1]
		p.Reason.Hint = ""
		p.Button.Kind = ""
	}
	return p
}

// reasonField is where an operator says why.
func reasonField(label, hint string) ui.Field {
	return ui.Field{Name: "note", Label: label, Hint: hint, Max: maxReason, Rows: 3}
}

// order is who does what to which trade, and why.
type order struct {
	Operator accounts.UserID
	ID       orders.ID
	Act      act
	Note     string
	Days     int
	Back     string // of Share: what the buyer gets back, as it was typed
	Password string
	Seen     int64 // the version of the trade that the operator had before them; 0: not known
}

// do is an operator moving a trade: by the rules, with a reason both can read,
// written down in the same transaction. Only operators may call it. Faults:
// Invalid on "note", "days" and "password"; TooMany on "password"; Conflict with
// what happened meanwhile.
func (s *Service) do(ctx context.Context, r order) error {
	t, err := s.load(ctx, string(r.ID))
	if err != nil {
		return err
	}
	if r.Act.Event != retry && (!t.May(orders.Operator, r.Act.Event) || r.Seen != 0 && r.Seen != t.Order.Version) {
		return orders.TooLate(t.Order.State)
	}
	var fs fault.Faults
	back, wrong := givenBack(r, t.Order)
	fs.Add(wrong)
	note, wrong := reason(r.Note, r.Act.Event != orders.Extend)
	fs.Add(wrong)
	if r.Act.money(t.Order) {
		if err := s.allowed(ctx, r.Operator, r.Password, &fs); err != nil {
			return err
		}
	}
	if err := fs.Or(); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if r.Act.Event == retry {
			return s.retry(ctx, tx, r, note)
		}
		o, err := s.Orders.MoveTx(ctx, tx, r.ID, r.Act.Event, orders.Who{Actor: orders.Operator, User: r.Operator}, orders.Input{Days: r.Days, Note: note, Back: back})
		if err != nil {
			return err
		}
		if note != "" {
			if err := s.Messages.AnswerTx(ctx, tx, r.Operator, o.Conversation, note, ""); err != nil {
				return err
			}
		}
		return s.Accounts.Audit(ctx, tx, r.Operator, "orders."+string(r.Act.Event), string(r.ID), note)
	})
}

// givenBack is what the buyer gets back by Share, in minor units.
func givenBack(r order, o orders.Order) (int64, *fault.Fault) {
	if r.Act.Event != orders.Share {
		return 0, nil
	}
	a, err := money.Parse(strings.TrimSpace(r.Back), o.Currency)
	if err != nil || a.Minor < 1 {
		return 0, fault.Field("amount", "orders.back_missing")
	}
	return a.Minor, nil
}

// retry sends the trade's failed payouts and refunds again. Conflict when none
// has failed (any more).
func (s *Service) retry(ctx context.Context, tx *db.Tx, r order, note string) error {
	ms, err := s.Payments.MovementsOf(ctx, tx, string(r.ID))
	if err != nil {
		return err
	}
	n := 0
	for _, m := range ms {
		if m.State != payments.Broken {
			continue
		}
		n++
		if err := s.Payments.Retry(ctx, tx, m.ID); err != nil {
			return err
		}
	}
	if n == 0 {
		return fault.New(fault.Conflict, "desk.nothing_failed")
	}
	return s.Accounts.Audit(ctx, tx, r.Operator, "orders.retry", string(r.ID), note)
}

// write is an operator writing into a trade's stream, to both or to one of the
// two. Faults: Invalid on "text" and "to".
func (s *Service) write(ctx context.Context, op accounts.UserID, o orders.Order, to, text string) error {
	only, ok := map[string]accounts.UserID{"both": "", "buyer": o.Buyer, "seller": o.Seller}[to]
	if !ok {
		return fault.Field("to", "desk.to_missing")
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Messages.AnswerTx(ctx, tx, op, o.Conversation, text, only); err != nil {
			return err
		}
		return s.Accounts.Audit(ctx, tx, op, "orders.message", string(o.ID), to)
	})
}
