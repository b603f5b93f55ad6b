package messaging

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// ReportKind says what is reported.
type ReportKind string

// What may be reported.
const (
	ReportListing      ReportKind = "listing"
	ReportUser         ReportKind = "user"
	ReportEntry        ReportKind = "entry"
	ReportConversation ReportKind = "conversation"
)

// Reasons are what a report may say is wrong.
var Reasons = []string{"fraud", "rude", "forbidden", "spam", "other"}

// Reporting is somebody telling staff that something is against the rules.
type Reporting struct {
	Reporter accounts.UserID
	Kind     ReportKind
	Subject  string
	Reason   string
	Text     string
}

// subjects are what ids of each kind look like.
var subjects = map[ReportKind]*regexp.Regexp{
	ReportListing:      regexp.MustCompile(`^lst_[0-9a-z]{26}$`),
	ReportUser:         regexp.MustCompile(`^usr_[0-9a-z]{26}$`),
	ReportEntry:        regexp.MustCompile(`^ent_[0-9a-z]{26}$`),
	ReportConversation: regexp.MustCompile(`^cnv_[0-9a-z]{26}$`),
}

// Reportable makes sure that u may report a thing: conversations and their
// entries only by those in them. Fault Missing otherwise.
func (s *Service) Reportable(ctx context.Context, u accounts.UserID, kind ReportKind, subject string) error {
	if re := subjects[kind]; re == nil || !re.MatchString(subject) {
		return missing()
	}
	switch kind {
	case ReportUser:
		_, err := s.Accounts.Get(ctx, s.DB, accounts.UserID(subject))
		return err
	case ReportConversation:
		_, err := s.Conversation(ctx, s.DB, ConversationID(subject), u)
		return err
	case ReportEntry:
		e, err := entryByID(ctx, s.DB, EntryID(subject))
		if err != nil {
			return err
		}
		if !e.visible(u) {
			return missing()
		}
		_, err = s.Conversation(ctx, s.DB, e.Conversation, u)
		return err
	}
	return nil
}

// Report stores a report for staff. Reporting the same again replaces one's own
// words.
func (s *Service) Report(ctx context.Context, r Reporting) error {
	if err := s.Reportable(ctx, r.Reporter, r.Kind, r.Subject); err != nil {
		return err
	}
	r.Text = strings.TrimSpace(r.Text)
	var fs fault.Faults
	if !slices.Contains(Reasons, r.Reason) {
		fs.Add(fault.Field("reason", "messaging.report_reason"))
	}
	switch {
	case utf8.RuneCountInString(r.Text) > maxReport:
		fs.Add(fault.Field("text", "messaging.too_long", "Max", maxReport))
	case r.Reason == "other" && r.Text == "":
		fs.Add(fault.Field("text", "messaging.report_say"))
	}
	if err := fs.Or(); err != nil {
		return err
	}
	now := s.Clock.Now()
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		return insertReport(ctx, tx, Report{
			ID: id.New[ReportID]("rep", now), Reporter: r.Reporter, Kind: r.Kind, Subject: r.Subject,
			Reason: r.Reason, Text: r.Text, CreatedAt: now,
		})
	})
}

// Reports are those staff have to look at ("open") or have looked at ("upheld",
// "dismissed"), newest first.
func (s *Service) Reports(ctx context.Context, state string, limit int) ([]Report, error) {
	return reports(ctx, s.DB, state, limit)
}

// ReportByID is one report, for staff. It fails with a Missing fault.
func (s *Service) ReportByID(ctx context.Context, q db.Queryer, rid ReportID) (Report, error) {
	return reportByID(ctx, q, rid)
}

// HandleReport notes what an operator decided. Fault Conflict when another was
// first.
func (s *Service) HandleReport(ctx context.Context, tx *db.Tx, rid ReportID, op accounts.UserID, upheld bool) error {
	state := "dismissed"
	if upheld {
		state = "upheld"
	}
	ok, err := handleReport(ctx, tx, rid, op, state, s.Clock.Now())
	if err == nil && !ok {
		return fault.New(fault.Conflict, "messaging.report_handled")
	}
	return err
}

// Entry is one entry, for staff who look at a report.
func (s *Service) Entry(ctx context.Context, eid EntryID) (Entry, error) {
	e, err := entryByID(ctx, s.DB, eid)
	if err != nil {
		return e, err
	}
	es := []Entry{e}
	err = s.fillNames(ctx, es)
	return es[0], err
}

// Block keeps other from writing to u, and u from writing to other, until u
// takes it back. Their trades go on; what one of them was to answer is no longer
// owed.
func (s *Service) Block(ctx context.Context, u, other accounts.UserID) error {
	if u == other || other == "" {
		return missing()
	}
	now := s.Clock.Now()
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := block(ctx, tx, u, other, now); err != nil {
			return err
		}
		cs, err := conversationsOf(ctx, tx, u, other)
		for _, cid := range cs {
			err = errors.Join(err, turn.Close(ctx, tx, now, turn.AnswerMessage, string(cid), turn.Moved))
		}
		return err
	})
}

// Unblock takes a block back.
func (s *Service) Unblock(ctx context.Context, u, other accounts.UserID) error {
	return unblock(ctx, s.DB, u, other)
}

// Blocked tells whether one of two has blocked the other.
func (s *Service) Blocked(ctx context.Context, q db.Queryer, a, b accounts.UserID) (bool, error) {
	x, y, err := blocksBetween(ctx, q, a, b)
	return x || y, err
}
