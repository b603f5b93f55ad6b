package pictures

import "github.com/kierto/kierto/cmd/kierto/demo/pictures/paint"

// Thing is something the demo has photos of.
type Thing struct {
	Name       string   // of the drawing
	Noun       string   // what it is, in Finnish, lower case
	Categories []string // keys of the categories it may be listed in, the best first
	Colours    []Colour

	lies    bool   // on a table; else it stands or hangs before a wall
	floor   int    // where the floor begins, if one is seen
	base    string // the colour of material a as drawn
	second  string // the colour of material b as drawn, if there is one
	details [2][2]float64
}

// Colour is one way to dye a thing.
type Colour struct {
	Word string // in Finnish, as one would write it in a listing
	a, b string // what the materials become; "" leaves one as drawn
}

// Variants is how many photos differ in colour or setting.
func (t Thing) Variants() int { return len(t.Colours) * len(t.settings()) }

// Colour is the colour of a variant, in Finnish.
func (t Thing) Colour(variant int) string { return t.Colours[variant%len(t.Colours)].Word }

func (t Thing) settings() []setting {
	if t.lies {
		return tables
	}
	return walls
}

func (t Thing) dyes(variant int) map[string]paint.Dye {
	c := t.Colours[variant%len(t.Colours)]
	dyes := map[string]paint.Dye{}
	if c.a != "" {
		dyes["a"] = paint.Dye{From: t.base, To: c.a}
	}
	if c.b != "" && t.second != "" {
		dyes["b"] = paint.Dye{From: t.second, To: c.b}
	}
	return dyes
}

// Find is the thing called name.
func Find(name string) (Thing, bool) {
	for _, t := range Things {
		if t.Name == name {
			return t, true
		}
	}
	return Thing{}, false
}

// In is the things that may be listed in a category.
func In(category string) []Thing {
	var found []Thing
	for _, t := range Things {
		for _, c := range t.Categories {
			if c == category {
				found = append(found, t)
			}
		}
	}
	return found
}

var (
	leathers = []Colour{{Word: "musta", a: "#2e2928"}, {Word: "ruskea", a: "#6b3d24"}, {Word: "tummanruskea", a: "#41271b"}, {Word: "konjakki", a: "#8c5831"}}
	webbings = []Colour{
		{Word: "tummansininen", a: "#2b4467", b: "#d9cdb4"}, {Word: "viininpunainen", a: "#762b3a", b: "#d9cdb4"},
		{Word: "petrolinsininen", a: "#2f6f73", b: "#e3ddd0"}, {Word: "musta", a: "#34343a", b: "#b9b4aa"},
		{Word: "metsänvihreä", a: "#2f5a41", b: "#d9cdb4"}, {Word: "harmaa", a: "#75797d", b: "#d8d6d0"},
		{Word: "vaaleanpunainen", a: "#c98593", b: "#efe6e0"}, {Word: "violetti", a: "#65528a", b: "#e3ddd0"},
	}
	blankets = []Colour{
		{Word: "sininen ja punainen"}, {Word: "vihreä ja beige", a: "#35573f", b: "#b79f77"},
		{Word: "harmaa ja viininpunainen", a: "#777b80", b: "#722c3a"}, {Word: "musta ja petrolinsininen", a: "#37383d", b: "#2f6f73"},
		{Word: "ruskea ja sininen", a: "#6c4b34", b: "#3b5d8a"},
	}
	formal        = []Colour{{Word: "tummansininen"}, {Word: "musta", a: "#36363a"}, {Word: "tummanvihreä", a: "#2c4a3a"}, {Word: "viininpunainen", a: "#5f2733"}, {Word: "harmaa", a: "#6b6f74"}, {Word: "ruskea", a: "#5c4433"}}
	woods         = []Colour{{Word: "puunvärinen"}, {Word: "tumma", a: "#5b3a22"}, {Word: "punainen", a: "#97402e"}, {Word: "vihreä", a: "#48654d"}, {Word: "sininen", a: "#46688a"}}
	accents       = []Colour{{Word: "musta ja punainen"}, {Word: "tummansininen", a: "#2f4468", b: "#9fb4cf"}, {Word: "musta", a: "#3b3d42", b: "#6a6e74"}, {Word: "ruskea", a: "#5f4636", b: "#c79a5b"}, {Word: "musta ja turkoosi", b: "#3fa3a0"}, {Word: "violetti", a: "#564775", b: "#b9a5d6"}}
	breechColours = []Colour{{Word: "beige"}, {Word: "valkoinen", a: "#eceae6", b: "#c8c5bf"}, {Word: "tummansininen", a: "#33456a", b: "#1f2c47"}, {Word: "musta", a: "#3a3a3d", b: "#222225"}, {Word: "harmaa", a: "#85888c", b: "#56595d"}, {Word: "viininpunainen", a: "#74303d", b: "#4c1d27"}, {Word: "ruskea", a: "#7a5a43", b: "#4b3325"}}
	coats         = []Colour{{Word: "ruunikko"}, {Word: "rautias", a: "#96592f", b: "#7d4b2a"}, {Word: "musta", a: "#38342f", b: "#26221f"}, {Word: "kimo", a: "#c4c1bb", b: "#e6e3dc"}, {Word: "voikko", a: "#d0a45e", b: "#ece0c6"}, {Word: "hallakko", a: "#b59e76", b: "#3a322a"}}
	gloveColours  = []Colour{{Word: "musta"}, {Word: "ruskea", a: "#704528", b: "#4b2c18"}, {Word: "tummansininen", a: "#2c3f60", b: "#55698c"}, {Word: "beige", a: "#b79c76", b: "#8c7350"}, {Word: "valkoinen", a: "#d5d2cb", b: "#b4b0a8"}, {Word: "viininpunainen", a: "#6c2b38", b: "#8d4b57"}}
	rainwear      = []Colour{{Word: "keltainen"}, {Word: "tummansininen", a: "#2b4166"}, {Word: "metsänvihreä", a: "#33583f"}, {Word: "punainen", a: "#a83a33"}, {Word: "musta", a: "#3a3c40"}, {Word: "harmaa", a: "#7f868a"}}
	ribbons       = []Colour{{Word: "monivärinen"}, {Word: "sinivalkoinen", a: "#3d6fb3", b: "#8fb2dc"}, {Word: "vihreä ja keltainen", a: "#3a7350", b: "#c9a640"}, {Word: "violetti ja pinkki", a: "#6a5296", b: "#c77c98"}}
	bagColours    = []Colour{{Word: "vihreä"}, {Word: "tummansininen", a: "#2f4265"}, {Word: "musta", a: "#3a3b3e", b: "#2b2a2a"}, {Word: "viininpunainen", a: "#6a2c37"}, {Word: "hiekka", a: "#b09b77"}, {Word: "harmaa", a: "#6f7579", b: "#3d4144"}}
	guardColours  = []Colour{{Word: "musta ja punainen"}, {Word: "ruskea", a: "#64432e", b: "#3d2819"}, {Word: "valkoinen", a: "#d3d2ce", b: "#9a9a98"}, {Word: "tummansininen", a: "#2f4468", b: "#1f2d47"}, {Word: "musta", b: "#25272a"}, {Word: "musta ja turkoosi", b: "#2f8f8c"}}
)

