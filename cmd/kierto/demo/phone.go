package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/standin/phone"
)

// ring is how often the carriers of short messages report, when nobody moves the
// clock.
const ring = 2 * time.Second

// Of the made-up people, one in everyPhone has a confirmed number, and one in
// everyChat of those takes WhatsApp.
const (
	everyPhone = 2
	everyChat  = 3
)

// startPhone starts those who carry short messages.
func (d *Demo) startPhone() (err error) {
	d.Phone, err = phone.Start(d.Clock, d.base, nil)
	return err
}

// texts points the settings of short messages at the stand-in.
func (d *Demo) texts(c config.Config) config.Config {
	c.SMSURL, c.SMSKind, c.SMSFrom, c.SMSSecret = d.Phone.SMSURL(), config.SMSElks, phone.From, phone.Secret
	c.WhatsAppURL, c.WhatsAppPhone, c.WhatsAppToken = d.Phone.CloudURL(), phone.PhoneID, phone.Token
	c.WhatsAppSecret, c.WhatsAppVerify, c.WhatsAppTemplate = phone.Secret, phone.Verify, phone.Template
	return c
}

// ringing lets reports come while the demo runs, until ctx ends.
func (d *Demo) ringing(ctx context.Context) {
	t := time.NewTicker(ring)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			d.Phone.Tick(ctx)
		}
	}
}

// withPhone gives the nth person a number they have confirmed, if they are to
// have one. Numbers end so that no cue of the stand-in is meant.
func withPhone(u accounts.User, n int, at clock.Instant) accounts.User {
	if n%everyPhone != 0 && n > 1 { // Noora and Anna have one
		return u
	}
	u.Phone, u.PhoneOkAt, u.TextsBy = fmt.Sprintf("+35840%05d%02d", 12300+n, n%80), at, accounts.BySMS
	if n > 1 && n%(everyPhone*everyChat) == 0 {
		u.TextsBy = accounts.ByWhatsApp
	}
	return u
}
