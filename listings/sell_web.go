package listings

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
)

// editorLength is how long the name of a page that edits is, in characters.
const editorLength = 12

// getSellNew leads to the reader's newest draft, or to a new one.
func (s *Service) getSellNew(c *web.Ctx) error {
	return s.begin(c, s.Resume)
}

// postSellNew leads to a new draft, whatever others there are.
func (s *Service) postSellNew(c *web.Ctx) error {
	return s.begin(c, s.Begin)
}

func (s *Service) begin(c *web.Ctx, how beginning) error {
	if c.Reader.Suspended {
		return fault.New(fault.Forbidden, "web.suspended")
	}
	u, err := s.Accounts.Get(c.Request().Context(), s.DB, me(c))
	if err != nil {
		return err
	}
	l, err := how(c.Request().Context(), me(c), u.Town)
	if err != nil {
		return err
	}
	return c.Go("/sell/" + string(l.ID))
}

// getSell is the form of the reader's own listing.
func (s *Service) getSell(c *web.Ctx) error {
	l, err := s.Own(c.Request().Context(), me(c), listingID(c))
	if err != nil {
		return err
	}
	if !l.Editable() {
		return notEditable(l)
	}
	return s.showSell(c, http.StatusOK, l, fill(l))
}

// fill is the form as the listing is, made by a new page.
func fill(l Listing) web.Form {
	v := url.Values{
		"version": {strconv.FormatInt(l.Version, 10)}, "editor": {id.Ref(editorLength)},
		"title": {l.Title}, "description": {l.Description}, "town": {l.Town}, "category": {l.Category},
		"condition": {l.Condition}, "price": {typed(l.PriceMinor)}, "parcel": {string(l.Parcel)},
	}
	for key, value := range l.Attrs {
		v.Set("f."+key, value)
	}
	for _, w := range l.ways() {
		v.Add("ways", w)
	}
	return web.Form{Values: v}
}

func (s *Service) showSell(c *web.Ctx, status int, l Listing, form web.Form) error {
	p, err := s.sellPage(c, l, form)
	if err != nil {
		return err
	}
	return c.PageStatus(status, page.Sell(p))
}

// sent is the reader's listing and the form about it.
func (s *Service) sent(c *web.Ctx) (Listing, web.Form, Stamp, error) {
	form, err := c.Form()
	if err != nil {
		return Listing{}, form, Stamp{}, err
	}
	l, err := s.Own(c.Request().Context(), me(c), listingID(c))
	if err != nil {
		return l, form, Stamp{}, err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		version = 0 // fits no version: the form is not ours
	}
	editor := form.Get("editor")
	if len(editor) > editorLength {
		editor = ""
	}
	return l, form, Stamp{Version: version, Editor: editor}, nil
}

// posted is sent, with the photos that came along kept already. What was wrong
// with them is among the form's faults.
func (s *Service) posted(c *web.Ctx) (Listing, web.Form, Stamp, error) {
	l, form, stamp, err := s.sent(c)
	if err == nil && l.Editable() && !c.IsHTMX() { // a script has sent them when they were chosen
		form.Faults, err = s.takePhotos(c, l.ID)
	}
	return l, form, stamp, err
}

// again shows the form once more, with what was typed and what is wrong. It has
// a new stamp when another page saved first, so that sending it again replaces
// what the other page saved, now knowingly.
func (s *Service) again(c *web.Ctx, l Listing, form web.Form, err error) error {
	fs := fault.As(err)
	if len(fs) > 0 && fs[0].Key == "listings.changed" {
		now, gerr := s.Own(c.Request().Context(), me(c), l.ID)
		if gerr != nil {
			return gerr
		}
		l = now
		form.Values.Set("version", strconv.FormatInt(now.Version, 10))
	}
	if len(fs) > 0 && !l.Editable() {
		return err
	}
	shown, _ := s.Fill(l, form.Values)
	p, perr := s.sellPage(c, shown, form)
	if perr != nil {
		return perr
	}
	return c.Again(err, form, func(form web.Form) templ.Component {
		p.Form = form
		return page.Sell(p)
	})
}

// postFields shows the form with the fields of the category just chosen. It
// saves nothing.
func (s *Service) postFields(c *web.Ctx) error {
	l, form, _, err := s.posted(c)
	if err != nil {
		return err
	}
	if !l.Editable() {
		return notEditable(l)
	}
	shown, _ := s.Fill(l, form.Values)
	return s.showSell(c, http.StatusOK, shown, form)
}

