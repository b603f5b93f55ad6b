package nudges

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// CallID names a call: cal_…
type CallID string

// Why somebody is to be called.
const (
	CallNoChannel = "no_channel" // we may write to them nowhere
	CallFailed    = "failed"     // nothing we sent arrived
)

// maxCallNote is how much an operator may write down about a call, characters.
const maxCallNote = 1_000

// Call is somebody whom no channel reaches, for an operator to ring up.
type Call struct {
	ID        CallID          `db:"id"`
	User      accounts.UserID `db:"user_id"`
	Turn      turn.ID         `db:"turn_id"`
	Reason    string          `db:"reason"`
	CreatedAt clock.Instant   `db:"created_at"`
	DoneAt    clock.Instant   `db:"done_at"`
	DoneBy    accounts.UserID `db:"done_by"`
	Note      string          `db:"note"`
	Reached   bool            `db:"reached"`

	Kind    turn.Kind     `db:"kind"` // of the turn
	Subject string        `db:"subject"`
	DueAt   clock.Instant `db:"due_at"`
}

// Ring puts somebody on the list of those to call about a turn, once.
func (s *Service) Ring(ctx context.Context, tx *db.Tx, u accounts.UserID, t turn.ID, reason string) error {
	now := s.Clock.Now()
	return insertCall(ctx, tx, Call{ID: id.New[CallID]("cal", now), User: u, Turn: t, Reason: reason, CreatedAt: now})
}

// Calls are the people to call about turns that are still open, soonest due
// first, at most limit.
func (s *Service) Calls(ctx context.Context, limit int) ([]Call, error) {
	return openCalls(ctx, s.DB, limit)
}

// Called notes what came of a call. Whoever was spoken to has been reminded. It
// is for operators, and is written down. Faults: Invalid on "note"; Missing;
// Conflict when somebody noted it before.
func (s *Service) Called(ctx context.Context, op accounts.UserID, cid CallID, reached bool, note string) error {
	note = strings.TrimSpace(note)
	if utf8.RuneCountInString(note) > maxCallNote {
		return fault.Field("note", "nudges.call_note_long", "Max", maxCallNote)
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		c, err := loadCall(ctx, tx, cid)
		if db.IsNone(err) {
			return fault.New(fault.Missing, "web.missing")
		}
		if err != nil {
			return err
		}
		first, err := doneCall(ctx, tx, cid, s.Clock.Now(), op, reached, note)
		if err != nil {
			return err
		}
		if !first {
			return fault.New(fault.Conflict, "nudges.called_before")
		}
		what := "calls.tried"
		if reached {
			what = "calls.reached"
		}
		return s.Accounts.Audit(ctx, tx, op, what, c.Subject, note)
	})
}
