package desk

import (
	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// listingStates are the filter of the list.
var listingStates = []string{"", "live", "reserved", "sold", "withdrawn", "draft", "hidden"}

// getListings searches listings by words, seller and state.
func (s *Service) getListings(c *web.Ctx) error {
	f, _, err := s.frame(c, "desk-listings")
	if err != nil {
		return err
	}
	words := trimmed(c, "q")
	w := wanted{Words: listings.Fold(words), Seller: accounts.UserID(c.QueryParam("seller")), State: c.QueryParam("state"), Before: listings.ID(c.QueryParam("before"))}
	found, err := things(c.Request().Context(), s.DB, w, pageLen+1)
	if err != nil {
		return err
	}
	link := func(state, before string) string {
		return "/desk/listings" + web.Query("q", words, "seller", string(w.Seller), "state", state, "before", before)
	}
	p := pages.List{Frame: f, Title: f.T("desk.listings"), Search: &pages.Search{
		URL: "/desk/listings", Label: f.T("desk.listings_search"), Words: words, ChipsLabel: f.T("desk.filter_state"),
		Hidden: pairs("seller", string(w.Seller), "state", w.State),
	}}
	for _, st := range listingStates {
		word := st
		if word == "" {
			word = "all"
		}
		p.Search.Chips = append(p.Search.Chips, ui.Chip{URL: link(st, ""), Label: f.T("desk.listing_state." + word), Current: st == w.State})
	}
	more := len(found) > pageLen
	if more {
		found = found[:pageLen]
	}
	p.Pager = ui.Pager{Label: f.T("desk.pages"), Start: f.T("desk.first"), More: f.T("desk.more")}
	if w.Before != "" {
		p.Pager.First = link(w.State, "")
	}
	if more {
		p.Pager.Next = link(w.State, string(found[len(found)-1].ID))
	}
	if len(found) == 0 {
		p.Empty = &ui.Empty{Art: "box", Title: f.T("desk.nothing"), Text: f.T("desk.nothing_text")}
	} else {
		p.Tables = []ui.Table{listingTable(f, found, true)}
	}
	return c.Page(pages.ShowList(p))
}

// listingTable is listings in rows, with or without their seller.
func listingTable(f web.Frame, found []thing, seller bool) ui.Table {
	t := ui.Table{Label: f.T("desk.listings"), Cols: []ui.Col{{Label: f.T("desk.col.title")}}}
	if seller {
		t.Cols = append(t.Cols, ui.Col{Label: f.T("desk.col.seller")})
	}
	t.Cols = append(t.Cols, ui.Col{Label: f.T("desk.col.state")}, ui.Col{Label: f.T("desk.col.price"), Numbers: true}, ui.Col{Label: f.T("desk.col.made")})
	for _, x := range found {
		title := x.Title
		if title == "" {
			title = f.T("desk.untitled")
		}
		row := []ui.Cell{{Text: title, URL: "/desk/listings/" + string(x.ID)}}
		if seller {
			row = append(row, ui.Cell{Text: x.Name, URL: "/desk/people/" + string(x.Seller)})
		}
		t.Rows = append(t.Rows, append(row, ui.Cell{Tag: listingTag(f, x.State, x.Hidden)},
			ui.Cell{Text: f.Money(money.Amount{Minor: x.Minor, Currency: x.Currency})}, ui.Cell{Text: f.Date(x.CreatedAt)}))
	}
	return t
}

// listingTag is the state of a listing.
func listingTag(f web.Frame, st listings.State, hidden bool) *ui.Tag {
	switch {
	case hidden:
		return &ui.Tag{Kind: "bad", Text: f.T("desk.listing_state.hidden")}
	case st == listings.Live:
		return &ui.Tag{Kind: "go", Text: f.T("desk.listing_state.live")}
	}
	return &ui.Tag{Text: f.T("desk.listing_state." + string(st))}
}

func (s *Service) getListing(c *web.Ctx) error { return s.showListing(c, 200, web.Form{}) }

// showListing is one listing, with what was wrong with hiding or showing it.
func (s *Service) showListing(c *web.Ctx, status int, form web.Form) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-listings")
	if err != nil {
		return err
	}
	l, err := s.Listings.Get(ctx, s.DB, listings.ID(c.Param("id")))
	if err != nil {
		return err
	}
	u, err := s.Accounts.Get(ctx, s.DB, l.Seller)
	if err != nil {
		return err
	}
	p := pages.Profile{
		Frame: f, Window: l.Title, Back: "/desk/listings", BackWord: f.T("desk.back_listings"), Title: l.Title, Tag: listingTag(f, l.State, l.Hidden),
		Lead: f.Money(l.Price()) + " · " + l.Town, Photo: s.photo(l.Cover), Text: l.Description,
		Facts: []ui.Fact{
			{Term: f.T("desk.col.seller"), Text: u.Shown(f.Speaker), URL: "/desk/people/" + string(u.ID)},
			{Term: f.T("desk.col.made"), Text: f.DayClock(l.CreatedAt)}, {Term: f.T("desk.changed"), Text: f.DayClock(l.UpdatedAt)}, {Term: f.T("desk.id"), Text: string(l.ID)},
		},
		Links: []ui.LinkRow{{URL: l.URL(), Icon: "eye", Label: f.T("desk.as_others")}},
		Act:   hideAct(f, l, form),
	}
	if p.Title == "" {
		p.Title, p.Window = f.T("desk.untitled"), f.T("desk.untitled")
	}
	log, err := auditOf(ctx, s.DB, "", string(l.ID), "", pageLen)
	if err != nil {
		return err
	}
	if p.Tables, err = s.logTables(ctx, f, log); err != nil {
		return err
	}
	return c.PageStatus(status, pages.ShowProfile(p))
}

