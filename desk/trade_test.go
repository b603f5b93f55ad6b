package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// The queue holds what is about to go silent, and nothing that moves by itself.
func TestQueueHoldsWhatIsStalling(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.op.Get("/desk").Want(200).Lacks(page(o))
		r.clock.Set(clockOf(r.due(o).Add(-30 * time.Hour)))
		queue := r.op.Get("/desk").Want(200)
		if got := queue.Text(".case .why"); got != "Anna ei ole postittanut. Ei vielä muistutuksia." {
			t.Errorf("why: %q", got)
		}
		if got := queue.Text(".case .h"); !strings.HasPrefix(got, "30 h") {
			t.Errorf("hours left: %q", got)
		}
		r.op.Get("/desk?why=soon").Want(200).Has(page(o))
		r.op.Get("/desk?why=money").Want(200).Lacks(page(o))
		r.clock.Move(32 * time.Hour)
		if late := r.op.Get("/desk").Text(".case--late .h"); !strings.HasPrefix(late, "–2 h") {
			t.Errorf("two hours late: %q", late)
		}
	})
}

// due is when an order's turn lapses.
func (r *room) due(o orders.Order) time.Time {
	r.Helper()
	x, err := turn.Get(r.Context(), r.DB, o.Turn)
	r.ok(err)
	return x.DueAt.Time()
}

// A trade whose owner no mail reaches is in the queue at once; so is one that
// passed to staff.
func TestUnreachedAndPassedOn(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		_, err := r.DB.Do(r.Context(), `UPDATE users SET confirmed_at = 0 WHERE id = ?`, r.anna.ID)
		r.ok(err)
		r.op.Get("/desk?why=unreached").Want(200).Has("Anna ei ole vahvistanut")
		_, err = r.DB.Do(r.Context(), `UPDATE users SET confirmed_at = 1 WHERE id = ?`, r.anna.ID)
		r.ok(err)
		r.clock.Set(clockOf(r.due(o)))
		r.ok(r.Orders.Lapse(r.Context(), o.ID, o.Version))
		r.now(o, orders.Paid)
		r.op.Get("/desk?why=staff").Want(200).Has("Vuoro siirtyi meille", page(o))
		if shown := r.op.Get(page(o)).Want(200).Text(".turn__who"); !strings.Contains(shown, "Ylläpidon vuoro") {
			t.Errorf("the panel says %q", shown)
		}
	})
}

// A trade shows both people, the clock, the stream, every posting and what may
// be done.
func TestATradeShowsAllOfIt(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		p := r.op.Get(page(o)).Want(200)
		p.Has(o.Ref, "Wintec-yleissatula", "Anna Korpi", "Noora Lehto", "Anna on vuorossa", "Seuraava viesti", "ch_")
		if n := p.Find(".person").Length(); n != 2 {
			t.Errorf("%d people", n)
		}
		if n := p.Find("#do .does").Length(); n != 3 { // take over, more time, cancel
			t.Errorf("%d deeds: %s", n, p.Text("#do"))
		}
		r.op.Get("/desk?q=" + strings.ToLower(o.Ref)).Leads(page(o))
		r.op.Get("/desk?q=anna").Leads("/desk/people?q=anna")
		r.op.Get("/desk/orders/ord_nothing").Want(404)
	})
}

// More time moves the deadline, is written down, and both read who gave it.
func TestMoreTime(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		before := r.due(o)
		for _, wrong := range []string{"0", "15", "-3", "", "two"} {
			p := r.op.Post(page(o, "/extend"), webtest.Form("days", wrong)).Want(422)
			if got := p.Text("#f-days-error"); !strings.Contains(got, "1–14 päivää") {
				t.Errorf("%q: beside the field stands %q", wrong, got)
			}
		}
		r.unlogged(string(o.ID))
		r.op.Get(page(o, "/extend")).Leads(page(o)) // its form is there
		r.op.Post(page(o, "/extend"), webtest.Form("days", "3")).Leads(page(o))
		o = r.now(o, orders.Paid)
		if after := r.due(o); after != before.Add(3*day) {
			t.Errorf("due %s, was %s", after, before)
		}
		r.logged(string(o.ID), "orders.extend", "")
		if got := r.reads(o, r.noora); got != "Salla: orders.did.extend.operator" {
			t.Errorf("Noora reads %q", got)
		}
		r.op.Get(page(o)).Has("Lisäsit aikaa", "Salla, ylläpito, antoi lisää aikaa")
	})
}

