package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

func clockOf(t time.Time) clock.Instant { return clock.Of(t) }

// A person who asks for a person waits in the cases until somebody answers or
// closes.
func TestCases(t *testing.T) {
	each(t, func(r *room) {
		cid, err := r.Messages.OpenCase(r.Context(), r.noora.ID, "", "En löydä kuittia.")
		r.ok(err)
		path := "/desk/cases/" + string(cid)
		r.op.Get("/desk?why=case").Want(200).Has("Noora pyysi ihmistä", path)
		r.op.Get(path).Want(200).Has("En löydä kuittia.", "Sulje vastaamatta")
		r.op.Post(path, webtest.Form("text", "")).Want(422)
		r.op.Post(path, webtest.Form("text", "Se on kaupan sivulla.")).Leads(path)
		r.logged(string(cid), "cases.answer", "")
		r.op.Get("/desk").Want(200).Lacks(path)
		r.op.Get(path).Want(200).Has("Se on kaupan sivulla.", "Kukaan ei odota")
		r.ok(r.Messages.Send(r.Context(), r.noora.ID, cid, "Kiitos! Entä lasku?", ""))
		r.op.Get("/desk").Want(200).Has(path)
		r.op.Post(path+"/close", nil).Leads(path)
		r.logged(string(cid), "cases.close", "")
		r.op.Get("/desk").Want(200).Lacks(path)
		o := r.paid()
		r.op.Get("/desk/cases/" + string(o.Conversation)).Want(404)
	})
}

// report is Noora telling staff about something, and the report's page.
func (r *room) report(kind messaging.ReportKind, subject string) string {
	r.Helper()
	r.ok(r.Messages.Report(r.Context(), messaging.Reporting{Reporter: r.noora.ID, Kind: kind, Subject: subject, Reason: "fraud", Text: "Kuvat ovat toisesta ilmoituksesta."}))
	rs, err := r.Messages.Reports(r.Context(), "open", 1)
	r.ok(err)
	return "/desk/reports/" + string(rs[0].ID)
}

// A report shows what it is about; deciding it does what it says, once.
func TestReports(t *testing.T) {
	each(t, func(r *room) {
		path := r.report(messaging.ReportListing, string(r.saddle.ID))
		r.op.Get("/desk/reports").Want(200).Has(path)
		r.op.Get(path).Want(200).Has("Kuvat ovat toisesta ilmoituksesta.", r.saddle.Title[:6], "Anna Korpi")
		p := r.op.Post(path, webtest.Form("what", "", "note", "Sama kuva.")).Want(422)
		p.Has("Sama kuva.", "Valitse, mitä tehdään")
		r.op.Post(path, webtest.Form("what", "hide", "note", "")).Want(422)
		r.op.Post(path, webtest.Form("what", "hide", "note", "Kuvat ovat muualta.")).Leads("/desk/reports")
		l, err := r.Listings.Get(r.Context(), r.DB, r.saddle.ID)
		r.ok(err)
		if !l.Hidden {
			t.Error("the listing still shows")
		}
		r.logged(string(r.saddle.ID), "listings.hide", "Kuvat ovat muualta.")
		r.logged(strings.TrimPrefix(path, "/desk/reports/"), "reports.uphold", "Kuvat ovat muualta.")
		r.op.Post(path, webtest.Form("what", "dismiss", "note", "Erehdys.")).Want(409)
		r.op.Get("/desk/reports?state=upheld").Want(200).Has(path)
		r.op.Post("/desk/listings/"+string(r.saddle.ID)+"/show?undo=1", nil).Want(303)
		if l, _ = r.Listings.Get(r.Context(), r.DB, r.saddle.ID); l.Hidden {
			t.Error("undone, yet hidden")
		}
	})
}

// A report about something that is not there, thrown away or never made, does not
// stand in the list for ever.
func TestReportsAboutNothing(t *testing.T) {
	each(t, func(r *room) {
		path := r.report(messaging.ReportListing, "lst_01jdh8w3k9v6t2q4m7x5c0z1ab")
		r.op.Get(path).Want(200).Has("lst_01jdh8w3k9v6t2q4m7x5c0z1ab").Lacks(`value="hide"`, `value="suspend"`)
		r.op.Post(path, webtest.Form("what", "hide", "note", "Pois.")).Want(422)
		r.op.Post(path, webtest.Form("what", "dismiss", "note", "Ei ole.")).Leads("/desk/reports")
		r.logged(strings.TrimPrefix(path, "/desk/reports/"), "reports.dismiss", "Ei ole.")
	})
}

