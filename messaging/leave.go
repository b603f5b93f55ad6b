package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
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
	Photo        string         `db:"photo" json:"photo,omitempty"`
}

// Export is what a person wrote, for the download of their data. It is one of
// accounts' Exporters.
func (s *Service) Export(ctx context.Context, u accounts.UserID) (name string, data any, err error) {
	es, err := written(ctx, s.DB, u, maxExport)
	for i := range es {
		es[i].When = es[i].At.String()
	}
	return "messages", es, err
}

// Leave removes what is only theirs of somebody who deletes their account: their
// notices, blocks, and where mail went; nothing more is sent to them. What they
// wrote stays for those they wrote to. It is one of accounts' Closers.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	return forget(ctx, tx, u, s.Clock.Now())
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
