package orders

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/turn"
)

// maxReview is how long a review may be, in characters.
const maxReview = 600

// Verdict is how a trade went.
type Verdict string

// The verdicts.
const (
	Good Verdict = "good"
	Okay Verdict = "ok"
	Bad  Verdict = "bad"
)

// Verdicts are all of them, the best first.
var Verdicts = []Verdict{Good, Okay, Bad}

// Review is what one thinks of the other after a trade.
type Review struct {
	ID        string          `db:"id"`
	Order     ID              `db:"order_id"`
	Author    accounts.UserID `db:"author_id"`
	About     accounts.UserID `db:"about_id"`
	Verdict   Verdict         `db:"verdict"`
	Text      string          `db:"text"`
	CreatedAt clock.Instant   `db:"created_at"`
	ShownAt   clock.Instant   `db:"shown_at"` // others see it from then on
}

// Visible tells whether u may read it at now: its author always, everybody else
// once both are in or the time to write is over.
func (r Review) Visible(u accounts.UserID, now clock.Instant) bool {
	return r.Author == u || !now.Before(r.ShownAt)
}

// reviewsEnd is until when a trade may be reviewed; 0: not at all.
func (o Order) reviewsEnd() clock.Instant {
	if o.Open() || o.ReceivedAt.IsZero() && o.Claim == "" {
		return 0
	}
	return o.ClosedAt.Add(reviewDays * 24 * time.Hour)
}

// MayReview tells whether u may say how it went at now.
func (t Trade) MayReview(u accounts.UserID, now clock.Instant) bool {
	written := slices.ContainsFunc(t.Reviews, func(r Review) bool { return r.Author == u })
	return t.Order.Role(u) != "" && !written && now.Before(t.Order.reviewsEnd())
}

// WriteReview says how a trade went. A party may, once, until 14 days after it
// ended; others see it when both have, or when the 14 days are over. Faults:
// Missing to others; Conflict "orders.review_over", "orders.review_written";
// Invalid on verdict and text.
func (s *Service) WriteReview(ctx context.Context, oid ID, author accounts.UserID, v Verdict, text string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.WriteReviewTx(ctx, tx, oid, author, v, text) })
}

// WriteReviewTx is WriteReview within the caller's transaction.
func (s *Service) WriteReviewTx(ctx context.Context, tx *db.Tx, oid ID, author accounts.UserID, v Verdict, text string) error {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var fs fault.Faults
	if !slices.Contains(Verdicts, v) {
		fs.Add(fault.Field("verdict", "orders.verdict_missing"))
	}
	if utf8.RuneCountInString(text) > maxReview {
		fs.Add(fault.Field("text", "orders.note_long", "Max", maxReview))
	}
	if err := fs.Or(); err != nil {
		return err
	}
	o, _, err := s.For(ctx, tx, oid, author)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	end := o.reviewsEnd()
	if !now.Before(end) {
		return fault.New(fault.Conflict, "orders.review_over")
	}
	if locked, err := lockOrder(ctx, tx, oid); err != nil || !locked {
		return err
	}
	r := Review{ID: id.New[string]("rev", now), Order: oid, Author: author, About: o.OtherParty(author), Verdict: v, Text: text, CreatedAt: now, ShownAt: end}
	fresh, err := insertReview(ctx, tx, r)
	if err != nil {
		return err
	}
	if !fresh {
		return fault.New(fault.Conflict, "orders.review_written")
	}
	if err := s.showBoth(ctx, tx, oid, now); err != nil {
		return err
	}
	if err := s.note(ctx, tx, o, author, "orders.did.review", nil); err != nil {
		return err
	}
	return turn.CloseOf(ctx, tx, now, turn.Review, string(oid), string(author), turn.Done)
}

// showBoth shows the reviews once both are in.
func (s *Service) showBoth(ctx context.Context, tx *db.Tx, oid ID, now clock.Instant) error {
	both, err := reviewsOfOrder(ctx, tx, oid)
	if err != nil || len(both) < 2 {
		return err
	}
	return showReviews(ctx, tx, oid, now)
}

// ReviewsAbout are what others see of reviews about somebody, newest first.
func (s *Service) ReviewsAbout(ctx context.Context, u accounts.UserID, limit int) ([]Review, error) {
	return reviewsAbout(ctx, s.DB, u, s.Clock.Now(), limit)
}

// Counted is how many shown reviews say what.
type Counted struct{ Good, Okay, Bad int }

// CountReviews counts what others see of reviews about somebody.
func (s *Service) CountReviews(ctx context.Context, u accounts.UserID) (Counted, error) {
	return countReviews(ctx, s.DB, u, s.Clock.Now())
}
