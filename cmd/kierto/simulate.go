package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/testdb/pg"
	"github.com/kierto/kierto/nudges/simulate"
)

// simulateCommand runs the services against invented people in virtual time.
func simulateCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("simulate")
	var o simulate.Options
	f.IntVar(&o.Orders, "orders", 1000, "how many `trades` begin")
	f.IntVar(&o.Days, "days", 30, "over how many `days`")
	f.Uint64Var(&o.Seed, "seed", 1, "the same `number` gives the same, byte for byte")
	f.BoolVar(&o.Faults, "faults", false, "let the process die, jobs be lost and clocks jump")
	f.StringVar(&o.Policy, "policy", "", "`file` of the policy; empty for the built-in one")
	f.StringVar(&o.Database, "db", "sqlite", "sqlite or postgres")
	f.StringVar(&o.Sabotage, "sabotage", "", "break one `thing` on purpose, to see it noticed")
	f.BoolVar(&o.Only, "only", false, "leave out the comparison with nobody reminded")
	asJSON := f.Bool("json", false, "for machines")
	raw := f.Bool("raw", false, "for machines, with what several markets are put together of")
	profile := f.String("profile", "", "write a CPU profile to a `file`")
	timed := f.Bool("time", false, "say how long it took")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if o.Orders < 1 || o.Days < 1 || o.Database != "sqlite" && o.Database != "postgres" {
		return errUsage
	}
	if _, known := simulate.Sabotages()[o.Sabotage]; o.Sabotage != "" && !known {
		return fmt.Errorf("nothing is called %q that could be broken; there are %s", o.Sabotage,
			strings.Join(slices.Sorted(maps.Keys(simulate.Sabotages())), ", "))
	}
	start := clock.Wall()
	r, err := e.simulate(ctx, o, *profile)
	if err != nil {
		return err
	}
	took := clock.Wall().Sub(start)
	if !*raw {
		r.Raw = nil
	}
	if *asJSON || *raw {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = r.Text(e.out)
	}
	if *timed && err == nil {
		runs := 2
		if o.Only {
			runs = 1
		}
		_, err = fmt.Fprintf(e.err, "%d trades in %.1f s: %.0f a second\n", runs*o.Orders, took.Seconds(), float64(runs*o.Orders)/took.Seconds())
	}
	if err == nil && !r.OK() {
		err = errBroken
	}
	return err
}

// simulate runs all markets of a simulation: one in this process, several each in
// one of their own.
func (e env) simulate(ctx context.Context, o simulate.Options, profile string) (*simulate.Report, error) {
	if all := o.Markets(); len(all) > 1 {
		if profile != "" {
			return nil, fmt.Errorf("only one market can be profiled: --orders %d at the most", simulate.MarketTrades)
		}
		return e.markets(ctx, o, all)
	}
	p, stop, err := e.simulated(o)
	if err != nil {
		return nil, err
	}
	debug.SetGCPercent(400) // memory is short-lived here, and there is enough
	ended, err := profiled(profile)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	r, err := simulate.Run(ctx, p, o)
	return r, errors.Join(err, ended(), stop())
}

// profiled begins a CPU profile, and gives what ends it; "" does neither.
func profiled(file string) (end func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return func() error { pprof.StopCPUProfile(); return out.Close() }, nil
}

// simulated is how a simulation starts the program, and what ends the database
// server it needed.
func (e env) simulated(o simulate.Options) (p simulate.Program, stop func() error, err error) {
	ended := func() error { return nil }
	data, err := os.MkdirTemp("", "kierto-simulation-")
	if err != nil {
		return p, ended, err
	}
	server := e.cfg.Database
	if o.Database == "postgres" && server == "" {
		own, err := pg.Start()
		if err != nil {
			return p, ended, err
		}
		server, ended = own.URL, own.Stop
	}
	stop = func() error { return errors.Join(ended(), os.RemoveAll(data)) }
	cfg := config.Config{BaseURL: "https://kierto.example", Secret: "a secret that only invented people know", Policy: o.Policy, Data: data, InboundDomain: "answers.kierto.example"}
	p.Open = func(ctx context.Context, probe *db.Probe) (*db.DB, func() error, error) {
		d, drop, err := scratch(ctx, o.Database, server, probe)
		if err != nil {
			return nil, nil, err
		}
		return d, drop, d.Migrate(ctx)
	}
	p.Start = func(ctx context.Context, d *db.DB, out simulate.Outside) (*simulate.Node, error) {
		m, err := build(ctx, cfg, d, slog.New(slog.DiscardHandler), site{
			clock: out.Clock, sender: out.Mail, jobs: jobs.Options{Simulation: out.Jobs, Node: "simulated"}, outside: &out,
		})
		if err != nil {
			return nil, err
		}
		return &simulate.Node{
			Jobs: m.jobs, Accounts: m.accounts, Messages: m.messages, Listings: m.listings, Shipping: m.shipping,
			Payments: m.payments, Orders: m.orders, Nudges: m.nudges, Check: m.checkAll,
		}, nil
	}
	return p, stop, nil
}

// scratch is a database for one simulation, and what takes it away.
func scratch(ctx context.Context, kind, server string, probe *db.Probe) (d *db.DB, drop func() error, err error) {
	cfg := db.Config{Probe: probe, NoSync: true, MaxConns: 4}
	gone := func() error { return nil }
	if kind == "postgres" {
		if cfg.URL, gone, err = db.Scratch(ctx, server); err != nil {
			return nil, nil, err
		}
	} else {
		cfg.Memory = true
	}
	if d, err = db.Open(ctx, cfg); err != nil {
		return nil, nil, errors.Join(err, gone())
	}
	return d, func() error { return errors.Join(d.Close(), gone()) }, nil
}

// checkAll is every service's own invariants.
func (m *market) checkAll(ctx context.Context) ([]check.Result, error) {
	var all []check.Result
	for _, c := range m.checkers() {
		rs, err := c.Check(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, rs...)
	}
	return all, nil
}
