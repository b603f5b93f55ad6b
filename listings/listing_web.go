package listings

import (
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/ui"
)

// similarShown is how many similar things stand below a listing.
const similarShown = 5

// descriptionMeta is how much of a description a link preview shows, in letters.
const descriptionMeta = 160

// getListing is a listing's page. Drafts and hidden ones are there for their
// seller and for staff alone.
func (s *Service) getListing(c *web.Ctx) error {
	l, err := s.Get(c.Request().Context(), s.DB, listingID(c))
	if err != nil {
		return err
	}
	if !l.Public() && l.Seller != me(c) && !c.Reader.Operator {
		return errNone()
	}
	p, err := s.showPage(c, l)
	if err != nil {
		return err
	}
	return c.Page(page.Show(p))
}

func (s *Service) showPage(c *web.Ctx, l Listing) (page.ShowPage, error) {
	ctx := c.Request().Context()
	f := c.Frame("browse")
	seller, err := s.Accounts.Get(ctx, s.DB, l.Seller)
	if err != nil {
		return page.ShowPage{}, err
	}
	favourites, err := s.Favourites(ctx, me(c), []ID{l.ID})
	if err != nil {
		return page.ShowPage{}, err
	}
	p := page.ShowPage{
		Frame: f, Title: l.Title, Price: f.Money(l.Price()), Crumbs: s.crumbs(f, l), Heart: heart(f, l.ID, l.Title, favourites[l.ID]),
		State: stateNotice(f, l), Text: paragraphs(l.Description), Facts: s.facts(f, l), Seller: person(f, seller), SellerURL: "/people/" + string(l.Seller),
	}
	if p.Title == "" {
		p.Title = f.T("listings.untitled")
	}
	p.Meta.Description, _ = words(l.Description, descriptionMeta)
	p.Meta.Canonical, p.Meta.Image = l.URL(), PhotoURL(l.Cover, picture.Full)
	p.Meta.NoIndex = p.Meta.NoIndex || !l.OnSale()
	mine := l.Seller == me(c)
	if mine {
		p.Own = ownButtons(f, l)
		p.Heart = nil
	} else {
		p.ReportURL = "/reports/new?kind=listing&subject=" + string(l.ID)
		if p.Follow, err = s.followButton(c, f, l.Seller); err != nil {
			return p, err
		}
	}
	if l.OnSale() && !mine {
		p.BuyURL, p.OfferURL, p.AskURL = l.URL()+"/buy", l.URL()+"/offer", l.URL()+"/ask"
		p.Assurance = f.T("listings.assurance", "Name", seller.Shown(f.Speaker))
	}
	return p, s.showRest(c, &p, l)
}

// showRest adds what needs the other tables and packages.
func (s *Service) showRest(c *web.Ctx, p *page.ShowPage, l Listing) error {
	ctx := c.Request().Context()
	photos, err := s.Photos(ctx, s.DB, l.ID)
	if err != nil {
		return err
	}
	p.Pictures = pictures(p.Frame, l, ready(photos))
	p.Making = len(p.Pictures) == 0 && len(photos) > 0
	if err := s.showTravel(c, p, l); err != nil {
		return err
	}
	if s.Extra != nil {
		if p.Extra, err = s.Extra(c, l); err != nil {
			return err
		}
	}
	cards, _, err := s.Find(ctx, Filter{Category: l.Category}, similarShown+1)
	if err != nil {
		return err
	}
	var others []Card
	for _, card := range cards {
		if card.ID != l.ID && len(others) < similarShown {
			others = append(others, card)
		}
	}
	p.Similar = Tiles(p.Frame, others, nil)
	for i := range p.Similar {
		p.Similar[i].Favourite, p.Similar[i].Eager = nil, false
	}
	return nil
}

// postcodeLength is how many digits a Finnish postcode has.
const postcodeLength = 5

// showTravel adds how the thing comes to the reader's postcode.
func (s *Service) showTravel(c *web.Ctx, p *page.ShowPage, l Listing) error {
	p.Postcode = digits(c.QueryParam("postcode"), postcodeLength)
	if p.Postcode == "" && c.Reader.SignedIn() {
		u, err := s.Accounts.Get(c.Request().Context(), s.DB, me(c))
		if err != nil {
			return err
		}
		p.Postcode = u.Postcode
	}
	if s.ShipOptions == nil {
		for _, way := range l.ways() {
			p.Ways = append(p.Ways, ui.Way{Name: p.T("listings.way." + way)})
		}
		return nil
	}
	if l.Ships() {
		p.PostURL = l.URL()
	}
	options, err := s.ShipOptions(p.Frame, l, p.Postcode)
	if err != nil {
		return err
	}
	var under []string
	for _, o := range options {
		p.Ways = append(p.Ways, ui.Way{Name: o.Name, Price: p.Money(o.Price), More: o.More})
		if o.Carried && len(under) == 0 {
			under = append(under, p.T("listings.postage_from", "Price", p.Money(cheapest(options))))
		}
	}
	if s.BuyerFee != nil {
		under = append(under, p.T("listings.buyer_fee", "Price", p.Money(s.BuyerFee(l))))
	}
	p.Under = strings.Join(under, " · ")
	return nil
}

