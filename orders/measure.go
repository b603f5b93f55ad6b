package orders

import (
	"context"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/db"
)

// How people are measured.
const (
	minSamples   = 3              // fewer say nothing
	maxSamples   = 30             // the newest count
	recently     = 48 * time.Hour // whoever moved within this is measured anew
	maxMeasured  = 5_000          // people a round
	fastHours    = 24             // "posts within a day"
	shortestPost = 1              // hours; 0 would mean "too few to say"
)

// MeasureAll works out anew how fast those reply and post who did so recently.
func (s *Service) MeasureAll(ctx context.Context) error {
	people, err := movedSince(ctx, s.DB, s.Clock.Now().Add(-recently), maxMeasured)
	if err != nil {
		return err
	}
	for _, u := range people {
		if err := s.Measure(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// Measure works out somebody's reply time (the median of waking minutes until
// they answered a message or an offer) and posting time (the median of hours
// from paid to posted), and shows them on profiles and cards. Fewer than three
// of either say nothing.
func (s *Service) Measure(ctx context.Context, who accounts.UserID) error {
	u, err := s.Accounts.Get(ctx, s.DB, who)
	if err != nil {
		return err
	}
	replies, err := answers(ctx, s.DB, who, maxSamples)
	if err != nil {
		return err
	}
	posts, err := postings(ctx, s.DB, who, maxSamples)
	if err != nil {
		return err
	}
	var minutes, hours []int64
	for _, r := range replies {
		minutes = append(minutes, int64(calendar.Waking(r.From, r.Until, u.Quiet())/time.Minute))
	}
	for _, p := range posts {
		hours = append(hours, int64(p.Until.Sub(p.From)/time.Hour))
	}
	reply, post := median(minutes), median(hours)
	if reply == u.ReplyMinutes && post == u.PostHours {
		return nil
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Accounts.SetMeasured(ctx, tx, who, reply, post); err != nil {
			return err
		}
		return s.Listings.SetMeasured(ctx, tx, who, post > 0 && post <= fastHours)
	})
}

// median is the middle of vs, at least 1, or 0 when there are too few.
func median(vs []int64) int64 {
	if len(vs) < minSamples {
		return 0
	}
	slices.Sort(vs)
	m := vs[len(vs)/2]
	if len(vs)%2 == 0 {
		m = (vs[len(vs)/2-1] + m) / 2
	}
	return max(m, shortestPost)
}
