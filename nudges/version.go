package nudges

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// maxPolicyNote is how long the reason of a version may be, characters.
const maxPolicyNote = 500

// Version is a policy that an operator wrote: a draft, or live from a moment on.
// Every one is kept.
type Version struct {
	Number    int64           `db:"version"`
	Text      string          `db:"text"`
	Note      string          `db:"note"`
	Author    accounts.UserID `db:"author_id"`
	CreatedAt clock.Instant   `db:"created_at"`
	LiveAt    clock.Instant   `db:"live_at"` // 0: a draft
}

// Name is what turns and pages call the version.
func (v Version) Name() string { return "v" + strconv.FormatInt(v.Number, 10) }

// Draft tells whether it was never put live.
func (v Version) Draft() bool { return v.LiveAt.IsZero() }

// Policy is the version, read.
func (v Version) Policy() (Policy, error) {
	p, err := ParsePolicy(v.Text)
	p.Version = v.Name()
	return p, err
}

// Versions are all versions, newest first, at most limit.
func (s *Service) Versions(ctx context.Context, limit int) ([]Version, error) {
	return versions(ctx, s.DB, limit)
}

// VersionOf is one version. It fails with Missing.
func (s *Service) VersionOf(ctx context.Context, number int64) (Version, error) {
	v, err := version(ctx, s.DB, number)
	if db.IsNone(err) {
		return v, fault.New(fault.Missing, "web.missing")
	}
	return v, err
}

// SaveDraft keeps a policy as a new version, live for nobody yet. It is for
// operators, and is written down. A policy that cannot be read is refused with
// lines and reasons (Broken), and so is a note that is too long (Invalid on
// "note").
func (s *Service) SaveDraft(ctx context.Context, op accounts.UserID, text, note string) (Version, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	note = strings.TrimSpace(note)
	if utf8.RuneCountInString(note) > maxPolicyNote {
		return Version{}, fault.Field("note", "nudges.policy_note_long", "Max", maxPolicyNote)
	}
	if _, err := ParsePolicy(text); err != nil {
		return Version{}, err
	}
	v := Version{Text: text, Note: note, Author: op, CreatedAt: s.Clock.Now()}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if v.Number, err = insertVersion(ctx, tx, v); err != nil {
			return err
		}
		return s.Accounts.Audit(ctx, tx, op, "policy.draft", v.Name(), note)
	})
	return v, err
}

// ErrUnsound is returned for a policy that the verifier finds fault with.
var ErrUnsound = errors.New("nudges: the policy is not sound")

// GoLive makes a version the policy from a moment on, now at the earliest. Turns
// that are open then keep their deadlines; the steps that lie ahead of them are
// the new ones. It is for operators, and is written down. It fails with
// ErrUnsound, with Missing, with Conflict when it is or was live, and with Invalid
// on "at" for a moment that has passed.
func (s *Service) GoLive(ctx context.Context, op accounts.UserID, number int64, at clock.Instant) error {
	v, err := s.VersionOf(ctx, number)
	if err != nil {
		return err
	}
	p, err := v.Policy()
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if !v.Draft() && !now.Before(v.LiveAt) {
		return fault.New(fault.Conflict, "nudges.policy_was_live") // its history stays as it was
	}
	if at.IsZero() {
		at = now
	}
	if at.Before(now) {
		return fault.Field("at", "nudges.policy_past")
	}
	if !Sound(Verify(p, now)) {
		return ErrUnsound
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := setLive(ctx, tx, number, at); err != nil {
			return err
		}
		tx.AfterCommit(s.stored.forget)
		return s.Accounts.Audit(ctx, tx, op, "policy.live", v.Name(), at.Time().UTC().Format("2006-01-02T15:04Z"))
	})
}

// LiveVersion is the version that holds at a moment; false when none does, and
// the policy is the file's or the built-in one.
func (s *Service) LiveVersion(ctx context.Context, q db.Queryer, at clock.Instant) (Version, bool, error) {
	v, err := liveVersion(ctx, q, at)
	if db.IsNone(err) {
		return v, false, nil
	}
	return v, err == nil, err
}
