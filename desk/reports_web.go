package desk

import (
	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// reportStates are the tabs of the list.
var reportStates = []string{"open", "upheld", "dismissed"}

func (s *Service) getReports(c *web.Ctx) error { return s.showReports(c, 200, "", web.Form{}) }

func (s *Service) getReport(c *web.Ctx) error {
	return s.showReports(c, 200, messaging.ReportID(c.Param("id")), web.Form{})
}

// showReports lists reports of one state, with the one called id beside them.
func (s *Service) showReports(c *web.Ctx, status int, id messaging.ReportID, form web.Form) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-reports")
	if err != nil {
		return err
	}
	state := c.QueryParam("state")
	var open messaging.Report
	if id != "" {
		if open, err = s.Messages.ReportByID(ctx, s.DB, id); err != nil {
			return err
		}
		state = open.State
	}
	if state != "upheld" && state != "dismissed" {
		state = "open"
	}
	rs, err := s.Messages.Reports(ctx, state, queueLen)
	if err != nil {
		return err
	}
	p := pages.Queue{Frame: f, Title: f.T("desk.reports"), Window: f.T("desk.reports"), URL: "/desk/reports", Back: f.T("desk.back_reports"),
		Pick: f.T("desk.pick_report"), Keys: keys(f)[:2], Lead: f.N("desk.reports_lead."+state, len(rs))}
	for _, st := range reportStates {
		p.Chips = append(p.Chips, ui.Chip{URL: "/desk/reports?state=" + st, Label: f.T("desk.report_state." + st), Current: st == state})
	}
	if p.Cases, err = s.reportRows(c, f, rs, id); err != nil {
		return err
	}
	if len(rs) == 0 {
		p.Empty = &ui.Empty{Art: "box", Title: f.T("desk.reports_none"), Text: f.T("desk.reports_none_text")}
	}
	if id != "" {
		view, err := s.report(c, f, open, form)
		if err != nil {
			return err
		}
		p.Open = pages.ShowReported(f, view)
	}
	return c.PageStatus(status, pages.ShowQueue(p))
}

// reportRows are reports in the list.
func (s *Service) reportRows(c *web.Ctx, f web.Frame, rs []messaging.Report, open messaging.ReportID) ([]ui.Case, error) {
	ids := make([]accounts.UserID, len(rs))
	for i, r := range rs {
		ids[i] = r.Reporter
	}
	names, err := s.Accounts.Many(c.Request().Context(), s.DB, ids)
	v := speaker{f.Speaker, names}
	var out []ui.Case
	for _, r := range rs {
		out = append(out, ui.Case{
			URL: "/desk/reports/" + string(r.ID), Left: f.Clock(r.CreatedAt), At: f.Day(r.CreatedAt), Title: f.T("messaging.reason_" + r.Reason),
			Why: f.T("desk.report_line."+string(r.Kind), "Who", names[r.Reporter].Shown(v.Speaker)), Open: r.ID == open,
		})
	}
	return out, err
}

// report is one report with what it is about and what may be decided.
func (s *Service) report(c *web.Ctx, f web.Frame, r messaging.Report, form web.Form) (pages.Reported, error) {
	ctx := c.Request().Context()
	x, err := s.reported(ctx, f, r)
	if err != nil {
		return pages.Reported{}, err
	}
	us, err := s.Accounts.Many(ctx, s.DB, []accounts.UserID{r.Reporter, r.HandledBy})
	if err != nil {
		return pages.Reported{}, err
	}
	p := pages.Reported{Act: pages.Act{
		About: f.T("desk.report_kind." + string(r.Kind)), Title: f.T("messaging.reason_" + r.Reason), URL: "/desk/reports/" + string(r.ID), Form: form,
		Choice: &ui.Choices{Name: "what", Legend: f.T("desk.decide_what"), Options: x.choices(f)},
		Reason: reasonField(f.T("desk.reason"), f.T("desk.reason_log")), Button: ui.Button{Label: f.T("desk.decide_do")},
	}, Words: r.Text, Rows: x.Rows}
	p.Facts = []ui.Fact{
		{Term: f.T("desk.reported_by"), Text: us[r.Reporter].Shown(f.Speaker), URL: "/desk/people/" + string(r.Reporter)},
		{Term: f.T("desk.col.when"), Text: f.DayClock(r.CreatedAt)},
	}
	if x.Who.ID != "" && x.Listing != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: f.T("desk.behind"), Text: x.Who.Shown(f.Speaker), URL: "/desk/people/" + string(x.Who.ID)})
	}
	p.Thing = ui.LinkRow{URL: x.URL, Label: x.Title, More: f.T("desk.report_kind." + string(r.Kind)), Icon: "tag"}
	if x.Listing == "" {
		p.Thing.Name, p.Thing.Person = x.Title, string(x.Who.ID)
	}
	if r.State != "open" {
		p.Past = f.T("desk.report_past."+r.State, "Who", us[r.HandledBy].Shown(f.Speaker), "At", f.DayClock(r.HandledAt))
	}
	return p, nil
}

// postReport decides a report.
func (s *Service) postReport(c *web.Ctx) error {
	ctx := c.Request().Context()
	r, err := s.Messages.ReportByID(ctx, s.DB, messaging.ReportID(c.Param("id")))
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	x, err := s.reported(ctx, web.Frame{Speaker: c.Say}, r)
	if err != nil {
		return err
	}
	err = s.decide(ctx, me(c), r, x, form.Get("what"), form.Get("note"))
	if err == nil {
		s.flashDecision(c, x, form.Get("what"))
		return c.Go("/desk/reports")
	}
	if form.Faults = fault.As(err); form.Faults == nil || form.Faults[0].Kind == fault.Missing {
		return err
	}
	return s.showReports(c, form.Faults[0].Kind.Status(), r.ID, form)
}

// flashDecision says what was done, and offers to undo what can be undone. The
// report itself stays decided.
func (s *Service) flashDecision(c *web.Ctx, x reported, what string) {
	switch {
	case what == suspend:
		c.FlashUndo("/desk/people/"+string(x.Who.ID)+"/restore?undo=1", "desk.done.suspend", "Who", x.Who.First())
	case what == hideIt && x.Listing != "":
		c.FlashUndo("/desk/listings/"+string(x.Listing)+"/show?undo=1", "desk.done.hide")
	case what == hideIt:
		c.Flash("desk.done.hide_entry")
	default:
		c.Flash("desk.done.dismiss")
	}
}
