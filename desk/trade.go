package desk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// voice words one trade for an operator.
type voice struct {
	speaker
	t orders.Trade
}

func (s *Service) voice(f web.Frame, t orders.Trade) voice {
	return voice{speaker{f.Speaker, map[accounts.UserID]accounts.User{t.Buyer.ID: t.Buyer, t.Seller.ID: t.Seller}}, t}
}

// say is a sentence with all that a sentence about a trade may speak of.
func (v voice) say(key string, pairs ...any) string {
	o := v.t.Order
	return v.T(key, append([]any{
		"Buyer", v.t.Buyer.First(), "Seller", v.t.Seller.First(), "Total", v.Money(o.Total()), "Item", v.Money(o.Item()),
		"Who", v.names[v.owes()].First(),
	}, pairs...)...)
}

// owes is the person whose doing is waited for; "" for the carrier.
func (v voice) owes() accounts.UserID {
	t, _ := orders.TurnOf(v.t.Order.State)
	return v.t.Order.Party(t.Who)
}

// trade is everything about a trade. form is what an action left.
func (s *Service) trade(ctx context.Context, f web.Frame, t orders.Trade, form web.Form) (pages.Trade, error) {
	v := s.voice(f, t)
	p := pages.Trade{Head: s.head(v), Form: form, Moves: v.moves(), Deeds: v.deeds(f, form)}
	hand, may, err := s.hand(ctx, v)
	if err != nil {
		return p, err
	}
	if may {
		p.Deeds = append([]ui.Deed{hand}, p.Deeds...)
	}
	if p.Turn, err = s.turn(ctx, v); err != nil {
		return p, err
	}
	if p.Next, err = s.next(ctx, v); err != nil {
		return p, err
	}
	for _, u := range []accounts.User{t.Seller, t.Buyer} {
		person, err := s.person(ctx, v.Speaker, u)
		if err != nil {
			return p, err
		}
		person.More = v.T("desk.role."+string(t.Order.Role(u.ID)), "Town", u.Town)
		p.People = append(p.People, person)
	}
	entries, err := s.Messages.Whole(ctx, t.Order.Conversation)
	if err != nil {
		return p, err
	}
	p.Entries, p.Rows = v.N("desk.entries", len(entries)), s.Messages.Rows(f, entries, "")
	p.Write = &pages.Write{
		URL: "/desk/orders/" + string(t.Order.ID) + "/message", Max: messaging.MaxText, Lead: v.T("desk.write_lead", "Name", first(f.Reader.Name)), Form: form,
		To: []ui.Option{
			{Value: "both", Label: v.T("desk.to_both")}, {Value: "seller", Label: v.say("desk.to_seller")}, {Value: "buyer", Label: v.say("desk.to_buyer")},
		},
	}
	if t.Payment != nil {
		if p.Money, err = s.money(ctx, v); err != nil {
			return p, err
		}
	}
	p.Parcel, p.Scans = v.parcel()
	p.Case, err = s.caseAbout(ctx, v)
	return p, err
}

// first is the first name of a name.
func first(name string) string { return accounts.User{Name: name}.First() }

// head is the top of the trade.
func (s *Service) head(v voice) ui.Head {
	o := v.t.Order
	ref := o.Ref
	if !o.PaidAt.IsZero() {
		ref += " · " + v.T("desk.paid_at", "At", v.DayClock(o.PaidAt))
	}
	return ui.Head{
		Photo: s.photo(o.Photo), Ref: ref, Title: o.Title, URL: "/desk/listings/" + string(o.Listing),
		More: v.say("desk.head"), Price: v.Money(o.Total()), PriceNote: v.T("desk.state.name." + string(o.State)),
	}
}

// photo is the address of a small picture.
func (s *Service) photo(key string) string {
	if key == "" || s.Messages.PhotoURL == nil {
		return ""
	}
	return s.Messages.PhotoURL(key, "small")
}

