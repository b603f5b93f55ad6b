package nudges_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/nudges"
)

// A replay of the policy that was live finds what was sent; one with a step less
// finds that many fewer; one with a longer deadline finds the lapse it moves.
// None changes anything.
func TestReplayTellsWhatADraftWouldHaveDone(t *testing.T) {
	each(t, func(w *watched) {
		from := w.Clock.Now()
		o := w.PaidFor()
		w.pass(9 * day) // Anna never posts
		past := w.turnOf(turn.Ship, string(o.ID))
		if past.Outcome != turn.Lapsed {
			w.Fatalf("the turn ended as %q", past.Outcome)
		}
		live := w.nudges.Policy
		replay := func(p nudges.Policy) nudges.Replay {
			r, err := w.nudges.Replay(w.Context(), p, live, from, w.Clock.Now())
			w.OK(err)
			return r
		}
		same := replay(live)
		if same.Would == 0 || same.Would != same.Sent || same.Lapses == 0 || same.Later != 0 || same.Sooner != 0 {
			w.Errorf("the live policy again: %+v", same)
		}
		text := nudges.BuiltIn()
		longer, err := nudges.ParsePolicy(strings.Replace(text, `within = "5 business days"`, `within = "9 business days"`, 1))
		w.OK(err)
		if r := replay(longer); r.Later != 1 || r.Lapses != same.Lapses {
			w.Errorf("with a longer deadline: %+v", r)
		}
		fewer := live
		fewer.Ladders = map[turn.Kind]nudges.Ladder{}
		for k, l := range live.Ladders {
			if k == turn.Ship {
				l.Steps = l.Steps[1:]
			}
			fewer.Ladders[k] = l
		}
		if r := replay(fewer); r.Would != same.Would-1 {
			w.Errorf("with a step less: %d, not one less than %d", r.Would, same.Would)
		}
		if r := replay(live); r.Would != same.Would || r.Sent != same.Sent {
			w.Errorf("a replay changed something: %+v", r)
		}
	})
}

// What has passed to an operator is replayed by the ladder that an operator
// follows: under an unchanged policy its deadline stays where it was.
func TestReplayFollowsWhatPassedToAnOperator(t *testing.T) {
	each(t, func(w *watched) {
		now := w.Clock.Now()
		began := now.Add(-20 * day)
		w.do(`INSERT INTO turns (id, kind, subject, version, owner_id, waiter_id, opened_at, due_at, policy, closed_at, outcome)
			VALUES (?, 'confirm', 'ord_1', 1, 'operator', ?, ?, ?, 'x', ?, 'done')`,
			id.New[turn.ID]("trn", began), w.Noora.ID, began, began.Add(14*day), began.Add(12*day))
		p, err := nudges.ParsePolicy(strings.Replace(nudges.BuiltIn(), `within = "14 days"\naim = "48 h"`, `within = "10 days"\naim = "48 h"`, 1))
		w.OK(err)
		r, err := w.nudges.Replay(w.Context(), p, p, now.Add(-30*day), now)
		if w.OK(err); r.Turns != 1 || r.Sooner != 0 || r.Later != 0 {
			w.Errorf("replayed: %+v", r)
		}
		for _, l := range r.Lines {
			if l.To == nudges.ToOwner {
				w.Errorf("it would have reminded the owner of it: %+v", l)
			}
		}
	})
}
