package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
)

// PushMessage is one push message, ready to go to all browsers of a person.
type PushMessage struct {
	ID      DeliveryID // ours: the service worker reports it when it shows the message
	To      accounts.UserID
	Lang    string
	Title   string
	Body    string
	URL     string // where a tap leads
	Actions []Action
	Tag     string // a newer message with the same tag takes its place; "" for none
	Urgent  bool   // worth waking a phone that saves its battery
}

// Pusher carries push messages to a person's browsers. It fails as a Sender
// does, and only when no browser took the message.
type Pusher interface {
	Push(ctx context.Context, m PushMessage) (receipt string, err error)
}

// composePush words a delivery as a push message.
func (s *Service) composePush(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (func(context.Context) (string, error), error) {
	m, err := s.push(ctx, d, u, now)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return s.Pusher.Push(ctx, m) }, nil
}

// push is a delivery as a push message. A tap leads to all that can be done
// without signing in.
func (s *Service) push(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (PushMessage, error) {
	w, err := s.words(ctx, d, u, now)
	if err != nil {
		return PushMessage{}, err
	}
	return PushMessage{
		ID: d.ID, To: u.ID, Lang: w.say.Lang, Title: plain(w.Subject), Body: plain(w.Lead), URL: w.Short, Actions: w.Actions,
		Tag: pushTag(d), Urgent: d.Warning || d.Topic == TopicMoney,
	}, nil
}

// pushTag is the same for messages of which only the newest matters: those of a
// turn, or about the unread messages of a conversation.
func pushTag(d Delivery) string {
	switch {
	case d.Turn != "":
		return string(d.Turn)
	case d.Topic == TopicMessage && d.Thread != "":
		return string(d.Thread)
	}
	return ""
}
