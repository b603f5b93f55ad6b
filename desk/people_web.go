package desk

import (
	"context"
	"strconv"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/orders"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// personStates are the filter of the list.
var personStates = []string{"", accounts.Active, accounts.Suspended, accounts.Deleted}

// getPeople searches people by name or address.
func (s *Service) getPeople(c *web.Ctx) error {
	f, _, err := s.frame(c, "desk-people")
	if err != nil {
		return err
	}
	words, status, before := trimmed(c, "q"), c.QueryParam("status"), c.QueryParam("before")
	found, err := s.Accounts.Search(c.Request().Context(), words, status, accounts.UserID(before), pageLen+1)
	if err != nil {
		return err
	}
	link := func(status, before string) string {
		return "/desk/people" + web.Query("q", words, "status", status, "before", before)
	}
	p := pages.List{Frame: f, Title: f.T("desk.people"), Search: &pages.Search{
		URL: "/desk/people", Label: f.T("desk.people_search"), Words: words, ChipsLabel: f.T("desk.filter_state"), Hidden: pairs("status", status),
	}, Pager: ui.Pager{Label: f.T("desk.pages"), Start: f.T("desk.first"), More: f.T("desk.more")}}
	for _, st := range personStates {
		word := st
		if word == "" {
			word = "all"
		}
		p.Search.Chips = append(p.Search.Chips, ui.Chip{URL: link(st, ""), Label: f.T("desk.person_state." + word), Current: st == status})
	}
	if before != "" {
		p.Pager.First = link(status, "")
	}
	if len(found) > pageLen {
		found = found[:pageLen]
		p.Pager.Next = link(status, string(found[pageLen-1].ID))
	}
	if len(found) == 0 {
		p.Empty = &ui.Empty{Art: "box", Title: f.T("desk.nothing"), Text: f.T("desk.nothing_text")}
		return c.Page(pages.ShowList(p))
	}
	t := ui.Table{Label: f.T("desk.people"), Cols: []ui.Col{{Label: f.T("desk.col.name")}, {Label: f.T("desk.col.email")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.trades"), Numbers: true}, {Label: f.T("desk.col.joined")}}}
	for _, u := range found {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: u.Shown(f.Speaker), URL: "/desk/people/" + string(u.ID)}, {Text: emailOf(u)}, {Tag: personTag(f, u)},
			{Text: strconv.FormatInt(u.TradesDone, 10)}, {Text: f.Date(u.CreatedAt)},
		})
	}
	p.Tables = []ui.Table{t}
	return c.Page(pages.ShowList(p))
}

// emailOf is a person's address, nothing for one who has left.
func emailOf(u accounts.User) string {
	if u.IsDeleted() {
		return "–"
	}
	return u.Email
}

// personTag is what an account is.
func personTag(f web.Frame, u accounts.User) *ui.Tag {
	switch {
	case u.IsOperator():
		return &ui.Tag{Kind: "info", Text: f.T("desk.person_state.operator")}
	case u.IsSuspended():
		return &ui.Tag{Kind: "bad", Text: f.T("desk.person_state.suspended")}
	case u.IsDeleted():
		return &ui.Tag{Text: f.T("desk.person_state.deleted")}
	case !u.Confirmed():
		return &ui.Tag{Text: f.T("desk.person_state.unconfirmed")}
	}
	return &ui.Tag{Kind: "go", Text: f.T("desk.person_state.active")}
}

func (s *Service) getPerson(c *web.Ctx) error { return s.showPerson(c, 200, web.Form{}) }

// showPerson is one person, with what was wrong with suspending or restoring
// them. A password is never part of it.
func (s *Service) showPerson(c *web.Ctx, status int, form web.Form) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-people")
	if err != nil {
		return err
	}
	u, err := s.Accounts.Get(ctx, s.DB, accounts.UserID(c.Param("id")))
	if err != nil {
		return err
	}
	card, err := s.person(ctx, f.Speaker, u)
	if err != nil {
		return err
	}
	if card.Action != nil && card.Action.Icon == "" {
		card.Action = nil // leads to this page
	}
	card.Facts = card.Facts[:personFacts]
	card.More = u.Town
	p := pages.Profile{
		Frame: f, Window: u.Shown(f.Speaker), Back: "/desk/people", BackWord: f.T("desk.back_people"), Title: u.Shown(f.Speaker), Tag: personTag(f, u),
		Lead: emailOf(u), Card: &card, Act: suspendAct(f, u, form),
		Links: []ui.LinkRow{
			{URL: "/people/" + string(u.ID), Icon: "eye", Label: f.T("desk.as_others")},
			{URL: "/desk/listings?seller=" + string(u.ID), Icon: "tag", Label: f.T("desk.their_listings")},
			{URL: "/desk/audit?actor=" + string(u.ID), Icon: "list", Label: f.T("desk.their_doings")},
		},
	}
	if p.Facts, err = s.accountFacts(ctx, f, u); err != nil {
		return err
	}
	if p.Tables, err = s.personTables(ctx, f, u); err != nil {
		return err
	}
	return c.PageStatus(status, pages.ShowProfile(p))
}

// personFacts is how many facts of a card are about the person; what follows
// leads to their page.
const personFacts = 5

