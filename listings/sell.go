package listings

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

// fastHours is what "posts within a day" means, as measured.
const fastHours = 24

// Begin is a new draft of a seller, with their town filled in. Fault Conflict
// "listings.too_many_drafts".
func (s *Service) Begin(ctx context.Context, seller accounts.UserID, town string) (Listing, error) {
	now := s.Clock.Now()
	l := Listing{
		ID: newID(now), Seller: seller, State: Draft, Currency: currency, Town: town, Attrs: Attrs{},
		ShipPickup: true, ShipPoint: true, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	return l, s.DB.InTx(ctx, func(tx *db.Tx) error {
		n, err := countDrafts(ctx, tx, seller)
		if err != nil {
			return err
		}
		if n >= maxDrafts {
			return fault.New(fault.Conflict, "listings.too_many_drafts", "Max", maxDrafts)
		}
		u, err := s.Accounts.Get(ctx, tx, seller)
		if err != nil {
			return err
		}
		l.PostsFast = u.PostHours > 0 && u.PostHours <= fastHours
		return insert(ctx, tx, l)
	})
}

// Resume is the seller's newest draft, or a new one.
func (s *Service) Resume(ctx context.Context, seller accounts.UserID, town string) (Listing, error) {
	l, ok, err := lastDraft(ctx, s.DB, seller)
	if err != nil || ok {
		return l, err
	}
	return s.Begin(ctx, seller, town)
}

// Stamp says what a form was made from: which version, and by which page.
type Stamp struct {
	Version int64
	Editor  string
}

// hold is a seller's own listing, kept from changing until the transaction ends.
// Fault Missing for anybody else's, Conflict "listings.changed" when another
// page has saved it since the form was made.
func hold(ctx context.Context, tx *db.Tx, seller accounts.UserID, id ID, stamp Stamp) (Listing, error) {
	l, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return l, err
	case l.Seller != seller:
		return Listing{}, errNone()
	case l.Version != stamp.Version && (stamp.Editor == "" || l.Editor != stamp.Editor):
		return l, fault.New(fault.Conflict, "listings.changed")
	}
	l.Editor = stamp.Editor
	return l, nil
}

// own is a listing of this seller; anybody else's is Missing.
func own(ctx context.Context, q db.Queryer, seller accounts.UserID, id ID) (Listing, error) {
	l, err := get(ctx, q, id)
	if err == nil && l.Seller != seller {
		return Listing{}, errNone()
	}
	return l, err
}

// Own is a listing of this seller; anybody else's is fault Missing.
func (s *Service) Own(ctx context.Context, seller accounts.UserID, id ID) (Listing, error) {
	return own(ctx, s.DB, seller, id)
}

// Fill puts what a form says into a listing. What is wrong with a field leaves
// that field as it was.
func (s *Service) Fill(l Listing, v url.Values) (Listing, fault.Faults) {
	var fs fault.Faults
	l.Title = fillText(&fs, v, "title", l.Title, maxTitle, true)
	l.Description = fillText(&fs, v, "description", l.Description, maxDescription, false)
	l.Town = fillText(&fs, v, "town", l.Town, maxTown, true)
	if v.Has("category") {
		if _, ok := s.Tree.Category(v.Get("category")); !ok && v.Get("category") != "" {
			fs.Add(fault.Field("category", "listings.category_needed"))
		} else {
			l.Category = v.Get("category")
		}
	}
	l.Attrs = s.fillAttrs(&fs, l, v)
	if got := v.Get("condition"); got == "" || slices.Contains(Conditions, got) {
		l.Condition = got
	} else {
		fs.Add(fault.Field("condition", "listings.condition_needed"))
	}
	l.PriceMinor = fillPrice(&fs, v, l.PriceMinor)
	if got := Parcel(v.Get("parcel")); got == "" || got.Valid() {
		l.Parcel = got
	} else {
		fs.Add(fault.Field("parcel", "listings.parcel_needed"))
	}
	ways := v["ways"]
	l.ShipPickup, l.ShipPoint, l.ShipHome = slices.Contains(ways, "pickup"), slices.Contains(ways, "point"), slices.Contains(ways, "home")
	return l, fs
}

func fillText(fs *fault.Faults, v url.Values, field, was string, limit int, line bool) string {
	if !v.Has(field) {
		return was
	}
	got := clean(v.Get(field))
	if line {
		got = strings.Join(strings.Fields(got), " ")
	} else {
		got = strings.TrimSpace(strings.ReplaceAll(got, "\r\n", "\n"))
	}
	if n := utf8.RuneCountInString(got); n > limit {
		fs.Add(fault.Field(field, "listings.too_long", "Max", limit, "Over", n-limit))
		return was
	}
	return got
}

// fillAttrs are the values of the listing's category; those of another one go.
func (s *Service) fillAttrs(fs *fault.Faults, l Listing, v url.Values) Attrs {
	attrs := Attrs{}
	c, _ := s.Tree.Category(l.Category)
	for _, f := range c.Fields {
		if !v.Has("f." + f.Key) {
			if was := l.Attrs[f.Key]; was != "" {
				if kept, wrong := f.Clean(was); wrong == nil {
					attrs[f.Key] = kept
				}
			}
			continue
		}
		value, wrong := f.Clean(clean(v.Get("f." + f.Key)))
		fs.Add(wrong)
		if value != "" {
			attrs[f.Key] = value
		}
	}
	return attrs
}

func fillPrice(fs *fault.Faults, v url.Values, was int64) int64 {
	typed := strings.TrimSpace(v.Get("price"))
	if typed == "" {
		return 0
	}
	a, err := money.Parse(typed, currency)
	switch {
	case errors.Is(err, money.ErrOverflow):
		fs.Add(fault.Field("price", "listings.price_high", "Max", money.Amount{Minor: money.MaxMinor, Currency: currency}))
	case err != nil:
		fs.Add(fault.Field("price", "listings.price_broken"))
	default:
		return a.Minor
	}
	return was
}

