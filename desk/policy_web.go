package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// Limits of the pages of the policy.
const (
	maxVersions = 50      // in the list
	maxSource   = 100_000 // characters of a policy
	replaySpan  = 30 * 24 * time.Hour
	momentForm  = "2006-01-02T15:04" // as a field for a moment sends it
)

// getPolicies shows the versions and the form of a new one, which begins as the
// policy that is live, or as the version asked for.
func (s *Service) getPolicies(c *web.Ctx) error {
	text, err := s.startingText(c)
	if err != nil {
		return err
	}
	return s.showPolicies(c, 200, web.Filled("text", text), nil)
}

// startingText is the policy a draft begins as.
func (s *Service) startingText(c *web.Ctx) (string, error) {
	ctx := c.Request().Context()
	if n, err := strconv.ParseInt(c.QueryParam("from"), 10, 64); err == nil {
		v, err := s.Nudges.VersionOf(ctx, n)
		return v.Text, err
	}
	v, err := s.liveVersion(ctx)
	return v.Text, err
}

// liveVersion is the version that holds now, number 0 for the built-in policy.
func (s *Service) liveVersion(ctx context.Context) (nudges.Version, error) {
	v, ok, err := s.Nudges.LiveVersion(ctx, s.DB, s.Clock.Now())
	if !ok {
		v.Text = s.Nudges.Policy.Text
	}
	return v, err
}

func (s *Service) showPolicies(c *web.Ctx, status int, form web.Form, wrong nudges.Broken) error {
	f, _, err := s.frame(c, "desk-policy")
	if err != nil {
		return err
	}
	t, err := s.versionTable(c.Request().Context(), f)
	if err != nil {
		return err
	}
	live, err := s.Nudges.Live(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	holds, err := s.liveVersion(c.Request().Context())
	if err != nil {
		return err
	}
	p := pages.Policies{Frame: f, Change: ui.Button{Label: f.T("desk.policy_change"), URL: versionURL(holds, "/edit"), Small: true}, Rules: rules(f, live), RulesTitle: f.T("desk.policy_rules"), RulesHint: f.T("desk.policy_rules_hint"),
		Edit: f.T("desk.policy_by_hand"), Editing: status != 200 || c.QueryParam("from") != "", Title: f.T("desk.policy"), Lead: f.T("desk.policy_lead"), Versions: t, Draft: pages.Draft{
			Title: f.T("desk.policy_draft"), URL: "/desk/policy", Form: form,
			Text:   ui.Field{Name: "text", Label: f.T("desk.policy_text"), Hint: f.T("desk.policy_text_hint"), Max: maxSource, Rows: 24, Class: "source"},
			Note:   ui.Field{Name: "note", Label: f.T("desk.policy_note"), Max: 500, Rows: 2, Optional: true},
			Button: ui.Button{Label: f.T("desk.policy_save")},
		}}
	for _, w := range wrong {
		p.Draft.Wrong = append(p.Draft.Wrong, w.In(f.Speaker))
	}
	return c.PageStatus(status, pages.ShowPolicies(p))
}

// versionTable lists the versions, and last the built-in policy.
func (s *Service) versionTable(ctx context.Context, f web.Frame) (ui.Table, error) {
	t := ui.Table{Label: f.T("desk.policy_versions"), Cols: []ui.Col{
		{Label: f.T("desk.col.version")}, {Label: f.T("desk.col.state")}, {Label: f.T("desk.col.when")}, {Label: f.T("desk.col.by")}, {Label: f.T("desk.col.note")}}}
	vs, err := s.Nudges.Versions(ctx, maxVersions)
	if err != nil {
		return t, err
	}
	live, has, err := s.Nudges.LiveVersion(ctx, s.DB, f.Now)
	if err != nil {
		return t, err
	}
	authors := make([]accounts.UserID, len(vs))
	for i, v := range vs {
		authors[i] = v.Author
	}
	names, err := s.Accounts.Many(ctx, s.DB, authors)
	for _, v := range vs {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: v.Name(), URL: versionURL(v, "")}, {Tag: stateTag(f, v, has && v.Number == live.Number)},
			{Text: f.DayClock(max(v.CreatedAt, v.LiveAt))}, {Text: names[v.Author].First()}, {Text: v.Note}})
	}
	own := &ui.Tag{Text: f.T("desk.policy_state.past")}
	if !has {
		own = &ui.Tag{Kind: "go", Text: f.T("desk.policy_state.live")}
	}
	t.Rows = append(t.Rows, []ui.Cell{{Text: f.T("desk.policy_built_in")}, {Tag: own}, {}, {}, {Text: f.T("desk.policy_built_in_note")}})
	return t, err
}

