package desk

import (
	"context"
	"slices"

	"github.com/kierto/kierto/payments"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// money is where a trade's money is, with every posting and the provider's names
// for them.
func (s *Service) money(ctx context.Context, v voice) (*pages.Money, error) {
	oid := string(v.t.Order.ID)
	story, err := s.Payments.Story(ctx, v.Speaker, *v.t.Payment, v.t.Movements, "")
	if err != nil {
		return nil, err
	}
	postings, err := s.Payments.Postings(ctx, oid)
	if err != nil {
		return nil, err
	}
	known, err := tracesOf(ctx, s.DB, oid)
	if err != nil {
		return nil, err
	}
	names, err := sentAs(ctx, s.DB, oid)
	if err != nil {
		return nil, err
	}
	m := &pages.Money{Where: story.Where, Lines: story.Lines, Facts: story.Facts, Postings: v.postings(postings)}
	for _, x := range []struct{ key, id string }{{"desk.psp.session", known.Session}, {"desk.psp.intent", known.Intent}, {"desk.psp.charge", known.Charge}} {
		if x.id != "" {
			m.Facts = append(m.Facts, ui.Fact{Term: v.T(x.key), Text: x.id})
		}
	}
	for _, x := range v.t.Movements {
		text := v.T("desk.movement.state."+string(x.State)) + " · " + v.Money(x.Amount)
		if id := names[string(x.ID)]; id != "" {
			text += " · " + id
		}
		if x.Reason != "" {
			text += " · " + x.Reason
		}
		m.Facts = append(m.Facts, ui.Fact{Term: v.T("desk.movement.kind." + string(x.Kind)), Text: text})
	}
	return m, nil
}

// postings are facts about money, line by line.
func (v speaker) postings(ps []payments.Posting) ui.Table {
	t := ui.Table{Label: v.T("desk.postings"), Cols: []ui.Col{
		{Label: v.T("desk.col.what")}, {Label: v.T("desk.col.account")}, {Label: v.T("desk.col.sum"), Numbers: true}, {Label: v.T("desk.col.provider")}, {Label: v.T("desk.col.when")},
	}}
	for _, p := range ps {
		for _, e := range p.Entries {
			t.Rows = append(t.Rows, []ui.Cell{
				{Text: payments.PostingName(v.Speaker, p.Kind)}, {Text: payments.AccountName(v.Speaker, e.Account)}, {Text: v.Money(e.Amount())}, {Text: p.Ref}, {Text: v.DayClock(p.At)},
			})
		}
	}
	return t
}

// failed tells whether a payout or refund of the trade waits for somebody to
// look.
func (v voice) failed() bool {
	return slices.ContainsFunc(v.t.Movements, func(m payments.Movement) bool { return m.State == payments.Broken })
}
