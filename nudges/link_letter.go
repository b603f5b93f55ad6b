package nudges

import (
	"context"
	"net/url"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// letterSlots is how many times a letter offers to choose from.
const letterSlots = 4

// Actions are the links of a message about a turn: what its reader can do by one
// tap, a person to talk to, and no more reminders; and one short address of them
// all. It is messaging's hook. A message that waited until its turn was over has
// none.
func (s *Service) Actions(ctx context.Context, d messaging.Delivery, u accounts.User) ([]messaging.Action, string, error) {
	t, err := turn.Get(ctx, s.DB, d.Turn)
	if err != nil {
		return nil, "", err
	}
	l, ok := linkFor(t, u.ID, menuCode)
	if !ok {
		return nil, "", nil
	}
	b, err := s.aboutTurn(ctx, s.DB, t, u.ID)
	if err != nil {
		return nil, "", err
	}
	b.link = l
	v := s.linkVoice(b)
	var out []messaging.Action
	main := false
	for _, x := range b.deeds() {
		switch {
		case x.asks == askWhen:
			out = append(out, s.slots(v, x)...)
			continue
		case x.look == messaging.ActMain && main:
			x.look = messaging.ActQuiet
		}
		main = main || x.look == messaging.ActMain
		out = append(out, messaging.Action{Label: v.word(x, ".label"), URL: s.path(b, x.code), Kind: x.look})
	}
	for _, name := range always {
		x := deedNamed(name)
		a := messaging.Action{Label: v.word(x, ".label"), URL: s.path(b, x.code), Kind: x.look}
		if x.code == muteCode {
			if d.Warning || !t.Open() {
				continue // it comes anyway
			}
			a.Label, a.URL = v.muteLabel(), a.URL+"?"+url.Values{stepField: {d.Step}}.Encode()
		}
		out = append(out, a)
	}
	return out, s.path(b, menuCode), nil
}

// slots are the times to post it, each a link of its own.
func (s *Service) slots(v linkVoice, d deed) []messaging.Action {
	var out []messaging.Action
	for _, x := range orders.Slots(v.Speaker, v.turn.DueAt, v.order.PlannedAt, letterSlots) {
		out = append(out, messaging.Action{
			Label: x.Day, More: x.Hours, URL: s.path(v.about, d.code) + "?" + url.Values{whenField: {x.Value}}.Encode(), Kind: d.look,
		})
	}
	return out
}
