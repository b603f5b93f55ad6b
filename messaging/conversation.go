// Package messaging is what people say to each other and how they are reached:
// conversations, notices in the app, e-mail, blocks, reports, and cases with
// staff.
package messaging

import (
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
)

// Limits of what people write.
const (
	MaxText    = 4_000 // characters of a message
	maxReport  = 2_000 // characters of a report's own words
	maxStream  = 400   // newest entries of a conversation that a page shows
	inboxPage  = 30    // conversations on one page of the inbox
	noticePage = 50    // newest notices shown
)

// ConversationID names a conversation: cnv_…
type ConversationID string

// About says what a conversation is about.
type About string

// What a conversation may be about.
const (
	AboutListing About = "listing" // two people and a thing for sale
	AboutCase    About = "case"    // a person and staff
)

// Conversation is one stream between two: a buyer and a seller about a listing,
// or a person and staff about a trade or anything else.
type Conversation struct {
	ID         ConversationID  `db:"id"`
	Kind       About           `db:"kind"`
	Subject    string          `db:"subject"` // listing id; in a case the order id or ""
	Buyer      accounts.UserID `db:"buyer_id"`
	Seller     accounts.UserID `db:"seller_id"` // "" in a case: staff
	Title      string          `db:"title"`
	Photo      string          `db:"photo"`
	OrderID    string          `db:"order_id"` // newest trade between the two about it
	LastSeq    int64           `db:"last_seq"`
	LastAt     clock.Instant   `db:"last_at"`
	BuyerNew   int64           `db:"buyer_new"`
	BuyerRead  int64           `db:"buyer_read"`
	SellerNew  int64           `db:"seller_new"`
	SellerRead int64           `db:"seller_read"`
	CreatedAt  clock.Instant   `db:"created_at"`
}

// Has tells whether u is one of the two.
func (c Conversation) Has(u accounts.UserID) bool {
	return u != "" && (u == c.Buyer || u == c.Seller)
}

// Other is the one of the two who is not u; "" for staff in a case.
func (c Conversation) Other(u accounts.UserID) accounts.UserID {
	if u == c.Buyer {
		return c.Seller
	}
	return c.Buyer
}

// Unread tells whether there is something u has not seen.
func (c Conversation) Unread(u accounts.UserID) bool {
	if u == c.Buyer {
		return c.BuyerNew > c.BuyerRead
	}
	return u == c.Seller && c.SellerNew > c.SellerRead
}

// read is the newest entry u has seen.
func (c Conversation) read(u accounts.UserID) int64 {
	if u == c.Buyer {
		return c.BuyerRead
	}
	return c.SellerRead
}

// topic is what its live streams watch.
func (c Conversation) topic() string { return Topic(c.ID) }

// Topic is what live streams of a conversation watch.
func Topic(id ConversationID) string { return "conversation:" + string(id) }

// UserTopic is what live parts of a person's pages watch.
func UserTopic(u accounts.UserID) string { return "user:" + string(u) }

// endedTopic wakes a person's live streams when sessions of theirs end.
func endedTopic(u accounts.UserID) string { return "ended:" + string(u) }

// Watch is how a live stream of u watches topics: it is woken too when sessions of
// theirs end, so that one of those ends at once.
func (s *Service) Watch(u accounts.UserID, topics ...string) (woken <-chan struct{}, stop func()) {
	return s.Live.Watch(append(topics, endedTopic(u))...)
}

// Opening says which conversation is meant, and how it looks if it has to be
// made.
type Opening struct {
	Kind    About // "" means AboutListing
	Subject string
	Buyer   accounts.UserID
	Seller  accounts.UserID // "" in a case
	Title   string
	Photo   string // key of the cover
}

// words checks what somebody wrote; a photo may come without words.
func words(text, photo string) (string, error) {
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	switch {
	case text == "" && photo == "":
		return "", fault.Field("text", "messaging.empty")
	case utf8.RuneCountInString(text) > MaxText:
		return "", fault.Field("text", "messaging.too_long", "Max", MaxText)
	}
	return text, nil
}

// thanks are the short replies that end an exchange, in our languages.
var thanks = []string{"kiitos", "kiitti", "kiitoksia", "tack", "tackar", "thanks", "thank you", "thx", "ok", "okei", "okej", "okay", "selvä", "👍", "🙏", "❤️"}

// maxThanks is how long a message may be, in characters, to count as mere thanks.
const maxThanks = 40

// wantsAnswer tells whether a message leaves the other with something to say.
// Mere thanks do not; when in doubt, it does.
func wantsAnswer(text string) bool {
	if utf8.RuneCountInString(text) > maxThanks || strings.ContainsAny(text, "?") {
		return true
	}
	low := strings.ToLower(text)
	for _, t := range thanks {
		if strings.HasPrefix(low, t) {
			return false
		}
	}
	return true
}
