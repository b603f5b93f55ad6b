package nudges_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// A seller who never posts is reminded along the ladder and warned; the buyer
// hears of it, and when nothing happens gets everything back.
func TestASellerWhoNeverPosts(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.took(owed, "start")
		w.pass(6 * day)
		w.took(owed, "start day+ promise missed+ seen last+")
		w.warned(owed, "last")
		w.Is(o, orders.Paid)
		w.pass(2 * day)
		w.Is(o, orders.Cancelled)
		w.Money(o, payments.Refunded)
		w.Listing(listings.Live)
		if ended := w.turnOf(turn.Ship, string(o.ID)); ended.Outcome != turn.Lapsed {
			w.Errorf("the turn ended as %s", ended.Outcome)
		}
		w.got(w.Anna, "Myyty!")
		w.got(w.Anna, "Viimeinen muistutus ennen perumista")
		webtest.Client(w.T, w.Site()).As(string(w.Noora.ID)).Get("/notices").Want(200).Has("Pidämme huolta", "rahat palautuvat")
		w.Sound()
	})
}

// A buyer who says nothing is reminded and warned; then the trade is complete
// and the seller is asked where the money shall go.
func TestABuyerWhoSaysNothing(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		w.look()
		w.Cue(o, "arrive")
		o = w.Is(o, orders.ReadyForPickup)
		collect := w.Owes(o, turn.Collect, string(w.Noora.ID))
		w.look()
		w.pass(2 * day)
		w.took(collect, "start day")
		w.Cue(o, "collect")
		o = w.Is(o, orders.Delivered)
		confirm := w.Owes(o, turn.Confirm, string(w.Noora.ID))
		w.pass(3 * day)
		w.warned(confirm, "start")
		w.Is(o, orders.Completed)
		w.Money(o, payments.Releasing)
		w.got(w.Noora, "Onko tavara kunnossa?")
		w.pass(2 * day)
		details := w.turnOf(turn.PayoutDetails, string(w.Anna.ID))
		w.took(details, "start days")
		w.got(w.Anna, "Rahasi odottavat tilitietoja")
		named := false
		for _, m := range w.Letters.To(w.Anna) {
			named = named || strings.Contains(m.Subject, "tilitietoja") && strings.Contains(m.Text, "75,00")
		}
		if !named {
			w.Error("the letter about the money does not name it")
		}
		w.Sound()
	})
}

// A parcel that nobody fetches: its buyer is reminded, warned, and it goes back.
func TestAParcelNobodyFetches(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		w.look()
		w.Cue(o, "arrive")
		collect := w.Owes(o, turn.Collect, string(w.Noora.ID))
		w.pass(8 * day)
		w.took(collect, "start day late+ last+")
		w.warned(w.turnOf(turn.Collect, string(o.ID)), "last")
		w.Is(o, orders.Returning)
		w.Sound()
	})
}

// An offer is answered with silence; another is accepted, and not paid.
func TestOffersMeetSilence(t *testing.T) {
	each(t, func(w *watched) {
		of, err := w.MakeOffer(w.Context(), w.Noora.ID, w.Saddle.ID, money.Amount{Minor: 6500, Currency: "EUR"})
		w.OK(err)
		w.look()
		w.pass(3 * day)
		answer := w.turnOf(turn.AnswerOffer, string(of.ID))
		w.took(answer, "first day last")
		if answer.Outcome != turn.Lapsed {
			w.Errorf("the offer's turn ended as %q", answer.Outcome)
		}
		of, err = w.MakeOffer(w.Context(), w.Noora.ID, w.Saddle.ID, money.Amount{Minor: 7000, Currency: "EUR"})
		w.OK(err)
		o, err := w.Accept(w.Context(), of.ID, w.Anna.ID)
		w.OK(err)
		pay := w.Owes(o, turn.Pay, string(w.Noora.ID))
		w.pass(2 * day)
		w.took(pay, "first last")
		w.Is(o, orders.Expired)
		w.Listing(listings.Live)
		w.got(w.Noora, "Kauppa odottaa maksua")
		w.Sound()
	})
}

