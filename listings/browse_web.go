package listings

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/ui"
)

// pageSize is how many cards a page of the browse page has.
const pageSize = 48

// getBrowse is the home and browse page.
func (s *Service) getBrowse(c *web.Ctx) error {
	v := c.QueryParams()
	f, mended := ParseFilter(s.Tree, v)
	if hasEmpty(v) && len(mended) == 0 && !c.IsHTMX() { // a form without script sends its empty fields too
		return c.Go(f.URL())
	}
	p, err := s.browsePage(c, f, mended)
	if err != nil {
		return err
	}
	if c.IsHTMX() && f.After.IsZero() {
		c.Response().Header().Set("HX-Push-Url", f.URL())
	}
	return c.Page(page.Browse(p))
}

// hasEmpty tells whether a parameter is there and says nothing.
func hasEmpty(v url.Values) bool {
	for _, vs := range v {
		if slices.Contains(vs, "") {
			return true
		}
	}
	return false
}

func (s *Service) browsePage(c *web.Ctx, f Filter, mended []string) (page.BrowsePage, error) {
	ctx := c.Request().Context()
	cards, next, err := s.Find(ctx, f, pageSize)
	if err != nil {
		return page.BrowsePage{}, err
	}
	n, more := len(cards), false
	if !f.After.IsZero() || !next.IsZero() {
		if n, more, err = s.Count(ctx, f); err != nil {
			return page.BrowsePage{}, err
		}
	}
	ids := make([]ID, len(cards))
	for i, card := range cards {
		ids[i] = card.ID
	}
	favourites, err := s.Favourites(ctx, me(c), ids)
	if err != nil {
		return page.BrowsePage{}, err
	}
	fr := c.Frame("browse")
	fr.Query = f.Query
	fr.Meta.Description = fr.T("listings.browse_about")
	fr.Meta.Canonical = f.URL()
	fr.Meta.NoIndex = fr.Meta.NoIndex || f.Query != "" || !f.After.IsZero()
	p := page.BrowsePage{
		Frame: fr, Hero: !f.Narrow() && f.After.IsZero(), Tabs: s.tabs(fr, f), Filters: s.filterForm(fr, f),
		Heading: heading(fr, n, more), Set: s.setChips(fr, f), Tiles: Tiles(fr, cards, favourites),
		Hidden: hiddenFor(f), Hint: hint(fr, f, next, mended),
	}
	p.Filters.Form.Faults = brokenPrices(p.Filters.Form.Values, c.QueryParams())
	if p.Hint == "" && len(p.Filters.Form.Faults) > 0 { // phones hide the field in a sheet
		p.Hint = fr.T("listings.price_broken")
	}
	if f.Narrow() {
		p.ClearURL = Filter{Query: f.Query, Category: f.Category}.URL()
		p.Save, err = s.saveForm(c, fr, f)
		if err != nil {
			return p, err
		}
	}
	if !f.After.IsZero() {
		p.First = f.URL()
	}
	if !next.IsZero() {
		p.Next, p.NextLabel = f.Next(next), fr.T("listings.more")
		if len(cards) < pageSize || next.Seq == 0 {
			p.NextLabel = fr.T("listings.more_older")
		}
		if f.After.IsZero() && len(cards) > 0 {
			p.NextNote = fr.T("listings.of", "Shown", strconv.Itoa(len(cards)), "All", amount(fr, n, more))
		}
	}
	if len(cards) == 0 {
		p.Empty = empty(fr, f, next)
	}
	return p, nil
}

// brokenPrices puts what was typed for a price, and is none, back among the
// filter's values, and says so beside it.
func brokenPrices(shown, typed url.Values) (fs fault.Faults) {
	for _, name := range []string{"min", "max"} {
		if _, ok := euros(typed.Get(name)); !ok {
			text, _ := words(typed.Get(name), maxTown)
			shown.Set(name, text)
			fs.Add(fault.Field(name, "listings.price_broken"))
		}
	}
	return fs
}

// amount is a number of things as people write it: "4 210", "10 000+".
func amount(f web.Frame, n int, more bool) string {
	s := f.Number(int64(n))
	if more {
		s += "+"
	}
	return s
}

func heading(f web.Frame, n int, more bool) string {
	if n == 0 && more {
		return f.T("listings.found_unknown")
	}
	return f.N("listings.found", n, "Number", amount(f, n, more))
}

// hint says what of the address or the words could not be used, and what is
// sorted by price when that is not everything.
func hint(f web.Frame, filter Filter, next Cursor, mended []string) string {
	switch {
	case filter.Query != "" && len(parseQuery(filter.Query)) == 0:
		return f.T("listings.query_short")
	case slices.ContainsFunc(mended, func(name string) bool { return name != "min" && name != "max" }):
		return f.T("listings.mended")
	case next.Part() || filter.After.Part():
		return f.T("listings.cheapest_newest")
	}
	return ""
}

// empty is the friendly nothing.
func empty(f web.Frame, filter Filter, next Cursor) *ui.Empty {
	switch {
	case !next.IsZero():
		return &ui.Empty{Art: "box", Title: f.T("listings.look_further"), Text: f.T("listings.look_further_text")}
	case filter.Narrow():
		return &ui.Empty{Art: "horseshoe", Title: f.T("listings.none"), Text: f.T("listings.none_text"),
			Action: &ui.Button{Label: f.T("listings.clear_all"), URL: "/", Kind: "quiet"}}
	}
	return &ui.Empty{Art: "box", Title: f.T("listings.none_yet"), Text: f.T("listings.none_yet_text"),
		Action: &ui.Button{Label: f.T("listings.sell_first"), URL: "/sell"}}
}