// Things is everything there are photos of.
var Things = []Thing{
	{Name: "saddle", Noun: "yleissatula", Categories: []string{"saddles"}, floor: 826, base: "#332d2b", Colours: leathers, details: [2][2]float64{{420, 560}, {440, 380}}},
	{Name: "girth", Noun: "satulavyö", Categories: []string{"saddles"}, lies: true, base: "#7a4728", Colours: leathers, details: [2][2]float64{{570, 330}, {420, 480}}},
	{Name: "stirrups", Noun: "jalustimet ja hihnat", Categories: []string{"saddles"}, lies: true, base: "#3b2417", Colours: leathers, details: [2][2]float64{{310, 420}, {520, 620}}},
	{Name: "bridle", Noun: "suitset", Categories: []string{"bridles"}, base: "#5b3420", Colours: leathers, details: [2][2]float64{{400, 380}, {400, 640}}},
	{Name: "rug", Noun: "talviloimi", Categories: []string{"rugs", "pony"}, floor: 870, base: "#2b4059", second: "#d9cdb4", Colours: webbings, details: [2][2]float64{{320, 430}, {480, 640}}},
	{Name: "halter", Noun: "riimu ja naru", Categories: []string{"halters", "pony"}, base: "#2f6f73", Colours: webbings, details: [2][2]float64{{400, 400}, {460, 640}}},
	{Name: "helmet", Noun: "ratsastuskypärä", Categories: []string{"helmets"}, floor: 716, base: "#363c42", second: "#555c63", Colours: webbings, details: [2][2]float64{{500, 480}, {340, 480}}},
	{Name: "boots", Noun: "ratsastussaappaat", Categories: []string{"boots"}, floor: 836, base: "#814a2f", Colours: leathers, details: [2][2]float64{{400, 300}, {340, 700}}},
	{Name: "jacket", Noun: "kilpailutakki", Categories: []string{"clothes"}, floor: 906, base: "#2f4062", Colours: formal, details: [2][2]float64{{400, 380}, {400, 620}}},
	{Name: "brushes", Noun: "harjapakki", Categories: []string{"care"}, floor: 706, base: "#cfa36c", second: "#4f7d6c", Colours: webbings, details: [2][2]float64{{400, 440}, {400, 650}}},
	{Name: "harness", Noun: "länget ja luokki", Categories: []string{"driving"}, base: "#b8702f", Colours: leathers, details: [2][2]float64{{400, 220}, {260, 620}}},
	{Name: "haynet", Noun: "heinäverkko", Categories: []string{"stable", "pony"}, floor: 900, base: "#2d5468", Colours: webbings, details: [2][2]float64{{400, 400}, {420, 700}}},
	{Name: "dressage", Noun: "koulusatula", Categories: []string{"saddles"}, base: "#332d2b", Colours: leathers, details: [2][2]float64{{380, 640}, {440, 380}}},
	{Name: "pad", Noun: "satulahuopa", Categories: []string{"saddles", "rugs"}, base: "#2b4467", second: "#d9cdb4", Colours: webbings, details: [2][2]float64{{470, 620}, {390, 420}}},
	{Name: "folded", Noun: "loimet", Categories: []string{"rugs"}, floor: 870, base: "#2b4467", second: "#a8452f", Colours: blankets, details: [2][2]float64{{420, 420}, {340, 620}}},
	{Name: "bits", Noun: "kuolaimet", Categories: []string{"bridles"}, lies: true, base: "#b87443", Colours: []Colour{{Word: "kupari"}, {Word: "teräs", a: "#a9aeb1"}}, details: [2][2]float64{{400, 320}, {300, 620}}},
	{Name: "lunge", Noun: "juoksutusliina", Categories: []string{"halters", "other"}, base: "#2f6f73", Colours: webbings, details: [2][2]float64{{400, 430}, {520, 820}}},
	{Name: "vest", Noun: "turvaliivi", Categories: []string{"helmets", "clothes"}, base: "#4b525c", second: "#c2472f", Colours: accents, details: [2][2]float64{{400, 400}, {400, 560}}},
	{Name: "breeches", Noun: "ratsastushousut", Categories: []string{"clothes"}, base: "#d4cdbf", second: "#8d8273", Colours: breechColours, details: [2][2]float64{{400, 300}, {340, 700}}},
	{Name: "chaps", Noun: "jodhpurit ja minichapsit", Categories: []string{"boots"}, floor: 836, base: "#5a321e", Colours: leathers, details: [2][2]float64{{520, 500}, {320, 760}}},
	{Name: "bandages", Noun: "pintelit", Categories: []string{"care", "boots"}, floor: 740, base: "#55779f", Colours: webbings, details: [2][2]float64{{400, 510}, {600, 700}}},
	{Name: "wheel", Noun: "kärrynpyörä", Categories: []string{"driving"}, floor: 826, base: "#a56a33", Colours: woods, details: [2][2]float64{{400, 520}, {560, 330}}},
	{Name: "bucket", Noun: "rehuämpäri ja kauha", Categories: []string{"stable"}, floor: 770, base: "#30544b", Colours: webbings, details: [2][2]float64{{430, 380}, {400, 640}}},
	{Name: "books", Noun: "hevoskirjat", Categories: []string{"books"}, floor: 790, base: "#2f4a6b", second: "#8a3b2c", Colours: blankets, details: [2][2]float64{{390, 330}, {300, 680}}},
	{Name: "hobbyhorse", Noun: "keppihevonen", Categories: []string{"pony", "other"}, base: "#94683c", second: "#3a2a1e", Colours: coats, details: [2][2]float64{{330, 420}, {500, 560}}},
	{Name: "gloves", Noun: "ratsastushansikkaat", Categories: []string{"clothes", "other"}, lies: true, base: "#3b3633", second: "#6b6158", Colours: gloveColours, details: [2][2]float64{{300, 400}, {480, 700}}},
	{Name: "forks", Noun: "talikko, lapio ja harja", Categories: []string{"stable"}, floor: 880, base: "#2d6544", Colours: webbings, details: [2][2]float64{{230, 760}, {560, 760}}},
	{Name: "raincoat", Noun: "sadetakki", Categories: []string{"clothes"}, base: "#c5951f", second: "#d8dde0", Colours: rainwear, details: [2][2]float64{{400, 330}, {400, 620}}},
	{Name: "rosettes", Noun: "ruusukkeet", Categories: []string{"other"}, base: "#2d5596", second: "#9c342c", Colours: ribbons, details: [2][2]float64{{250, 370}, {420, 600}}},
	{Name: "bag", Noun: "varustelaukku", Categories: []string{"care", "stable", "other"}, floor: 760, base: "#44593f", second: "#6b4a2e", Colours: bagColours, details: [2][2]float64{{300, 620}, {400, 420}}},
	{Name: "guards", Noun: "jännesuojat", Categories: []string{"care", "boots"}, floor: 790, base: "#44484e", second: "#a23a34", Colours: guardColours, details: [2][2]float64{{280, 620}, {560, 620}}},
}