// ask is Noora asking about the saddle.
func (w *watched) ask(text string) messaging.Conversation {
	w.Helper()
	var c messaging.Conversation
	w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) (err error) {
		c, err = w.Messages.Open(w.Context(), tx, messaging.Opening{
			Kind: messaging.AboutListing, Subject: string(w.Saddle.ID), Buyer: w.Noora.ID, Seller: w.Anna.ID, Title: w.Saddle.Title,
		})
		if err != nil {
			return err
		}
		return w.Messages.SendTx(w.Context(), tx, w.Noora.ID, c, text, "")
	}))
	return c
}

// A question that is not answered: its reader is reminded twice, then its writer
// is shown where else to look.
func TestAQuestionNobodyAnswers(t *testing.T) {
	each(t, func(w *watched) {
		c := w.ask("Onko satula vielä myynnissä?")
		w.look()
		w.pass(3 * day)
		asked := w.turnOf(turn.AnswerMessage, string(c.ID))
		w.took(asked, "first day+ late")
		if asked.Outcome != turn.Lapsed {
			w.Errorf("the turn ended as %q", asked.Outcome)
		}
		page := webtest.Client(w.T, w.Site()).As(string(w.Noora.ID)).Get("/notices").Want(200)
		if page.Find(`a[href="/?category=saddles"]`).Length() != 1 {
			w.Errorf("Noora is not led to similar things: %s", page.Text("main"))
		}
	})
}

// Where nobody was reminded we do not say that somebody was.
func TestNobodyIsSaidToBeRemindedWhoWasNot(t *testing.T) {
	lite(t, func(w *watched) {
		w.nudges.Policy.Holdout = 100
		c := w.ask("Onko satula vielä myynnissä?")
		w.look()
		w.pass(3 * day)
		w.took(w.turnOf(turn.AnswerMessage, string(c.ID)), "first=held_out day=held_out late=held_out")
		page := webtest.Client(w.T, w.Site()).As(string(w.Noora.ID)).Get("/notices").Want(200)
		page.Has("ei ole vielä vastannut").Lacks("Muistutimme")
	})
}

// Whoever owes an answer about something they do not sell is not told that it
// may have been sold.
func TestAReminderFitsItsReader(t *testing.T) {
	lite(t, func(w *watched) {
		c := w.ask("Onko satula vielä myynnissä?")
		w.Clock.Move(time.Minute)
		w.OK(w.Messages.Send(w.Context(), w.Anna.ID, c.ID, "On! Milloin ehtisit tulla?", ""))
		w.pass(3 * day)
		w.took(w.turnOf(turn.AnswerMessage, string(c.ID)), "first day+ late")
		for _, m := range w.Letters.To(w.Noora) {
			if strings.Contains(m.Text, "enää myynnissä") {
				w.Errorf("Noora reads %q", m.Text)
			}
		}
		page := webtest.Client(w.T, w.Site()).As(string(w.Anna.ID)).Get("/notices").Want(200)
		if page.Find(`a[href^="/?category="]`).Length() != 0 {
			w.Error("the seller is shown other saddles")
		}
	})
}

// Many sweeps at once take every step once.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	w := watch(orderstest.Open(t, testdb.Postgres(t)))
	o := w.PaidFor()
	owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
	for range 3 {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := w.nudges.Sweep(w.Context()); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		w.Rest()
		w.Clock.Move(34 * time.Hour) // 22.00, then 8.00 two days later
		if calendar.Night().Asleep(w.Clock.Now()) {
			w.Clock.Move(10 * time.Hour)
		}
	}
	if w.broken != nil {
		w.Errorf("trouble: %s", w.broken)
	}
	w.took(owed, "start day+ missed+ promise seen")
	if n := strings.Count(w.Keys(o, w.Anna), "nudges.stream.reminded"); n != 2 {
		w.Errorf("the stream tells of %d reminders", n)
	}
	for _, s := range []string{"Myyty!", "Noora odottaa"} {
		n := 0
		for _, subject := range w.subjects(w.Anna) {
			if strings.HasPrefix(subject, s) {
				n++
			}
		}
		if n != 1 {
			w.Errorf("%d letters %q: %q", n, s, w.subjects(w.Anna))
		}
	}
}

