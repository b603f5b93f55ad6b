package nudges

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// side is which of a turn's two a link is for.
type side byte

// The sides.
const (
	ownerSide  side = 0
	waiterSide side = 1
)

// link lets one person do one thing about one turn, without signing in, until a
// time. Its token is short enough for a text message:
//
//	version and side, a nibble each · deed · expiry, 2 bytes · turn, 16 bytes · mac, 10 bytes
//
// The mac covers the rest and the id of the person, which the turn tells.
type link struct {
	turn  turn.ID
	side  side
	deed  byte
	until clock.Instant
}

const (
	linkVersion = 1
	linkBody    = 20 // bytes before the mac
	linkMAC     = 10 // bytes: a forger has 2^80 to try, a few a second
	linkPath    = "/t/"
)

// An expiry counts quarters of a day from linkEpoch, rounded up; two bytes of
// them last for 44 years.
const linkQuarter = 6 * time.Hour

var linkEpoch = clock.Of(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// linkAfter is how long a link says what became of its turn after the deadline
// that stood when it was made.
const linkAfter = 21 * 24 * time.Hour

// Why a link does nothing. Nothing has changed when one of them is returned.
var (
	ErrNoLink  = errors.New("nudges: a link that we did not make")
	ErrExpired = errors.New("nudges: an old link")
	ErrUsed    = errors.New("nudges: a link that was used")
	ErrOver    = errors.New("nudges: a link to what is no longer owed")
)

// linkFor is the link of a deed for one of a turn's two; false for anybody else,
// and for a turn whose id is not ours to shorten.
func linkFor(t turn.Turn, u accounts.UserID, deed byte) (link, bool) {
	l := link{turn: t.ID, deed: deed, until: t.DueAt.Add(linkAfter)}
	switch string(u) {
	case t.Owner:
	case t.Waiter:
		l.side = waiterSide
	default:
		return link{}, false
	}
	_, ok := id.Bytes(t.ID)
	return l, ok && isMember(string(u))
}

// person is whom the link of a turn is for.
func (l link) person(t turn.Turn) accounts.UserID {
	if l.side == waiterSide {
		return accounts.UserID(t.Waiter)
	}
	return accounts.UserID(t.Owner)
}

// body is what the token says, without its mac.
func (l link) body() []byte {
	b := make([]byte, 4, linkBody+linkMAC)
	b[0], b[1] = linkVersion<<4|byte(l.side), l.deed
	quarters := (l.until.Sub(linkEpoch) + linkQuarter - 1) / linkQuarter
	binary.BigEndian.PutUint16(b[2:], uint16(max(0, min(quarters, 1<<16-1))))
	raw, _ := id.Bytes(l.turn) // linkFor has seen that it is one
	return append(b, raw[:]...)
}

// token is the link as an address carries it.
func (s *Service) token(l link, u accounts.UserID) string {
	b := l.body()
	return base64.RawURLEncoding.EncodeToString(append(b, s.linkMAC(b, u)...))
}

func (s *Service) linkMAC(body []byte, u accounts.UserID) []byte {
	h := hmac.New(sha256.New, []byte(s.Messages.Config.Secret))
	h.Write([]byte("link:"))
	h.Write(body)
	h.Write([]byte(u))
	return h.Sum(nil)[:linkMAC]
}

// readToken takes a token apart; false when it cannot be one of ours. Whether it
// is shows genuine.
func readToken(token string) (link, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != linkBody+linkMAC || b[0]>>4 != linkVersion || side(b[0]&15) > waiterSide {
		return link{}, false
	}
	return link{
		side: side(b[0] & 15), deed: b[1], turn: id.FromBytes[turn.ID]("trn", [16]byte(b[4:linkBody])),
		until: linkEpoch.Add(time.Duration(binary.BigEndian.Uint16(b[2:])) * linkQuarter),
	}, true
}

// LinkSays is what a token is about: a turn, and the name of the deed; "" for the
// page of all deeds. False for what is no token. It proves nothing of who made it.
func LinkSays(token string) (t turn.ID, deed string, ok bool) {
	l, ok := readToken(token)
	for _, d := range deeds {
		if d.code == l.deed {
			deed = d.name
		}
	}
	return l.turn, deed, ok
}

// genuine tells whether we made the token, for u. It takes as long for a token
// that is nearly right as for any other.
func (s *Service) genuine(token string, u accounts.UserID) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(b) == linkBody+linkMAC && u != "" && hmac.Equal(b[linkBody:], s.linkMAC(b[:linkBody], u))
}
