package listings

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// fillUp puts n things on sale without photos, fast.
func fillUp(t *testing.T, d *db.DB, s *Service, n int) {
	t.Helper()
	ctx := t.Context()
	seller := accountstest.Person(t, s.Accounts, "Anna").ID
	rnd := rand.New(rand.NewPCG(1, 2))
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(d.InTx(ctx, func(tx *db.Tx) error {
		for i := range n {
			c := s.Tree.List[rnd.IntN(len(s.Tree.List))]
			l := Listing{
				ID: newID(s.Clock.Now()), Seller: seller, State: Draft, Currency: currency, Version: 1, Attrs: Attrs{},
				Title: fmt.Sprintf("%s numero %d", c.Word("fi", Nominative), i), Category: c.Key, Condition: Conditions[rnd.IntN(5)],
				PriceMinor: 100 * int64(1+rnd.IntN(400)), Town: []string{"Turku", "Oulu", "Pori", "Salo"}[rnd.IntN(4)], ShipPickup: true,
			}
			for _, f := range c.Fields {
				if ch := f.Choices("fi"); len(ch) > 0 {
					l.Attrs[f.Key] = ch[rnd.IntN(len(ch))].Value
				}
			}
			if err := insert(ctx, tx, l); err != nil {
				return err
			}
			if _, err := s.publish(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	}))
	if d.Postgres() {
		_, err := d.Do(ctx, `ANALYZE`)
		ok(err)
		_, err = d.Do(ctx, `VACUUM listings`)
		ok(err)
	}
}

// explain is how the database answers a page of a filter.
func explain(t *testing.T, d *db.DB, s *Service, query string) string {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := ParseFilter(s.Tree, v)
	p := planOf(f, s.Tree)
	text, args := p.sql(cardColumns, ` LIMIT ?`, 49, p.after(f.After), p.rest)
	return how(t, d, text, args)
}

// how the database answers a query.
func how(t *testing.T, d *db.DB, text string, args []any) string {
	t.Helper()
	var lines []string
	var err error
	if d.Postgres() {
		err = d.Select(t.Context(), &lines, `EXPLAIN `+text, args...)
	} else {
		var rows []struct {
			ID, Parent, Notused int64
			Detail              string
		}
		err = d.Select(t.Context(), &rows, `EXPLAIN QUERY PLAN `+text, args...)
		for _, r := range rows {
			lines = append(lines, r.Detail)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// The browse page walks an index in the order it is shown, on both databases:
// nothing is sorted, and the plain pages read nothing but the index.
func TestPagesFollowTheirIndexes(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		acc := accountstest.New(t, d)
		s := &Service{DB: d, Clock: acc.Clock, Jobs: acc.Jobs, Accounts: acc, Tree: DefaultTree()}
		fillUp(t, d, s, 6000)
		for query, want := range map[string][2]string{
			"":                           {"USING COVERING INDEX listings_newest", "Index Only Scan using listings_newest"},
			"after=rs":                   {"USING COVERING INDEX listings_newest", "Index Only Scan using listings_newest"},
			"category=rugs":              {"USING COVERING INDEX listings_category", "Index Only Scan using listings_category"},
			"category=rugs&after=rs":     {"USING COVERING INDEX listings_category", "Index Only Scan using listings_category"},
			"sort=price":                 {"USING INDEX listings_price", "Index Scan using listings_price"},
			"sort=price&min=50":          {"USING INDEX listings_price", "Index Scan using listings_price"},
			"category=rugs&sort=price":   {"USING INDEX listings_category_price", "listings_category"},
			"category=rugs&min=5&max=9":  {"INDEX listings_category ", "listings_category"},
			"category=saddles&f.seat=17": {"USING INDEX listing_attrs_value", "listing_attrs"},
			"town=turku":                 {"USING INDEX listings_town", "Index Scan using listings_"},
			"condition=new":              {"USING INDEX listings_newest", "listings_newest"},
		} {
			got := explain(t, d, s, query)
			wanted := want[0]
			if d.Postgres() {
				wanted = want[1]
			}
			if !strings.Contains(got, wanted) {
				t.Errorf("%q is not answered by %s:\n%s", query, wanted, got)
			}
			// PostgreSQL may sort what its statistics say is little
			few := d.Postgres() && slices.Contains([]string{"category=saddles&f.seat=17", "category=rugs&sort=price"}, query)
			if !few && (strings.Contains(got, "TEMP B-TREE") || strings.Contains(got, "Sort Key")) {
				t.Errorf("%q is sorted:\n%s", query, got)
			}
		}
	})
}

// What search names is fetched by its seq, on PostgreSQL without statistics too.
func TestFindsAreFetchedBySeq(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		h := newHaystack(t, d, 13)
		h.fill(3000)
		p := planOf(Filter{Query: "satula", Category: "saddles"}, h.Tree)
		asked := &asked{Queryer: d}
		var cards []Card
		h.ok(pick(t.Context(), asked, &cards, cardColumns, p, []int64{7, 8, 9}, smallLooks))
		if got := how(t, d, asked.query, asked.args); !strings.Contains(got, "listings_seq") {
			t.Errorf("not by seq:\n%s", got)
		}
	})
}

// asked remembers the query that passes through it.
type asked struct {
	db.Queryer
	query string
	args  []any
}

func (a *asked) Select(ctx context.Context, dest any, query string, args ...any) error {
	a.query, a.args = query, args
	return a.Queryer.Select(ctx, dest, query, args...)
}

// A filter that next to nothing passes looks at a bounded number of things for
// each page, and still finds what there is by going on.
func TestRareFiltersStayBounded(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		acc := accountstest.New(t, d)
		s := &Service{DB: d, Clock: acc.Clock, Jobs: acc.Jobs, Accounts: acc, Tree: DefaultTree()}
		fillUp(t, d, s, 60)
		ctx := t.Context()
		if _, err := d.Do(ctx, `UPDATE listings SET condition = 'worn' WHERE seq > 1`); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Do(ctx, `UPDATE listings SET condition = 'repair' WHERE seq = 1`); err != nil {
			t.Fatal(err)
		}
		for _, price := range []string{Newest, Cheapest} {
			f := Filter{Conditions: []string{"repair"}, Sort: price}
			p := planOf(f, s.Tree)
			p.scan = 10
			at, pages, found := Cursor{}, 0, 0
			for {
				cards, next, err := find(ctx, d, p, at, 48)
				if err != nil {
					t.Fatal(err)
				}
				pages++
				found += len(cards)
				if at = next; next.IsZero() {
					break
				}
			}
			if found != 1 || pages < 6 {
				t.Errorf("sort %q: %d found on %d pages", price, found, pages)
			}
			p.count = 10
			if n, more, err := count(ctx, d, p); err != nil || !more {
				t.Errorf("count says %d, more %v (%v)", n, more, err)
			}
		}
	})
}
