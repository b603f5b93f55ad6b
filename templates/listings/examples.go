package listings

import (
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are the pages with invented data.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "listings-browse", Make: func(f web.Frame) templ.Component { return Browse(exampleBrowse(f)) }},
		{Name: "listings-filtered", Make: func(f web.Frame) templ.Component { return Browse(exampleFiltered(f)) }},
		{Name: "listings-empty", Make: func(f web.Frame) templ.Component { return Browse(exampleEmpty(f)) }},
		{Name: "listings-show", Make: func(f web.Frame) templ.Component { return Show(exampleShow(f)) }},
		{Name: "listings-sold", Make: func(f web.Frame) templ.Component { return Show(exampleSold(f)) }},
		{Name: "listings-sell", Make: func(f web.Frame) templ.Component { return Sell(exampleSell(f, web.Form{})) }},
		{Name: "listings-sell-again", Make: func(f web.Frame) templ.Component {
			return Sell(exampleSell(f, web.Form{Faults: fault.Faults{
				fault.Field("photos", "listings.photo_needed"), fault.Field("title", "listings.title_needed"), fault.Field("f.seat", "listings.field_needed"),
				fault.Field("condition", "listings.condition_needed"), fault.Field("price", "listings.price_broken"), fault.Field("ways", "listings.ways_needed"),
			}}))
		}},
		{Name: "listings-mine", Make: func(f web.Frame) templ.Component { return Mine(exampleMine(f)) }},
		{Name: "listings-favourites", Make: func(f web.Frame) templ.Component { return Favourites(exampleFavourites(f)) }},
		{Name: "listings-searches", Make: func(f web.Frame) templ.Component { return Searches(exampleSearches(f)) }},
	}
}

func drawing(name string) string { return static.URL("pictures/" + name + ".svg") }

// exampleTiles are invented things on sale.
func exampleTiles(f web.Frame) []ui.Tile {
	var tiles []ui.Tile
	for i, x := range []struct {
		drawing, title, town string
		minor                int64
	}{
		{"saddle", layout.Pick(f, `Wintec-yleissatula 17", keskileveä`, `Wintec allroundsadel 17", medium`, `Wintec general purpose saddle 17", medium`), "Lempäälä", 7500},
		{"bridle", layout.Pick(f, "Nahkasuitset kristalliotsahihnalla, full", "Läderträns med kristallpannband, full", "Leather bridle with a crystal browband, full"), "Tampere", 4800},
		{"rug", layout.Pick(f, "Talviloimi 145 cm, 300 g, pesty", "Vintertäcke 145 cm, 300 g, tvättat", "Winter rug 145 cm, 300 g, washed"), "Seinäjoki", 6200},
		{"girth", layout.Pick(f, "Anatominen satulavyö 65 cm", "Anatomisk sadelgjord 65 cm", "Anatomical girth 65 cm"), "Espoo", 5500},
		{"boots", layout.Pick(f, "Pitkät nahkasaappaat 39", "Långa läderstövlar 39", "Tall leather boots 39"), "Turku", 9500},
		{"halter", layout.Pick(f, "Riimu ja naru, cob", "Grimma och grimskaft, cob", "Halter and lead rope, cob"), "Oulu", 1400},
	} {
		t := ui.Tile{URL: "/listings/lst_1", Title: x.title, Price: f.Money(money.EUR(x.minor)), Town: x.town, Photo: drawing(x.drawing), Eager: i < 4,
			Favourite: &ui.Favourite{URL: "/listings/lst_1/favourite", On: i == 4, Label: f.T("listings.heart_add") + ": " + x.title}}
		if i%2 == 0 {
			t.PostsFast = f.T("listings.posts_fast")
		}
		tiles = append(tiles, t)
	}
	return tiles
}

