package listings

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/internal/money"
)

// Orders of the browse page.
const (
	Newest   = ""
	Cheapest = "price"
)

// Ways a visitor may want to get a thing.
const (
	WayPost   = "post"   // any carrier
	WayPickup = "pickup" // in person
)

// maxValues is how many values of one field a filter may hold.
const maxValues = 24

// Filter is what somebody looks for. It lives in the URL.
type Filter struct {
	Query      string
	Category   string
	Fields     map[string][]string // the category's own fields: any of the values
	Conditions []string            // any of them
	Min, Max   int64               // minor units; 0: no limit
	Town       string
	Ways       []string // any of them
	Fast       bool     // the seller posts within a day, measured
	Sort       string
	After      Cursor
}

// Cursor is the last card of the page before: the next begins after it.
type Cursor struct {
	Seq   int64
	Price int64 // only when sorted by price

	// Finds of a search are sorted by price among those with Floor <= seq < Below
	// (0: no limit). Without a Seq the next page begins the finds before Below.
	Floor, Below int64
}

// IsZero tells whether the cursor is the first page's.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Part tells whether finds are sorted by price a part at a time.
func (c Cursor) Part() bool { return c.Floor > 0 || c.Below > 0 && c.Seq == 0 }

// String is the cursor in the URL: its numbers in base 36, as many as say it.
func (c Cursor) String() string {
	numbers := []int64{c.Seq, c.Price, c.Floor, c.Below}
	switch {
	case c.IsZero():
		return ""
	case c.Below > 0:
	case c.Price > 0:
		numbers = numbers[:2]
	default:
		numbers = numbers[:1]
	}
	var parts []string
	for _, n := range numbers {
		parts = append(parts, strconv.FormatInt(n, 36))
	}
	return strings.Join(parts, "-")
}

// parseCursor reads a cursor; what is no cursor is the first page.
func parseCursor(s string, sort string) (c Cursor) {
	numbers := []*int64{&c.Seq, &c.Price, &c.Floor, &c.Below}
	parts := strings.Split(s, "-")
	if len(parts) > len(numbers) || (len(parts) > 1) != (sort == Cheapest) {
		return Cursor{}
	}
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 36, 64)
		if err != nil || n < 0 {
			return Cursor{}
		}
		*numbers[i] = n
	}
	switch len(parts) {
	case 1:
		return c
	case 2:
		if c.Seq > 0 && c.Price > 0 {
			return c
		}
	case 4:
		if c.Floor < c.Below && c.Seq < c.Below {
			return c
		}
	}
	return Cursor{}
}

// ParseFilter reads a filter from a URL. It never fails: values that mean
// nothing are left out, and mended names the parameters they came from.
// Parameters that are none of ours are passed over in silence.
func ParseFilter(t *Tree, v url.Values) (f Filter, mended []string) {
	mend := func(name string, ok bool) {
		if !ok && !slices.Contains(mended, name) {
			mended = append(mended, name)
		}
	}
	var ok bool
	f.Query, ok = words(v.Get("q"), maxQuery)
	mend("q", ok)
	f.Town, ok = words(v.Get("town"), maxTown)
	mend("town", ok)
	c, known := t.Category(v.Get("category"))
	mend("category", known || v.Get("category") == "")
	if known {
		f.Category = c.Key
		f.Fields, ok = parseFields(c, v)
		mend("fields", ok)
	}
	f.Conditions, ok = among(v["condition"], Conditions)
	mend("condition", ok)
	f.Ways, ok = among(v["ship"], []string{WayPost, WayPickup})
	mend("ship", ok)
	f.Min, ok = euros(v.Get("min"))
	mend("min", ok)
	f.Max, ok = euros(v.Get("max"))
	mend("max", ok)
	if f.Max > 0 && f.Min > f.Max {
		f.Min, f.Max = f.Max, f.Min
		mend("min", false)
	}
	f.Fast = v.Get("fast") == "1"
	mend("fast", f.Fast || v.Get("fast") == "")
	if v.Get("sort") == Cheapest {
		f.Sort = Cheapest
	}
	mend("sort", f.Sort == v.Get("sort") || v.Get("sort") == "new")
	f.After = parseCursor(v.Get("after"), f.Sort)
	return f, mended
}

