package listings

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// haystack is a market that many searches are tried on.
type haystack struct {
	*Service
	t      *testing.T
	rnd    *rand.Rand
	seller accounts.UserID
	words  []string
	ids    []ID
}

const syllables = "sa tu la pyö rä nen kär vää mus ta ho kul ma ri ka 17 x ån ei"

func newHaystack(t *testing.T, d *db.DB, seed uint64) *haystack {
	t.Helper()
	acc := accountstest.New(t, d)
	h := &haystack{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), seller: accountstest.Person(t, acc, "Anna").ID,
		Service: &Service{DB: d, Clock: acc.Clock, Jobs: acc.Jobs, Accounts: acc, Tree: DefaultTree()}}
	parts := strings.Fields(syllables)
	for range 120 {
		word := ""
		for range 1 + h.rnd.IntN(4) {
			word += parts[h.rnd.IntN(len(parts))]
		}
		h.words = append(h.words, word)
	}
	return h
}

// some is n words, the first ones of the list more often.
func (h *haystack) some(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = h.words[h.rnd.IntN(1+h.rnd.IntN(len(h.words)))]
	}
	return strings.Join(out, " ")
}

func (h *haystack) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *haystack) tx(f func(tx *db.Tx) error) {
	h.t.Helper()
	h.ok(h.DB.InTx(h.t.Context(), f))
}

// fill puts n things on sale whose seqs are spread over several blocks.
func (h *haystack) fill(n int) {
	h.t.Helper()
	for made := 0; made < n; {
		ls := make([]Listing, min(n-made, 1+h.rnd.IntN(200)))
		for i := range ls {
			c := h.Tree.List[h.rnd.IntN(3)]
			ls[i] = Listing{
				ID: newID(h.Clock.Now()), Seller: h.seller, Category: c.Key, Attrs: Attrs{}, Title: h.some(3), Description: h.some(6),
				Condition: Conditions[h.rnd.IntN(len(Conditions))], PriceMinor: int64(100 * (1 + h.rnd.IntN(40))), Currency: currency,
				ShipPickup: true, Town: []string{"Turku", "Pori"}[h.rnd.IntN(2)], Version: 1, CreatedAt: h.Clock.Now(),
			}
			h.ids = append(h.ids, ls[i].ID)
		}
		made += len(ls)
		h.tx(func(tx *db.Tx) error {
			if _, err := tx.Do(h.t.Context(), `UPDATE listing_seq SET last = last + ? WHERE name = 'seq'`, h.rnd.IntN(3000)); err != nil {
				return err
			}
			return h.PutOnSale(h.t.Context(), tx, ls)
		})
	}
}

// stir edits, sells and brings back some things.
func (h *haystack) stir(n int) {
	h.t.Helper()
	for range n {
		id := h.ids[h.rnd.IntN(len(h.ids))]
		h.tx(func(tx *db.Tx) error {
			_, err := h.change(h.t.Context(), tx, id, func(l *Listing) error {
				switch h.rnd.IntN(3) {
				case 0:
					l.Title = h.some(4)
				case 1:
					l.State = Reserved
				case 2:
					l.State = Live
				}
				return nil
			})
			return err
		})
	}
}

// pruneAll looks at every block after half of what is in all but the first was
// sold.
func (h *haystack) pruneAll() {
	h.t.Helper()
	ctx := h.t.Context()
	last, err := lastSeq(ctx, h.DB)
	h.ok(err)
	_, err = h.DB.Do(ctx, `UPDATE listings SET state = 'sold' WHERE seq > ? AND seq % 2 = 0`, blockSize)
	h.ok(err)
	for range blockOf(last) + 1 {
		h.ok(h.Prune(ctx))
	}
	known, err := h.known(ctx, 1)
	h.ok(err)
	seqs, err := seqsIn(ctx, h.DB, 1)
	h.ok(err)
	if known.len() != len(seqs) || len(seqs) == 0 {
		h.t.Errorf("the index names %d of the %d on sale in a block where half was sold", known.len(), len(seqs))
	}
}

