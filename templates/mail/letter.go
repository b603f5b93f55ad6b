// Package mail draws e-mails: simple HTML of 600 pixels with one filled button
// and what else can be done by a tap, and its twin in plain text.
package mail

import (
	"strings"
	"unicode/utf8"
)

// lineWidth is where plain text breaks, in characters.
const lineWidth = 72

// Letter is an e-mail in its reader's words: fact, person, one action, safety
// net, and who signs it.
type Letter struct {
	Lang          string
	Base          string // scheme and host of the site
	Subject       string
	Title         string // what it is about: the listing's title; "" for none
	Photo         string // its picture, a whole address; "" for none
	Note          string // small words below the title: which trade
	Greeting      string
	Lead          string
	Quotes        []Quote // messages not read yet
	Items         []Item  // several things told at once
	Button        string  // the one action; "" for none
	URL           string
	Choose        string // what the slots ask
	Actions       []Action
	Why           string // what happens if they do nothing; "" for nothing
	Signature     string // the person who signs
	SignatureRole string
	Write         string // invitation to ask
	HelpURL, Help string
	Because       string // why this came
	SettingsURL   string
	Settings      string
	StopURL, Stop string // one tap and no more of these; "" for none
	Zone          string // whose clock the times are in
}

// Action is one more thing to do by a tap: "slot" is one of several times,
// "quiet" an outlined button, "bare" a word.
type Action struct{ Label, More, URL, Kind string }

// Item is one of several things that a letter tells.
type Item struct{ Title, Text, Label, URL string }

// Quote is one message somebody wrote.
type Quote struct{ From, At, Text string }

// Preheader is what a mail list shows beside the subject.
func (l Letter) Preheader() string {
	if len(l.Quotes) > 0 {
		return l.Quotes[len(l.Quotes)-1].Text
	}
	return plain(l.Lead)
}

// plain is a sentence without its **bold** marks.
func plain(s string) string { return strings.ReplaceAll(s, "**", "") }

// Text is the letter as plain text.
func Text(l Letter) string {
	var b strings.Builder
	para := func(s string) {
		if s != "" {
			b.WriteString(wrap(plain(s), "") + "\n\n")
		}
	}
	para(l.Greeting)
	para(l.Lead)
	for _, q := range l.Quotes {
		b.WriteString(q.From + ", " + q.At + ":\n" + wrap(q.Text, "> ") + "\n\n")
	}
	for _, i := range l.Items {
		para(i.Text + "\n" + i.Label + ":\n" + i.URL)
	}
	if slots := l.of("slot"); len(slots) > 0 {
		para(l.Choose)
		for _, a := range slots {
			b.WriteString("- " + a.Label + ", " + a.More + ":\n  " + a.URL + "\n")
		}
		b.WriteString("\n")
	}
	if l.Button != "" {
		b.WriteString(l.Button + ":\n" + l.URL + "\n\n")
	}
	for _, a := range append(l.of("quiet"), l.of("bare")...) {
		b.WriteString(a.Label + ":\n" + a.URL + "\n\n")
	}
	para(l.Why)
	para(l.Write + "\n" + l.Help + ": " + l.HelpURL)
	b.WriteString(l.Signature + "\n" + l.SignatureRole + "\n\n-- \n")
	foot := []string{l.Because}
	if l.SettingsURL != "" {
		foot = append(foot, l.Settings+": "+l.SettingsURL)
	}
	if l.StopURL != "" {
		foot = append(foot, l.Stop+": "+l.StopURL)
	}
	foot = append(foot, l.Zone)
	for _, f := range foot {
		b.WriteString(wrap(f, "") + "\n")
	}
	return b.String()
}

// of are the actions of a kind, in their order.
func (l Letter) of(kind string) []Action {
	var out []Action
	for _, a := range l.Actions {
		if a.Kind == kind {
			out = append(out, a)
		}
	}
	return out
}

// pairs are actions two by two; the last may stand beside nothing.
func pairs(as []Action) [][2]Action {
	var out [][2]Action
	for i := 0; i < len(as); i += 2 {
		two := [2]Action{as[i]}
		if i+1 < len(as) {
			two[1] = as[i+1]
		}
		out = append(out, two)
	}
	return out
}

// buttonStyle keeps the filled button close to the slots above it.
func buttonStyle(l Letter) string {
	if len(l.of("slot")) > 0 {
		return "padding:12px 28px 0"
	}
	return "padding:24px 28px 0"
}

// wrap breaks lines between words and puts prefix before each.
func wrap(s, prefix string) string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		now := ""
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }) {
			if now != "" && utf8.RuneCountInString(prefix+now+" "+word) > lineWidth {
				out, now = append(out, prefix+now), ""
			}
			if now != "" {
				now += " "
			}
			now += word
		}
		out = append(out, prefix+now)
	}
	return strings.Join(out, "\n")
}

// lines are the lines of a text, for line breaks in HTML.
func lines(s string) []string { return strings.Split(s, "\n") }

// preheaderChars is how much of a letter a mail list shows.
const preheaderChars = 140

// clip shortens a preheader.
func clip(s string) string {
	r := []rune(s)
	if len(r) > preheaderChars {
		return string(r[:preheaderChars-1]) + "…"
	}
	return s
}

// heading tells whether the title stands above the subject, which may hold it
// already.
func (l Letter) heading() bool { return l.Title != "" && !strings.Contains(l.Subject, l.Title) }

// headline is the subject, without the title at its end when that stands beside
// the picture already.
func (l Letter) headline() string {
	short, cut := strings.CutSuffix(l.Subject, l.Title)
	if short = strings.TrimRight(short, " :,–-"); l.Photo == "" || !cut || short == "" {
		return l.Subject
	}
	return short
}

// headStyle keeps the subject close to the title above it.
func headStyle(l Letter) string {
	if l.Photo == "" && l.heading() {
		return "padding:4px 28px 0"
	}
	return "padding:24px 28px 0"
}
