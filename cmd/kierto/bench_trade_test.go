package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/cmd/kierto/generate"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

func sorted(d []time.Duration) []time.Duration { slices.Sort(d); return d }

// noon is a Tuesday in Helsinki: nobody sleeps.
var noon = clock.Of(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))

// postbox is a post that takes every letter at once.
type postbox struct{}

// Send implements messaging.Sender.
func (postbox) Send(context.Context, messaging.Mail) error { return nil }

// opened builds the program on a database.
func (b *bench) opened(cfg config.Config, c clock.Clock, noSync bool) *market {
	b.Helper()
	d, err := db.Open(b.Context(), db.Config{URL: cfg.Database, Dir: cfg.Data, NoSync: noSync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	m, err := build(b.Context(), cfg, d, log, site{clock: c, sender: postbox{}, jobs: jobs.Options{Quick: true}})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// stocked is a new database with listings in it, on SQLite or PostgreSQL.
func (b *bench) stocked(postgres bool, n int, c clock.Clock) (config.Config, *market) {
	b.Helper()
	cfg := config.Config{Data: filepath.Join(b.TempDir(), "data"), Secret: "a secret of the benchmark, no one else's"}
	if postgres {
		cfg.Database = testdb.EmptyURL(b)
	}
	m := b.opened(cfg, c, true)
	fill := generate.Market{DB: m.db, Clock: m.clock, Listings: m.listings, Orders: m.orders}
	if err := fill.Fill(b.Context(), generate.Amount{Listings: n, Seed: 2}, io.Discard); err != nil {
		b.Fatal(err)
	}
	return cfg, m
}

// buyersAtOnce is how many people buy at the same time.
const buyersAtOnce = 16

// trade measures whole checkouts: reserve, the provider's page, pay, webhook,
// held and told to the trade.
func (b *bench) trade() {
	b.Helper()
	for _, on := range b.targets(200, 400) {
		cfg, filled := b.stocked(on.postgres, b.checkouts*b.rounds, clock.System{})
		var wares []struct{ ID, Seller string }
		if err := filled.db.Select(b.Context(), &wares, `SELECT id, seller_id AS seller FROM listings`); err != nil {
			b.Fatal(err)
		}
		var people []accounts.UserID
		if err := filled.db.Select(b.Context(), &people, `SELECT id FROM users`); err != nil {
			b.Fatal(err)
		}
		m, pay, end := b.trading(cfg)
		done := 0
		got := b.measure(func() (float64, error) {
			start := clock.Wall()
			var wg sync.WaitGroup
			failed := make(chan error, buyersAtOnce)
			queue := make(chan int, b.checkouts)
			for n := range b.checkouts {
				queue <- done + n
			}
			close(queue)
			for range buyersAtOnce {
				wg.Go(func() {
					for n := range queue {
						buyer := people[n%len(people)]
						if string(buyer) == wares[n].Seller {
							buyer = people[(n+1)%len(people)]
						}
						if err := m.checkout(b.Context(), pay, buyer, listings.ID(wares[n].ID)); err != nil {
							failed <- err
							return
						}
					}
				})
			}
			wg.Wait()
			done += b.checkouts
			select {
			case err := <-failed:
				return 0, err
			default:
			}
			for held := 0; held < done; time.Sleep(5 * time.Millisecond) {
				if err := m.db.Get(b.Context(), &held, `SELECT count(*) FROM orders WHERE paid_at > 0`); err != nil {
					return 0, err
				}
			}
			return float64(b.checkouts) / clock.Wall().Sub(start).Seconds(), nil
		})
		floor := b.bareCommits(m.db)
		end()
		b.row(budget{what: "whole checkouts/s, " + on.name, wants: "≥ " + strconv.Itoa(int(on.least)), limit: on.least, atLeast: true, got: got,
			beside: "bare commits of one row " + floor.String() + "/s"})
	}
}

// bareCommits is how many transactions of one row a database takes a second.
func (b *bench) bareCommits(d *db.DB) figure {
	b.Helper()
	return b.measure(func() (float64, error) {
		n, start := 0, clock.Wall()
		for clock.Wall().Sub(start) < time.Second {
			_, err := d.Do(b.Context(), `INSERT INTO attempts (name, slot, tries) VALUES (?, 0, 1) ON CONFLICT DO NOTHING`, fmt.Sprint("bench", start.UnixNano(), n))
			if err != nil {
				return 0, err
			}
			n++
		}
		return float64(n) / clock.Wall().Sub(start).Seconds(), nil
	})
}

// checkout buys one thing and pays for it.
func (m *market) checkout(ctx context.Context, pay *stripe.Server, buyer accounts.UserID, ware listings.ID) error {
	o, err := m.orders.Buy(ctx, orders.Purchase{
		Buyer: buyer, Listing: ware, Key: "bench-" + string(ware), Method: shipping.Point, Carrier: "posti",
		Address: shipping.Address{Name: "Noora Lehto", Street: "Kauppakatu 3", Postcode: "20100", Town: "Turku", Phone: "040 123 4567"},
	})
	if err != nil {
		return err
	}
	at, err := m.orders.PayURL(ctx, o.ID, buyer, m.cfg.BaseURL+o.URL())
	if err != nil {
		return err
	}
	return pay.PayCard(sessionInURL.FindStringSubmatch(at)[1], stripe.Card{Number: testCard})
}

// trading is the program as it serves, with a stand-in payment provider.
func (b *bench) trading(cfg config.Config) (m *market, pay *stripe.Server, end func()) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	cfg.BaseURL = "http://" + l.Addr().String()
	if pay, err = stripe.New(stripe.Options{SecretKey: testStripeKey, WebhookURL: cfg.BaseURL + "/webhooks/stripe", WebhookSecret: testWebhookSecret}); err != nil {
		b.Fatal(err)
	}
	if cfg.StripeURL, err = pay.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	cfg.StripeKey, cfg.StripeWebhook = testStripeKey, testWebhookSecret
	m = b.opened(cfg, clock.System{}, false)
	ctx, stop := context.WithCancel(b.Context())
	over := make(chan error, 1)
	go func() { over <- m.serve(ctx, l, m.server(web.Options{})) }()
	return m, pay, func() {
		stop()
		if err := <-over; err != nil {
			b.Error(err)
		}
		if err := pay.Close(); err != nil {
			b.Error(err)
		}
	}
}
