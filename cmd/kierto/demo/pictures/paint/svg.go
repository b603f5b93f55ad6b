// Package paint renders the demo's drawings: the part of SVG they use, with
// what makes them look photographed (soft shadows, blurs, clipping), and with
// their materials dyed in other colours. It needs no browser.
//
// What it knows: g, path, rect, circle, ellipse, linear and radial gradients
// (in units of the shape's box), clip paths, the filters feGaussianBlur and
// feDropShadow, and presentation attributes. Anything else is passed over.
package paint

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Drawing is a parsed SVG document. It may be painted many times at once.
type Drawing struct {
	Title string
	root  *node
	defs  map[string]*node // by id: gradients, filters, clip paths
}

type node struct {
	name string
	attr map[string]string
	kids []*node
}

// Parse reads an SVG document.
func Parse(r io.Reader) (*Drawing, error) {
	d := &Drawing{root: &node{name: "g"}, defs: map[string]*node{}}
	open := []*node{d.root}
	for dec := xml.NewDecoder(r); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return nil, fmt.Errorf("paint: parse: %w", err)
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attr: make(map[string]string, len(t.Attr))}
			for _, a := range t.Attr {
				n.attr[a.Name.Local] = a.Value
			}
			if n.name == "svg" {
				n.name = "g"
			}
			if id := n.attr["id"]; id != "" {
				d.defs[id] = n
			}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if top.name == "title" {
				d.Title += string(t)
			}
		}
	}
}

// number is an attribute as a number, or otherwise when it is absent.
func (n *node) number(name string, otherwise float64) float64 {
	v, err := strconv.ParseFloat(strings.TrimSuffix(n.attr[name], "%"), 64)
	if err != nil {
		return otherwise
	}
	return v
}

// numbers is every number in s, whatever stands between them.
func numbers(s string) []float64 {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' })
	list := make([]float64, 0, len(parts))
	for _, part := range parts {
		if v, err := strconv.ParseFloat(part, 64); err == nil {
			list = append(list, v)
		}
	}
	return list
}

// reference is the id in "url(#id)", or "".
func reference(s string) string {
	if strings.HasPrefix(s, "url(#") && strings.HasSuffix(s, ")") {
		return s[5 : len(s)-1]
	}
	return ""
}
