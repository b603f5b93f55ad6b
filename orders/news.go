package orders

import (
	"context"
	"slices"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/payments"
	"github.com/kierto/kierto/shipping"
)

// Settled is what payments says of an order's money: it is held, or it will not
// come. Money that comes after the end goes back, and both are told. Said twice
// it changes nothing.
func (s *Service) Settled(ctx context.Context, oid ID, held bool) error {
	_, err := s.news(ctx, oid, Payment, Input{}, func(tx *db.Tx, o Order) (Event, error) {
		switch {
		case !held:
			return Expire, nil
		case o.State.Payable():
			return Pay, nil
		}
		past, err := happenings(ctx, tx, oid)
		for _, h := range past {
			if h.Event == Pay || h.Event == PaidLate {
				return "", err
			}
		}
		return PaidLate, err
	})
	return err
}

// ByBank lets a trade follow what its buyer's bank does: it wants the money back,
// or it has decided. What counts is how the dispute stands, not which message
// came first. Said twice it changes nothing.
func (s *Service) ByBank(ctx context.Context, a payments.Disputed) error {
	bank, err := s.Payments.DisputeOf(ctx, s.DB, a.OrderID)
	if err != nil {
		return err
	}
	for range 2 { // one may be lost before we have heard of it
		_, err := s.news(ctx, ID(a.OrderID), Payment, Input{}, func(tx *db.Tx, o Order) (Event, error) {
			past, err := happenings(ctx, tx, o.ID)
			return bankEvent(bank, past), err
		})
		if err != nil {
			return err
		}
	}
	if bank == "" { // the parcel went on meanwhile
		return s.catchUp(ctx, a.OrderID)
	}
	return nil
}

// bankEvent is the next thing that a bank does to a trade with this past. A bank
// that has given the money back may want it once more.
func bankEvent(bank payments.DisputeState, past []Happening) Event {
	var last Event
	for _, h := range past {
		if h.Event == ChargeBack || h.Event == WinBack || h.Event == LoseBack {
			last = h.Event
		}
	}
	switch {
	case bank != "" && (last == "" || last == WinBack):
		return ChargeBack
	case bank == "" && last == ChargeBack:
		return WinBack
	case bank == payments.Lost && last == ChargeBack:
		return LoseBack
	}
	return ""
}

// Scanned is what a carrier says of an order's parcel. What says nothing new
// changes nothing. A parcel that comes back has left before: a trade that has not
// heard of that yet hears all that was seen.
func (s *Service) Scanned(ctx context.Context, a shipping.Scanned) error {
	moved, ev, err := s.scanned(ctx, a)
	if err != nil || moved || ev != TurnBack && ev != ArriveBack {
		return err
	}
	return s.catchUp(ctx, a.OrderID)
}

// askFirst asks the carrier before a trade is called off that a scan would have
// moved: it may have the parcel since it was last asked.
func (s *Service) askFirst(ctx context.Context, oid ID) error {
	o, err := s.Get(ctx, s.DB, oid)
	if err != nil {
		return err
	}
	if t, _ := TurnOf(o.State); !slices.Contains(t.Seen, Accept) {
		return nil
	}
	if err := s.Shipping.Ask(ctx, string(oid)); err != nil {
		return err
	}
	return s.catchUp(ctx, string(oid))
}

func (s *Service) scanned(ctx context.Context, a shipping.Scanned) (moved bool, ev Event, err error) {
	ev = scanEvent(a.Code, a.Back)
	moved, err = s.news(ctx, ID(a.OrderID), Carrier, Input{at: a.At}, func(tx *db.Tx, o Order) (Event, error) {
		if o.State != InReview {
			return ev, nil
		}
		bank, err := s.Payments.DisputeOf(ctx, tx, a.OrderID)
		if bank != "" { // the parcel decides nothing while the bank may take the money
			return "", err
		}
		return ev, err
	})
	return moved, ev, err
}

// catchUp tells a trade all that carriers have seen of its parcels, in order.
func (s *Service) catchUp(ctx context.Context, orderID string) error {
	ps, err := s.Shipping.AllOf(ctx, s.DB, orderID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		scans, err := s.Shipping.Scans(ctx, s.DB, p.ID)
		if err != nil {
			return err
		}
		for _, x := range scans {
			if _, _, err := s.scanned(ctx, shipping.Scanned{OrderID: orderID, Back: p.Back, Code: x.Code, At: x.At}); err != nil {
				return err
			}
		}
	}
	return nil
}

// scanEvent is what a scan of a parcel, or of one on its way back, does.
func scanEvent(c shipping.ScanCode, back bool) Event {
	if back {
		switch c {
		case shipping.ScanAccepted, shipping.ScanMoving:
			return SendBack
		case shipping.ScanDelivered, shipping.ScanCollected, shipping.ScanReturned:
			return ArriveBack
		}
		return ""
	}
	return map[shipping.ScanCode]Event{
		shipping.ScanAccepted: Accept, shipping.ScanMoving: Accept, shipping.ScanAtPoint: Arrive,
		shipping.ScanCollected: Deliver, shipping.ScanDelivered: Deliver,
		shipping.ScanReturning: TurnBack, shipping.ScanReturned: ArriveBack,
	}[c]
}

// news is a move that somebody outside causes, if there is one to make; it says
// whether there was.
func (s *Service) news(ctx context.Context, oid ID, who Actor, in Input, what func(*db.Tx, Order) (Event, error)) (moved bool, err error) {
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		moved = false
		o, err := s.Get(ctx, tx, oid)
		if err != nil {
			return err
		}
		ev, err := what(tx, o)
		if err != nil || ev == "" {
			return err
		}
		f, err := s.facts(ctx, tx, o)
		if err != nil {
			return err
		}
		rule, err := next(o.State, ev, who, f)
		if err != nil {
			return nil // nothing to do (any more)
		}
		moved = true
		return s.follow(ctx, tx, &o, rule, Who{Actor: who}, in)
	})
	if fault.Is(err, fault.Missing) {
		return false, nil
	}
	return moved, err // a lost race is tried again by the queue, and finds nothing to do
}

// Booked is what shipping says of a sending code: it came, or it will not. The
// seller reads it in the stream.
func (s *Service) Booked(ctx context.Context, a shipping.BookedArgs) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := s.Get(ctx, tx, ID(a.OrderID))
		if err != nil {
			return unlessMoved(err)
		}
		key := "orders.did.code"
		if !a.Code {
			key = "orders.did.no_code"
		}
		args := map[string]any{"Point": o.PointName}
		return s.Messages.Append(ctx, tx, o.Conversation, messaging.Entry{
			Kind: messaging.Scan, Key: key, Ref: string(o.ID), OnlyFor: o.Seller, Args: args,
		})
	})
}
