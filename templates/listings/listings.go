// Package listings draws what is for sale: browsing, a thing's page, selling,
// and what somebody wants to remember.
package listings

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/ui"
)

// BrowsePage is the home and browse page.
type BrowsePage struct {
	web.Frame
	Hero      bool      // the market says hello: nothing is filtered yet
	Hidden    []ui.Pair // what the search field keeps of the filters
	Tabs      []ui.Chip
	Filters   Filters
	Heading   string    // "741 tavaraa"
	Set       []ui.Chip // filters that are set, each a link that takes it away
	ClearURL  string
	Tiles     []ui.Tile
	Next      string // address of the next page; "" on the last
	NextLabel string // its button
	NextNote  string // "48 / 741"
	First     string // address of the first page; "" on it
	Empty     *ui.Empty
	Save      *SaveSearch // nil when there is nothing to save
	Hint      string      // what of the address or the words could not be used
}

// Filters is the column (on phones, the sheet) of filters. It is one form that
// asks for the page again.
type Filters struct {
	Hidden []ui.Pair // query and category
	Form   web.Form  // what is set
	Fields []FilterField
	Ways   []ui.Check
	States []ui.Check // conditions
	Sort   []ui.Option
	Count  int // how many are set, for the button on phones
}

// FilterField is a filter by one of the category's own fields.
type FilterField struct {
	Name, Label string
	Checks      []ui.Check  // a choice of several; or
	Options     []ui.Option // one of many; or, when both are empty, words
}

// SaveSearch is the form that saves the search.
type SaveSearch struct {
	Query string // canonical
	Name  string // proposed
	Saved bool   // it is saved already
}

// ShowPage is a listing's page.
type ShowPage struct {
	web.Frame
	Title     string
	Price     string
	Under     string // below the price: postage from, protection
	Crumbs    []ui.Crumb
	Pictures  []ui.Picture
	Making    bool // photos are still being made
	Heart     *ui.Favourite
	State     *Notice // why it cannot be bought
	BuyURL    string  // "" when it cannot be bought
	OfferURL  string
	AskURL    string
	Assurance string // what protects the buyer
	Extra     templ.Component
	Seller    ui.Person
	SellerURL string
	Follow    *ui.Button
	Postcode  string
	PostURL   string // where the postcode form leads
	Ways      []ui.Way
	Text      []string // paragraphs
	Facts     []ui.Fact
	ReportURL string
	Similar   []ui.Tile
	Own       []ui.Button // what its seller can do
}

// Notice is an icon and a sentence; **this** is bold.
type Notice struct{ Icon, Text string }

// SellPage is the form of a listing.
type SellPage struct {
	web.Frame
	Heading   string
	Lead      string
	Form      web.Form
	Photos    ui.Photos
	ActionURL string // publishes, or saves what is on sale
	Action    string
	DraftURL  string // saves a draft; "" for what is on sale
	FieldsURL string // shows the form with another category's fields
	Version   string
	Editor    string // this very page, so that it never conflicts with itself
	Saved     string // "Luonnos tallennettu klo 14.05"
	Cats      []ui.Option
	Fields    []SellField
	Condition []ui.Choice
	PriceHint string
	Parcels   []ui.Choice
	Suggested string // the category's usual parcel, chosen until the seller chooses another
	Ways      []ui.Check
	Preview   ui.Tile
	Acts      []ui.Button // withdraw, mark sold, discard
	Notes     []Notice    // what stands above the form
}

// SellField is one of the category's own fields.
type SellField struct {
	Name, Label, Unit string
	Optional          bool
	Options           []ui.Option // none: words
}

// MinePage are a seller's own listings.
type MinePage struct {
	web.Frame
	Tabs  []ui.Chip
	Rows  []MineRow
	Empty ui.Empty
	Pager ui.Pager
}

// MineRow is one of them.
type MineRow struct {
	URL, Title, Photo, Price, More string
	Tag                            ui.Tag
	Acts                           []ui.Button
}

// FavouritesPage is what somebody wants to remember.
type FavouritesPage struct {
	web.Frame
	Tiles   []ui.Tile
	Empty   ui.Empty
	Sellers []ui.LinkRow
}

// SearchesPage are somebody's saved searches.
type SearchesPage struct {
	web.Frame
	Rows  []SearchRow
	Empty ui.Empty
}

// SearchRow is one of them.
type SearchRow struct {
	Name, URL, More string
	Drop            ui.Button
}
