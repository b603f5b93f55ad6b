// Package config reads the settings: environment variables named KIERTO_…,
// once, at start. Without any, the demo runs.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Config are the settings of one installation.
type Config struct {
	Addr     string         // KIERTO_ADDR: where to listen, "localhost:8080"
	Data     string         // KIERTO_DATA: folder of the SQLite file and the photos
	Database string         // KIERTO_DATABASE_URL: empty for SQLite in Data, or postgres://…
	BaseURL  string         // KIERTO_BASE_URL: how people reach the site, "https://example.fi"
	Secret   string         // KIERTO_SECRET: at least 32 characters; signs links in e-mails
	Metrics  string         // KIERTO_METRICS_ADDR: where Prometheus may look; empty: nowhere
	Proxies  []netip.Prefix // KIERTO_TRUSTED_PROXIES: whose X-Forwarded-For is believed, comma-separated

	SMTP      string // KIERTO_SMTP_URL: smtp://user:password@host:587 (STARTTLS) or smtps://…:465
	MailFrom  string // KIERTO_MAIL_FROM: "Kierto <hei@example.fi>"
	Signature string // KIERTO_SIGNATURE: the person who signs messages, "Salla"

	InboundAddr   string // KIERTO_INBOUND_SMTP_ADDR: where to take answers by e-mail, ":25"; empty: nowhere
	InboundDomain string // KIERTO_INBOUND_DOMAIN: the domain those are sent to, whose MX is this machine
	InboundTrusts bool   // KIERTO_INBOUND_TRUSTED=1: a mail server before us has checked whose mail it is
	DKIMKey       string // KIERTO_DKIM_KEY: file of the private key, PEM; empty: e-mail is not signed here
	DKIMSelector  string // KIERTO_DKIM_SELECTOR: its name in the DNS
	DKIMDomain    string // KIERTO_DKIM_DOMAIN: the domain it signs for, that of MailFrom

	VAPIDPublic  string // KIERTO_VAPID_PUBLIC: the key pair of push messages; empty: made from Secret
	VAPIDPrivate string // KIERTO_VAPID_PRIVATE

	SMSURL    string // KIERTO_SMS_URL: https://user:password@api.46elks.com, or the webhook's address; empty: no SMS
	SMSKind   string // KIERTO_SMS_KIND: "46elks" (default) or "webhook"
	SMSFrom   string // KIERTO_SMS_FROM: sender, E.164, so that people can answer
	SMSSecret string // KIERTO_SMS_SECRET: at least 20 characters; in the webhook's path, or what signs it

	WhatsAppURL      string // KIERTO_WHATSAPP_URL: the Cloud API, https://graph.facebook.com/v21.0
	WhatsAppPhone    string // KIERTO_WHATSAPP_PHONE_ID: id of the number that sends; empty: no WhatsApp
	WhatsAppToken    string // KIERTO_WHATSAPP_TOKEN: of a system user
	WhatsAppSecret   string // KIERTO_WHATSAPP_SECRET: of the app; signs its webhooks
	WhatsAppVerify   string // KIERTO_WHATSAPP_VERIFY: at least 20 characters, told when the webhook is set up
	WhatsAppTemplate string // KIERTO_WHATSAPP_TEMPLATE: name of the approved template

	StripeKey     string // KIERTO_STRIPE_KEY
	StripeWebhook string // KIERTO_STRIPE_WEBHOOK_SECRET: of an endpoint with API version 2023-10-16
	StripeURL     string // KIERTO_STRIPE_URL: empty for the real one
	PayPal        bool   // KIERTO_PAYPAL=1: offer PayPal too (needs Stripe's approval)

	CarrierURL    string // KIERTO_CARRIER_URL: parcel API; empty: sellers type tracking numbers
	CarrierKey    string // KIERTO_CARRIER_KEY
	CarrierSecret string // KIERTO_CARRIER_SECRET

	Categories string // KIERTO_CATEGORIES: file that replaces the built-in categories
	Rates      string // KIERTO_RATES: file that replaces the built-in shipping prices
	Policy     string // KIERTO_POLICY: file that replaces the built-in ladders
}

// Kinds of SMS provider.
const (
	SMSElks    = "46elks"
	SMSWebhook = "webhook"
)

// whatsAppURL is the version of the Cloud API that this program was written for.
const whatsAppURL = "https://graph.facebook.com/v21.0"

