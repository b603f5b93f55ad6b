package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/shipping"
	"github.com/kierto/kierto/templates/ui"
)

// reminders are what was and will be sent about the open turn.
func (s *Service) reminders(ctx context.Context, t turn.Turn) ([]PastNudge, []PlannedNudge, error) {
	if s.Plan == nil || t.ID == "" {
		return nil, nil, nil
	}
	return s.Plan(ctx, s.DB, t)
}

// panel is the turn panel as the reader sees it.
func (v voice) panel(past []PastNudge, planned []PlannedNudge) ui.Turn {
	o, t := v.Trade.Order, v.Trade.Turn
	if !o.Open() {
		return v.overPanel()
	}
	name, person := v.owner()
	p := ui.Turn{
		Name: name, Person: person, Who: v.who(),
		Left: v.T("trade.left", "Time", v.Left(t.DueAt)), LeftWith: v.T("trade.left_with"), LeftISO: v.ISO(t.DueAt),
		Heading: v.say(v.turnKey("heading")), Deadline: v.DayClock(t.DueAt), ISO: v.ISO(t.DueAt),
		Clock: v.clock(past, planned), Plan: v.plan(past, planned), Actions: v.buttons(),
	}
	switch {
	case t.Owner == string(v.me().ID):
		p.Tone = ui.Mine
	case t.Owner == turn.Carrier:
		p.Icon = "truck"
	case o.State == InReview || o.State == Disputed || o.State == ChargedBack:
		p.Tone = ui.Bad
	}
	if v.Trade.Facts.LatePost && v.Role == Buyer {
		p.Foot = v.maybe(v.turnKey("foot"))
	}
	if v.Role == Seller && v.state() == string(Paid) {
		p.Ask = v.slots()
	}
	return p
}

// overPanel is the panel of a trade that is over.
func (v voice) overPanel() ui.Turn {
	o := v.Trade.Order
	key := "trade.over." + string(o.State) + "." + string(v.Role)
	p := ui.Turn{
		Tone: ui.Theirs, Name: v.me().Name, Person: string(v.me().ID), Who: v.who(), Left: v.Day(o.ClosedAt), LeftIcon: "circle-check",
		Heading: v.say(key + ".heading"), Text: v.say(key + ".text"),
	}
	if o.State == Cancelled && o.PaidAt.IsZero() {
		p.Text = v.maybe(key + ".unpaid")
	}
	if o.State == Completed {
		p.Tone = ui.Done
	}
	if v.given() > 0 {
		p.Text = v.say(key + ".shared")
	}
	if v.mayReview() {
		p.Actions = []ui.Button{{Label: v.T("trade.do.review"), URL: o.URL() + "/review", Icon: "smile"}}
	}
	return p
}

// mayReview tells whether the reader has yet to say how it went.
func (v voice) mayReview() bool {
	for _, t := range v.Trade.Turns {
		if t.Kind == turn.Review && t.Owner == string(v.me().ID) && t.Open() {
			return true
		}
	}
	return false
}

// showMuted says that the reader wants no reminders about the trade, and lets
// them take that back.
func (s *Service) showMuted(ctx context.Context, v voice, p *ui.Turn) error {
	if s.Muted == nil || !v.Trade.Order.Open() {
		return nil
	}
	off, err := s.Muted(ctx, s.DB, v.me().ID, string(v.Trade.Order.ID))
	if err != nil || !off {
		return err
	}
	p.Plan = append(p.Plan, ui.Line{Icon: "bell", Text: v.T("link.mute.room")})
	p.Actions = append(p.Actions, ui.Button{
		Label: v.T("link.mute.undo"), URL: v.Trade.Order.URL() + "/reminders", Post: true, Kind: "bare", Hidden: []ui.Pair{{Name: "undo", Value: "1"}},
	})
	return nil
}

// owner is whose face the panel shows.
func (v voice) owner() (name, id string) {
	switch v.Trade.Turn.Owner {
	case string(v.me().ID):
		return v.me().Name, string(v.me().ID)
	case string(v.other().ID):
		return v.other().Name, string(v.other().ID)
	case turn.Carrier:
		return "", turn.Carrier // an icon instead of a face
	}
	return v.Staff, turn.Operator
}

// clock is the turn to scale: when it began, what was sent, now, what is to
// come, the deadline.
func (v voice) clock(past []PastNudge, planned []PlannedNudge) *ui.Clock {
	t := v.Trade.Turn
	at := func(i clock.Instant) float64 {
		if t.DueAt <= t.OpenedAt {
			return 100
		}
		return 100 * float64(i-t.OpenedAt) / float64(t.DueAt-t.OpenedAt)
	}
	c := &ui.Clock{
		Now: at(v.Now), NowWord: v.T("trade.now"),
		Start: []string{v.T("trade.began"), v.Day(t.OpenedAt)},
		End:   []string{v.T("trade.deadline"), v.DayClock(t.DueAt)},
	}
	for _, n := range past {
		if n.To == accounts.UserID(t.Owner) {
			c.Sent = append(c.Sent, at(n.At))
		}
	}
	for _, n := range planned {
		if n.To == t.Owner {
			c.Planned = append(c.Planned, at(n.At))
		}
	}
	return c
}