// Money moves only for the operator's own password and a reason; what was typed
// stays, the password does not.
func TestMoneyNeedsThePassword(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		p := r.op.Get(page(o, "/cancel")).Want(200)
		p.Has("Tätä ei voi kumota", `type="password"`)
		p = r.op.Post(page(o, "/cancel"), webtest.Form("note", "Myyjä on sairaana.", "password", "väärä salasana")).Want(422)
		p.Has("Myyjä on sairaana.").Lacks("väärä salasana")
		if p.Find("#f-password-error").Length() != 1 || p.Find(".summary").Length() != 1 {
			t.Error("the fault is not beside the password")
		}
		p = r.op.Post(page(o, "/cancel"), webtest.Form("note", " ", "password", "")).Want(422)
		if p.Find("#f-note-error").Length() != 1 || p.Find("#f-password-error").Length() != 1 {
			t.Error("not both faults are shown")
		}
		r.op.Post(page(o, "/cancel"), webtest.Form("note", strings.Repeat("a", 1001), "password", accountstest.Password)).Want(422)
		r.now(o, orders.Paid)
		r.unlogged(string(o.ID))
	})
}

// Cancelling refunds, is written down, and both read the reason under the
// operator's name. Doing it again says what happened meanwhile.
func TestCancelAndRefund(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		form := webtest.Form("note", "Myyjä ei pysty postittamaan.", "password", accountstest.Password)
		r.op.Post(page(o, "/cancel"), form).Leads(page(o))
		r.rest()
		o = r.now(o, orders.Cancelled)
		pay, err := r.Payments.Of(r.Context(), r.DB, string(o.ID))
		r.ok(err)
		if pay.State != payments.Refunded {
			t.Errorf("the money is %s", pay.State)
		}
		r.logged(string(o.ID), "orders.cancel", "Myyjä ei pysty postittamaan.")
		for _, u := range []accounts.User{r.anna, r.noora} {
			if got := r.reads(o, u); got != "Salla: Myyjä ei pysty postittamaan." {
				t.Errorf("%s reads %q", u.Name, got)
			}
		}
		r.op.Post(page(o, "/cancel"), form).Want(409).Has("Kauppa on jo peruttu")
		r.op.Get(page(o, "/cancel")).Want(409).Has("Kauppa on jo peruttu")
		r.op.Get(page(o)).Want(200).Has("re_")
		r.op.Get("/desk/ledger?q="+o.Ref).Want(200).Has(page(o), "re_")
	})
}

// An operator rules: back to the seller, or the sale stands.
func TestRuling(t *testing.T) {
	each(t, func(r *room) {
		o := r.disputed()
		r.op.Get(page(o)).Want(200).Has("/give_up", "/return", "/refund", "/complete")
		r.op.Post(page(o, "/give_up"), webtest.Form("note", "Katson kuvia.")).Leads(page(o))
		o = r.now(o, orders.InReview)
		r.op.Get("/desk?why=staff").Want(200).Has("Riita: Noora")
		r.op.Post(page(o, "/return"), webtest.Form("note", "")).Want(422)
		r.op.Post(page(o, "/complete"), webtest.Form("note", "Vika näkyi kuvissa.", "password", accountstest.Password)).Leads(page(o))
		r.now(o, orders.Completed)
		r.logged(string(o.ID), "orders.complete", "Vika näkyi kuvissa.")
	})
}

