package desk_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/nudges"
)

// A trade is taken over and handed back at one press each; the page and the
// queue say whose hands it is in, and the log who did it.
func TestTakeOverAndHandBack(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		r.op.Get(page(o)).Want(200).Has("Ota kauppa hoitoon").Lacks("hoitaa tätä")
		r.op.Post(page(o, "/take-over"), nil).Leads(page(o))
		r.logged(string(o.ID), "orders.take_over", "")
		r.op.Get(page(o)).Want(200).Has("Salla hoitaa tätä", "Palauta")
		r.op.Post(page(o, "/take-over"), nil).Want(409).Has("Joku meistä hoitaa tätä jo.")
		r.op.Post(page(o, "/hand-back"), nil).Leads(page(o))
		r.logged(string(o.ID), "orders.hand_back", "")
		r.op.Post(page(o, "/hand-back"), nil).Want(409)
		r.op.Post("/desk/orders/ord_0/take-over", nil).Want(404)
	})
}

// What is worth more, is later, or belongs to people whose turns lapse comes
// first, and the page says so.
func TestTheQueueIsRanked(t *testing.T) {
	each(t, func(r *room) {
		o := r.paid()
		x, err := turn.Get(r.Context(), r.DB, o.Turn)
		r.ok(err)
		r.clock.Set(x.DueAt.Add(-time.Hour))
		r.op.Get("/desk").Want(200).Has(page(o)).Lacks("vuorosta on mennyt umpeen")
		for i := range 3 {
			at := r.clock.Now().Add(-time.Duration(i+1) * 30 * day)
			_, err := r.DB.Do(r.Context(), `INSERT INTO turns (id, kind, subject, version, owner_id, opened_at, due_at, closed_at, outcome)
				VALUES (?, 'ship', ?, 1, ?, ?, ?, ?, 'lapsed')`, "trn_past"+string(rune('a'+i)), "ord_past", r.anna.ID, at, at, at)
			r.ok(err)
		}
		r.op.Get("/desk").Want(200).Has("Anna: 3/3 vuorosta on mennyt umpeen.")
	})
}

// Somebody no channel reaches stands on the list with what it is about; a call
// ends that, once.
func TestCalls(t *testing.T) {
	each(t, func(r *room) {
		r.op.Get("/desk/calls").Want(200).Has("Kaikki on tavoitettu")
		o := r.paid()
		r.ok(r.DB.InTx(r.Context(), func(tx *db.Tx) error {
			return r.Nudges.Ring(r.Context(), tx, r.anna.ID, o.Turn, nudges.CallFailed)
		}))
		cs, err := r.Nudges.Calls(r.Context(), 5)
		r.ok(err)
		path, note := "/desk/calls/"+string(cs[0].ID), "note-"+string(cs[0].ID)
		r.op.Get("/desk/calls").Want(200).Has("Anna Korpi", "Mikään lähettämämme ei mennyt perille.", o.Ref, path)
		r.op.Post(path, webtest.Form(note, strings.Repeat("x", 1001))).Want(422).Has(strings.Repeat("x", 1001))
		r.op.Post(path, webtest.Form(note, "Postittaa tänään.", "reached", "1")).Leads("/desk/calls")
		r.op.Post(path, webtest.Form(note, "")).Want(409)
		r.op.Post("/desk/calls/cal_0", webtest.Form("note", "")).Want(404)
		r.op.Get("/desk/calls").Want(200).Has("Kaikki on tavoitettu")
	})
}

