package shipping

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
)

// Limits.
const (
	maxPoints    = 8                    // pickup points shown for one way
	pointsKept   = time.Hour            // how long points are remembered
	downKept     = 30 * time.Second     // how long a carrier that did not answer is left alone
	maxPostcodes = 2000                 // remembered at most
	pollEvery    = 20 * time.Minute     // between two questions about one parcel
	pollBatch    = 100                  // parcels a round
	pollFor      = 100 * 24 * time.Hour // from its booking; longer than any trade lasts
)

// Service is how things travel.
type Service struct {
	DB      *db.DB
	Clock   clock.Clock
	Jobs    *jobs.Queue
	Log     *slog.Logger
	Rates   Rates
	Carrier Carrier // nil: sellers post by themselves and type tracking numbers

	mu     sync.Mutex
	points map[string]remembered
}

// remembered is an answer about pickup points, or that there was none.
type remembered struct {
	points []ServicePoint
	down   bool
	until  time.Time
}

// Options are the ways something may travel, with prices. They do not depend on
// any carrier being awake.
func (s *Service) Options(size string, ways Ways) []Option { return s.Rates.Options(size, ways) }

// Quote is the price of one way. It fails with a fault on the field "way".
func (s *Service) Quote(size string, ways Ways, m Method, carrier string) (Option, error) {
	return s.Rates.Quote(size, ways, m, carrier)
}

// ErrPointsAway is the fault for pickup points that cannot be shown now. The
// checkout goes on without: the carrier picks the nearest by postcode.
func errPointsAway(err error) error {
	f := fault.New(fault.Busy, "shipping.points_away")
	f.Err = err
	return f
}

// Points are the pickup points near a postcode for a way. It fails with the
// fault "shipping.points_away" when the carrier does not answer in time or none
// is configured.
func (s *Service) Points(ctx context.Context, postcode, carrier string) ([]ServicePoint, error) {
	rate := s.Rates.rate(Point, carrier)
	if s.Carrier == nil || rate.Product == "" || !ValidPostcode(postcode) {
		return nil, errPointsAway(nil)
	}
	name, now := rate.Product+":"+postcode, clock.Wall()
	s.mu.Lock()
	r, ok := s.points[name]
	if down, is := s.points["down:"+rate.Product]; is && now.Before(down.until) && !(ok && now.Before(r.until)) {
		r, ok = down, true
	}
	s.mu.Unlock()
	if ok && now.Before(r.until) {
		if r.down {
			return nil, errPointsAway(errors.New("asked a moment ago"))
		}
		return r.points, nil
	}
	points, err := s.Carrier.Points(ctx, postcode, rate.Product, maxPoints)
	if err != nil {
		if ctx.Err() == nil {
			s.remember("down:"+rate.Product, remembered{down: true, until: now.Add(downKept)})
		}
		return nil, errPointsAway(err)
	}
	for i := range points {
		points[i].Carrier = carrier
	}
	s.remember(name, remembered{points: points, until: now.Add(pointsKept)})
	return points, nil
}

func (s *Service) remember(name string, r remembered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points == nil || len(s.points) >= maxPostcodes {
		s.points = map[string]remembered{}
	}
	s.points[name] = r
}

