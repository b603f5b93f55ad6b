package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// talk is a conversation with staff and what staff owe in it.
type talk struct {
	messaging.Conversation
	Turn turn.Turn // zero when nothing is owed
}

// talks are all cases: those that wait for an answer first, soonest due first.
func (s *Service) talks(ctx context.Context) ([]talk, error) {
	cs, err := s.Messages.Cases(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(cs))
	for i, c := range cs {
		ids[i] = string(c.ID)
	}
	open, err := turn.OpenOfMany(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	out := make([]talk, len(cs))
	for i, c := range cs {
		out[i].Conversation = c
		for _, t := range open {
			if t.Subject == string(c.ID) && t.Kind == turn.AnswerCase {
				out[i].Turn = t
			}
		}
	}
	slices.SortStableFunc(out, func(a, b talk) int {
		switch {
		case a.Turn.ID == "" && b.Turn.ID == "":
			return 0
		case a.Turn.ID == "":
			return 1
		case b.Turn.ID == "":
			return -1
		}
		return int(min(1, max(-1, a.Turn.DueAt-b.Turn.DueAt)))
	})
	return out, nil
}

func (s *Service) getCases(c *web.Ctx) error { return s.showCases(c, 200, "", web.Form{}) }

func (s *Service) getCase(c *web.Ctx) error { return s.showCases(c, 200, c.Param("id"), web.Form{}) }

// showCases lists the cases, with the one called id beside them.
func (s *Service) showCases(c *web.Ctx, status int, id string, form web.Form) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-cases")
	if err != nil {
		return err
	}
	all, err := s.talks(ctx)
	if err != nil {
		return err
	}
	ids := make([]accounts.UserID, len(all))
	for i, t := range all {
		ids[i] = t.Buyer
	}
	names, err := s.Accounts.Many(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	v := speaker{f.Speaker, names}
	p := pages.Queue{Frame: f, Title: f.T("desk.cases"), Window: f.T("desk.cases"), URL: "/desk/cases", Back: f.T("desk.back_cases"), Pick: f.T("desk.pick_case"), Keys: keys(f)[:3]}
	waiting := 0
	for _, t := range all {
		if t.Turn.ID != "" {
			waiting++
		}
		p.Cases = append(p.Cases, v.talk(t, id))
	}
	p.Lead = f.N("desk.cases_lead", waiting)
	if len(all) == 0 {
		p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("desk.cases_none"), Text: f.T("desk.cases_none_text")}
	}
	if id != "" {
		if p.Open, err = s.talk(ctx, f, messaging.ConversationID(id), form); err != nil {
			return err
		}
	}
	return c.PageStatus(status, pages.ShowQueue(p))
}

// talk is a case in the list.
func (v speaker) talk(t talk, open string) ui.Case {
	who := v.names[t.Buyer]
	x := ui.Case{URL: "/desk/cases/" + string(t.ID), Title: t.Title, Open: string(t.ID) == open}
	if x.Title == "" {
		x.Title = v.T("desk.general_case")
	}
	if t.Turn.ID == "" {
		x.Left, x.At, x.Why = "–", v.Date(t.LastAt), v.T("desk.case_quiet", "Who", who.Shown(v.Speaker))
		return x
	}
	x.Left, x.At, x.Late = v.left(t.Turn.DueAt), v.at(t.Turn.DueAt), t.Turn.DueAt.Before(v.Now)
	x.Why = v.T("desk.case_waits", "Who", who.Shown(v.Speaker), "Since", v.Span(v.Now.Sub(t.Turn.OpenedAt)))
	return x
}

// theCase is a case by its id; Missing for any other conversation.
func (s *Service) theCase(ctx context.Context, id messaging.ConversationID) (messaging.Conversation, error) {
	conv, err := s.Messages.Load(ctx, s.DB, id)
	if err == nil && conv.Kind != messaging.AboutCase {
		err = missing()
	}
	return conv, err
}

// missing is the fault for what is not there.
func missing() error { return fault.New(fault.Missing, "web.missing") }

// talk draws a case.
func (s *Service) talk(ctx context.Context, f web.Frame, id messaging.ConversationID, form web.Form) (templ.Component, error) {
	conv, err := s.theCase(ctx, id)
	if err != nil {
		return nil, err
	}
	u, err := s.Accounts.Get(ctx, s.DB, conv.Buyer)
	if err != nil {
		return nil, err
	}
	es, err := s.Messages.Whole(ctx, id)
	if err != nil {
		return nil, err
	}
	p := pages.Talk{Title: conv.Title, Ref: f.T("desk.case"), Rows: s.Messages.Rows(f, es, ""), Form: form}
	if p.Title == "" {
		p.Title = f.T("desk.general_case")
	}
	if p.Who, err = s.person(ctx, f.Speaker, u); err != nil {
		return nil, err
	}
	p.Who.More = u.Town
	if conv.Subject != "" {
		p.Trade = &ui.LinkRow{URL: "/desk/orders/" + conv.Subject, Icon: "package", Label: conv.Title, More: f.T("desk.case_trade_more")}
	}
	open, err := turn.OpenOf(ctx, s.DB, string(id))
	if err != nil {
		return nil, err
	}
	base := "/desk/cases/" + string(id)
	p.Write = &pages.Write{URL: base, Max: messaging.MaxText, Lead: f.T("desk.case_lead", "Name", first(f.Reader.Name), "Who", u.First()), Form: form}
	if len(open) > 0 {
		p.Close = &ui.Button{Label: f.T("desk.close"), URL: base + "/close", Post: true, Kind: "quiet", Small: true}
	} else {
		p.Closed = f.T("desk.closed")
	}
	return pages.ShowTalk(f, p), nil
}

// postCase answers a case.
func (s *Service) postCase(c *web.Ctx) error {
	ctx := c.Request().Context()
	conv, err := s.theCase(ctx, messaging.ConversationID(c.Param("id")))
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Messages.AnswerTx(ctx, tx, me(c), conv.ID, form.Get("text"), ""); err != nil {
			return err
		}
		return s.Accounts.Audit(ctx, tx, me(c), "cases.answer", string(conv.ID), "")
	})
	if err == nil {
		c.Flash("desk.done.message")
		return c.Go("/desk/cases/" + string(conv.ID))
	}
	if form.Faults = fault.As(err); form.Faults == nil {
		return err
	}
	return s.showCases(c, form.Faults[0].Kind.Status(), string(conv.ID), form)
}

// postClose ends what staff owe in a case without an answer.
func (s *Service) postClose(c *web.Ctx) error {
	ctx := c.Request().Context()
	conv, err := s.theCase(ctx, messaging.ConversationID(c.Param("id")))
	if err != nil {
		return err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Messages.CloseCase(ctx, tx, conv.ID); err != nil {
			return err
		}
		return s.Accounts.Audit(ctx, tx, me(c), "cases.close", string(conv.ID), "")
	})
	if err != nil {
		return err
	}
	c.Flash("desk.done.close")
	return c.Go("/desk/cases/" + string(conv.ID))
}

// trimmed is a search as somebody typed it.
func trimmed(c *web.Ctx, name string) string { return strings.TrimSpace(c.QueryParam(name)) }
