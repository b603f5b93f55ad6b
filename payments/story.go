package payments

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/money"
	pages "github.com/kierto/kierto/templates/payments"
	"github.com/kierto/kierto/templates/ui"
)

// Story words an order's money for one of its parties, or for an operator when
// the reader is neither: where it is, what the sum is made of with every fee by
// its name, and what has happened to it. p and ms are the order's payment and its
// movements.
func (s *Service) Story(ctx context.Context, say *i18n.Speaker, p Payment, ms []Movement, reader accounts.UserID) (pages.Money, error) {
	m := pages.Money{Where: where(say, p, ms, reader), Facts: facts(say, p, ms)}
	bank, err := s.DisputeOf(ctx, s.DB, p.OrderID)
	if err != nil {
		return m, err
	}
	if bank != "" && p.State != Refunded {
		m.Where = say.T("payments.where_bank." + string(bank))
	}
	if reader == p.Seller {
		m.Lines = sellerLines(say, p)
		return m, nil
	}
	m.Lines = buyerLines(say, p)
	if reader != p.Buyer {
		m.Lines, err = s.staffLines(ctx, say, p, m.Lines)
	}
	return m, err
}

// Ahead is the money of a trade that nothing has been asked for yet, for one of
// its two.
func Ahead(say *i18n.Speaker, c Charge, reader accounts.UserID) pages.Money {
	p := Payment{Buyer: c.Buyer, Seller: c.Seller, Total: c.Total, Payout: c.Payout, Title: c.Title, Lines: c.Lines, State: Opening}
	m := pages.Money{Where: where(say, p, nil, reader), Lines: buyerLines(say, p)}
	if reader == p.Seller {
		m.Lines = sellerLines(say, p)
	}
	return m
}

// where is where the money is now.
func where(say *i18n.Speaker, p Payment, ms []Movement, reader accounts.UserID) string {
	if !p.Given.IsZero() {
		return say.T("payments.where_shared."+string(p.State), "Back", say.Money(p.Given), "Rest", say.Money(p.left()))
	}
	if reader == p.Buyer {
		return say.T("payments.where_buyer." + string(p.State))
	}
	if reader != p.Seller {
		return say.T("payments.where_staff." + string(p.State))
	}
	for _, m := range ms {
		if m.Kind == Payout && m.State == Waiting {
			return say.T("payments.where_seller.waiting")
		}
	}
	return say.T("payments.where_seller." + string(p.State))
}

// buyerLines are what the buyer pays for.
func buyerLines(say *i18n.Speaker, p Payment) []ui.SumLine {
	var out []ui.SumLine
	for _, l := range p.Lines {
		out = append(out, ui.SumLine{Label: l.Label, Amount: say.Money(money.Amount{Minor: l.Amount, Currency: p.Total.Currency})})
	}
	out = append(out, ui.SumLine{Label: say.T("payments.line_total"), Amount: say.Money(p.Total), Total: true})
	if !p.Given.IsZero() {
		out = append(out, ui.SumLine{Label: say.T("payments.line_given"), Amount: say.Money(p.Given)})
	}
	return out
}

// sellerLines are what becomes of the thing's price; what the buyer pays for the
// way and for protection is no concern of the seller's.
func sellerLines(say *i18n.Speaker, p Payment) []ui.SumLine {
	item := money.Amount{Minor: p.sumOf(ItemLine), Currency: p.Total.Currency}
	out := []ui.SumLine{{Label: p.Title, Amount: say.Money(item)}}
	if fee := p.Payout.Minor - item.Minor; fee != 0 {
		out = append(out, ui.SumLine{Label: say.T("payments.line_commission"), Amount: say.Money(money.Amount{Minor: fee, Currency: item.Currency})})
	}
	if p.State == Refunding || p.State == Refunded || p.State == Expired {
		return out
	}
	if !p.Given.IsZero() {
		out = append(out, ui.SumLine{Label: say.T("payments.line_given"), Amount: say.Money(money.Amount{Minor: -p.Given.Minor, Currency: item.Currency})})
	}
	return append(out, ui.SumLine{Label: say.T("payments.line_yours"), Amount: say.Money(p.left()), Total: true})
}

// staffLines adds what the provider keeps.
func (s *Service) staffLines(ctx context.Context, say *i18n.Speaker, p Payment, lines []ui.SumLine) ([]ui.SumLine, error) {
	ps, err := s.Postings(ctx, p.OrderID)
	for _, x := range ps {
		if x.Kind == ProviderFee {
			lines = append(lines, ui.SumLine{Label: say.T("payments.line_provider"), Amount: say.Money(x.Entries[0].Amount())})
		}
	}
	return lines, err
}

// facts are what has happened to the money, and when.
func facts(say *i18n.Speaker, p Payment, ms []Movement) []ui.Fact {
	var out []ui.Fact
	if !p.HeldAt.IsZero() {
		out = append(out, ui.Fact{Term: say.T("payments.fact_paid"), Text: say.DayClock(p.HeldAt)})
		if p.Method != "" {
			out = append(out, ui.Fact{Term: say.T("payments.fact_method"), Text: say.T("payments.method." + p.Method)})
		}
	}
	terms := map[MovementKind]string{Payout: "payments.fact_sent", Refund: "payments.fact_refunded", Stray: "payments.fact_stray"}
	for _, m := range ms {
		if m.State == Sent {
			out = append(out, ui.Fact{Term: say.T(terms[m.Kind]), Text: say.DayClock(m.SentAt)})
		}
	}
	return out
}

// AccountName is a ledger account in words, for operators.
func AccountName(say *i18n.Speaker, a LedgerAccount) string {
	return say.T("payments.account." + string(a))
}

// PostingName is a kind of posting in words, for operators.
func PostingName(say *i18n.Speaker, k PostingKind) string {
	return say.T("payments.posting." + string(k))
}

// Export is a person's part of the data download: what they paid and were paid.
func (s *Service) Export(ctx context.Context, who accounts.UserID) (name string, data any, err error) {
	rows, err := exportOf(ctx, s.DB, who)
	return "payments", rows, err
}

// Leave refuses to close the account of somebody whom money still waits for.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, who accounts.UserID) error {
	n, err := unfinishedOf(ctx, tx, who)
	if err == nil && n > 0 {
		return errUnfinished
	}
	return err
}
