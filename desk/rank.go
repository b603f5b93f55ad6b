package desk

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// How the queue is ranked: what is at stake, times how late it is, times how
// likely it goes wrong without help.
const (
	leastStake   = 20.0 // in whole units of the currency: a question without a price matters too
	doublesEvery = 24.0 // hours in which lateness counts twice as much
	farthest     = 3.0  // doublings to either side that count
	priorLapsed  = 1.0  // what is thought of somebody without a history: one of
	priorTurns   = 8.0  // so many turns lapses
	certain      = 1.0  // the risk where only a person can help
)

// history is how a person's turns ended.
type history struct {
	Ended, Lapsed int
}

// risk is the chance that the next one lapses too, as far as the past tells.
func (h history) risk() float64 {
	return (float64(h.Lapsed) + priorLapsed) / (float64(h.Ended) + priorTurns)
}

// ranked is a thing in the queue with what its place in it comes from.
type ranked struct {
	stalled
	Past  map[accounts.UserID]history
	Score float64
}

// rank puts the queue in order: the highest stake × lateness × risk first, at
// most limit.
func (s *Service) rank(ctx context.Context, q db.Queryer, now clock.Instant, xs []stalled, limit int) ([]ranked, error) {
	var ids []accounts.UserID
	for _, x := range xs {
		ids = append(ids, x.Buyer, x.Seller)
	}
	slices.Sort(ids)
	past, err := historiesOf(ctx, q, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := make([]ranked, len(xs))
	for i, x := range xs {
		out[i] = ranked{stalled: x, Past: past, Score: x.stake() * x.lateness(now) * x.riskOf(past)}
	}
	slices.SortStableFunc(out, func(a, b ranked) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return out[:min(limit, len(out))], nil
}

// stake is the value of what is stalled.
func (x stalled) stake() float64 { return max(leastStake, float64(x.Minor)/100) }

// lateness is 1 at the moment somebody has to look, and doubles every day.
func (x stalled) lateness(now clock.Instant) float64 {
	days := now.Sub(x.Due).Hours() / doublesEvery
	return math.Exp2(min(farthest, max(-farthest, days)))
}

// riskOf is how likely it ends badly if nobody helps: where a machine can do no
// more, certainly; else as both people's turns ended before.
func (x stalled) riskOf(past map[accounts.UserID]history) float64 {
	if x.Cause != bySoon && x.Cause != byCarrier {
		return certain
	}
	return 1 - (1-past[x.Buyer].risk())*(1-past[x.Seller].risk())
}

// record says how the turns of whoever owes ended before; "" when nothing stands
// out.
func (v speaker) record(x ranked) string {
	h := x.Past[x.owes()]
	if h.Lapsed == 0 || x.owes() == "" {
		return ""
	}
	return " " + v.T("desk.record", "Who", v.first(x.owes()), "Lapsed", strconv.Itoa(h.Lapsed), "Ended", strconv.Itoa(h.Ended))
}
