// Package ui holds the parts that pages are made of: typed components over
// plain structs whose words are already in the reader's language.
package ui

import (
	"hash/fnv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/static"
)

// hues are how many background colours a face may have; style.css has a class
// for every 30 degrees.
const hues = 12

// hue is the class of a face's colour: the same person, the same colour.
func hue(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return [hues]string{
		"h-0", "h-30", "h-60", "h-90", "h-120", "h-150", "h-180", "h-210", "h-240", "h-270", "h-300", "h-330",
	}[h.Sum32()%hues]
}

// units are what a measure in a title is in.
var units = map[string]bool{"cm": true, "mm": true, "m": true, "g": true, "kg": true, "kpl": true, "st": true, "l": true, "€": true}

// Bound is a title whose numbers keep their units on the same line.
func Bound(title string) string {
	for i := 1; i < len(title); i++ {
		if title[i] == ' ' && '0' <= title[i-1] && title[i-1] <= '9' && units[firstWord(title[i+1:])] {
			title = title[:i] + "\u00a0" + title[i+1:]
		}
	}
	return title
}

// firstWord is the letters and digits that s begins with, or the euro sign.
func firstWord(s string) string {
	if strings.HasPrefix(s, "€") {
		return "€"
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

// Initials are the first letters of the first and the last word of a name.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}

func first(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	return strings.ToUpper(string(r))
}

// icon is the address of an icon in the sprite.
func icon(name string) string { return sprite() + name }

var sprite = sync.OnceValue(func() string { return static.URL("icons.svg") + "#" })

// Span is a run of text, bold or not.
type Span struct {
	Text string
	Bold bool
}

// Spans reads the **bold** marks of a sentence.
func Spans(s string) []Span {
	var out []Span
	for i, part := range strings.Split(s, "**") {
		if part != "" {
			out = append(out, Span{part, i%2 == 1})
		}
	}
	return out
}

// ID is the id of a form field's element, for labels and the error summary.
func ID(field string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, field)
}

// Smooth makes a form send itself by htmx and swap the element target (a CSS
// selector) from the page that comes back. Without script the form works as
// ever.
func Smooth(url, target string) templ.Attributes {
	return templ.Attributes{
		"hx-post": url, "hx-target": target, "hx-select": target, "hx-swap": "outerHTML",
		"hx-disabled-elt": "find button[type=submit]",
	}
}

// Morph is Smooth, but changes only what differs, so that focus and scrolling
// stay.
func Morph(url, target string) templ.Attributes {
	a := Smooth(url, target)
	a["hx-swap"], a["hx-ext"] = "morph:outerHTML", "morph"
	return a
}

// Autosave makes a form save itself to url a moment after the last change; the
// answer (a short sentence) is shown in the element target.
func Autosave(url, target string) templ.Attributes {
	return templ.Attributes{
		"hx-post": url, "hx-trigger": "input changed delay:1500ms, change delay:400ms", "hx-target": target,
		"hx-swap": "innerHTML", "hx-sync": "this:replace",
	}
}

// describedBy are the ids of a field's hint and error.
func describedBy(id string, hint, err bool) string {
	var ids []string
	if hint {
		ids = append(ids, id+"-hint")
	}
	if err {
		ids = append(ids, id+"-error")
	}
	return strings.Join(ids, " ")
}

func lower(s string) string { return strings.ToLower(s) }
