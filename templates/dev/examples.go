package dev

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
)

func uiExamples() []layout.Example {
	return []layout.Example{
		{Name: "ui-buttons", Make: buttons},
		{Name: "ui-fields", Make: fields},
		{Name: "ui-cards", Make: cards},
		{Name: "ui-turns", Make: turns},
		{Name: "ui-room", Make: room},
		{Name: "ui-lists", Make: lists},
		{Name: "ui-desk", Make: desk},
		{Name: "ui-moment", Make: moment},
	}
}

func layoutExamples() []layout.Example {
	return append([]layout.Example{
		{Name: "layout-stranger", Make: func(f web.Frame) templ.Component {
			f.Reader, f.Badges = web.Reader{}, web.Badges{}
			return moment(f)
		}},
		{Name: "layout-demo", Make: func(f web.Frame) templ.Component {
			f.Demo = &web.Demo{Now: Moment, Password: "kokeilen kiertoa 4 kertaa", People: []web.DemoPerson{
				{ID: "usr_noora", Name: "Noora", Role: "buyer"},
				{ID: "usr_anna", Name: "Anna", Role: "seller"},
				{ID: "usr_salla", Name: "Salla", Role: "operator"},
			}}
			f.Flash = &web.Flash{Text: say(f, "Lisäsit aikaa tiistaihin 1.12. asti.", "Du gav mer tid till tisdag 1.12.", "You gave more time, until Tuesday 1 Dec."), UndoURL: "/"}
			return cards(f)
		}},
		{Name: "layout-unconfirmed", Make: func(f web.Frame) templ.Component {
			f.Reader.Confirmed = false
			return buttons(f)
		}},
		{Name: "layout-mail-bad", Make: func(f web.Frame) templ.Component {
			f.Reader.MailBad = true
			return buttons(f)
		}},
		{Name: "layout-suspended", Make: func(f web.Frame) templ.Component {
			f.Reader.Suspended = true
			return buttons(f)
		}},
	}, errorExamples()...)
}

// errorExamples are the pages of errors, by their status.
func errorExamples() []layout.Example {
	var xs []layout.Example
	for _, e := range []*fault.Fault{
		fault.New(fault.Forbidden, "web.cross_site"), fault.New(fault.Missing, "web.missing"), fault.New(fault.NotAllowed, "web.not_allowed"),
		fault.New(fault.TooLarge, "web.too_large"), fault.New(fault.TooMany, "web.too_many"),
		fault.New(fault.Busy, "db.away"), nil,
	} {
		status := web.ErrorOf(i18n.For("en", "", 0), e, "").Status
		xs = append(xs, layout.Example{Name: "layout-error-" + strconv.Itoa(status), Make: func(f web.Frame) templ.Component {
			v := web.ErrorOf(f.Speaker, e, "4f1c22ab90de")
			switch v.Status {
			case http.StatusMethodNotAllowed, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable:
				v.Again = "/orders"
			}
			return layout.Error(f, v)
		}})
	}
	return xs
}