// plan is what we did, what we will do, what happens otherwise, and what is
// safe.
func (v voice) plan(past []PastNudge, planned []PlannedNudge) []ui.Line {
	var lines []ui.Line
	add := func(icon, text string) {
		if text != "" {
			lines = append(lines, ui.Line{Icon: icon, Text: text})
		}
	}
	o, mine := v.Trade.Order, v.Trade.Turn.Owner == string(v.me().ID)
	if !o.PlannedAt.IsZero() && v.state() == string(Paid) {
		if v.Role == Seller {
			add("calendar", v.T("trade.slots.said", "At", v.Soon(o.PlannedAt)))
		} else {
			add("calendar", v.say("trade.plan.said", "At", v.Soon(o.PlannedAt)))
		}
	}
	if at := v.lastReminded(past); at > v.Trade.Turn.OpenedAt {
		if mine {
			add("bell", v.T("trade.plan.sent_you", "At", v.Soon(at)))
		} else {
			add("bell", v.T("trade.plan.sent", "At", v.Soon(at), "Who", v.owes()))
		}
	}
	for _, n := range planned {
		if n.To != v.Trade.Turn.Owner {
			continue
		}
		if mine {
			add("clock", v.T("trade.plan.next_you", "At", v.Soon(n.At)))
		} else {
			add("clock", v.T("trade.plan.next", "At", v.Soon(n.At), "Who", v.owes()))
		}
		break
	}
	add("rotate-ccw", v.maybe(v.turnKey("else")))
	add("shield-check", v.maybe(v.turnKey("safe")))
	return lines
}

// owes is the first name of whoever is to move.
func (v voice) owes() string {
	if v.Trade.Turn.Owner == string(v.other().ID) {
		return v.other().First()
	}
	return v.Staff
}

// lastReminded is when whoever is to move was last reminded; 0: not yet. What
// was told to the one who waits is no reminder.
func (v voice) lastReminded(past []PastNudge) clock.Instant {
	t := v.Trade.Turn
	for i := len(past) - 1; i >= 0; i-- {
		to := past[i].To
		staff := t.Owner == turn.Operator && to != v.me().ID && to != v.other().ID
		if staff || string(to) == t.Owner {
			return past[i].At
		}
	}
	return 0
}

// way is the kind of journey, for the steps.
func (v voice) way() []string {
	last := "done"
	yours := "yours"
	if v.Role == Seller {
		last, yours = "money", "theirs"
	}
	switch v.Trade.Order.Method {
	case shipping.Pickup:
		return []string{"paid", "meeting", last}
	case shipping.Home:
		return []string{"paid", "posted", yours, last}
	}
	if o := v.Trade.Order; !o.PaidAt.IsZero() && !v.Trade.Facts.Tracked {
		return []string{"paid", "posted", yours, last} // nobody tells us when it is at the point
	}
	return []string{"paid", "posted", "point", yours, last}
}

// reached says which step of the way a state stands at.
var reached = map[State]string{
	PendingPayment: "paid", Paid: "posted", CancelRequested: "posted", AwaitingHandover: "meeting",
	Shipped: "point", Sent: "yours", ReadyForPickup: "point", Delivered: "yours", Completed: "all",
}

// detours replace the rest of the way when a trade leaves it.
var detours = map[State][]string{
	Disputed: {"problem"}, InReview: {"problem"}, ChargedBack: {"problem"},
	ReturnPending: {"problem", "back"}, Returning: {"problem", "back"}, Returned: {"problem", "back", "refund"},
}

// steps are the stages of the trade.
func (v voice) steps() []ui.Step {
	o := v.Trade.Order
	if detour, off := detours[o.State]; off {
		if !v.Trade.Facts.Claimed && len(detour) > 1 {
			detour = detour[1:] // it came back by itself
		}
		var out []ui.Step
		for i, name := range append([]string{"paid"}, detour...) {
			out = append(out, ui.Step{Label: v.T("trade.step." + name), State: "past"})
			if i == len(detour) {
				out[i].State, out[i].Note = "now", v.who()
			}
		}
		return out
	}
	at, on := reached[o.State]
	if !on {
		return nil
	}
	way := v.way()
	now := len(way)
	for i, name := range way {
		if name == at || at == "yours" && name == "theirs" || at == "point" && o.Method == shipping.Home && (name == "yours" || name == "theirs") {
			now = i
			break
		}
	}
	var out []ui.Step
	for i, name := range way {
		st := ui.Step{Label: v.T("trade.step." + name)}
		switch {
		case i < now:
			st.State, st.Note = "past", v.stepDate(name)
		case i == now:
			st.State, st.Note = "now", v.who()
		}
		out = append(out, st)
	}
	return out
}

// stepDate is when a step was reached, where we know it.
func (v voice) stepDate(name string) string {
	o := v.Trade.Order
	at := map[string]clock.Instant{"paid": o.PaidAt, "posted": o.PostedAt, "yours": o.ReceivedAt, "theirs": o.ReceivedAt, "meeting": o.ReceivedAt}[name]
	if at.IsZero() {
		return ""
	}
	return v.Day(at)
}
