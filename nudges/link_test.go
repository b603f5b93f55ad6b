package nudges_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// tapper is a stranger's browser on the market's site: no link needs more.
func (w *watched) tapper() *webtest.Browser {
	w.Helper()
	srv := w.Site()
	w.nudges.Web(srv)
	return webtest.Client(w.T, srv)
}

// owed is the open turn about a subject, and who owes it.
func (w *watched) owed(subject string) (turn.Turn, accounts.UserID) {
	w.Helper()
	ts, err := turn.OpenOf(w.Context(), w.DB, subject)
	w.OK(err)
	if len(ts) == 0 {
		w.Fatal("nobody owes anything")
	}
	return ts[0], accounts.UserID(ts[0].Owner)
}

// The states that links are about.
var (
	paid     = func(w *watched) string { return string(w.PaidFor().ID) }
	meeting  = func(w *watched) string { return string(w.PaidFor(orderstest.InPerson).ID) }
	wantsOut = func(w *watched) string {
		return string(w.Does(w.PaidFor(), orders.Buyer, orders.RequestCancel, orders.Input{}).ID)
	}
	sentAway = func(w *watched) string {
		w.Shipping.Carrier = nil
		return string(w.Does(w.PaidFor(), orders.Seller, orders.Ship, orders.Input{}).ID)
	}
	waitsThere = func(w *watched) string {
		o := w.PaidFor()
		w.Cue(o, "arrive")
		return string(o.ID)
	}
	delivered = func(w *watched) string {
		o := w.PaidFor()
		w.Cue(o, "collect")
		return string(o.ID)
	}
	disputed = func(w *watched) string {
		return string(w.Does(w.Now(orders.Order{ID: orders.ID(delivered(w))}), orders.Buyer, orders.Report, orders.Input{Claim: orders.Broken, Note: "Kaari on poikki."}).ID)
	}
	toReturn = func(w *watched) string {
		return string(w.Does(w.Now(orders.Order{ID: orders.ID(disputed(w))}), orders.Seller, orders.Return, orders.Input{}).ID)
	}
	returned = func(w *watched) string {
		o := w.PaidFor()
		w.Cue(o, "drop")
		w.Cue(o, "back")
		return string(o.ID)
	}
	offered = func(w *watched) string {
		o, err := w.MakeOffer(w.Context(), w.Noora.ID, w.Saddle.ID, money.EUR(6000))
		w.OK(err)
		return string(o.ID)
	}
	asked      = func(w *watched) string { return string(w.ask("Onko satula vielä myynnissä?").ID) }
	reviewable = func(w *watched) string {
		return string(w.Does(w.Now(orders.Order{ID: orders.ID(delivered(w))}), orders.Buyer, orders.Complete, orders.Input{}).ID)
	}
)

// one is a deed, what is typed, and what comes of it.
type one struct {
	deed  string
	where func(w *watched) string
	who   func(w *watched) accounts.UserID // nil: who owes
	form  []string
	want  orders.State // of the trade; "" when it is about none
	then  func(w *watched, subject string)
}

func ownedBy(who string) func(w *watched) accounts.UserID {
	return func(w *watched) accounts.UserID {
		if who == "Anna" {
			return w.Anna.ID
		}
		return w.Noora.ID
	}
}

// heard fails unless somebody was told something in the app.
func heard(who func(w *watched) accounts.UserID, part string) func(*watched, string) {
	return func(w *watched, _ string) {
		w.Helper()
		page := webtest.Client(w.T, w.Site()).As(string(who(w))).Get("/notices").Want(200)
		if !strings.Contains(page.Body, part) {
			w.Errorf("nobody told them %q: %s", part, page.Text("main"))
		}
	}
}

// written fails unless the conversation of a trade, or the one itself, ends with
// these words.
func written(text string) func(*watched, string) {
	return func(w *watched, subject string) {
		w.Helper()
		cid := messaging.ConversationID(subject)
		if strings.HasPrefix(subject, "ord_") {
			cid = w.Now(orders.Order{ID: orders.ID(subject)}).Conversation
		}
		es, err := w.Messages.Whole(w.Context(), cid)
		w.OK(err)
		for _, e := range es {
			if e.Text == text || e.Key == text {
				return
			}
		}
		w.Errorf("nobody wrote %q", text)
	}
}