// What falls into the night waits for the morning.
func TestNobodyIsWoken(t *testing.T) {
	each(t, func(w *watched) {
		w.Clock.Move(11 * time.Hour) // 23.00
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.pass(8*time.Hour + 30*time.Minute)
		w.took(owed, "")
		w.pass(time.Hour)
		w.took(owed, "start")
	})
}

// A sweep that comes late, in the night, does not wake anybody for a last
// warning: it goes out in the morning and the deadline moves, which both see.
func TestALateWarningMovesTheDeadline(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.Clock.Set(owed.DueAt.Add(5 * time.Hour)) // 23.00, after the deadline
		w.look()
		w.Is(o, orders.Paid)
		w.took(owed, "start day=stale missed+=stale promise=stale seen=stale")
		w.pass(9*time.Hour + 30*time.Minute)
		w.took(owed, "start day=stale missed+=stale promise=stale seen=stale last+")
		moved := w.Owes(w.Is(o, orders.Paid), turn.Ship, string(w.Anna.ID))
		w.warned(moved, "last")
		if dues := w.dues(o.Conversation); dues[len(dues)-1] != moved.DueAt || moved.DueAt == owed.DueAt {
			w.Errorf("due %s; the stream says %v", moved.DueAt, dues)
		}
		for _, u := range []string{string(w.Anna.ID), string(w.Noora.ID)} {
			page := webtest.Client(w.T, w.Site()).As(u).Get(o.URL()).Want(200)
			if at := page.Find(".turn time").AttrOr("datetime", ""); !strings.HasPrefix(at, moved.DueAt.In(clock.Zone("")).Format("2006-01-02T15:04")) {
				w.Errorf("the trade room says %q, the deadline is %s", at, moved.DueAt)
			}
		}
		w.pass(3 * day)
		w.Is(o, orders.Cancelled)
	})
}

// A deadline too short for its last warning is longer from the beginning, and
// that is what everybody reads.
func TestADeadlineLeavesRoomForItsWarning(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		o = w.Does(o, orders.Buyer, orders.RequestCancel, orders.Input{})
		owed := w.Owes(o, turn.AgreeCancel, string(w.Anna.ID))
		if left := calendar.Waking(w.Clock.Now(), owed.DueAt, calendar.Night()); left < day {
			w.Errorf("%s to answer", left)
		}
		if dues := w.dues(o.Conversation); dues[len(dues)-1] != owed.DueAt {
			w.Errorf("due %s; the stream says %v", owed.DueAt, dues)
		}
		w.look()
		w.took(owed, "start")
		w.warned(w.turnOf(turn.AgreeCancel, string(o.ID)), "start")
		if w.Owes(o, turn.AgreeCancel, string(w.Anna.ID)).DueAt != owed.DueAt {
			w.Error("the deadline moved again")
		}
	})
}

// A sweep that is a few minutes late moves no deadline.
func TestALittleLateMovesNothing(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.Clock.Set(calendar.WakingBefore(owed.DueAt, day, calendar.Night()).Add(-time.Minute))
		w.look()
		w.took(owed, "start day=stale last+ missed+ promise=stale seen")
		if now := w.Owes(o, turn.Ship, string(w.Anna.ID)); now.DueAt != owed.DueAt {
			w.Errorf("due %s, then %s", owed.DueAt, now.DueAt)
		}
		w.warned(owed, "last")
	})
}

// After a long sleep only the newest reminder goes to each reader; the rest is
// noted as too late.
func TestAfterALongSleep(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.Clock.Move(6*day + 2*time.Hour)
		w.look()
		w.took(owed, "day=stale last+ missed+ promise=stale seen start=stale")
		w.warned(w.turnOf(turn.Ship, string(o.ID)), "last")
		if n := len(w.Letters.To(w.Anna)); n != 1 {
			w.Errorf("Anna got %q", w.subjects(w.Anna))
		}
	})
}