// turn is the panel: whose move, by when, what happens otherwise.
func (s *Service) turn(ctx context.Context, v voice) (ui.Turn, error) {
	o, t := v.t.Order, v.t.Turn
	if !o.Open() {
		p := ui.Turn{Compact: true, Name: v.t.Buyer.Name, Person: string(v.t.Buyer.ID), Who: v.T("desk.over"), Left: v.Day(o.ClosedAt),
			LeftIcon: "circle-check", Heading: v.T("desk.state.name." + string(o.State))}
		if o.State == orders.Completed {
			p.Tone = ui.Done
		}
		return p, nil
	}
	plan, err := s.Nudges.Plan(ctx, s.DB, t)
	if err != nil {
		return ui.Turn{}, err
	}
	p := ui.Turn{
		Compact: true, Left: v.T("desk.left", "Time", v.left(t.DueAt)), Heading: v.say("desk.owes.by." + string(t.Kind)),
		Deadline: v.DayClock(t.DueAt), ISO: v.ISO(t.DueAt), Text: v.say("desk.else.then." + string(t.Kind)), Clock: v.clock(plan),
	}
	switch t.Owner {
	case turn.Operator:
		p.Tone, p.Name, p.Person, p.Who = ui.Mine, s.Messages.Config.Signature, turn.Operator, v.T("desk.who_staff")
		p.Left = v.T("desk.left_staff", "Stop", v.left(t.DueAt), "Aim", v.left(min(t.DueAt, t.OpenedAt.Add(ruleWithin))))
	case turn.Carrier:
		p.Name, p.Person, p.Who = "P", turn.Carrier, v.T("desk.who_carrier")
	default:
		u := v.names[accounts.UserID(t.Owner)]
		p.Name, p.Person, p.Who = u.Name, t.Owner, v.T("desk.who", "Who", u.First())
		reached, err := s.Messages.Delivered(ctx, s.DB, t.ID, u.ID)
		if err != nil {
			return p, err
		}
		if rule, _ := orders.TurnOf(o.State); rule.Costly && !reached {
			p.Text += " " + v.say("desk.not_reached")
		}
	}
	if o.State == orders.Disputed && t.Owner != turn.Operator {
		p.Tone = ui.Bad
	}
	return p, nil
}

// clock is the turn to scale.
func (v voice) clock(plan nudges.Plan) *ui.Clock {
	t := v.t.Turn
	at := func(i clock.Instant) float64 {
		if t.DueAt <= t.OpenedAt {
			return 100
		}
		return 100 * float64(i-t.OpenedAt) / float64(t.DueAt-t.OpenedAt)
	}
	c := &ui.Clock{Now: at(v.Now), NowWord: v.T("desk.now"), Start: []string{v.Day(t.OpenedAt)}, End: []string{v.DayClock(t.DueAt)}}
	for _, n := range plan.Past {
		if n.UserID == t.Owner && n.Sent() {
			c.Sent = append(c.Sent, at(n.DecidedAt))
		}
	}
	for _, n := range plan.Next {
		if n.To == nudges.ToOwner {
			c.Planned = append(c.Planned, at(n.At))
		}
	}
	return c
}

// next is the next planned message; nil when none is.
func (s *Service) next(ctx context.Context, v voice) (*pages.Next, error) {
	if !v.t.Order.Open() || v.t.Turn.ID == "" {
		return nil, nil
	}
	p, step, ok, err := s.Nudges.Preview(ctx, s.DB, v.t.Turn)
	if err != nil || !ok {
		return nil, err
	}
	by := v.T("desk.by.app")
	if p.ByMail && len(step.By) > 1 {
		by = v.T("desk.by.both")
	}
	n := &pages.Next{To: p.To.First() + " · " + by, When: v.Soon(step.At), Subject: p.Subject, Text: []string{p.Lead}}
	if p.Why != "" {
		n.Text = append(n.Text, p.Why)
	}
	return n, nil
}

// person is somebody's card: what they have done here, how fast, and how they
// are reached.
func (s *Service) person(ctx context.Context, say *i18n.Speaker, u accounts.User) (ui.Person, error) {
	r, err := reachOf(ctx, s.DB, u.ID)
	if err != nil {
		return ui.Person{}, err
	}
	p := ui.Person{Name: u.Shown(say), ID: string(u.ID), Action: &ui.Button{Label: say.T("desk.open_person"), URL: "/desk/people/" + string(u.ID), Kind: "quiet", Small: true}}
	add := func(key, text string) { p.Facts = append(p.Facts, ui.Fact{Term: say.T(key), Text: text}) }
	add("desk.fact.trades", strconv.FormatInt(u.TradesDone, 10))
	add("desk.fact.posts", spanOr(say, time.Duration(u.PostHours)*time.Hour))
	add("desk.fact.replies", spanOr(say, time.Duration(u.ReplyMinutes)*time.Minute))
	add("desk.fact.reach", reached(say, u, r))
	add("desk.fact.reminders", habits(say, r))
	as, err := s.Accounts.Addresses(ctx, s.DB, u.ID)
	if err == nil && len(as) > 0 && as[0].Phone != "" {
		p.Action = &ui.Button{Label: say.T("desk.call"), URL: "tel:" + strings.ReplaceAll(as[0].Phone, " ", ""), Kind: "quiet", Small: true, Icon: "phone"}
		p.Facts = append(p.Facts, ui.Fact{Term: say.T("desk.fact.more"), Text: say.T("desk.open_person"), URL: "/desk/people/" + string(u.ID)})
	}
	return p, err
}

// spanOr is a measured time, or that it is not known.
func spanOr(say *i18n.Speaker, d time.Duration) string {
	if d == 0 {
		return say.T("desk.unmeasured")
	}
	return say.Span(d)
}

