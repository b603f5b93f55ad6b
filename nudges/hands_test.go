package nudges_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
)

// What is handed back has as much time left as when it was taken over, and only
// one has it at a time.
func TestHandedBackWithTheTimeThatWasLeft(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		op := accountstest.Operator(t, w.Accounts, "Salla Virta")
		in := func(f func(tx *db.Tx) error) error { return w.DB.InTx(w.Context(), f) }
		take := func(tx *db.Tx) error { return w.nudges.TakeOver(w.Context(), tx, op.ID, string(o.ID)) }
		back := func(tx *db.Tx) error { return w.nudges.HandBack(w.Context(), tx, op.ID, string(o.ID)) }
		if err := in(back); !fault.Is(err, fault.Conflict) {
			w.Errorf("handed back what nobody had: %v", err)
		}
		w.OK(in(take))
		if err := in(take); !fault.Is(err, fault.Conflict) {
			w.Errorf("taken over twice: %v", err)
		}
		before := w.turnOf(turn.Ship, string(o.ID)).DueAt
		w.Clock.Move(50 * time.Hour)
		w.OK(in(back))
		after := w.turnOf(turn.Ship, string(o.ID))
		if after.DueAt != before.Add(50*time.Hour) || after.NextStep != turn.StepPlan {
			w.Errorf("due %s, was %s; next %s", after.DueAt.Time(), before.Time(), after.NextStep)
		}
		held, err := w.nudges.InHand(w.Context(), w.DB, string(o.ID))
		if w.OK(err); len(held) != 0 {
			w.Errorf("still in hand: %+v", held)
		}
	})
}

// Somebody is called once about a turn; once spoken to, they have been reminded.
func TestACallReaches(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		op := accountstest.Operator(t, w.Accounts, "Salla Virta")
		x := w.turnOf(turn.Ship, string(o.ID))
		for range 2 {
			w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error {
				return w.nudges.Ring(w.Context(), tx, w.Anna.ID, x.ID, nudges.CallFailed)
			}))
		}
		cs, err := w.nudges.Calls(w.Context(), 10)
		if w.OK(err); len(cs) != 1 || cs[0].User != w.Anna.ID || cs[0].Subject != string(o.ID) {
			w.Fatalf("to call: %+v", cs)
		}
		if ok, _ := w.nudges.Reached(w.Context(), w.DB, x.ID, w.Anna.ID); ok {
			w.Error("reached before anybody called")
		}
		w.OK(w.nudges.Called(w.Context(), op.ID, cs[0].ID, true, "Postittaa huomenna."))
		if err := w.nudges.Called(w.Context(), op.ID, cs[0].ID, false, ""); !fault.Is(err, fault.Conflict) {
			w.Errorf("noted twice: %v", err)
		}
		if ok, _ := w.nudges.Reached(w.Context(), w.DB, x.ID, w.Anna.ID); !ok {
			w.Error("spoken to, yet not reached")
		}
		if err := w.nudges.Called(w.Context(), op.ID, "cal_0", true, ""); !fault.Is(err, fault.Missing) {
			w.Errorf("a call that is none: %v", err)
		}
	})
}

// A version is kept as a draft, goes live at its moment and not before; what is
// broken or unsound never does, and the old one stays.
func TestVersionsGoLiveAtTheirMoment(t *testing.T) {
	each(t, func(w *watched) {
		op, now := accountstest.Operator(t, w.Accounts, "Salla Virta"), w.Clock.Now()
		live := func() string {
			v, ok, err := w.nudges.LiveVersion(w.Context(), w.DB, w.Clock.Now())
			w.OK(err)
			if !ok {
				return "built in"
			}
			return v.Name()
		}
		var broken nudges.Broken
		if _, err := w.nudges.SaveDraft(w.Context(), op.ID, strings.Replace(nudges.BuiltIn(), `kind = "ship"`, `kind = "shop"`, 1), ""); !errors.As(err, &broken) || broken[len(broken)-1].Line == 0 {
			w.Errorf("a broken draft: %v", err)
		}
		unsound, err := w.nudges.SaveDraft(w.Context(), op.ID, strings.Replace(nudges.BuiltIn(), "warning = true", "warning = false", 1), "")
		w.OK(err)
		if err := w.nudges.GoLive(w.Context(), op.ID, unsound.Number, 0); !errors.Is(err, nudges.ErrUnsound) {
			w.Errorf("an unsound one went live: %v", err)
		}
		if live() != "built in" {
			w.Errorf("live: %s", live())
		}
		sound, err := w.nudges.SaveDraft(w.Context(), op.ID, strings.Replace(nudges.BuiltIn(), "cap = 3", "cap = 2", 1), "Kaksi riittää.")
		w.OK(err)
		if err := w.nudges.GoLive(w.Context(), op.ID, sound.Number, now-1); !fault.Is(err, fault.Invalid) {
			w.Errorf("live in the past: %v", err)
		}
		w.OK(w.nudges.GoLive(w.Context(), op.ID, sound.Number, now.Add(time.Hour)))
		if live() != "built in" {
			w.Errorf("live before its moment: %s", live())
		}
		w.Clock.Move(time.Hour)
		if live() != sound.Name() {
			w.Errorf("live: %s, not %s", live(), sound.Name())
		}
		if err := w.nudges.GoLive(w.Context(), op.ID, sound.Number, w.Clock.Now().Add(time.Hour)); !fault.Is(err, fault.Conflict) {
			w.Errorf("taken off by going live again: %v", err)
		}
		vs, err := w.nudges.Versions(w.Context(), 10)
		if w.OK(err); len(vs) != 2 || vs[0].Note != "Kaksi riittää." || vs[1].Draft() != true {
			w.Errorf("kept: %+v", vs)
		}
	})
}

// A last warning that a takeover kept back is sent once the trade is handed back.
func TestATakeoverSwallowsNoWarning(t *testing.T) {
	each(t, func(w *watched) {
		o := w.PaidFor()
		op := accountstest.Operator(t, w.Accounts, "Salla Virta")
		x := w.turnOf(turn.Ship, string(o.ID))
		warned := func() (state messaging.State) {
			ds, err := w.Messages.DeliveriesOf(w.Context(), x.ID)
			w.OK(err)
			for _, d := range ds {
				if d.Warning && d.Channel == messaging.Email && d.User == w.Anna.ID {
					state = d.State
				}
			}
			return state
		}
		for warned() == "" && w.Clock.Now().Before(x.DueAt) { // until it is decided, not yet sent
			w.Rest()
			w.Clock.Move(30 * time.Minute)
			_, err := w.nudges.Sweep(w.Context())
			w.OK(err)
		}
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return w.nudges.TakeOver(w.Context(), tx, op.ID, string(o.ID)) }))
		w.Rest()
		if warned() != messaging.Dropped {
			w.Fatalf("in hand, the warning is %q", warned())
		}
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return w.nudges.HandBack(w.Context(), tx, op.ID, string(o.ID)) }))
		w.OK(w.Messages.Sweep(w.Context()))
		w.Rest()
		if warned() != messaging.Sent {
			w.Errorf("handed back, the warning is %q", warned())
		}
	})
}
