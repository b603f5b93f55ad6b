package nudges_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/nudges"
)

// past writes a turn of long ago with one decided step, and how many hours after
// the step it was done; 0 for never.
func (w *watched) past(began clock.Instant, n int, arm, verdict string, hours int) turn.ID {
	w.Helper()
	tid := id.New[turn.ID]("trn", began)
	decided, closed, outcome := began.Add(10*time.Hour), began.Add(60*time.Hour), turn.Lapsed
	if hours > 0 {
		closed, outcome = decided.Add(time.Duration(hours)*time.Hour), turn.Done
		if n%2 == 0 { // as the carrier's scan tells
			outcome = turn.Seen
		}
	}
	subject := fmt.Sprintf("ord_%s_%d", arm, n)
	w.do(`INSERT INTO turns (id, kind, subject, version, owner_id, opened_at, due_at, policy, arm, closed_at, outcome)
		VALUES (?, 'ship', ?, 1, ?, ?, ?, 'x', ?, ?, ?)`, tid, subject, w.Anna.ID, began, began.Add(60*time.Hour), arm, closed, outcome)
	w.do(`INSERT INTO nudges (turn_id, step, user_id, planned_at, decided_at, verdict) VALUES (?, 'day', ?, ?, ?, ?)`,
		tid, w.Anna.ID, decided, decided, verdict)
	if verdict == "sent" {
		w.do(`INSERT INTO deliveries (id, user_id, channel, topic, msg_key, turn_id, step, dedupe, state, created_at, done_at)
			VALUES (?, ?, 'email', 'nudge', 'k', ?, 'day', ?, 'sent', ?, ?)`, id.New[string]("dlv", decided), w.Anna.ID, tid, tid, decided, decided)
	}
	return tid
}

func (w *watched) do(query string, args ...any) {
	w.Helper()
	_, err := w.DB.Do(w.Context(), query, args...)
	w.OK(err)
}

// What reminding did is measured against those who were not reminded, and only
// in the span that is asked for.
func TestEffectIsMeasuredAgainstTheHeldOut(t *testing.T) {
	each(t, func(w *watched) {
		now := w.Clock.Now()
		began := now.Add(-20 * day)
		var first turn.ID
		for i := range 60 { // all but six act, five hours after the reminder
			hours := 5
			if i%10 == 0 {
				hours = 0
			}
			tid := w.past(began, i, turnTreated, "sent", hours)
			if i == 0 {
				first = tid
			}
		}
		for i := range 30 { // half of them act, thirty hours after it would have come
			w.past(began, i, turnHeld, "held_out", 30*(i%2))
		}
		w.past(now.Add(-200*day), 999, turnTreated, "sent", 0) // outside the span
		w.do(`INSERT INTO mutes (user_id, subject, turn_id, step, created_at) VALUES (?, 'ord_treated_0', ?, 'day', ?)`, w.Anna.ID, first, now)

		e, err := w.nudges.Effect(w.Context(), now.Add(-30*day), now)
		w.OK(err)
		if len(e.Turns) != 1 || len(e.Steps) != 1 || len(e.Ways) != 1 {
			w.Fatalf("measured %+v", e)
		}
		x := e.Turns[0]
		if x.Treated.N != 60 || x.Held.N != 30 || x.Treated.Done.K != 54 || x.Held.Done.K != 15 || x.Mutes != 1 {
			w.Errorf("turns: %+v", x)
		}
		// reminded: 54 of 15 h and 6 of 60 h; held out: 15 of 40 h and 15 of 60 h
		if d := x.Saved.Value - (50 - 19.5); d > 0.001 || d < -0.001 || !x.Saved.Clear() {
			w.Errorf("saved: %+v", x.Saved)
		}
		s := e.Steps[0]
		if s.Sent != (nudges.Share{K: 54, N: 60}) || s.Held != (nudges.Share{K: 0, N: 30}) || s.Median[0] != 5 || s.Mutes != 1 || !s.Acted.Clear() {
			w.Errorf("steps: %+v", s)
		}
		if y := e.Ways[0]; y.Sent != 60 || y.Delivered != 60 || y.Acted != 54 || y.Channel != "email" {
			w.Errorf("ways: %+v", y)
		}
	})
}

const (
	turnTreated = "treated"
	turnHeld    = "holdout"
)
