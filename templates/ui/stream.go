package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// LiveEvent is the name of the server-sent event that carries a stream's rows.
const LiveEvent = "stream"

// liveAttrs keep an event stream open and morph what arrives into the list.
func liveAttrs(url string) templ.Attributes {
	if url == "" {
		return nil
	}
	return templ.Attributes{
		"hx-ext": "sse,morph", "sse-connect": url, "sse-swap": LiveEvent, "hx-swap": "morph:innerHTML",
	}
}

// encoding of the form: files need their own.
func (c Compose) encoding() string {
	if c.AddPhoto == "" {
		return "application/x-www-form-urlencoded"
	}
	return "multipart/form-data"
}

// smooth sends by htmx when there is a target.
func (c Compose) smooth() templ.Attributes {
	if c.Target == "" {
		return nil
	}
	a := Morph(c.URL, c.Target)
	a["hx-encoding"] = c.encoding()
	return a
}

func (c Compose) rules() templ.Attributes {
	a := templ.Attributes{"placeholder": c.Placeholder}
	if c.Max > 0 {
		a["maxlength"] = strconv.Itoa(c.Max)
	}
	if c.Form.Fault(MessageField) != nil {
		a["aria-invalid"], a["aria-describedby"] = "true", ID(MessageField)+"-error"
	}
	return a
}

// rowID names the element of a row that has an id.
func rowID(id string) templ.Attributes {
	if id == "" {
		return nil
	}
	return templ.Attributes{"id": id}
}
