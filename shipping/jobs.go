package shipping

import (
	"context"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/jobs"
)

const (
	bookAttempts = 6           // over about a quarter of an hour; then the seller posts by themselves
	pollRound    = time.Minute // between two looks for parcels to ask about
)

// BookArgs asks the carrier for a sending code.
type BookArgs struct {
	ParcelID  ParcelID `json:"parcel_id"`
	Reference string   `json:"reference"`
	Contents  string   `json:"contents"`
	From      Address  `json:"from"`
	To        Address  `json:"to"`
}

// Kind implements river.JobArgs.
func (BookArgs) Kind() string { return "shipping.book" }

// Scanned tells the trade what the carrier saw. The upper package works it.
type Scanned struct {
	OrderID  string        `json:"order_id"`
	ParcelID ParcelID      `json:"parcel_id"`
	Back     bool          `json:"back"`
	Code     ScanCode      `json:"code"`
	Place    string        `json:"place"`
	At       clock.Instant `json:"at"`
}

// Kind implements river.JobArgs.
func (Scanned) Kind() string { return "shipping.scanned" }

// BookedArgs tells the trade that the sending code has come, or will not. The
// upper package works it.
type BookedArgs struct {
	OrderID string `json:"order_id"`
	Back    bool   `json:"back"`
	Code    bool   `json:"code"` // false: the carrier did not give one
}

// Kind implements river.JobArgs.
func (BookedArgs) Kind() string { return "shipping.booked" }

// Work registers this domain's jobs.
func (s *Service) Work(q *jobs.Queue) {
	jobs.Register(q, func(ctx context.Context, j *river.Job[BookArgs]) error {
		return s.book(ctx, j.Args, j.Attempt >= j.MaxAttempts)
	}, jobs.WorkerOptions{})
	q.Every("shipping.poll", pollRound, func(ctx context.Context) error {
		_, err := s.Poll(ctx)
		return err
	})
}

// book asks the carrier. When it fails the last time, the seller is told to
// post by themselves.
func (s *Service) book(ctx context.Context, a BookArgs, last bool) error {
	p, err := parcelByID(ctx, s.DB, a.ParcelID)
	if err != nil || !p.Pending() || s.Carrier == nil {
		return err
	}
	tracking, code, err := s.Carrier.Book(ctx, Booking{
		Reference: a.Reference + back(p), Product: s.Rates.rate(p.Method, p.Carrier).Product, PointID: p.PointID,
		Kg: s.Rates.Sizes[p.Size].Kg, Contents: a.Contents, From: a.From, To: a.To,
	})
	if err != nil && !last {
		return err
	}
	failed := err
	txErr := s.DB.InTx(ctx, func(tx *db.Tx) error {
		if failed != nil {
			if err := setUnbooked(ctx, tx, p.ID); err != nil {
				return err
			}
			return s.Jobs.Insert(ctx, tx, BookedArgs{OrderID: p.OrderID, Back: p.Back})
		}
		fresh, err := setBooked(ctx, tx, p.ID, tracking, code)
		if err != nil || !fresh {
			return err
		}
		return s.Jobs.Insert(ctx, tx, BookedArgs{OrderID: p.OrderID, Back: p.Back, Code: true})
	})
	if txErr != nil {
		return txErr
	}
	if failed != nil {
		s.Log.Error("carrier booking given up", "parcel", p.ID, "tries", strconv.Itoa(bookAttempts), "err", failed)
	}
	return nil
}

// back marks a return in the carrier's reference.
func back(p Parcel) string {
	if p.Back {
		return "-R"
	}
	return ""
}