// digits is s when it is exactly n digits.
func digits(s string, n int) string {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) != n || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// ways are how a thing may reach its buyer.
func (l Listing) ways() []string {
	var out []string
	for _, w := range []struct {
		name string
		on   bool
	}{{"point", l.ShipPoint}, {"home", l.ShipHome}, {WayPickup, l.ShipPickup}} {
		if w.on {
			out = append(out, w.name)
		}
	}
	return out
}

func (s *Service) crumbs(f web.Frame, l Listing) []ui.Crumb {
	crumbs := []ui.Crumb{{URL: "/", Label: f.T("listings.all")}}
	c, ok := s.Tree.Category(l.Category)
	if !ok {
		return crumbs
	}
	crumbs = append(crumbs, ui.Crumb{URL: Filter{Category: c.Key}.URL(), Label: c.Name.In(f.Lang)})
	for _, field := range c.Fields {
		if v := l.Attrs[field.Key]; v != "" && field.Kind == Choice && field.Required && field.Filterable() {
			crumbs = append(crumbs, ui.Crumb{URL: Filter{Category: c.Key, Fields: map[string][]string{field.Key: {v}}}.URL(), Label: field.Show(f.Lang, v)})
			break
		}
	}
	return crumbs
}

// facts are condition, the category's own fields, and when it was put on sale.
func (s *Service) facts(f web.Frame, l Listing) []ui.Fact {
	var facts []ui.Fact
	if l.Condition != "" {
		facts = append(facts, ui.Fact{Term: f.T("listings.condition"), Text: f.T("listings.condition." + l.Condition)})
	}
	c, _ := s.Tree.Category(l.Category)
	for _, field := range c.Fields {
		if v := l.Attrs[field.Key]; v != "" {
			facts = append(facts, ui.Fact{Term: field.Label.In(f.Lang), Text: strings.ReplaceAll(field.Show(f.Lang, v), "**", "")})
		}
	}
	if l.Town != "" {
		facts = append(facts, ui.Fact{Term: f.T("listings.town"), Text: strings.ReplaceAll(l.Town, "**", "")})
	}
	if !l.PublishedAt.IsZero() {
		facts = append(facts, ui.Fact{Term: f.T("listings.published"), Text: f.Day(l.PublishedAt)})
	}
	return facts
}

// stateNotice says plainly why a thing cannot be bought.
func stateNotice(f web.Frame, l Listing) *page.Notice {
	switch {
	case l.Hidden:
		return &page.Notice{Icon: "ban", Text: f.T("listings.notice.hidden")}
	case l.State == Reserved:
		return &page.Notice{Icon: "hourglass", Text: f.T("listings.notice.reserved")}
	case l.State == Sold:
		return &page.Notice{Icon: "circle-check", Text: f.T("listings.notice.sold")}
	case l.State == Withdrawn:
		return &page.Notice{Icon: "ban", Text: f.T("listings.notice.withdrawn")}
	case l.State == Draft:
		return &page.Notice{Icon: "pencil", Text: f.T("listings.notice.draft")}
	}
	return nil
}

// paragraphs are a description's, as its writer parted them.
func paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func pictures(f web.Frame, l Listing, photos []Photo) []ui.Picture {
	out := make([]ui.Picture, len(photos))
	for i, p := range photos {
		n := strconv.Itoa(i + 1)
		out[i] = ui.Picture{
			Large: PhotoURL(p.Key, picture.Full), Small: PhotoURL(p.Key, picture.Thumb),
			Set:   PhotoURL(p.Key, picture.Card) + " 640w, " + PhotoURL(p.Key, picture.Full) + " 1600w",
			Alt:   f.T("listings.photo_alt", "Title", l.Title, "N", n),
			Label: f.T("listings.photo_label", "N", n),
		}
	}
	return out
}

// person is the seller, with what has been measured and nothing else.
func person(f web.Frame, u accounts.User) ui.Person {
	p := ui.Person{Name: u.Shown(f.Speaker), ID: string(u.ID)}
	since := f.T("listings.member_since", "Year", strconv.Itoa(u.CreatedAt.In(f.Zone).Year()))
	if p.More = since; u.Town != "" {
		p.More = u.Town + " · " + since
	}
	if u.ReplyMinutes > 0 {
		p.Facts = append(p.Facts, ui.Fact{Term: f.T("listings.replies"), Text: "**" + f.Within(time.Duration(u.ReplyMinutes)*time.Minute) + "**"})
	}
	if u.PostHours > 0 {
		p.Facts = append(p.Facts, ui.Fact{Term: f.T("listings.posts"), Text: "**" + f.Within(time.Duration(u.PostHours)*time.Hour) + "**"})
	}
	if u.TradesDone > 0 {
		p.Facts = append(p.Facts, ui.Fact{Term: f.T("listings.trades"), Text: "**" + strconv.FormatInt(u.TradesDone, 10) + "**"})
		p.Foot = f.T("listings.measured")
	} else {
		p.Foot = f.T("listings.new_seller")
	}
	return p
}

func ownButtons(f web.Frame, l Listing) []ui.Button {
	if !l.Editable() {
		return []ui.Button{{Label: f.T("listings.mine"), URL: "/account/listings", Kind: "quiet", Small: true}}
	}
	return []ui.Button{
		{Label: f.T("listings.edit"), URL: "/sell/" + string(l.ID), Kind: "quiet", Icon: "pencil", Small: true},
		{Label: f.T("listings.mine"), URL: "/account/listings", Kind: "bare", Small: true},
	}
}
