package messaging

import (
	"context"

	"github.com/kierto/kierto/internal/db"
)

// Arrival is what a provider, or the post, says later about a message it took.
type Arrival struct {
	Delivery DeliveryID // when it tells our own name for it
	Channel  string     // otherwise the channel, and
	Receipt  string     // the provider's own name
	Failed   bool       // it will not arrive; otherwise it has
	Reason   string     // why not, in the provider's words
	Gone     bool       // nothing sent to this address ever arrives
}

// Arrived notes what became of a message. The same may be said twice, late, in
// any order and before our own note of having sent it: what is known to have
// arrived stays so. Of one that failed the follow-up hears in the same
// transaction. It says false about a message we do not know.
func (s *Service) Arrived(ctx context.Context, a Arrival) (known bool, err error) {
	a.Delivery, a.Receipt, a.Reason = DeliveryID(tidy(string(a.Delivery))), tidy(a.Receipt), tidy(a.Reason)
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		did := a.Delivery
		if did == "" {
			if did, err = byReceipt(ctx, tx, a.Channel, a.Receipt); db.IsNone(err) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		d, err := loadDelivery(ctx, tx, did)
		if db.IsNone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		known = true
		if !a.Failed {
			ds, err := arrived(ctx, tx, did, s.Clock.Now())
			if err != nil {
				return err
			}
			return s.went(ctx, tx, s.aboutTurns(ds))
		}
		return s.fail(ctx, tx, d, clip(a.Reason, maxReason), a.Gone)
	})
	return known, err
}

// fail ends a message, and those it told too, that will not arrive, and tells
// the follow-up.
func (s *Service) fail(ctx context.Context, tx *db.Tx, d Delivery, reason string, gone bool) error {
	ds, err := bounced(ctx, tx, d.ID, s.Clock.Now(), reason)
	if err != nil {
		return err
	}
	if gone && len(ds) > 0 && d.Channel == Email {
		if err := s.Accounts.MailBad(ctx, tx, d.User, d.Address); err != nil {
			return err
		}
	}
	for _, x := range ds {
		if x.Turn == "" || s.Failed == nil {
			continue
		}
		if err := s.Failed(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}