// stateTag says whether a version is a draft, live, to come or past.
func stateTag(f web.Frame, v nudges.Version, live bool) *ui.Tag {
	switch {
	case live:
		return &ui.Tag{Kind: "go", Text: f.T("desk.policy_state.live")}
	case v.Draft():
		return &ui.Tag{Text: f.T("desk.policy_state.draft")}
	case f.Now.Before(v.LiveAt):
		return &ui.Tag{Kind: "info", Text: f.T("desk.policy_state.coming")}
	}
	return &ui.Tag{Text: f.T("desk.policy_state.past")}
}

// postPolicy keeps a draft, or says line by line what cannot be read.
func (s *Service) postPolicy(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	v, err := s.Nudges.SaveDraft(c.Request().Context(), me(c), form.Get("text"), form.Get("note"))
	var broken nudges.Broken
	if errors.As(err, &broken) {
		form.Faults = fault.Faults{fault.Field("text", "desk.policy_broken")}
		return s.showPolicies(c, fault.Invalid.Status(), form, broken)
	}
	if fs := fault.As(err); len(fs) > 0 {
		form.Faults = fs
		return s.showPolicies(c, fs[0].Kind.Status(), form, nil)
	}
	if err != nil {
		return err
	}
	c.Flash("desk.done.policy_draft", "Version", v.Name())
	return c.Go(versionURL(v, "?try=verify"))
}

// versionAsked is the version of the route.
func (s *Service) versionAsked(c *web.Ctx) (nudges.Version, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return nudges.Version{}, fault.New(fault.Missing, "web.missing")
	}
	return s.Nudges.VersionOf(c.Request().Context(), n)
}

func (s *Service) getVersion(c *web.Ctx) error {
	v, err := s.versionAsked(c)
	if err != nil {
		return err
	}
	return s.showVersion(c, 200, v, c.QueryParam("try"), web.Form{})
}

// showVersion shows a version and what was tried with it.
func (s *Service) showVersion(c *web.Ctx, status int, v nudges.Version, try string, form web.Form) error {
	f, _, err := s.frame(c, "desk-policy")
	if err != nil {
		return err
	}
	url := versionURL(v, "")
	p := pages.Version{Frame: f, Title: f.T("desk.policy_version", "Version", v.Name()), Lead: v.Note, Back: "/desk/policy", BackWord: f.T("desk.policy"),
		Try: []ui.Button{
			{Label: f.T("desk.policy_verify"), URL: url + "?try=verify#result", Kind: "quiet", Small: true, Icon: "check"},
			{Label: f.T("desk.policy_replay"), URL: url + "?try=replay#result", Kind: "quiet", Small: true, Icon: "rotate-ccw"},
		},
		Edit: []ui.Button{
			{Label: f.T("desk.policy_edit"), URL: url + "/edit", Kind: "bare", Small: true},
			{Label: f.T("desk.policy_as_text"), URL: "/desk/policy?from=" + strconv.FormatInt(v.Number, 10) + "#draft", Kind: "bare", Small: true},
		},
		Text: v.Text, TextWord: f.T("desk.policy_source"), Form: form}
	draft, err := v.Policy()
	if err != nil {
		return err
	}
	p.Rules, p.RulesTitle, p.RulesHint = rules(f, draft), f.T("desk.policy_rules_of"), f.T("desk.policy_rules_hint")
	switch try {
	case "verify":
		p.Findings, p.Tables = verified(f, nudges.Verify(draft, f.Now))
	case "replay":
		live, err := s.Nudges.Live(c.Request().Context(), s.DB)
		if err != nil {
			return err
		}
		r, err := s.Nudges.Replay(c.Request().Context(), draft, live, f.Now.Add(-replaySpan), f.Now)
		if err != nil {
			return err
		}
		p.Findings, p.Tables = replayed(f, draft, r)
	}
	if v.Draft() || f.Now.Before(v.LiveAt) {
		if form.Get("at") == "" {
			form.Values = web.Filled("at", f.Now.In(f.Zone).Format(momentForm)).Values
		}
		p.Live = &pages.GoLive{Title: f.T("desk.policy_go_live"), URL: url + "/live", Form: form,
			Will:   []ui.Line{{Icon: "info", Text: f.T("desk.will.policy_live")}, {Icon: "clock", Text: f.T("desk.will.policy_open")}},
			At:     ui.Field{Name: "at", Label: f.T("desk.policy_at"), Hint: f.T("desk.policy_at_hint"), Type: "datetime-local", Width: "m"},
			Button: ui.Button{Label: f.T("desk.policy_go_live")}}
	}
	return c.PageStatus(status, pages.ShowVersion(p))
}

