package dev

import (
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/layout"
)

// say picks the words of an example in the reader's language. Examples are
// invented data, so they are not among the market's own sentences.
func say(f web.Frame, fi, sv, en string) string {
	return layout.Pick(f, fi, sv, en)
}

// picture is the address of one of the drawings that stand in for photos.
func picture(name string) string { return static.URL("pictures/" + name + ".svg") }
