package listings

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/templates/ui"
)

// browseTitle is the name of the browse page: the words, the category, or the
// market.
func browseTitle(p BrowsePage) string {
	if p.Query != "" {
		return p.Query
	}
	for _, t := range p.Tabs {
		if t.Current && !p.Hero {
			return t.Label
		}
	}
	return p.T("listings.browse_title")
}

// making asks again for a listing whose photos are being made.
func making(p ShowPage) templ.Attributes {
	if !p.Making {
		return nil
	}
	return templ.Attributes{"hx-get": p.Path, "hx-trigger": "every 2s", "hx-target": ".gallery", "hx-select": ".gallery", "hx-swap": "outerHTML"}
}

// saves makes the form of a draft save itself. Saves follow one another, so that
// none overtakes the one before.
func saves(p SellPage) templ.Attributes {
	if p.DraftURL == "" {
		return nil
	}
	a := ui.Autosave(p.DraftURL, "#saved")
	a["hx-sync"] = "this:queue last"
	return a
}

// swapsFields shows the chosen category's own fields, and its usual parcel.
func swapsFields(p SellPage) templ.Attributes {
	return templ.Attributes{
		"hx-post": p.FieldsURL, "hx-trigger": "change", "hx-target": "#fields", "hx-select": "#fields",
		"hx-select-oob": "#parcel", "hx-swap": "outerHTML", "hx-include": "closest form", "hx-sync": "this:replace",
	}
}

// withPhotos makes a button send the chosen photos too, as without script they
// go with whatever is pressed.
func withPhotos() templ.Attributes { return templ.Attributes{"formenctype": "multipart/form-data"} }
