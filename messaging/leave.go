package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// maxExport is how many of a person's messages the download holds.
const maxExport = 50_000

// exported is one message in the data download.
type exported struct {
	Conversation ConversationID `db:"conversation_id" json:"conversation"`
	Title        string         `db:"title" json:"about"`
	At           clock.Instant  `db:"created_at" json:"-"`
	When         string         `db:"-" json:"at"`
	Text         string         `db:"text" json:"text,omitempty"`
	Photo        string         `db:"photo" json:"photo,omitempty"` // path on the site
}

// Export is what a person wrote, for the download of their data. It is one of
// accounts' Exporters.
func (s *Service) Export(ctx context.Context, u accounts.UserID) (name string, data any, err error) {
	es, err := written(ctx, s.DB, u, maxExport)
	for i := range es {
		es[i].When = es[i].At.String()
		if es[i].Photo != "" && s.PhotoURL != nil {
			es[i].Photo = s.PhotoURL(es[i].Photo, "full")
		}
	}
	return "messages", es, err
}

// Leave removes what is only theirs of somebody who deletes their account: their
// notices, blocks, and where mail went; nothing more is sent to them. What they
// wrote stays for those they wrote to. Nobody owes them an answer any more, and
// whoever waits for one of theirs is told that none will come. It is one of
// accounts' Closers.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	if err := s.endTalks(ctx, tx, u); err != nil {
		return err
	}
	return forget(ctx, tx, u, s.Clock.Now())
}

// endTalks closes what is to be answered by somebody who leaves, or to them.
func (s *Service) endTalks(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	open, err := answersOf(ctx, tx, u)
	if err != nil {
		return err
	}
	for _, t := range open {
		if _, err := turn.CloseID(ctx, tx, s.Clock.Now(), t.ID, turn.Moved); err != nil {
			return err
		}
		if t.Kind == turn.AnswerCase {
			continue // staff read in their account that they are gone
		}
		c, err := load(ctx, tx, ConversationID(t.Subject))
		if err != nil {
			return err
		}
		if err := s.Append(ctx, tx, c.ID, Entry{Kind: Note, Author: u, Key: "messaging.ended"}); err != nil {
			return err
		}
		if t.Owner != string(u) {
			continue
		}
		err = s.Tell(ctx, tx, Telling{
			To: c.Other(u), Topic: TopicNudge, Key: "messaging.unanswered", URL: "/inbox/" + string(c.ID), Dedupe: string(t.ID) + ":left",
			Args: map[string]any{"Title": c.Title}, By: []string{App},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// kept is what the data download holds beside messages.
type kept struct {
	Notices []keptNotice      `json:"notices"`
	Reports []keptReport      `json:"reports"`
	Blocked []accounts.UserID `json:"blocked"`
}

type keptNotice struct {
	At    clock.Instant `db:"created_at" json:"-"`
	When  string        `db:"-" json:"at"`
	About string        `db:"msg_key" json:"about"`
	URL   string        `db:"url" json:"link"`
}

type keptReport struct {
	At      clock.Instant `db:"created_at" json:"-"`
	When    string        `db:"-" json:"at"`
	Kind    string        `db:"kind" json:"of"`
	Subject string        `db:"subject" json:"id"`
	Reason  string        `db:"reason" json:"reason"`
	Text    string        `db:"text" json:"text,omitempty"`
}

// ExportNotices is what a person was told in the app, what they reported and
// whom they blocked. It is one of accounts' Exporters.
func (s *Service) ExportNotices(ctx context.Context, u accounts.UserID) (name string, data any, err error) {
	k, err := keptOf(ctx, s.DB, u, maxExport)
	for i := range k.Notices {
		k.Notices[i].When = k.Notices[i].At.String()
	}
	for i := range k.Reports {
		k.Reports[i].When = k.Reports[i].At.String()
	}
	return "notices", k, err
}
