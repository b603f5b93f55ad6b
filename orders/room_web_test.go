package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// rooms are trades in every state.
var rooms = []struct {
	name          string
	make          func(m *orderstest.Market) orders.Order
	buyer, seller string // heading | buttons
}{
	{name: "pending_payment", make: func(m *orderstest.Market) orders.Order { return m.Bought() },
		buyer:  "Maksa viimeistään | Maksa 84,90 € | Peru ostos",
		seller: "Noora maksaa viimeistään"},
	{name: "paid", make: func(m *orderstest.Market) orders.Order { return m.PaidFor() },
		buyer:  "Anna postittaa satulan viimeistään | Pyydä perumista",
		seller: "Postita satula viimeistään | Se on jo postissa | Tarvitsen 2 päivää lisää | En voi postittaa"},
	{name: "paid, promise broken", make: func(m *orderstest.Market) orders.Order {
		o := m.PaidFor()
		m.Later(4 * day)
		return o
	},
		buyer:  "Anna postittaa satulan viimeistään | Peru ostos, 84,90 € takaisin",
		seller: "Postita satula viimeistään | Se on jo postissa | Tarvitsen 2 päivää lisää | En voi postittaa"},
	{name: "paid, said to be posted", make: func(m *orderstest.Market) orders.Order {
		return m.Does(m.PaidFor(), orders.Seller, orders.Ship, orders.Input{})
	},
		buyer:  "Anna vei paketin postiin. Ensimmäinen leima tulee viimeistään",
		seller: "Kiitos! Odotamme kuljettajan leimaa viimeistään | En voi postittaa"},
	{name: "paid, passed on", make: func(m *orderstest.Market) orders.Order {
		m.Unreached = true
		o := m.PaidFor()
		m.Later(8 * day)
		return o
	},
		buyer:  "Salla ottaa selvää ja hoitaa asian viimeistään | Peru ostos, 84,90 € takaisin",
		seller: "Salla ottaa selvää ja hoitaa asian viimeistään | Se on jo postissa | Tarvitsen 2 päivää lisää | En voi postittaa"},
	{name: "awaiting_handover", make: func(m *orderstest.Market) orders.Order { return m.PaidFor(orderstest.InPerson) },
		buyer:  "Sopikaa nouto. Aikaa on | Peru ostos, 78,00 € takaisin",
		seller: "Luovuta satula viimeistään | Näppäile koodi | Tarvitsen 2 päivää lisää | En voi luovuttaa"},
	{name: "cancel_requested", make: func(m *orderstest.Market) orders.Order {
		return m.Does(m.PaidFor(), orders.Buyer, orders.RequestCancel, orders.Input{})
	},
		buyer:  "Pyysit perumista. Anna vastaa viimeistään | Pidän ostoksen sittenkin",
		seller: "Noora haluaisi perua. Vastaa viimeistään | Se on jo postissa | Sopii, perutaan"},
	{name: "shipped", make: func(m *orderstest.Market) orders.Order {
		o := m.PaidFor()
		m.Cue(o, "drop")
		return o
	},
		buyer:  "Paketti on matkalla. Perillä viimeistään | Sain sen jo, kaikki hyvin",
		seller: "Paketti on matkalla. Perillä viimeistään"},
	{name: "sent", make: func(m *orderstest.Market) orders.Order {
		m.Shipping.Carrier = nil
		return m.Does(m.PaidFor(), orders.Seller, orders.Ship, orders.Input{Carrier: "posti", Tracking: "JJFI64574900"})
	},
		buyer:  "Kerro, kun paketti on tullut, viimeistään | Tuli perille, kaikki hyvin | Jokin on pielessä",
		seller: "Noora kertoo, kun paketti on tullut, viimeistään"},
	{name: "ready_for_pickup", make: func(m *orderstest.Market) orders.Order {
		o := m.PaidFor()
		m.Cue(o, "arrive")
		return o
	},
		buyer:  "Hae paketti viimeistään | Hain sen, kaikki hyvin | Jokin on pielessä",
		seller: "Noora hakee paketin viimeistään"},
	{name: "delivered", make: delivered,
		buyer:  "Onko kaikki hyvin? Kerro viimeistään | Kaikki hyvin | Jokin on pielessä",
		seller: "Noora katsoo tavaran viimeistään"},
	{name: "disputed", make: disputed,
		buyer:  "Kerroit ongelmasta. Anna vastaa viimeistään | Asia selvisi, kaikki hyvin",
		seller: "Noora kertoi ongelmasta. Vastaa viimeistään | Otan sen takaisin | Palautan rahat | Näen asian toisin"},
	{name: "in_review", make: func(m *orderstest.Market) orders.Order {
		return m.Does(disputed(m), orders.Seller, orders.Contest, orders.Input{Note: "Ehjä se oli."})
	},
		buyer:  "Salla katsoo asian ja päättää viimeistään | Asia selvisi, kaikki hyvin",
		seller: "Salla katsoo asian ja päättää viimeistään"},
	{name: "charged_back", make: func(m *orderstest.Market) orders.Order {
		o := m.PaidFor()
		m.Stripe.Dispute(string(o.ID))
		m.Rest()
		return o
	},
		buyer:  "Salla hoitaa asian pankkisi kanssa ja katsoo tilanteen viimeistään",
		seller: "Salla hoitaa asian ostajan pankin kanssa ja katsoo tilanteen viimeistään"},
	{name: "shared", make: func(m *orderstest.Market) orders.Order {
		o := m.Does(disputed(m), orders.Seller, orders.Contest, orders.Input{Note: "Ehjä se oli."})
		return m.Does(o, orders.Operator, orders.Share, orders.Input{Back: 1500})
	},
		buyer:  "Kauppa on valmis | Kirjoita arvio",
		seller: "Kauppa on valmis, saat 60,00 € | Kirjoita arvio"},
	{name: "return_pending", make: returnPending,
		buyer:  "Postita satula takaisin viimeistään | Palautus on postissa | Pidän sen sittenkin",
		seller: "Noora postittaa palautuksen viimeistään | Palautan rahat"},
	{name: "returning", make: func(m *orderstest.Market) orders.Order {
		return m.Does(returnPending(m), orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti", Tracking: "JJFI1234567890"})
	},
		buyer:  "Palautus on matkalla. Perillä viimeistään",
		seller: "Paketti on matkalla takaisin sinulle. Perillä viimeistään | Palautus on kunnossa"},
	{name: "returned", make: func(m *orderstest.Market) orders.Order {
		o := m.PaidFor()
		m.Cue(o, "drop")
		m.Cue(o, "back")
		return o
	},
		buyer:  "Palautus on perillä. Anna kuittaa viimeistään",
		seller: "Palautus on perillä. Kuittaa viimeistään | Palautus on kunnossa | Jokin on pielessä"},
	{name: "completed", make: func(m *orderstest.Market) orders.Order {
		return m.Does(delivered(m), orders.Buyer, orders.Complete, orders.Input{})
	},
		buyer:  "Kauppa on valmis | Kirjoita arvio",
		seller: "Kauppa on valmis, saat 75,00 € | Kirjoita arvio"},
	{name: "refunded", make: func(m *orderstest.Market) orders.Order {
		return m.Does(disputed(m), orders.Seller, orders.Refund, orders.Input{})
	},
		buyer:  "Sait rahasi takaisin: 84,90 € | Kirjoita arvio",
		seller: "Kauppa purettiin | Kirjoita arvio"},
	{name: "cancelled", make: func(m *orderstest.Market) orders.Order {
		return m.Does(m.PaidFor(), orders.Seller, orders.Cancel, orders.Input{})
	},
		buyer:  "Kauppa on peruttu",
		seller: "Kauppa on peruttu"},
	{name: "expired", make: func(m *orderstest.Market) orders.Order {
		o := m.Bought()
		m.Later(time.Hour)
		return o
	},
		buyer:  "Varaus purkautui",
		seller: "Maksua ei tullut"},
}

func delivered(m *orderstest.Market) orders.Order {
	o := m.PaidFor()
	m.Cue(o, "collect")
	return o
}

func disputed(m *orderstest.Market) orders.Order {
	return m.Does(delivered(m), orders.Buyer, orders.Report, orders.Input{Claim: orders.Broken, Note: "Kaari on poikki."})
}

func returnPending(m *orderstest.Market) orders.Order {
	return m.Does(disputed(m), orders.Seller, orders.Return, orders.Input{})
}

// browser is a browser of u's.
func browser(m *orderstest.Market, u accounts.User) *webtest.Browser {
	return webtest.Client(m.T, m.Site()).As(string(u.ID))
}

// panel is the turn panel's heading and its buttons.
func panel(page webtest.Answer) string {
	buttons := []string{}
	for i := range page.Find(".turn__foot .btn").Nodes {
		buttons = append(buttons, strings.Join(strings.Fields(page.Find(".turn__foot .btn").Eq(i).Text()), " "))
	}
	h := page.Find(".turn h2")
	h.Find("time").Remove()
	return strings.Join(append([]string{strings.Join(strings.Fields(h.Text()), " ")}, buttons...), " | ")
}

// In every state each of the two reads whose move it is and may do what the
// rules allow, and nothing else.
func TestTheRoomInEveryState(t *testing.T) {
	for _, c := range rooms {
		t.Run(c.name, func(t *testing.T) {
			lite(t, func(m *orderstest.Market) {
				o := c.make(m)
				for who, want := range map[accounts.User]string{m.Noora: c.buyer, m.Anna: c.seller} {
					page := browser(m, who).Get(o.URL()).Want(200)
					if got := panel(page); got != want {
						t.Errorf("%s reads %q, want %q", who.Name, got, want)
					}
					for _, lang := range []string{"sv", "en"} {
						m.OK(m.Accounts.SetLang(m.Context(), who.ID, lang))
						page := browser(m, who).Get(o.URL()).Want(200).Lacks("trade.", "orders.did.", "nudges.")
						if n := page.Find(".turn__foot .btn").Length(); n != strings.Count(want, " | ") {
							t.Errorf("%s has %d buttons in %s", who.Name, n, lang)
						}
					}
				}
			})
		})
	}
}

// A parcel that never left is nowhere to be followed once the trade is over.
func TestAnUnpostedParcelIsNotShown(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.PaidFor()
		browser(m, m.Noora).Get(o.URL()).Want(200).Has("Ei vielä postissa")
		o = m.Does(o, orders.Seller, orders.Cancel, orders.Input{})
		browser(m, m.Noora).Get(o.URL()).Want(200).Lacks("Noutopiste<", "Seurantatunnus")
	})
}

// One that did leave is, also when the money went back.
func TestAPostedParcelIsShownToTheEnd(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		o := m.Does(disputed(m), orders.Seller, orders.Refund, orders.Input{})
		browser(m, m.Noora).Get(o.URL()).Want(200).Has("Seurantatunnus")
	})
}
