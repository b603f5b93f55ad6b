package messaging

import (
	"context"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/db"
)

// When unread messages are written about.
const (
	unreadAfter = 10 * time.Minute // from the first unread message
	unreadAgain = 4 * time.Hour    // at the earliest after a mail that brought nobody back
	maxQuotes   = 3                // newest messages quoted in the mail
	maxQuote    = 240              // characters quoted of each

	unreadWords      = "messaging.unread"       // of a mail about what the other wrote
	unreadStaffWords = "messaging.unread_staff" // and about what staff answered
)

// noteUnread remembers that u has something to read, and to write to them if
// they do not.
func (s *Service) noteUnread(ctx context.Context, tx *db.Tx, c Conversation, u accounts.UserID) error {
	if u == "" {
		return nil
	}
	first := s.Clock.Now().Add(unreadAfter)
	return noteUnread(ctx, tx, c.ID, u, c.read(u), first, unreadAgain.Microseconds())
}

// sweepUnread writes to those who have not read by now: one mail a conversation,
// after their quiet hours.
func (s *Service) sweepUnread(ctx context.Context) error {
	for range maxSweeps {
		ws, err := dueUnread(ctx, s.DB, s.Clock.Now(), sweepBatch)
		if err != nil || len(ws) == 0 {
			return err
		}
		err = s.DB.InTx(ctx, func(tx *db.Tx) error {
			for _, w := range ws {
				if err := s.writeUnread(ctx, tx, w); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ws) < sweepBatch {
			return err
		}
	}
	return nil
}

// writeUnread looks at one who was to be written to.
func (s *Service) writeUnread(ctx context.Context, tx *db.Tx, w waiting) error {
	now := s.Clock.Now()
	u, err := s.Accounts.Get(ctx, tx, w.User)
	if err != nil {
		return err
	}
	if end := calendar.NextWaking(now, u.Quiet()); end != now {
		_, err := w.postpone(ctx, tx, end) // in the morning, about everything until then
		return err
	}
	mine, err := w.postpone(ctx, tx, 0)
	if err != nil || !mine {
		return err
	}
	c, err := load(ctx, tx, w.Conversation)
	if err != nil || !c.Unread(w.User) || !u.TakesMail() || !wants(u, Email, TopicMessage, false) {
		return err
	}
	es, err := newest(ctx, tx, c.ID, w.User, max(c.read(w.User), w.MailedSeq), maxStream)
	if err != nil {
		return err
	}
	quotes := quotes(es, w.User)
	if len(quotes) == 0 {
		return nil
	}
	if err := w.mailed(ctx, tx, now, c.LastSeq); err != nil {
		return err
	}
	return s.Tell(ctx, tx, s.unreadTelling(c, w.User, quotes))
}

// quotes are the messages among es that others wrote to u.
func quotes(es []Entry, u accounts.UserID) []Entry {
	var out []Entry
	for _, e := range es {
		if e.Kind == Message && e.Author != u && !e.Hidden {
			out = append(out, e)
		}
	}
	return out
}

// unreadTelling is the mail about messages that u has not read.
func (s *Service) unreadTelling(c Conversation, u accounts.UserID, es []Entry) Telling {
	last := es[len(es)-1]
	key := unreadWords
	if last.Staff {
		key = unreadStaffWords
	}
	return Telling{
		To: u, Topic: TopicMessage, Key: key, By: []string{Email}, Thread: c.ID,
		Args:   map[string]any{"Other": last.Author, "Title": c.Title, "Count": len(es), "Upto": last.Seq},
		URL:    "/inbox/" + string(c.ID),
		Dedupe: "unread:" + string(c.ID) + ":" + string(u) + ":" + string(last.ID),
	}
}