func exampleBrowse(f web.Frame) BrowsePage {
	f.Section, f.Path = "browse", "/"
	p := BrowsePage{Frame: f, Hero: true, Heading: f.N("listings.found", 741, "Number", "741"), Tiles: exampleTiles(f), Next: "/?after=x", NextLabel: f.T("listings.more"), NextNote: "48 / 741",
		Tabs: []ui.Chip{{URL: "/", Label: f.T("listings.all"), Current: true}, {URL: "/?category=saddles", Label: layout.Pick(f, "Satulat", "Sadlar", "Saddles")},
			{URL: "/?category=bridles", Label: layout.Pick(f, "Suitset", "Träns", "Bridles")}, {URL: "/?category=rugs", Label: layout.Pick(f, "Loimet", "Täcken", "Rugs")}}}
	for _, k := range []string{"new", "as_new", "good", "worn", "repair"} {
		p.Filters.States = append(p.Filters.States, ui.Check{Name: "condition", Value: k, Label: f.T("listings.condition." + k)})
	}
	for _, k := range []string{"post", "pickup"} {
		p.Filters.Ways = append(p.Filters.Ways, ui.Check{Name: "ship", Value: k, Label: f.T("listings.way." + k)})
	}
	p.Filters.Sort = []ui.Option{{Value: "new", Label: f.T("listings.sort_new")}, {Value: "price", Label: f.T("listings.sort_price")}}
	return p
}

func exampleFiltered(f web.Frame) BrowsePage {
	p := exampleBrowse(f)
	p.Hero, p.Next, p.First = false, "", "/?category=saddles"
	p.Tabs[0].Current, p.Tabs[1].Current = false, true
	p.Filters.Form, p.Filters.Count = web.Filled("condition", "good", "max", "100", "f.seat", "17"), 3
	p.Filters.Hidden = []ui.Pair{{Name: "category", Value: "saddles"}}
	seat := layout.Pick(f, "Istuin", "Sitsstorlek", "Seat")
	p.Filters.Fields = []FilterField{
		{Name: "f.tree", Label: layout.Pick(f, "Rautakoko", "Bomvidd", "Tree width"), Checks: []ui.Check{{Name: "f.tree", Value: "medium", Label: layout.Pick(f, "Keskileveä", "Medium", "Medium")}, {Name: "f.tree", Value: "wide", Label: layout.Pick(f, "Leveä", "Vid", "Wide")}}},
		{Name: "f.seat", Label: seat, Options: []ui.Option{{Value: "16.5", Label: `16,5"`}, {Value: "17", Label: `17"`}}},
		{Name: "f.brand", Label: layout.Pick(f, "Merkki", "Märke", "Brand")},
	}
	remove := f.T("listings.filter_remove")
	p.Set = []ui.Chip{{URL: "/", Label: seat + `: 17"`, Remove: remove}, {URL: "/", Label: f.T("listings.at_most", "Price", "100"), Remove: remove}}
	p.ClearURL, p.Hint = "/?category=saddles", f.T("listings.mended")
	p.Save = &SaveSearch{Query: "category=saddles", Name: p.Tabs[1].Label}
	return p
}

func exampleEmpty(f web.Frame) BrowsePage {
	p := exampleFiltered(f)
	p.Tiles, p.First, p.Hint, p.Heading, p.Query = nil, "", "", f.N("listings.found", 0, "Number", "0"), "xyzzy"
	p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("listings.none"), Text: f.T("listings.none_text"), Action: &ui.Button{Label: f.T("listings.clear_all"), URL: "/", Kind: "quiet"}}
	p.Save.Saved = true
	return p
}

