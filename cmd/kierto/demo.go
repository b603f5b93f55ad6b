package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/kierto/kierto/cmd/kierto/demo"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/web"
)

// demoCommand runs a seeded marketplace to try, with stand-ins for the outside.
// Its data is thrown away at the end unless --data names a folder to keep it in.
func demoCommand(ctx context.Context, e env, args []string) error {
	e.cfg.Data = os.Getenv("KIERTO_DATA") // kept only when somebody asks for it
	f := e.flags("demo")
	size := f.String("seed", "full", "how much to make up: full, small or none")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	amount, ok := demo.Amounts[*size]
	if !ok {
		return errUsage
	}
	keep := e.cfg.Data != ""
	if !keep {
		dir, err := os.MkdirTemp("", "kierto-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		e.cfg.Data = dir
	}
	if err := os.MkdirAll(e.cfg.Data, 0o700); err != nil {
		return err
	}
	l, err := net.Listen("tcp", e.cfg.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	return e.runDemo(ctx, l, amount, keep)
}

// runDemo seeds the database, unless an earlier run has, and serves on l.
func (e env) runDemo(ctx context.Context, l net.Listener, amount demo.Amount, keep bool) error {
	start := clock.Wall()
	d, err := demo.Start(ctx, e.cfg.Data, or(e.cfg.BaseURL, baseOf(l)))
	if err != nil {
		return err
	}
	var level slog.LevelVar // what goes wrong in the made-up past is part of it
	level.Set(seedLevel)
	log := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: &level}))
	database, err := db.Open(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data, NoSync: !keep})
	if err != nil {
		return errors.Join(err, d.Close())
	}
	defer func() { _ = database.Close() }()
	defer func() { _ = d.Close() }() // before the database: it holds on to nothing
	if err := database.Migrate(ctx); err != nil {
		return err
	}
	m, err := build(ctx, d.Configure(e.cfg), database, log, site{clock: d.Clock, jobs: jobs.Options{Quick: true}, near: true})
	if err != nil {
		return err
	}
	m.mail = d.Mail
	d.Begin(m.forDemo())
	if !d.Seeded() {
		_, _ = fmt.Fprintln(e.out, "Making up people, things and two months of trades …")
		if err := d.Seed(ctx, amount, m.sweep); err != nil {
			return err
		}
	}
	level.Set(slog.LevelWarn)
	s := m.server(web.Options{Demo: d.Foot, ExtraForms: []string{d.PayPage()}})
	d.Web(s)
	d.Open(ctx)
	_, _ = fmt.Fprintf(e.out, demoHint, clock.Wall().Sub(start).Seconds(), m.cfg.BaseURL, m.cfg.BaseURL, m.cfg.BaseURL)
	defer d.Wait()
	return m.serve(ctx, l, s)
}

// sweep lets everything happen that is due.
func (m *market) sweep(ctx context.Context) error {
	_, err := m.nudges.Sweep(ctx)
	return err
}

// seedLevel is above every level: nothing is logged.
const seedLevel = slog.LevelError + 1

// demoHint is what is printed once the demo runs.
const demoHint = `
Kierto runs (ready in %.0f s):  %s

  · Sign in as a buyer, a seller or an operator with one click at the foot of every page.
  · Move the clock there and see who is reminded:   %s/demo/outbox
  · Let the carrier scan a parcel:                  %s/demo/carrier

Press Ctrl-C to stop.
`

// baseOf is how a browser on this machine reaches a listener.
func baseOf(l net.Listener) string {
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return "http://" + l.Addr().String()
	}
	if a.IP.IsLoopback() || a.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", a.Port)
	}
	return "http://" + a.String()
}

// forDemo is the services that the demo works with.
func (m *market) forDemo() demo.Market {
	return demo.Market{
		DB: m.db, Jobs: m.jobs, Log: m.log, Accounts: m.accounts, Messages: m.messages, Listings: m.listings,
		Shipping: m.shipping, Payments: m.payments, Orders: m.orders,
	}
}