// naive is what a search ought to find, by reading everything.
func (h *haystack) naive(f Filter, lines []straw) (ids []ID) {
	terms := parseQuery(f.Query)
	lines = slices.Clone(lines)
	if f.Sort == Cheapest {
		slices.SortFunc(lines, func(a, b straw) int { return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.Seq, b.Seq)) })
	}
	for _, l := range lines {
		fits := f.Category == "" || l.Category == f.Category
		fits = fits && (f.Max == 0 || l.Price <= f.Max) && (f.Town == "" || l.Town == f.Town)
		for _, t := range terms {
			has := t.short != "" && strings.Contains(l.Words, " "+t.short)
			for _, a := range t.alts {
				has = has || strings.Contains(l.Words, a)
			}
			fits = fits && has
		}
		if fits {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// straw is one thing on sale.
type straw struct {
	ID                    ID
	Seq, Price            int64
	Words, Category, Town string
}

func (h *haystack) straws() (lines []straw) {
	h.t.Helper()
	h.ok(h.DB.Select(h.t.Context(), &lines, `SELECT id, seq, price, words, category, town FROM listings l WHERE `+onSale+` ORDER BY seq DESC`))
	return lines
}

// question is a random filter with words.
func (h *haystack) question() Filter {
	var q []string
	for range 1 + h.rnd.IntN(3) {
		w := []rune(h.some(1))
		from := h.rnd.IntN(len(w))
		q = append(q, string(w[from:min(len(w), from+1+h.rnd.IntN(6))]))
	}
	f := Filter{Query: strings.Join(q, " ")}
	switch h.rnd.IntN(5) {
	case 0:
		f.Category = h.Tree.List[h.rnd.IntN(3)].Key
	case 1:
		f.Town = "Turku"
	case 2:
		f.Max = int64(100 * h.rnd.IntN(40))
	}
	return f
}

// walk goes through all pages of a plan.
func (h *haystack) walk(ctx context.Context, f Filter, p plan, limit int) (ids []ID, pages int) {
	h.t.Helper()
	for {
		cards, next, err := find(ctx, h.DB, p, f.After, limit)
		h.ok(err)
		pages++
		for _, c := range cards {
			ids = append(ids, c.ID)
		}
		if next.IsZero() || pages > 100_000 {
			return ids, pages
		}
		if f.After = parseCursor(next.String(), f.Sort); f.After != next {
			h.t.Fatalf("%+v is read from its address as %+v", next, f.After)
		}
	}
}

// Search finds what reading everything finds, in the same order, however little
// one page may look at, and while much of it is not in the index or is no
// longer on sale.
func TestSearchIsExact(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		h := newHaystack(t, d, 11)
		ctx := t.Context()
		for round, step := range []func(){
			func() { h.fill(1500) },
			func() { h.ok(h.AbsorbAll(ctx)) },
			func() { h.stir(200); h.fill(300) },
			func() { h.ok(h.AbsorbAll(ctx)); h.stir(100) },
			func() { h.pruneAll(); h.ok(h.rebuild(ctx, 0)) },
		} {
			step()
			lines := h.straws()
			found := 0
			for range 10 {
				f := h.question()
				if parseQuery(f.Query) == nil {
					continue
				}
				p := planOf(f, h.Tree)
				want := h.naive(f, lines)
				found += len(want)
				h.compare(fmt.Sprint("round ", round), f, p, want)
				p.looks, p.sets = 20+h.rnd.IntN(300), 8+h.rnd.IntN(60)
				h.compare(fmt.Sprint("round ", round, ", bounded"), f, p, want)
				f.Sort = Cheapest
				h.cheapest(f, h.naive(f, lines), want)
			}
			if found < 100 {
				t.Errorf("round %d: the questions find only %d things: they prove little", round, found)
			}
			if r, err := h.checkSearch(ctx); err != nil || !r.OK() || r.Count != int64(len(lines)) {
				t.Errorf("round %d: check: %+v (%v)", round, r, err)
			}
		}
	})
}

