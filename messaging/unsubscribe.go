package messaging

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/kierto/kierto/accounts"
)

// macBytes is how much of the signature a link carries: 128 bits.
const macBytes = 16

// unsubscribable tells whether mails about a topic carry a link to stop them.
func unsubscribable(topic string) bool {
	return topic == TopicMessage || topic == TopicSearch || topic == TopicNudge
}

// UnsubscribeToken lets whoever holds it stop a person's e-mails about a topic,
// and nothing else. It does not expire: an old mail must still be able to stop
// the next.
func (s *Service) UnsubscribeToken(u accounts.UserID, topic string) string {
	what := string(u) + "." + topic
	return base64.RawURLEncoding.EncodeToString(append(s.mac(what), what...))
}

// unsubscribed is the person and the topic of a token. Fault Missing when we did
// not make it.
func (s *Service) unsubscribed(token string) (accounts.UserID, string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= macBytes {
		return "", "", missing()
	}
	what := string(raw[macBytes:])
	u, topic, ok := strings.Cut(what, ".")
	if !ok || !hmac.Equal(raw[:macBytes], s.mac(what)) || !unsubscribable(topic) {
		return "", "", missing()
	}
	return accounts.UserID(u), topic, nil
}

func (s *Service) mac(what string) []byte {
	h := hmac.New(sha256.New, []byte(s.Config.Secret))
	h.Write([]byte("unsubscribe:" + what))
	return h.Sum(nil)[:macBytes]
}

// Unsubscribe stops the e-mails a token is about. Doing it twice is fine.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	u, topic, err := s.unsubscribed(token)
	if err != nil {
		return err
	}
	return s.Accounts.StopMails(ctx, u, accounts.Mails{
		Messages: topic != TopicMessage, Nudges: topic != TopicNudge, Searches: topic != TopicSearch,
	})
}
