package ui

import (
	"maps"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
)

// kind is the type of the field.
func (x Field) kind() string {
	if x.Type == "" {
		return "text"
	}
	return x.Type
}

// money is the field as one for euros.
func (x Field) money() Field {
	x.Unit, x.InputMode, x.Width = "€", "decimal", "m"
	if x.Autocomplete == "" {
		x.Autocomplete = "off"
	}
	if x.Max == 0 {
		x.Max = 14
	}
	return x
}

// rules are the attributes that say what may be typed and what describes it.
// Nothing is "required" to the browser: its bubbles are worse than our
// sentences.
func (x Field) rules(f web.Frame, form web.Form) templ.Attributes {
	a := templ.Attributes{}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("autocomplete", x.Autocomplete)
	set("inputmode", x.InputMode)
	set("placeholder", x.Placeholder)
	if x.Max > 0 {
		a["maxlength"] = strconv.Itoa(x.Max)
	}
	maps.Copy(a, Invalid(form, x.Name))
	set("aria-describedby", describedBy(ID(x.Name), x.Hint != "", form.Fault(x.Name) != nil))
	return a
}

// Invalid marks a field with which something is wrong, and points at its
// FieldError.
func Invalid(form web.Form, name string) templ.Attributes {
	if form.Fault(name) == nil {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": describedBy(ID(name), false, true)}
}

// id of a check box: the field's own for a single one, so that the error
// summary leads there.
func (x Check) id() string {
	if x.Value == "" || x.Value == "1" || x.Value == "yes" || x.lead {
		return ID(x.Name)
	}
	return ID(x.Name + "-" + x.Value)
}

// first gives the first of several check boxes the field's own id.
func (x Check) first(i int, name string) Check {
	if x.Name == "" {
		x.Name = name
	}
	if i == 0 {
		x.lead = true
	}
	return x
}

// nth is the id of the i-th radio button of a field.
func nth(name string, i int) string {
	if i == 0 {
		return ID(name)
	}
	return ID(name) + "-" + strconv.Itoa(i+1)
}

// group is a run of options under one heading.
type group struct {
	label   string
	options []Option
}

// grouped puts options of one group together, in their order.
func grouped(options []Option) []group {
	var out []group
	for _, o := range options {
		if n := len(out); n == 0 || out[n-1].label != o.Group {
			out = append(out, group{label: o.Group})
		}
		last := &out[len(out)-1]
		last.options = append(last.options, o)
	}
	return out
}

// described points at a group's hint and error, when it has them.
func described(form web.Form, name string, hint bool) templ.Attributes {
	if ids := describedBy(ID(name), hint, form.Fault(name) != nil); ids != "" {
		return templ.Attributes{"aria-describedby": ids}
	}
	return nil
}