// parseFields reads the values of a category's own fields.
func parseFields(c Category, v url.Values) (fields map[string][]string, ok bool) {
	ok = true
	for _, f := range c.Fields {
		var values []string
		for _, raw := range v["f."+f.Key] {
			value, wrong := f.Clean(clean(raw))
			if wrong != nil || !f.Filterable() {
				ok = false
				continue
			}
			if value != "" && !slices.Contains(values, value) && len(values) < maxValues {
				values = append(values, value)
			}
		}
		if len(values) > 0 {
			if fields == nil {
				fields = map[string][]string{}
			}
			slices.Sort(values)
			fields[f.Key] = values
		}
	}
	return fields, ok
}

// words is s without needless spaces, cut to limit letters.
func words(s string, limit int) (out string, ok bool) {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if utf8.RuneCountInString(s) > limit {
		return strings.TrimSpace(string([]rune(s)[:limit])), false
	}
	return s, true
}

// clean drops what cannot be stored.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// among are the given values that are allowed, in the allowed order.
func among(given, allowed []string) (out []string, ok bool) {
	ok = true
	for _, g := range given {
		ok = ok && (g == "" || slices.Contains(allowed, g))
	}
	for _, a := range allowed {
		if slices.Contains(given, a) {
			out = append(out, a)
		}
	}
	return out, ok
}

// euros reads a price limit.
func euros(s string) (minor int64, ok bool) {
	if strings.TrimSpace(s) == "" {
		return 0, true
	}
	a, err := money.Parse(s, "EUR")
	if err != nil {
		return 0, false
	}
	return a.Minor, true
}

// Values are the filter's parameters without the cursor, as few as say it.
func (f Filter) Values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", f.Query)
	set("category", f.Category)
	for key, values := range f.Fields {
		v["f."+key] = values
	}
	if len(f.Conditions) > 0 {
		v["condition"] = f.Conditions
	}
	set("min", typed(f.Min))
	set("max", typed(f.Max))
	set("town", f.Town)
	if len(f.Ways) > 0 {
		v["ship"] = f.Ways
	}
	if f.Fast {
		v.Set("fast", "1")
	}
	set("sort", f.Sort)
	return v
}

// typed is a price limit as somebody would type it.
func typed(minor int64) string {
	switch {
	case minor == 0:
		return ""
	case minor%100 == 0:
		return strconv.FormatInt(minor/100, 10)
	}
	return strconv.FormatInt(minor/100, 10) + "," + strconv.FormatInt(100+minor%100, 10)[1:]
}

// Canonical is the one query string that says this filter.
func (f Filter) Canonical() string { return f.Values().Encode() }

// URL is the browse page with this filter.
func (f Filter) URL() string {
	if q := f.Canonical(); q != "" {
		return "/?" + q
	}
	return "/"
}

// Next is the page that begins after c.
func (f Filter) Next(c Cursor) string {
	v := f.Values()
	v.Set("after", c.String())
	return "/?" + v.Encode()
}

// With is a copy that shares nothing with f, for leaving one thing out.
func (f Filter) With(change func(*Filter)) Filter {
	f.Fields = maps.Clone(f.Fields)
	for k, v := range f.Fields {
		f.Fields[k] = slices.Clone(v)
	}
	f.Conditions, f.Ways = slices.Clone(f.Conditions), slices.Clone(f.Ways)
	f.After = Cursor{}
	change(&f)
	return f
}

// Narrow tells whether the filter leaves anything out.
func (f Filter) Narrow() bool {
	f.Sort = Newest
	return f.Canonical() != ""
}
