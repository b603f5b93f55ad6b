package nudges

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/nudges"
	"github.com/kierto/kierto/templates/ui"
)

// donePage says what a link has done.
func (s *Service) donePage(v linkVoice, d deed) pages.Told {
	when := v.turn.NextAt
	if d.code == planCode {
		when = v.order.PlannedAt
	}
	p := pages.Told{
		Thing: s.thing(v), Icon: "circle-check", Title: v.word(d, ".done"), Text: v.word(d, ".after", "When", v.Soon(when)),
		Foot: s.foot(v, d.code),
	}
	if v.turn.Open() && !d.lasts() {
		p.Actions = []ui.Button{{Label: v.say("link.menu"), URL: s.path(v.about, menuCode), Kind: "quiet"}}
	}
	return p
}

// usedPage says that a link was used before.
func (s *Service) usedPage(v linkVoice, at clock.Instant) pages.Told {
	return pages.Told{
		Thing: s.thing(v), Icon: "circle-check", Title: v.say("link.used.title"), Text: v.say("link.used.text", "At", v.Soon(at)),
		Actions: []ui.Button{{Label: v.openLabel(), URL: v.url, Kind: "quiet"}}, Foot: s.foot(v, menuCode),
	}
}

// showMute shows the page that ends the reminders, or that they have ended.
func (s *Service) showMute(c *web.Ctx, v linkVoice, d deed) error {
	ctx := c.Request().Context()
	off, err := s.Muted(ctx, s.DB, v.user.ID, v.turn.Subject)
	if err != nil {
		return err
	}
	p := pages.Told{Thing: s.thing(v), Icon: "circle-check", Foot: s.foot(v, muteCode)}
	switch {
	case off:
		p.Title, p.Text = v.word(d, ".done"), v.word(d, ".after")
		p.Actions = []ui.Button{{Label: v.say("link.mute.undo"), URL: s.path(v.about, muteCode), Post: true, Kind: "quiet",
			Hidden: []ui.Pair{{Name: undoField, Value: "1"}}}}
	case c.QueryParam(doneField) != "":
		p.Title, p.Text = v.say("link.mute.back"), v.say("link.mute.back_text")
	default:
		ask, err := s.deedPage(ctx, v, d, web.Form{})
		if err != nil {
			return err
		}
		ask.Hidden = []ui.Pair{{Name: stepField, Value: c.QueryParam(stepField)}}
		return c.Page(pages.ShowDeed(frame(c), ask))
	}
	return c.Page(pages.ShowTold(frame(c), p))
}

// booked is the parcel of a deed, if we booked it and can follow it.
func (s *Service) booked(ctx context.Context, v linkVoice, d deed) (shipping.Parcel, bool, error) {
	if d.event != orders.Ship {
		return shipping.Parcel{}, false, nil
	}
	p, ok, err := s.Orders.Shipping.Of(ctx, s.DB, string(v.order.ID), false)
	return p, ok && p.Tracked, err
}

// askText asks for a message, and shows what it answers.
func (s *Service) askText(ctx context.Context, v linkVoice, d deed, p *pages.Deed) error {
	p.Text = &ui.Field{Name: ui.MessageField, Label: v.word(d, ".field"), Max: messaging.MaxText, Rows: 6}
	if d.name == "propose" {
		p.Text.Hint = v.say("link.propose.hint")
	}
	if d.asks == askStaff {
		return nil
	}
	es, err := s.Messages.Peek(ctx, v.thread(), v.user.ID)
	if err != nil {
		return err
	}
	p.Quotes = s.quotes(v, es)
	return nil
}

// maxQuotes is how many messages a page shows that is there to answer them.
const maxQuotes = 3

// quotes are the newest messages of the other that nothing of one's own follows.
func (s *Service) quotes(v linkVoice, es []messaging.Entry) []pages.Quote {
	var out []pages.Quote
	for _, e := range es {
		switch {
		case e.Kind != messaging.Message || e.Hidden || e.Text == "":
		case e.Author == v.user.ID:
			out = nil
		default:
			out = append(out, pages.Quote{From: e.Name(e.Author), At: v.Soon(e.At), Text: e.Text})
		}
	}
	return out[max(0, len(out)-maxQuotes):]
}
