package nudges

import (
	"context"
	"errors"
	"strconv"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/nudges"
	"github.com/kierto/kierto/templates/ui"
)

// linkSlots is how many times a page offers to choose from.
const linkSlots = 6

// path is the address of another deed of the same turn for the same person; it
// lasts as long as this one.
func (s *Service) path(b about, code byte) string {
	l := b.link
	l.turn, l.deed = b.turn.ID, code
	return linkPath + s.token(l, b.user.ID)
}

// thing is what the page is about.
func (s *Service) thing(v linkVoice) pages.Thing {
	t := pages.Thing{Title: v.title(), More: v.other.First()}
	if v.order.Ref != "" {
		t.More = v.say("link.more")
	}
	if photo := v.photo(); photo != "" && s.Messages.PhotoURL != nil {
		t.Photo = s.Messages.PhotoURL(photo, "thumb")
	}
	return t
}

// foot are the ways on from every page but one's own.
func (s *Service) foot(v linkVoice, without byte) pages.Foot {
	var rows []ui.LinkRow
	if without != personCode {
		rows = append(rows, ui.LinkRow{URL: s.path(v.about, personCode), Name: v.staff, Person: "operator",
			Label: v.say("link.person.row"), More: v.say("link.person.more")})
	}
	if without != muteCode && v.turn.Open() {
		rows = append(rows, ui.LinkRow{URL: s.path(v.about, muteCode), Icon: "bell", Label: v.muteLabel()})
	}
	rows = append(rows, ui.LinkRow{URL: v.url, Icon: "external-link", Label: v.openLabel(), More: v.say("link.open_more")})
	return pages.Foot{Rows: rows, Note: v.say("link.foot", "Until", v.DayClock(v.until))}
}

// muteLabel names the trade, or whatever it is.
func (v linkVoice) muteLabel() string {
	if v.order.ID == "" {
		return v.say("link.mute.plain")
	}
	return v.say("link.mute.label")
}

// openLabel leads to the site.
func (v linkVoice) openLabel() string {
	switch {
	case v.order.ID != "":
		return v.say("link.open_trade")
	case v.conv.ID != "":
		return v.say("link.open_talk")
	}
	return v.say("link.open_payouts")
}

// showMenu shows all that can be done about a turn.
func (s *Service) showMenu(c *web.Ctx, v linkVoice) error {
	if !v.turn.Open() {
		return s.refuse(c, v.about, ErrOver)
	}
	p := pages.Menu{Thing: s.thing(v), Title: v.say("link.turn." + string(v.turn.Kind)), Foot: s.foot(v, menuCode)}
	if v.side == waiterSide {
		p.Title = v.say("link.turn.waits")
	}
	p.Due, p.ISO = v.say("link.due"), v.ISO(v.turn.DueAt)
	for _, d := range v.deeds() {
		p.Rows = append(p.Rows, ui.LinkRow{URL: s.path(v.about, d.code), Icon: d.icon, Label: v.word(d, ".label")})
		if d.asks == askParcel {
			parcel, ok, err := s.Orders.Shipping.Of(c.Request().Context(), s.DB, string(v.order.ID), d.event == orders.SendBack)
			if err != nil {
				return err
			}
			if ok && parcel.DropCode != "" {
				p.Code, p.Coded = parcel.DropCode, v.say("link.code")
			}
		}
	}
	return c.Page(pages.ShowMenu(frame(c), p))
}

// deedPage is the page of a deed, with what was filled in.
func (s *Service) deedPage(ctx context.Context, v linkVoice, d deed, form web.Form) (pages.Deed, error) {
	p := pages.Deed{
		Thing: s.thing(v), Title: v.word(d, ".title"), Action: s.path(v.about, d.code), Form: form, Foot: s.foot(v, d.code),
		Button: ui.Button{Label: v.word(d, ".label"), Wide: true, Icon: d.icon},
	}
	if i18n.Known(v.Lang, "link."+d.name+".button") {
		p.Button.Label = v.word(d, ".button")
	}
	if d.bad {
		p.Button.Kind = "bad"
	}
	if !d.lasts() && len(v.deeds()) > 1 {
		p.Menu = &ui.Button{Label: v.say("link.menu"), URL: s.path(v.about, menuCode), Kind: "bare"}
	}
	when := clock.Instant(0)
	if d.code == laterCode {
		var err error
		if when, err = s.untilLater(ctx, s.DB, v.about); err != nil {
			return p, err
		}
	}
	p.Lead = v.word(d, ".lead", "When", v.Soon(when))
	if d.leads != "" {
		p.Action, p.Button.URL = "", v.page(d)
	}
	return p, s.ask(ctx, v, d, &p)
}