// A message that breaks the rules is hidden; a report without reason is
// dismissed.
func TestReportsOfMessagesAndPeople(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.ok(r.Messages.Send(r.Context(), r.anna.ID, o.Conversation, "Maksa minulle suoraan tilille.", ""))
		es, err := r.Messages.Whole(r.Context(), o.Conversation)
		r.ok(err)
		path := r.report(messaging.ReportEntry, string(es[len(es)-1].ID))
		r.op.Get(path).Want(200).Has("Maksa minulle suoraan tilille.")
		r.op.Post(path, webtest.Form("what", "hide", "note", "Maksu ohi palvelun.")).Leads("/desk/reports")
		r.logged(string(es[len(es)-1].ID), "entries.hide", "Maksu ohi palvelun.")
		path = r.report(messaging.ReportUser, string(r.anna.ID))
		r.op.Post(path, webtest.Form("what", "hide", "note", "Ei onnistu.")).Want(422)
		r.op.Post(path, webtest.Form("what", "dismiss", "note", "Kertaus riitti.")).Leads("/desk/reports")
		r.logged(strings.TrimPrefix(path, "/desk/reports/"), "reports.dismiss", "Kertaus riitti.")
		path = r.report(messaging.ReportConversation, string(o.Conversation))
		r.op.Get(path).Want(200).Has("Anna Korpi")
	})
}

// Suspending somebody hides what they sell; restoring shows it again, but for
// what was hidden by hand.
func TestSuspending(t *testing.T) {
	each(t, func(r *room) {
		path, listing := "/desk/people/"+string(r.anna.ID), "/desk/listings/"+string(r.saddle.ID)
		p := r.op.Get(path).Want(200)
		p.Has(r.anna.Email, r.saddle.Title[:6]).Lacks("argon2", r.anna.PasswordHash)
		r.op.Post(path+"/suspend", webtest.Form("note", "")).Want(422)
		r.op.Post(path+"/suspend", webtest.Form("note", "Toistuva väärinkäyttö.")).Leads(path)
		r.logged(string(r.anna.ID), "accounts.suspend", "Toistuva väärinkäyttö.")
		r.hidden(true)
		r.op.Post(path+"/suspend", webtest.Form("note", "Uudestaan.")).Want(409)
		r.op.Post(path+"/restore?undo=1", nil).Leads(path)
		r.logged(string(r.anna.ID), "accounts.restore", "undo")
		r.hidden(false)
		r.op.Post(listing+"/hide", webtest.Form("note", "Väärä kuva.")).Leads(listing)
		r.op.Post(path+"/suspend", webtest.Form("note", "Taas.")).Leads(path)
		r.op.Post(path+"/restore", webtest.Form("note", "Sovittu.")).Leads(path)
		r.hidden(true)
		r.op.Post(listing+"/show", webtest.Form("note", "")).Want(422)
		r.op.Post(listing+"/show", webtest.Form("note", "Kuva vaihdettu.")).Leads(listing)
		r.hidden(false)
		self := "/desk/people/" + string(r.salla.ID)
		r.op.Get(self).Want(200).Lacks("/suspend")
		r.op.Post(self+"/suspend", webtest.Form("note", "Minä itse.")).Want(403)
	})
}

// hidden fails unless the saddle is hidden, or is not.
func (r *room) hidden(want bool) {
	r.Helper()
	l, err := r.Listings.Get(r.Context(), r.DB, r.saddle.ID)
	r.ok(err)
	if l.Hidden != want {
		r.Fatalf("hidden: %v, want %v", l.Hidden, want)
	}
}

// Everything is found by what staff know of it.
func TestSearching(t *testing.T) {
	each(t, func(r *room) {
		r.op.Get("/desk/listings?q=WINTEC").Want(200).Has(string(r.saddle.ID))
		r.op.Get("/desk/listings?q=100%25").Want(200).Lacks(string(r.saddle.ID))
		r.op.Get("/desk/listings?state=sold").Want(200).Lacks(string(r.saddle.ID))
		r.op.Get("/desk/listings?seller=" + string(r.anna.ID) + "&state=live").Want(200).Has(string(r.saddle.ID))
		r.op.Get("/desk/people?q=korpi").Want(200).Has("Anna Korpi").Lacks("Noora Lehto")
		r.op.Get("/desk/people?q=" + r.noora.Email).Want(200).Has("Noora Lehto")
		r.op.Get("/desk/people?q=nobody").Want(200).Has("Mitään ei löytynyt")
		r.op.Get("/desk/people/usr_nobody").Want(404)
		r.op.Get("/desk/listings/lst_nothing").Want(404)
		r.op.Get("/desk/reports/rep_nothing").Want(404)
	})
}

// The ledger shows that all accounts together make zero; the log says who did
// what.
func TestLedgerAndLog(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.op.Get("/desk/ledger").Want(200).Has("Yhteensä ✓", page(o), "ch_").Lacks("ei täsmää")
		r.op.Get("/desk/ledger?q=K-NONE").Want(200).Has("Täällä ei ole kirjauksia")
		r.op.Post(page(o, "/cancel"), webtest.Form("note", "Perutaan.", "password", accountstest.Password)).Want(303)
		r.op.Get("/desk/audit").Want(200).Has("Perutaan.", "Salla Virta")
		r.op.Get("/desk/audit?q=" + o.Ref).Want(200).Has("Perutaan.")
		r.op.Get("/desk/audit?actor=" + string(r.anna.ID)).Want(200).Lacks("Perutaan.")
	})
}