func exampleShow(f web.Frame) ShowPage {
	tiles := exampleTiles(f)
	f.Section, f.Path = "browse", "/listings/lst_1"
	p := ShowPage{
		Frame: f, Title: tiles[0].Title, Price: tiles[0].Price, Under: f.T("listings.postage_from", "Price", f.Money(money.EUR(690))) + " · " + f.T("listings.buyer_fee", "Price", f.Money(money.EUR(300))),
		Crumbs: []ui.Crumb{{URL: "/", Label: f.T("listings.all")}, {URL: "/?category=saddles", Label: layout.Pick(f, "Satulat", "Sadlar", "Saddles")}},
		Heart:  tiles[0].Favourite, BuyURL: "/listings/lst_1/buy", OfferURL: "/listings/lst_1/offer", AskURL: "/listings/lst_1/ask",
		Assurance: f.T("listings.assurance", "Name", "Anna"), SellerURL: "/people/usr_anna",
		Seller: ui.Person{Name: "Anna K.", ID: "usr_anna", More: "Lempäälä · " + f.T("listings.member_since", "Year", "2024"), Foot: f.T("listings.measured"), Facts: []ui.Fact{
			{Term: f.T("listings.replies"), Text: "**" + f.Within(2*time.Hour) + "**"}, {Term: f.T("listings.posts"), Text: "**" + f.Within(22*time.Hour) + "**"}, {Term: f.T("listings.trades"), Text: "**14**"}}},
		Follow:   &ui.Button{Label: f.T("listings.follow"), URL: "/people/usr_anna/follow", Post: true, Kind: "quiet", Small: true, Icon: "bell"},
		Postcode: "20100", PostURL: "/listings/lst_1", ReportURL: "/reports/new?kind=listing&subject=lst_1", Similar: tiles[1:],
		Ways: []ui.Way{{Name: f.T("listings.way.point"), Price: f.Money(money.EUR(690)), More: layout.Pick(f, "Posti · 1–3 arkipäivää", "Posti · 1–3 vardagar", "Posti · 1–3 business days")},
			{Name: f.T("listings.way.pickup"), Price: f.Money(money.EUR(0)), More: "Lempäälä"}},
		Text: []string{layout.Pick(f, "Luotettava perussatula, joka on palvellut neljä vuotta maastossa ja kentällä.", "En pålitlig bassadel som har tjänat fyra år i terräng och på bana.", "A reliable basic saddle that has served four years in the woods and in the arena."),
			layout.Pick(f, "Myyn, koska hevonen on leventynyt.", "Säljs eftersom hästen har blivit bredare.", "For sale because the horse has grown wider.")},
		Facts: []ui.Fact{{Term: f.T("listings.condition"), Text: f.T("listings.condition.good")}, {Term: layout.Pick(f, "Istuin", "Sitsstorlek", "Seat"), Text: `17"`}, {Term: f.T("listings.published"), Text: f.Day(f.Now)}},
	}
	for _, n := range []string{"1", "2", "3"} {
		p.Pictures = append(p.Pictures, ui.Picture{Large: drawing("saddle"), Small: drawing("saddle"), Alt: f.T("listings.photo_alt", "Title", p.Title, "N", n), Label: f.T("listings.photo_label", "N", n)})
	}
	return p
}

func exampleSold(f web.Frame) ShowPage {
	p := exampleShow(f)
	p.BuyURL, p.Assurance, p.Pictures = "", "", nil
	p.State = &Notice{Icon: "circle-check", Text: f.T("listings.notice.sold")}
	return p
}

