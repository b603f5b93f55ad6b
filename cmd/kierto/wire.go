package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/desk"
	"github.com/kierto/kierto/internal/blob"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/public"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/nudges/simulate"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// sweepHands is how many batches of turns are worked on at a time on PostgreSQL:
// while the database works for one, another is decided.
const sweepHands = 4

// market is every service of the program, built once and by hand.
type market struct {
	cfg   config.Config
	mail  net.Listener // where answers by e-mail come in; nil: nowhere
	clock clock.Clock
	log   *slog.Logger
	db    *db.DB
	jobs  *jobs.Queue
	live  *live.Hub

	accounts *accounts.Service
	messages *messaging.Service
	listings *listings.Service
	shipping *shipping.Service
	payments *payments.Service
	orders   *orders.Service
	nudges   *nudges.Service
	desk     *desk.Service
}

// site is what the commands that run a marketplace add to the settings. The zero
// site is for those that only look at the data.
type site struct {
	clock  clock.Clock      // nil: the machine's
	sender messaging.Sender // nil: as the settings say
	jobs   jobs.Options
	near   bool // push services on this machine may be used: the demo's

	outside *simulate.Outside // whom a simulation invents in place of all others; nil: the real ones
}

// build puts the services together over an open, migrated database. ctx ends
// what they keep running.
func build(ctx context.Context, cfg config.Config, d *db.DB, log *slog.Logger, o site) (*market, error) {
	m := &market{cfg: cfg, clock: o.clock, log: log, db: d, jobs: jobs.New(d, log, o.jobs), live: live.New()}
	if m.clock == nil {
		m.clock = clock.System{}
	}
	if d.Postgres() && o.outside == nil {
		m.live = live.OverPostgres(ctx, cfg.Database, log)
	}
	m.accounts = accounts.New(d, m.clock, m.jobs)
	m.messages = messaging.New(d, m.clock, m.jobs, m.live, m.accounts, log, messaging.Config{
		BaseURL: cfg.BaseURL, Secret: cfg.Secret, Signature: or(cfg.Signature, "Kierto"), From: cfg.MailFrom,
		InboundDomain: cfg.InboundDomain,
	})
	if err := m.post(o.sender); err != nil {
		return nil, err
	}
	if err := m.push(o.near); err != nil {
		return nil, err
	}
	if err := m.texts(); err != nil {
		return nil, err
	}
	if err := m.shelves(); err != nil {
		return nil, err
	}
	m.payments = &payments.Service{
		DB: d, Clock: m.clock, Jobs: m.jobs, Log: log, Base: cfg.BaseURL, User: m.accounts.Get, Tell: m.messages.Tell,
		Provider: payments.NewStripe(cfg.StripeKey, cfg.StripeWebhook, cfg.StripeURL, cfg.PayPal),
	}
	m.orders = orders.New(d, m.clock, m.jobs, log, m.accounts, m.messages, m.listings, m.shipping, m.payments)
	m.orders.PayPal = cfg.PayPal
	policy, err := nudges.ReadPolicy(cfg.Policy)
	if err != nil {
		return nil, fmt.Errorf("KIERTO_POLICY: %w", err)
	}
	m.nudges = &nudges.Service{
		DB: d, Clock: m.clock, Log: log, Policy: policy,
		Accounts: m.accounts, Messages: m.messages, Payments: m.payments, Orders: m.orders,
	}
	if d.Postgres() && o.jobs.Simulation == nil {
		m.nudges.Hands = sweepHands
	}
	if o.outside != nil {
		m.invent(*o.outside)
	}
	m.desk = desk.New(d, m.clock, log, m.accounts, m.messages, m.listings, m.shipping, m.payments, m.orders, m.nudges)
	m.hooks()
	for _, w := range m.workers() {
		w.Work(m.jobs)
	}
	return m, nil
}

// invent puts a simulation's parties in place of all outside ones.
func (m *market) invent(o simulate.Outside) {
	m.messages.Sender, m.messages.SMS, m.messages.WhatsApp, m.messages.Pusher = o.Mail, o.SMS, o.WhatsApp, o.Push
	m.accounts.Texts = []string{accounts.BySMS, accounts.ByWhatsApp}
	m.payments.Provider, m.shipping.Carrier = o.Bank, o.Carrier
}

