package listings_test

import (
	"net/url"
	"testing"

	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// find is what the browse page shows for a query string.
func (b *bench) find(t *testing.T, query string) []listings.Card {
	t.Helper()
	v, err := url.ParseQuery(query)
	ok(t, err)
	f, _ := listings.ParseFilter(b.Tree, v)
	cards, _, err := b.Find(t.Context(), f, 48)
	ok(t, err)
	n, more, err := b.Count(t.Context(), f)
	ok(t, err)
	if n != len(cards) || more {
		t.Errorf("%q shows %d and counts %d (more: %v)", query, len(cards), n, more)
	}
	return cards
}

// finds fails unless a search for words finds n things.
func (b *bench) finds(t *testing.T, words string, n int) {
	t.Helper()
	if cards := b.find(t, url.Values{"q": {words}}.Encode()); len(cards) != n {
		t.Errorf("%q finds %d, want %d: %v", words, len(cards), n, cards)
	}
}

// sound fails unless kierto check would find nothing.
func (b *bench) sound(t *testing.T) {
	t.Helper()
	results, err := b.Check(t.Context())
	ok(t, err)
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s: %v", r.Name, r.Broken)
		}
	}
}

// other is a form of category "other", so that only title and description say
// what it is.
func other(title, description string) url.Values {
	v := listingstest.Form(title, 1000)
	v.Set("category", "other")
	v.Set("description", description)
	return v
}

// People find things by parts of compounds, inflected words, without dots, and
// in three languages.
func TestSearchFindsWhatPeopleMean(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, x := range []struct{ title, description string }{
			{"Punainen polkupyörä", "Lasten, 20 tuumaa"},
			{"Kaunis satula", "Keskileveä, 17,5 tuumaa"},
			{"Valjaiden säty", "Tinattu, vanha"},
			{"Uudet kengät", "Koko 39"},
			{"Röd cykel", "För barn"},
			{"Winter blanket, 300 g", "Washed and proofed, 100% wool"},
			{"Élégante sacoche", "Cuir"},
			{"Talli tyhjenee", "Kaikki pois"},
			{"Talvihanskat", "Lämpimät"},
		} {
			listingstest.With(t, b.Service, b.anna, other(x.title, x.description))
		}
		for words, n := range map[string]int{
			"pyörä": 2, "pyora": 2, "polkupyörät": 2, "PYÖRÄ": 2, // cykel is a pyörä
			"satulat": 1, "satulan": 1, "sadel": 1,
			"saty": 1, "säty": 1,
			"kenkä": 1, "kenkiä": 1, "skor": 1,
			"cyklar": 2, "blankets": 1, "loimi": 1,
			"elegante": 1, "élégante": 1,
			"talli": 1, "tallit": 1,
			"punainen pyörä": 1, "punainen satula": 0,
			"satula 17": 1, "satula 18": 0, "17,5": 1, "17.5": 1,
			`foo AND "`: 0, `satula OR NOT (`: 0, "kaunis*": 1, `"kaunis satula"`: 1,
			"satula:": 1, "NEAR(satula)": 0, "%": 9, "_": 9, "100%": 1, "sat%la": 0, "satu_a": 0,
			"'; DROP TABLE listings; --": 0, "\x00": 9, "a": 9, "xyzzy": 0,
		} {
			b.finds(t, words, n)
		}
	})
}

// Search follows every change of what is on sale.
func TestSearchKeepsInStep(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		l := listingstest.With(t, b.Service, b.anna, other("Harvinainen lyhty", "Messinkiä"))
		b.finds(t, "lyhty", 1)
		v := other("Harvinainen kello", "Messinkiä")
		l, err := b.SaveLive(ctx, b.anna, l.ID, listings.Stamp{Version: l.Version}, v)
		ok(t, err)
		b.finds(t, "lyhty", 0)
		b.finds(t, "kello", 1)
		_, err = b.Withdraw(ctx, b.anna, l.ID)
		ok(t, err)
		b.finds(t, "kello", 0)
		_, err = b.Relist(ctx, b.anna, l.ID)
		ok(t, err)
		b.finds(t, "kello", 1)
		b.sound(t)
	})
}
