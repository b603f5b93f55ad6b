package listings

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
)

// Bounds of a browse query. A filter that no index answers is tried on this
// many things at a time, newest first; the next page goes on from there. So a
// page costs the same whether a million things are on sale or a hundred.
const (
	scanPage  = 5_000  // things looked at for one page
	scanCount = 10_000 // things looked at for a count; beyond them it is "10 000+"
)

// Card is what a listing shows in a grid.
type Card struct {
	ID         ID              `db:"id"`
	Seq        int64           `db:"seq"`
	Title      string          `db:"title"`
	PriceMinor int64           `db:"price"`
	Currency   string          `db:"currency"`
	Town       string          `db:"town"`
	Cover      string          `db:"cover"`
	PostsFast  bool            `db:"posts_fast"`
	Seller     accounts.UserID `db:"seller_id"`
}

// Price is what it costs.
func (c Card) Price() money.Amount { return money.Amount{Minor: c.PriceMinor, Currency: c.Currency} }

// URL is the path of the listing's page.
func (c Card) URL() string { return "/listings/" + string(c.ID) }

// cardColumns are a Card's; the indexes of the browse page hold them all.
const cardColumns = `l.id, l.seq, l.title, l.price, l.currency, l.town, l.cover, l.posts_fast, l.seller_id`

// onSale is spelled as in the partial indexes, so that both planners know them.
const onSale = `l.state = 'live' AND NOT l.hidden`

// stillOnSale is onSale as no partial index spells it: what search names is
// fetched by its seq, even by a planner that has no statistics yet.
const stillOnSale = `l.state || '' = 'live' AND NOT l.hidden`

// plan is a browse query: what an index walks in the wanted order, and the
// rest, which is tried on each row of the walk.
type plan struct {
	from  string
	seq   string // the walked column that rises with each publication
	walk  conditions
	rest  conditions
	price bool // the walk is by price, then seq
	scan  int  // rows of the walk looked at for one page
	count int  // rows of the walk looked at for a count
	bound bool // the rest is there, so the walk has to be bounded

	terms         []term // words to search for; then the walk is over what the search index names
	sets, looks   int    // what one search may read and compare
	newer, newest int64  // only seqs after newer and up to newest; 0: no limit
}

// between restricts the plan to what was published after seq newer, up to newest.
func (p *plan) between(newer, newest int64) {
	p.newer, p.newest = newer, newest
	p.walk.add(p.seq+` > ? AND `+p.seq+` <= ?`, newer, newest)
}

// conditions are joined by AND.
type conditions struct {
	text []string
	args []any
}

func (c *conditions) add(text string, args ...any) {
	c.text, c.args = append(c.text, text), append(c.args, args...)
}

// marks is "?, ?, ?" for n values.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// anyOf turns strings into arguments.
func anyOf(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}

// planOf chooses the walk for a filter. Conditions of the rest are written so
// that no index fits them, because a planner that follows one of them would
// have to sort.
func planOf(f Filter, t *Tree) plan {
	p := plan{from: `listings l`, seq: `l.seq`, price: f.Sort == Cheapest, scan: scanPage, count: scanCount, terms: parseQuery(f.Query)}
	p.walk.add(onSale)
	fields := slices.Sorted(keys(f.Fields))
	switch {
	case len(p.terms) > 0:
		p.count, p.sets, p.looks = seekCount, seekSets, seekLooks
		if p.price {
			p.looks = seekPrice
		}
		p.walk, p.rest = conditions{}, matching(p.terms)
		p.walk.add(stillOnSale)
		if f.Category != "" {
			p.rest.add(`l.category || '' = ?`, f.Category)
		}
	case !p.price && len(fields) > 0 && len(f.Fields[fields[0]]) == 1:
		key := fields[0]
		p.from, p.seq = `listing_attrs a CROSS JOIN listings l`, `a.seq`
		p.walk.add(`l.id = a.listing_id AND a.field = ? AND a.value = ?`, f.Category+"."+key, fieldKey(t, f.Category, key, f.Fields[key][0]))
		fields = fields[1:]
	case f.Category != "":
		p.walk.add(`l.category = ?`, f.Category)
	case f.Town != "" && !p.price:
		p.walk.add(`l.town_folded = ?`, Fold(f.Town))
		f.Town = ""
	}
	p.restrict(f, t, fields)
	p.bound = len(p.rest.text) > 0
	return p
}