// tabs are the categories as plain words; the words searched for stay.
func (s *Service) tabs(f web.Frame, filter Filter) []ui.Chip {
	tabs := []ui.Chip{{URL: Filter{Query: filter.Query}.URL(), Label: f.T("listings.all"), Current: filter.Category == ""}}
	for _, c := range s.Tree.List {
		tabs = append(tabs, ui.Chip{URL: Filter{Query: filter.Query, Category: c.Key}.URL(), Label: c.Name.In(f.Lang), Current: filter.Category == c.Key})
	}
	return tabs
}

// hiddenFor is what a new search keeps: the category.
func hiddenFor(f Filter) []ui.Pair {
	if f.Category == "" {
		return nil
	}
	return []ui.Pair{{Name: "category", Value: f.Category}}
}

func (s *Service) filterForm(f web.Frame, filter Filter) page.Filters {
	x := page.Filters{Form: web.Form{Values: filter.Values()}, Hidden: hiddenFor(filter), Count: len(s.setChips(f, filter))}
	if filter.Query != "" {
		x.Hidden = append(x.Hidden, ui.Pair{Name: "q", Value: filter.Query})
	}
	if c, ok := s.Tree.Category(filter.Category); ok {
		for _, field := range c.Fields {
			if field.Filterable() {
				x.Fields = append(x.Fields, filterField(f, field))
			}
		}
	}
	for _, k := range Conditions {
		x.States = append(x.States, ui.Check{Name: "condition", Value: k, Label: f.T("listings.condition." + k)})
	}
	for _, k := range []string{WayPost, WayPickup} {
		x.Ways = append(x.Ways, ui.Check{Name: "ship", Value: k, Label: f.T("listings.way." + k)})
	}
	x.Sort = []ui.Option{{Value: "new", Label: f.T("listings.sort_new")}, {Value: Cheapest, Label: f.T("listings.sort_price")}}
	return x
}

// manyChoices is from how many choices on a filter is a list to pick from.
const manyChoices = 10

func filterField(f web.Frame, field Field) page.FilterField {
	x := page.FilterField{Name: "f." + field.Key, Label: field.Label.In(f.Lang)}
	choices := field.Choices(f.Lang)
	for _, c := range choices {
		if field.Kind == Choice && len(choices) < manyChoices {
			x.Checks = append(x.Checks, ui.Check{Name: x.Name, Value: c.Value, Label: c.Label})
		} else {
			x.Options = append(x.Options, ui.Option{Value: c.Value, Label: c.Label})
		}
	}
	return x
}

// setChips are the filters that are set, each a link to the page without it.
func (s *Service) setChips(f web.Frame, filter Filter) []ui.Chip {
	var chips []ui.Chip
	add := func(label string, without func(*Filter)) {
		chips = append(chips, ui.Chip{URL: filter.With(without).URL(), Label: label, Remove: f.T("listings.filter_remove")})
	}
	if c, ok := s.Tree.Category(filter.Category); ok {
		for _, field := range c.Fields {
			for _, v := range filter.Fields[field.Key] {
				add(field.Label.In(f.Lang)+": "+field.Show(f.Lang, v), func(g *Filter) {
					g.Fields[field.Key] = slices.DeleteFunc(g.Fields[field.Key], func(x string) bool { return x == v })
				})
			}
		}
	}
	for _, k := range filter.Conditions {
		add(f.T("listings.condition")+": "+strings.ToLower(f.T("listings.condition."+k)), func(g *Filter) {
			g.Conditions = slices.DeleteFunc(g.Conditions, func(x string) bool { return x == k })
		})
	}
	if filter.Min > 0 {
		add(f.T("listings.at_least", "Price", typed(filter.Min)), func(g *Filter) { g.Min = 0 })
	}
	if filter.Max > 0 {
		add(f.T("listings.at_most", "Price", typed(filter.Max)), func(g *Filter) { g.Max = 0 })
	}
	for _, k := range filter.Ways {
		add(f.T("listings.way."+k), func(g *Filter) {
			g.Ways = slices.DeleteFunc(g.Ways, func(x string) bool { return x == k })
		})
	}
	if filter.Town != "" {
		add(filter.Town, func(g *Filter) { g.Town = "" })
	}
	if filter.Fast {
		add(f.T("listings.posts_fast_filter"), func(g *Filter) { g.Fast = false })
	}
	return chips
}

// saveForm offers to save the search, or says that it is saved.
func (s *Service) saveForm(c *web.Ctx, fr web.Frame, f Filter) (*page.SaveSearch, error) {
	f = f.With(func(g *Filter) { g.Sort = Newest })
	x := &page.SaveSearch{Query: f.Canonical(), Name: s.searchName(fr, f)}
	if !c.Reader.SignedIn() {
		return x, nil
	}
	saved, err := s.Searches(c.Request().Context(), me(c))
	for _, have := range saved {
		x.Saved = x.Saved || have.Query == x.Query
	}
	return x, err
}

// searchName is a name for a search: its words, category and filters.
func (s *Service) searchName(f web.Frame, filter Filter) string {
	var parts []string
	if filter.Query != "" {
		parts = append(parts, filter.Query)
	}
	if c, ok := s.Tree.Category(filter.Category); ok {
		parts = append(parts, c.Name.In(f.Lang))
	}
	for _, chip := range s.setChips(f, filter) {
		parts = append(parts, chip.Label)
	}
	name := ""
	for i, part := range parts {
		if i > 0 && utf8.RuneCountInString(name+", "+part) > maxName {
			break
		}
		name = strings.TrimPrefix(name+", "+part, ", ")
	}
	name, _ = words(name, maxName)
	return name
}
