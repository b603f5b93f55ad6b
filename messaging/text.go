package messaging

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
)

// Limits of talking to those who carry short messages.
const (
	maxTextTitle = 32               // characters of a title in a short message
	minTextTitle = 8                // and those it keeps at least
	textTimeout  = 15 * time.Second // of one request
	maxTextReply = 64 << 10         // bytes read of an answer
	window       = 24 * time.Hour   // after a person wrote on WhatsApp, free words may be sent
)

// TextMessage is one SMS or WhatsApp message, ready to go.
type TextMessage struct {
	ID   DeliveryID // ours: told again at another try, so that the same is not sent twice
	To   string     // E.164
	Lang string
	Text string
	Link string // ends the message; "" for none
	Open bool   // the person wrote to us by this channel within the last day
}

// Texter carries short messages.
type Texter interface {
	// Text sends one. It fails as a Sender does; receipt is the provider's own
	// name for the message.
	Text(ctx context.Context, m TextMessage) (receipt string, err error)
}

// Hearer is a Texter whose provider calls our webhook.
type Hearer interface {
	// Hear reads a call to our webhook. ErrForged when the provider did not make
	// it, any other error when it makes no sense.
	Hear(c Call) ([]Heard, error)
}

// ErrForged is returned for a call that does not prove whom it comes from.
var ErrForged = errors.New("messaging: forged")

// Call is a request to a webhook.
type Call struct {
	Header http.Header
	Secret string // in its path; "" for none
	Query  map[string]string
	Body   []byte
}

// Heard is one thing that a provider tells: what became of a message, or what
// somebody wrote to us.
type Heard struct {
	Arrival Arrival
	Words   *Words // nil: it is about a message of ours
}

// Words is a short message that somebody sent us.
type Words struct {
	Channel string
	From    string // E.164
	Text    string // "" for what is no text: a picture, a voice
	Dedupe  string // the provider's own id
}

// composeText words a delivery as a short message.
func (s *Service) composeText(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (func(context.Context) (string, error), error) {
	w, err := s.words(ctx, d, u, now)
	if err != nil {
		return nil, err
	}
	by, m := s.SMS, TextMessage{ID: d.ID, To: d.Address, Lang: w.say.Lang, Text: strings.TrimSpace(plain(w.Text)), Link: w.Short}
	if d.Channel == WhatsApp {
		by = s.WhatsApp
		at, err := lastHeard(ctx, s.DB, u.ID, WhatsApp)
		if err != nil {
			return nil, err
		}
		m.Open = !at.IsZero() && now.Before(at.Add(window))
	}
	return func(ctx context.Context) (string, error) { return by.Text(ctx, m) }, nil
}

// textClient is for requests to a provider that the settings name. It follows no
// redirects, so that a password is told to nobody else.
func textClient() *http.Client {
	return &http.Client{
		Timeout:       textTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// lasting tells whether a refusal of this status is for good, and not one that
// may go better later. A wrong password or an empty account is ours to mend,
// and must lose no message.
func lasting(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusRequestTimeout, http.StatusConflict,
		http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}
