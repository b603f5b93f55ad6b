package messaging

import (
	"context"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"github.com/kierto/kierto/internal/public"
)

// Limits of talking to a push service.
const (
	pushTimeout    = 10 * time.Second
	pushTTL        = 24 * time.Hour // how long a push service keeps a message for a browser that is off
	maxPushReply   = 512            // bytes kept of a push service's answer
	recordBytes    = 4096           // of one encrypted message, all that push services must take
	maxPayload     = 3800           // bytes before encryption: a record less its header, tag and padding
	maxPushTitle   = 90             // characters
	maxPushBody    = 280            // characters
	maxPushActions = 2              // buttons, all that browsers show
	topicChars     = 32             // of the Topic header, its limit
)

// VAPID is the key pair by which push services, and browsers, know us: an
// unpadded base64url P-256 point and its number.
type VAPID struct{ Public, Private string }

// DeriveVAPID makes the key pair from the installation's secret, so that every
// node and every restored backup has the same one and nobody has to keep it. A
// new secret means a new pair: browsers then subscribe again when their owner
// next visits the page of channels.
func DeriveVAPID(secret string) (VAPID, error) {
	const spare = 16 // bytes more than the curve's order, so that taking the rest favours no number
	n := elliptic.P256().Params().N
	raw, err := hkdf.Key(sha256.New, []byte(secret), nil, "kierto web push key", n.BitLen()/8+spare)
	if err != nil {
		return VAPID{}, err
	}
	one := big.NewInt(1)
	d := new(big.Int).Mod(new(big.Int).SetBytes(raw), new(big.Int).Sub(n, one))
	key, err := ecdh.P256().NewPrivateKey(d.Add(d, one).FillBytes(make([]byte, n.BitLen()/8)))
	if err != nil {
		return VAPID{}, err
	}
	return VAPID{
		Public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
	}, nil
}

// Valid tells whether the two belong together.
func (v VAPID) Valid() error {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(v.Private, "="))
	if err != nil {
		return errors.New("messaging: the private push key is not base64url")
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return fmt.Errorf("messaging: the private push key: %w", err)
	}
	if base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()) != strings.TrimRight(v.Public, "=") {
		return errors.New("messaging: the public push key is not that of the private one")
	}
	return nil
}

// WebPush takes messages to browsers by their own push services, encrypted so
// that only the browser can read them (RFC 8030, 8291 and 8292).
type WebPush struct {
	keys    VAPID
	contact string
	guard   public.Guard
	client  *http.Client
}

// NewWebPush knows push services by keys, and can be reached by them at contact:
// an https address or an e-mail address.
func NewWebPush(keys VAPID, contact string, guard public.Guard) (*WebPush, error) {
	if err := keys.Valid(); err != nil {
		return nil, err
	}
	keys.Public, keys.Private = strings.TrimRight(keys.Public, "="), strings.TrimRight(keys.Private, "=")
	return &WebPush{keys: keys, contact: contact, guard: guard, client: guard.Client(pushTimeout)}, nil
}

// Key is our public key, which browsers subscribe with.
func (w *WebPush) Key() string { return w.keys.Public }

// Takes tells whether an endpoint can be a push service: only what is outside.
func (w *WebPush) Takes(endpoint string) bool { return w.guard.URL(endpoint) == nil }

// payload is what the service worker reads.
type payload struct {
	Title   string       `json:"title"`
	Body    string       `json:"body"`
	URL     string       `json:"url"`
	Lang    string       `json:"lang"`
	Tag     string       `json:"tag"`
	Token   string       `json:"token"` // it reports this back once it shows the message
	Actions []pushAction `json:"actions,omitempty"`
}

// pushAction is a button of a notification.
type pushAction struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// encoded is m as JSON that fits into one record. It loses its buttons, then its
// words, before it loses the way to go.
func encoded(m PushMessage, token string) ([]byte, error) {
	p := payload{
		Title: clip(m.Title, maxPushTitle), Body: clip(m.Body, maxPushBody), URL: m.URL, Lang: m.Lang, Tag: topicOf(m), Token: token,
	}
	for _, a := range m.Actions[:min(len(m.Actions), maxPushActions)] {
		p.Actions = append(p.Actions, pushAction{a.Label, a.URL})
	}
	for _, shorten := range []func(){func() {}, func() { p.Actions = nil }, func() { p.Body = "" }} {
		shorten()
		raw, err := json.Marshal(p)
		if err != nil || len(raw) <= maxPayload {
			return raw, err
		}
	}
	return nil, &Refused{Reason: "too long for a push message"}
}

// topicOf is the Topic of a message: while one waits at the push service, a
// newer one of the same topic takes its place.
func topicOf(m PushMessage) string {
	tag := m.Tag
	if tag == "" {
		tag = string(m.ID)
	}
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:topicChars]
}

// send takes a message to one browser's push service. It fails with errGone when
// that browser takes no more, and otherwise as a Sender does.
func (w *WebPush) send(ctx context.Context, b Browser, m PushMessage, token string) error {
	if !w.Takes(b.Endpoint) {
		return errGone
	}
	raw, err := encoded(m, token)
	if err != nil {
		return err
	}
	urgency := webpush.UrgencyNormal
	if m.Urgent {
		urgency = webpush.UrgencyHigh
	}
	res, err := webpush.SendNotificationWithContext(ctx, raw, &webpush.Subscription{
		Endpoint: b.Endpoint, Keys: webpush.Keys{Auth: b.Auth, P256dh: b.P256dh},
	}, &webpush.Options{
		HTTPClient: w.client, RecordSize: recordBytes, Subscriber: w.contact, Topic: topicOf(m), TTL: int(pushTTL / time.Second),
		Urgency: urgency, VAPIDPublicKey: w.keys.Public, VAPIDPrivateKey: w.keys.Private,
	})
	if err != nil {
		return &Refused{Temporary: !errors.Is(err, public.ErrNotPublic), Reason: "push service: " + reachable(err)}
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	return replied(res)
}

// reachable is why a push service could not be asked, without its address, which
// is a secret of the browser's.
func reachable(err error) string {
	var inner interface{ Timeout() bool }
	switch {
	case errors.Is(err, public.ErrNotPublic):
		return "not public"
	case errors.As(err, &inner) && inner.Timeout():
		return "no answer"
	}
	return "not reached"
}

// replied sorts what a push service said.
func replied(res *http.Response) error {
	said, _ := io.ReadAll(io.LimitReader(res.Body, maxPushReply)) // only for the reason
	reason := clip(oneLine(fmt.Sprintf("push service: %d %s", res.StatusCode, said), maxReason), maxReason)
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotFound || code == http.StatusGone:
		return errGone
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return &Refused{Temporary: true, Reason: reason}
	default:
		return &Refused{Reason: reason}
	}
}
