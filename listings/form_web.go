package listings

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/ui"
)

// beginning makes or finds a draft.
type beginning func(ctx context.Context, seller accounts.UserID, town string) (Listing, error)

// soldShown is how many of a seller's own sales the price hint looks at.
const soldShown = 20

// sellPage is the form of a listing: l is what it is (for the fields of its
// category and the card), form what stands in its fields.
func (s *Service) sellPage(c *web.Ctx, l Listing, form web.Form) (page.SellPage, error) {
	ctx := c.Request().Context()
	f := c.Frame("sell")
	f.Meta.NoIndex = true
	f.Path = "/sell/" + string(l.ID) // where waiting photos ask again, also after a POST
	photos, err := s.Photos(ctx, s.DB, l.ID)
	if err != nil {
		return page.SellPage{}, err
	}
	base := f.Path
	p := page.SellPage{
		Frame: f, Form: form, Photos: photoField(f, base, photos), FieldsURL: base + "/fields",
		Version: form.Get("version"), Editor: form.Get("editor"), Preview: s.preview(f, l),
		Heading: f.T("listings.sell_heading"), Lead: f.T("listings.sell_lead"),
	}
	for _, cat := range s.Tree.List {
		p.Cats = append(p.Cats, ui.Option{Value: cat.Key, Label: cat.Name.In(f.Lang)})
	}
	s.sellChoices(&p, l)
	if p.PriceHint, err = s.priceHint(c, l); err != nil {
		return p, err
	}
	s.sellActs(&p, l, base)
	if !c.Reader.Confirmed && l.State != Live {
		p.Notes = append(p.Notes, page.Notice{Icon: "mail", Text: f.T("listings.confirm_first")})
	}
	return p, nil
}

// sellActs are what can be done with the listing in its state.
func (s *Service) sellActs(p *page.SellPage, l Listing, base string) {
	act := func(key, path, kind string) {
		p.Acts = append(p.Acts, ui.Button{Label: p.T(key), URL: base + path, Post: true, Kind: kind, Small: true})
	}
	switch l.State {
	case Live:
		p.ActionURL, p.Action = base, p.T("listings.save_changes")
		p.Heading, p.Lead = p.T("listings.edit_heading"), p.T("listings.edit_lead")
		act("listings.mark_sold", "/sold", "quiet")
		act("listings.withdraw", "/withdraw", "bare")
	case Withdrawn:
		p.ActionURL, p.DraftURL, p.Action = base+"/publish", base+"/draft", p.T("listings.relist")
		p.Heading, p.Lead = p.T("listings.edit_heading"), p.T("listings.notice.withdrawn")
	default:
		p.ActionURL, p.DraftURL, p.Action = base+"/publish", base+"/draft", p.T("listings.publish")
		p.Saved = p.T("listings.saves_itself")
		act("listings.discard", "/discard", "bare")
		p.Acts = append(p.Acts, ui.Button{Label: p.T("listings.sell_another"), URL: "/sell", Post: true, Kind: "bare", Small: true})
	}
}

// sellChoices are the fields that are choices.
func (s *Service) sellChoices(p *page.SellPage, l Listing) {
	for _, k := range Conditions {
		p.Condition = append(p.Condition, ui.Choice{Value: k, Label: p.T("listings.condition." + k), More: p.T("listings.condition_more." + k)})
	}
	for _, k := range Parcels {
		p.Parcels = append(p.Parcels, ui.Choice{Value: string(k), Label: string(k), More: p.T("listings.parcel." + strings.ToLower(string(k)))})
	}
	for _, k := range []string{"point", "home", WayPickup} {
		p.Ways = append(p.Ways, ui.Check{Name: "ways", Value: k, Label: p.T("listings.way." + k), More: p.T("listings.way_more." + k)})
	}
	cat, _ := s.Tree.Category(l.Category)
	p.Suggested = string(cat.Parcel)
	if chosen := p.Form.Get("parcel"); chosen == "" || chosen == p.Form.Get("suggested") {
		p.Form.Values.Set("parcel", p.Suggested) // the seller has not chosen another
	}
	for _, field := range cat.Fields {
		x := page.SellField{Name: "f." + field.Key, Label: field.Label.In(p.Lang), Optional: !field.Required}
		for _, o := range field.Choices(p.Lang) {
			x.Options = append(x.Options, ui.Option{Value: o.Value, Label: o.Label})
		}
		p.Fields = append(p.Fields, x)
	}
}

// priceHint tells what the seller got for such things before.
func (s *Service) priceHint(c *web.Ctx, l Listing) (string, error) {
	if l.Category == "" {
		return "", nil
	}
	prices, err := soldPrices(c.Request().Context(), s.DB, l.Seller, l.Category, soldShown)
	if err != nil || len(prices) == 0 {
		return "", err
	}
	low, high := money.Amount{Minor: prices[0], Currency: currency}, money.Amount{Minor: prices[len(prices)-1], Currency: currency}
	if low == high {
		return c.Say.T("listings.price_before_one", "Price", low.Format(c.Say.Lang)), nil
	}
	return c.Say.T("listings.price_before", "Low", low.Format(c.Say.Lang), "High", high.Format(c.Say.Lang)), nil
}

// preview is the card as it will appear.
func (s *Service) preview(f web.Frame, l Listing) ui.Tile {
	t := Tile(f, l.Card(), false)
	t.URL, t.Favourite, t.Eager = l.URL(), nil, true
	if t.Title == "" {
		t.Title = f.T("listings.untitled")
	}
	return t
}

func photoField(f web.Frame, base string, photos []Photo) ui.Photos {
	x := ui.Photos{
		ID: "photos", Name: "photos", Label: f.T("listings.photos"), Hint: f.T("listings.photos_hint", "Max", MaxPhotos, "Size", picture.MaxBytes>>20),
		Add: f.T("listings.photos_add"), Max: MaxPhotos, UploadURL: base + "/photos", OrderURL: base + "/photos/order", Form: "sell",
	}
	for i, p := range photos {
		item := ui.Photo{ID: string(p.ID), RemoveURL: base + "/photos/" + string(p.ID) + "/remove"}
		switch p.State {
		case PhotoReady:
			item.URL = PhotoURL(p.Key, picture.Thumb)
		case PhotoBroken:
			item.Trouble = f.T("picture.not_a_picture")
		}
		if i > 0 {
			item.EarlierURL = base + "/photos/" + string(p.ID) + "/earlier"
		}
		x.List = append(x.List, item)
	}
	return x
}
