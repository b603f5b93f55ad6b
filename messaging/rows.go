package messaging

import (
	"unicode"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/ui"
)

// icons are what marks entries that are not messages.
var icons = map[Kind]string{Offer: "tag", Move: "check", Scan: "truck", Nudge: "bell", Note: "info"}

// tones are how they look.
var tones = map[Kind]string{Offer: "move", Move: "move", Scan: "scan", Nudge: "nudge"}

// Rows is a stream as me sees it: days, messages of mine and theirs, and what
// happened, in the reader's words. It is the same in the inbox, the trade room
// and the desk.
func (s *Service) Rows(f web.Frame, es []Entry, me accounts.UserID) []ui.Row {
	rows := make([]ui.Row, 0, len(es)+4)
	day := ""
	for _, e := range es {
		if d := dayOf(f.Speaker, e.At); d != day {
			day = d
			rows = append(rows, ui.Row{Day: d})
		}
		rows = append(rows, s.row(f, e, me))
	}
	return rows
}

func (s *Service) row(f web.Frame, e Entry, me accounts.UserID) ui.Row {
	r := ui.Row{ID: string(e.ID), When: f.Clock(e.At), ISO: f.ISO(e.At)}
	switch {
	case e.Hidden:
		r.Event, r.Icon = f.T("messaging.hidden"), "ban"
	case e.Kind == Message:
		s.message(f, &r, e, me)
	default:
		r.Event, r.Icon, r.Tone = sentence(f.Speaker, e, me), icons[e.Kind], tones[e.Kind]
	}
	return r
}

// message fills in the row of a message.
func (s *Service) message(f web.Frame, r *ui.Row, e Entry, me accounts.UserID) {
	name := e.Name(e.Author)
	r.Text, r.Mine, r.Person, r.Name = e.Text, e.Author == me, string(e.Author), e.names[e.Author]
	if e.Staff {
		name = f.T("messaging.staff_name", "Name", name)
		r.When = name + " · " + r.When
	}
	r.Said = name + ": "
	if r.Mine {
		r.Said = f.T("messaging.said_you")
	}
	if e.Photo != "" && s.PhotoURL != nil {
		r.Photo, r.Full = s.PhotoURL(e.Photo, "card"), s.PhotoURL(e.Photo, "full")
		r.Alt = f.T("messaging.photo_of", "Name", name)
		if r.Mine {
			r.Alt = f.T("messaging.photo_mine")
		}
	}
}

// sentence words an entry that is not a message for one reader.
func sentence(s *i18n.Speaker, e Entry, me accounts.UserID) string {
	key := e.Key
	switch {
	case e.Author == me && e.Author != "" && i18n.Known(s.Lang, key+".me"):
		key += ".me"
	case among(people(e.Args), me) && i18n.Known(s.Lang, key+".you"):
		key += ".you"
	}
	return s.T(key, append(pairs(s, e.Args, e.names), "Author", e.Name(e.Author))...)
}

// line is an entry in one line, for the list of conversations.
func line(s *i18n.Speaker, e Entry, me accounts.UserID) string {
	if e.Kind != Message {
		return plain(sentence(s, e, me))
	}
	text := e.Text
	if text == "" {
		text = s.T("messaging.photo")
	}
	switch {
	case e.Author == me:
		return s.T("messaging.said_you") + text
	case e.Staff:
		return s.T("messaging.staff_name", "Name", e.Name(e.Author)) + ": " + text
	}
	return text
}

// dayOf is the heading of a day.
func dayOf(s *i18n.Speaker, at clock.Instant) string {
	switch day(s, s.Now) - day(s, at) {
	case 0:
		return s.T("messaging.today")
	case 1:
		return s.T("messaging.yesterday")
	}
	return capital(s.LongDay(at))
}

// shortWhen is when something happened, as short as the list has room for.
func shortWhen(s *i18n.Speaker, at clock.Instant) string {
	switch day(s, s.Now) - day(s, at) {
	case 0:
		return s.Clock(at)
	case 1:
		return s.T("messaging.yesterday_short")
	}
	return s.Day(at)
}

// day counts the midnights of the reader.
func day(s *i18n.Speaker, at clock.Instant) int64 {
	t := at.In(s.Zone)
	_, offset := t.Zone()
	return (t.Unix() + int64(offset)) / secondsADay
}

const secondsADay = 24 * 60 * 60

func among(us []accounts.UserID, u accounts.UserID) bool {
	for _, x := range us {
		if x == u && u != "" {
			return true
		}
	}
	return false
}

// capital is s with a capital first letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
