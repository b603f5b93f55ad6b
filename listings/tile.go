package listings

import (
	"github.com/kierto/kierto/internal/picture"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/ui"
)

// eagerTiles are loaded at once: about what a first screen shows.
const eagerTiles = 4

// Tile is a card worded for its reader.
func Tile(f web.Frame, c Card, favourite bool) ui.Tile {
	t := ui.Tile{URL: c.URL(), Title: c.Title, Price: f.Money(c.Price()), Town: c.Town, PhotoAlt: "", Favourite: heart(f, c.ID, c.Title, favourite)}
	if c.Cover != "" {
		t.Photo = PhotoURL(c.Cover, picture.Card)
		t.PhotoSet = PhotoURL(c.Cover, picture.Thumb) + " 320w, " + t.Photo + " 640w"
	}
	if c.PostsFast {
		t.PostsFast = f.T("listings.posts_fast")
	}
	return t
}

// Tiles are cards worded for their reader.
func Tiles(f web.Frame, cards []Card, favourites map[ID]bool) []ui.Tile {
	out := make([]ui.Tile, len(cards))
	for i, c := range cards {
		out[i] = Tile(f, c, favourites[c.ID])
		out[i].Eager = i < eagerTiles
	}
	return out
}

// Card is what the listing shows in a grid.
func (l Listing) Card() Card {
	return Card{ID: l.ID, Seq: l.Seq, Title: l.Title, PriceMinor: l.PriceMinor, Currency: l.Currency, Town: l.Town,
		Cover: l.Cover, PostsFast: l.PostsFast, Seller: l.Seller}
}

// ListingTile is a listing in any state as a card: what cannot be bought says so.
func ListingTile(f web.Frame, l Listing, favourite bool) ui.Tile {
	t := Tile(f, l.Card(), favourite)
	switch l.State {
	case Sold, Reserved, Withdrawn, Draft:
		t.Badge = f.T("listings.state." + string(l.State))
	}
	return t
}

func heart(f web.Frame, id ID, title string, on bool) *ui.Favourite {
	key := "listings.heart_add"
	if on {
		key = "listings.heart_drop"
	}
	return &ui.Favourite{URL: "/listings/" + string(id) + "/favourite", On: on, Label: f.T(key) + ": " + title}
}
