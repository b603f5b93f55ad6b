package nudges

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
)

// Given is what somebody filled in on the page of a link.
type Given struct {
	When     clock.Instant // to post it
	Carrier  string
	Tracking string
	Claim    string
	Note     string // a reason, a story
	Text     string // a message, a review
	Verdict  string
	Step     string // of the ladder, whose reminder led here
	Undo     bool   // take back what the link did
}

// extendDays are the business days that a link asks for, as the site does.
const extendDays = 2

// Tap does what a link lets its reader do, once, in one transaction with the
// note of it. Errors: ErrNoLink, ErrExpired; ErrUsed when it was done before;
// ErrOver when it is no longer owed; the faults of the move itself.
func (s *Service) Tap(ctx context.Context, token string, in Given) (about, error) {
	b, err := s.askBefore(ctx, token)
	if err != nil {
		return b, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		if b, err = s.open(ctx, tx, token); err != nil {
			return err
		}
		d, ok := deedOf(b.turn.Kind, b.side, b.deed)
		if !ok || d.leads != "" {
			return ErrNoLink
		}
		if d.code == muteCode {
			return s.hush(ctx, tx, b, in)
		}
		first, err := tapped(ctx, tx, s.Clock.Now(), b.turn.ID, b.user.ID, s.once(b, d, in))
		switch {
		case err != nil:
			return err
		case !first:
			return ErrUsed
		case !b.may(d):
			return ErrOver
		}
		return s.act(ctx, tx, b, d, in)
	})
	return b, err
}

// askBefore asks outside what the trade has to know before the move of a link.
func (s *Service) askBefore(ctx context.Context, token string) (about, error) {
	b, err := s.open(ctx, s.DB, token)
	if err != nil {
		return b, err
	}
	if d, ok := deedOf(b.turn.Kind, b.side, b.deed); ok && d.event != "" && b.may(d) {
		err = s.Orders.Before(ctx, b.order.ID, d.event, b.role)
	}
	return b, err
}

// once is what may not be done twice with a deed: the deed itself; of times and
// messages, the same one again.
func (s *Service) once(b about, d deed, in Given) string {
	switch {
	case d.asks == askWhen:
		return d.name + ":" + strconv.FormatInt(int64(in.When), 10)
	case d.code == laterCode:
		return d.name + ":" + s.Clock.Now().In(clock.Zone(b.user.Zone)).Format(time.DateOnly)
	case d.asks == askText || d.asks == askStaff:
		sum := sha256.Sum256([]byte(strings.TrimSpace(in.Text)))
		return d.name + ":" + hex.EncodeToString(sum[:8])
	}
	return d.name
}

// act does it, as the one the link is for.
func (s *Service) act(ctx context.Context, tx *db.Tx, b about, d deed, in Given) error {
	if d.event != "" {
		_, err := s.Orders.MoveTx(ctx, tx, b.order.ID, d.event, orders.Who{Actor: b.role, User: b.user.ID}, orders.Input{
			Carrier: in.Carrier, Tracking: in.Tracking, Claim: orders.Claim(in.Claim), Note: in.Note, Days: extendDays,
		})
		return err
	}
	switch d.name {
	case "plan":
		return s.Orders.PlanPostingTx(ctx, tx, b.order.ID, b.user.ID, in.When)
	case "later":
		return s.later(ctx, tx, b)
	case "accept":
		_, err := s.Orders.AcceptTx(ctx, tx, b.offer.ID, b.user.ID)
		return err
	case "decline":
		return s.Orders.DeclineTx(ctx, tx, b.offer.ID, b.user.ID)
	case "reply", "propose":
		c, err := s.Messages.Conversation(ctx, tx, b.thread(), b.user.ID)
		if err != nil {
			return err
		}
		return s.Messages.SendTx(ctx, tx, b.user.ID, c, in.Text, "")
	case "settle":
		return s.Messages.SettleTx(ctx, tx, b.user.ID, b.conv.ID)
	case "review":
		return s.Orders.WriteReviewTx(ctx, tx, b.order.ID, b.user.ID, orders.Verdict(in.Verdict), in.Text)
	case "person":
		_, err := s.Messages.OpenCaseTx(ctx, tx, b.user.ID, string(b.order.ID), b.order.Title, b.order.Photo, in.Text)
		return err
	}
	return ErrNoLink
}

// hush mutes what the link is about, or takes that back. It may be done over and
// over.
func (s *Service) hush(ctx context.Context, tx *db.Tx, b about, in Given) error {
	if in.Undo {
		return s.Unmute(ctx, tx, b.user.ID, b.turn.Subject)
	}
	step := in.Step
	live, err := s.Live(ctx, tx)
	if err != nil {
		return err
	}
	if _, ok := live.For(b.turn).Step(step); !ok {
		step = ""
	}
	return s.Mute(ctx, tx, b.user.ID, b.turn.Subject, b.turn.ID, step)
}

// laterBy is the waking time for which "not yet" is left alone.
const laterBy = 24 * time.Hour

// later is the owner saying that they have not got round to it: no reminder for
// a waking day, but for the last warning.
func (s *Service) later(ctx context.Context, tx *db.Tx, b about) error {
	until, err := s.untilLater(ctx, tx, b)
	if err != nil {
		return err
	}
	if err := turn.Snooze(ctx, tx, b.turn.ID, until, turn.StepPlan); err != nil {
		return err
	}
	return s.Messages.Append(ctx, tx, b.thread(), messaging.Entry{
		Kind: messaging.Note, Author: b.user.ID, Key: "link.stream.later", Ref: b.turn.Subject,
	})
}

// untilLater is when they are reminded next after "not yet".
func (s *Service) untilLater(ctx context.Context, q db.Queryer, b about) (clock.Instant, error) {
	plan, err := s.Plan(ctx, q, b.turn)
	until := calendar.WakingAdd(s.Clock.Now(), laterBy, b.user.Quiet())
	if i := slices.IndexFunc(plan.Next, func(p Planned) bool { return p.Warning }); i >= 0 {
		until = min(until, plan.Next[i].At)
	}
	return min(until, b.turn.DueAt), err
}
