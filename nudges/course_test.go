package nudges_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
)

// What somebody at the desk has in hand the machine leaves alone: nobody is
// reminded and nothing lapses; they are asked about it once a day; and when it is
// handed back whoever owes has a waking day.
func TestInHandTheMachineIsQuiet(t *testing.T) {
	each(t, func(w *watched) {
		op := accountstest.Operator(t, w.Accounts, "Salla Virta")
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return w.nudges.TakeOver(w.Context(), tx, op.ID, string(o.ID)) }))
		w.pass(9 * day)
		w.took(owed, "start")
		w.Is(o, orders.Paid)
		ds, err := w.Messages.DeliveriesOf(w.Context(), owed.ID)
		w.OK(err)
		asked := 0
		for _, d := range ds {
			if d.User == op.ID && strings.HasPrefix(d.Step, "in_hand.") && d.Channel == messaging.App {
				asked++
			}
		}
		if asked != 9 {
			w.Errorf("asked %d times in nine days", asked)
		}
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return w.nudges.HandBack(w.Context(), tx, op.ID, string(o.ID)) }))
		now := w.Owes(w.Is(o, orders.Paid), turn.Ship, string(w.Anna.ID))
		if left := calendar.Waking(w.Clock.Now(), now.DueAt, calendar.Night()); left < day {
			w.Errorf("%s of waking time left", left)
		}
		w.pass(9 * day)
		w.warned(w.turnOf(turn.Ship, string(o.ID)), "last")
		w.Is(o, orders.Cancelled)
		w.Sound()
	})
}

// Whoever asked for no reminders about a trade gets its last warning alone.
func TestMutedButWarned(t *testing.T) {
	lite(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error {
			return w.nudges.Mute(w.Context(), tx, w.Anna.ID, string(o.ID), owed.ID, "start")
		}))
		w.pass(6 * day)
		w.took(owed, "start day=muted promise=muted missed+ seen last+")
	})
}

// When hours or zone change, what lies ahead is planned anew at once.
func TestChangedHoursCountAtOnce(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		before, err := turn.Get(w.Context(), w.DB, owed.ID)
		w.OK(err)
		w.OK(w.Accounts.SaveChannels(w.Context(), w.Anna.ID, accounts.Channels{QuietFrom: "16:00", QuietUntil: "06:00", Nudges: true}))
		if n := w.look(); n == 0 {
			w.Error("nobody looked")
		}
		after, err := turn.Get(w.Context(), w.DB, owed.ID)
		w.OK(err)
		if after.NextAt == before.NextAt || after.NextStep != before.NextStep {
			w.Errorf("%s at %s, then %s at %s", before.NextStep, before.NextAt, after.NextStep, after.NextAt)
		}
	})
}

// A version that goes live holds for the steps ahead: the deadline stays, what
// was taken is not taken again, and what its time had passed for is not caught up
// with.
func TestANewPolicyMeetsRunningTurns(t *testing.T) {
	each(t, func(w *watched) {
		op := accountstest.Operator(t, w.Accounts, "Salla Virta")
		o := w.PaidFor()
		owed := w.Owes(o, turn.Ship, string(w.Anna.ID))
		w.look()
		w.pass(3 * time.Hour)
		text := strings.Replace(nudges.BuiltIn(), `  { name = "day", after = "20h",`, `  { name = "early", after = "1h", to = "owner", by = ["app"], text = "ship_day" },
  { name = "soon", after = "5h", to = "owner", by = ["app"], text = "ship_day" },
  { name = "day", after = "20h",`, 1)
		text = strings.Replace(text, "holdout = 10", "holdout = 0", 1)
		text = strings.Replace(text, `within = "5 business days"
aim`, `within = "6 business days"
aim`, 1)
		v, err := w.nudges.SaveDraft(w.Context(), op.ID, text, "earlier")
		w.OK(err)
		w.OK(w.nudges.GoLive(w.Context(), op.ID, v.Number, w.Clock.Now()))
		w.look()
		now, err := turn.Get(w.Context(), w.DB, owed.ID)
		w.OK(err)
		if now.Policy != "v1" || now.NextStep != "soon" || now.DueAt != owed.DueAt {
			w.Errorf("under %s, next %s, due %s, was due %s", now.Policy, now.NextStep, now.DueAt, owed.DueAt)
		}
		w.pass(3 * time.Hour)
		w.took(owed, "start early=stale soon")
		if _, err := w.nudges.SaveDraft(w.Context(), op.ID, "version = 3", ""); err == nil {
			w.Error("a broken policy was kept")
		}
		p, err := w.nudges.Live(w.Context(), w.DB)
		if w.OK(err); p.Version != "v1" || p.LiveAt == 0 {
			w.Errorf("live: %s since %s", p.Version, p.LiveAt)
		}
		if terms, err := w.nudges.Terms(w.Context(), w.DB, turn.Ship); err != nil || terms.Within.BusinessDays != 6 {
			w.Errorf("new trades have %s, %v", terms.Within, err)
		}
	})
}

// When people act is learned, and forgotten with them.
func TestHabitsAreLearned(t *testing.T) {
	each(t, func(w *watched) {
		for range 3 {
			c := w.ask("Onko satula vielä myynnissä?")
			w.Clock.Move(time.Hour)
			w.OK(w.Messages.Send(w.Context(), w.Anna.ID, c.ID, "On.", ""))
		}
		w.Clock.Move(time.Hour)
		for range 2 {
			w.OK(w.nudges.Learn(w.Context()))
		}
		_, data, err := w.nudges.Export(w.Context(), w.Anna.ID)
		w.OK(err)
		h, ok := data.(map[string]any)["hours"].(nudges.Habit)
		if !ok || h[13]+h[14]+h[15] < 2.9 || h[13] > 1.01 {
			w.Errorf("learned %v", data)
		}
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return w.nudges.Leave(w.Context(), tx, w.Anna.ID) }))
		if _, data, _ = w.nudges.Export(w.Context(), w.Anna.ID); data.(map[string]any)["hours"] != nil {
			w.Error("kept what was learned about somebody who left")
		}
	})
}

// Somebody no channel reaches is put on the list of those to call, once.
func TestWhoNothingReachesIsCalled(t *testing.T) {
	each(t, func(w *watched) {
		w.Letters.Refuse(&messaging.Refused{Reason: "no such mailbox"})
		o := w.PaidFor()
		w.look()
		w.pass(3 * time.Hour)
		cs, err := w.nudges.Calls(w.Context(), 10)
		w.OK(err)
		if len(cs) != 1 || cs[0].User != w.Anna.ID || cs[0].Subject != string(o.ID) || cs[0].Reason != nudges.CallFailed {
			w.Errorf("to call: %+v", cs)
		}
		w.pass(6 * day)
		if cs, err = w.nudges.Calls(w.Context(), 10); err != nil || len(cs) > 2 {
			w.Errorf("to call after days: %+v, %v", cs, err)
		}
	})
}
