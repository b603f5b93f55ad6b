// Package nudges draws the pages that the links of reminders lead to.
package nudges

import (
	"strings"

	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/ui"
)

// Thing is what a link is about.
type Thing struct {
	Photo string
	Title string // "" for none
	More  string // "Kauppa K-7F3Q · Noora"
}

// Foot is what stands below every page of a link: the ways to a person, and to
// fewer reminders, and what the link can do.
type Foot struct {
	Rows []ui.LinkRow
	Note string
}

// Deed is the page of one deed: what will happen, what to fill in, one button.
// Opening it changes nothing.
type Deed struct {
	Thing  Thing
	Title  string
	Lead   string  // what it means; **bold**
	Quotes []Quote // what it answers
	Notes  []ui.Line
	Action string // where the form goes; "" leads to Button's own address
	Hidden []ui.Pair
	Choice *ui.Choices
	Rate   *ui.Choices
	Pick   *Pick
	Fields []ui.Field // of one line
	Text   *ui.Field  // of several lines
	Button ui.Button
	Menu   *ui.Button // everything else that can be done
	Foot   Foot
	Form   web.Form
}

// Quote is one message somebody wrote.
type Quote struct{ From, At, Text string }

// Pick is a choice from a list.
type Pick struct {
	ui.Field
	Empty   string
	Options []ui.Option
}

// Menu is everything that can be done about a turn.
type Menu struct {
	Thing Thing
	Title string
	Lead  string
	Due   string // "Aikaa on ma 1.12. klo 18.00 asti"; "" for none
	ISO   string
	Code  string // to post it with; "" for none
	Coded string // what the code is
	Rows  []ui.LinkRow
	Foot  Foot
}

// Told is what became of it: done, done before, too late, or no link of ours.
type Told struct {
	Thing   Thing
	Icon    string
	Title   string
	Text    string
	Notes   []ui.Line
	Actions []ui.Button
	Foot    Foot
}

// lines are the lines of a text.
func lines(s string) []string { return strings.Split(s, "\n") }