// compare walks the pages and counts.
func (h *haystack) compare(what string, f Filter, p plan, want []ID) {
	h.t.Helper()
	got, _ := h.walk(h.t.Context(), f, p, 10+h.rnd.IntN(50))
	if !slices.Equal(got, want) {
		h.t.Fatalf("%s: %q finds %d, want %d", what, f.Canonical(), len(got), len(want))
	}
	n, more, err := count(h.t.Context(), h.DB, p)
	h.ok(err)
	if n > len(want) || !more && n != len(want) {
		h.t.Fatalf("%s: %q counts %d (more %v), want %d", what, f.Canonical(), n, more, len(want))
	}
}

// cheapest walks the pages by price: unbounded the cheapest of all come first,
// bounded each thing is still shown once.
func (h *haystack) cheapest(f Filter, byPrice, newest []ID) {
	h.t.Helper()
	p := planOf(f, h.Tree)
	p.looks = 1 << 20
	if got, _ := h.walk(h.t.Context(), f, p, 10+h.rnd.IntN(50)); !slices.Equal(got, byPrice) {
		h.t.Fatalf("%q finds %d, want %d, or in another order", f.Canonical(), len(got), len(byPrice))
	}
	p.looks, p.sets = 20+h.rnd.IntN(300), 8+h.rnd.IntN(60)
	got, _ := h.walk(h.t.Context(), f, p, 10+h.rnd.IntN(50))
	slices.Sort(got)
	newest = slices.Sorted(slices.Values(newest))
	if !slices.Equal(got, newest) {
		h.t.Fatalf("%q, bounded: %d shown, want %d", f.Canonical(), len(got), len(newest))
	}
}

// Words that are everywhere, nowhere, or together almost nowhere: one page reads
// no more than its bounds.
func TestSearchReadsLittle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		h := newHaystack(t, d, 12)
		h.fill(1500)
		h.ok(h.AbsorbAll(t.Context()))
		for range 200 {
			f := h.question()
			p := planOf(f, h.Tree)
			if p.terms == nil {
				continue
			}
			s, err := newSeeker(t.Context(), d, p, 0, maxSeq)
			h.ok(err)
			alts := 0
			for _, term := range p.terms {
				alts = max(alts, len(term.alts))
			}
			if len(s.all) > max(maxPieces, alts) {
				t.Errorf("%q asks for %d pieces", f.Query, len(s.all))
			}
			looked := 0
			for {
				seqs, err := s.next(t.Context(), largeLooks)
				h.ok(err)
				if looked += len(seqs); len(seqs) == 0 {
					break
				}
			}
			if looked > seekLooks || s.sets < -groupMost*max(maxPieces, alts) {
				t.Errorf("%q compares %d listings and reads %d sets", f.Query, looked, seekSets-s.sets)
			}
		}
	})
}

// Sets survive being stored, sparse and dense.
func TestSetsArePacked(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 5, setBytes/2 - 1, setBytes / 2, setBytes/2 + 1, blockSize} {
		s, want := new(set), []int64{}
		for _, at := range rnd.Perm(blockSize)[:n] {
			s.put(at)
			want = append(want, 3*blockSize+int64(at))
		}
		again := new(set)
		again.unpack(s.pack())
		if *again != *s || again.len() != n || len(s.pack()) > setBytes {
			t.Errorf("a set of %d comes back with %d, from %d bytes", n, again.len(), len(s.pack()))
		}
		slices.SortFunc(want, func(a, b int64) int { return cmp.Compare(b, a) })
		if got := again.down(3, maxSeq, 0); !slices.Equal(got, want) && n > 0 {
			t.Errorf("a set of %d lists %d seqs, or in another order", n, len(got))
		}
	}
}