// postDraft saves what has been typed so far. The page's own script asks for it
// after each change, and shows the answer: a sentence and the card.
func (s *Service) postDraft(c *web.Ctx) error {
	l, form, stamp, err := s.posted(c)
	if err != nil {
		return err
	}
	saved, wrong, err := s.SaveDraft(c.Request().Context(), me(c), l.ID, stamp, form.Values)
	if err != nil {
		if c.IsHTMX() {
			return s.autosaveFault(c, err)
		}
		return s.again(c, l, form, err)
	}
	if c.IsHTMX() {
		p := page.SellPage{Frame: c.Frame("sell"), Saved: c.Say.T("listings.saved_at", "Clock", c.Say.Clock(s.Clock.Now())), Preview: s.preview(c.Frame("sell"), saved)}
		if len(wrong) > 0 {
			p.Saved += " " + c.Say.T("listings.saved_but") + " " + c.Say.Fault(wrong[0])
		}
		return c.Page(page.Saved(p))
	}
	if wrong = merge(form.Faults, wrong); len(wrong) > 0 {
		return s.again(c, saved, form, wrong)
	}
	c.Flash("listings.draft_saved")
	return c.Go("/sell/" + string(l.ID))
}

// autosaveFault shows why a draft was not saved where the time of saving stands.
func (s *Service) autosaveFault(c *web.Ctx, err error) error {
	fs := fault.As(err)
	if len(fs) == 0 {
		return err
	}
	return c.HTML(http.StatusOK, templ.EscapeString(c.Say.Fault(fs[0])))
}

// postSave saves changes of what is on sale; of anything else, the draft.
func (s *Service) postSave(c *web.Ctx) error {
	l, form, stamp, err := s.posted(c)
	if err != nil {
		return err
	}
	if l.State != Live {
		return s.postDraft(c)
	}
	if len(form.Faults) > 0 {
		return s.again(c, l, form, form.Faults)
	}
	if _, err := s.SaveLive(c.Request().Context(), me(c), l.ID, stamp, form.Values); err != nil {
		return s.again(c, l, form, err)
	}
	c.Flash("listings.changes_saved")
	return c.Go(l.URL())
}

// postPublish puts the listing on sale. Pressed twice, it is on sale once.
func (s *Service) postPublish(c *web.Ctx) error {
	l, form, stamp, err := s.posted(c)
	if err != nil {
		return err
	}
	if !c.Reader.Confirmed {
		return s.again(c, l, form, fault.Faults{fault.New(fault.Invalid, "listings.confirm_first")})
	}
	if len(form.Faults) > 0 {
		return s.again(c, l, form, form.Faults)
	}
	published, err := s.Publish(c.Request().Context(), me(c), l.ID, stamp, form.Values)
	if err != nil {
		return s.again(c, l, form, err)
	}
	c.Flash("listings.published_now")
	return c.Go(published.URL())
}

// postWithdraw takes it off sale.
func (s *Service) postWithdraw(c *web.Ctx) error {
	l, err := s.Withdraw(c.Request().Context(), me(c), listingID(c))
	if err != nil {
		return err
	}
	c.FlashUndo("/sell/"+string(l.ID)+"/relist", "listings.withdrawn_now")
	return c.Go("/account/listings")
}

// postRelist puts it on sale again.
func (s *Service) postRelist(c *web.Ctx) error {
	l, err := s.Relist(c.Request().Context(), me(c), listingID(c))
	if fs := fault.As(err); len(fs) > 0 && fs[0].Kind == fault.Invalid {
		return c.Go("/sell/" + c.Param("id")) // something is missing: the form says what
	}
	if err != nil {
		return err
	}
	c.Flash("listings.relisted_now")
	return c.Go(l.URL())
}

// postSold says it was sold elsewhere.
func (s *Service) postSold(c *web.Ctx) error {
	l, err := s.MarkSold(c.Request().Context(), me(c), listingID(c))
	if err != nil {
		return err
	}
	c.FlashUndo("/sell/"+string(l.ID)+"/relist", "listings.sold_now")
	return c.Go("/account/listings")
}

// postDiscard throws a draft away.
func (s *Service) postDiscard(c *web.Ctx) error {
	if err := s.Discard(c.Request().Context(), me(c), listingID(c)); err != nil {
		return err
	}
	c.Flash("listings.discarded")
	return c.Go("/account/listings?show=draft")
}
