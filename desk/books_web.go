package desk

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/payments"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// getLedger shows the balances, and the newest postings or those of one trade.
func (s *Service) getLedger(c *web.Ctx) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-ledger")
	if err != nil {
		return err
	}
	words, before := trimmed(c, "q"), c.QueryParam("before")
	p := pages.List{Frame: f, Title: f.T("desk.ledger"), Lead: f.T("desk.ledger_lead"), Search: &pages.Search{URL: "/desk/ledger", Label: f.T("desk.ledger_search"), Words: words},
		Pager: ui.Pager{Label: f.T("desk.pages"), Start: f.T("desk.first"), More: f.T("desk.more")}}
	ps, err := s.ledgerPage(ctx, words, before, &p)
	if err != nil {
		return err
	}
	if words == "" && before == "" {
		bs, err := s.Payments.Balances(ctx)
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, balanceTable(f, bs))
		if p.Notes, err = s.compared(ctx, f, false); err != nil {
			return err
		}
	}
	if len(ps) == 0 {
		p.Empty = &ui.Empty{Art: "box", Title: f.T("desk.nothing"), Text: f.T("desk.ledger_none")}
	} else {
		p.Tables = append(p.Tables, ledgerTable(f, ps))
	}
	return c.Page(pages.ShowList(p))
}

// compared says how our books and the provider's compared last; or only if they
// differ.
func (s *Service) compared(ctx context.Context, f web.Frame, onlyOff bool) ([]ui.Line, error) {
	cs, err := s.Payments.Compared(ctx)
	var out []ui.Line
	for _, c := range cs {
		if onlyOff && c.Agree() {
			continue
		}
		key, icon := "desk.compare.same", "circle-check"
		if !c.Agree() {
			key, icon = "desk.compare.off", "triangle-alert"
		}
		sum := func(minor int64) string { return f.Money(money.Amount{Minor: minor, Currency: c.Currency}) }
		out = append(out, ui.Line{Icon: icon, Text: f.T(key, "At", f.DayClock(c.At), "Ours", sum(c.Ours), "Theirs", sum(c.Theirs), "Off", f.Money(c.Off()))})
	}
	return out, err
}

// ledgerPage is the postings of a trade, or a page of the newest.
func (s *Service) ledgerPage(ctx context.Context, words, before string, p *pages.List) ([]payments.Posting, error) {
	if words != "" {
		id := words
		if !strings.HasPrefix(words, "ord_") {
			o, err := s.Orders.ByRef(ctx, s.DB, words)
			if fault.Is(err, fault.Missing) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			id = string(o.ID)
		}
		return s.Payments.Postings(ctx, id)
	}
	ps, err := s.Payments.Ledger(ctx, before, pageLen+1)
	if err != nil {
		return nil, err
	}
	if before != "" {
		p.Pager.First = "/desk/ledger"
	}
	if len(ps) > pageLen {
		ps = ps[:pageLen]
		p.Pager.Next = "/desk/ledger" + web.Query("before", ps[pageLen-1].ID)
	}
	return ps, nil
}

// balanceTable is the sum of every account, and that they make zero.
func balanceTable(f web.Frame, bs []payments.Balance) ui.Table {
	t := ui.Table{Label: f.T("desk.balances"), Cols: []ui.Col{{Label: f.T("desk.col.account")}, {Label: f.T("desk.col.sum"), Numbers: true}}}
	sums := map[string]int64{}
	var order []string
	for _, b := range bs {
		if _, seen := sums[b.Money]; !seen {
			order = append(order, b.Money)
		}
		sums[b.Money] += b.Minor
		t.Rows = append(t.Rows, []ui.Cell{{Text: payments.AccountName(f.Speaker, b.Account)}, {Text: f.Money(money.Amount{Minor: b.Minor, Currency: b.Money})}})
	}
	for _, currency := range order {
		label := f.T("desk.sum_zero")
		if sums[currency] != 0 {
			label = f.T("desk.sum_off")
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: label}, {Text: f.Money(money.Amount{Minor: sums[currency], Currency: currency})}})
	}
	return t
}

// ledgerTable is postings line by line, each leading to its trade.
func ledgerTable(f web.Frame, ps []payments.Posting) ui.Table {
	t := speaker{Speaker: f.Speaker}.postings(ps)
	t.Label = f.T("desk.postings")
	i := 0
	for _, p := range ps {
		for range p.Entries {
			if p.OrderID != "" {
				t.Rows[i][0].URL = "/desk/orders/" + p.OrderID
			}
			i++
		}
	}
	return t
}

