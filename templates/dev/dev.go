// Package dev shows every page and part with invented data, for the demo's
// /dev/pages and for the tests.
package dev

import (
	"github.com/kierto/kierto/templates/about"
	"github.com/kierto/kierto/templates/accounts"
	deskpages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/listings"
	"github.com/kierto/kierto/templates/messaging"
	"github.com/kierto/kierto/templates/nudges"
	"github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/payments"
)

// Folder is a folder of templates and what it shows.
type Folder struct {
	Name     string
	Examples []layout.Example
}

// Folders are all examples, folder by folder.
func Folders() []Folder {
	return []Folder{
		{"ui", uiExamples()},
		{"layout", layoutExamples()},
		{"about", about.Examples()},
		{"messaging", messaging.Examples()},
		{"nudges", nudges.Examples()},
		{"payments", payments.Examples()},
		{"accounts", accounts.Examples()},
		{"orders", orders.Examples()},
		{"listings", listings.Examples()},
		{"desk", deskpages.Examples()},
	}
}

// Find is the example of a name.
func Find(name string) (layout.Example, bool) {
	for _, f := range Folders() {
		for _, e := range f.Examples {
			if e.Name == name {
				return e, true
			}
		}
	}
	return layout.Example{}, false
}