// Read reads the environment. get is os.Getenv, or a test's own.
func Read(get func(string) string) (Config, error) {
	c := Config{
		Addr: or(get("KIERTO_ADDR"), "localhost:8080"), Data: or(get("KIERTO_DATA"), defaultData()),
		Database: get("KIERTO_DATABASE_URL"), BaseURL: strings.TrimSuffix(get("KIERTO_BASE_URL"), "/"),
		Secret: get("KIERTO_SECRET"), Metrics: get("KIERTO_METRICS_ADDR"),
		SMTP: get("KIERTO_SMTP_URL"), MailFrom: get("KIERTO_MAIL_FROM"), Signature: get("KIERTO_SIGNATURE"),
		InboundAddr: get("KIERTO_INBOUND_SMTP_ADDR"), InboundDomain: get("KIERTO_INBOUND_DOMAIN"),
		InboundTrusts: get("KIERTO_INBOUND_TRUSTED") == "1",
		DKIMKey:       get("KIERTO_DKIM_KEY"), DKIMSelector: get("KIERTO_DKIM_SELECTOR"), DKIMDomain: get("KIERTO_DKIM_DOMAIN"),
		VAPIDPublic: get("KIERTO_VAPID_PUBLIC"), VAPIDPrivate: get("KIERTO_VAPID_PRIVATE"),
		SMSURL: get("KIERTO_SMS_URL"), SMSKind: or(get("KIERTO_SMS_KIND"), SMSElks),
		SMSFrom: get("KIERTO_SMS_FROM"), SMSSecret: get("KIERTO_SMS_SECRET"),
		WhatsAppURL: or(get("KIERTO_WHATSAPP_URL"), whatsAppURL), WhatsAppPhone: get("KIERTO_WHATSAPP_PHONE_ID"),
		WhatsAppToken: get("KIERTO_WHATSAPP_TOKEN"), WhatsAppSecret: get("KIERTO_WHATSAPP_SECRET"),
		WhatsAppVerify: get("KIERTO_WHATSAPP_VERIFY"), WhatsAppTemplate: get("KIERTO_WHATSAPP_TEMPLATE"),
		StripeKey: get("KIERTO_STRIPE_KEY"), StripeWebhook: get("KIERTO_STRIPE_WEBHOOK_SECRET"),
		StripeURL: get("KIERTO_STRIPE_URL"), PayPal: get("KIERTO_PAYPAL") == "1",
		CarrierURL: get("KIERTO_CARRIER_URL"), CarrierKey: get("KIERTO_CARRIER_KEY"), CarrierSecret: get("KIERTO_CARRIER_SECRET"),
		Categories: get("KIERTO_CATEGORIES"), Rates: get("KIERTO_RATES"), Policy: get("KIERTO_POLICY"),
	}
	if c.SMSKind != SMSElks && c.SMSKind != SMSWebhook {
		return c, fmt.Errorf("KIERTO_SMS_KIND: %q is neither %s nor %s", c.SMSKind, SMSElks, SMSWebhook)
	}
	for _, s := range strings.FieldsFunc(get("KIERTO_TRUSTED_PROXIES"), func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := prefix(s)
		if err != nil {
			return c, fmt.Errorf("KIERTO_TRUSTED_PROXIES: %q is neither an address nor a range", s)
		}
		c.Proxies = append(c.Proxies, p)
	}
	return c, nil
}

// minSecret is the shortest secret, in characters: 256 bits written in base64
// are 43, in hex 64.
const minSecret = 32

// ErrIncomplete is returned when serve lacks a setting it cannot do without.
var ErrIncomplete = errors.New("settings are missing")

// ForServe tells what `kierto serve` still lacks, all of it at once.
func (c Config) ForServe() error {
	var lacks []string
	need := func(ok bool, what string) {
		if !ok {
			lacks = append(lacks, what)
		}
	}
	u, err := url.Parse(c.BaseURL)
	need(err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"), "KIERTO_BASE_URL, how people reach the site, such as https://kierto.example")
	need(len(c.Secret) >= minSecret, fmt.Sprintf("KIERTO_SECRET, at least %d random characters", minSecret))
	need(c.SMTP != "", "KIERTO_SMTP_URL, where e-mail goes out, such as smtp://user:password@mail.example:587")
	need(c.MailFrom != "", "KIERTO_MAIL_FROM, who e-mail comes from, such as \"Kierto <hei@kierto.example>\"")
	need(c.InboundAddr == "" || c.InboundDomain != "", "KIERTO_INBOUND_DOMAIN, the domain whose mail comes to KIERTO_INBOUND_SMTP_ADDR")
	need(c.StripeKey != "", "KIERTO_STRIPE_KEY, the secret key of your Stripe account")
	need(c.StripeWebhook != "", "KIERTO_STRIPE_WEBHOOK_SECRET, of a webhook endpoint at /webhooks/stripe with API version 2023-10-16")
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n  - %s", ErrIncomplete, strings.Join(lacks, "\n  - "))
}

func prefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// defaultData is where data goes when nobody says otherwise.
func defaultData() string {
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "kierto")
	}
	return "data"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
