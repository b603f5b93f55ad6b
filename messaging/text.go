package messaging

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
)

// maxTextTitle is how much of a title a short message holds, in characters.
const maxTextTitle = 32

// TextMessage is one SMS or WhatsApp message, ready to go.
type TextMessage struct {
	ID   DeliveryID // ours: told again at another try, so that the same is not sent twice
	To   string     // E.164
	Lang string
	Text string
	Link string // ends the message; "" for none
}

// Texter carries short messages. It fails as a Sender does; receipt is the
// provider's own name for the message.
type Texter interface {
	Text(ctx context.Context, m TextMessage) (receipt string, err error)
}

// composeText words a delivery as a short message.
func (s *Service) composeText(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (func(context.Context) (string, error), error) {
	w, err := s.words(ctx, d, u, now)
	if err != nil {
		return nil, err
	}
	m := TextMessage{ID: d.ID, To: d.Address, Lang: w.say.Lang, Text: strings.TrimSpace(plain(w.Text)), Link: w.Short}
	by := s.SMS
	if d.Channel == WhatsApp {
		by = s.WhatsApp
	}
	return func(ctx context.Context) (string, error) { return by.Text(ctx, m) }, nil
}
