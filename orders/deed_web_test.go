package orders_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// A move is made from its page, and what was typed wrong is kept.
func TestMovesByForm(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		anna.Get(o.URL() + "/hand_over").Want(200).Has("codefield")
		wrong := "000000"
		if o.Code == wrong {
			wrong = "111111"
		}
		page := anna.Post(o.URL()+"/hand_over", webtest.Form("code", wrong)).Want(422)
		if page.Find("input[name=code]").AttrOr("value", "") != wrong {
			t.Error("the code is not kept")
		}
		page.Lacks("orders.code", o.Code)
		noora.Post(o.URL()+"/hand_over", webtest.Form("code", o.Code)).Want(409)
		anna.Get(o.URL()).Want(200).Lacks(o.Code)
		anna.Post(o.URL()+"/hand_over", webtest.Form("code", " "+o.Code[:3]+" "+o.Code[3:])).Leads(o.URL())
		m.Rest()
		m.Is(o, orders.Completed)
		again := anna.Post(o.URL()+"/hand_over", webtest.Form("code", o.Code)).Want(409)
		again.Lacks("orders.")
		anna.Get(o.URL() + "/cancel").Want(409)
		m.Sound()
	})
}

// A report needs to say what happened; then the other answers.
func TestReportingByForm(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := delivered(m)
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		noora.Get(o.URL() + "/report").Want(200).Has("Mikä on pielessä?")
		long := strings.Repeat("pitkä ", 1000)
		for _, form := range [][]string{{}, {"claim", "purple", "note", "x"}, {"claim", "broken", "note", long}} {
			page := noora.Post(o.URL()+"/report", webtest.Form(form...)).Want(422)
			if want := webtest.Form(form...).Get("note"); page.Find("textarea").Text() != want {
				t.Errorf("%.20q kept of %.20q", page.Find("textarea").Text(), want)
			}
		}
		noora.Post(o.URL()+"/report", webtest.Form("claim", "broken", "note", "Kaari on <b>poikki</b>.")).Leads(o.URL())
		anna.Get(o.URL()).Want(200).Has("Kaari on &lt;b&gt;poikki").Lacks("<b>poikki")
		noora.Post(o.URL()+"/complete", nil).Leads(o.URL())
		m.Rest()
		page := anna.Post(o.URL()+"/refund", nil).Want(409)
		page.Lacks("orders.", "trade.")
		m.Is(o, orders.Completed)
		m.Sound()
	})
}

// Posting by oneself asks for the carrier, and keeps what was typed.
func TestPostingByForm(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		m.Shipping.Carrier = nil
		o := m.PaidFor()
		anna := browser(m, m.Anna)
		anna.Get(o.URL() + "/ship").Want(200).Has(`name="carrier"`)
		page := anna.Post(o.URL()+"/ship", webtest.Form("carrier", "pigeon", "tracking", "JJFI 6457")).Want(422)
		if page.Find("input[name=tracking]").AttrOr("value", "") != "JJFI 6457" {
			t.Error("the tracking number is not kept")
		}
		anna.Post(o.URL()+"/plan", webtest.Form("at", "soon")).Want(422)
		slot := anna.Get(o.URL()).Want(200).Find("button[name=at]").First().AttrOr("value", "")
		anna.Post(o.URL()+"/plan", webtest.Form("at", slot)).Leads(o.URL())
		anna.Get(o.URL()).Want(200).Has("Kerroit postittavasi")
		browser(m, m.Noora).Get(o.URL()).Want(200).Has("kertoi postittavansa")
		browser(m, m.Noora).Post(o.URL()+"/plan", webtest.Form("at", slot)).Want(404)
		anna.Post(o.URL()+"/ship", webtest.Form("carrier", "posti", "tracking", "JJFI64574900")).Leads(o.URL())
		m.Is(o, orders.Sent)
		anna.Post(o.URL()+"/plan", webtest.Form("at", slot)).Want(409)
	})
}

// To anybody else a trade, its moves and its news do not exist.
func TestATradeOfOthers(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		salla := browser(m, m.Salla)
		for _, path := range []string{"", "/live", "/paid", "/review", "/ship", "/cancel", "/report"} {
			salla.Get(o.URL() + path).Want(404)
		}
		for _, path := range []string{"/message", "/plan", "/pay", "/ship", "/cancel", "/complete", "/extend", "/review"} {
			salla.Post(o.URL()+path, webtest.Form("text", "Hei", "at", "1", "verdict", "good")).Want(404)
		}
		m.Is(o, orders.Paid)
		if to := webtest.Client(t, m.Site()).Get(o.URL()).Want(303).Location; !strings.HasPrefix(to, "/sign-in") {
			t.Errorf("a stranger is led to %s", to)
		}
	})
}