var ones = []one{
	{"posted", paid, nil, nil, orders.Paid, func(w *watched, subject string) {
		if !w.Now(orders.Order{ID: orders.ID(subject)}).Said() {
			w.Error("it is not posted")
		}
	}},
	{"extend", paid, nil, nil, orders.Paid, heard(ownedBy("Noora"), "lisää aikaa")},
	{"cant", paid, nil, []string{"note", "Satula menikin rikki."}, orders.Cancelled, written("Satula menikin rikki.")},
	{"leave", func(w *watched) string {
		o := w.PaidFor()
		w.Clock.Set(o.PromisedAt.Add(time.Hour))
		return string(o.ID)
	}, ownedBy("Noora"), nil, orders.Cancelled, func(w *watched, _ string) {}},
	{"propose", meeting, nil, []string{"text", "Huomenna klo 17 tallilla?"}, orders.AwaitingHandover, written("Huomenna klo 17 tallilla?")},
	{"propose", meeting, ownedBy("Noora"), []string{"text", "Sopiiko lauantai?"}, orders.AwaitingHandover, written("Sopiiko lauantai?")},
	{"extend", meeting, nil, nil, orders.AwaitingHandover, heard(ownedBy("Noora"), "lisää aikaa")},
	{"cant_meet", meeting, nil, nil, orders.Cancelled, heard(ownedBy("Noora"), "peruttiin")},
	{"agree", wantsOut, nil, nil, orders.Cancelled, heard(ownedBy("Noora"), "peruttiin")},
	{"posted", wantsOut, nil, nil, orders.Paid, func(*watched, string) {}},
	{"arrived", sentAway, nil, nil, orders.Completed, heard(ownedBy("Anna"), "Sait kaupan")},
	{"later", sentAway, nil, nil, orders.Sent, written("link.stream.later")},
	{"problem", sentAway, nil, []string{"claim", "missing", "note", "Ei ole tullut."}, orders.Disputed, written("Ei ole tullut.")},
	{"collected", waitsThere, nil, nil, orders.Completed, heard(ownedBy("Anna"), "Sait kaupan")},
	{"later", waitsThere, nil, nil, orders.ReadyForPickup, written("link.stream.later")},
	{"problem", waitsThere, nil, []string{"claim", "other", "note", "Piste ei löydä sitä."}, orders.Disputed, written("Piste ei löydä sitä.")},
	{"fine", delivered, nil, nil, orders.Completed, func(w *watched, subject string) {
		heard(ownedBy("Anna"), "Sait kaupan")(w, subject)
		w.Money(orders.Order{ID: orders.ID(subject)}, payments.Releasing, payments.Released)
	}},
	{"later", delivered, nil, nil, orders.Delivered, written("link.stream.later")},
	{"problem", delivered, nil, []string{"claim", "broken", "note", "Kaari on poikki."}, orders.Disputed, written("Kaari on poikki.")},
	{"take_back", disputed, nil, nil, orders.ReturnPending, func(*watched, string) {}},
	{"refund", disputed, nil, nil, orders.Refunded, heard(ownedBy("Noora"), "palaut")},
	{"contest", disputed, nil, []string{"note", "Se oli ehjä."}, orders.InReview, written("Se oli ehjä.")},
	{"sent_back", toReturn, nil, []string{"carrier", "posti", "tracking", "JJFI64574900"}, orders.Returning, heard(ownedBy("Anna"), "Paketti palaa")},
	{"return_fine", returned, nil, nil, orders.Refunded, heard(ownedBy("Noora"), "palaut")},
	{"return_problem", returned, nil, []string{"note", "Satula on märkä."}, orders.InReview, written("Satula on märkä.")},
	{"accept", offered, nil, nil, "", heard(ownedBy("Noora"), "hyväksy")},
	{"decline", offered, nil, nil, "", heard(ownedBy("Noora"), "ei hyväksy")},
	{"reply", asked, nil, []string{"text", "On, ja puhdas."}, "", written("On, ja puhdas.")},
	{"settle", asked, nil, nil, "", func(w *watched, subject string) {
		if ts, err := turn.OpenOf(w.Context(), w.DB, subject); err != nil || len(ts) > 0 {
			w.Errorf("still owed: %v, %v", ts, err)
		}
	}},
	{"review", reviewable, ownedBy("Noora"), []string{"verdict", "good", "text", "Kaikki sujui."}, orders.Completed, func(w *watched, subject string) {
		trade, err := w.Trade(w.Context(), w.DB, orders.ID(subject))
		w.OK(err)
		if len(trade.Reviews) != 1 || trade.Reviews[0].Text != "Kaikki sujui." {
			w.Errorf("reviews: %+v", trade.Reviews)
		}
	}},
	{"person", paid, nil, []string{"text", "En saa koodia toimimaan."}, orders.Paid, func(w *watched, _ string) {
		cs, err := w.Messages.Cases(w.Context())
		w.OK(err)
		if len(cs) != 1 || cs[0].Buyer != w.Anna.ID || cs[0].OrderID == "" {
			w.Errorf("cases: %+v", cs)
		}
	}},
}