// getAudit shows the log, by actor or subject.
func (s *Service) getAudit(c *web.Ctx) error {
	ctx := c.Request().Context()
	f, _, err := s.frame(c, "desk-audit")
	if err != nil {
		return err
	}
	actor, subject, before := accounts.UserID(c.QueryParam("actor")), trimmed(c, "q"), c.QueryParam("before")
	if o, err := s.Orders.ByRef(ctx, s.DB, subject); err == nil {
		subject = string(o.ID)
	}
	log, err := auditOf(ctx, s.DB, actor, subject, accounts.AuditID(before), pageLen+1)
	if err != nil {
		return err
	}
	p := pages.List{Frame: f, Title: f.T("desk.audit"), Lead: f.T("desk.audit_lead"), Search: &pages.Search{
		URL: "/desk/audit", Label: f.T("desk.audit_search"), Words: trimmed(c, "q"), Hidden: pairs("actor", string(actor)), ChipsLabel: f.T("desk.filter_actor"),
	}, Pager: ui.Pager{Label: f.T("desk.pages"), Start: f.T("desk.first"), More: f.T("desk.more")}}
	if actor != "" {
		us, err := s.Accounts.Many(ctx, s.DB, []accounts.UserID{actor})
		if err != nil {
			return err
		}
		p.Search.Chips = []ui.Chip{{URL: "/desk/audit" + web.Query("q", subject), Label: actorName(f.Speaker, us, actor), Current: true, Remove: f.T("desk.filter_off")}}
	}
	if before != "" {
		p.Pager.First = "/desk/audit" + web.Query("actor", string(actor), "q", subject)
	}
	if len(log) > pageLen {
		log = log[:pageLen]
		p.Pager.Next = "/desk/audit" + web.Query("actor", string(actor), "q", subject, "before", string(log[pageLen-1].ID))
	}
	if p.Tables, err = s.logTables(ctx, f, log); err != nil {
		return err
	}
	if len(log) == 0 {
		p.Empty = &ui.Empty{Art: "box", Title: f.T("desk.nothing"), Text: f.T("desk.audit_none")}
	}
	return c.Page(pages.ShowList(p))
}

// logTables is the log in rows; none when it is empty.
func (s *Service) logTables(ctx context.Context, f web.Frame, log []accounts.AuditLine) ([]ui.Table, error) {
	if len(log) == 0 {
		return nil, nil
	}
	var ids []accounts.UserID
	for _, l := range log {
		ids = append(ids, l.Actor, accounts.UserID(l.Subject))
	}
	us, err := s.Accounts.Many(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	t := ui.Table{Label: f.T("desk.log"), Cols: []ui.Col{{Label: f.T("desk.col.when")}, {Label: f.T("desk.col.by")}, {Label: f.T("desk.col.what")}, {Label: f.T("desk.col.about")}, {Label: f.T("desk.col.note")}}}
	for _, l := range log {
		about := ui.Cell{Text: l.Subject, URL: subjectURL(l.Subject)}
		if u, ok := us[accounts.UserID(l.Subject)]; ok {
			about.Text = u.Shown(f.Speaker)
		}
		note := l.Note
		if note == undoNote {
			note = f.T("desk.undone")
		}
		by := ui.Cell{Text: actorName(f.Speaker, us, l.Actor)}
		if l.Actor != accounts.System {
			by.URL = "/desk/audit?actor=" + string(l.Actor)
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: f.DayClock(l.At)}, by, {Text: actionName(f.Speaker, l.Action)}, about, {Text: note}})
	}
	return []ui.Table{t}, nil
}

// actorName is who did it.
func actorName(say *i18n.Speaker, us map[accounts.UserID]accounts.User, u accounts.UserID) string {
	if u == accounts.System {
		return say.T("desk.system")
	}
	if p, ok := us[u]; ok {
		return p.Shown(say)
	}
	return string(u)
}

// actionName is what was done, in words where we have them.
func actionName(say *i18n.Speaker, action string) string {
	if rest, ok := strings.CutPrefix(action, "orders."); ok && i18n.Known(say.Lang, "desk.event.name."+rest) {
		return say.T("desk.event.name." + rest)
	}
	if i18n.Known(say.Lang, "desk.action.name."+action) {
		return say.T("desk.action.name." + action)
	}
	return action
}

// subjectURL is the desk's page of what a line is about; "" when it has none.
func subjectURL(id string) string {
	for prefix, path := range map[string]string{"ord_": "/desk/orders/", "usr_": "/desk/people/", "lst_": "/desk/listings/", "rep_": "/desk/reports/", "cnv_": "/desk/cases/"} {
		if strings.HasPrefix(id, prefix) {
			return path + id
		}
	}
	return ""
}