// post sets how e-mail goes out.
func (m *market) post(sender messaging.Sender) error {
	if sender != nil || m.cfg.SMTP == "" {
		m.messages.Sender = sender
		return nil
	}
	smtp, err := messaging.NewSMTP(m.cfg.SMTP, m.cfg.MailFrom)
	if err != nil {
		return fmt.Errorf("KIERTO_SMTP_URL, KIERTO_MAIL_FROM: %w", err)
	}
	if m.cfg.DKIMKey != "" {
		key, err := os.ReadFile(m.cfg.DKIMKey)
		if err != nil {
			return fmt.Errorf("KIERTO_DKIM_KEY: %w", err)
		}
		dkim, err := messaging.NewDKIM(m.cfg.DKIMDomain, m.cfg.DKIMSelector, key)
		if err != nil {
			return fmt.Errorf("KIERTO_DKIM_KEY, KIERTO_DKIM_SELECTOR, KIERTO_DKIM_DOMAIN: %w", err)
		}
		smtp = smtp.WithDKIM(dkim)
	}
	m.messages.Sender = smtp
	return nil
}

// push sets how push messages go out. What only looks at the data has no secret
// to make the keys from, and sends none.
func (m *market) push(near bool) (err error) {
	keys := messaging.VAPID{Public: m.cfg.VAPIDPublic, Private: m.cfg.VAPIDPrivate}
	if keys.Private == "" {
		if m.cfg.Secret == "" {
			return nil
		}
		if keys, err = messaging.DeriveVAPID(m.cfg.Secret); err != nil {
			return err
		}
	}
	contact := m.cfg.BaseURL
	if a, err := mail.ParseAddress(m.cfg.MailFrom); err == nil {
		contact = a.Address
	}
	w, err := messaging.NewWebPush(keys, contact, public.Guard{Loopback: near})
	if err != nil {
		return fmt.Errorf("KIERTO_VAPID_PUBLIC, KIERTO_VAPID_PRIVATE: %w", err)
	}
	m.messages.UseWebPush(w)
	return nil
}

// texts sets how SMS and WhatsApp messages go out.
func (m *market) texts() error {
	cfg := m.cfg
	if cfg.SMSURL != "" {
		var err error
		if cfg.SMSKind == config.SMSWebhook {
			m.messages.SMS, err = messaging.NewHook(cfg.SMSURL, cfg.SMSSecret, clock.System{}.Now)
		} else {
			m.messages.SMS, err = messaging.NewElks(cfg.SMSURL, cfg.SMSFrom, cfg.SMSSecret, cfg.BaseURL)
		}
		if err != nil {
			return fmt.Errorf("KIERTO_SMS_URL, KIERTO_SMS_FROM, KIERTO_SMS_SECRET: %w", err)
		}
		m.accounts.Texter = m.messages.AccountText
		m.accounts.Texts = append(m.accounts.Texts, accounts.BySMS)
	}
	if cfg.WhatsAppPhone == "" {
		return nil
	}
	wa, err := messaging.NewCloud(messaging.CloudConfig{
		URL: cfg.WhatsAppURL, Phone: cfg.WhatsAppPhone, Token: cfg.WhatsAppToken, Secret: cfg.WhatsAppSecret,
		Verify: cfg.WhatsAppVerify, Template: cfg.WhatsAppTemplate,
	})
	if err != nil {
		return fmt.Errorf("KIERTO_WHATSAPP_…: %w", err)
	}
	m.messages.WhatsApp = wa
	m.accounts.Texts = append(m.accounts.Texts, accounts.ByWhatsApp)
	return nil
}

// shelves builds what is for sale and how it travels.
func (m *market) shelves() error {
	blobs, err := blob.Open(filepath.Join(m.cfg.Data, photoFolder))
	if err != nil {
		return err
	}
	tree := listings.DefaultTree()
	if m.cfg.Categories != "" {
		if tree, err = listings.LoadTree(m.cfg.Categories); err != nil {
			return fmt.Errorf("KIERTO_CATEGORIES: %w", err)
		}
	}
	rates, err := shipping.LoadRates(m.cfg.Rates)
	if err != nil {
		return fmt.Errorf("KIERTO_RATES: %w", err)
	}
	m.listings = &listings.Service{
		DB: m.db, Clock: m.clock, Jobs: m.jobs, Log: m.log, Accounts: m.accounts, Messages: m.messages, Blobs: blobs, Tree: tree,
	}
	m.shipping = &shipping.Service{DB: m.db, Clock: m.clock, Jobs: m.jobs, Log: m.log, Rates: rates}
	if m.cfg.CarrierURL != "" {
		m.shipping.Carrier = &shipping.Pakettikauppa{
			Base: m.cfg.CarrierURL, Key: m.cfg.CarrierKey, Secret: m.cfg.CarrierSecret, Now: m.clock.Now,
		}
	}
	return nil
}

