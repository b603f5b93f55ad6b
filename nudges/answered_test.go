package nudges_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// reminder is the next letter to Anna, and the address it is answered at.
func (w *watched) reminder(owed turn.Turn) messaging.Mail {
	w.Helper()
	before := len(w.Letters.To(w.Anna))
	for n := 0; len(w.Letters.To(w.Anna)) == before; n++ {
		if n == 200 || !w.reload(owed).Open() {
			w.Fatal("no letter came")
		}
		w.pass(beat)
	}
	m := w.Letters.To(w.Anna)[before]
	if m.ReplyTo == "" {
		w.Fatalf("%q cannot be answered", m.Subject)
	}
	return m
}

// writes is an answer by e-mail.
func (w *watched) writes(m messaging.Mail, from, text string) {
	w.Helper()
	w.OK(w.Messages.TakeMail(w.Context(), messaging.Envelope{From: from, To: m.ReplyTo}, []byte("From: "+from+"\r\nTo: "+m.ReplyTo+
		"\r\nSubject: Re: "+m.Subject+"\r\nMessage-ID: <1@example.fi>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+text+"\r\n")))
}

// Whoever is reminded of a question answers the letter, and has answered.
func TestAReminderOfAQuestionIsAnsweredByMail(t *testing.T) {
	each(t, func(w *watched) {
		w.Messages.Config.InboundDomain = "in.kierto.example"
		c := w.ask("Onko satula vielä myynnissä?")
		owed := w.turnOf(turn.AnswerMessage, string(c.ID))
		w.writes(w.reminder(owed), w.Anna.Email, "On, ja vyö tulee mukana.")
		es, err := w.Messages.Whole(w.Context(), c.ID)
		w.OK(err)
		if e := es[len(es)-1]; e.Author != w.Anna.ID || e.Text != "On, ja vyö tulee mukana." {
			w.Errorf("the last of %d entries is %+v", len(es), e)
		}
		if now := w.reload(owed); now.Outcome != turn.Done {
			w.Errorf("the question is %q", now.Outcome)
		}
	})
}

// A letter about an offer leads what is written back into the conversation of
// the two, where the offer still waits.
func TestAReminderOfAnOfferIsAnsweredByMail(t *testing.T) {
	lite(t, func(w *watched) {
		w.Messages.Config.InboundDomain = "in.kierto.example"
		o, err := w.MakeOffer(w.Context(), w.Noora.ID, w.Saddle.ID, money.EUR(6000))
		w.OK(err)
		owed := w.turnOf(turn.AnswerOffer, string(o.ID))
		w.writes(w.reminder(owed), w.Anna.Email, "Mietin huomiseen.")
		es, err := w.Messages.Whole(w.Context(), o.Conversation)
		w.OK(err)
		if e := es[len(es)-1]; !strings.Contains(e.Text, "huomiseen") || e.Author != w.Anna.ID {
			w.Errorf("the last of %d entries is %+v", len(es), e)
		}
		if !w.reload(owed).Open() {
			w.Error("the offer is over")
		}
	})
}
