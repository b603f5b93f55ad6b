package orders_test

import (
	"testing"

	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// A form whose time is over leads back to the trade as it stands, with a
// sentence about what came before it, whatever was typed.
func TestStaleFormsTellWhatHappened(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		m.Does(o, orders.Seller, orders.Cancel, orders.Input{})
		site := m.Site()
		noora, anna := webtest.Client(m.T, site).As(string(m.Noora.ID)), webtest.Client(m.T, site).As(string(m.Anna.ID))
		for _, answer := range []webtest.Answer{
			anna.Post(o.URL()+"/ship", webtest.Form("carrier", "posti", "tracking", "x")),
			anna.Get(o.URL() + "/ship"),
			noora.Post(o.URL()+"/report", nil), // nothing typed: too late comes first
			noora.Post(o.URL()+"/complete", nil),
			noora.Post(o.URL()+"/cancel", nil),
		} {
			answer.Want(409).Has("Kauppa on jo peruttu.", o.Ref)
			if answer.Find("#order").Length() != 1 {
				t.Error("the trade is not shown")
			}
		}
		anna.Post(o.URL()+"/review", webtest.Form("verdict", "good")).Want(409).Has(o.Ref)
	})
}

// Nobody is shown how to pay for what cannot be theirs.
func TestCheckoutIsForWhatCanBeBought(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		site, page := m.Site(), m.Saddle.URL()+"/buy"
		webtest.Client(m.T, site).As(string(m.Anna.ID)).Get(page).Want(409).Has("oma ilmoituksesi")
		salla, noora := webtest.Client(m.T, site).As(string(m.Salla.ID)), webtest.Client(m.T, site).As(string(m.Noora.ID))
		salla.Get(page).Want(200)
		o := m.Bought()
		noora.Get(page).Want(200) // it waits for her money
		salla.Get(page).Want(409).Has("ei ole enää myynnissä")
		form := webtest.Form("key", "a-key-that-is-long-enough-to-be-one", "way", "point:posti", "name", "Salla Virta", "street", "Katu 1",
			"postcode", "00100", "town", "Helsinki", "phone", "0401234567")
		salla.Post(page, form).Want(409).Has("ei ole enää myynnissä").Lacks("Katu 1")
		noora.Get(o.URL()).Want(200).Has("maksettavaa")
		m.Does(o, orders.Buyer, orders.Cancel, orders.Input{})
		noora.Get(o.URL()).Want(200).Has("ei maksettu").Lacks("maksettavaa")
	})
}