// turnFor is the open turn that somebody has a part in.
func (w *watched) turnFor(subject string, who accounts.UserID) turn.Turn {
	w.Helper()
	ts, err := turn.OpenOf(w.Context(), w.DB, subject)
	w.OK(err)
	for _, t := range ts {
		if t.Owner == string(who) {
			return t
		}
	}
	t, _ := w.owed(subject)
	return t
}

// Each deed works by its link alone, without signing in: opening it changes
// nothing, however often; the button acts, once; the same again says so.
func TestEachDeedByOneTap(t *testing.T) {
	for i, c := range ones {
		t.Run(fmt.Sprintf("%02d %s", i, c.deed), func(t *testing.T) {
			each(t, func(w *watched) {
				subject := c.where(w)
				tn, who := w.owed(subject)
				if c.who != nil {
					who = c.who(w)
					tn = w.turnFor(subject, who)
				}
				link, b := w.nudges.LinkOf(tn, who, c.deed), w.tapper()
				before := w.dump()
				page := b.Get(link).Want(200)
				b.Get(link).Want(200)
				w.unchanged(before)
				if page.Find("main form[method=post]").Length() != 1 || page.Header.Get("Set-Cookie") != "" {
					w.Errorf("the page has no one form, or begins a session: %s", page.Text("main"))
				}
				done := b.Post(link, webtest.Form(c.form...)).Want(303).Location
				w.Rest()
				b.Get(done).Want(200)
				after := w.dump()
				if again := b.Post(link, webtest.Form(c.form...)); again.Status != 409 {
					w.Errorf("a second time: %d", again.Status)
				}
				b.Get(link).Want(200)
				w.unchanged(after)
				if c.want != "" {
					w.Is(orders.Order{ID: orders.ID(subject)}, c.want)
				}
				c.then(w, subject)
				w.Sound()
			})
		})
	}
}

// Calling it off by a link asks the carrier first, as the site does: nothing is
// called off under a parcel that it has, though nobody was told of it yet. One
// that does not answer holds up nobody.
func TestALinkAsksTheCarrierBeforeTheEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		down   bool
		status int
		want   orders.State
	}{{"answers", false, 409, orders.Shipped}, {"is down", true, 303, orders.Cancelled}} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(w *watched) {
				o := w.PaidFor()
				w.Clock.Set(o.PromisedAt.Add(time.Hour))
				tn, _ := w.owed(string(o.ID))
				link, b := w.nudges.LinkOf(tn, w.Noora.ID, "leave"), w.tapper()
				b.Get(link).Want(200)
				w.OK(w.Carrier.Cue(o.Ref, "drop"))
				w.Clock.Move(2 * time.Minute)
				w.Carrier.Down(c.down)
				b.Post(link, nil).Want(c.status)
				w.Is(o, c.want)
				if b.Get(link).Want(200).Find("main form[method=post]").Length() != 0 {
					w.Error("the link still offers it")
				}
				w.Carrier.Down(false)
				w.Rest()
				w.Sound()
			})
		})
	}
}

// Every deed is tried above, or leads on to the site, or has a test of its own.
func TestNoDeedIsForgotten(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{"plan": true, "mute": true, "how": true, "counter": true, "code": true, "pay": true, "payout": true}
	for _, c := range ones {
		tried[c.deed] = true
	}
	for _, name := range nudges.DeedNames() {
		if !tried[name] {
			t.Errorf("nobody tries %q", name)
		}
	}
	if len(nudges.DeedCodes()) != len(nudges.DeedNames()) {
		t.Errorf("two deeds have one code: %v", nudges.DeedCodes())
	}
}