// An operator shares the money: both read how much, and the books add up.
func TestSharing(t *testing.T) {
	each(t, func(r *room) {
		o := r.disputed()
		r.op.Get(page(o, "/share")).Want(409)
		r.op.Post(page(o, "/give_up"), webtest.Form("note", "Katson kuvia.")).Leads(page(o))
		p := r.op.Get(page(o, "/share")).Want(200)
		if p.Find("input[name=amount]").Length() != 1 || p.Find("input[type=password]").Length() != 1 {
			t.Error("no sum or no password is asked for")
		}
		for _, wrong := range []string{"", "0", "-5", "paljon", "75", "75,01", "99999999999999999999"} {
			p := r.op.Post(page(o, "/share"), webtest.Form("note", "Vika oli pieni.", "amount", wrong, "password", accountstest.Password)).Want(422)
			if p.Find("#f-amount-error").Length() != 1 {
				t.Errorf("%q: no fault beside the sum", wrong)
			}
		}
		r.now(o, orders.InReview)
		r.op.Post(page(o, "/share"), webtest.Form("note", "Vika oli pieni.", "amount", "15,50", "password", accountstest.Password)).Leads(page(o))
		r.rest()
		o = r.now(o, orders.Completed)
		r.logged(string(o.ID), "orders.share", "Vika oli pieni.")
		r.op.Get(page(o)).Want(200).Has("15,50\u00a0€", "59,50\u00a0€", "re_")
		checks, err := r.Payments.Check(r.Context())
		r.ok(err)
		for _, c := range checks {
			if !c.OK() {
				t.Errorf("%s: %v", c.Name, c.Broken)
			}
		}
	})
}

// A payment that the buyer's bank disputes is in the queue until somebody has
// ended the trade, and is refunded once.
func TestChargeback(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.stripe.Dispute(string(o.ID))
		r.rest()
		o = r.now(o, orders.ChargedBack)
		r.op.Get("/desk?why=money").Want(200).Has("Ostajan pankki vaatii maksua takaisin", page(o))
		r.op.Get(page(o)).Want(200).Lacks(page(o, "/refund"))
		r.op.Get(page(o, "/refund")).Want(409)
		r.stripe.Settle(false)
		r.rest()
		r.op.Get("/desk?why=staff").Want(200).Has("Pankki palautti maksun ostajalle", page(o))
		r.op.Get(page(o, "/refund")).Want(200).Has("toista kertaa")
		r.op.Post(page(o, "/refund"), webtest.Form("note", "Pankki päätti.", "password", accountstest.Password)).Leads(page(o))
		r.rest()
		r.now(o, orders.Refunded)
		r.op.Get(page(o)).Want(200).Lacks("re_")
		r.op.Get("/desk").Want(200).Lacks(page(o))
	})
}

// Books that differ from the provider's are said above the queue until they
// agree; the ledger says so at any time.
func TestTheDeskHearsOfADifference(t *testing.T) {
	each(t, func(r *room) {
		r.paid()
		r.ok(r.Payments.Nightly(r.Context()))
		r.op.Get("/desk").Want(200).Lacks("eroavat")
		r.op.Get("/desk/ledger").Want(200).Has("täsmäävät")
		r.stripe.Withdraw(700)
		if _, err := r.DB.Do(r.Context(), `INSERT INTO comparisons (at, currency, ours, theirs) VALUES (?, 'EUR', 1000, 300)`, r.clock.Now()+1); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/desk", "/desk/ledger"} {
			r.op.Get(path).Want(200).Has("eroavat", "10,00", "3,00", "−7,00")
		}
	})
}

// disputed is a trade whose buyer says that something is wrong.
func (r *room) disputed() orders.Order {
	r.Helper()
	o := r.paid()
	_, err := r.DB.Do(r.Context(), `UPDATE parcels SET tracked = ? WHERE order_id = ?`, false, o.ID)
	r.ok(err)
	_, err = r.Orders.Move(r.Context(), o.ID, orders.Ship, orders.Who{Actor: orders.Seller, User: r.anna.ID}, orders.Input{Carrier: "posti"})
	r.ok(err)
	o, err = r.Orders.Move(r.Context(), o.ID, orders.Report, orders.Who{Actor: orders.Buyer, User: r.noora.ID}, orders.Input{Claim: orders.Broken, Note: "Satulassa on repeämä."})
	r.ok(err)
	r.rest()
	return o
}