// A reminder on its way when the thing was done is not sent.
func TestADoneThingIsNotRemindedOf(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		_, err := w.nudges.Sweep(w.Context())
		w.OK(err)
		w.Does(o, orders.Seller, orders.Cancel, orders.Input{}) // works the queue after the move
		for _, s := range w.subjects(w.Anna) {
			if strings.HasPrefix(s, "Myyty!") {
				w.Errorf("Anna was reminded of what she had cancelled")
			}
		}
		ds, err := w.Messages.DeliveriesOf(w.Context(), owed.ID)
		w.OK(err)
		for _, d := range ds {
			if d.Channel == messaging.Email && (d.State != messaging.Dropped || d.Reason == "") {
				w.Errorf("the letter is %s (%q)", d.State, d.Reason)
			}
		}
	})
}

// Nobody loses by a silence that we did not manage to break: the turn passes to
// an operator, who is reminded of it, and stays open.
func TestWhoIsNotReachedLosesNothing(t *testing.T) {
	each(t, func(w *watched) {
		w.Letters.Refuse(&messaging.Refused{Reason: "no such mailbox"})
		o := w.PaidFor()
		w.pass(8 * day)
		owed := w.Owes(w.Is(o, orders.Paid), turn.Ship, turn.Operator)
		looked := 0
		for range 48 {
			w.Clock.Move(time.Hour)
			n, err := w.nudges.Sweep(w.Context())
			w.OK(err)
			looked += n
		}
		if looked > 4 {
			w.Errorf("looked at %d times in two days", looked)
		}
		w.Rest()
		now := w.Owes(o, turn.Ship, turn.Operator)
		if !w.Clock.Now().Before(now.NextAt) || w.steps(now) != "start day all" || owed.ID != now.ID {
			w.Errorf("next %s, decided %q", now.NextAt, w.steps(now))
		}
		for _, u := range []string{string(w.Anna.ID), string(w.Noora.ID)} {
			webtest.Client(w.T, w.Site()).As(u).Get(o.URL()).Want(200).Has("Salla")
		}
		w.Letters.Refuse(nil)
		w.Does(o, orders.Operator, orders.Cancel, orders.Input{})
		w.Money(o, payments.Refunded)
		w.Sound()
	})
}

// A turn whose subject is gone is put off; the others are looked after.
func TestABrokenTurnStopsNobody(t *testing.T) {
	each(t, func(w *watched) {
		now := w.Clock.Now()
		var bad turn.ID
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) (err error) {
			bad, err = turn.Open(w.Context(), tx, now, turn.Spec{
				Kind: turn.Ship, Subject: "ord_gone", Version: 1, Owner: string(w.Anna.ID), Due: now.Add(day),
			})
			return err
		}))
		o := w.PaidFor()
		w.look()
		w.took(w.Owes(o, turn.Ship, string(w.Anna.ID)), "start")
		b, err := turn.Get(w.Context(), w.DB, bad)
		w.OK(err)
		if !b.Open() || !now.Before(b.NextAt) || len(w.broken) != 1 {
			w.Errorf("%+v; trouble %q", b, w.broken)
		}
	})
}

// A clock that is put back makes nothing happen early, or twice.
func TestAClockPutBack(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.pass(2 * day)
		w.took(owed, "start day+")
		w.Clock.Move(-36 * time.Hour)
		w.look()
		w.pass(36 * time.Hour)
		w.took(owed, "start day+")
		w.Is(o, orders.Paid)
		if n := len(w.Letters.To(w.Anna)); n != 2 {
			w.Errorf("Anna got %q", w.subjects(w.Anna))
		}
	})
}

// Who said when they will post is asked after that.
func TestWhoSaidWhenIsLeftInPeace(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		thursday := w.Clock.Now().Add(2*day + 6*time.Hour) // 18.00
		w.OK(w.PlanPosting(w.Context(), o.ID, w.Anna.ID, thursday))
		w.pass(2*day + 6*time.Hour)
		w.took(owed, "start")
		w.pass(3 * time.Hour)
		w.took(w.turnOf(turn.Ship, string(o.ID)), "start promise")
		w.pass(5 * day)
		w.warned(owed, "last")
	})
}

