package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
)

// Kinds of tokens.
const (
	tokenConfirm     = "confirm"
	tokenReset       = "reset"
	tokenChangeEmail = "change_email"
)

// How long a token may be used.
const (
	confirmLife = 24 * time.Hour
	resetLife   = time.Hour
)

// maxSecret is the longest secret looked up, in bytes.
const maxSecret = 128

// Token is a single-use, short-lived secret sent by e-mail, or a code sent to a
// phone. Only its hash is stored: of a code, which could be guessed, as of a
// password.
type Token struct {
	Hash      string        `db:"hash"`
	Kind      string        `db:"kind"`
	UserID    UserID        `db:"user_id"`
	Payload   string        `db:"payload"` // the new address of change_email; the number of phone
	CreatedAt clock.Instant `db:"created_at"`
	ExpiresAt clock.Instant `db:"expires_at"`
	UsedAt    clock.Instant `db:"used_at"`
}

// hash is what is stored of a secret or a name.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// issue makes a token and returns its secret, to be mailed and forgotten.
func (s *Service) issue(ctx context.Context, tx *db.Tx, kind string, user UserID, payload string, life time.Duration) (string, error) {
	secret, now := id.Secret(), s.Clock.Now()
	return secret, insertToken(ctx, tx, Token{
		Hash: hash(secret), Kind: kind, UserID: user, Payload: payload, CreatedAt: now, ExpiresAt: now.Add(life),
	})
}

// peek is the token behind a secret, if it may still be used. It changes
// nothing, so that a scanner of links does no harm.
func (s *Service) peek(ctx context.Context, q db.Queryer, secret string, kinds ...string) (Token, error) {
	stale := fault.New(fault.Conflict, "accounts.token_stale")
	if secret == "" || len(secret) > maxSecret {
		return Token{}, stale
	}
	t, err := tokenByHash(ctx, q, hash(secret))
	if db.IsNone(err) {
		return Token{}, stale
	}
	if err != nil {
		return Token{}, err
	}
	for _, k := range kinds {
		if t.Kind == k && t.UsedAt.IsZero() && s.Clock.Now().Before(t.ExpiresAt) {
			return t, nil
		}
	}
	return Token{}, stale
}

// redeem uses up the token behind a secret, once: of two at the same time, one
// gets it.
func (s *Service) redeem(ctx context.Context, tx *db.Tx, secret string, kinds ...string) (Token, error) {
	t, err := s.peek(ctx, tx, secret, kinds...)
	if err != nil {
		return Token{}, err
	}
	ok, err := useToken(ctx, tx, t.Hash, s.Clock.Now())
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "accounts.token_stale")
	}
	return t, err
}