// What an operator decided before the buyer reported a problem is not done after
// it: they read what happened first.
func TestAnActOfAnOlderPage(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		_, err := r.DB.Do(r.Context(), `UPDATE parcels SET tracked = ? WHERE order_id = ?`, false, o.ID)
		r.ok(err)
		_, err = r.Orders.Move(r.Context(), o.ID, orders.Ship, orders.Who{Actor: orders.Seller, User: r.anna.ID}, orders.Input{Carrier: "posti"})
		r.ok(err)
		to := r.op.Get(page(o, "/complete")).Want(200).Find(`form[method=post][action*="/complete"]`).AttrOr("action", "")
		_, err = r.Orders.Move(r.Context(), o.ID, orders.Report, orders.Who{Actor: orders.Buyer, User: r.noora.ID}, orders.Input{Claim: orders.Broken, Note: "Satulassa on repeämä."})
		r.ok(err)
		form := webtest.Form("note", "Kaikki hyvin.", "password", accountstest.Password)
		again := r.op.Post(to, form).Want(409).Has("Ostaja on ilmoittanut, että jokin on pielessä.", "Kaikki hyvin.")
		r.now(o, orders.Disputed)
		r.op.Post(again.Find(`form[method=post][action*="/complete"]`).AttrOr("action", ""), form).Leads(page(o))
		r.now(o, orders.Completed)
	})
}

// A message goes to whom it is meant for.
func TestWriting(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.op.Post(page(o, "/message"), webtest.Form("to", "seller", "text", "Ehditkö huomenna?")).Want(303)
		if got := r.reads(o, r.anna); got != "Salla: Ehditkö huomenna?" {
			t.Errorf("Anna reads %q", got)
		}
		if got := r.reads(o, r.noora); strings.Contains(got, "huomenna") {
			t.Errorf("Noora reads %q", got)
		}
		r.logged(string(o.ID), "orders.message", "seller")
		r.op.Post(page(o, "/message"), webtest.Form("to", "seller", "text", " ")).Want(422)
		r.op.Post(page(o, "/message"), webtest.Form("to", "everybody", "text", "Hei kaikki")).Want(422).Has("Hei kaikki")
	})
}

// A payout that failed is at the top of the queue, and is sent again.
func TestRetryingMoney(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.op.Get(page(o, "/retry")).Want(409)
		r.op.Post(page(o, "/cancel"), webtest.Form("note", "Perutaan.", "password", accountstest.Password)).Want(303)
		_, err := r.DB.Do(r.Context(), `UPDATE movements SET state = 'failed', reason = 'closed' WHERE order_id = ?`, o.ID)
		r.ok(err)
		r.op.Get("/desk?why=money").Want(200).Has("Palautus ostajalle ei lähtenyt")
		r.op.Post(page(o, "/retry"), webtest.Form("note", "Pankki korjasi.", "password", "väärin meni")).Want(422)
		r.op.Post(page(o, "/retry"), webtest.Form("note", "Pankki korjasi.", "password", accountstest.Password)).Leads(page(o))
		r.logged(string(o.ID), "orders.retry", "Pankki korjasi.")
		r.rest()
		r.op.Get("/desk").Want(200).Lacks("ei lähtenyt")
		r.op.Post(page(o, "/retry"), webtest.Form("note", "Vielä.", "password", accountstest.Password)).Want(409)
	})
}

// Nobody but active operators learns that there is a desk.
func TestTheDeskIsForOperators(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		bad := accountstest.With(t, r.Accounts, "Entinen Virkailija", func(u *accounts.User) { u.Role, u.Status = accounts.Operator, accounts.Suspended })
		for _, route := range r.srv.Routes() {
			path := strings.NewReplacer(":id", string(o.ID)).Replace(route.Path)
			for _, who := range []accounts.UserID{"", r.anna.ID, r.noora.ID, bad.ID} {
				b := webtest.Client(t, r.srv).As(string(who))
				if route.Method == "GET" {
					b.Get(path).Want(404)
				} else {
					b.Post(path, webtest.Form("note", "x", "days", "2", "text", "x", "to", "both", "password", accountstest.Password)).Want(404)
				}
			}
		}
		r.now(o, orders.Paid)
		r.unlogged(string(o.ID))
	})
}
