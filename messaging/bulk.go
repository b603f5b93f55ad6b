package messaging

import (
	"context"
	"errors"
	"sync"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
)

// sendersAtOnce is how many deliveries of one job go out at the same time.
const sendersAtOnce = 4

// deliverSome is DeliverOne for several. What one of them lacks the others do
// not suffer for.
func (s *Service) deliverSome(ctx context.Context, ids []DeliveryID) error {
	if !s.Jobs.Started() { // worked by hand, one after another, in the order of ids
		var errs []error
		for _, did := range ids {
			errs = append(errs, s.DeliverOne(ctx, did))
		}
		return errors.Join(errs...)
	}
	var all sync.WaitGroup
	errs := make([]error, len(ids))
	turnstile := make(chan struct{}, sendersAtOnce)
	for i, did := range ids {
		turnstile <- struct{}{}
		all.Go(func() {
			errs[i] = s.DeliverOne(ctx, did)
			<-turnstile
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// Posting is an entry and where it goes.
type Posting struct {
	To    ConversationID
	Entry Entry
}

// AppendMany is Append for many entries that nobody wrote and everybody sees: of
// the clock's. It takes a few statements, however many they are.
func (s *Service) AppendMany(ctx context.Context, tx *db.Tx, ps []Posting) error {
	if len(ps) == 0 {
		return nil
	}
	now := s.Clock.Now()
	count := map[ConversationID]int64{}
	var order []ConversationID
	for _, p := range ps {
		if p.Entry.Author != "" || p.Entry.OnlyFor != "" {
			return errors.New("messaging: only entries of the clock's come in bulk")
		}
		if count[p.To] == 0 {
			order = append(order, p.To)
		}
		count[p.To]++
	}
	cs, err := nextMany(ctx, tx, order, count, now)
	if err != nil {
		return err
	}
	seq := make(map[ConversationID]int64, len(cs))
	var topics []string
	for _, c := range cs {
		seq[c.ID] = c.LastSeq - count[c.ID]
		topics = append(topics, c.topic(), UserTopic(c.Buyer))
		if c.Seller != "" {
			topics = append(topics, UserTopic(c.Seller))
		}
	}
	es := make([]Entry, len(ps))
	for i, p := range ps {
		if _, ok := seq[p.To]; !ok {
			return missing()
		}
		seq[p.To]++
		es[i] = p.Entry
		es[i].ID, es[i].Conversation, es[i].Seq, es[i].At = id.New[EntryID]("ent", now), p.To, seq[p.To], now
	}
	s.Live.Wake(ctx, tx, topics...)
	return insertEntries(ctx, tx, es)
}

// LoadMany are several conversations by id; those that do not exist are left out.
func (s *Service) LoadMany(ctx context.Context, q db.Queryer, ids []ConversationID) (map[ConversationID]Conversation, error) {
	cs, err := loadMany(ctx, q, ids)
	out := make(map[ConversationID]Conversation, len(cs))
	for _, c := range cs {
		out[c.ID] = c
	}
	return out, err
}
