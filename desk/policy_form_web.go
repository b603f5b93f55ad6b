package desk

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// builtInID stands in addresses for the policy that holds when no version does.
const builtInID = "built-in"

// draftBase is the policy that a form begins as.
func (s *Service) draftBase(c *web.Ctx) (nudges.Version, error) {
	if c.Param("id") == builtInID {
		return nudges.Version{Text: s.Nudges.Policy.Text}, nil
	}
	return s.versionAsked(c)
}

// versionName is what people call a version, the built-in one too.
func versionName(f web.Frame, v nudges.Version) string {
	if v.Number == 0 {
		return f.T("desk.policy_built_in")
	}
	return v.Name()
}

// versionURL is the address of a version.
func versionURL(v nudges.Version, more string) string {
	id := builtInID
	if v.Number > 0 {
		id = strconv.FormatInt(v.Number, 10)
	}
	return "/desk/policy/" + id + more
}

// getDraft shows the form of a new draft, which begins as another policy.
func (s *Service) getDraft(c *web.Ctx) error {
	base, err := s.draftBase(c)
	if err != nil {
		return err
	}
	w, err := nudges.ReadWritten(base.Text)
	if err != nil {
		return err
	}
	return s.showDraft(c, 200, base, fields(w))
}

// postDraft keeps what the form holds as a draft, written as text.
func (s *Service) postDraft(c *web.Ctx) error {
	base, err := s.draftBase(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	w, where := written(form)
	w.Version = "after " + s.Nudges.Policy.Version
	if base.Number > 0 {
		w.Version = "after " + base.Name()
	}
	v, err := s.Nudges.SaveDraft(c.Request().Context(), me(c), w.Text(), form.Get("note"))
	var broken nudges.Broken
	if errors.As(err, &broken) {
		form.Faults = beside(broken, where, form)
		return s.showDraft(c, fault.Invalid.Status(), base, form)
	}
	if fs := fault.As(err); len(fs) > 0 {
		form.Faults = fs
		return s.showDraft(c, fs[0].Kind.Status(), base, form)
	}
	if err != nil {
		return err
	}
	c.Flash("desk.done.policy_draft", "Version", v.Name())
	return c.Go(versionURL(v, "?try=verify"))
}

func (s *Service) showDraft(c *web.Ctx, status int, base nudges.Version, form web.Form) error {
	f, _, err := s.frame(c, "desk-policy")
	if err != nil {
		return err
	}
	text := "/desk/policy#draft"
	if base.Number > 0 {
		text = "/desk/policy?from=" + strconv.FormatInt(base.Number, 10) + "#draft"
	}
	p := pages.PolicyForm{Frame: f, Title: f.T("desk.policy_change"), Lead: f.T("desk.policy_form_lead", "Version", versionName(f, base)),
		Back: "/desk/policy", BackWord: f.T("desk.policy"), URL: versionURL(base, "/edit"), Form: form,
		Hint: f.T("desk.policy_form_hint"), Hints: []string{f.T("desk.policy_time_hint"), f.T("desk.policy_again_hint"), f.T("desk.policy_warn_hint"), f.T("desk.policy_tell_hint")}, AsText: ui.Button{Label: f.T("desk.policy_as_text"), URL: text, Kind: "bare", Small: true},
		All: []ui.Field{
			{Name: "cap", Label: f.T("desk.policy_cap"), Hint: f.T("desk.policy_cap_hint"), InputMode: "numeric", Width: "s", Max: 3},
			{Name: "holdout", Label: f.T("desk.policy_holdout"), Hint: f.T("desk.policy_holdout_hint"), InputMode: "numeric", Max: 3, Unit: "%"},
		},
		Note:   ui.Field{Name: "note", Label: f.T("desk.policy_note"), Max: 500, Rows: 2, Optional: true},
		Button: ui.Button{Label: f.T("desk.policy_save")}, Words: stepFields(f)}
	for _, k := range nudges.Kinds() {
		p.Turns = append(p.Turns, turnForm(f, form, k))
	}
	return c.PageStatus(status, pages.ShowPolicyForm(p))
}

// turnForm is the part of the form about one kind of turn.
func turnForm(f web.Frame, form web.Form, k turn.Kind) pages.TurnForm {
	n := rowsOf(form, k)
	t := pages.TurnForm{ID: string(k), Title: f.T("desk.effect_kind." + string(k)), More: f.N("desk.policy_steps", max(n-1, 0))}
	for _, x := range form.Faults {
		t.Open = t.Open || strings.HasPrefix(x.Field, string(k)+".")
	}
	for _, x := range terms {
		name := string(k) + "." + x.name
		if x.name == "offered" && k != turn.Pay && form.Get(name) == "" {
			continue // nothing else begins with an offer
		}
		t.Terms = append(t.Terms, pages.TermFields{
			Number: ui.Field{Name: name, Label: f.T("desk.policy_term." + x.name), InputMode: "numeric", Width: "s", Max: 4, Optional: x.name != "within"},
			Unit:   ui.Field{Name: name + ".unit", Label: f.T("desk.policy_unit")}, Units: options(f, "desk.policy_unit.", orders.Units())})
	}
	for i := range n {
		at := prefix(k, i)
		row := pages.StepForm{At: at, Legend: f.T("desk.policy_step", "N", i+1), Texts: textOptions(f, k, form.Get(at+"text"))}
		if row.New = form.Get(at+"name") == ""; row.New {
			row.Legend = f.T("desk.policy_step_new")
		}
		t.Steps = append(t.Steps, row)
	}
	return t
}

// stepFields are the fields that every step has.
func stepFields(f web.Frame) pages.StepFields {
	var whens []string
	for _, w := range nudges.Whens() {
		whens = append(whens, string(w))
	}
	w := pages.StepFields{
		At:   ui.Field{Name: "at", Label: f.T("desk.policy_time"), Width: "s", Max: 12},
		When: ui.Field{Name: "when", Label: f.T("desk.policy_when")}, Whens: options(f, "desk.policy_when.", whens),
		To: ui.Field{Name: "to", Label: f.T("desk.policy_whom")}, Tos: options(f, "desk.policy_to.", []string{nudges.ToOwner, nudges.ToWaiter, nudges.ToOperator}),
		Text: ui.Field{Name: "text", Label: f.T("desk.policy_words")}, Choose: f.T("desk.policy_words_choose"),
		By: f.T("desk.policy_by"), Tell: f.T("desk.policy_tell"),
		Warning: ui.Check{Name: "warning", Value: "1", Label: f.T("desk.policy_warn")},
		Every:   ui.Field{Name: "every", Label: f.T("desk.policy_again"), Width: "s", Max: 12, Optional: true},
		Times:   ui.Field{Name: "times", Label: f.T("desk.policy_times"), InputMode: "numeric", Max: 3, Unit: "×"},
		Out:     ui.Check{Name: "out", Value: "1", Label: f.T("desk.policy_out")}}
	for _, c := range nudges.Channels() {
		w.Channels = append(w.Channels, ui.Check{Value: c, Label: f.T("desk.effect_channel." + c)})
	}
	return w
}

// options are values with their words, whose keys begin so.
func options(f web.Frame, key string, values []string) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: f.T(key + v)}
	}
	return out
}

// textOptions are the words that a turn's reminders may say, each by its subject,
// and those that one says already.
func textOptions(f web.Frame, k turn.Kind, now string) []ui.Option {
	texts := nudges.Texts(k)
	if now != "" && !slices.Contains(texts, now) {
		texts = append(texts, now)
	}
	out := make([]ui.Option, len(texts))
	for i, t := range texts {
		out[i] = ui.Option{Value: t, Label: subject(f, t)}
	}
	return out
}

// subject is the headline of a reminder as one about some trade would read.
func subject(f web.Frame, text string) string {
	return f.T("nudges."+text+".subject", "Other", exampleOther, "Title", f.T("desk.policy_words_thing"), "Ref", exampleRef, "Payout", f.Money(money.EUR(examplePayout)))
}

// The trade that headlines speak of in the form.
const (
	exampleOther  = "Noora"
	exampleRef    = "K-7F3Q"
	examplePayout = 8490 // minor units
)
