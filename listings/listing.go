// Package listings is what is for sale: things, their photos and categories,
// search, favourites, followed sellers and saved searches.
package listings

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

// ID names a listing: lst_…
type ID string

// State is where a listing is in its life.
type State string

// The states.
const (
	Draft     State = "draft"     // only its seller sees it
	Live      State = "live"      // on sale
	Reserved  State = "reserved"  // somebody is buying it
	Sold      State = "sold"      // gone
	Withdrawn State = "withdrawn" // taken off sale by its seller
)

// Conditions are how worn a thing may be, the best first.
var Conditions = []string{"new", "as_new", "good", "worn", "repair"}

// Parcel is how large a parcel it makes.
type Parcel string

// Parcels are the sizes, the smallest first.
var Parcels = []Parcel{"S", "M", "L", "XL"}

// Valid tells whether p is one of Parcels.
func (p Parcel) Valid() bool { return slices.Contains(Parcels, p) }

// Limits of what a seller tells.
const (
	MaxPhotos      = 12
	minTitle       = 3     // letters
	maxTitle       = 90    // letters
	maxDescription = 4_000 // letters
	maxTown        = 60    // letters
	minPrice       = 100   // minor units: one euro
)

// Listing is a thing for sale.
type Listing struct {
	ID          ID              `db:"id"`
	Seq         int64           `db:"seq"` // rises at each publication; 0: never published
	Seller      accounts.UserID `db:"seller_id"`
	State       State           `db:"state"`
	Hidden      bool            `db:"hidden"` // by an operator, or because the seller is suspended
	Title       string          `db:"title"`
	Description string          `db:"description"`
	Category    string          `db:"category"`
	Attrs       Attrs           `db:"attrs"`
	Condition   string          `db:"condition"`
	PriceMinor  int64           `db:"price"`
	Currency    string          `db:"currency"`
	Parcel      Parcel          `db:"parcel"`
	ShipPickup  bool            `db:"ship_pickup"` // handed over in person
	ShipPoint   bool            `db:"ship_point"`  // to a pickup point or locker
	ShipHome    bool            `db:"ship_home"`   // to the door
	Town        string          `db:"town"`
	Cover       string          `db:"cover"` // key of the first ready photo
	PhotoCount  int64           `db:"photo_count"`
	PostsFast   bool            `db:"posts_fast"`   // the seller's measured posting time is a day or less
	SoldByHand  bool            `db:"sold_by_hand"` // the seller said so; it was not a trade here
	Editor      string          `db:"editor"`       // the page that saved it last
	Version     int64           `db:"version"`
	CreatedAt   clock.Instant   `db:"created_at"`
	UpdatedAt   clock.Instant   `db:"updated_at"`
	PublishedAt clock.Instant   `db:"published_at"`
	SoldAt      clock.Instant   `db:"sold_at"`
}

// Attrs are the values of the category's own fields, by field key.
type Attrs map[string]string

// Price is what it costs.
func (l Listing) Price() money.Amount { return money.Amount{Minor: l.PriceMinor, Currency: l.Currency} }

// OnSale tells whether anybody may buy it now.
func (l Listing) OnSale() bool { return l.State == Live && !l.Hidden }

// Public tells whether strangers may look at it.
func (l Listing) Public() bool { return l.State != Draft && !l.Hidden }

// Editable tells whether its seller may change it.
func (l Listing) Editable() bool { return l.State == Draft || l.State == Live || l.State == Withdrawn }

// Ships tells whether it can be sent by some carrier.
func (l Listing) Ships() bool { return l.ShipPoint || l.ShipHome }

// URL is the path of its page.
func (l Listing) URL() string { return "/listings/" + string(l.ID) }

// words is what search reads of a listing.
func (l Listing) words(t *Tree) string {
	parts := []string{l.Title, l.Description}
	if c, ok := t.Category(l.Category); ok {
		parts = append(parts, c.searchable()...)
		for _, f := range c.Fields {
			if v := l.Attrs[f.Key]; v != "" {
				parts = append(parts, f.searchable(v)...)
			}
		}
	}
	return searchText(parts...)
}

// check tells what keeps a listing from being on sale, in the order of the
// form's fields.
func (l Listing) check(t *Tree, photos int) fault.Faults {
	var fs fault.Faults
	if photos == 0 {
		fs.Add(fault.Field("photos", "listings.photo_needed"))
	}
	fs.Add(l.checkTitle())
	fs = append(fs, l.checkCategory(t)...)
	if !slices.Contains(Conditions, l.Condition) {
		fs.Add(fault.Field("condition", "listings.condition_needed"))
	}
	switch {
	case l.PriceMinor == 0:
		fs.Add(fault.Field("price", "listings.price_needed"))
	case l.PriceMinor < minPrice:
		fs.Add(fault.Field("price", "listings.price_low", "Min", money.Amount{Minor: minPrice, Currency: l.Currency}))
	}
	if !l.ShipPickup && !l.Ships() {
		fs.Add(fault.Field("ways", "listings.ways_needed"))
	}
	if l.Ships() && !l.Parcel.Valid() {
		fs.Add(fault.Field("parcel", "listings.parcel_needed"))
	}
	if l.Town == "" {
		fs.Add(fault.Field("town", "listings.town_needed"))
	}
	if strings.TrimSpace(l.Description) == "" {
		fs.Add(fault.Field("description", "listings.description_needed"))
	}
	return fs
}

func (l Listing) checkTitle() *fault.Fault {
	switch n := utf8.RuneCountInString(l.Title); {
	case n == 0:
		return fault.Field("title", "listings.title_needed")
	case n < minTitle:
		return fault.Field("title", "listings.title_short", "Min", minTitle)
	}
	return nil
}

// checkCategory tells what is missing of the category and its own fields.
func (l Listing) checkCategory(t *Tree) fault.Faults {
	c, ok := t.Category(l.Category)
	if !ok {
		return fault.Faults{fault.Field("category", "listings.category_needed")}
	}
	var fs fault.Faults
	for _, f := range c.Fields {
		if f.Required && l.Attrs[f.Key] == "" {
			fs.Add(fault.Field("f."+f.Key, "listings.field_needed"))
		}
	}
	return fs
}
