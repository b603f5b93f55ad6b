package stripe

// disputeFee is what Stripe keeps for a dispute, in cents.
const disputeFee = 2000

// dispute is a bank wanting a charge back.
type dispute struct {
	ID                  string         `json:"id"`
	Object              string         `json:"object"`
	Amount              int64          `json:"amount"`
	BalanceTransactions []*transaction `json:"balance_transactions"`
	Charge              string         `json:"charge"`
	Created             int64          `json:"created"`
	Currency            string         `json:"currency"`
	Livemode            bool           `json:"livemode"`
	PaymentIntent       *string        `json:"payment_intent"`
	Reason              string         `json:"reason"`
	Status              string         `json:"status"` // needs_response, won, lost
}

// The states of a dispute.
const (
	disputeOpen = "needs_response"
	disputeWon  = "won"
	disputeLost = "lost"
)

// Dispute lets the buyer's bank take back what was paid under a transfer group
// or as a charge. It gives the dispute's id, "" when there is no such charge.
func (s *Server) Dispute(what string) (id string) {
	s.locked(func() {
		c := s.charges.get(what)
		if c == nil {
			for _, found := range s.charges.by("group:" + what) {
				c = found
			}
		}
		if c == nil || c.Status != "succeeded" {
			return
		}
		for _, old := range s.disputes.by("charge:" + c.ID) {
			if old.Status != disputeWon {
				return // the bank has the money already
			}
		}
		d := &dispute{ID: newID("dp"), Object: "dispute", Amount: c.Amount, BalanceTransactions: []*transaction{}, Charge: c.ID, Created: s.now(),
			Currency: c.Currency, PaymentIntent: c.PaymentIntent, Reason: "fraudulent", Status: disputeOpen}
		s.disputes.put(d)
		c.Disputed = true
		s.charges.put(c)
		s.emit("charge.dispute.created", d, "")
		d.BalanceTransactions = append(d.BalanceTransactions, s.book("adjustment", d.ID, -d.Amount, disputeFee, d.Currency))
		s.disputes.put(d)
		s.emit("charge.dispute.funds_withdrawn", d, "")
		id = d.ID
	})
	return id
}

// Settle lets the bank decide all disputes that wait: for us, or for the buyer.
// It tells how many there were.
func (s *Server) Settle(won bool) (n int) {
	s.locked(func() {
		for _, id := range s.disputes.ids {
			d := s.disputes.get(id)
			if d.Status != disputeOpen {
				continue
			}
			n++
			d.Status = disputeLost
			if won {
				d.Status = disputeWon
				d.BalanceTransactions = append(d.BalanceTransactions, s.book("adjustment", d.ID, d.Amount, 0, d.Currency))
			}
			s.disputes.put(d)
			if won {
				s.emit("charge.dispute.funds_reinstated", d, "")
			}
			s.emit("charge.dispute.closed", d, "")
		}
	})
	return n
}

// Withdraw takes money out to the marketplace's own bank account.
func (s *Server) Withdraw(amount int64) {
	s.locked(func() {
		p := &paidOut{Payout: payout{ID: newID("po"), Object: "payout", Amount: amount, ArrivalDate: s.now(), Created: s.now(),
			Currency: "eur", Status: statusPaid, Type: "bank_account"}}
		s.payouts.put(p)
		s.book("payout", p.Payout.ID, -amount, 0, "eur")
		s.emit("payout.paid", &p.Payout, "")
	})
}

func (s *Server) listDisputes(r *request) (any, *apiError) {
	rows := s.disputes.all(s.disputes.ids)
	if c := r.get("charge"); c != "" {
		rows = s.disputes.by("charge:" + c)
	}
	return page(r, "/v1/disputes", rows, func(v *dispute) string { return v.ID }, func(v *dispute) int64 { return v.Created })
}
