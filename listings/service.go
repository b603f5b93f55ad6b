package listings

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/blob"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
)

// currency of every price.
const currency = "EUR"

// maxDrafts is how many drafts one seller may keep.
const maxDrafts = 30

// Service is everything there is to do with what is for sale.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Log      *slog.Logger
	Accounts *accounts.Service
	Messages *messaging.Service
	Blobs    *blob.Dir // originals for a moment, and the three sizes of each photo
	Tree     *Tree

	// ShipOptions are the ways a listing travels to a postcode, with their
	// prices, for its page. It is set where the program is put together, because
	// listings know nothing of carriers; nil shows only the names of the ways.
	ShipOptions func(f web.Frame, l Listing, postcode string) ([]Ship, error)

	// BuyerFee is what a buyer pays besides the price, for the line below it; nil
	// says nothing.
	BuyerFee func(l Listing) money.Amount

	// Extra is what an upper package shows a reader above the buttons of a
	// listing's page, such as their open trade about it; nil shows nothing.
	Extra func(c *web.Ctx, l Listing) (templ.Component, error)

	// OffSale is told, in the same transaction, of a listing that its seller took
	// off sale or sold elsewhere, or that an operator hid: whoever waits for an
	// answer about it waits for nothing. nil tells nobody.
	OffSale func(ctx context.Context, tx *db.Tx, l Listing) error

	counts counts
	strays strays
	pruned atomic.Int64 // how often Prune looked at a block of the search index
}

// Ship is one way a listing can travel, worded for its reader.
type Ship struct {
	Name, More string
	Price      money.Amount
	Carried    bool // by a carrier, not handed over
}

// Get is one listing, whatever its state. Who may see it is the caller's to
// ask: Public, or the seller, or an operator. Fault Missing "listings.missing".
func (s *Service) Get(ctx context.Context, q db.Queryer, id ID) (Listing, error) {
	return get(ctx, q, id)
}

// Many are the listings of these ids that exist.
func (s *Service) Many(ctx context.Context, q db.Queryer, ids []ID) (map[ID]Listing, error) {
	ls, err := many(ctx, q, ids)
	out := make(map[ID]Listing, len(ls))
	for _, l := range ls {
		out[l.ID] = l
	}
	return out, err
}

// Categories are the categories and their fields.
func (s *Service) Categories() *Tree { return s.Tree }

// change holds a listing, lets fn change it, and saves it.
func (s *Service) change(ctx context.Context, tx *db.Tx, id ID, fn func(l *Listing) error) (Listing, error) {
	l, err := lock(ctx, tx, id)
	if err != nil {
		return l, err
	}
	if err := fn(&l); err != nil {
		return l, err
	}
	return s.save(ctx, tx, l)
}

// Reserve takes a listing off sale for a buyer. Fault Conflict "listings.gone"
// when it is not on sale (any more).
func (s *Service) Reserve(ctx context.Context, tx *db.Tx, id ID) error {
	ours, err := reserve(ctx, tx, id, s.Clock.Now())
	if err != nil {
		return err
	}
	if !ours {
		return fault.New(fault.Conflict, "listings.gone")
	}
	return dropFilters(ctx, tx, id)
}

// Release puts a listing back on sale, in its old place, if it was reserved.
// Otherwise it does nothing.
func (s *Service) Release(ctx context.Context, tx *db.Tx, id ID) error {
	l, err := lock(ctx, tx, id)
	if err != nil || l.State != Reserved {
		return err
	}
	l.State = Live
	_, err = s.save(ctx, tx, l)
	return err
}

// Shelve takes a reserved listing off sale: its trade ended, and the thing is
// not there to be sold again. Its seller may put it on sale once more. When it
// is not reserved it does nothing.
func (s *Service) Shelve(ctx context.Context, tx *db.Tx, id ID) error {
	l, err := lock(ctx, tx, id)
	if err != nil || l.State != Reserved {
		return err
	}
	l.State = Withdrawn
	_, err = s.save(ctx, tx, l)
	return err
}

