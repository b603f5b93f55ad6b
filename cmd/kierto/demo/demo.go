// Package demo is the marketplace to try: invented people and things, trades in
// every state, a clock that can be moved, and stand-ins for the outside that the
// real adapters talk to. Nothing of it is part of a marketplace that serves.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/standin/phone"
	"github.com/kierto/kierto/internal/standin/push"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// What the stand-ins are told. None of it opens anything but them.
const (
	stripeKey     = "sk_test_demo"
	stripeSecret  = "whsec_demo"
	carrierKey    = "demo"
	carrierSecret = "demo-secret"
	mailFrom      = "Salla / Kierto <hei@kierto.example>"
	signature     = "Salla"
	mailDomain    = "in.kierto.example"
	loopback      = "127.0.0.1:0"
)

// Files in the data folder that outlive a restart.
const (
	stateFile   = "demo.json"
	stripeFile  = "stripe.log"
	carrierFile = "carrier.json"
)

// headerTime is how long a client of the carrier may take to send its headers.
const headerTime = 10 * time.Second

// Market is what the demo needs of the program.
type Market struct {
	DB       *db.DB
	Jobs     *jobs.Queue
	Log      *slog.Logger
	Accounts *accounts.Service
	Messages *messaging.Service
	Listings *listings.Service
	Shipping *shipping.Service
	Payments *payments.Service
	Orders   *orders.Service
}

// state is what the demo remembers over a restart.
type state struct {
	Ahead   time.Duration `json:"ahead"` // how far the clock is ahead
	Secret  string        `json:"secret"`
	Stripe  string        `json:"stripe"`  // address; pages to pay on are known by it
	Carrier string        `json:"carrier"` // address
	Push    string        `json:"push"`    // address; browsers are known by it
	People  []person      `json:"people"`  // who can be signed in as with one click; none: not seeded yet
}

// person is somebody to sign in as.
type person struct {
	ID   accounts.UserID `json:"id"`
	Name string          `json:"name"`
	Role string          `json:"role"` // buyer, seller or operator
}

// Demo is the stand-ins and the clock. Close it when done.
type Demo struct {
	Clock   *Clock
	Stripe  *stripe.Server
	Carrier *carrier.Standin
	Post    *smtp.Server
	Push    *push.Server
	Mail    net.Listener // where answers by e-mail come in; who serves the market takes it over
	Phone   *phone.Server

	dir     string
	state   state
	urls    struct{ stripe, carrier string }
	server  *http.Server // the carrier's
	base    string
	market  Market
	moving  sync.Mutex // one move of the clock at a time
	posted  posting
	filling sync.WaitGroup
	odd     []error   // what was left out of the made-up past
	more    []further // photos that follow once the demo runs
}

