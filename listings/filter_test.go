package listings_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
)

// with is a form with some fields changed; "-field" leaves it out.
func with(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v[pairs[i]] = strings.Split(pairs[i+1], ",")
		}
	}
	return v
}

// titles are the titles of cards, in order.
func titles(cards []listings.Card) string {
	var out []string
	for _, c := range cards {
		out = append(out, c.Title)
	}
	return strings.Join(out, " ")
}

// Every filter and both orders show what they say, and nothing else.
func TestFilters(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		listingstest.With(t, b.Service, b.anna, with(listingstest.Form("one", 9000), "f.brand", "Wintec Pro"))
		listingstest.With(t, b.Service, b.anna, with(listingstest.Form("two", 5000), "f.seat", "17.5", "condition", "new", "town", "Turku", "ways", "pickup", "parcel", ""))
		listingstest.With(t, b.Service, b.noor, with(listingstest.Form("three", 7000), "f.type", "dressage", "f.seat", "18", "f.tree", "", "ways", "home", "town", "Åbo"))
		listingstest.With(t, b.Service, b.noor, with(listingstest.Form("four", 7000), "category", "rugs", "f.type", "turnout", "f.size", "145", "f.filling", "300", "condition", "worn"))
		listingstest.With(t, b.Service, b.noor, with(listingstest.Form("five", 1000), "category", "books", "f.language", "sv"))
		ok(t, b.tx(t, func(tx *db.Tx) error { return b.SetMeasured(t.Context(), tx, b.anna, true) }))
		for query, want := range map[string]string{
			"":                                            "five four three two one",
			"sort=price":                                  "five two three four one",
			"category=saddles":                            "three two one",
			"category=saddles&sort=price":                 "two three one",
			"category=saddles&f.seat=17":                  "one",
			"category=saddles&f.seat=17,5":                "two",
			"category=saddles&f.seat=17&f.seat=18":        "three one",
			"category=saddles&f.type=general":             "two one",
			"category=saddles&f.type=general&f.seat=17.5": "two",
			"category=saddles&f.brand=wintec+pro":         "one",
			"category=saddles&f.type=general&sort=price":  "two one",
			"category=rugs&f.size=145&f.filling=300":      "four",
			"category=books&f.language=fi":                "",
			"condition=good":                              "five three one",
			"condition=new&condition=worn":                "four two",
			"min=50":                                      "four three two one",
			"max=50":                                      "five two",
			"min=60&max=80":                               "four three",
			"min=60&max=80&sort=price":                    "three four",
			"town=turku":                                  "two",
			"town=abo":                                    "three",
			"town=LEMPÄÄLÄ&category=saddles":              "one",
			"town=lempaala&sort=price":                    "five four one",
			"ship=pickup":                                 "five four two one",
			"ship=post":                                   "five four three one",
			"ship=post&ship=pickup":                       "five four three two one",
			"fast=1":                                      "two one",
			"q=satula&category=saddles&condition=new":     "two",
			"q=satula&sort=price":                         "two three one",
			"q=satula&sort=price&min=60":                  "three one",
			"q=satula&ship=post":                          "three one",
			// what means nothing is passed over
			"category=nonsense&f.seat=17&utm_source=x":                        "five four three two one",
			"category=saddles&f.seat=purple&f.none=1":                         "three two one",
			"min=-1&max=lots&sort=random&fast=maybe&condition=shiny&ship=ufo": "five four three two one",
			"after=%00&after=zzzzzzzzzzzzzzzzzzzzz":                           "five four three two one",
			"min=80&max=60":                                                   "four three",
		} {
			if got := titles(b.find(t, query)); got != want {
				t.Errorf("%q shows %q, want %q", query, got, want)
			}
		}
	})
}

// A filter's URL says the same filter again, in one way only.
func TestFilterLivesInTheURL(t *testing.T) {
	t.Parallel()
	tree := listings.DefaultTree()
	read := func(q string) (listings.Filter, []string) {
		v, err := url.ParseQuery(q)
		ok(t, err)
		return listings.ParseFilter(tree, v)
	}
	f, mended := read("ship=post&f.seat=18&q=++Wintec++satula&f.seat=17&category=saddles&condition=worn&condition=new&max=100,50&min=20&town=Turku&fast=1&sort=price&after=5")
	if len(mended) > 0 {
		t.Errorf("mended %v", mended)
	}
	want := "category=saddles&condition=new&condition=worn&f.seat=17&f.seat=18&fast=1&max=100%2C50&min=20&q=Wintec+satula&ship=post&sort=price&town=Turku"
	if got := f.Canonical(); got != want {
		t.Errorf("canonical\n%s, want\n%s", got, want)
	}
	again, _ := read(f.Canonical())
	if again.Canonical() != want {
		t.Errorf("read again it is %s", again.Canonical())
	}
	for query, field := range map[string]string{
		"min=x": "min", "max=1,234": "max", "category=x": "category", "sort=x": "sort", "condition=x": "condition",
		"ship=x": "ship", "category=saddles&f.seat=99": "fields", "q=" + strings.Repeat("x", 200): "q", "town=" + strings.Repeat("x", 99): "town",
	} {
		if _, mended := read(query); !slices.Contains(mended, field) {
			t.Errorf("%q: %v mended, want %s", query, mended, field)
		}
	}
}