// Sold says that a reserved listing is sold. Twice is fine. Fault Conflict
// "listings.gone" when it was not reserved.
func (s *Service) Sold(ctx context.Context, tx *db.Tx, id ID) error {
	l, err := lock(ctx, tx, id)
	if err != nil || l.State == Sold && !l.SoldByHand {
		return err
	}
	if l.State != Reserved {
		return fault.New(fault.Conflict, "listings.gone")
	}
	l.State, l.SoldAt = Sold, s.Clock.Now()
	_, err = s.save(ctx, tx, l)
	return err
}

// Hide takes a listing out of everybody's sight but its seller's and staff's;
// for operators. Twice is fine.
func (s *Service) Hide(ctx context.Context, tx *db.Tx, id ID) error {
	l, err := s.setHidden(ctx, tx, id, true)
	if err != nil {
		return err
	}
	return s.offSale(ctx, tx, l)
}

func (s *Service) offSale(ctx context.Context, tx *db.Tx, l Listing) error {
	if s.OffSale == nil {
		return nil
	}
	return s.OffSale(ctx, tx, l)
}

// Show undoes Hide.
func (s *Service) Show(ctx context.Context, tx *db.Tx, id ID) error {
	_, err := s.setHidden(ctx, tx, id, false)
	return err
}

func (s *Service) setHidden(ctx context.Context, tx *db.Tx, id ID, hidden bool) (Listing, error) {
	return s.change(ctx, tx, id, func(l *Listing) error {
		l.Hidden = hidden
		return nil
	})
}

// HideAllOf hides everything a seller has; for suspending somebody.
func (s *Service) HideAllOf(ctx context.Context, tx *db.Tx, seller accounts.UserID) error {
	return s.each(ctx, tx, seller, false, s.Hide)
}

// ShowAllOf undoes HideAllOf, and with it every Hide of a single listing.
func (s *Service) ShowAllOf(ctx context.Context, tx *db.Tx, seller accounts.UserID) error {
	return s.each(ctx, tx, seller, true, s.Show)
}

// each does something with all that a seller has, of what is hidden or of what is
// not.
func (s *Service) each(ctx context.Context, tx *db.Tx, seller accounts.UserID, hidden bool, do func(context.Context, *db.Tx, ID) error) error {
	ids, err := idsOf(ctx, tx, seller, hidden)
	for _, id := range ids {
		if err := do(ctx, tx, id); err != nil {
			return err
		}
	}
	return err
}

// SetMeasured notes whether a seller posts within a day, as measured from
// trades.
func (s *Service) SetMeasured(ctx context.Context, tx *db.Tx, seller accounts.UserID, fast bool) error {
	return setMeasured(ctx, tx, seller, fast)
}

// BySeller are what everybody may see of a seller: what is on sale first, then
// what was sold, newest first.
func (s *Service) BySeller(ctx context.Context, seller accounts.UserID, limit int) ([]Listing, error) {
	ls, err := bySeller(ctx, s.DB, seller, []State{Live, Reserved}, false, limit, 0)
	if err != nil || len(ls) >= limit {
		return ls, err
	}
	sold, err := bySeller(ctx, s.DB, seller, []State{Sold}, false, limit-len(ls), 0)
	return append(ls, sold...), err
}

// ClosesWith refuses to let somebody leave while one of their things is being
// bought, takes the rest off sale and throws their drafts away, which nobody else
// ever saw; for accounts.Service.Closers.
func (s *Service) ClosesWith(ctx context.Context, tx *db.Tx, user accounts.UserID) error {
	ls, err := bySeller(ctx, tx, user, []State{Draft, Live, Reserved}, true, maxClosing, 0)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.State == Reserved {
			return fault.New(fault.Conflict, "listings.still_reserved")
		}
		if l.State == Draft {
			if err := deleteDraft(ctx, tx, l.ID); err != nil {
				return err
			}
			continue
		}
		l.State = Withdrawn
		if _, err := s.save(ctx, tx, l); err != nil {
			return err
		}
	}
	return forgetPerson(ctx, tx, user)
}

// maxClosing is how many listings are taken off sale when somebody leaves.
const maxClosing = 100_000

func newID(now clock.Instant) ID { return id.New[ID]("lst", now) }

// cheapest is the lowest price of a carrier among the ways.
func cheapest(ships []Ship) money.Amount {
	var low money.Amount
	for _, s := range ships {
		if s.Carried && (low.Currency == "" || s.Price.Minor < low.Minor) {
			low = s.Price
		}
	}
	return low
}