// accountFacts are facts of an account.
func (s *Service) accountFacts(ctx context.Context, f web.Frame, u accounts.User) ([]ui.Fact, error) {
	sessions, err := s.Accounts.Sessions(ctx, u.ID)
	facts := []ui.Fact{{Term: f.T("desk.col.joined"), Text: f.DayClock(u.CreatedAt)}}
	if !u.SeenAt.IsZero() {
		facts = append(facts, ui.Fact{Term: f.T("desk.seen"), Text: f.Soon(u.SeenAt)})
	}
	facts = append(facts, ui.Fact{Term: f.T("desk.sessions"), Text: strconv.Itoa(len(sessions))},
		ui.Fact{Term: f.T("desk.language"), Text: f.T("desk.lang.name."+u.Lang) + ", " + u.Zone}, ui.Fact{Term: f.T("desk.id"), Text: string(u.ID)})
	return facts, err
}

// suspendAct is suspending somebody, or ending it; nil where neither can be.
func suspendAct(f web.Frame, u accounts.User, form web.Form) *pages.Act {
	name := "suspend"
	if u.IsSuspended() {
		name = "restore"
	}
	if u.IsOperator() || u.IsDeleted() {
		return nil
	}
	a := &pages.Act{
		Title: f.T("desk.do." + name), Will: []ui.Line{{Icon: "info", Text: f.T("desk.will." + name)}}, URL: "/desk/people/" + string(u.ID) + "/" + name,
		Reason: reasonField(f.T("desk.reason"), f.T("desk.reason_log")), Button: ui.Button{Label: f.T("desk.do." + name)}, Form: form,
	}
	if name == "suspend" {
		a.Button.Kind = "bad"
	}
	return a
}

// personTables are somebody's trades, listings, reports about them, and what
// staff did.
func (s *Service) personTables(ctx context.Context, f web.Frame, u accounts.User) ([]ui.Table, error) {
	var out []ui.Table
	mine, err := s.Orders.ListOf(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(mine) > 0 {
		out = append(out, tradeTable(f, u, mine))
	}
	found, err := things(ctx, s.DB, wanted{Seller: u.ID}, pageLen)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		out = append(out, listingTable(f, found, false))
	}
	rs, err := reportsAbout(ctx, s.DB, u.ID, pageLen)
	if err != nil {
		return nil, err
	}
	if len(rs) > 0 {
		t := ui.Table{Label: f.T("desk.reports_about"), Cols: []ui.Col{{Label: f.T("desk.col.what")}, {Label: f.T("desk.col.about")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.when")}}}
		for _, r := range rs {
			t.Rows = append(t.Rows, []ui.Cell{{Text: f.T("messaging.reason_" + r.Reason), URL: "/desk/reports/" + string(r.ID)}, {Text: f.T("desk.report_kind." + string(r.Kind))}, {Text: f.T("desk.report_state." + r.State)}, {Text: f.Date(r.CreatedAt)}})
		}
		out = append(out, t)
	}
	log, err := auditOf(ctx, s.DB, "", string(u.ID), "", pageLen)
	if err != nil {
		return nil, err
	}
	logs, err := s.logTables(ctx, f, log)
	return append(out, logs...), err
}

// tradeTable is somebody's trades.
func tradeTable(f web.Frame, u accounts.User, mine []orders.Mine) ui.Table {
	t := ui.Table{Label: f.T("desk.trades"), Cols: []ui.Col{{Label: f.T("desk.col.ref")}, {Label: f.T("desk.col.title")}, {Label: f.T("desk.col.role")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.sum"), Numbers: true}, {Label: f.T("desk.col.when")}}}
	for _, m := range mine {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: m.Ref, URL: "/desk/orders/" + string(m.ID)}, {Text: m.Title}, {Text: f.T("desk.actor.name." + string(m.Role(u.ID)))},
			{Text: f.T("desk.state.name." + string(m.State))}, {Text: f.Money(m.Total())}, {Text: f.Date(m.CreatedAt)},
		})
	}
	return t
}

// postSuspend suspends somebody, or ends it; without a reason only to undo.
func (s *Service) postSuspend(on bool) web.Handler {
	return func(c *web.Ctx) error {
		ctx := c.Request().Context()
		u, err := s.Accounts.Get(ctx, s.DB, accounts.UserID(c.Param("id")))
		if err != nil {
			return err
		}
		form, err := c.Form()
		if err != nil {
			return err
		}
		note, wrong := undoable(c, form)
		if wrong != nil {
			form.Faults = fault.Faults{wrong}
			return s.showPerson(c, wrong.Kind.Status(), form)
		}
		do := s.restoreTx
		if on {
			do = s.suspendTx
		}
		if err := s.DB.InTx(ctx, func(tx *db.Tx) error { return do(ctx, tx, me(c), u.ID, note) }); err != nil {
			if !fault.Is(err, fault.Conflict) {
				return err
			}
			form.Faults = fault.As(err)
			return s.showPerson(c, fault.Conflict.Status(), form)
		}
		switch back := "/desk/people/" + string(u.ID); {
		case isUndo(c):
			c.Flash("desk.done.undo")
		case on:
			c.FlashUndo(back+"/restore?undo=1", "desk.done.suspend", "Who", u.First())
		default:
			c.FlashUndo(back+"/suspend?undo=1", "desk.done.restore", "Who", u.First())
		}
		return c.Go("/desk/people/" + string(u.ID))
	}
}
