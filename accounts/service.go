package accounts

import (
	"context"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/web"
)

// MailTo is the name of a value a letter's args may hold: the address the letter
// goes to instead of the person's own. It is never shown.
const MailTo = "mail.to"

// TextTo is the name of a value a short message's args hold: the number it goes
// to. It is never shown.
const TextTo = "text.to"

// Service is everything this package does.
type Service struct {
	DB        *db.DB
	Clock     clock.Clock
	Jobs      *jobs.Queue
	Passwords *Passwords

	// Mailer writes somebody a letter about their account within tx: keys
	// <key>.subject, .lead, .why and .button, and the path its button leads to.
	// The path may hold a secret, so it goes to the mailbox and nowhere else. It
	// is set once, before the first request.
	Mailer func(ctx context.Context, tx *db.Tx, to UserID, key string, args map[string]any, url string) error
	// Texter sends somebody a short message about their account within tx, to the
	// number in args[TextTo], unless it is stale by then: key <key>.text. It is nil
	// where nobody carries short messages.
	Texter func(ctx context.Context, tx *db.Tx, to UserID, key string, args map[string]any, stale clock.Instant) error
	// Texts are the ways in which short messages go out here: BySMS, ByWhatsApp;
	// none: nobody is asked for a number.
	Texts []string
	// Closers are asked, in order, when somebody deletes their account. A fault
	// refuses it and says why; otherwise they remove what is theirs to remove.
	Closers []func(ctx context.Context, tx *db.Tx, id UserID) error
	// Changed are told, in the transaction that stores it, that a person may be
	// reached at other hours or by other channels from now on.
	Changed []func(ctx context.Context, tx *db.Tx, id UserID) error
	// Ended are told, in the transaction that does it, that a person ended sessions
	// of theirs, and which live on.
	Ended []func(ctx context.Context, tx *db.Tx, id UserID, living []string) error
	// Exporters give the parts of the data download: a file name without ending,
	// and anything that JSON can hold.
	Exporters []func(ctx context.Context, id UserID) (name string, data any, err error)
	// ChannelParts are what upper packages add to the page of channels. A nil
	// component is left out.
	ChannelParts []func(c *web.Ctx) (templ.Component, error)
}

// New is a service without a mailer. q works its jobs; see Work.
func New(d *db.DB, c clock.Clock, q *jobs.Queue) *Service {
	return &Service{DB: d, Clock: c, Jobs: q, Passwords: NewPasswords(Strong)}
}

// Get is a person, deleted ones too. It fails with a Missing fault.
func (s *Service) Get(ctx context.Context, q db.Queryer, id UserID) (User, error) {
	tx, writing := q.(*db.Tx)
	if writing {
		if u, ok := tx.Kept(usersTable, id).(User); ok {
			return u, nil
		}
	}
	u, err := userByID(ctx, q, id)
	if db.IsNone(err) {
		return User{}, fault.New(fault.Missing, "web.missing")
	}
	if writing && err == nil {
		tx.Keep(usersTable, id, u)
	}
	return u, err
}

// usersTable is where people are stored; see db.Tx.Keep.
const usersTable = "users"

// Many are several people by id; those that do not exist are left out.
func (s *Service) Many(ctx context.Context, q db.Queryer, ids []UserID) (map[UserID]User, error) {
	out := make(map[UserID]User, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	tx, writing := q.(*db.Tx)
	left := ids
	if writing {
		left = nil
		for _, id := range ids {
			if u, ok := tx.Kept(usersTable, id).(User); ok {
				out[id] = u
			} else {
				left = append(left, id)
			}
		}
		if len(left) == 0 {
			return out, nil
		}
	}
	us, err := usersByID(ctx, q, left)
	for _, u := range us {
		out[u.ID] = u
		if writing {
			tx.Keep(usersTable, u.ID, u)
		}
	}
	return out, err
}

// ByEmail is the person with an address. It fails with a Missing fault. It is
// for staff and commands, never for a page that strangers see.
func (s *Service) ByEmail(ctx context.Context, q db.Queryer, email string) (User, error) {
	u, err := userByEmail(ctx, q, Fold(email))
	if db.IsNone(err) {
		return User{}, fault.New(fault.Missing, "accounts.no_such_address")
	}
	return u, err
}

// mail writes a letter, when there is a mailer.
func (s *Service) mail(ctx context.Context, tx *db.Tx, to UserID, key string, args map[string]any, url string) error {
	if s.Mailer == nil {
		return nil
	}
	return s.Mailer(ctx, tx, to, key, args, url)
}

// changed tells that a person may be reached otherwise from now on.
func (s *Service) changed(ctx context.Context, tx *db.Tx, id UserID) error {
	for _, tell := range s.Changed {
		if err := tell(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
