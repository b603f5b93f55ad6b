package listings

import (
	"fmt"

	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/ui"
)

// mineSize is how many of their own listings a seller sees at a time.
const mineSize = 30

// mineStates are the tabs of the page of one's own listings.
var mineStates = []struct {
	name   string
	states []State
}{
	{"live", []State{Live, Reserved}},
	{"draft", []State{Draft}},
	{"sold", []State{Sold}},
	{"withdrawn", []State{Withdrawn}},
}

// getMine are the reader's own listings.
func (s *Service) getMine(c *web.Ctx) error {
	f := c.Frame("account")
	show := mineStates[0]
	p := page.MinePage{Frame: f}
	for _, m := range mineStates {
		if m.name == c.QueryParam("show") {
			show = m
		}
	}
	for _, m := range mineStates {
		p.Tabs = append(p.Tabs, ui.Chip{URL: "/account/listings?show=" + m.name, Label: f.T("listings.mine." + m.name), Current: m.name == show.name})
	}
	skip := 0
	if _, err := fmt.Sscan(c.QueryParam("skip"), &skip); err != nil || skip < 0 {
		skip = 0
	}
	ls, err := bySeller(c.Request().Context(), s.DB, me(c), show.states, true, mineSize+1, skip)
	if err != nil {
		return err
	}
	p.Pager = ui.Pager{Label: f.T("listings.pages"), Start: f.T("listings.first_page"), More: f.T("listings.more")}
	here := "/account/listings?show=" + show.name
	if skip > 0 {
		p.Pager.First = here
	}
	if len(ls) > mineSize {
		ls = ls[:mineSize]
		p.Pager.Next = fmt.Sprintf("%s&skip=%d", here, skip+mineSize)
	}
	for _, l := range ls {
		p.Rows = append(p.Rows, mineRow(f, l))
	}
	p.Empty = ui.Empty{Art: "box", Title: f.T("listings.mine_none." + show.name), Text: f.T("listings.mine_none_text"),
		Action: &ui.Button{Label: f.T("listings.sell_new"), URL: "/sell", Kind: "quiet"}}
	return c.Page(page.Mine(p))
}

func mineRow(f web.Frame, l Listing) page.MineRow {
	id := "/sell/" + string(l.ID)
	r := page.MineRow{URL: l.URL(), Title: l.Title, Photo: PhotoURL(l.Cover, picture.Thumb), Price: f.Money(l.Price()),
		Tag: ui.Tag{Text: f.T("listings.state." + string(l.State))}}
	if r.Title == "" {
		r.Title = f.T("listings.untitled")
	}
	button := func(key, path string, post bool) {
		r.Acts = append(r.Acts, ui.Button{Label: f.T(key), URL: id + path, Post: post, Kind: "quiet", Small: true})
	}
	switch l.State {
	case Draft:
		r.URL = id
		button("listings.go_on", "", false)
		button("listings.discard", "/discard", true)
	case Live:
		r.Tag.Kind = "go"
		button("listings.edit", "", false)
		button("listings.mark_sold", "/sold", true)
		button("listings.withdraw", "/withdraw", true)
	case Reserved:
		r.Tag.Kind, r.More = "info", f.T("listings.is_reserved")
	case Withdrawn:
		button("listings.edit", "", false)
		button("listings.relist", "/relist", true)
	case Sold:
		if l.SoldByHand {
			button("listings.relist", "/relist", true)
		} else {
			r.More = f.T("listings.sold_here", "Day", f.Day(l.SoldAt))
		}
	}
	if l.Hidden {
		r.Tag, r.More = ui.Tag{Kind: "bad", Text: f.T("listings.state.hidden")}, f.T("listings.notice.hidden")
	}
	return r
}
