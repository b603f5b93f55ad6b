package messaging

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// The addresses we take mail at are "reply+<token>@" and "bounce+<token>@" our
// own domain. Tokens are small letters and digits, since mail servers do not all
// keep large ones.
const (
	replyBox   = "reply"
	bounceBox  = "bounce"
	tokenBytes = 16 // random bytes of a reply token
	bounceMAC  = 10 // bytes of a bounce token's signature
	tokenChars = "abcdefghijklmnopqrstuvwxyz0123456789"
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// replyAddress is who answers by mail to an address, and where it belongs.
type replyAddress struct {
	Token        string          `db:"token"`
	User         accounts.UserID `db:"user_id"`
	Conversation ConversationID  `db:"conversation_id"`
	CreatedAt    clock.Instant   `db:"created_at"`
}

// replyTo is the address at which a person answers into a conversation by mail;
// "" when no mail is taken, or they are neither in it nor staff who may answer it.
func (s *Service) replyTo(ctx context.Context, u accounts.User, cid ConversationID) (string, error) {
	if s.Config.InboundDomain == "" || cid == "" {
		return "", nil
	}
	c, err := load(ctx, s.DB, cid)
	if err != nil {
		return "", err
	}
	if !c.Has(u.ID) && !answersFor(u, c) {
		return "", nil
	}
	token := make([]byte, tokenBytes)
	_, _ = rand.Read(token) // never fails
	a := replyAddress{Token: lowerBase32.EncodeToString(token), User: u.ID, Conversation: cid, CreatedAt: s.Clock.Now()}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		a.Token, err = replyToken(ctx, tx, a)
		return err
	})
	return s.box(replyBox, a.Token), err
}

// answersFor tells whether somebody answers a conversation as staff, by mail.
func answersFor(u accounts.User, c Conversation) bool {
	return c.Kind == AboutCase && u.IsOperator() && !u.IsSuspended() && !u.IsDeleted()
}

// bounceTo is the address at which the post reports what became of a delivery;
// "" when no mail is taken.
func (s *Service) bounceTo(did DeliveryID) string {
	_, bare, ok := strings.Cut(string(did), "_")
	if s.Config.InboundDomain == "" || !ok {
		return ""
	}
	return s.box(bounceBox, bare+s.bounceMAC(bare))
}

func (s *Service) bounceMAC(bare string) string {
	return lowerBase32.EncodeToString(s.signed("bounce", bare)[:bounceMAC])
}

// bouncedDelivery is the delivery that a bounce token speaks of.
func (s *Service) bouncedDelivery(token string) (DeliveryID, bool) {
	at := len(token) - lowerBase32.EncodedLen(bounceMAC)
	if at <= 0 || !hmac.Equal([]byte(token[at:]), []byte(s.bounceMAC(token[:at]))) {
		return "", false
	}
	return DeliveryID("dlv_" + token[:at]), true
}

func (s *Service) box(name, token string) string {
	return fmt.Sprintf("%s+%s@%s", name, token, s.Config.InboundDomain)
}

// unbox is the box and the token of an address of ours.
func (s *Service) unbox(address string) (name, token string, ok bool) {
	local, domain, ok := strings.Cut(strings.ToLower(address), "@")
	if !ok || s.Config.InboundDomain == "" || domain != strings.ToLower(s.Config.InboundDomain) {
		return "", "", false
	}
	name, token, ok = strings.Cut(local, "+")
	return name, token, ok && (name == replyBox || name == bounceBox) && strings.Trim(token, tokenChars) == ""
}
