package web

import (
	"net/url"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
)

// Reader is the person a page is made for. The zero Reader is a stranger.
type Reader struct {
	ID        string // account id, "" for a stranger
	Name      string // display name
	Lang      string // fi, sv or en
	Zone      string // IANA time zone
	Operator  bool   // may use the desk
	Suspended bool   // may finish trades, not start anything
	Confirmed bool   // has confirmed the e-mail address
	MailBad   bool   // e-mail to it came back
	Session   string // hash of the session token
}

// SignedIn tells whether the reader is known.
func (r Reader) SignedIn() bool { return r.ID != "" }

// Badges are the counts in the top bar.
type Badges struct {
	Unread int // conversations with something unread
	Moves  int // turns that are this reader's
}

// Flash is a sentence shown once, after a redirect.
type Flash struct {
	Text    string
	UndoURL string // a POST there undoes what was done; "" when nothing can be
}

// Meta is what a page tells link previews and search engines.
type Meta struct {
	Description string
	Image       string // absolute or root-relative picture URL
	Canonical   string // path
	NoIndex     bool
}

// Demo is the clock at the foot of every page of the demo.
type Demo struct {
	Now      clock.Instant
	People   []DemoPerson // one-click sign-in
	Password string       // everybody's: operators type it again before money moves
}

// DemoPerson can be signed in as with one click.
type DemoPerson struct {
	ID, Name string
	Role     string // buyer, seller or operator
}

// Frame is what every page needs: words, times, the reader, and what surrounds
// the page's own content. Templates get it whole.
type Frame struct {
	*i18n.Speaker        // T, N, Money, DayClock… for this reader
	Reader        Reader // who is looking
	Path          string // path and query of this page
	Base          string // scheme and host, no slash, for absolute links
	Badges        Badges
	Flash         *Flash
	Meta          Meta
	Demo          *Demo  // nil outside the demo
	Query         string // what the search field in the top bar shows
	Section       string // "browse", "inbox", "orders", "sell", "account", "desk": the current place in the navigation
}

// Form is what somebody typed and what was wrong with it.
type Form struct {
	Values url.Values
	Faults fault.Faults
}

// Get is what was typed in a field.
func (f Form) Get(field string) string { return f.Values.Get(field) }

// Has tells whether value is among those chosen in a field.
func (f Form) Has(field, value string) bool {
	for _, v := range f.Values[field] {
		if v == value {
			return true
		}
	}
	return false
}

// Fault is what is wrong with a field, or nil.
func (f Form) Fault(field string) *fault.Fault {
	for _, x := range f.Faults {
		if x.Field == field {
			return x
		}
	}
	return nil
}

// Filled is a form that starts with "field", "value" pairs.
func Filled(pairs ...string) Form {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return Form{Values: v}
}
