package orders_test

import (
	"net/http/httptest"
	"testing"

	"github.com/kierto/kierto/accounts"
	chromium "github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/static"
)

// What somebody has opened and typed stays while their page is brought up to
// date: a counter-offer half written when a message comes, and a part of the
// trade room that they closed.
func TestLiveUpdatesLeaveAloneWhatIsBeingTyped(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		m.Messages.Panels = append(m.Messages.Panels, m.Panel)
		site := m.Site()
		site.Static(static.Handler())
		ts := httptest.NewServer(site.Echo)
		t.Cleanup(func() {
			m.Messages.Live.Close()
			ts.Close()
		})
		chrome := chromium.New(t, chromium.Options{})
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		anna := chrome.Page(t)
		anna.Open(ts.URL + "/help")
		anna.Eval(`(document.cookie = "kierto=`+webtest.Client(t, site).As(string(m.Anna.ID)).Cookie("kierto")+`; path=/") && true`, nil)
		says := func(who accounts.User, cid messaging.ConversationID, text string) {
			m.OK(m.Messages.Send(m.Context(), who.ID, cid, text, ""))
		}

		anna.Open(ts.URL + "/inbox/" + string(offer.Conversation))
		anna.Click("Tee vastatarjous")
		anna.Fill("Tarjouksesi", "68,50")
		says(m.Noora, offer.Conversation, "Hakisin sen jo huomenna.")
		anna.See("Hakisin sen jo huomenna.")
		var typed string
		if anna.Eval(`document.querySelector('details[open] input[name=amount]')?.value ?? 'closed'`, &typed); typed != "68,50" {
			t.Errorf("the counter-offer that was being typed is %q", typed)
		}

		m.OK(m.WithdrawOffer(m.Context(), offer.ID, m.Noora.ID))
		o := m.PaidFor()
		anna.Open(ts.URL + o.URL())
		anna.Eval(`document.querySelector('#aside details[open] summary').click()`, nil)
		open := anna.Count("#aside details[open]")
		says(m.Noora, o.Conversation, "Kiitos jo etukäteen!")
		anna.See("Kiitos jo etukäteen!")
		if now := anna.Count("#aside details[open]"); now != open {
			t.Errorf("%d parts of the trade room are open, and not %d", now, open)
		}
	})
}
