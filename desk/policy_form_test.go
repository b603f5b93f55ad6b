package desk

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
)

// meant is a policy without where and under which name it is written.
func meant(t *testing.T, text string) nudges.Policy {
	t.Helper()
	p, err := nudges.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	p.Text, p.Version = "", ""
	for k, l := range p.Ladders {
		l.Line = 0
		for i := range l.Steps {
			l.Steps[i].Line = 0
		}
		p.Ladders[k] = l
	}
	return p
}

// filled is the form of the built-in policy.
func filled(t *testing.T) web.Form {
	t.Helper()
	w, err := nudges.ReadWritten(nudges.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	return fields(w)
}

// saved is the policy that a form would be kept as.
func saved(form web.Form) string {
	w, _ := written(form)
	w.Version = "x"
	return w.Text()
}

// The form of the built-in policy, saved as it is, means the same policy.
func TestAnUnchangedFormMeansTheSame(t *testing.T) {
	t.Parallel()
	if got, want := meant(t, saved(filled(t))), meant(t, nudges.BuiltIn()); !reflect.DeepEqual(got, want) {
		t.Errorf("it means\n%+v\nnot\n%+v", got, want)
	}
}

// A step is changed, added under a name of its own, and left out.
func TestAFormChangesSteps(t *testing.T) {
	t.Parallel()
	form := filled(t)
	set := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			form.Values.Set("ship."+pairs[i], pairs[i+1])
		}
	}
	set("within", "6", "1.at", "22 h", "2.out", "1", "6.at", "40h", "6.text", "ship_day")
	form.Values["ship.6.by"] = []string{"app", "text"}
	l := meant(t, saved(form)).Ladders[turn.Ship]
	if day, _ := l.Step("day"); day.Waking.Hours() != 22 || l.Within.BusinessDays != 6 {
		t.Errorf("day comes after %s, within %s", day.Waking, l.Within)
	}
	if _, there := l.Step("promise"); there {
		t.Error("what was left out is there")
	}
	if more, ok := l.Step("day2"); !ok || more.Waking.Hours() != 40 || !reflect.DeepEqual(more.By, []string{"app", "text"}) {
		t.Errorf("the new step: %+v", more)
	}
}

// What is wrong stands beside the field in which it is, whatever was left out
// above it.
func TestAFormsFaultsStandBesideTheirFields(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]struct{ set, to string }{
		"cap":                    {"cap", "many"},
		"holdout":                {"holdout", "51"},
		"ship.within":            {"ship.within", "soon"},
		"pay.within":             {"pay.within", ""},
		"review.within":          {"review.within", "15"},
		"ship.aim":               {"ship.aim", "0"},
		"pay.offered":            {"pay.offered", "5000"},
		"ship.3.at":              {"ship.3.at", "tomorrow"},
		"ship.1.at":              {"ship.1.at", ""},
		"pay.0.at":               {"pay.0.when", "after_aim"},
		"ship.3.to":              {"ship.3.to", "nobody"},
		"ship.3.by":              {"ship.3.by", "pigeon"},
		"ship.3.tell":            {"ship.3.tell", "app"},
		"ship.3.text":            {"ship.3.text", "ship_nothing"},
		"ship.4.text":            {"ship.4.text", ""},
		"ship.3.warning":         {"ship.3.warning", "1"},
		"ship.5.warning":         {"ship.2.warning", "1"},
		"ship.5.every":           {"ship.5.every", "720h"},
		"ship.6.at":              {"ship.6.text", "ship_day"},
		"ship.2.every":           {"ship.2.times", "2"},
		"payout_details.2.times": {"payout_details.2.times", "often"},
	} {
		form := filled(t)
		form.Values.Set("ship.0.out", "1")
		form.Values.Set(c.set, c.to)
		w, where := written(form)
		w.Version = "x"
		_, err := nudges.ParsePolicy(w.Text())
		broken, _ := err.(nudges.Broken)
		fs := beside(broken, where, form)
		if len(fs) != 1 || fs[0].Field != field {
			t.Errorf("%s = %q: %v, want one about %s", c.set, c.to, fs, field)
			continue
		}
		for _, lang := range i18n.Langs {
			if s := i18n.For(lang, "", 0).Fault(fs[0]); s == fs[0].Key || s == "" {
				t.Errorf("%s: nothing says %s", lang, fs[0].Key)
			}
		}
	}
}

// A turn with too many steps says so beside the last.
func TestAFormSaysOfTooManySteps(t *testing.T) {
	t.Parallel()
	form := filled(t)
	for i := 6; i < 14; i++ {
		setStep(form.Values, prefix(turn.Ship, i), nudges.WrittenStep{After: "9h", To: nudges.ToOwner, By: []string{"app"}, Text: "ship_day"})
	}
	w, where := written(form)
	w.Version = "x"
	_, err := nudges.ParsePolicy(w.Text())
	broken, _ := err.(nudges.Broken)
	if fs := beside(broken, where, form); len(fs) != 1 || fs[0].Field != "ship.13.at" {
		t.Errorf("it says %v", fs)
	}
}

// Every reminder that may be chosen has a whole headline, in each language.
func TestTheFormsHeadlinesAreWhole(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		f, all := web.Frame{Speaker: i18n.For(lang, "", 0)}, 0
		for _, k := range nudges.Kinds() {
			for _, o := range textOptions(f, k, "") {
				if all++; strings.Contains(o.Label, "<no value>") || strings.Contains(o.Label, "…") || strings.Contains(o.Label, "nudges.") {
					t.Errorf("%s: %s reads %q", lang, o.Value, o.Label)
				}
			}
		}
		if all < 50 {
			t.Errorf("%s: only %d headlines", lang, all)
		}
	}
}