// hooks connects lower services to what upper ones know.
func (m *market) hooks() {
	m.accounts.Mailer = m.messages.AccountMail
	m.accounts.Closers = append(m.accounts.Closers, m.orders.ClosesWith, m.payments.Leave, m.listings.ClosesWith, m.messages.Leave, m.nudges.Leave)
	m.accounts.Exporters = append(m.accounts.Exporters, m.listings.Export, m.orders.Export, m.orders.ExportOffers, m.payments.Export,
		m.messages.Export, m.messages.ExportReach, m.messages.ExportNotices, m.nudges.Export)

	m.accounts.ChannelParts = append(m.accounts.ChannelParts, m.messages.PushPart)

	m.accounts.Changed = append(m.accounts.Changed, m.messages.Changed)
	m.accounts.Ended = append(m.accounts.Ended, m.messages.SessionsEnded)

	m.messages.Photos = m.listings.SavePhotoShown
	m.messages.PhotoURL = listings.MessagePhotoURL
	m.messages.Trade = m.trade

	m.payments.Held = func(ctx context.Context, orderID string) error {
		return m.orders.Settled(ctx, orders.ID(orderID), true)
	}

	m.listings.ShipOptions, m.listings.OffSale = m.shipOptions, m.orders.OffSale
	m.listings.BuyerFee = func(l listings.Listing) money.Amount { return orders.Fee(l.Price()) }

	m.messages.Recheck, m.messages.Went, m.messages.Actions = m.nudges.Recheck, m.nudges.Went, m.nudges.Actions
	m.messages.Panels = append(m.messages.Panels, m.orders.Panel)
	m.orders.Plan, m.orders.Fit, m.orders.Terms = m.nudges.Reminders, m.nudges.Fit, m.nudges.Terms
	m.messages.Within, m.orders.Muted = m.nudges.Within, m.nudges.Muted
	m.messages.Cap = m.dailyCap
	m.messages.Failed, m.orders.Reached = m.nudges.Failed, m.nudges.Reached
	m.accounts.Changed = append(m.accounts.Changed, m.nudges.Retime)
}

// dailyCap is how many reminders a day the live policy lets a person get.
func (m *market) dailyCap(ctx context.Context) (int, error) {
	p, err := m.nudges.Live(ctx, m.db)
	return p.Cap, err
}

// trade is what a trade is called, for those in it.
func (m *market) trade(ctx context.Context, u accounts.UserID, orderID string) (title, photo string, err error) {
	o, _, err := m.orders.For(ctx, m.db, orders.ID(orderID), u)
	return o.Title, o.Photo, err
}

// shipOptions words the ways a listing travels.
func (m *market) shipOptions(f web.Frame, l listings.Listing, _ string) ([]listings.Ship, error) {
	var out []listings.Ship
	for _, o := range m.shipping.Options(string(l.Parcel), orders.Ways(l)) {
		s := listings.Ship{Name: f.T("listings.way." + string(o.Method)), Price: o.Price, Carried: o.Carrier != ""}
		if s.Carried {
			s.Name += ", " + shipping.CarrierName(o.Carrier)
			s.More = f.T("wire.days", "From", o.DaysMin, "To", o.DaysMax)
		} else {
			s.More = l.Town
		}
		out = append(out, s)
	}
	return out, nil
}

// workers are the services that have jobs.
func (m *market) workers() []interface{ Work(*jobs.Queue) } {
	return []interface{ Work(*jobs.Queue) }{m.accounts, m.messages, m.listings, m.shipping, m.payments, m.orders, m.nudges}
}

// pages are the services that have pages.
func (m *market) pages() []interface{ Web(*web.Server) } {
	return []interface{ Web(*web.Server) }{m.accounts, m.messages, m.listings, m.payments, m.orders, m.nudges, m.desk}
}

// checkers are the services that have invariants.
func (m *market) checkers() []interface {
	Check(context.Context) ([]check.Result, error)
} {
	return []interface {
		Check(context.Context) ([]check.Result, error)
	}{m.accounts, m.messages, m.listings, m.shipping, m.payments, m.orders, m.nudges}
}

// or is s, or otherwise when s is empty.
func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
