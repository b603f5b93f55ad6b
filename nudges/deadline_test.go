package nudges_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/orders"
)

// A deadline that was moved so that its warning fits is the one that every page
// shows, before the reminder and after it: the trade, its conversation, the
// lists and the notices. The time the rules alone would give is nowhere.
func TestEveryPageShowsTheRealDeadline(t *testing.T) {
	each(t, func(w *watched) {
		o := w.Does(w.PaidFor(), orders.Buyer, orders.RequestCancel, orders.Input{})
		owed := w.Owes(o, turn.AgreeCancel, string(w.Anna.ID))
		say := i18n.For("fi", "Europe/Helsinki", w.Clock.Now())
		real, ruled := say.DayClock(owed.DueAt), say.DayClock(owed.OpenedAt.Add(day))
		if real == ruled {
			t.Fatalf("the deadline was not moved: %s", real)
		}
		w.Market.Messages.Panels = append(w.Market.Messages.Panels, w.Panel)
		look := func(when string) {
			for _, u := range []accounts.User{w.Anna, w.Noora} {
				at := webtest.Client(w.T, w.Site()).As(string(u.ID))
				for _, path := range []string{o.URL(), "/inbox/" + string(o.Conversation), "/inbox", "/orders", "/notices"} {
					page := at.Get(path).Want(200).Lacks(ruled)
					if path == o.URL() {
						page.Has(real)
						if got := page.Find(".turn h2 time").AttrOr("datetime", ""); got != say.ISO(owed.DueAt) {
							t.Errorf("%s, %s at %s: the clock stops at %s, not %s", when, u.Name, path, got, say.ISO(owed.DueAt))
						}
					}
					if strings.HasPrefix(path, "/inbox/") && !strings.Contains(page.Text(".pane__pins"), strings.Join(strings.Fields(real), " ")) {
						t.Errorf("%s, %s: above the conversation stands %q", when, u.Name, page.Text(".pane__pins"))
					}
					if path == "/orders" && page.Find(`time[datetime="`+say.ISO(owed.DueAt)+`"]`).Length() != 1 {
						t.Errorf("%s, %s: the list of trades shows another day", when, u.Name)
					}
				}
			}
		}
		look("before the reminder")
		w.look()
		w.took(owed, "start")
		look("after the reminder")
	})
}
