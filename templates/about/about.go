// Package about holds the pages that say how the market works. They promise
// what the code does, and nothing else.
package about

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
)

// Rates are the numbers the pages name.
type Rates struct {
	Buyer string // the buyer's protection, of the price: "4 %"
}

// page is a page of sections: prefix + "title", "lead", and for each section
// n prefix + "n_title" and "n_text".
type page struct {
	Slug     string // /about/<slug>
	prefix   string // of its i18n keys
	sections int
	icons    []string // one a section; none: plain headings
}

// pages are all of them, in the order of the foot.
var pages = []page{
	{"trade", "about.trade.", 7, []string{"camera", "wallet", "truck", "package", "handshake", "bell", "headset"}},
	{"protection", "about.protection.", 6, nil},
	{"fees", "about.fees.", 5, nil},
	{"terms", "about.terms.", 8, nil},
	{"privacy", "about.privacy.", 8, nil},
}

// Slugs are the pages there are: /about/<slug>.
func Slugs() []string {
	var out []string
	for _, p := range pages {
		out = append(out, p.Slug)
	}
	return out
}

// Show is the page of a slug, or nil when there is none.
func Show(f web.Frame, slug string, r Rates) templ.Component {
	for _, p := range pages {
		if p.Slug == slug {
			f.Section = "about"
			f.Meta.Description = f.T(p.prefix + "lead")
			return show(f, p, r)
		}
	}
	return nil
}

// Examples are the pages for the gallery.
func Examples() []layout.Example {
	var out []layout.Example
	for _, p := range pages {
		out = append(out, layout.Example{Name: "about-" + p.Slug, Make: func(f web.Frame) templ.Component {
			return Show(f, p.Slug, Rates{Buyer: "4\u00a0%"})
		}})
	}
	return out
}

// section is a heading and its paragraphs, in the reader's words.
type section struct{ icon, title, text string }

// words are the sections of a page.
func (p page) words(f web.Frame, r Rates) []section {
	out := make([]section, p.sections)
	for i := range out {
		key := p.prefix + strconv.Itoa(i+1)
		out[i] = section{title: f.T(key + "_title"), text: f.T(key+"_text", "Buyer", r.Buyer)}
		if i < len(p.icons) {
			out[i].icon = p.icons[i]
		}
	}
	return out
}