// verified words what the verifier found.
func verified(f web.Frame, rs []check.Result) ([]string, []ui.Table) {
	t := ui.Table{Label: f.T("desk.policy_verify"), Cols: []ui.Col{{Label: f.T("desk.col.claim")}, {Label: f.T("desk.col.tried"), Numbers: true}, {Label: f.T("desk.col.found")}}}
	for _, r := range rs {
		found := ui.Cell{Tag: &ui.Tag{Kind: "go", Text: f.T("desk.policy_holds")}}
		if !r.OK() {
			found = ui.Cell{Text: r.Broken[0]}
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: claim(f, r)}, {Text: f.Number(r.Count)}, found})
	}
	if nudges.Sound(rs) {
		return []string{f.T("desk.policy_sound")}, []ui.Table{t}
	}
	return []string{f.T("desk.policy_unsound")}, []ui.Table{t}
}

// replayed words what a policy would have done.
func replayed(f web.Frame, p nudges.Policy, r nudges.Replay) ([]string, []ui.Table) {
	says := []string{
		f.T("desk.policy_would", "Would", r.Would, "People", r.People, "Sent", r.Sent, "Turns", r.Turns),
		f.T("desk.policy_lapses", "Lapses", r.Lapses, "Later", r.Later, "Sooner", r.Sooner),
	}
	if r.Cut {
		says = append(says, f.T("desk.policy_cut"))
	}
	t := ui.Table{Label: f.T("desk.policy_replay"), Cols: []ui.Col{{Label: f.T("desk.col.turn")}, {Label: f.T("desk.col.step")}, {Label: f.T("desk.col.reader")},
		{Label: f.T("desk.col.would"), Numbers: true}, {Label: f.T("desk.col.sent"), Numbers: true}}}
	kinds := nudges.Kinds()
	slices.SortStableFunc(r.Lines, func(a, b nudges.ReplayLine) int {
		return cmp.Or(slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind), place(p, a)-place(p, b))
	})
	for _, l := range r.Lines {
		t.Rows = append(t.Rows, []ui.Cell{{Text: f.T("desk.effect_kind." + string(l.Kind))}, {Text: stepWords(f.Speaker, p, l.Kind, l.Step)}, {Text: f.T("desk.policy_to." + l.To)},
			{Text: f.Number(int64(l.Would))}, {Text: f.Number(int64(l.Sent))}})
	}
	return says, []ui.Table{t}
}

// place is where a line's step stands in its ladder.
func place(p nudges.Policy, l nudges.ReplayLine) int {
	return slices.IndexFunc(p.Ladders[l.Kind].Steps, func(s nudges.Step) bool { return s.Name == l.Step })
}

// postLive puts a version live at a moment.
func (s *Service) postLive(c *web.Ctx) error {
	v, err := s.versionAsked(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	at, err := s.moment(c, form.Get("at"))
	if err == nil {
		err = s.Nudges.GoLive(c.Request().Context(), me(c), v.Number, at)
	}
	if errors.Is(err, nudges.ErrUnsound) {
		form.Faults = fault.Faults{fault.New(fault.Conflict, "desk.policy_unsound")}
		return s.showVersion(c, fault.Conflict.Status(), v, "verify", form)
	}
	if fs := fault.As(err); len(fs) > 0 {
		form.Faults = fs
		return s.showVersion(c, fs[0].Kind.Status(), v, "", form)
	}
	if err != nil {
		return err
	}
	c.Flash("desk.done.policy_live", "Version", v.Name())
	return c.Go("/desk/policy")
}

// moment reads a moment in the reader's zone. The minute that runs now is now.
func (s *Service) moment(c *web.Ctx, text string) (clock.Instant, error) {
	t, err := time.ParseInLocation(momentForm, text, c.Say.Zone)
	if err != nil {
		return 0, fault.Field("at", "desk.policy_at_wrong")
	}
	now := s.Clock.Now()
	if at := clock.Of(t); at.Before(now.Add(-time.Minute)) || now.Before(at) {
		return at, nil
	}
	return now, nil
}