// ValidPostcode tells whether s is five digits.
func ValidPostcode(s string) bool {
	if len(s) != 5 {
		return false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// Spec is a parcel to be sent.
type Spec struct {
	OrderID   string
	Reference string // what the carrier calls it; the order's for people
	Back      bool   // from the buyer to the seller
	Method    Method
	Carrier   string
	Size      string
	PointID   string
	PointName string
	Contents  string
	From, To  Address
}

// Book makes the parcel and, when a carrier is configured, promises a job that
// asks it for a sending code. Doing it twice is harmless.
func (s *Service) Book(ctx context.Context, tx *db.Tx, spec Spec) (Parcel, error) {
	now := s.Clock.Now()
	ours := s.Carrier != nil && s.Rates.rate(spec.Method, spec.Carrier).Product != ""
	p := Parcel{
		ID: id.New[ParcelID]("par", now), OrderID: spec.OrderID, Back: spec.Back, Method: spec.Method, Carrier: spec.Carrier,
		Size: spec.Size, PointID: spec.PointID, PointName: spec.PointName, Tracked: ours, State: Booked, CreatedAt: now,
	}
	fresh, err := insertParcel(ctx, tx, p)
	if err != nil {
		return Parcel{}, err
	}
	if !fresh {
		return parcelOf(ctx, tx, spec.OrderID, spec.Back)
	}
	if ours {
		return p, s.Jobs.Insert(ctx, tx, BookArgs{
			ParcelID: p.ID, Reference: spec.Reference, Contents: spec.Contents, From: spec.From, To: spec.To,
		}, jobs.Attempts(bookAttempts))
	}
	return p, nil
}

// Post records that the sender has posted it by a way of their own.
func (s *Service) Post(ctx context.Context, tx *db.Tx, orderID string, back bool, carrier, tracking string) (Parcel, error) {
	now := s.Clock.Now()
	tracking = CleanTracking(tracking)
	p, err := parcelOf(ctx, tx, orderID, back)
	if db.IsNone(err) {
		p = Parcel{ID: id.New[ParcelID]("par", now), OrderID: orderID, Back: back, Method: Point, State: Posted, CreatedAt: now}
		if _, err := insertParcel(ctx, tx, p); err != nil {
			return Parcel{}, err
		}
	} else if err != nil {
		return Parcel{}, err
	}
	if err := setPosted(ctx, tx, p.ID, carrier, tracking); err != nil {
		return Parcel{}, err
	}
	return parcelByID(ctx, tx, p.ID)
}

// Said records that the sender says a booked parcel is posted, and asks the
// carrier soon.
func (s *Service) Said(ctx context.Context, tx *db.Tx, orderID string, back bool) error {
	return setSaid(ctx, tx, orderID, back)
}

// Of is an order's parcel, and false when it has none.
func (s *Service) Of(ctx context.Context, q db.Queryer, orderID string, back bool) (Parcel, bool, error) {
	p, err := parcelOf(ctx, q, orderID, back)
	if db.IsNone(err) {
		return Parcel{}, false, nil
	}
	return p, err == nil, err
}

// AllOf are an order's parcels: there, and back.
func (s *Service) AllOf(ctx context.Context, q db.Queryer, orderID string) ([]Parcel, error) {
	return parcelsOf(ctx, q, orderID)
}

// Scans are what carriers saw of a parcel, oldest first.
func (s *Service) Scans(ctx context.Context, q db.Queryer, pid ParcelID) ([]Scan, error) {
	return scansOf(ctx, q, pid)
}

// Poll asks carriers about the parcels that were not asked about for a while,
// records what is new, and promises a job for each new scan. It says how many
// parcels it asked about. A carrier that does not answer is asked again later.
func (s *Service) Poll(ctx context.Context) (int, error) {
	if s.Carrier == nil {
		return 0, nil
	}
	now := s.Clock.Now()
	ps, err := duePolls(ctx, s.DB, now.Add(-pollEvery), now.Add(-pollFor), pollBatch)
	if err != nil {
		return 0, err
	}
	ids := make([]ParcelID, len(ps))
	for i, p := range ps {
		ids[i] = p.ID
	}
	known, err := scansOfMany(ctx, s.DB, ids)
	asked := 0
	for err == nil && asked < len(ps) {
		if err = s.poll(ctx, ps[asked], known[ids[asked]]); err == nil {
			asked++
		}
	}
	return asked, errors.Join(err, setPolled(ctx, s.DB, ids[:asked], now))
}

// Ask asks the carrier about an order's parcel now, and records what is new. A
// carrier that does not answer is asked again later.
func (s *Service) Ask(ctx context.Context, orderID string) error {
	p, ok, err := s.Of(ctx, s.DB, orderID, false)
	if err != nil || !ok || s.Carrier == nil || !p.Tracked || p.Tracking == "" {
		return err
	}
	known, err := s.Scans(ctx, s.DB, p.ID)
	if err != nil {
		return err
	}
	return s.poll(ctx, p, known)
}

// poll asks about one parcel of which some scans are known. A carrier that does
// not answer about it does not hold up the others.
func (s *Service) poll(ctx context.Context, p Parcel, known []Scan) error {
	scans, err := s.Carrier.Status(ctx, p.Tracking, p.Method, p.Back)
	if err != nil {
		s.Log.Warn("carrier", "parcel", p.ID, "err", err)
		return ctx.Err()
	}
	if news := unknown(scans, known); len(news) > 0 {
		return s.Seen(ctx, p.ID, news)
	}
	return nil
}

// unknown are the scans that were not seen before. Mostly there are none, and
// then nothing has to be written about them.
func unknown(scans, known []Scan) []Scan {
	var news []Scan
	for _, scan := range scans {
		if !slices.ContainsFunc(known, func(k Scan) bool { return k.Code == scan.Code && k.At == scan.At }) {
			news = append(news, scan)
		}
	}
	return news
}

// Seen records sightings of a parcel. Known ones change nothing. Each new one
// that tells more than was known is promised to the trade.
func (s *Service) Seen(ctx context.Context, pid ParcelID, scans []Scan) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		p, err := holdParcel(ctx, tx, pid)
		if err != nil {
			return err
		}
		for _, scan := range scans {
			scan.ParcelID = pid
			fresh, err := addScan(ctx, tx, s.Clock.Now(), scan)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			s.apply(&p, scan)
			args := Scanned{OrderID: p.OrderID, ParcelID: pid, Back: p.Back, Code: scan.Code, Place: scan.Place, At: scan.At}
			if err := s.Jobs.Insert(ctx, tx, args); err != nil {
				return err
			}
		}
		return setSeen(ctx, tx, p)
	})
}

// apply moves a parcel by a scan and works out what to expect.
func (s *Service) apply(p *Parcel, scan Scan) {
	rate, helsinki := s.Rates.rate(p.Method, p.Carrier), clock.Zone("Europe/Helsinki")
	if to := after(p.State, scan.Code); to != "" {
		p.State = to
	}
	if p.ETA.IsZero() && rate.Days[1] > 0 {
		p.ETA = calendar.AddBusinessDays(scan.At, rate.Days[1], helsinki)
	}
	if scan.Code == ScanAtPoint && p.HoldUntil.IsZero() && rate.HoldDays > 0 {
		day := scan.At.In(helsinki).AddDate(0, 0, rate.HoldDays)
		p.HoldUntil = clock.Of(time.Date(day.Year(), day.Month(), day.Day(), 20, 0, 0, 0, helsinki))
	}
}

// Check is this domain's invariants: what the carrier has seen is known, and no
// parcel waits for a code that nobody will bring.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	n, lost, err := strayScans(ctx, s.DB)
	return []check.Result{{Name: "shipping: every scan belongs to a parcel", Count: n, Broken: lost}}, err
}