// A message is written in the trade room; one that cannot be sent is kept.
func TestWritingInTheRoom(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		noora := browser(m, m.Noora)
		noora.Post(o.URL()+"/message", webtest.Form("text", "Kiitos! Milloin ehdit postiin?")).Leads(o.URL() + "#stream")
		browser(m, m.Anna).Get(o.URL()).Want(200).Has("Milloin ehdit postiin?")
		long := strings.Repeat("pitkä ", 700)
		page := noora.Post(o.URL()+"/message", webtest.Form("text", long)).Want(422)
		if page.Find("textarea").Text() != long {
			t.Error("what was typed is not kept")
		}
		noora.Post(o.URL()+"/message", webtest.Form("text", " ")).Want(422)
	})
}

// Both say how it went, once, and others read it when both have.
func TestReviewsByForm(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		noora.Get(o.URL() + "/review").Want(409)
		m.Cue(o, "collect")
		m.Does(o, orders.Buyer, orders.Complete, orders.Input{})
		noora.Get(o.URL() + "/review").Want(200).Has("Miten kauppa meni?")
		page := noora.Post(o.URL()+"/review", webtest.Form("text", "Hieno satula.")).Want(422)
		if page.Find("textarea").Text() != "Hieno satula." {
			t.Error("what was typed is not kept")
		}
		noora.Post(o.URL()+"/review", webtest.Form("verdict", "good", "text", "Hieno satula.")).Leads(o.URL())
		noora.Post(o.URL()+"/review", webtest.Form("verdict", "bad", "text", "Sittenkin.")).Want(409)
		person := "/people/" + string(m.Anna.ID)
		stranger := webtest.Client(t, m.Site())
		stranger.Get(person).Want(200).Has("Anna").Lacks("Hieno satula.")
		anna.Post(o.URL()+"/review", webtest.Form("verdict", "good")).Leads(o.URL())
		stranger.Get(person).Want(200).Has("Hieno satula.")
		stranger.Get("/people/usr_nobody").Want(404)
	})
}

// The list of trades begins with one's own moves.
func TestTheListOfTrades(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		anna.Get("/orders").Want(200).Has("Ei kauppoja vielä")
		o := m.PaidFor()
		anna.Get("/orders").Want(200).Has("Wintec-yleissatula", "Sinun vuorosi").Lacks("Muut vuorossa")
		noora.Get("/orders").Want(200).Has("Wintec-yleissatula", "Muut vuorossa").Lacks("Sinun vuorosi")
		m.Does(o, orders.Seller, orders.Cancel, orders.Input{})
		anna.Get("/orders").Want(200).Has("Päättyneet", "Peruttu")
	})
}

// An offer is made, answered and taken back by forms.
func TestOffersByForm(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		anna, noora := browser(m, m.Anna), browser(m, m.Noora)
		noora.Get(m.Saddle.URL() + "/offer").Want(200).Has("Tee tarjous")
		for _, amount := range []string{"", "paljon", "-5", "0", "75000"} {
			page := noora.Post(m.Saddle.URL()+"/offer", webtest.Form("amount", amount)).Want(422)
			if page.Find("input[name=amount]").AttrOr("value", "") != amount {
				t.Errorf("%q is not kept", amount)
			}
		}
		anna.Get(m.Saddle.URL() + "/offer").Want(409)
		to := noora.Post(m.Saddle.URL()+"/offer", webtest.Form("amount", "65")).Want(303).Location
		noora.Post(m.Saddle.URL()+"/offer", webtest.Form("amount", "66")).Want(409).Lacks("orders.")
		conv := strings.TrimPrefix(to, "/inbox/")
		es, err := m.Messages.Whole(m.Context(), messaging.ConversationID(conv))
		m.OK(err)
		offer := "/offers/" + es[len(es)-1].Ref
		browser(m, m.Salla).Post(offer+"/accept", nil).Want(404)
		noora.Post(offer+"/accept", nil).Want(404)
		page := anna.Post(offer+"/counter", webtest.Form("amount", "900")).Want(422)
		if page.Find("input[name=amount]").AttrOr("value", "") != "900" {
			t.Error("the counter-offer is not kept")
		}
		anna.Post(offer+"/accept", nil).Leads(to)
		anna.Post(offer+"/decline", nil).Want(409).Lacks("orders.offer")
		noora.Post(m.Saddle.URL()+"/ask", webtest.Form("text", "")).Want(422)
		noora.Post(m.Saddle.URL()+"/ask", webtest.Form("text", "Kiitos!")).Leads(to)
	})
}
