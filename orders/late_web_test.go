package orders_test

import (
	"testing"
	"time"

	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// A page left open over its deadline still has its buttons. Whoever presses one
// reads what happened meanwhile, and nothing is done by halves.
func TestButtonsPressedAfterTheDeadline(t *testing.T) {
	for _, c := range []struct {
		name   string
		make   func(m *orderstest.Market) orders.Order
		wait   time.Duration
		seller bool
		post   string
		form   []string
		says   string
		is     orders.State
		money  payments.State
	}{
		{"post", func(m *orderstest.Market) orders.Order { return m.PaidFor() }, 9 * day, true, "/ship", []string{"carrier", "posti", "tracking", "JJFI1234567890"},
			"Kauppa on jo peruttu.", orders.Cancelled, payments.Refunded},
		{"plan", func(m *orderstest.Market) orders.Order { return m.PaidFor() }, 9 * day, true, "/plan", []string{"at", "1"},
			"peruttu", orders.Cancelled, payments.Refunded},
		{"report", delivered, 4 * day, false, "/report", []string{"claim", "broken", "note", "Kaari on poikki."},
			"Kauppa on jo valmis", orders.Completed, payments.Releasing},
		{"confirm", delivered, 4 * day, false, "/complete", nil, "Kauppa on jo valmis", orders.Completed, payments.Releasing},
	} {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *orderstest.Market) {
				o, who := c.make(m), m.Noora
				if c.seller {
					who = m.Anna
				}
				at := browser(m, who)
				m.Later(c.wait)
				m.Is(o, c.is)
				at.Post(o.URL()+c.post, webtest.Form(c.form...)).Want(409).Has(c.says)
				m.Is(o, c.is)
				m.Money(o, c.money)
				m.Sound()
			})
		})
	}
}

// Who pays when the reservation is over reads so, and pays nothing.
func TestPayingAfterTheReservation(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.Bought()
		noora := browser(m, m.Noora)
		m.Later(time.Hour)
		m.Is(o, orders.Expired)
		noora.Post(o.URL()+"/pay", nil).Leads(o.URL())
		noora.Get(o.URL()).Want(200).Has("Varaus purkautui")
		m.Is(o, orders.Expired)
		m.Listing(listings.Live)
		m.Sound()
	})
}

// Somebody who is blocked can neither ask, offer nor buy, and reads why; an
// offer made before cannot be met either.
func TestTheBlockedDoNoBusiness(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		noora, anna := browser(m, m.Noora), browser(m, m.Anna)
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		m.OK(m.Messages.Block(m.Context(), m.Anna.ID, m.Noora.ID))
		at := m.Saddle.URL()
		noora.Post(at+"/ask", webtest.Form("text", "Hei?")).Want(409).Has("Et voi kirjoittaa tähän keskusteluun")
		noora.Post(at+"/offer", webtest.Form("amount", "70")).Want(409).Lacks("orders.")
		noora.Get(at + "/buy").Want(409).Has("estänyt")
		noora.Post(at+"/buy", webtest.Form("key", "a-key-that-is-long-enough-to-be-one", "way", "point:posti", "name", "Noora Lehto", "street", "Katu 1",
			"postcode", "20100", "town", "Turku", "phone", "0401234567", "point", "201001")).Want(409).Has("estänyt")
		noora.Post("/inbox/"+string(offer.Conversation), webtest.Form("text", "Hei?")).Want(409)
		anna.Post("/offers/"+string(offer.ID)+"/accept", nil).Want(409).Has("estänyt")
		m.Listing(listings.Live)
		m.Sound()
	})
}
