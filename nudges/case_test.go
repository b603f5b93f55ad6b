package nudges_test

import (
	"errors"
	"testing"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// An operator answers the letter about a case, and their words are staff's answer
// in it: nothing is owed any more. Somebody else's mail, and that of an operator
// who is none any more, is refused.
func TestAnOperatorAnswersACaseByMail(t *testing.T) {
	each(t, func(w *watched) {
		w.Messages.Config.InboundDomain = "in.kierto.example"
		cid, err := w.Messages.OpenCase(w.Context(), w.Noora.ID, "", "Missä rahani ovat?")
		w.OK(err)
		owed := w.turnOf(turn.AnswerCase, string(cid))
		w.pass(owed.DueAt.Sub(w.Clock.Now()) - beat)
		letters := w.Letters.To(w.Salla)
		if len(letters) == 0 || letters[0].ReplyTo == "" {
			w.Fatalf("%d letters, or no address to answer at", len(letters))
		}
		to := letters[0].ReplyTo
		mail := func(from, id, text string) error {
			return w.Messages.TakeMail(w.Context(), messaging.Envelope{From: from, To: to}, []byte("From: "+from+"\r\nTo: "+to+
				"\r\nSubject: Re\r\nMessage-ID: <"+id+"@example.fi>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+text+"\r\n"))
		}
		var no *messaging.MailRefused
		if err := mail(w.Anna.Email, "1", "Minulla"); !errors.As(err, &no) {
			w.Errorf("Anna answered for staff: %v", err)
		}
		for range 2 { // it comes twice
			w.OK(mail(w.Salla.Email, "2", "Ne lähtivät tänään.\r\n\r\n> Missä rahani ovat?"))
		}
		es, err := w.Messages.Whole(w.Context(), cid)
		w.OK(err)
		if e := es[len(es)-1]; len(es) != 2 || !e.Staff || e.Author != w.Salla.ID || e.Text != "Ne lähtivät tänään." {
			w.Errorf("%d entries, the last %+v", len(es), e)
		}
		if now := w.reload(owed); now.Outcome != turn.Done {
			w.Errorf("the case is %q", now.Outcome)
		}
		_, err = w.DB.Do(w.Context(), `UPDATE users SET role = 'member' WHERE id = ?`, w.Salla.ID)
		w.OK(err)
		if err := mail(w.Salla.Email, "3", "Ja vielä"); !errors.As(err, &no) {
			w.Errorf("a former operator answered: %v", err)
		}
	})
}
