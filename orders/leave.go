package orders

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
)

// ClosesWith refuses to let somebody leave while a trade of theirs is open, and
// ends their offers, as those who wait for an answer can read; for
// accounts.Service.Closers.
func (s *Service) ClosesWith(ctx context.Context, tx *db.Tx, u accounts.UserID) error {
	n, err := countOpen(ctx, tx, u)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "orders.finish_first", "N", n)
	}
	open, err := openOffersOf(ctx, tx, u, sweepOffer)
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := s.closeOffer(ctx, tx, o, OfferWithdrawn, turn.Moved); err != nil {
			return err
		}
		if err := s.offerEntry(ctx, tx, o, "", "orders.did.left_offer"); err != nil {
			return err
		}
	}
	return closeReviewTurns(ctx, tx, s.Clock.Now(), u)
}

// Exported is a trade in the data download.
type Exported struct {
	Ref       string           `json:"reference"`
	Role      Actor            `json:"role"`
	Title     string           `json:"title"`
	State     State            `json:"state"`
	Item      int64            `json:"item_cents"`
	Shipping  int64            `json:"shipping_cents"`
	Fee       int64            `json:"fee_cents"`
	Currency  string           `json:"currency"`
	Address   any              `json:"address,omitempty"`
	CreatedAt string           `json:"created"`
	Moves     []string         `json:"moves"`
	Reviews   []ExportedReview `json:"reviews,omitempty"`
}

// ExportedOffer is an offer in the data download.
type ExportedOffer struct {
	Listing  string     `json:"listing"`
	Role     Actor      `json:"role"`
	By       Actor      `json:"by"`
	Amount   int64      `json:"amount_cents"`
	Currency string     `json:"currency"`
	State    OfferState `json:"state"`
	Made     string     `json:"made"`
}

// ExportedReview is a review in the data download.
type ExportedReview struct {
	By      Actor   `json:"by"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
	Written string  `json:"written"`
}

// Export is somebody's trades, for accounts.Service.Exporters.
func (s *Service) Export(ctx context.Context, u accounts.UserID) (string, any, error) {
	os, err := ordersOf(ctx, s.DB, u, 10*maxMine)
	if err != nil {
		return "", nil, err
	}
	out := []Exported{}
	for _, o := range os {
		x := Exported{Ref: o.Ref, Role: o.Role(u), Title: o.Title, State: o.State, Item: o.ItemMinor, Shipping: o.ShipMinor,
			Fee: o.FeeMinor, Currency: o.Currency, CreatedAt: o.CreatedAt.String()}
		if a := o.Address(); x.Role == Buyer && !a.IsZero() {
			x.Address = a
		}
		hs, err := happenings(ctx, s.DB, o.ID)
		if err != nil {
			return "", nil, err
		}
		for _, h := range hs {
			x.Moves = append(x.Moves, h.At.String()+" "+string(h.Event)+" by "+string(h.Actor))
		}
		rs, err := reviewsOfOrder(ctx, s.DB, o.ID)
		if err != nil {
			return "", nil, err
		}
		for _, r := range rs {
			if r.Visible(u, s.Clock.Now()) {
				x.Reviews = append(x.Reviews, ExportedReview{o.Role(r.Author), r.Verdict, r.Text, r.CreatedAt.String()})
			}
		}
		out = append(out, x)
	}
	return "trades", out, nil
}

// ExportOffers is what somebody offered and was offered, for
// accounts.Service.Exporters.
func (s *Service) ExportOffers(ctx context.Context, u accounts.UserID) (string, any, error) {
	os, err := everyOfferOf(ctx, s.DB, u, 10*maxMine)
	if err != nil {
		return "", nil, err
	}
	ids := make([]listings.ID, len(os))
	for i, o := range os {
		ids[i] = o.Listing
	}
	ls, err := s.Listings.Many(ctx, s.DB, ids)
	if err != nil {
		return "", nil, err
	}
	out := []ExportedOffer{}
	for _, o := range os {
		out = append(out, ExportedOffer{
			Listing: ls[o.Listing].Title, Role: o.role(u), By: o.role(o.By), Amount: o.Minor, Currency: o.Currency,
			State: o.State, Made: o.CreatedAt.String(),
		})
	}
	return "offers", out, nil
}

// role is which side of an offer somebody is on.
func (o Offer) role(u accounts.UserID) Actor {
	if u == o.Buyer {
		return Buyer
	}
	return Seller
}
