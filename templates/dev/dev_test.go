package dev

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kierto/kierto/internal/i18n"
)

// maxPage is the budget of a page in bytes before compression; 14 KB of gzip
// hold about six times as much of such HTML.
const maxPage = 80 << 10

// missingKey is what an unknown i18n key looks like on a page.
var missingKey = regexp.MustCompile(`\b[a-z]+\.[a-z0-9]+(_[a-z0-9]+)+\b|\{\{|<no value>|%!`)

// Every example, in every language, is whole: its HTML nests, it has one h1, a
// title and a language, no word is missing, every id is there once and every
// label and description points at something, and nothing is inline that the
// content security policy forbids.
func TestEveryExampleIsWhole(t *testing.T) {
	t.Parallel()
	for _, folder := range Folders() {
		for _, e := range folder.Examples {
			for _, lang := range i18n.Langs {
				t.Run(e.Name+"/"+lang, func(t *testing.T) {
					t.Parallel()
					var b bytes.Buffer
					if err := e.Make(Frame(lang, false)).Render(t.Context(), &b); err != nil {
						t.Fatal(err)
					}
					if b.Len() > maxPage {
						t.Errorf("%d bytes, more than %d", b.Len(), maxPage)
					}
					nests(t, b.Bytes())
					doc, err := html.Parse(&b)
					if err != nil {
						t.Fatal(err)
					}
					examine(t, doc, lang)
				})
			}
		}
	}
}

// Names of examples are addresses, so no two are alike.
func TestExamplesHaveTheirOwnNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, folder := range Folders() {
		for _, e := range folder.Examples {
			if seen[e.Name] {
				t.Errorf("two examples are called %q", e.Name)
			}
			seen[e.Name] = true
			if _, ok := Find(e.Name); !ok {
				t.Errorf("%q cannot be found", e.Name)
			}
		}
	}
}

// void are the elements without an end.
var void = map[string]bool{
	"meta": true, "link": true, "input": true, "img": true, "br": true, "hr": true, "source": true, "track": true, "wbr": true,
}

// nests fails when an element is closed that was not the last one opened: the
// parser would mend it, a browser may mend it otherwise.
func nests(t *testing.T, page []byte) {
	t.Helper()
	z := html.NewTokenizer(bytes.NewReader(page))
	var open []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("never closed: %s", strings.Join(open, " "))
			}
			return
		case html.StartTagToken:
			name, _ := z.TagName()
			if n := string(name); !void[n] {
				open = append(open, n)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			n := string(name)
			if len(open) == 0 || open[len(open)-1] != n {
				t.Errorf("</%s> closes %v", n, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// examination is what was seen of a page.
type examination struct {
	h1     int
	title  string
	ids    map[string]bool
	points []string // ids that something refers to
}

// examine walks a page and fails for what should not be in it.
func examine(t *testing.T, doc *html.Node, lang string) {
	t.Helper()
	x := examination{ids: map[string]bool{}}
	x.walk(t, doc, lang)
	if x.h1 != 1 {
		t.Errorf("%d h1, not one", x.h1)
	}
	if !strings.HasSuffix(x.title, " · Kierto") || len(x.title) < len(" · Kierto")+2 {
		t.Errorf("the title is %q", x.title)
	}
	for _, id := range x.points {
		if !x.ids[id] {
			t.Errorf("nothing is called %q", id)
		}
	}
}

func (x *examination) walk(t *testing.T, n *html.Node, lang string) {
	t.Helper()
	switch n.Type {
	case html.TextNode:
		if bad := missingKey.FindString(n.Data); bad != "" {
			t.Errorf("a word is missing: %q", bad)
		}
	case html.ElementNode:
		x.element(t, n, lang)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		x.walk(t, c, lang)
	}
}

func (x *examination) element(t *testing.T, n *html.Node, lang string) {
	t.Helper()
	switch n.Data {
	case "h1":
		x.h1++
	case "title":
		if n.Parent.Data == "head" && n.FirstChild != nil {
			x.title = n.FirstChild.Data
		}
	case "style":
		t.Error("an inline style sheet")
	case "html":
		if attr(n, "lang") != lang {
			t.Errorf("the page says it is in %q", attr(n, "lang"))
		}
	case "script":
		if attr(n, "src") == "" {
			t.Error("an inline script")
		}
	case "img":
		if !has(n, "alt") || !has(n, "width") || !has(n, "height") {
			t.Errorf("a picture without alt, width or height: %s", attr(n, "src"))
		}
	case "form":
		if m := attr(n, "method"); m != "" && m != "post" && m != "get" {
			t.Errorf("a form by %q", m)
		}
	}
	for _, a := range n.Attr {
		x.attribute(t, n, a)
	}
}

func (x *examination) attribute(t *testing.T, n *html.Node, a html.Attribute) {
	t.Helper()
	switch {
	case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
		t.Errorf("an inline %s on <%s>", a.Key, n.Data)
	case (a.Key == "id" || strings.HasPrefix(a.Key, "aria-") || a.Key == "for") && strings.TrimSpace(a.Val) == "":
		t.Errorf("an empty %s on <%s>", a.Key, n.Data)
	case a.Key == "id":
		if x.ids[a.Val] {
			t.Errorf("two elements are called %q", a.Val)
		}
		x.ids[a.Val] = true
	case a.Key == "for" || a.Key == "popovertarget" || a.Key == "aria-labelledby" || a.Key == "aria-describedby":
		x.points = append(x.points, strings.Fields(a.Val)...)
	case a.Key == "href" && strings.HasPrefix(a.Val, "#") && len(a.Val) > 1:
		x.points = append(x.points, a.Val[1:])
	case a.Key == "href" && strings.HasPrefix(a.Val, "about:invalid"):
		t.Errorf("an address that is none, on <%s>", n.Data)
	case a.Key == "aria-label" || a.Key == "placeholder" || a.Key == "alt" || a.Key == "content":
		if bad := missingKey.FindString(a.Val); bad != "" && a.Key != "content" {
			t.Errorf("a word is missing in %s: %q", a.Key, bad)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
