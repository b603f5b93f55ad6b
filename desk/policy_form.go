package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
)

// A policy as the fields of a form: "cap", "ship.within" and "ship.within.unit",
// "ship.0.at", "ship.0.when"… Every turn ends with an empty row for one more step.

// maxRows is how many steps of a turn a form may bring: more than a policy takes,
// so that the policy says so.
const maxRows = 20

// terms are the deadlines of a turn, in the order of the form.
var terms = []struct {
	name string
	of   func(*nudges.WrittenTurn) *string
}{
	{"within", func(t *nudges.WrittenTurn) *string { return &t.Within }},
	{"aim", func(t *nudges.WrittenTurn) *string { return &t.Aim }},
	{"offered", func(t *nudges.WrittenTurn) *string { return &t.Offered }},
}

// prefix begins the names of a step's fields.
func prefix(k turn.Kind, row int) string { return string(k) + "." + strconv.Itoa(row) + "." }

// rowsOf is how many steps of a turn a form holds, the empty one with them.
func rowsOf(form web.Form, k turn.Kind) int {
	n := 0
	for n < maxRows && form.Values.Has(prefix(k, n)+"to") {
		n++
	}
	return n
}

// fields is a written policy as the form's fields.
func fields(w nudges.Written) web.Form {
	v := url.Values{"cap": {strconv.Itoa(w.Cap)}, "holdout": {strconv.Itoa(w.Holdout)}}
	for _, t := range w.Turns {
		for _, x := range terms {
			name := string(t.Kind) + "." + x.name
			n, unit := orders.SplitTerm(*x.of(&t))
			if unit != "" {
				v.Set(name, strconv.Itoa(n))
			}
			v.Set(name+".unit", unit)
		}
		for i, s := range t.Steps {
			setStep(v, prefix(t.Kind, i), s)
		}
		setStep(v, prefix(t.Kind, len(t.Steps)), nudges.WrittenStep{To: nudges.ToOwner})
	}
	return web.Form{Values: v}
}

func setStep(v url.Values, at string, s nudges.WrittenStep) {
	time, when := s.At()
	for name, value := range map[string]string{
		"name": s.Name, "at": time, "when": string(when), "to": s.To, "text": s.Text, "every": s.Every,
	} {
		v.Set(at+name, value)
	}
	v[at+"by"], v[at+"tell"] = s.By, s.Tell
	if s.Times > 0 {
		v.Set(at+"times", strconv.Itoa(s.Times))
	}
	if s.Warning {
		v.Set(at+"warning", "1")
	}
}

// rows are, of each turn, the rows of the form that its steps stand in.
type rows map[turn.Kind][]int

// written is the policy that a form holds, and where its steps stand. A number
// that is none becomes −1, which no policy takes.
func written(form web.Form) (nudges.Written, rows) {
	w, where := nudges.Written{Cap: number(form, "cap"), Holdout: number(form, "holdout")}, rows{}
	for _, k := range nudges.Kinds() {
		t := nudges.WrittenTurn{Kind: k}
		for _, x := range terms {
			name := string(k) + "." + x.name
			if n := strings.TrimSpace(form.Get(name)); n != "" {
				*x.of(&t) = orders.JoinTerm(n, form.Get(name+".unit"))
			}
		}
		var taken []string
		for i := range rowsOf(form, k) {
			taken = append(taken, form.Get(prefix(k, i)+"name"))
		}
		for i := range rowsOf(form, k) {
			at := prefix(k, i)
			s := step(form, at)
			if form.Has(at+"out", "1") || empty(s) {
				continue
			}
			if s.Name == "" {
				s.Name = newName(k, s.Text, taken)
				taken = append(taken, s.Name)
			}
			t.Steps, where[k] = append(t.Steps, s), append(where[k], i)
		}
		w.Turns = append(w.Turns, t)
	}
	return w, where
}

// step is a row of the form.
func step(form web.Form, at string) nudges.WrittenStep {
	get := func(name string) string { return strings.TrimSpace(form.Get(at + name)) }
	s := nudges.WrittenStep{Name: get("name"), To: get("to"), By: form.Values[at+"by"], Text: get("text"),
		Warning: form.Has(at+"warning", "1"), Tell: form.Values[at+"tell"], Every: unspaced(get("every"))}
	s.SetAt(unspaced(get("at")), nudges.When(get("when")))
	if get("times") != "" {
		s.Times = number(form, at+"times")
	}
	return s
}

// unspaced is a time as it is read: "20 h" is "20h".
func unspaced(s string) string { return strings.ReplaceAll(s, " ", "") }

func number(form web.Form, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(form.Get(name)))
	if err != nil {
		return -1
	}
	return n
}

// empty tells whether nothing was filled into the row for a new step.
func empty(s nudges.WrittenStep) bool {
	at, _ := s.At()
	return s.Name == "" && at+s.Text+s.Every == "" && len(s.By)+len(s.Tell) == 0 && !s.Warning && s.Times == 0
}

// newName names a new step after its words, unlike those that the form began
// with: a turn that had a step gets no other one of its name.
func newName(k turn.Kind, text string, taken []string) string {
	base := strings.TrimPrefix(text, string(k)+"_")
	if base == "" {
		base = "new"
	}
	name := base
	for n := 2; slices.Contains(taken, name); n++ {
		name = base + strconv.Itoa(n)
	}
	return name
}

// beside puts what is wrong with a policy beside the fields it is about.
func beside(broken nudges.Broken, where rows, form web.Form) fault.Faults {
	var out fault.Faults
	for _, c := range broken {
		x := *c.Why
		switch {
		case c.Step >= 0 && c.Step < len(where[c.Turn]):
			if x.Field == "name" { // which the form does not show
				x.Field = "at"
			}
			x.Field = prefix(c.Turn, where[c.Turn][c.Step]) + x.Field
		case x.Field == "steps":
			x.Field = prefix(c.Turn, rowsOf(form, c.Turn)-1) + "at"
		case c.Turn != "":
			x.Field = string(c.Turn) + "." + x.Field
		}
		out = append(out, &x)
	}
	return out
}
