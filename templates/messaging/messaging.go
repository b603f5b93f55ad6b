// Package messaging draws the inbox, conversations, notices, and the forms to
// reach staff.
package messaging

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/ui"
)

// InboxPage is the list of conversations, and on a wide screen the open one
// beside it.
type InboxPage struct {
	web.Frame
	Filters []ui.Chip
	Threads []ui.Thread
	Pager   ui.Pager
	Empty   ui.Empty // shown when there is no conversation
	Notices int      // not read yet
	Pane    *Pane    // nil: none is open
	LiveURL string   // of the stream that brings the list, and the open one, up to date
}

// Pane is one conversation.
type Pane struct {
	ID         string // conversation id
	Title      string // what it is about
	TitleURL   string // where that is; "" nowhere
	Photo      string
	Other      string // "Anna K. · replies in about 2 hours", or staff
	OtherURL   string
	Open       *ui.Button // leads to the trade
	Strip      *Strip     // the turn to answer
	Panels     []templ.Component
	Rows       []ui.Row
	Seen       Seen
	Compose    *ui.Compose // nil when nobody may write
	Closed     string      // why not
	Acts       []ui.Button // block, report
	ActsWord   string
	Cut        bool // older entries are not shown
	EmptyWords string
}

// Strip says in a line whose move it is.
type Strip struct {
	Mine    bool
	Text    string
	Actions []ui.Button
}

// Seen tells the server that the newest row has come into view.
type Seen struct {
	URL string // a POST of seq; "" when everything is read
	Seq string
}

// NoticesPage are the lines somebody was told outside conversations.
type NoticesPage struct {
	web.Frame
	Groups []NoticeDay
	Empty  ui.Empty
}

// NoticeDay are the notices of one day.
type NoticeDay struct {
	Day   string
	Lines []NoticeLine
}

// NoticeLine is one notice.
type NoticeLine struct {
	URL, Text, When, ISO string
	New                  bool
}

// HelpPage asks staff something.
type HelpPage struct {
	web.Frame
	web.Form
	Signature string // who answers
	About     *About // the trade it is about
	OrderID   string
	Case      string // address of an open case; "" for none
	Max       int
}

// About is a thing with its picture.
type About struct{ Title, Photo, Note string }

// ReportPage tells staff that something is against the rules.
type ReportPage struct {
	web.Frame
	web.Form
	Kind, Subject string
	Reasons       []ui.Choice
	Back          string
	Max           int
}

// AskPage asks before something is done: one sentence, one button.
type AskPage struct {
	web.Frame
	Title, Text string
	Icon        string
	Do          ui.Button
	Back        *ui.Button
}

// DonePage says what was done.
type DonePage struct {
	web.Frame
	Title, Text string
	Next        *ui.Button
}