// reached says by what somebody is reached, and how the last mail went.
func reached(say *i18n.Speaker, u accounts.User, r reach) string {
	var mail string
	switch {
	case u.IsDeleted():
		return say.T("desk.reach.gone")
	case !u.Confirmed():
		mail = say.T("desk.reach.unconfirmed")
	case r.Mail == "":
		mail = say.T("desk.reach.none")
	default:
		mail = say.T("desk.reach.mail."+r.Mail, "At", say.Soon(r.MailAt))
	}
	if u.Confirmed() && !u.MailNudges {
		mail += ", " + say.T("desk.reach.muted")
	}
	if r.Told == 0 {
		return mail
	}
	return mail + " · " + say.T("desk.reach.seen", "Seen", r.Seen, "Told", r.Told)
}

// habits says how many reminders somebody usually needs.
func habits(say *i18n.Speaker, r reach) string {
	if r.Turns == 0 {
		return say.T("desk.unmeasured")
	}
	return say.N("desk.habit", (r.Reminded+r.Turns/2)/r.Turns)
}

// parcel is how the thing travels, and what the carrier saw.
func (v voice) parcel() (facts, scans []ui.Fact) {
	if v.t.Parcel == nil {
		return nil, nil
	}
	for _, p := range []*shipping.Parcel{v.t.Parcel, v.t.Return} {
		if p == nil {
			continue
		}
		way := v.T("desk.parcel_there")
		if p.Back {
			way = v.T("desk.parcel_back")
		}
		carrier := shipping.CarrierName(p.Carrier)
		if carrier == "" {
			carrier = v.T("desk.carrier_other")
		}
		facts = append(facts, ui.Fact{Term: way, Text: carrier + " · " + v.T("desk.parcel_state."+string(p.State))})
		if p.PointName != "" {
			facts = append(facts, ui.Fact{Term: v.T("desk.point"), Text: p.PointName})
		}
		if p.Tracking != "" {
			facts = append(facts, ui.Fact{Term: v.T("desk.tracking"), Text: p.Tracking, URL: shipping.TrackingLink(p.Carrier, p.Tracking)})
		}
		if !p.ETA.IsZero() {
			facts = append(facts, ui.Fact{Term: v.T("desk.eta"), Text: v.DayClock(p.ETA)})
		}
		if !p.HoldUntil.IsZero() {
			facts = append(facts, ui.Fact{Term: v.T("desk.hold"), Text: v.DayClock(p.HoldUntil)})
		}
	}
	for _, sc := range append(append([]shipping.Scan{}, v.t.Scans...), v.t.BackScans...) {
		text := v.T("desk.scan.code." + string(sc.Code))
		if sc.Place != "" {
			text += ", " + sc.Place
		}
		scans = append(scans, ui.Fact{Term: v.DayClock(sc.At), Text: text})
	}
	return facts, scans
}

// moves are all moves of the trade.
func (v voice) moves() ui.Table {
	t := ui.Table{Label: v.T("desk.moves"), Cols: []ui.Col{{Label: v.T("desk.col.when")}, {Label: v.T("desk.col.move")}, {Label: v.T("desk.col.by")}, {Label: v.T("desk.col.to")}, {Label: v.T("desk.col.note")}}}
	for _, h := range v.t.Events {
		by := v.T("desk.actor.name." + string(h.Actor))
		if u, ok := v.names[h.ActorID]; ok {
			by = u.First()
		}
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: v.DayClock(h.At)}, {Text: v.T("desk.event.name." + string(h.Event))}, {Text: by},
			{Text: v.T("desk.state.name." + string(h.To))}, {Text: h.Note},
		})
	}
	return t
}

// caseAbout leads to a conversation with staff about the trade, if there is one.
func (s *Service) caseAbout(ctx context.Context, v voice) (*ui.LinkRow, error) {
	for _, u := range []accounts.User{v.t.Buyer, v.t.Seller} {
		c, ok, err := s.Messages.Find(ctx, s.DB, messaging.AboutCase, string(v.t.Order.ID), u.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			return &ui.LinkRow{URL: "/desk/cases/" + string(c.ID), Name: u.Name, Person: string(u.ID),
				Label: v.T("desk.case_of", "Who", u.First()), More: v.T("desk.case_last", "At", v.Soon(c.LastAt))}, nil
		}
	}
	return nil, nil
}

// load is the trade of an id, for staff.
func (s *Service) load(ctx context.Context, id string) (orders.Trade, error) {
	return s.Orders.Trade(ctx, db.Queryer(s.DB), orders.ID(id))
}

// opened draws a trade beside the queue.
func (s *Service) opened(ctx context.Context, t orders.Trade, form web.Form) func(web.Frame) (templ.Component, error) {
	return func(f web.Frame) (templ.Component, error) {
		p, err := s.trade(ctx, f, t, form)
		return pages.ShowTrade(f, p), err
	}
}