// Walking the pages while things come and go shows everything that was there
// all along once, in both orders.
func TestCursorsLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const there = 25
		for i := range there {
			listingstest.Live(t, b.Service, b.anna, fmt.Sprintf("Satula %02d", i), int64(1000+(i*7%5)*100))
		}
		for _, query := range []string{"", "sort=price", "category=saddles", "category=saddles&sort=price", "q=satula", "category=saddles&f.seat=17", "condition=good", "town=lempaala", "condition=good&sort=price"} {
			v, err := url.ParseQuery(query)
			ok(t, err)
			f, _ := listings.ParseFilter(b.Tree, v)
			seen := map[string]int{}
			for page := 0; ; page++ {
				cards, next, err := b.Find(t.Context(), f, 4)
				ok(t, err)
				for _, c := range cards {
					if strings.HasPrefix(c.Title, "Satula") {
						seen[c.Title]++
					}
				}
				if page == 2 {
					gone := listingstest.With(t, b.Service, b.noor, with(listingstest.Form("Uusi", 900)))
					_, err := b.Withdraw(t.Context(), b.noor, gone.ID)
					ok(t, err)
					listingstest.With(t, b.Service, b.noor, with(listingstest.Form("Toinen", 1100)))
				}
				if next.IsZero() {
					break
				}
				f.After = next
			}
			for title, n := range seen {
				if n != 1 {
					t.Errorf("%q: %s seen %d times", query, title, n)
				}
			}
			if len(seen) != there {
				t.Errorf("%q: %d seen, want %d", query, len(seen), there)
			}
		}
		b.sound(t)
	})
}

// A category file with a mistake is refused, with the line and the reason.
func TestBrokenCategoryFiles(t *testing.T) {
	t.Parallel()
	good := "[[category]]\nkey = \"a\"\nname = { fi = \"A\", sv = \"A\", en = \"A\" }\nword.fi = { nominative = \"a\", genitive = \"an\", partitive = \"aa\" }\nword.sv = { indefinite = \"a\", definite = \"an\" }\nword.en = { singular = \"a\" }\n"
	if _, err := listings.ParseTree("x.toml", good); err != nil {
		t.Fatal(err)
	}
	field := good + "\n[[category.field]]\nkey = \"f\"\nlabel = { fi = \"F\", sv = \"F\", en = \"F\" }\n"
	for text, want := range map[string]string{
		"":                          "line 1: no [[category]]",
		"[[category]\n":             "expected end of table",
		good + "colour = \"red\"\n": `line 7: "category.colour" is not a key`,
		good + good:                 "line 7: category \"a\": there are two",
		strings.Replace(good, `en = "A"`, `en = ""`, 1):                        "line 1: category \"a\": name is missing",
		strings.Replace(good, `partitive = "aa"`, `partitive = ""`, 1):         "word.fi has no partitive",
		strings.Replace(good, `key = "a"`, `key = "A b"`, 1):                   "key must be",
		good + "parcel = \"XXL\"\n":                                            "parcel must be",
		field + "kind = \"wish\"\n":                                            "line 8: category \"a\": field \"f\": kind must be",
		field + "kind = \"number\"\nmin = 1\nmax = 3\n":                        "step must be above zero",
		field + "kind = \"number\"\nmin = 3\nmax = 1\nstep = 1\n":              "max must be above min",
		field + "kind = \"number\"\nmin = 0\nmax = 10000\nstep = 1\n":          "more than 60 steps",
		field + "kind = \"choice\"\n":                                          "a choice has 1 to 60 options",
		field + "kind = \"choice\"\noptions = [{ key = \"k\", fi = \"K\" }]\n": "lacks its key or a language",
		field + "kind = \"choice\"\nvalues = [\"S\", \"S\"]\n":                 "two options \"S\"",
	} {
		if _, err := listings.ParseTree("x.toml", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q\nis refused with %v, want %q", text, err, want)
		}
	}
}

// The word of a thing comes in the form and language asked for.
func TestWords(t *testing.T) {
	t.Parallel()
	tree := listings.DefaultTree()
	for _, x := range [][4]string{
		{"saddles", "fi", listings.Genitive, "satulan"}, {"saddles", "fi", listings.Partitive, "satulaa"},
		{"saddles", "sv", listings.Definite, "sadeln"}, {"saddles", "sv", listings.Genitive, "sadel"},
		{"saddles", "en", listings.Nominative, "saddle"}, {"gone", "fi", listings.Nominative, "tavara"},
	} {
		if got := tree.Word(x[0], x[1], x[2]); got != x[3] {
			t.Errorf("%v is %q", x, got)
		}
	}
}
