package listings

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/picture"
)

// maxExport is how many things of a person the download holds.
const maxExport = 50_000

// Exported is what the data download holds of somebody's things and of what
// they wanted to remember.
type Exported struct {
	Listings   []ExportedListing `json:"listings"`
	Favourites []ExportedMark    `json:"favourites"`
	Searches   []ExportedSearch  `json:"saved_searches"`
	Sellers    []accounts.UserID `json:"followed_sellers"`
}

// ExportedListing is a thing in the data download.
type ExportedListing struct {
	ID          ID       `json:"id"`
	State       State    `json:"state"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Category    string   `json:"category"`
	Fields      Attrs    `json:"fields,omitempty"`
	Condition   string   `json:"condition"`
	Price       int64    `json:"price_cents"`
	Currency    string   `json:"currency"`
	Parcel      Parcel   `json:"parcel,omitempty"`
	Town        string   `json:"town"`
	Photos      []string `json:"photos,omitempty"` // paths on the site
	Created     string   `json:"created"`
	Published   string   `json:"published,omitempty"`
}

// ExportedMark is a favourite in the data download.
type ExportedMark struct {
	ID    ID     `json:"listing"`
	Title string `json:"title"`
}

// ExportedSearch is a saved search in the data download.
type ExportedSearch struct {
	Name  string `json:"name"`
	Query string `json:"query"`
	Since string `json:"since"`
}

// Export is what somebody put on sale, drafts included, and what they follow;
// one of accounts' Exporters.
func (s *Service) Export(ctx context.Context, u accounts.UserID) (name string, data any, err error) {
	x := Exported{Listings: []ExportedListing{}, Favourites: []ExportedMark{}, Searches: []ExportedSearch{}}
	ls, err := bySeller(ctx, s.DB, u, []State{Draft, Live, Reserved, Sold, Withdrawn}, true, maxExport, 0)
	if err != nil {
		return "", nil, err
	}
	for _, l := range ls {
		ps, err := photosOf(ctx, s.DB, l.ID)
		if err != nil {
			return "", nil, err
		}
		x.Listings = append(x.Listings, exported(l, ps))
	}
	marked, err := favouritesOf(ctx, s.DB, u, maxFavourites)
	if err != nil {
		return "", nil, err
	}
	for _, l := range marked {
		x.Favourites = append(x.Favourites, ExportedMark{l.ID, l.Title})
	}
	saved, err := searchesOf(ctx, s.DB, u)
	if err != nil {
		return "", nil, err
	}
	for _, q := range saved {
		x.Searches = append(x.Searches, ExportedSearch{q.Name, q.Query, q.CreatedAt.String()})
	}
	x.Sellers, err = followed(ctx, s.DB, u)
	return "listings", x, err
}

func exported(l Listing, photos []Photo) ExportedListing {
	x := ExportedListing{
		ID: l.ID, State: l.State, Title: l.Title, Description: l.Description, Category: l.Category, Fields: l.Attrs,
		Condition: l.Condition, Price: l.PriceMinor, Currency: l.Currency, Parcel: l.Parcel, Town: l.Town,
		Created: l.CreatedAt.String(),
	}
	if !l.PublishedAt.IsZero() {
		x.Published = l.PublishedAt.String()
	}
	for _, p := range ready(photos) {
		x.Photos = append(x.Photos, PhotoURL(p.Key, picture.Full))
	}
	return x
}