// Slots are offered in the letter and on the page; one tap and the button tells
// the other when, and another time may be chosen later.
func TestSayingWhenByOneTap(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		tn, anna := w.owed(string(o.ID))
		b, link := w.tapper(), w.nudges.LinkOf(tn, anna, "plan")
		slots := b.Get(link).Want(200).Find("input[name=when]")
		if slots.Length() < 4 {
			w.Fatalf("%d slots", slots.Length())
		}
		first, second := slots.Eq(0).AttrOr("value", ""), slots.Eq(2).AttrOr("value", "")
		before := w.dump()
		page := b.Get(link + "?when=" + first).Want(200)
		if page.Find("input[name=when][type=hidden]").AttrOr("value", "") != first {
			w.Error("the slot that was tapped is not the one to send")
		}
		b.Post(link, webtest.Form("when", "soon")).Want(422)
		b.Post(link, webtest.Form("when", strconv.FormatInt(int64(tn.DueAt.Add(time.Hour)), 10))).Want(422)
		w.unchanged(before)
		for _, slot := range []string{first, second} {
			b.Get(b.Post(link, webtest.Form("when", slot)).Want(303).Location).Want(200).Has("Noora tietää nyt")
			if at := w.Now(o).PlannedAt; strconv.FormatInt(int64(at), 10) != slot {
				w.Errorf("planned %s", at)
			}
		}
		b.Post(link, webtest.Form("when", second)).Want(409)
		if !strings.HasSuffix(w.Keys(o, w.Noora), "plan plan") {
			w.Errorf("Noora reads %s", w.Keys(o, w.Noora))
		}
		w.Clock.Move(30 * day)
		b.Get(link + "?when=" + first).Want(404).Has("vanhentunut")
	})
}

// After "not yet" nobody reminds for a waking day, but the last warning comes.
func TestNotYet(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.Now(orders.Order{ID: orders.ID(sentAway(w))})
		tn, noora := w.owed(string(o.ID))
		w.pass(4 * day)
		b, link := w.tapper(), w.nudges.LinkOf(tn, noora, "later")
		b.Post(link, nil).Want(303)
		said := w.Clock.Now()
		tn, err := turn.Get(w.Context(), w.DB, tn.ID)
		w.OK(err)
		if tn.NextAt.Sub(said) < 24*time.Hour {
			w.Errorf("looked at again %s after", tn.NextAt.Sub(said))
		}
		b.Post(link, nil).Want(409) // the same day
		w.Clock.Move(day)
		b.Post(link, nil).Want(303)
		w.pass(8 * day)
		if !strings.Contains(w.steps(tn), "last") {
			w.Errorf("decided: %s", w.steps(tn))
		}
		w.Is(o, orders.Completed)
	})
}

// Reminders about a trade end by one tap, counted against the step; they come
// back by another, there and in the trade room.
func TestMutingByOneTap(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		tn, anna := w.owed(string(o.ID))
		b, link := w.tapper(), w.nudges.LinkOf(tn, anna, "mute")
		before := w.dump()
		page := b.Get(link + "?step=day").Want(200).Has("Viimeinen varoitus")
		w.unchanged(before)
		b.Get(b.Post(link, webtest.Form("step", page.Find("input[name=step]").AttrOr("value", ""))).Want(303).Location).Want(200).Has("Muistutukset ovat pois")
		var row struct {
			Turn string `db:"turn_id"`
			Step string `db:"step"`
		}
		w.OK(w.DB.Get(w.Context(), &row, `SELECT turn_id, step FROM mutes WHERE user_id = ? AND subject = ?`, anna, o.ID))
		if row.Turn != string(tn.ID) || row.Step != "day" {
			w.Errorf("counted against %+v", row)
		}
		b.Post(link, nil).Want(303)
		b.Get(b.Post(link, webtest.Form("undo", "1")).Want(303).Location).Want(200).Has("Muistutamme taas")
		w.mutedIs(anna, string(o.ID), false)
		srv := w.Site()
		w.nudges.Web(srv)
		room := webtest.Client(w.T, srv).As(string(anna))
		room.Post(o.URL()+"/reminders", nil).Leads(o.URL())
		w.mutedIs(anna, string(o.ID), true)
		if room.Get(o.URL()).Want(200).Has("Muistuta taas").Find(`form[action="`+o.URL()+`/reminders"] input[name=undo]`).Length() != 1 {
			w.Error("the trade room does not lead back")
		}
		room.Post(o.URL()+"/reminders", webtest.Form("undo", "1")).Leads(o.URL())
		w.mutedIs(anna, string(o.ID), false)
		room.Get(o.URL()).Want(200).Lacks("Muistuta taas")
		webtest.Client(w.T, srv).As(string(w.Salla.ID)).Post(o.URL()+"/reminders", nil).Want(404)
	})
}

func (w *watched) mutedIs(u accounts.UserID, subject string, want bool) {
	w.Helper()
	got, err := w.nudges.Muted(w.Context(), w.DB, u, subject)
	w.OK(err)
	if got != want {
		w.Errorf("muted: %v, want %v", got, want)
	}
}