// hideAct is hiding a listing, or showing it again.
func hideAct(f web.Frame, l listings.Listing, form web.Form) *pages.Act {
	name := "hide"
	if l.Hidden {
		name = "show"
	}
	a := &pages.Act{
		Title: f.T("desk.do." + name), Will: []ui.Line{{Icon: "info", Text: f.T("desk.will." + name)}}, URL: "/desk/listings/" + string(l.ID) + "/" + name,
		Reason: reasonField(f.T("desk.reason"), f.T("desk.reason_log")), Button: ui.Button{Label: f.T("desk.do." + name)}, Form: form,
	}
	if !l.Hidden {
		a.Button.Kind = "bad"
	}
	return a
}

// postHide hides a listing, or shows it again; without a reason only to undo.
func (s *Service) postHide(hidden bool) web.Handler {
	return func(c *web.Ctx) error {
		ctx, id := c.Request().Context(), listings.ID(c.Param("id"))
		form, err := c.Form()
		if err != nil {
			return err
		}
		if _, err := s.Listings.Get(ctx, s.DB, id); err != nil {
			return err
		}
		note, wrong := undoable(c, form)
		if wrong != nil {
			form.Faults = fault.Faults{wrong}
			return s.showListing(c, wrong.Kind.Status(), form)
		}
		err = s.DB.InTx(ctx, func(tx *db.Tx) error { return s.hideTx(ctx, tx, me(c), id, hidden, note) })
		if err != nil {
			return err
		}
		switch back := "/desk/listings/" + string(id); {
		case isUndo(c):
			c.Flash("desk.done.undo")
		case hidden:
			c.FlashUndo(back+"/show?undo=1", "desk.done.hide")
		default:
			c.FlashUndo(back+"/hide?undo=1", "desk.done.show")
		}
		return c.Go("/desk/listings/" + string(id))
	}
}

// undoNote is the reason written down when an operator takes something back at
// once.
const undoNote = "undo"

func isUndo(c *web.Ctx) bool { return c.QueryParam("undo") == "1" }

// undoable is the reason in a form; taking something back at once needs none.
func undoable(c *web.Ctx, form web.Form) (string, *fault.Fault) {
	if isUndo(c) {
		return undoNote, nil
	}
	return reason(form.Get("note"), true)
}

// pairs are hidden fields of "name", value pairs, without the empty ones.
func pairs(ps ...string) []ui.Pair {
	var out []ui.Pair
	for i := 0; i+1 < len(ps); i += 2 {
		if ps[i+1] != "" {
			out = append(out, ui.Pair{Name: ps[i], Value: ps[i+1]})
		}
	}
	return out
}
