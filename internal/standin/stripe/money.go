package stripe

import (
	"fmt"
	"slices"
)

// availableAfter is how long collected money is pending, in seconds: 7 days.
const availableAfter = 7 * 24 * 60 * 60

// transferParams are the parameters of a new transfer.
const transferParams = "amount currency destination transfer_group source_transaction description metadata[]"

// book writes a balance transaction of amount less fee. What comes in is
// pending at first; what goes out is taken at once.
func (s *Server) book(kind, source string, amount, fee int64, currency string) *transaction {
	t := &transaction{ID: newID("txn"), Object: "balance_transaction", Amount: amount, AvailableOn: s.now(), Created: s.now(),
		Currency: currency, Fee: fee, Net: amount - fee, Source: source, Status: "available", Type: kind}
	if kind == "charge" {
		t.AvailableOn, t.Status = s.now()+availableAfter, "pending"
	}
	s.transactions.put(t)
	return t
}

func (s *Server) createRefund(r *request) (any, *apiError) {
	c, fail := s.chargeOf(r)
	if fail != nil {
		return nil, fail
	}
	amount, given, fail := r.whole("amount")
	if fail != nil {
		return nil, fail
	}
	rest := c.Amount - c.AmountRefunded
	if !given {
		amount = rest
	}
	switch {
	case c.Status != "succeeded":
		return nil, refused("charge_not_refundable", "Charge "+c.ID+" is not refundable.")
	case rest == 0:
		return nil, refused("charge_already_refunded", "Charge "+c.ID+" has already been refunded.")
	case amount < 1:
		return nil, invalid("amount", "parameter_invalid_integer", "Invalid positive integer")
	case amount > rest:
		return nil, invalid("amount", "", fmt.Sprintf("Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			euros(amount), euros(rest)))
	}
	v := &refund{ID: newID("re"), Object: "refund", Amount: amount, Charge: c.ID, Created: s.now(), Currency: c.Currency,
		Metadata: r.table("metadata"), PaymentIntent: c.PaymentIntent, Reason: ref(r.get("reason")), Status: "succeeded"}
	v.BalanceTransaction = ref(s.book("refund", v.ID, -amount, 0, c.Currency).ID)
	s.refunds.put(v)
	c.AmountRefunded += amount
	c.Refunded = c.AmountRefunded == c.Amount
	s.charges.put(c)
	s.emit("charge.refunded", c, "")
	return v, nil
}

// FailRefunds lets every refund fail of what was paid under a
// transfer group: the buyer's bank does not take it, and the money comes back.
func (s *Server) FailRefunds(group string) (n int) {
	s.locked(func() {
		for _, c := range s.charges.by("group:" + group) {
			for _, v := range s.refunds.by("charge:" + c.ID) {
				if v.Status != "succeeded" {
					continue
				}
				n++
				v.Status = "failed"
				s.book("refund_failure", v.ID, v.Amount, 0, v.Currency)
				s.refunds.put(v)
				c.AmountRefunded -= v.Amount
				c.Refunded = false
				s.charges.put(c)
				s.emit("charge.refund.updated", v, "")
			}
		}
	})
	return n
}

// Restrict takes from an account what lets it be paid; Onboard gives it back.
func (s *Server) Restrict(accountID string) {
	s.locked(func() {
		a := s.accounts.get(accountID)
		a.Capabilities["transfers"] = "inactive"
		s.accounts.put(a)
		s.emit("account.updated", a, "")
	})
}

// euros is an amount as Stripe words it.
func euros(minor int64) string { return fmt.Sprintf("€%d.%02d", minor/100, minor%100) }

// chargeOf is the charge that a refund is about.
func (s *Server) chargeOf(r *request) (*charge, *apiError) {
	id := r.get("charge")
	if pi := r.get("payment_intent"); id == "" && pi != "" {
		in := s.intents.get(pi)
		if in == nil {
			return nil, noSuch("payment_intent", pi, "payment_intent")
		}
		id = deref(in.LatestCharge)
	}
	if id == "" {
		return nil, refused("parameter_missing", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	if c := s.charges.get(id); c != nil {
		return c, nil
	}
	return nil, noSuch("charge", id, "charge")
}

func (s *Server) listRefunds(r *request) (any, *apiError) {
	rows := s.refunds.all(s.refunds.ids)
	if c := r.get("charge"); c != "" {
		rows = s.refunds.by("charge:" + c)
	} else if pi := r.get("payment_intent"); pi != "" {
		rows = s.refunds.by("intent:" + pi)
	}
	return page(r, "/v1/refunds", rows, func(v *refund) string { return v.ID }, func(v *refund) int64 { return v.Created })
}

func (s *Server) listCharges(r *request) (any, *apiError) {
	rows := s.charges.all(s.charges.ids)
	if pi := r.get("payment_intent"); pi != "" {
		rows = s.charges.by("intent:" + pi)
	} else if g := r.get("transfer_group"); g != "" {
		rows = s.charges.by("group:" + g)
	}
	return page(r, "/v1/charges", rows, func(v *charge) string { return v.ID }, func(v *charge) int64 { return v.Created })
}

func (s *Server) createTransfer(r *request) (any, *apiError) {
	amount, given, fail := r.whole("amount")
	switch {
	case fail != nil:
		return nil, fail
	case !given:
		return nil, missing("amount")
	case amount < 1:
		return nil, invalid("amount", "parameter_invalid_integer", "Invalid positive integer")
	case len(r.get("currency")) != 3:
		return nil, missing("currency")
	}
	to := s.accounts.get(r.get("destination"))
	if to == nil {
		return nil, noSuch("destination", r.get("destination"), "destination")
	}
	if to.Capabilities["transfers"] != "active" {
		return nil, refused("insufficient_capabilities_for_transfer", "Your destination account needs to have at least one of the "+
			"following capabilities enabled: transfers, crypto_transfers, legacy_payments")
	}
	group := r.get("transfer_group")
	if source := r.get("source_transaction"); source != "" {
		if group, fail = s.checkSource(source, group, r.get("currency"), amount); fail != nil {
			return nil, fail
		}
	} else if available, _ := s.balance(); available < amount {
		return nil, refused("balance_insufficient", "You have insufficient available funds in your Stripe account.")
	}
	v := &transfer{ID: newID("tr"), Object: "transfer", Amount: amount, Created: s.now(), Currency: r.get("currency"),
		Description: r.get("description"), Destination: to.ID, Metadata: r.table("metadata"),
		SourceTransaction: ref(r.get("source_transaction")), TransferGroup: ref(group)}
	v.BalanceTransaction = s.book("transfer", v.ID, -amount, 0, v.Currency).ID
	s.transfers.put(v)
	s.emit("transfer.created", v, "")
	return v, nil
}

// checkSource holds a transfer within what is left of its charge, and returns
// the transfer group it belongs to.
func (s *Server) checkSource(id, group, currency string, amount int64) (string, *apiError) {
	c := s.charges.get(id)
	if c == nil || c.Status != "succeeded" {
		return "", noSuch("charge", id, "source_transaction")
	}
	if c.Currency != currency {
		return "", invalid("currency", "", "The currency of source_transaction's balance transaction ("+c.Currency+
			") must be the same as the transfer currency ("+currency+")")
	}
	if own := deref(c.TransferGroup); own != "" && group != "" && own != group {
		return "", invalid("transfer_group", "", "The transfer_group must match the source_transaction's.")
	} else if own != "" {
		group = own
	}
	left := c.Amount - c.AmountRefunded
	for _, t := range s.transfers.by("source:" + id) {
		left -= t.Amount - t.AmountReversed
	}
	if amount > left {
		return "", invalid("amount", "", fmt.Sprintf("The transfer of %s is greater than what is left of source_transaction (%s).",
			euros(amount), euros(max(left, 0))))
	}
	return group, nil
}

func (s *Server) listTransfers(r *request) (any, *apiError) {
	rows := s.transfers.all(s.transfers.ids)
	group, to := r.get("transfer_group"), r.get("destination")
	if group != "" {
		rows = s.transfers.by("group:" + group)
	} else if to != "" {
		rows = s.transfers.by("to:" + to)
	}
	if group != "" && to != "" {
		rows = slices.DeleteFunc(rows, func(v *transfer) bool { return v.Destination != to })
	}
	return page(r, "/v1/transfers", rows, func(v *transfer) string { return v.ID }, func(v *transfer) int64 { return v.Created })
}

func (s *Server) createReversal(r *request) (any, *apiError) {
	t := s.transfers.get(r.id)
	if t == nil {
		return nil, noSuch("transfer", r.id, "id")
	}
	amount, given, fail := r.whole("amount")
	if fail != nil {
		return nil, fail
	}
	rest := t.Amount - t.AmountReversed
	if !given {
		amount = rest
	}
	switch {
	case amount < 1 || amount > rest:
		return nil, invalid("amount", "", "Reversal amount is greater than the unreversed amount of the transfer.")
	case amount > s.sellerBalance(t.Destination):
		return nil, refused("balance_insufficient", "Insufficient funds in the destination account to reverse this transfer.")
	}
	v := &reversal{ID: newID("trr"), Object: "transfer_reversal", Amount: amount, Created: s.now(), Currency: t.Currency,
		Metadata: r.table("metadata"), Transfer: t.ID}
	v.BalanceTransaction = s.book("transfer_refund", v.ID, amount, 0, t.Currency).ID
	s.reversals.put(v)
	t.AmountReversed += amount
	t.Reversed = t.AmountReversed == t.Amount
	s.transfers.put(t)
	s.emit("transfer.reversed", t, "")
	return v, nil
}

func (s *Server) listReversals(r *request) (any, *apiError) {
	return page(r, "/v1/transfers/"+r.id+"/reversals", s.reversals.by("transfer:"+r.id),
		func(v *reversal) string { return v.ID }, func(v *reversal) int64 { return v.Created })
}

func (s *Server) listTransactions(r *request) (any, *apiError) {
	rows := s.transactions.all(s.transactions.ids)
	if source := r.get("source"); source != "" {
		rows = s.transactions.by("source:" + source)
	}
	if kind := r.get("type"); kind != "" {
		rows = slices.DeleteFunc(rows, func(v *transaction) bool { return v.Type != kind })
	}
	return page(r, "/v1/balance_transactions", rows, func(v *transaction) string { return v.ID },
		func(v *transaction) int64 { return v.Created })
}

// balance is the platform's money: what it may use, and what is pending. A
// transfer from a pending charge is taken from the pending money.
func (s *Server) balance() (available, pending int64) {
	now := s.now()
	waits := map[string]bool{}
	for _, id := range s.transactions.ids {
		t := s.transactions.get(id)
		late := t.AvailableOn > now
		if t.Type == "charge" {
			waits[t.Source] = late
		}
		if tr := s.transfers.get(t.Source); tr != nil && waits[deref(tr.SourceTransaction)] {
			late = true
		}
		if late {
			pending += t.Net
		} else {
			available += t.Net
		}
	}
	return available, pending
}

func (s *Server) getBalance(r *request) (any, *apiError) {
	available, pending := s.balance()
	if r.account != "" {
		if s.accounts.get(r.account) == nil {
			return nil, noSuch("account", r.account, "")
		}
		available, pending = s.sellerBalance(r.account), 0
	}
	amount := func(n int64) []map[string]any { return []map[string]any{{"amount": n, "currency": "eur"}} }
	return map[string]any{"object": "balance", "livemode": false, "available": amount(available), "pending": amount(pending)}, nil
}
