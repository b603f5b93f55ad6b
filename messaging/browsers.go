package messaging

import (
	"context"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
)

// Limits of push messages.
const (
	maxBrowsers = 10                 // of one person; the oldest makes room
	seenFor     = 3 * 24 * time.Hour // a browser may report a message until then; its push service gave up long before
	authBytes   = 16                 // of a subscription's shared secret
)

// BrowserID names a browser that takes push messages: psh_…
type BrowserID string

// Browser is one that takes push messages, as it told us.
type Browser struct {
	ID        BrowserID       `db:"id"`
	User      accounts.UserID `db:"user_id"`
	Endpoint  string          `db:"endpoint"` // its push service's address for it
	P256dh    string          `db:"p256dh"`   // its public key, base64url
	Auth      string          `db:"auth"`     // its shared secret, base64url
	VAPID     string          `db:"vapid"`    // our public key that it knows
	Agent     string          `db:"agent"`    // browser and system, shortened
	Session   string          `db:"session"`  // in which it subscribed; "": not known
	CreatedAt clock.Instant   `db:"created_at"`
}

// errGone is returned for a browser that no longer takes messages.
var errGone = errors.New("messaging: the browser takes no more messages")

// Subscribe remembers a browser of u. The same browser is remembered once, for
// whoever used it last. Fault Invalid when its push service cannot be one.
func (s *Service) Subscribe(ctx context.Context, u accounts.UserID, b Browser) error {
	if s.webpush == nil {
		return missing()
	}
	if !s.webpush.Takes(b.Endpoint) || b.VAPID != s.webpush.Key() || !validKeys(b) {
		return fault.New(fault.Invalid, "messaging.push_broken")
	}
	now := s.Clock.Now()
	b.ID, b.User, b.CreatedAt = id.New[BrowserID]("psh", now), u, now
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := saveBrowser(ctx, tx, b); err != nil {
			return err
		}
		return keepNewest(ctx, tx, u, maxBrowsers)
	})
}

// validKeys tells whether a browser's keys can be used to write to it.
func validKeys(b Browser) bool {
	point, err := base64.RawURLEncoding.DecodeString(b.P256dh)
	if err != nil {
		return false
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return false
	}
	auth, err := base64.RawURLEncoding.DecodeString(b.Auth)
	return err == nil && len(auth) == authBytes
}

// Browsers are the browsers of u that take messages, the newest first.
func (s *Service) Browsers(ctx context.Context, q db.Queryer, u accounts.UserID) ([]Browser, error) {
	return browsers(ctx, q, u)
}

// UnsubscribeBrowser forgets a browser of u by its id or its endpoint. Forgetting one
// that is not there is fine.
func (s *Service) UnsubscribeBrowser(ctx context.Context, u accounts.UserID, which string) error {
	return dropBrowser(ctx, s.DB, u, which)
}

// SessionsEnded ends the live streams of u in sessions that live no more, and
// forgets the browsers that subscribed in one: whoever signs out, or signs other
// browsers out, leaves nobody behind who gets their messages. A session that is
// merely old ends nothing. It is one of accounts' Ended hooks.
func (s *Service) SessionsEnded(ctx context.Context, tx *db.Tx, u accounts.UserID, living []string) error {
	s.Live.Wake(ctx, tx, endedTopic(u))
	return dropBrowsers(ctx, tx, u, living)
}

// UseWebPush has push messages carried to browsers by their push services.
func (s *Service) UseWebPush(w *WebPush) { s.webpush, s.Pusher = w, toBrowsers{s} }

// toBrowsers carries push messages to all browsers of a person.
type toBrowsers struct{ *Service }

// Push implements Pusher: to all browsers at once. A message has gone when one
// push service took it. A browser that takes no more is forgotten; when none is
// left the message has failed, and with it this way to the person.
func (t toBrowsers) Push(ctx context.Context, m PushMessage) (string, error) {
	bs, err := browsers(ctx, t.DB, m.To)
	if err != nil {
		return "", err
	}
	token, errs := t.seenToken(m.ID), make([]error, len(bs))
	var all sync.WaitGroup
	for i, b := range bs {
		all.Go(func() {
			if errs[i] = errGone; b.VAPID == t.webpush.Key() { // one that knows an older key of ours will never take it
				errs[i] = t.webpush.send(ctx, b, m, token)
			}
		})
	}
	all.Wait()
	took, worst := false, error(&Refused{Reason: "no browser"})
	for i, err := range errs {
		var refused *Refused
		switch {
		case err == nil:
			took = true
		case errors.Is(err, errGone):
			if err := dropBrowser(ctx, t.DB, m.To, string(bs[i].ID)); err != nil {
				return "", err
			}
		case !errors.As(err, &refused) || refused.Temporary || worst.Error() == "no browser":
			worst = err
		}
	}
	if took {
		return "", nil
	}
	return "", worst
}

// seenToken lets a browser report that it showed a delivery, and nothing else.
func (s *Service) seenToken(did DeliveryID) string {
	return base64.RawURLEncoding.EncodeToString(append(s.signed("seen", string(did)), did...))
}

// Seen is a browser's report that it showed a message. Fault Missing when the
// token is not ours, or too old.
func (s *Service) Seen(ctx context.Context, token string) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= macBytes {
		return missing()
	}
	did := DeliveryID(raw[macBytes:])
	if !hmac.Equal(raw[:macBytes], s.signed("seen", string(did))) {
		return missing()
	}
	d, err := loadDelivery(ctx, s.DB, did)
	if db.IsNone(err) || err == nil && (d.Channel != Push || s.Clock.Now().Sub(d.CreatedAt) > seenFor) {
		return missing()
	}
	if err != nil {
		return err
	}
	_, err = s.Arrived(ctx, Arrival{Delivery: did})
	return err
}

// signed is the beginning of a signature of what for one use.
func (s *Service) signed(use, what string) []byte {
	h := hmac.New(sha256.New, []byte(s.Config.Secret))
	h.Write([]byte(use + ":" + what))
	return h.Sum(nil)[:macBytes]
}

// ExportedBrowser is one browser in the data download.
type ExportedBrowser struct {
	Agent    string `json:"browser"`
	Endpoint string `json:"endpoint"`
	Since    string `json:"since"`
}

// ExportReach is which browsers take a person's messages, for the download of
// their data. It is one of accounts' Exporters.
func (s *Service) ExportReach(ctx context.Context, u accounts.UserID) (name string, data any, err error) {
	bs, err := browsers(ctx, s.DB, u)
	out := make([]ExportedBrowser, len(bs))
	for i, b := range bs {
		out[i] = ExportedBrowser{Agent: b.Agent, Endpoint: b.Endpoint, Since: b.CreatedAt.String()}
	}
	return "browsers", out, err
}