// A link that is forged, expired, for another deed, another person or a turn
// that is over says so clearly and changes nothing.
func TestLinksThatDoNothing(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		tn, anna := w.owed(string(o.ID))
		link, b := w.nudges.LinkOf(tn, anna, "cant"), w.tapper()
		token := strings.TrimPrefix(link, "/t/")
		if len(token) > 48 {
			w.Errorf("the token has %d characters", len(token))
		}
		refused := func(why string, b *webtest.Browser, path string, status int, part string) {
			w.Helper()
			before := w.dump()
			page := b.Get(path)
			if page.Status != status && page.Status != 200 || !strings.Contains(page.Body, part) {
				w.Errorf("%s: GET %d %s", why, page.Status, page.Text("main"))
			}
			if page := b.Post(path, nil); page.Status != status || !strings.Contains(page.Body, part) {
				w.Errorf("%s: POST %d %s", why, page.Status, page.Text("main"))
			}
			w.unchanged(before)
		}
		for i := range token { // whatever letter is another
			other := byte('A')
			if token[i] == other {
				other = 'B'
			}
			if i%5 == 0 {
				refused("forged", b, "/t/"+token[:i]+string(other)+token[i+1:], 404, "does not work")
			}
		}
		for _, bad := range []string{"x", token[:39], token + "A", "%00", strings.Repeat("A", 40), strings.Repeat("_", 4000)} {
			refused("nonsense", b, "/t/"+bad, 404, "not")
		}
		refused("expired", b, w.nudges.LinkUntil(tn, anna, "cant", w.Clock.Now().Add(-day)), 404, "vanhentunut")
		refused("no deed of this turn", b, w.nudges.LinkOf(tn, anna, "accept"), 404, "ei toimi")
		refused("a deed of the other", b, w.nudges.LinkOf(tn, w.Noora.ID, "cant"), 404, "ei toimi")
		refused("not allowed yet", b, w.nudges.LinkOf(tn, w.Noora.ID, "leave"), 409, "")
		srv := w.Site()
		w.nudges.Web(srv)
		noora := webtest.Client(w.T, srv).As(string(w.Noora.ID))
		noora.Get("/notices").Want(200)
		refused("somebody else is signed in", noora, link, 404, "on toiselle")
		w.Does(o, orders.Seller, orders.Cancel, orders.Input{})
		refused("the turn is over", b, link, 409, "")
	})
}

// Two buttons pressed at once do it once.
func TestTwoTapsAtOnce(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor(orderstest.InPerson)
		tn, anna := w.owed(string(o.ID))
		link, form := w.nudges.LinkOf(tn, anna, "propose"), webtest.Form("text", "Huomenna klo 17?")
		const taps = 6
		got := make(chan int, taps)
		for range taps {
			b := w.tapper()
			go func() { got <- b.Post(link, url.Values(form)).Status }()
		}
		won := 0
		for range taps {
			switch st := <-got; st {
			case 303:
				won++
			case 409:
			default:
				w.Errorf("answered %d", st)
			}
		}
		var n int
		w.OK(w.DB.Get(w.Context(), &n, `SELECT COUNT(*) FROM entries WHERE text = ?`, "Huomenna klo 17?"))
		if won != 1 || n != 1 {
			w.Errorf("%d taps won, %d messages were sent", won, n)
		}
	})
}

// The menu shows the deeds that the trade's rules allow, and no more.
func TestTheMenuOfATurn(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		tn, anna := w.owed(string(o.ID))
		b := w.tapper()
		menu := func(u accounts.UserID) string { return b.Get(w.nudges.LinkOf(tn, u, "")).Want(200).Text("main") }
		page := b.Get(w.nudges.LinkOf(tn, anna, "")).Want(200).Has("Milloin postitat?", "2 päivää lisää", "En voi postittaa", "Puhu ihmiselle", "Lähetyskoodisi")
		if page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(page.Header.Get("X-Robots-Tag"), "noindex") || page.Find(`meta[name=robots]`).Length() == 0 {
			w.Errorf("headers: %v", page.Header)
		}
		if strings.Contains(menu(w.Noora.ID), "takaisin") {
			w.Error("Noora may leave before the promise has passed")
		}
		b.Post(w.nudges.LinkOf(tn, anna, ""), nil).Want(404)
		w.Does(o, orders.Seller, orders.Extend, orders.Input{Days: 1})
		tn, _ = w.owed(string(o.ID))
		if strings.Contains(menu(anna), "2 päivää lisää") {
			w.Error("more time is offered twice")
		}
	})
}

// Whoever opens links without end is asked to wait.
func TestLinksAreLimited(t *testing.T) {
	lite(t, func(w *watched) {
		b := w.tapper()
		for range 60 {
			if b.Get("/t/"+strings.Repeat("A", 40)).Status == 429 {
				return
			}
		}
		w.Error("nobody ever said stop")
	})
}
