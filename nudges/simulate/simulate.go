// Package simulate lets the real services run a market of invented people,
// carriers, channels and a payment provider through virtual time, with all that
// may go wrong, and proves after every step that what is promised holds.
package simulate

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Options say what to simulate.
type Options struct {
	Orders   int    // trades that begin
	Days     int    // over so many days
	Seed     uint64 // the same gives the same, byte for byte
	Faults   bool   // crashes, lost and doubled jobs, skipped sweeps, jumping clocks
	Database string // "sqlite" or "postgres"; for the command that replays it
	Policy   string // the policy's file; "" for the built-in one
	Only     bool   // without the run that nobody is reminded in
	Sabotage string // breaks one thing on purpose; see Sabotages
}

// Command is what replays a simulation exactly. Which database is said only
// where it is not the usual one, since all give the same.
func (o Options) Command() string { return strings.Join(append([]string{"kierto"}, o.Args()...), " ") }

// Args are the arguments of the program that replay a simulation exactly, on any
// database.
func (o Options) Args() []string {
	words := []string{"simulate", "--orders", strconv.Itoa(o.Orders), "--days", strconv.Itoa(o.Days),
		"--seed", strconv.FormatUint(o.Seed, 10)}
	if o.Faults {
		words = append(words, "--faults")
	}
	if o.Policy != "" {
		words = append(words, "--policy", o.Policy)
	}
	if o.Only {
		words = append(words, "--only")
	}
	if o.Sabotage != "" {
		words = append(words, "--sabotage", o.Sabotage)
	}
	return words
}

// Node is the program's services over one database, as they are after a start.
type Node struct {
	Jobs     *jobs.Queue
	Accounts *accounts.Service
	Messages *messaging.Service
	Listings *listings.Service
	Shipping *shipping.Service
	Payments *payments.Service
	Orders   *orders.Service
	Nudges   *nudges.Service
	Check    func(ctx context.Context) ([]check.Result, error) // every service's own invariants
}

// Outside is everybody whom the program speaks to, and its clock.
type Outside struct {
	Clock    clock.Clock
	Jobs     *jobs.Simulation
	Mail     messaging.Sender
	SMS      messaging.Texter
	WhatsApp messaging.Texter
	Push     messaging.Pusher
	Bank     payments.Provider
	Carrier  shipping.Carrier
}

// Program is how the simulator starts what it simulates.
type Program struct {
	// Open gives a fresh database with its tables, and what takes it away again.
	Open func(ctx context.Context, probe *db.Probe) (d *db.DB, drop func() error, err error)
	// Start builds the services over a database, as a process that starts does.
	Start func(ctx context.Context, d *db.DB, o Outside) (*Node, error)
}

// begin is when every simulation begins: on a Monday before the clocks change,
// so that the autumn's long day is in it.
var begin = clock.Of(time.Date(2026, 10, 12, 4, 0, 0, 0, time.UTC))

// Run simulates one market, and the same without any reminders for comparison.
func Run(ctx context.Context, p Program, o Options) (*Report, error) {
	with, err := p.once(ctx, o, false)
	if err != nil {
		return nil, err
	}
	r := with.sum(o)
	if o.Only || with.caught() {
		return r, nil
	}
	without, err := p.once(ctx, o, true)
	if err != nil {
		return nil, fmt.Errorf("without reminders: %w", err)
	}
	r.compare(with, without)
	return r, nil
}

// once simulates one policy.
func (p Program) once(ctx context.Context, o Options, silent bool) (w *world, err error) {
	w = newWorld(p, o, silent)
	d, drop, err := p.Open(ctx, &w.probe)
	if err != nil {
		return nil, err
	}
	defer func() {
		if dropErr := drop(); err == nil {
			err = dropErr
		}
	}()
	w.db = d
	return w, w.run(ctx)
}