// A policy is written, refused with its lines, kept, proven, replayed and put
// live; an unsound one is not.
func TestPolicyVersions(t *testing.T) {
	each(t, func(r *room) {
		r.op.Get("/desk/policy").Want(200).Has("Oletus", "Voimassa", "kind = &#34;ship&#34;")
		bad := strings.Replace(nudges.BuiltIn(), `after = "0h"`, `after = "soon"`, 1)
		r.op.Post("/desk/policy", webtest.Form("text", bad, "note", "Kokeilu")).Want(422).Has("line ", "soon", "Kokeilu")
		r.op.Post("/desk/policy", webtest.Form("text", strings.Replace(nudges.BuiltIn(), "cap = 3", "cap = 2", 1), "note", "Kaksi riittää.")).Leads("/desk/policy/1?try=verify")
		r.op.Get("/desk/policy/1").Want(200).Has("Kaksi riittää.", "Ota käyttöön")
		r.op.Get("/desk/policy/1?try=replay").Want(200).Has("Viime kuussa nämä säännöt olisivat lähettäneet")
		r.op.Post("/desk/policy/1/live", webtest.Form("at", "huomenna")).Want(422).Has("huomenna", "Kirjoita päivä ja kellonaika.")
		r.op.Post("/desk/policy/1/live", webtest.Form("at", "2020-01-01T08:00")).Want(422).Has("Hetki on jo mennyt")
		r.op.Get("/desk/policy/2").Want(404)
		r.op.Get("/desk/policy/x").Want(404)
		r.op.Post("/desk/policy", webtest.Form("text", strings.ReplaceAll(nudges.BuiltIn(), ", warning = true", ""), "note", "")).Leads("/desk/policy/2?try=verify")
		r.op.Post("/desk/policy/2/live", webtest.Form("at", r.clock.Now().Time().AddDate(1, 0, 0).Format("2006-01-02T15:04"))).Want(409).Has("Säännöissä on vika")
	})
}

// The rules are changed in a form, the built-in ones and a draft's: what is wrong
// is said beside its field in the reader's language, with all that was typed.
func TestAPolicyIsChangedInAForm(t *testing.T) {
	each(t, func(r *room) {
		r.op.Get("/desk/policy").Want(200).Has("/desk/policy/built-in/edit")
		a := r.op.Get("/desk/policy/built-in/edit").Want(200).Has("Pohjana: Oletus", "Uusi muistutus", "arkipäivää", "Tekstinä")
		form := sent(a, "/desk/policy/built-in/edit")
		form.Set("cap", "monta")
		form.Set("ship.1.at", "huomenna")
		form.Set("note", "Kokeilu")
		r.op.Post("/desk/policy/built-in/edit", form).Want(422).Has(`id="f-cap-error"`, `id="f-ship-1-at-error"`, "ei ole aika", `value="huomenna"`, `value="monta"`, "Kokeilu").Lacks("line ")
		form.Set("cap", "2")
		form.Set("ship.1.at", "21 h")
		r.op.Post("/desk/policy/built-in/edit", form).Leads("/desk/policy/1?try=verify")
		r.op.Get("/desk/policy/1").Want(200).Has("21 h kuluttua", "/desk/policy/1/edit", "version = &#34;after 2026-11&#34;")
		next := sent(r.op.Get("/desk/policy/1/edit").Want(200).Has(`value="21h"`), "/desk/policy/1/edit")
		next.Set("note", strings.Repeat("x", 501))
		r.op.Post("/desk/policy/1/edit", next).Want(422).Has("Enintään 500 merkkiä")
		next.Set("note", "")
		r.op.Post("/desk/policy/1/edit", next).Leads("/desk/policy/2?try=verify")
		r.op.Get("/desk/policy/2").Want(200).Has("version = &#34;after v1&#34;")
		r.op.Get("/desk/policy/9/edit").Want(404)
	})
}

// sent is what a browser without scripts would send of a page's form.
func sent(a webtest.Answer, action string) url.Values {
	v := url.Values{}
	form := a.Find(`form[action="` + action + `"]`)
	form.Find(`input[type="text"], input[type="hidden"], input[checked]`).Each(func(_ int, x *goquery.Selection) {
		v.Add(x.AttrOr("name", ""), x.AttrOr("value", ""))
	})
	form.Find("textarea").Each(func(_ int, x *goquery.Selection) { v.Add(x.AttrOr("name", ""), x.Text()) })
	form.Find("select").Each(func(_ int, x *goquery.Selection) {
		chosen := x.Find("option[selected]").First()
		if chosen.Length() == 0 {
			chosen = x.Find("option").First()
		}
		v.Add(x.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	return v
}
