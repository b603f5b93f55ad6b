package payments

import (
	"errors"
	"fmt"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
)

// LedgerAccount is a pot of money. Debits are positive: what we have. Credits
// are negative: what we owe.
type LedgerAccount string

// The accounts of the ledger.
const (
	PSPBalance      LedgerAccount = "psp_balance"      // our money at the provider
	HeldFor         LedgerAccount = "held"             // owed to an order until it is over; owner: the order
	SellerPayable   LedgerAccount = "seller_payable"   // owed to a seller; owner: the seller
	PlatformFee     LedgerAccount = "platform_fee"     // earned by the marketplace
	ShippingPayable LedgerAccount = "shipping_payable" // owed to carriers
	PSPFee          LedgerAccount = "psp_fee"          // what the provider keeps
	Chargebacks     LedgerAccount = "chargeback"       // taken by buyers' banks: disputed still, or lost; owner: the order
	OwnBank         LedgerAccount = "own_bank"         // taken out to the marketplace's own bank account
)

// PostingKind says what happened.
type PostingKind string

// The kinds of posting. Each fact, named by its kind and the provider's id for
// it, is posted once.
const (
	Captured    PostingKind = "captured"     // the buyer's money came; ref: charge
	ProviderFee PostingKind = "provider_fee" // the provider kept its part; ref: charge
	ReleasedTo  PostingKind = "released"     // the trade is over: it is the seller's now; ref: charge
	PaidOut     PostingKind = "paid_out"     // it was sent to the seller; ref: transfer
	RefundedTo  PostingKind = "refunded"     // it went back to the buyer; ref: refund, or the dispute their bank won; "…:failed": it came back
	BankTook    PostingKind = "disputed"     // the buyer's bank took it, or gave it back; ref: balance transaction
	Withdrawn   PostingKind = "withdrawn"    // it went to the marketplace's own bank account; ref: payout
)

// Entry is one line of a posting.
type Entry struct {
	Account LedgerAccount `db:"account"`
	Owner   string        `db:"owner"`
	Minor   int64         `db:"amount"`
	Money   string        `db:"currency"`
}

// Amount is the line's sum.
func (e Entry) Amount() money.Amount { return money.Amount{Minor: e.Minor, Currency: e.Money} }

// Posting is one fact about money. Its entries sum to zero.
type Posting struct {
	ID      string
	Kind    PostingKind
	Ref     string // provider's id of the fact
	OrderID string
	At      clock.Instant
	Entries []Entry
}

// ErrUnbalanced is a posting that would make or lose money.
var ErrUnbalanced = errors.New("payments: a posting does not sum to zero")

// balanced fails unless p's entries sum to zero in every currency.
func (p Posting) balanced() error {
	sums := map[string]int64{}
	for _, e := range p.Entries {
		sums[e.Money] += e.Minor
	}
	for currency, n := range sums {
		if n != 0 {
			return fmt.Errorf("%w: %s %s is off by %d %s", ErrUnbalanced, p.Kind, p.Ref, n, currency)
		}
	}
	if len(p.Entries) == 0 {
		return fmt.Errorf("%w: %s %s is empty", ErrUnbalanced, p.Kind, p.Ref)
	}
	return nil
}

// move is a posting that takes an amount from one account to another.
func move(kind PostingKind, ref, orderID string, a money.Amount, to, from Entry) Posting {
	to.Minor, to.Money = a.Minor, a.Currency
	from.Minor, from.Money = -a.Minor, a.Currency
	return Posting{Kind: kind, Ref: ref, OrderID: orderID, Entries: []Entry{to, from}}
}

// capturedPosting is the buyer's money coming in.
func capturedPosting(orderID string, c Capture) Posting {
	return move(Captured, c.Charge, orderID, c.Amount, Entry{Account: PSPBalance}, Entry{Account: HeldFor, Owner: orderID})
}

// feePosting is the provider keeping its part.
func feePosting(orderID string, c Capture) Posting {
	return move(ProviderFee, c.Charge, orderID, c.Fee, Entry{Account: PSPFee}, Entry{Account: PSPBalance})
}

// releasedPosting divides what was held among those it now belongs to: the
// seller, the carrier, and the marketplace, which gets what is left. What the
// buyer gets back stays held until it is sent.
func releasedPosting(p Payment) Posting {
	shipping := p.sumOf(ShippingLine)
	entries := []Entry{
		{Account: HeldFor, Owner: p.OrderID, Minor: p.Total.Minor - p.Given.Minor, Money: p.Total.Currency},
		{Account: SellerPayable, Owner: string(p.Seller), Minor: -p.left().Minor, Money: p.Total.Currency},
		{Account: ShippingPayable, Minor: -shipping, Money: p.Total.Currency},
		{Account: PlatformFee, Minor: p.Payout.Minor + shipping - p.Total.Minor, Money: p.Total.Currency},
	}
	kept := entries[:0]
	for _, e := range entries {
		if e.Minor != 0 {
			kept = append(kept, e)
		}
	}
	return Posting{Kind: ReleasedTo, Ref: p.charge, OrderID: p.OrderID, Entries: kept}
}

// sentPosting is a movement that the provider has carried out.
func sentPosting(m Movement, providerID string) Posting {
	if m.Kind == Payout {
		return move(PaidOut, providerID, m.OrderID, m.Amount, Entry{Account: SellerPayable, Owner: string(m.To)}, Entry{Account: PSPBalance})
	}
	return move(RefundedTo, providerID, m.OrderID, m.Amount, Entry{Account: HeldFor, Owner: m.OrderID}, Entry{Account: PSPBalance})
}

// cameBackPosting is a refund that failed after it was sent.
func cameBackPosting(m Movement) Posting {
	return move(RefundedTo, m.provider+":failed", m.OrderID, m.Amount, Entry{Account: PSPBalance}, Entry{Account: HeldFor, Owner: m.OrderID})
}

// bankPosting is a buyer's bank taking money, or giving it back. The provider
// may keep a fee.
func bankPosting(orderID string, b BankMove) Posting {
	c := b.Amount.Currency
	p := Posting{Kind: BankTook, Ref: b.ID, OrderID: orderID, Entries: []Entry{
		{Account: Chargebacks, Owner: orderID, Minor: -b.Amount.Minor, Money: c},
		{Account: PSPBalance, Minor: b.Amount.Minor - b.Fee.Minor, Money: c},
	}}
	if !b.Fee.IsZero() {
		p.Entries = append(p.Entries, Entry{Account: PSPFee, Minor: b.Fee.Minor, Money: c})
	}
	return p
}

// lostPosting is a refund that the buyer's bank has made already.
func lostPosting(m Movement, dispute string) Posting {
	return move(RefundedTo, dispute, m.OrderID, m.Amount, Entry{Account: HeldFor, Owner: m.OrderID}, Entry{Account: Chargebacks, Owner: m.OrderID})
}

// withdrawnPosting is money taken out to the marketplace's own bank account.
func withdrawnPosting(w Withdrawal) Posting {
	return move(Withdrawn, w.ID, "", w.Amount, Entry{Account: OwnBank}, Entry{Account: PSPBalance})
}