// SaveDraft keeps what a seller has typed so far of something that is not on
// sale: all that makes sense, however little. It tells what did not. Faults:
// Missing for somebody else's, Conflict "listings.changed" when another
// page has saved it since.
func (s *Service) SaveDraft(ctx context.Context, seller accounts.UserID, id ID, stamp Stamp, v url.Values) (l Listing, wrong fault.Faults, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err = hold(ctx, tx, seller, id, stamp)
		if l.ID != "" && l.State != Draft && l.State != Withdrawn {
			return notEditable(l)
		}
		if err != nil {
			return err
		}
		l, wrong = s.Fill(l, v)
		l, err = s.save(ctx, tx, l)
		return err
	})
	return l, wrong, err
}

// SaveLive changes something that is on sale, all of it or nothing. Faults: the
// form's, Missing, Conflict "listings.changed" and those of notEditable.
func (s *Service) SaveLive(ctx context.Context, seller accounts.UserID, id ID, stamp Stamp, v url.Values) (l Listing, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err = hold(ctx, tx, seller, id, stamp)
		if l.ID != "" && l.State != Live {
			return notEditable(l)
		}
		if err != nil {
			return err
		}
		var fs fault.Faults
		l, fs = s.Fill(l, v)
		if fs = merge(fs, l.check(s.Tree, int(l.PhotoCount))); len(fs) > 0 {
			return fs
		}
		l, err = s.save(ctx, tx, l)
		return err
	})
	return l, err
}

// Publish saves a draft (or something withdrawn) and puts it on sale. When it is
// on sale already, pressing twice changes nothing. Faults: the form's, Missing,
// Conflict "listings.changed" and those of notEditable.
func (s *Service) Publish(ctx context.Context, seller accounts.UserID, id ID, stamp Stamp, v url.Values) (l Listing, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err = hold(ctx, tx, seller, id, stamp)
		if l.State == Live {
			return nil
		}
		if l.ID != "" && l.State != Draft && l.State != Withdrawn {
			return notEditable(l)
		}
		if err != nil {
			return err
		}
		var fs fault.Faults
		if v != nil {
			l, fs = s.Fill(l, v)
		}
		photos, err := countUsable(ctx, tx, id)
		if err != nil {
			return err
		}
		if fs = merge(fs, l.check(s.Tree, photos)); len(fs) > 0 {
			return fs
		}
		l, err = s.publish(ctx, tx, l)
		return err
	})
	return l, err
}

func (s *Service) publish(ctx context.Context, tx *db.Tx, l Listing) (Listing, error) {
	seq, err := nextSeq(ctx, tx)
	if err != nil {
		return l, err
	}
	l.State, l.Seq, l.SoldByHand, l.SoldAt = Live, seq, false, 0
	if l.PublishedAt.IsZero() {
		l.PublishedAt = s.Clock.Now()
	}
	return s.save(ctx, tx, l)
}

// merge is what is wrong with a form: first what could not be read, then what
// is missing, one a field.
func merge(a, b fault.Faults) fault.Faults {
	seen := map[string]bool{}
	var out fault.Faults
	for _, f := range append(slices.Clone(a), b...) {
		if !seen[f.Field] {
			seen[f.Field] = true
			out = append(out, f)
		}
	}
	return out
}

// notEditable is the fault of changing what cannot be changed in this state:
// Conflict "listings.is_reserved", "is_sold", "is_live" or "is_withdrawn".
func notEditable(l Listing) error {
	return fault.New(fault.Conflict, "listings.is_"+string(l.State))
}

// step is a seller's move of their own listing from some states to another.
func (s *Service) step(ctx context.Context, seller accounts.UserID, id ID, to State, from ...State) (l Listing, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err = lock(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case l.Seller != seller:
			return errNone()
		case l.State == to:
			return nil
		case !slices.Contains(from, l.State):
			return notEditable(l)
		}
		l.State = to
		if to == Sold {
			l.SoldAt, l.SoldByHand = s.Clock.Now(), true
		}
		if l, err = s.save(ctx, tx, l); err != nil {
			return err
		}
		return s.offSale(ctx, tx, l)
	})
	return l, err
}

// Withdraw takes a listing off sale. Twice is fine; a reserved or sold one is a
// Conflict.
func (s *Service) Withdraw(ctx context.Context, seller accounts.UserID, id ID) (Listing, error) {
	return s.step(ctx, seller, id, Withdrawn, Live)
}

// MarkSold says that a thing was sold elsewhere.
func (s *Service) MarkSold(ctx context.Context, seller accounts.UserID, id ID) (Listing, error) {
	return s.step(ctx, seller, id, Sold, Live, Withdrawn)
}

// Relist puts something withdrawn, or marked sold by its seller, on sale again.
// What was sold here stays sold.
func (s *Service) Relist(ctx context.Context, seller accounts.UserID, id ID) (Listing, error) {
	var stamp Stamp
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if l.Seller != seller {
			return errNone()
		}
		if l.State == Sold && l.SoldByHand {
			l.State = Withdrawn
			l, err = s.save(ctx, tx, l)
		}
		stamp.Version = l.Version
		return err
	})
	if err != nil {
		return Listing{}, err
	}
	return s.Publish(ctx, seller, id, stamp, nil)
}

// Discard throws a draft away, with its photos.
func (s *Service) Discard(ctx context.Context, seller accounts.UserID, id ID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		l, err := own(ctx, tx, seller, id)
		if err != nil {
			return err
		}
		if l.State != Draft {
			return notEditable(l)
		}
		return deleteDraft(ctx, tx, id)
	})
}
