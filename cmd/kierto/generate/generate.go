// Package generate fills a database for load tests: invented people, things on
// sale, and trades that wait for their payment. The same seed gives the same
// things.
package generate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

const (
	perPerson = 20               // things of one seller
	batch     = 5_000            // listings in one transaction
	firstBody = 1_000            // people at the least, when there are orders
	apart     = 20 * time.Second // between two listings: a million are eight months
)

// Market is what Fill works on.
type Market struct {
	DB       *db.DB
	Clock    clock.Clock
	Listings *listings.Service
	Orders   *orders.Service
}

// Amount is how much to make.
type Amount struct {
	Listings, Orders int
	Seed             uint64
}

// Fill makes it, and prints how long each part took.
func (m Market) Fill(ctx context.Context, a Amount, out io.Writer) error {
	g := &generator{Market: m, amount: a, rand: rand.New(rand.NewPCG(a.Seed, 1))}
	for _, part := range []struct {
		name string
		n    int
		make func(context.Context) error
	}{
		{"people", g.bodies(), g.people}, {"listings", a.Listings, g.things}, {"orders", a.Orders, g.trades},
	} {
		start := clock.Wall()
		if err := part.make(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if _, err := fmt.Fprintf(out, "%9d %-9s %6.1f s\n", part.n, part.name, clock.Wall().Sub(start).Seconds()); err != nil {
			return err
		}
	}
	return nil
}

type generator struct {
	Market
	amount Amount
	rand   *rand.Rand
	who    []accounts.UserID
	latest []listings.ID // enough of the newest to buy
}

// bodies is how many people there are.
func (g *generator) bodies() int { return max(firstBody, g.amount.Listings/perPerson) }

// Read fills b with the seed's random bytes, for ids.
func (g *generator) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(g.rand.Uint32())
	}
	return len(b), nil
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// begin is when the first thing was put on sale.
func (g *generator) begin() clock.Instant {
	return g.Clock.Now().Add(-time.Duration(g.amount.Listings+1) * apart)
}

// people makes the sellers and buyers. Nobody can sign in as them.
func (g *generator) people(ctx context.Context) error {
	at := g.begin()
	return g.DB.InTx(ctx, func(tx *db.Tx) error {
		var rows []any
		for i := range g.bodies() {
			u := id.From[accounts.UserID]("usr", at, g)
			g.who = append(g.who, u)
			mail := "g" + strconv.FormatUint(g.amount.Seed, 10) + "." + strconv.Itoa(i) + "@kierto.example"
			name := pick(g.rand, firstNames) + " " + pick(g.rand, lastNames)
			rows = append(rows, u, mail, mail, at, name, accounts.Fold(name), "!", pick(g.rand, towns), at)
			if len(rows) >= peopleRows*peopleColumns {
				if err := insertPeople(ctx, tx, rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		return insertPeople(ctx, tx, rows)
	})
}

// things puts the listings on sale, the oldest first.
func (g *generator) things(ctx context.Context) error {
	at := g.begin()
	for made := 0; made < g.amount.Listings; made += batch {
		n := min(batch, g.amount.Listings-made)
		ls := make([]listings.Listing, n)
		for i := range ls {
			at = at.Add(apart)
			ls[i] = g.thing(at)
		}
		if err := g.DB.InTx(ctx, func(tx *db.Tx) error { return g.Listings.PutOnSale(ctx, tx, ls) }); err != nil {
			return err
		}
		for _, l := range ls {
			g.latest = append(g.latest, l.ID)
		}
		if extra := len(g.latest) - 2*max(batch, g.amount.Orders); extra > 0 {
			g.latest = g.latest[extra:]
		}
	}
	return g.Listings.AbsorbAll(ctx)
}

// thing is one listing.
func (g *generator) thing(at clock.Instant) listings.Listing {
	r, cats := g.rand, g.Listings.Tree.List
	c := cats[r.IntN(len(cats))]
	attrs := listings.Attrs{}
	for _, f := range c.Fields {
		if options := f.Choices("fi"); len(options) > 0 && (f.Required || r.IntN(2) == 0) {
			attrs[f.Key] = pick(r, options).Value
		}
	}
	parcel := listings.Parcel(c.Parcel)
	if !parcel.Valid() {
		parcel = "M"
	}
	return listings.Listing{
		ID: id.From[listings.ID]("lst", at, g), Seller: pick(r, g.who), Category: c.Key, Attrs: attrs,
		Title:       pick(r, colours) + " " + c.Word("fi", listings.Nominative) + ", " + pick(r, kinds) + " " + strconv.Itoa(1+r.IntN(180)),
		Description: pick(r, stories) + " " + pick(r, stories), Condition: pick(r, listings.Conditions),
		PriceMinor: int64(100 * (2 + r.IntN(400))), Currency: "EUR", Parcel: parcel, ShipPickup: r.IntN(2) == 0, ShipPoint: true, ShipHome: r.IntN(3) == 0,
		Town: pick(r, towns), PostsFast: r.IntN(4) == 0, Version: 1, CreatedAt: at,
	}
}

// trades lets people buy the newest things; each waits for its payment, with an
// open turn.
func (g *generator) trades(ctx context.Context) error {
	for i := range min(g.amount.Orders, len(g.latest)) {
		lid := g.latest[len(g.latest)-1-i]
		l, err := g.Listings.Get(ctx, g.DB, lid)
		if err != nil {
			return err
		}
		buyer := pick(g.rand, g.who)
		for buyer == l.Seller {
			buyer = pick(g.rand, g.who)
		}
		_, err = g.Orders.Buy(ctx, orders.Purchase{
			Buyer: buyer, Listing: lid, Key: "generated-" + string(lid), Method: shipping.Point, Carrier: "posti",
			Address: shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
