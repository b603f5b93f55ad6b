package orders

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// getOrders lists the reader's trades: their own moves first.
func (s *Service) getOrders(c *web.Ctx) error {
	ctx := c.Request().Context()
	mine, err := s.ListOf(ctx, me(c))
	if err != nil {
		return err
	}
	ids := make([]accounts.UserID, 0, len(mine))
	for _, m := range mine {
		ids = append(ids, m.OtherParty(me(c)))
	}
	us, err := s.Accounts.Many(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	groups := []pages.Group{
		{ID: "mine", Title: c.Say.T("trade.list.mine")},
		{ID: "waiting", Title: c.Say.T("trade.list.waiting")},
		{ID: "over", Title: c.Say.T("trade.list.over")},
	}
	for _, m := range mine {
		g := &groups[2]
		switch {
		case m.Owner == me(c):
			g = &groups[0]
		case m.Open():
			g = &groups[1]
		}
		g.Trades = append(g.Trades, s.inList(c, m, us[m.OtherParty(me(c))]))
	}
	var p pages.List
	for _, g := range groups {
		if len(g.Trades) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	if len(p.Groups) == 0 {
		p.Empty = &ui.Empty{Title: c.Say.T("trade.list.empty"), Text: c.Say.T("trade.list.empty_text"), Art: "box", Action: &ui.Button{Label: c.Say.T("trade.list.browse"), URL: "/"}}
	}
	return c.Page(pages.ShowList(c.Frame("orders"), p))
}

// inList is a trade as a row. An open one says what its room says: whose move it
// is, what they owe and by when.
func (s *Service) inList(c *web.Ctx, m Mine, other accounts.User) ui.Thread {
	role, side := Buyer, "trade.list.buying"
	if m.Seller == me(c) {
		role, side = Seller, "trade.list.selling"
	}
	r := ui.Thread{URL: m.URL(), Photo: s.photo(m.Photo), Title: m.Title, When: c.Say.Day(m.CreatedAt), ISO: c.Say.ISO(m.CreatedAt)}
	if !m.Open() {
		r.Last = c.Say.T("trade.state."+string(m.State)) + " · " + other.First() + " · " + c.Say.T(side)
		return r
	}
	t := Trade{Order: m.Order, Turn: turn.Turn{Owner: string(m.Owner), DueAt: m.DueAt}, Buyer: accounts.User{ID: me(c)}, Seller: other}
	if role == Seller {
		t.Buyer, t.Seller = other, t.Buyer
	}
	v := s.voice(c, t, role)
	r.When, r.ISO, r.Whole = c.Say.Left(m.DueAt), c.Say.ISO(m.DueAt), true
	r.Last = v.say(v.turnKey("heading")) + " " + c.Say.DayClock(m.DueAt)
	r.Tags = []ui.Tag{{Text: v.who()}, {Text: c.Say.T(side) + " · " + other.First()}}
	if m.Owner == me(c) {
		r.Tags[0].Kind = "you"
	}
	return r
}

// Limits of a person's page.
const (
	shownListings = 24
	shownReviews  = 30
)

// getPerson shows somebody as others see them.
func (s *Service) getPerson(c *web.Ctx) error {
	ctx := c.Request().Context()
	u, err := s.Accounts.Get(ctx, s.DB, accounts.UserID(c.Param("id")))
	if err != nil {
		return err
	}
	if u.IsDeleted() {
		return missing()
	}
	ls, err := s.Listings.BySeller(ctx, u.ID, shownListings)
	if err != nil {
		return err
	}
	rs, err := s.ReviewsAbout(ctx, u.ID, shownReviews)
	if err != nil {
		return err
	}
	p := pages.Profile{Name: u.Name, ID: string(u.ID), About: u.About, Facts: personFacts(c, u), NoTiles: c.Say.T("trade.sells_none"), Since: since(c, u)}
	if u.ReplyMinutes > 0 || u.PostHours > 0 {
		p.Foot = c.Say.T("trade.measured")
	}
	for _, l := range ls {
		if l.OnSale() {
			p.Tiles = append(p.Tiles, s.tile(c, l))
		}
	}
	if p.Reviews, err = s.said(c, rs); err != nil {
		return err
	}
	if err := s.personActs(c, u, &p); err != nil {
		return err
	}
	f := c.Frame("browse")
	f.Meta.NoIndex = true
	return c.Page(pages.ShowProfile(f, p))
}

func since(c *web.Ctx, u accounts.User) string {
	year := strconv.Itoa(u.CreatedAt.In(c.Say.Zone).Year())
	if u.Town == "" {
		return c.Say.T("trade.since", "Year", year)
	}
	return c.Say.T("trade.since_in", "Year", year, "Town", u.Town)
}

// personFacts are what was measured of somebody.
func personFacts(c *web.Ctx, u accounts.User) []ui.Fact {
	var fs []ui.Fact
	if u.ReplyMinutes > 0 {
		fs = append(fs, ui.Fact{Term: c.Say.T("trade.fact.replies"), Text: replySpan(c.Say, u)})
	}
	if u.PostHours > 0 {
		fs = append(fs, ui.Fact{Term: c.Say.T("trade.fact.posts"), Text: postSpan(c.Say, u)})
	}
	return append(fs, ui.Fact{Term: c.Say.T("trade.fact.trades"), Text: strconv.FormatInt(u.TradesDone, 10)})
}

// personActs are what the reader may do about somebody else.
func (s *Service) personActs(c *web.Ctx, u accounts.User, p *pages.Profile) error {
	if !c.Reader.SignedIn() || u.ID == me(c) {
		return nil
	}
	follows, err := s.Listings.Follows(c.Request().Context(), me(c), u.ID)
	if err != nil {
		return err
	}
	follow := ui.Button{Label: c.Say.T("trade.follow"), Icon: "bell", URL: "/people/" + string(u.ID) + "/follow", Post: true, Kind: "quiet", Hidden: []ui.Pair{{Name: "on", Value: "1"}}}
	if follows {
		follow.Label, follow.Hidden[0].Value = c.Say.T("trade.unfollow"), "0"
	}
	p.Actions = []ui.Button{follow}
	p.Links = []ui.LinkRow{{URL: "/reports/new?kind=user&subject=" + string(u.ID), Icon: "flag", Label: c.Say.T("trade.report_person")}}
	return nil
}

// tile is a listing in a grid.
func (s *Service) tile(c *web.Ctx, l listings.Listing) ui.Tile {
	t := ui.Tile{URL: l.URL(), Title: l.Title, Price: c.Say.Money(l.Price()), Town: l.Town, PhotoAlt: l.Title}
	t.Photo = listings.PhotoURL(l.Cover, picture.Card)
	return t
}

// said are reviews as others read them.
func (s *Service) said(c *web.Ctx, rs []Review) ([]ui.Said, error) {
	ids := make([]accounts.UserID, 0, len(rs))
	for _, r := range rs {
		ids = append(ids, r.Author)
	}
	us, err := s.Accounts.Many(c.Request().Context(), s.DB, ids)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Said, 0, len(rs))
	for _, r := range rs {
		out = append(out, saidOf(c.Say, r, us[r.Author]))
	}
	return out, nil
}

func (s *Service) getReview(c *web.Ctx) error {
	t, role, err := s.trade(c)
	if err != nil {
		return err
	}
	if !t.MayReview(me(c), c.Now()) {
		return s.stale(c, fault.New(fault.Conflict, "orders.review_over"))
	}
	return c.Page(pages.ShowReview(c.Frame("orders"), s.reviewPage(c, t, role, web.Form{})))
}

func (s *Service) postReview(c *web.Ctx) error {
	t, role, err := s.trade(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.WriteReview(c.Request().Context(), t.Order.ID, me(c), Verdict(form.Get("verdict")), form.Get("text"))
	if err == nil {
		c.Flash("trade.review.thanks")
		return c.Go(t.Order.URL())
	}
	if fault.Is(err, fault.Conflict) {
		return s.stale(c, err)
	}
	return c.Again(err, form, func(form web.Form) templ.Component {
		return pages.ShowReview(c.Frame("orders"), s.reviewPage(c, t, role, form))
	})
}

func (s *Service) reviewPage(c *web.Ctx, t Trade, role Actor, form web.Form) pages.Review {
	v := s.voice(c, t, role)
	p := pages.Review{
		Title: v.T("trade.review.title"), Lead: v.say("trade.review.lead", "Due", v.Day(t.Order.ClosedAt.Add(reviewDays*24*time.Hour))),
		Action: t.Order.URL() + "/review", Back: t.Order.URL(), Form: form,
	}
	for _, k := range Verdicts {
		p.Options = append(p.Options, ui.Choice{Value: string(k), Label: v.T("trade.verdict." + string(k)), Icon: verdictIcons[k]})
	}
	return p
}
