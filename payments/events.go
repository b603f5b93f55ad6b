package payments

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// Receive takes a message from the provider: keeps its id and promises to look
// at what it is about, in one transaction, so that it is answered only when it
// cannot be lost. The same message again changes nothing. It fails with an
// Invalid fault when the provider did not sign it.
func (s *Service) Receive(ctx context.Context, body []byte, signature string) error {
	ev, err := s.Provider.Event(body, signature)
	if err != nil {
		f := *errForged
		f.Err = err
		return &f
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		first, err := insertEvent(ctx, tx, ev, s.Clock.Now())
		if err != nil || !first || ev.Kind == EventOther {
			return err
		}
		return s.Jobs.Insert(ctx, tx, Heard{EventID: ev.ID, Topic: ev.Kind, Object: ev.Object})
	})
}

// hear acts on a message: it looks at what the message is about.
func (s *Service) hear(ctx context.Context, h Heard) error {
	var err error
	switch h.Topic {
	case EventSession:
		v, err := s.Provider.Session(ctx, h.Object)
		if err != nil {
			return err
		}
		return s.heard(ctx, v, h.EventID)
	case EventAccount:
		err = s.refresh(ctx, h.Object)
	case EventDispute:
		err = s.LookAtDispute(ctx, h.Object)
	case EventReturn:
		err = s.lookAtReturn(ctx, h.Object)
	case EventRefund, EventMoved:
		err = s.compareMoved(ctx, h)
	}
	if err != nil {
		return err
	}
	return workedEvent(ctx, s.DB, h.EventID, s.Clock.Now())
}

// compareMoved notices money that moved without us: somebody used the
// provider's own pages. The ledger is not mended by a machine; a person is told
// in the log, and by kierto check from two days later on.
func (s *Service) compareMoved(ctx context.Context, h Heard) error {
	known, err := knownMove(ctx, s.DB, h.Object)
	if err == nil && !known {
		s.Log.WarnContext(ctx, "money moved at the provider before or without our record of it", "object", h.Object, "event", h.EventID)
	}
	return err
}
