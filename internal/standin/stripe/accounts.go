package stripe

import (
	"slices"
	"strings"
)

// accountParams are the parameters of a new account.
const accountParams = `type country email business_type capabilities[transfers][requested] metadata[] default_currency
	business_profile[url] business_profile[mcc] business_profile[product_description]
	settings[payouts][schedule][interval] individual[email] individual[first_name] individual[last_name]`

// linkLife is how long an onboarding link works, in seconds.
const linkLife = 5 * 60

// paidOut is a payout, the account it left and the transfer it passes on.
type paidOut struct {
	Account  string `json:"account"`
	Transfer string `json:"transfer"`
	Payout   payout `json:"payout"`
}

func (s *Server) createAccount(r *request) (any, *apiError) {
	switch {
	case r.get("type") != "express":
		return nil, invalid("type", "", "Invalid type: must be one of express")
	case len(r.get("country")) != 2:
		return nil, missing("country")
	case r.get("capabilities[transfers][requested]") != "true":
		return nil, invalid("capabilities", "", "You must request at least one capability: transfers.")
	case r.get("email") != "" && !strings.Contains(r.get("email"), "@"):
		return nil, invalid("email", "email_invalid", "Invalid email address: "+r.get("email"))
	}
	v := &account{ID: newID("acct"), Object: "account", BusinessType: r.get("business_type"),
		Capabilities: map[string]string{"transfers": "inactive"}, Country: r.get("country"), Created: s.now(),
		DefaultCurrency: "eur", Email: r.get("email"), Metadata: r.table("metadata"), Type: "express",
		Requirements: requirements{CurrentlyDue: []string{"external_account", "individual.dob.day", "tos_acceptance.date"},
			DisabledReason: ref("requirements.past_due")}}
	s.accounts.put(v)
	return v, nil
}

func (s *Server) createLink(r *request) (any, *apiError) {
	a := s.accounts.get(r.get("account"))
	switch {
	case a == nil:
		return nil, noSuch("account", r.get("account"), "account")
	case r.get("type") != "account_onboarding":
		return nil, invalid("type", "", "Invalid type: must be account_onboarding")
	case r.get("refresh_url") == "":
		return nil, missing("refresh_url")
	case r.get("return_url") == "":
		return nil, missing("return_url")
	}
	l := &link{Token: newID("link"), Account: a.ID, RefreshURL: r.get("refresh_url"), ReturnURL: r.get("return_url"),
		ExpiresAt: s.now() + linkLife}
	s.links.put(l)
	return map[string]any{"object": "account_link", "created": s.now(), "expires_at": l.ExpiresAt,
		"url": r.base + "/onboard/" + a.ID + "?t=" + l.Token}, nil
}

func (s *Server) createLogin(r *request) (any, *apiError) {
	a := s.accounts.get(r.id)
	if a == nil {
		return nil, noSuch("account", r.id, "account")
	}
	if !a.DetailsSubmitted {
		return nil, refused("", "Cannot create a login link for an account that has not completed onboarding.")
	}
	return map[string]any{"object": "login_link", "created": s.now(), "url": r.base + "/express/" + a.ID}, nil
}

// Onboard finishes a seller's onboarding, as its page does.
func (s *Server) Onboard(accountID string) {
	s.locked(func() {
		if a := s.accounts.get(accountID); a != nil {
			s.onboard(a)
		}
	})
}

// onboard makes an account payable.
func (s *Server) onboard(a *account) {
	a.Capabilities["transfers"] = "active"
	a.PayoutsEnabled, a.DetailsSubmitted = true, true
	a.Requirements = requirements{CurrentlyDue: []string{}}
	s.accounts.put(a)
	s.emit("account.updated", a, a.ID)
}

// sellerBalance is what Stripe holds for a seller.
func (s *Server) sellerBalance(id string) int64 {
	var sum int64
	for _, t := range s.transfers.by("to:" + id) {
		sum += t.Amount - t.AmountReversed
	}
	for _, p := range s.payouts.by("account:" + id) {
		sum -= p.Payout.Amount
	}
	return sum
}

// payOut sends sellers the money that has been at Stripe long enough.
func (s *Server) payOut(now int64) {
	ripe := now - int64(s.o.PayoutAfter.Seconds())
	for ; s.paidUpTo < len(s.transfers.ids); s.paidUpTo++ {
		t := s.transfers.get(s.transfers.ids[s.paidUpTo])
		if t.Created > ripe {
			return
		}
		rest := t.Amount - t.AmountReversed
		if rest > 0 && len(s.payouts.by("transfer:"+t.ID)) == 0 && s.sellerBalance(t.Destination) >= rest {
			s.passOn(t, rest)
		}
	}
}

// passOn pays a transfer's amount to the seller's bank.
func (s *Server) passOn(t *transfer, amount int64) {
	p := &paidOut{Account: t.Destination, Transfer: t.ID, Payout: payout{ID: newID("po"), Object: "payout", Amount: amount,
		ArrivalDate: s.now(), Created: s.now(), Currency: t.Currency, Status: statusPaid, Type: "bank_account"}}
	s.payouts.put(p)
	s.emit("payout.paid", &p.Payout, t.Destination)
}

func (s *Server) listPayouts(r *request) (any, *apiError) {
	rows := []*payout{}
	for _, p := range s.payouts.by("account:" + r.account) {
		rows = append(rows, &p.Payout)
	}
	if status := r.get("status"); status != "" {
		rows = slices.DeleteFunc(rows, func(v *payout) bool { return v.Status != status })
	}
	return page(r, "/v1/payouts", rows, func(v *payout) string { return v.ID }, func(v *payout) int64 { return v.Created })
}

func (s *Server) getPayout(r *request) (any, *apiError) {
	if p := s.payouts.get(r.id); p != nil && p.Account == r.account {
		return &p.Payout, nil
	}
	return nil, noSuch("payout", r.id, "id")
}
