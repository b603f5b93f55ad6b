// Package desk is the operators' room: the trades nearest to going silent, and
// everything a person needs to help them on. It moves trades by the same rules
// as everybody; what operators do here is written down.
package desk

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Limits of the desk.
const (
	queueLen   = 100   // trades in the queue
	candidates = 500   // the most urgent that are ranked
	pageLen    = 50    // rows of a list
	maxReason  = 1_000 // characters of a reason
)

// When a trade comes into the queue.
const (
	soonWithin    = 48 * time.Hour      // before it lapses, once half of its time is gone
	ruleWithin    = 48 * time.Hour      // that staff mean to decide in, long before the hard stop
	moneyWithin   = 24 * time.Hour      // that a failed payout or refund may wait
	carrierSilent = 4 * 24 * time.Hour  // without a scan
	carrierAhead  = 7 * 24 * time.Hour  // before a carrier's turn ends we look for silence
	failedWithin  = 30 * 24 * time.Hour // that a failed delivery is remembered
)

// Service is everything the desk does.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Accounts *accounts.Service
	Messages *messaging.Service
	Listings *listings.Service
	Shipping *shipping.Service
	Payments *payments.Service
	Orders   *orders.Service
	Nudges   *nudges.Service
}

// New is the desk over all packages to its left.
func New(d *db.DB, c clock.Clock, log *slog.Logger, a *accounts.Service, m *messaging.Service, l *listings.Service,
	sh *shipping.Service, p *payments.Service, o *orders.Service, n *nudges.Service) *Service {
	return &Service{DB: d, Clock: c, Log: log, Accounts: a, Messages: m, Listings: l, Shipping: sh, Payments: p, Orders: o, Nudges: n}
}

// reason is what an operator wrote as the reason, or what is wrong with it.
func reason(text string, needed bool) (string, *fault.Fault) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case text == "" && needed:
		return "", fault.Field("note", "desk.reason_missing")
	case utf8.RuneCountInString(text) > maxReason:
		return "", fault.Field("note", "desk.reason_long", "Max", maxReason)
	}
	return text, nil
}

// allowed makes sure, right before money moves, that it is op who asks. Faults
// go to *fs; anything else is returned.
func (s *Service) allowed(ctx context.Context, op accounts.UserID, password string, fs *fault.Faults) error {
	err := s.Accounts.CheckPassword(ctx, op, password)
	if wrong := fault.As(err); len(wrong) > 0 {
		for _, f := range wrong {
			if f.Field == "" {
				g := *f
				g.Field = "password"
				f = &g
			}
			fs.Add(f)
		}
		return nil
	}
	return err
}