func exampleSell(f web.Frame, form web.Form) SellPage {
	f.Section, f.Path = "sell", "/sell/lst_1"
	base := "/sell/lst_1"
	form.Values = web.Filled("title", exampleTiles(f)[0].Title, "category", "saddles", "f.seat", "17", "condition", "good", "price", "75", "parcel", "XL", "ways", "point", "town", "Lempäälä").Values
	p := SellPage{
		Frame: f, Form: form, Heading: f.T("listings.sell_heading"), Lead: f.T("listings.sell_lead"), ActionURL: base + "/publish", Action: f.T("listings.publish"), DraftURL: base + "/draft", FieldsURL: base + "/fields",
		Version: "3", Editor: "EXAMPLE", Saved: f.T("listings.saved_at", "Clock", f.Clock(f.Now)), PriceHint: f.T("listings.price_before", "Low", f.Money(money.EUR(4000)), "High", f.Money(money.EUR(8500))),
		Cats:   []ui.Option{{Value: "saddles", Label: layout.Pick(f, "Satulat", "Sadlar", "Saddles")}, {Value: "rugs", Label: layout.Pick(f, "Loimet", "Täcken", "Rugs")}},
		Fields: []SellField{{Name: "f.seat", Label: layout.Pick(f, "Istuin", "Sitsstorlek", "Seat"), Options: []ui.Option{{Value: "17", Label: `17"`}}}, {Name: "f.brand", Label: layout.Pick(f, "Merkki", "Märke", "Brand"), Optional: true}},
		Photos: ui.Photos{ID: "photos", Name: "photos", Label: f.T("listings.photos"), Hint: f.T("listings.photos_hint", "Max", 12, "Size", 15), Add: f.T("listings.photos_add"), Max: 12, UploadURL: base + "/photos", OrderURL: base + "/photos/order", Form: "sell",
			List: []ui.Photo{{ID: "pho_1", URL: drawing("saddle"), RemoveURL: base + "/photos/pho_1/remove"}, {ID: "pho_2", URL: drawing("girth"), EarlierURL: base + "/photos/pho_2/earlier", RemoveURL: base + "/photos/pho_2/remove"}}},
		Acts:  []ui.Button{{Label: f.T("listings.discard"), URL: base + "/discard", Post: true, Kind: "bare", Small: true}},
		Notes: []Notice{{Icon: "mail", Text: f.T("listings.confirm_first")}},
	}
	p.Preview = exampleTiles(f)[0]
	p.Preview.Favourite = nil
	for _, k := range []string{"new", "as_new", "good", "worn", "repair"} {
		p.Condition = append(p.Condition, ui.Choice{Value: k, Label: f.T("listings.condition." + k), More: f.T("listings.condition_more." + k)})
	}
	for _, k := range []string{"S", "M", "L", "XL"} {
		p.Parcels = append(p.Parcels, ui.Choice{Value: k, Label: k, More: f.T("listings.parcel." + map[string]string{"S": "s", "M": "m", "L": "l", "XL": "xl"}[k])})
	}
	for _, k := range []string{"point", "home", "pickup"} {
		p.Ways = append(p.Ways, ui.Check{Name: "ways", Value: k, Label: f.T("listings.way." + k), More: f.T("listings.way_more." + k)})
	}
	return p
}

func exampleMine(f web.Frame) MinePage {
	tiles := exampleTiles(f)
	act := func(key string) ui.Button {
		return ui.Button{Label: f.T(key), URL: "/sell/lst_1", Kind: "quiet", Small: true}
	}
	return MinePage{Frame: f, Tabs: []ui.Chip{{URL: "/account/listings", Label: f.T("listings.mine.live"), Current: true}, {URL: "/account/listings?show=draft", Label: f.T("listings.mine.draft")}}, Rows: []MineRow{
		{URL: tiles[0].URL, Title: tiles[0].Title, Photo: tiles[0].Photo, Price: tiles[0].Price, Tag: ui.Tag{Kind: "go", Text: f.T("listings.state.live")}, Acts: []ui.Button{act("listings.edit"), act("listings.mark_sold"), act("listings.withdraw")}},
		{URL: tiles[2].URL, Title: tiles[2].Title, Photo: tiles[2].Photo, Price: tiles[2].Price, Tag: ui.Tag{Kind: "info", Text: f.T("listings.state.reserved")}, More: f.T("listings.is_reserved")},
	}}
}

func exampleFavourites(f web.Frame) FavouritesPage {
	f.Section = "favourites"
	tiles := exampleTiles(f)[:4]
	tiles[1].Badge = f.T("listings.state.sold")
	return FavouritesPage{Frame: f, Tiles: tiles, Sellers: []ui.LinkRow{{URL: "/people/usr_anna", Label: "Anna K.", Name: "Anna K.", Person: "usr_anna", More: "Lempäälä"}}}
}

func exampleSearches(f web.Frame) SearchesPage {
	f.Section = "favourites"
	return SearchesPage{Frame: f, Rows: []SearchRow{{Name: layout.Pick(f, `Satulat, Istuin: 17"`, `Sadlar, Sitsstorlek: 17"`, `Saddles, Seat: 17"`), URL: "/?category=saddles", More: f.T("listings.search_since", "Day", f.Day(f.Now)),
		Drop: ui.Button{Label: f.T("listings.remove"), URL: "/searches/sea_1/drop", Post: true, Kind: "quiet", Small: true}}}}
}
