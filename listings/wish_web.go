package listings

import (
	"net/url"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/ui"
)

// postFavourite turns the heart of a listing.
func (s *Service) postFavourite(c *web.Ctx) error {
	ctx, id := c.Request().Context(), listingID(c)
	l, err := s.Get(ctx, s.DB, id)
	if err != nil {
		return err
	}
	have, err := s.Favourites(ctx, me(c), []ID{id})
	if err != nil {
		return err
	}
	on := !have[id]
	if err := s.SetFavourite(ctx, me(c), id, on); err != nil {
		return err
	}
	if c.IsHTMX() {
		return c.Page(ui.Heart(*heart(c.Frame("browse"), id, l.Title, on)))
	}
	if on {
		c.Flash("listings.favourite_added")
	} else {
		c.FlashUndo("/listings/"+string(id)+"/favourite", "listings.favourite_dropped")
	}
	return c.Go(c.Back(back(c, l.URL())))
}

// back is the page of this site the reader came from, or otherwise.
func back(c *web.Ctx, otherwise string) string {
	u, err := url.Parse(c.Request().Referer())
	if err != nil || u.Host != c.Request().Host {
		return otherwise
	}
	return web.Local(u.RequestURI(), otherwise)
}

// getFavourites is what the reader wants to remember.
func (s *Service) getFavourites(c *web.Ctx) error {
	ctx := c.Request().Context()
	ls, err := favouritesOf(ctx, s.DB, me(c), maxFavourites)
	if err != nil {
		return err
	}
	f := c.Frame("favourites")
	p := page.FavouritesPage{Frame: f, Empty: ui.Empty{Art: "horseshoe", Title: f.T("listings.no_favourites"), Text: f.T("listings.no_favourites_text"),
		Action: &ui.Button{Label: f.T("listings.browse"), URL: "/", Kind: "quiet"}}}
	for i, l := range ls {
		t := ListingTile(f, l, true)
		t.Eager = i < eagerTiles
		p.Tiles = append(p.Tiles, t)
	}
	sellers, err := followed(ctx, s.DB, me(c))
	if err != nil {
		return err
	}
	people, err := s.Accounts.Many(ctx, s.DB, sellers)
	if err != nil {
		return err
	}
	for _, id := range sellers {
		if u, ok := people[id]; ok {
			p.Sellers = append(p.Sellers, ui.LinkRow{URL: "/people/" + string(id), Label: u.Shown(f.Speaker), Name: u.Shown(f.Speaker), Person: string(id), More: u.Town})
		}
	}
	return c.Page(page.Favourites(p))
}

// postFollow follows a seller, or stops.
func (s *Service) postFollow(c *web.Ctx) error {
	ctx, seller := c.Request().Context(), accounts.UserID(c.Param("id"))
	u, err := s.Accounts.Get(ctx, s.DB, seller)
	if err != nil {
		return err
	}
	have, err := s.Follows(ctx, me(c), seller)
	if err != nil {
		return err
	}
	if err := s.SetFollow(ctx, me(c), seller, !have); err != nil {
		return err
	}
	path := "/people/" + string(seller) + "/follow"
	if have {
		c.FlashUndo(path, "listings.follow_stopped", "Name", u.Shown(c.Say))
	} else {
		c.FlashUndo(path, "listings.follow_started", "Name", u.Shown(c.Say))
	}
	return c.Go(c.Back(back(c, "/people/"+string(seller))))
}

// followButton follows a seller or stops; strangers are asked to sign in.
func (s *Service) followButton(c *web.Ctx, f web.Frame, seller accounts.UserID) (*ui.Button, error) {
	have, err := s.Follows(c.Request().Context(), me(c), seller)
	if err != nil {
		return nil, err
	}
	key := "listings.follow"
	if have {
		key = "listings.follow_stop"
	}
	return &ui.Button{Label: f.T(key), URL: "/people/" + string(seller) + "/follow", Post: true, Kind: "quiet", Small: true, Icon: "bell"}, nil
}

// getSearches are the reader's saved searches.
func (s *Service) getSearches(c *web.Ctx) error {
	saved, err := s.Searches(c.Request().Context(), me(c))
	if err != nil {
		return err
	}
	f := c.Frame("favourites")
	p := page.SearchesPage{Frame: f, Empty: ui.Empty{Art: "horseshoe", Title: f.T("listings.no_searches"), Text: f.T("listings.no_searches_text"),
		Action: &ui.Button{Label: f.T("listings.browse"), URL: "/", Kind: "quiet"}}}
	for _, x := range saved {
		p.Rows = append(p.Rows, page.SearchRow{
			Name: x.Name, URL: "/?" + x.Query, More: f.T("listings.search_since", "Day", f.Day(x.CreatedAt)),
			Drop: ui.Button{Label: f.T("listings.remove"), URL: "/searches/" + string(x.ID) + "/drop", Post: true, Kind: "quiet", Small: true},
		})
	}
	return c.Page(page.Searches(p))
}

// postSearch saves a search.
func (s *Service) postSearch(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(strings.TrimPrefix(form.Get("query"), "?"))
	if err != nil {
		query = url.Values{}
	}
	name := form.Get("name")
	if strings.TrimSpace(name) == "" {
		f, _ := ParseFilter(s.Tree, query)
		name = s.searchName(web.Frame{Speaker: c.Say}, f)
	}
	if _, err := s.SaveSearch(c.Request().Context(), me(c), name, query); err != nil {
		return err
	}
	c.Flash("listings.search_saved")
	return c.Go("/searches")
}

// postSearchDrop forgets a search.
func (s *Service) postSearchDrop(c *web.Ctx) error {
	if err := s.DropSearch(c.Request().Context(), me(c), SearchID(c.Param("id"))); err != nil {
		return err
	}
	c.Flash("listings.search_dropped")
	return c.Go("/searches")
}
