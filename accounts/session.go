package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// sessionGrain is how much later a session must end to be worth a write: each
// request moves the end, and writing that every time would cost a commit a page.
const sessionGrain = time.Hour

// sessionStored is a value a session carries while a request holds it: the hash
// it was found under.
const sessionStored = "stored"

// Session is a signed-in browser.
type Session struct {
	ID        string        `db:"token_hash"` // hash of the token, as in web.Reader.Session
	UserID    UserID        `db:"user_id"`
	Data      string        `db:"data"`
	Agent     string        `db:"agent"`
	CreatedAt clock.Instant `db:"created_at"`
	SeenAt    clock.Instant `db:"seen_at"`    // to the hour
	ExpiresAt clock.Instant `db:"expires_at"` // real time, not the demo's
}

// SessionStore keeps sessions in the database, for the session manager. Sessions
// end by real time: moving the demo's clock signs nobody out.
type SessionStore struct {
	DB    *db.DB
	Clock clock.Clock
}

// SessionStore is the store of this service's sessions.
func (s *Service) SessionStore() *SessionStore { return &SessionStore{DB: s.DB, Clock: s.Clock} }

var _ scs.CtxStore = (*SessionStore)(nil)

// sessionID is what is stored of a session token; the session manager hashes the
// same way.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// FindCtx implements scs.CtxStore.
func (st *SessionStore) FindCtx(ctx context.Context, id string) ([]byte, bool, error) {
	row, err := sessionByID(ctx, st.DB, id, realNow())
	if db.IsNone(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	deadline, values, err := decodeSession(row.Data)
	if err != nil {
		return nil, false, nil // written by another version: sign in again
	}
	values[sessionStored] = id
	b, err := scs.GobCodec{}.Encode(deadline, values)
	return b, err == nil, err
}

// CommitCtx implements scs.CtxStore. A session that was found before is only
// updated: if it was ended meanwhile, by a new password or from another browser,
// a request that was still running does not bring it back.
func (st *SessionStore) CommitCtx(ctx context.Context, id string, b []byte, expiry time.Time) error {
	deadline, values, err := scs.GobCodec{}.Decode(b)
	if err != nil {
		return err
	}
	found := values[sessionStored] == id
	delete(values, sessionStored)
	same := false
	if found {
		row, err := sessionByID(ctx, st.DB, id, realNow())
		if err != nil {
			return unlessEnded(err)
		}
		_, old, err := decodeSession(row.Data)
		same = err == nil && reflect.DeepEqual(old, values)
		if same && clock.Of(expiry).Sub(row.ExpiresAt) < sessionGrain {
			return nil
		}
	}
	if b, err = (scs.GobCodec{}).Encode(deadline, values); err != nil {
		return err
	}
	user, _ := values[web.SessionUser].(string)
	agent, _ := values[web.SessionAgent].(string)
	now := st.Clock.Now()
	row := Session{
		ID: id, UserID: UserID(user), Data: base64.StdEncoding.EncodeToString(b), Agent: agent,
		CreatedAt: now, SeenAt: now, ExpiresAt: clock.Of(expiry),
	}
	if !found {
		return insertSession(ctx, st.DB, row)
	}
	if err := updateSession(ctx, st.DB, row); !same {
		return err
	}
	return nil // only the end would have moved: on a full disk people can still read
}

// unlessEnded is err, or nil when it says that a session has ended meanwhile.
func unlessEnded(err error) error {
	if db.IsNone(err) {
		return nil
	}
	return err
}

// DeleteCtx implements scs.CtxStore.
func (st *SessionStore) DeleteCtx(ctx context.Context, id string) error {
	return deleteSession(ctx, st.DB, id)
}

// Find implements scs.Store.
func (st *SessionStore) Find(id string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), id)
}

// Commit implements scs.Store.
func (st *SessionStore) Commit(id string, b []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), id, b, expiry)
}

// Delete implements scs.Store.
func (st *SessionStore) Delete(id string) error { return st.DeleteCtx(context.Background(), id) }

func decodeSession(data string) (time.Time, map[string]any, error) {
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return time.Time{}, nil, err
	}
	return scs.GobCodec{}.Decode(b)
}

func realNow() clock.Instant { return clock.System{}.Now() }

// Sessions are a person's signed-in browsers, the newest first.
func (s *Service) Sessions(ctx context.Context, user UserID) ([]Session, error) {
	return sessionsOf(ctx, s.DB, user, realNow())
}

// EndSession signs one of the person's browsers out. Somebody else's session is
// a Missing fault.
func (s *Service) EndSession(ctx context.Context, user UserID, id string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		ok, err := deleteSessionOf(ctx, tx, user, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Missing, "web.missing")
		}
		return s.ended(ctx, tx, user)
	})
}

// EndSessions signs all of the person's browsers out, but the one named keep.
func (s *Service) EndSessions(ctx context.Context, user UserID, keep string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.endSessions(ctx, tx, user, keep) })
}

func (s *Service) endSessions(ctx context.Context, tx *db.Tx, user UserID, keep string) error {
	if err := deleteSessions(ctx, tx, user, keep); err != nil {
		return err
	}
	return s.ended(ctx, tx, user)
}

// ended tells that a person ended sessions of theirs.
func (s *Service) ended(ctx context.Context, tx *db.Tx, user UserID) error {
	ss, err := sessionsOf(ctx, tx, user, realNow())
	if err != nil {
		return err
	}
	living := make([]string, len(ss))
	for i, x := range ss {
		living[i] = x.ID
	}
	for _, f := range s.Ended {
		if err := f(ctx, tx, user, living); err != nil {
			return err
		}
	}
	return nil
}

// browsers and systems are looked for in this order: many claim to be others.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"},
		{"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// Agent is a browser and its system in a few words: "Firefox · Android"; "" when
// neither is known.
func Agent(header string) string {
	var parts []string
	for _, known := range [][][2]string{browsers, systems} {
		for _, k := range known {
			if strings.Contains(header, k[0]) {
				parts = append(parts, k[1])
				break
			}
		}
	}
	return strings.Join(parts, " · ")
}
