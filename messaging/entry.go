package messaging

import (
	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
)

// EntryID names an entry of a stream: ent_…
type EntryID string

// Kind says what an entry is.
type Kind string

// What a stream holds.
const (
	Message Kind = "message" // somebody wrote
	Offer   Kind = "offer"   // a price was named, taken or turned down
	Move    Kind = "move"    // somebody, or the clock, moved the trade
	Scan    Kind = "scan"    // a carrier saw the parcel
	Nudge   Kind = "nudge"   // somebody was reminded
	Note    Kind = "note"    // anything else worth keeping
)

// Entry is one thing in a stream. A message has Text and Photo; anything else
// is a sentence: Key, with Args for its values.
//
// A sentence is worded for its reader. Key speaks of people in the third
// person; where they exist, Key+".me" is used for the reader who is Author and
// Key+".you" for a reader named in Args. The author's first name is {{.Author}};
// a user id among Args becomes that person's first name.
type Entry struct {
	ID           EntryID
	Conversation ConversationID
	Seq          int64 // 1, 2, 3 … within the conversation
	Kind         Kind
	Author       accounts.UserID // who wrote or moved; "" for the clock or a carrier
	Staff        bool            // Author did it as an operator
	Text         string
	Photo        string
	Key          string
	Args         map[string]any  // strings, ints, money.Amount, clock.Instant, accounts.UserID
	Ref          string          // offer, order or turn it belongs to
	Begins       string          // the trade that begins with it: from now on the conversation's
	OnlyFor      accounts.UserID // the one who sees it; "" for both
	Hidden       bool            // staff took it away
	At           clock.Instant

	names map[accounts.UserID]string // of the people it speaks of
}

// visible tells whether u may see the entry.
func (e Entry) visible(u accounts.UserID) bool { return e.OnlyFor == "" || e.OnlyFor == u }

// Name is the first name of somebody the entry speaks of.
func (e Entry) Name(u accounts.UserID) string { return first(e.names[u]) }