// restrict adds what the walk does not already see to.
func (p *plan) restrict(f Filter, t *Tree, fields []string) {
	for _, key := range fields {
		values := slices.Clone(f.Fields[key])
		for i, v := range values {
			values[i] = fieldKey(t, f.Category, key, v)
		}
		p.rest.add(`EXISTS (SELECT 1 FROM listing_attrs x WHERE x.listing_id = l.id AND x.field = ? AND x.value IN (`+marks(len(values))+`))`,
			append([]any{f.Category + "." + key}, anyOf(values)...)...)
	}
	if len(f.Conditions) > 0 {
		p.rest.add(`l.condition IN (`+marks(len(f.Conditions))+`)`, anyOf(f.Conditions)...)
	}
	if f.Town != "" {
		p.rest.add(`l.town_folded || '' = ?`, Fold(f.Town))
	}
	if len(f.Ways) == 1 {
		p.rest.add(map[string]string{WayPost: `(l.ship_point OR l.ship_home)`, WayPickup: `l.ship_pickup`}[f.Ways[0]])
	}
	if f.Fast {
		p.rest.add(`l.posts_fast`)
	}
	limits, column := &p.rest, `l.price + 0`
	if p.price && len(p.terms) == 0 { // the walk is along the prices: the limits are its ends
		limits, column = &p.walk, `l.price`
	}
	if f.Min > 0 {
		limits.add(column+` >= ?`, f.Min)
	}
	if f.Max > 0 {
		limits.add(column+` <= ?`, f.Max)
	}
}

func fieldKey(t *Tree, category, key, value string) string {
	if c, ok := t.Category(category); ok {
		if f, ok := c.Field(key); ok {
			return f.key(value)
		}
	}
	return value
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// order is the ORDER BY of the walk.
func (p plan) order() string {
	if p.price {
		return `l.price, l.seq`
	}
	return p.seq + ` DESC`
}

// after restricts the walk to what comes after a cursor.
func (p plan) after(c Cursor) conditions {
	var out conditions
	switch {
	case p.price && !c.IsZero():
		out.add(`(l.price, l.seq) > (?, ?)`, c.Price, c.Seq)
	case !p.price:
		if c.IsZero() {
			c.Seq = math.MaxInt64
		}
		out.add(p.seq+` < ?`, c.Seq)
	}
	return out
}

// until restricts the walk to what comes no later than a cursor.
func (p plan) until(c Cursor) conditions {
	var out conditions
	switch {
	case c.IsZero():
	case p.price:
		out.add(`(l.price, l.seq) <= (?, ?)`, c.Price, c.Seq)
	default:
		out.add(p.seq+` >= ?`, c.Seq)
	}
	return out
}

// sql is a query over the walk and further conditions.
func (p plan) sql(columns, tail string, limit int, more ...conditions) (string, []any) {
	all := conditions{slices.Clone(p.walk.text), slices.Clone(p.walk.args)}
	for _, m := range more {
		all.text, all.args = append(all.text, m.text...), append(all.args, m.args...)
	}
	return `SELECT ` + columns + ` FROM ` + p.from + ` WHERE ` + strings.Join(all.text, ` AND `) +
		` ORDER BY ` + p.order() + tail, append(all.args, limit)
}

// end is where the walk after a cursor has looked at n rows, or the zero cursor
// when it ends before that.
func (p plan) end(ctx context.Context, q db.Queryer, from Cursor, n int) (Cursor, error) {
	if !p.bound {
		return Cursor{}, nil
	}
	var c struct {
		Seq   int64 `db:"seq"`
		Price int64 `db:"price"`
	}
	columns := p.seq + ` AS seq, 0 AS price`
	if p.price {
		columns = `l.seq, l.price`
	}
	query, args := p.sql(columns, ` LIMIT 1 OFFSET ?`, n-1, p.after(from))
	if err := q.Get(ctx, &c, query, args...); err != nil {
		if db.IsNone(err) {
			return Cursor{}, nil
		}
		return Cursor{}, err
	}
	return Cursor{Seq: c.Seq, Price: c.Price}, nil
}

// find is a page of cards and where the next one begins; the zero cursor means
// that there is none.
func find(ctx context.Context, q db.Queryer, p plan, from Cursor, limit int) (cards []Card, next Cursor, err error) {
	if len(p.terms) > 0 {
		return findWords(ctx, q, p, from, limit)
	}
	end, err := p.end(ctx, q, from, p.scan)
	if err != nil {
		return nil, Cursor{}, err
	}
	query, args := p.sql(cardColumns, ` LIMIT ?`, limit+1, p.after(from), p.until(end), p.rest)
	cards = make([]Card, 0, limit+1)
	if err := q.Select(ctx, &cards, query, args...); err != nil {
		return nil, Cursor{}, err
	}
	if len(cards) <= limit {
		return cards, end, nil
	}
	cards = cards[:limit]
	last := cards[limit-1]
	next = Cursor{Seq: last.Seq}
	if p.price {
		next.Price = last.PriceMinor
	}
	return cards, next, nil
}

// count is how many cards a plan has; more tells that there are yet others.
func count(ctx context.Context, q db.Queryer, p plan) (n int, more bool, err error) {
	if len(p.terms) > 0 {
		return countWords(ctx, q, p)
	}
	end, err := p.end(ctx, q, Cursor{}, p.count)
	if err != nil {
		return 0, false, err
	}
	query, args := p.sql(`1`, ` LIMIT ?`, p.count+1, p.after(Cursor{}), p.until(end), p.rest)
	if err := q.Get(ctx, &n, `SELECT count(*) FROM (`+query+`) AS found`, args...); err != nil {
		return 0, false, err
	}
	if n > p.count {
		return p.count, true, nil
	}
	return n, !end.IsZero(), nil
}
