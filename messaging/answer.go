package messaging

import (
	"context"
	"slices"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
)

// Verdicts on what came in. A refused message has the key of the fault that a
// person on the site would have read.
const (
	Taken   = "message" // put into a conversation
	Twice   = "twice"   // came before
	Stopped = "stop"    // asked for no more
	Started = "start"   // asked for more again
	Unknown = "unknown" // nobody we know, or nothing we wrote to them about
	Unclear = "unclear" // we had written about several things at once
)

// maxDedupe is the longest id of a provider's that is kept, in bytes.
const maxDedupe = 200

// Answer is what a person wrote back by e-mail, SMS or WhatsApp.
type Answer struct {
	Channel      string          // Email, SMS or WhatsApp
	User         accounts.UserID // who wrote, shown to be them
	Conversation ConversationID  // where it belongs; "" for what we last wrote to them about by this channel
	Text         string          // their words alone, without what they quote
	Photo        string          // key of a picture that came along; "" for none
	Dedupe       string          // the provider's or the mail's own id: each is taken once
}

// TakeAnswer puts what a person wrote back into its conversation, as if they had
// typed it on the site: it answers what they owed there, and an operator's answers
// a case, as staff. It gives the verdict,
// which is kept; an error means that nothing is, and that it may be tried again.
func (s *Service) TakeAnswer(ctx context.Context, a Answer) (verdict string, err error) {
	a.Text = s.withoutLinks(tidy(a.Text))
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		in := s.inbound(a)
		if in.Conversation == "" {
			in.Conversation, in.Verdict, err = lastThread(ctx, tx, a.User, a.Channel)
			if err != nil {
				return err
			}
		}
		if in.Verdict == "" {
			in.Verdict = Taken
		}
		verdict = in.Verdict
		fresh, err := insertInbound(ctx, tx, in)
		if err == nil && !fresh {
			verdict = Twice
		}
		if err != nil || verdict != Taken {
			return err
		}
		if staff, err := s.answerAsStaff(ctx, tx, in.Conversation, a); staff || err != nil {
			return err
		}
		c, err := s.Conversation(ctx, tx, in.Conversation, a.User)
		if err != nil {
			return err
		}
		text, err := words(clip(strings.TrimSpace(a.Text), MaxText), a.Photo)
		if err != nil {
			return err
		}
		return s.send(ctx, tx, c, a.User, text, a.Photo)
	})
	fs := fault.As(err)
	if len(fs) == 0 || fs[0].Kind == fault.Busy { // a database that is away refuses nothing for good
		return verdict, err
	}
	in := s.inbound(a)
	in.Verdict = fs[0].Key
	return in.Verdict, s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := insertInbound(ctx, tx, in)
		return err
	})
}

// answerAsStaff puts what an operator wrote back about a case into it, and writes
// that down. It says false of anybody else, and of any other conversation.
func (s *Service) answerAsStaff(ctx context.Context, tx *db.Tx, cid ConversationID, a Answer) (bool, error) {
	c, err := load(ctx, tx, cid)
	if err != nil || c.Has(a.User) {
		return false, err
	}
	u, err := s.Accounts.Get(ctx, tx, a.User)
	if err != nil || !answersFor(u, c) {
		return false, err
	}
	if err := s.AnswerTx(ctx, tx, u.ID, cid, clip(strings.TrimSpace(a.Text), MaxText), ""); err != nil {
		return true, err
	}
	return true, s.Accounts.Audit(ctx, tx, u.ID, "cases.answer", string(cid), "")
}

// inbound is what is kept of an answer, before its verdict.
func (s *Service) inbound(a Answer) inbound {
	now := s.Clock.Now()
	return inbound{
		ID: id.New[string]("inb", now), Channel: a.Channel, Dedupe: a.Channel + ":" + clipBytes(a.Dedupe, maxDedupe),
		User: a.User, Conversation: a.Conversation, At: now,
	}
}

// clipBytes is at most n bytes of an id, of what a database keeps.
func clipBytes(s string, n int) string {
	s = tidy(s)
	return strings.ToValidUTF8(s[:min(len(s), n)], "")
}

// secretPaths are the beginnings of our links that act for whoever holds them.
var secretPaths = []string{"/t/", "/unsubscribe/", "/reset/", "/confirm/", "/webhooks/sms/"}

// HoldsSecret tells whether a line holds an address of ours that acts for whoever
// has it.
func (s *Service) HoldsSecret(line string) bool {
	_, site, _ := strings.Cut(strings.ToLower(s.Config.BaseURL), "://")
	line = strings.ToLower(line)
	return slices.ContainsFunc(secretPaths, func(path string) bool { return strings.Contains(line, site+path) })
}

// withoutLinks is text without the lines that hold such a link. Nobody writes one:
// it stands in the letter that is answered, and where a mail program quotes in a
// way we do not know, the other party would get it.
func (s *Service) withoutLinks(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), s.HoldsSecret), "\n")
}
