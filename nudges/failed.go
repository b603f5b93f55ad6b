package nudges

import (
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// Failed tries the next channel for somebody whom a message about an open turn
// did not reach, at once. When none is left, whoever owes something costly is
// called. It is messaging's hook, in the transaction that notes the failure.
func (s *Service) Failed(ctx context.Context, tx *db.Tx, d messaging.Delivery) error {
	t, err := turn.Get(ctx, tx, d.Turn)
	if db.IsNone(err) || err == nil && !t.Open() {
		return nil
	}
	if err != nil {
		return err
	}
	tried, alive, err := s.tried(ctx, tx, d)
	if err != nil || alive {
		return err
	}
	u, err := s.Accounts.Get(ctx, tx, d.User)
	if err != nil {
		return err
	}
	reach, err := s.Messages.Reach(ctx, tx, []accounts.UserID{u.ID})
	if err != nil {
		return err
	}
	for _, by := range reach[u.ID] {
		if slices.Contains(tried, by) || !messaging.Takes(u, by, d.Topic, d.Warning) {
			continue
		}
		args, err := messaging.DecodeArgs(d.RawArgs)
		if err != nil {
			return err
		}
		return s.Messages.Tell(ctx, tx, messaging.Telling{
			To: u.ID, Topic: d.Topic, Key: d.Key, Args: args, URL: d.URL, Thread: d.Thread, Dedupe: dedupe(d.Turn, d.Step, d.User),
			Turn: d.Turn, Step: d.Step, Warning: d.Warning, By: []string{by}, Stale: d.StaleAt,
		})
	}
	p, err := s.Live(ctx, tx)
	if err != nil || t.Owner != string(d.User) {
		return err
	}
	if _, costly := p.For(t).Warning(); !costly {
		return nil
	}
	return s.Ring(ctx, tx, d.User, t.ID, CallFailed)
}

// tried are the channels out of the house by which somebody was told of a step,
// and whether one of them still may reach them.
func (s *Service) tried(ctx context.Context, q db.Queryer, d messaging.Delivery) (tried []string, alive bool, err error) {
	ds, err := s.Messages.DeliveriesAbout(ctx, q, d.Turn)
	for _, x := range ds {
		if x.Step != d.Step || x.User != d.User || x.Channel == messaging.App {
			continue
		}
		tried = append(tried, messaging.Way(x.Channel))
		alive = alive || x.ID != d.ID && (x.State == messaging.Queued || x.State == messaging.Sending || x.State == messaging.Sent)
	}
	return tried, alive, err
}