// ask adds what has to be filled in.
func (s *Service) ask(ctx context.Context, v linkVoice, d deed, p *pages.Deed) error {
	switch d.asks {
	case askWhen:
		s.askWhen(v, p)
	case askParcel:
		_, tracked, err := s.booked(ctx, v, d)
		if err != nil || tracked {
			return err
		}
		p.Pick = &pages.Pick{Field: ui.Field{Name: "carrier", Label: v.T("trade.field.carrier")}, Empty: v.T("trade.field.carrier_other")}
		for _, name := range shipping.Carriers {
			p.Pick.Options = append(p.Pick.Options, ui.Option{Value: name, Label: shipping.CarrierName(name)})
		}
		p.Fields = []ui.Field{{Name: "tracking", Label: v.T("trade.field.tracking"), Hint: v.T("trade.field.tracking_hint"), Optional: true, Autocomplete: "off", Max: maxTracking}}
	case askWhy:
		p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.why"), Optional: true, Max: orders.MaxNote}
	case askClaim:
		p.Choice = &ui.Choices{Name: "claim", Legend: v.T("trade.field.reason")}
		for _, k := range orders.Claims {
			p.Choice.Options = append(p.Choice.Options, ui.Choice{Value: string(k), Label: v.T("trade.claim." + string(k))})
		}
		p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.story"), Hint: v.T("trade.field.story_hint"), Max: orders.MaxNote, Rows: 6}
	case askStory:
		p.Text = &ui.Field{Name: "note", Label: v.T("trade.field.story"), Hint: v.T("trade.field.story_hint"), Max: orders.MaxNote, Rows: 6}
	case askText, askStaff:
		return s.askText(ctx, v, d, p)
	case askVerdict:
		p.Rate = &ui.Choices{Name: "verdict", Legend: v.word(d, ".title")}
		for _, k := range orders.Verdicts {
			p.Rate.Options = append(p.Rate.Options, ui.Choice{Value: string(k), Label: v.T("trade.verdict." + string(k)), Icon: orders.VerdictIcon(k)})
		}
		p.Text = &ui.Field{Name: "text", Label: v.T("trade.review_text"), Optional: true, Max: orders.MaxReview}
	}
	return nil
}

// maxTracking is how long a tracking number may be, in characters, as on the
// site's own form.
const maxTracking = 40

// askWhen asks for a time to post it: the one of a slot that was tapped, or any.
func (s *Service) askWhen(v linkVoice, p *pages.Deed) {
	slots := orders.Slots(v.Speaker, v.turn.DueAt, v.order.PlannedAt, linkSlots)
	chosen, err := strconv.ParseInt(p.Form.Get(whenField), 10, 64)
	at := clock.Instant(chosen)
	fits := err == nil && v.Now.Before(at) && !v.turn.DueAt.Before(at)
	switch {
	case fits && len(p.Form.Faults) == 0:
		p.Title = v.say("link.plan.title_when", "When", v.Soon(at))
		p.Hidden = []ui.Pair{{Name: whenField, Value: strconv.FormatInt(chosen, 10)}}
		return
	case len(slots) == 0:
		p.Notes, p.Action, p.Button = []ui.Line{{Icon: "info", Text: v.say("link.plan.none")}}, "", ui.Button{
			Label: v.say("link.menu"), URL: s.path(v.about, menuCode), Wide: true}
		return
	case err == nil && !fits:
		p.Notes = []ui.Line{{Icon: "info", Text: v.say("link.plan.gone")}}
	}
	p.Choice = &ui.Choices{Name: whenField, Legend: v.say("link.plan.title")}
	for _, x := range slots {
		p.Choice.Options = append(p.Choice.Options, ui.Choice{Value: x.Value, Label: x.Day, More: x.Hours})
	}
}

// refusal is the page of a link that does nothing: why, and where to go on. It
// shows nothing of a trade to whoever does not hold a genuine link of their own.
func (s *Service) refusal(c *web.Ctx, b about, err error) (pages.Told, error) {
	say := c.Say
	p := pages.Told{Icon: "info", Title: say.T("link.none.title"), Text: say.T("link.none.text")}
	lead := ui.Button{Label: say.T("link.none.sign_in"), URL: "/orders"}
	if c.Reader.SignedIn() {
		lead.Label = say.T("link.none.orders")
	}
	p.Actions = []ui.Button{lead, {Label: say.T("link.none.help"), URL: "/help", Kind: "bare"}}
	if err == nil {
		p.Title, p.Text = say.T("link.other.title"), say.T("link.other.text", "Me", c.Reader.Name)
		return p, nil
	}
	if errors.Is(err, ErrNoLink) {
		return p, nil
	}
	v := s.linkVoice(b)
	p.Thing, p.Actions[0] = s.thing(v), ui.Button{Label: v.openLabel(), URL: b.url}
	switch {
	case errors.Is(err, ErrExpired):
		p.Icon, p.Title, p.Text = "hourglass", v.say("link.expired.title"), v.say("link.expired.text")
		return p, nil
	case errors.Is(err, ErrUsed):
		p.Title, p.Text = v.say("link.used.title"), v.say("link.used.plain")
	default:
		p.Title, p.Text = v.say("link.over.title"), v.meanwhile(err)
	}
	p.Actions, p.Foot = p.Actions[:1], s.foot(v, muteCode)
	p.Foot.Rows = p.Foot.Rows[:1]
	return p, nil
}

// meanwhile says what happened before the link was used.
func (v linkVoice) meanwhile(err error) string {
	if fs := fault.As(err); len(fs) > 0 {
		return v.Fault(fs[0])
	}
	switch {
	case v.order.ID != "" && !v.turn.Open():
		return v.Fault(fault.As(orders.TooLate(v.order.State))[0])
	case v.offer.ID != "":
		return v.T("orders.offer_over")
	case v.conv.ID != "":
		return v.say("link.over.talk")
	}
	return v.say("link.over.text")
}