// A reminder on its way stays behind when its reader says when they will do it.
func TestWhoJustSaidWhenIsLeftInPeace(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.Clock.Move(32 * time.Hour) // Wednesday 20.00
		_, err := w.nudges.Sweep(w.Context())
		w.OK(err)
		w.OK(w.PlanPosting(w.Context(), o.ID, w.Anna.ID, w.Clock.Now().Add(day)))
		w.Rest()
		ds, err := w.Messages.DeliveriesOf(w.Context(), owed.ID)
		w.OK(err)
		for _, d := range ds {
			if d.Step == "day" && d.Channel == messaging.Email && d.State != messaging.Dropped {
				w.Errorf("the reminder is %s", d.State)
			}
		}
	})
}

// The invariants see a turn that nobody looks at.
func TestForgottenTurnsAreFound(t *testing.T) {
	each(t, func(w *watched) {
		w.PaidFor()
		w.Clock.Move(2 * time.Hour)
		rs, err := w.nudges.Check(w.Context())
		w.OK(err)
		broken := 0
		for _, r := range rs {
			if !r.OK() {
				broken++
			}
		}
		if broken != 1 {
			w.Errorf("two hours without a sweep: %+v", rs)
		}
		w.look()
		rs, err = w.nudges.Check(w.Context())
		w.OK(err)
		for _, r := range rs {
			if !r.OK() {
				w.Errorf("%s: %v", r.Name, r.Broken)
			}
		}
	})
}

// A last warning that the post held up for most of a day leaves a waking day all
// the same: the deadline moves, which both see.
func TestAWarningHeldUpMovesTheDeadline(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.pass(calendar.WakingBefore(owed.DueAt, day+time.Hour, calendar.Night()).Sub(w.Clock.Now()))
		w.Letters.Refuse(&messaging.Refused{Temporary: true, Reason: "busy"})
		for range 28 {
			w.pass(time.Hour)
		}
		w.Letters.Refuse(nil)
		for range 16 { // the pause after so many tries
			w.pass(time.Hour)
		}
		late := w.warnings(owed)
		if len(late) != 1 {
			w.Fatalf("%d warnings went out", len(late))
		}
		at := late[0]
		w.Is(o, orders.Paid)
		w.pass(3 * day)
		was := w.turnOf(turn.Ship, string(o.ID))
		if left := calendar.Waking(at, was.DueAt, calendar.Night()); left < day {
			w.Errorf("the warning that came at %s left %s", at, left)
		}
		if dues := w.dues(o.Conversation); dues[len(dues)-1] != was.DueAt {
			w.Errorf("due %s; the stream says %v", was.DueAt, dues)
		}
		w.Is(o, orders.Cancelled)
	})
}

// warnings are when the last warnings of a turn went out by e-mail.
func (w *watched) warnings(t turn.Turn) (at []clock.Instant) {
	w.Helper()
	ds, err := w.Messages.DeliveriesOf(w.Context(), t.ID)
	w.OK(err)
	for _, d := range ds {
		if d.Warning && d.Channel == messaging.Email && d.State == messaging.Sent {
			at = append(at, d.DoneAt)
		}
	}
	return at
}

// A letter that could not be checked again is sent later.
func TestALetterSurvivesTrouble(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		real := w.Messages.Recheck
		w.Messages.Recheck = func(_ context.Context, _ *messaging.Delivery) (bool, string, error) {
			return false, "", errors.New("away")
		}
		_, err := w.nudges.Sweep(w.Context())
		w.OK(err)
		if err := w.Jobs.Drain(w.Context()); err == nil {
			w.Fatal("the trouble was hidden")
		}
		w.Messages.Recheck = real
		w.pass(time.Hour)
		w.took(w.Owes(o, turn.Ship, string(w.Anna.ID)), "start")
		w.got(w.Anna, "Myyty!")
	})
}
