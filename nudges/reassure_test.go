package nudges_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// lines counts what the stream says of reminders.
func (w *watched) lines(c messaging.ConversationID) (n int) {
	w.Helper()
	es, err := w.Messages.Whole(w.Context(), c)
	w.OK(err)
	for _, e := range es {
		if e.Kind == messaging.Nudge {
			n++
		}
	}
	return n
}

// held is a trade whose seller's first reminder has been decided while the post
// takes nothing.
func (w *watched) held() (orders.Order, turn.Turn) {
	w.Helper()
	o := w.PaidFor()
	w.look()
	w.Letters.Refuse(&messaging.Refused{Temporary: true, Reason: "busy"})
	owed := w.turnOf(turn.Ship, string(o.ID))
	for n := 0; !strings.Contains(w.steps(owed), "day"); n++ {
		if n == 100 {
			w.Fatal("nobody was reminded")
		}
		w.pass(beat)
	}
	return o, owed
}

// letters lets the post take letters again, and waits for the next few to Anna.
func (w *watched) letters(n int) []messaging.Mail {
	w.Helper()
	before := len(w.Letters.To(w.Anna))
	w.Letters.Refuse(nil)
	for range 48 {
		w.pass(beat)
		if got := w.Letters.To(w.Anna)[before:]; len(got) >= n {
			return got
		}
	}
	w.Fatal("the post is slow")
	return nil
}

// Whoever waits hears that the other was reminded when a message has left the
// house, and not while it waits.
func TestNobodyIsSaidToBeRemindedBeforeTheyAre(t *testing.T) {
	each(t, func(w *watched) {
		o, owed := w.held()
		w.pass(time.Hour)
		if n := w.lines(o.Conversation); n != 0 || w.steps(owed) != "start day" {
			w.Errorf("the letter waits, and the stream says %d times that it went; %s", n, w.steps(owed))
		}
		w.letters(1)
		if n := w.lines(o.Conversation); n != 1 || w.steps(owed) != "start day+" {
			w.Errorf("the letter went, and the stream says so %d times; %s", n, w.steps(owed))
		}
		w.Sound()
	})
}

// Of a reminder that reached nobody the stream says nothing.
func TestNobodyIsSaidToBeRemindedWhoNeverWas(t *testing.T) {
	lite(t, func(w *watched) {
		o, owed := w.held()
		w.Letters.Refuse(&messaging.Refused{Reason: "no such mailbox"})
		w.pass(2 * time.Hour)
		if n := w.lines(o.Conversation); n != 0 || w.steps(owed) != "start day" {
			w.Errorf("%d lines; %s", n, w.steps(owed))
		}
	})
}

// What is for the app alone is said at once.
func TestAReminderInTheAppIsSaidAtOnce(t *testing.T) {
	lite(t, func(w *watched) {
		_, err := w.DB.Do(w.Context(), `UPDATE users SET mail_nudges = FALSE WHERE id = ?`, w.Anna.ID)
		w.OK(err)
		o, owed := w.held()
		if n := w.lines(o.Conversation); n != 1 || w.steps(owed) != "start day+" {
			w.Errorf("%d lines; %s", n, w.steps(owed))
		}
	})
}

// A deadline that moved while a message waited is told as it is.
func TestAMessageThatWaitedSaysTheNewDeadline(t *testing.T) {
	each(t, func(w *watched) {
		_, owed := w.held()
		due := owed.DueAt.Add(3 * day)
		w.OK(w.DB.InTx(w.Context(), func(tx *db.Tx) error { return turn.Extend(w.Context(), tx, w.Clock.Now(), owed.ID, due) }))
		letters := w.letters(1)
		ds, err := w.Messages.DeliveriesOf(w.Context(), owed.ID)
		w.OK(err)
		for _, d := range ds {
			if d.Step != "day" || d.Channel != messaging.Email {
				continue
			}
			args, err := messaging.DecodeArgs(d.RawArgs)
			if w.OK(err); args["Due"] != due {
				w.Errorf("kept as due %v, want %v", args["Due"], due)
			}
			say := w.Anna.Speaker(d.DoneAt)
			if strings.Contains(letters[0].Text, say.DayClock(owed.DueAt)) {
				w.Errorf("it says %s:\n%s", say.DayClock(owed.DueAt), letters[0].Text)
			}
		}
	})
}