// Start starts the stand-ins for a demo whose data is in dir, where an earlier
// one may have left its state. base is how browsers reach the demo.
func Start(ctx context.Context, dir, base string) (*Demo, error) {
	d := &Demo{Clock: &Clock{}, dir: dir, base: base}
	if err := d.load(); err != nil {
		return nil, err
	}
	if d.Seeded() {
		d.Clock.run(d.state.Ahead)
	}
	var err error
	if d.Post, err = smtp.Start(d.Clock); err != nil {
		return nil, err
	}
	if d.Mail, err = net.Listen("tcp", loopback); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := errors.Join(d.startStripe(ctx), d.startCarrier(), d.startPush(ctx), d.startPhone()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, d.save()
}

// startStripe starts the payment provider, at its old address if it can be had.
func (d *Demo) startStripe(ctx context.Context) (err error) {
	d.Stripe, err = stripe.New(stripe.Options{
		Clock: d.Clock, SecretKey: stripeKey, File: filepath.Join(d.dir, stripeFile), Context: context.WithoutCancel(ctx),
	})
	if err != nil {
		return err
	}
	for _, addr := range []string{d.state.Stripe, loopback} {
		if addr == "" {
			continue
		}
		if d.urls.stripe, err = d.Stripe.Start(addr); err == nil {
			d.state.Stripe = d.urls.stripe[len("http://"):]
			return nil
		}
	}
	return err
}

// startCarrier starts the parcel carrier, likewise.
func (d *Demo) startCarrier() (err error) {
	d.Carrier, err = carrier.New(carrier.Options{
		Clock: d.Clock, Key: carrierKey, Secret: carrierSecret, Snapshot: filepath.Join(d.dir, carrierFile),
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", d.state.Carrier)
	if d.state.Carrier == "" || err != nil {
		if l, err = net.Listen("tcp", loopback); err != nil {
			return err
		}
	}
	d.state.Carrier = l.Addr().String()
	d.urls.carrier = "http://" + d.state.Carrier
	d.server = &http.Server{Handler: d.Carrier.Handler(), ReadHeaderTimeout: headerTime}
	go func() { _ = d.server.Serve(l) }() // ends with Close
	return nil
}

// Configure points the settings at the stand-ins.
func (d *Demo) Configure(c config.Config) config.Config {
	c.Data, c.BaseURL, c.Secret, c.Signature = d.dir, d.base, d.state.Secret, signature
	c.SMTP, c.MailFrom, c.InboundDomain = d.Post.URL(), mailFrom, mailDomain
	c.StripeKey, c.StripeWebhook, c.StripeURL, c.PayPal = stripeKey, stripeSecret, d.urls.stripe, true
	c.CarrierURL, c.CarrierKey, c.CarrierSecret = d.urls.carrier, carrierKey, carrierSecret
	return d.texts(c)
}

// PayPage is where forms lead that end at the payment provider.
func (d *Demo) PayPage() string { return d.urls.stripe }

// Seeded tells whether an earlier run has filled the database.
func (d *Demo) Seeded() bool { return len(d.state.People) > 0 }

// Begin hands the demo the services it works with.
func (d *Demo) Begin(m Market) {
	d.market = m
	d.posted.to = m.Messages.Sender
	m.Messages.Sender = &d.posted
}

// Open lets the payment provider talk to the marketplace, once that listens, and
// hangs the photos that are still to come, until ctx ends.
func (d *Demo) Open(ctx context.Context) {
	d.Stripe.SetWebhook(d.base+"/webhooks/stripe", stripeSecret)
	if err := d.subscribe(ctx); err != nil {
		d.market.Log.Warn("demo", "push", err)
	}
	d.filling.Go(func() { d.ringing(ctx) })
	d.filling.Go(func() {
		for _, f := range d.more {
			d.moving.Lock() // whoever moves the clock shall not wait for pictures
			err := d.hang(ctx, f.photo, f.on)
			d.moving.Unlock()
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				d.market.Log.Warn("demo", "photo", err)
			}
		}
	})
}

// Wait waits until Open's photos are hung, or given up because its ctx ended.
func (d *Demo) Wait() { d.filling.Wait() }

// Close stops the stand-ins.
func (d *Demo) Close() error {
	var errs []error
	if d.Stripe != nil {
		errs = append(errs, d.Stripe.Close())
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	if d.Post != nil {
		errs = append(errs, d.Post.Close())
	}
	if d.Phone != nil {
		errs = append(errs, d.Phone.Close())
	}
	if d.Mail != nil {
		if err := d.Mail.Close(); !errors.Is(err, net.ErrClosed) { // closed by who served it
			errs = append(errs, err)
		}
	}
	if d.Push != nil {
		errs = append(errs, d.Push.Close())
	}
	return errors.Join(errs...)
}

// load reads what an earlier run left.
func (d *Demo) load() error {
	raw, err := os.ReadFile(filepath.Join(d.dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		d.state.Secret = id.Secret()
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &d.state); err != nil {
		return fmt.Errorf("%s: %w", stateFile, err)
	}
	return nil
}

// save keeps the state for the next run.
func (d *Demo) save() error {
	raw, err := json.MarshalIndent(d.state, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(d.dir, stateFile)
	if err := os.WriteFile(file+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
