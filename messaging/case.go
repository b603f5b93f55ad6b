package messaging

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
)

// maxCases is how many cases the desk lists.
const maxCases = 100

// OpenCase is a person asking to talk to a person: it opens their conversation
// with staff about a trade ("" for anything else) with text as its first
// message, and staff owe an answer. Fault Missing when the trade is not theirs.
func (s *Service) OpenCase(ctx context.Context, u accounts.UserID, orderID, text string) (ConversationID, error) {
	var title, photo string
	if orderID != "" {
		if s.Trade == nil {
			return "", missing()
		}
		var err error
		if title, photo, err = s.Trade(ctx, u, orderID); err != nil {
			return "", err
		}
	}
	var cid ConversationID
	err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		cid, err = s.OpenCaseTx(ctx, tx, u, orderID, title, photo, text)
		return err
	})
	return cid, err
}

// OpenCaseTx is OpenCase within the caller's transaction, about a trade of that
// title and photo that the caller knows to be u's.
func (s *Service) OpenCaseTx(ctx context.Context, tx *db.Tx, u accounts.UserID, orderID, title, photo, text string) (ConversationID, error) {
	text, err := words(text, "")
	if err != nil {
		return "", err
	}
	c, err := open(ctx, tx, s.Clock.Now(), Opening{Kind: AboutCase, Subject: orderID, Buyer: u, Title: title, Photo: photo})
	if err != nil {
		return "", err
	}
	if orderID != "" {
		if err := setOrder(ctx, tx, c.ID, orderID); err != nil {
			return "", err
		}
	}
	return c.ID, s.send(ctx, tx, c, u, text, "")
}

// askStaff opens the turn that staff owe in a case.
func (s *Service) askStaff(ctx context.Context, tx *db.Tx, c Conversation) error {
	now := s.Clock.Now()
	due := calendar.AddBusinessDays(now, caseWithin, clock.Zone(""))
	if s.Within != nil {
		var err error
		if due, err = s.Within(ctx, tx, turn.AnswerCase, now, calendar.Night()); err != nil {
			return err
		}
	}
	return s.ask(ctx, tx, turn.Spec{
		Kind: turn.AnswerCase, Subject: string(c.ID), Version: c.LastSeq,
		Owner: turn.Operator, Waiter: string(c.Buyer), Due: due,
	})
}

// Answer is an operator writing into a conversation, as staff, to both or to one
// of the two. The caller has made sure that op is an operator. An answer in a
// case closes what staff owe; everybody who sees it is told by e-mail when they
// do not read it.
func (s *Service) Answer(ctx context.Context, op accounts.UserID, cid ConversationID, text string, onlyFor accounts.UserID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.AnswerTx(ctx, tx, op, cid, text, onlyFor) })
}

// AnswerTx is Answer within the caller's transaction, which also writes down
// what staff did.
func (s *Service) AnswerTx(ctx context.Context, tx *db.Tx, op accounts.UserID, cid ConversationID, text string, onlyFor accounts.UserID) error {
	text, err := words(text, "")
	if err != nil {
		return err
	}
	c, _, err := s.append(ctx, tx, cid, Entry{Kind: Message, Author: op, Staff: true, Text: text, OnlyFor: onlyFor})
	if err != nil {
		return err
	}
	for _, u := range []accounts.UserID{c.Buyer, c.Seller} {
		if u == "" || u == op || (onlyFor != "" && onlyFor != u) {
			continue
		}
		if err := s.noteUnread(ctx, tx, c, u); err != nil {
			return err
		}
	}
	if c.Kind != AboutCase {
		return nil
	}
	return turn.Close(ctx, tx, s.Clock.Now(), turn.AnswerCase, string(cid), turn.Done)
}

// CloseCase ends what staff owe in a case without an answer.
func (s *Service) CloseCase(ctx context.Context, tx *db.Tx, cid ConversationID) error {
	return turn.Close(ctx, tx, s.Clock.Now(), turn.AnswerCase, string(cid), turn.Done)
}

// Cases are people's conversations with staff, newest first.
func (s *Service) Cases(ctx context.Context) ([]Conversation, error) {
	return cases(ctx, s.DB, maxCases)
}

// names are names by id.
func (s *Service) names(ctx context.Context, q db.Queryer, want map[accounts.UserID]bool) (map[accounts.UserID]string, error) {
	ids := make([]accounts.UserID, 0, len(want))
	for u := range want {
		ids = append(ids, u)
	}
	us, err := s.Accounts.Many(ctx, q, ids)
	out := make(map[accounts.UserID]string, len(us))
	for uid, u := range us {
		out[uid] = u.Name
	}
	return out, err
}

// first is the first name of a name.
func first(name string) string {
	f, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return f
}
