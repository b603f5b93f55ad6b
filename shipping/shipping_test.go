package shipping_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/shipping"
)

// setup is a shipping service with a stand-in carrier.
type setup struct {
	*shipping.Service
	Clock   *clock.Fixed
	Standin *carrier.Standin
	Queue   *jobs.Queue
	Scans   []shipping.Scanned
	Booked  []shipping.BookedArgs
}

func start(t *testing.T, d *db.DB) *setup {
	t.Helper()
	c := clock.At(clock.Of(time.Date(2026, 11, 20, 19, 42, 0, 0, clock.Zone(""))))
	stand, err := carrier.New(carrier.Options{Clock: c, Key: "key", Secret: "secret", Snapshot: filepath.Join(t.TempDir(), "carrier.json")})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(stand.Handler())
	t.Cleanup(srv.Close)
	rates, err := shipping.LoadRates("")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	q := jobs.New(d, log, jobs.Options{Quick: true})
	s := &setup{Clock: c, Standin: stand, Queue: q, Service: &shipping.Service{
		DB: d, Clock: c, Jobs: q, Log: log, Rates: rates,
		Carrier: &shipping.Pakettikauppa{Base: srv.URL, Key: "key", Secret: "secret", Now: c.Now, HTTP: srv.Client()},
	}}
	s.Work(q)
	jobs.Register(q, func(_ context.Context, j *river.Job[shipping.Scanned]) error {
		s.Scans = append(s.Scans, j.Args)
		return nil
	}, jobs.WorkerOptions{})
	jobs.Register(q, func(_ context.Context, j *river.Job[shipping.BookedArgs]) error {
		s.Booked = append(s.Booked, j.Args)
		return nil
	}, jobs.WorkerOptions{})
	return s
}

// book books a parcel to a point and works the jobs.
func (s *setup) book(t *testing.T, order string, m shipping.Method) shipping.Parcel {
	t.Helper()
	err := s.DB.InTx(t.Context(), func(tx *db.Tx) error {
		_, err := s.Book(t.Context(), tx, shipping.Spec{
			OrderID: order, Reference: "K-" + order, Method: m, Carrier: "posti", Size: "L", PointID: "201001", Contents: "Satula",
			From: shipping.Address{Name: "Anna", Postcode: "37500", Town: "Lempäälä"},
			To:   shipping.Address{Name: "Noora", Postcode: "20100", Town: "Turku"},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Queue.Drain(t.Context()) // refusals are what some tests are about
	return s.parcel(t, order)
}

func (s *setup) parcel(t *testing.T, order string) shipping.Parcel {
	t.Helper()
	p, ok, err := s.Of(t.Context(), s.DB, order, false)
	if err != nil || !ok {
		t.Fatalf("parcel of %s: %t, %v", order, ok, err)
	}
	return p
}

// later moves the clock and lets the carrier be asked.
func (s *setup) later(t *testing.T, d time.Duration) {
	t.Helper()
	s.Clock.Move(d)
	if _, err := s.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *setup) seen() string {
	var codes []string
	for _, x := range s.Scans {
		codes = append(codes, string(x.Code))
	}
	slices.Sort(codes)
	return strings.Join(codes, " ")
}

// A parcel is booked with a code, dropped, seen, fetched; each scan is told once.
func TestAParcelTravels(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		s := start(t, d)
		p := s.book(t, "ord_1", shipping.Point)
		if p.DropCode == "" || !strings.HasPrefix(p.Tracking, "JJFI") || !p.Tracked || p.Pending() {
			t.Fatalf("booked: %+v", p)
		}
		if len(s.Booked) != 1 || !s.Booked[0].Code {
			t.Fatalf("the trade was told %+v", s.Booked)
		}
		s.later(t, time.Hour)
		if len(s.Scans) != 0 {
			t.Fatalf("seen before it was dropped: %+v", s.Scans)
		}
		if err := s.Standin.Cue(p.DropCode, "drop"); err != nil {
			t.Fatal(err)
		}
		s.later(t, 25*time.Hour)
		p = s.parcel(t, "ord_1")
		if p.State != shipping.AtPoint || p.ETA.IsZero() || p.HoldUntil.IsZero() {
			t.Errorf("at the point: %+v", p)
		}
		s.later(t, time.Hour)
		s.later(t, time.Hour)
		if err := s.Standin.Cue(p.DropCode, "collect"); err != nil {
			t.Fatal(err)
		}
		s.later(t, time.Hour)
		if got := s.seen(); got != "accepted at_point collected moving" {
			t.Errorf("scans: %s", got)
		}
		if got := s.parcel(t, "ord_1").State; got != shipping.Delivered {
			t.Errorf("state %s", got)
		}
		if n, err := s.Poll(t.Context()); err != nil || n != 0 {
			t.Errorf("a delivered parcel is asked about: %d, %v", n, err)
		}
	})
}

// Nobody fetches it: it turns back and arrives with the sender.
func TestAnUncollectedParcelReturns(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.SQLite(t))
	p := s.book(t, "ord_1", shipping.Point)
	if err := s.Standin.Cue(p.DropCode, "drop"); err != nil {
		t.Fatal(err)
	}
	for range 14 {
		s.later(t, 24*time.Hour)
	}
	if got := s.parcel(t, "ord_1").State; got != shipping.Back {
		t.Errorf("state %s after %s", got, s.seen())
	}
}

// To the door there is no point to wait at.
func TestHomeDelivery(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.SQLite(t))
	p := s.book(t, "ord_1", shipping.Home)
	if err := s.Standin.Cue(p.Tracking, "drop"); err != nil {
		t.Fatal(err)
	}
	s.later(t, 72*time.Hour)
	if got := s.seen(); got != "accepted delivered moving moving" {
		t.Errorf("scans: %s", got)
	}
}

// A lost parcel is silent, and that is all a carrier says of it.
func TestALostParcelIsSilent(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.SQLite(t))
	p := s.book(t, "ord_1", shipping.Point)
	for _, what := range []string{"drop", "lose"} {
		if err := s.Standin.Cue(p.Tracking, what); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		s.later(t, 24*time.Hour)
	}
	if got := s.seen(); got != "accepted" {
		t.Errorf("scans: %s", got)
	}
}

// A carrier that is down hinders nobody: prices stand, points are said to be away.
func TestTheCarrierIsDown(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.SQLite(t))
	points, err := s.Points(t.Context(), "20100", "posti")
	if err != nil || len(points) == 0 || points[0].Town != "Turku" {
		t.Fatalf("points: %v, %v", points, err)
	}
	s.Standin.Down(true)
	if _, err := s.Points(t.Context(), "20100", "posti"); err != nil {
		t.Errorf("remembered points: %v", err)
	}
	if _, err := s.Points(t.Context(), "33100", "posti"); !fault.Is(err, fault.Busy) {
		t.Errorf("points of a carrier that is down: %v", err)
	}
	if got := s.Options("L", shipping.Ways{Point: true, Home: true, Pickup: true}); len(got) != 4 {
		t.Errorf("options: %+v", got)
	}
	p := s.book(t, "ord_1", shipping.Point)
	if !p.Pending() {
		t.Errorf("booked with a carrier that is down: %+v", p)
	}
	s.Standin.Down(false)
	if err := s.Queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := s.parcel(t, "ord_1"); p.DropCode == "" {
		t.Errorf("no code after the carrier woke: %+v", p)
	}
}

// When the carrier refuses for good, the seller posts by themselves.
func TestBookingIsGivenUp(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		s := start(t, d)
		s.Standin.Refuse(true)
		s.book(t, "ord_1", shipping.Point)
		for range 8 {
			_ = s.Queue.Drain(t.Context())
		}
		if p := s.parcel(t, "ord_1"); p.Tracked || p.Pending() {
			t.Fatalf("still waiting: %+v", p)
		}
		if len(s.Booked) != 1 || s.Booked[0].Code {
			t.Fatalf("the trade was told %+v", s.Booked)
		}
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := s.Post(t.Context(), tx, "ord_1", false, "matkahuolto", " mh 123 456 789 ")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if p := s.parcel(t, "ord_1"); p.State != shipping.Posted || p.Tracking != "MH123456789" || p.Carrier != "matkahuolto" {
			t.Errorf("posted: %+v", p)
		}
		rs, err := s.Check(t.Context())
		if err != nil || !rs[0].OK() {
			t.Errorf("check: %+v, %v", rs, err)
		}
	})
}

// Unsigned questions are not answered.
func TestTheStandinAsksForSignatures(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.SQLite(t))
	s.Carrier.(*shipping.Pakettikauppa).Secret = "wrong"
	if _, err := s.Carrier.Status(t.Context(), "JJFI1", shipping.Point, false); err == nil {
		t.Error("a wrong secret was taken")
	}
	if _, _, err := s.Carrier.Book(t.Context(), shipping.Booking{Product: "2103"}); err == nil {
		t.Error("a wrong secret booked a parcel")
	}
}

// The stand-in's page lists parcels and its buttons move them; state survives a restart.
func TestTheStandinsPage(t *testing.T) {
	t.Parallel()
	c := clock.At(clock.Of(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)))
	file := filepath.Join(t.TempDir(), "c.json")
	opt := carrier.Options{Clock: c, Key: "k", Secret: "s", Snapshot: file}
	stand, err := carrier.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(stand.Handler())
	t.Cleanup(srv.Close)
	api := &shipping.Pakettikauppa{Base: srv.URL, Key: "k", Secret: "s", Now: c.Now}
	tracking, _, err := api.Book(t.Context(), shipping.Booking{Reference: "K-1", Product: "2103", Contents: "<b>Satula"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().PostForm(srv.URL+"/cue", map[string][]string{"parcel": {tracking}, "what": {"drop"}})
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("cue: %v, %v", res, err)
	}
	again, err := carrier.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	if ps := again.Parcels(); len(ps) != 1 || ps[0].Dropped.IsZero() {
		t.Errorf("after a restart: %+v", ps)
	}
	if err := again.Cue("nothing", "drop"); err == nil {
		t.Error("a cue for a parcel that is not there")
	}
}

// The built-in price list is whole, and a broken one says what is wrong.
func TestRates(t *testing.T) {
	t.Parallel()
	r, err := shipping.LoadRates("")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := r.Quote("L", shipping.Ways{Point: true}, shipping.Point, "posti"); err != nil || o.Price.Minor != 690 {
		t.Errorf("quote: %+v, %v", o, err)
	}
	if _, err := r.Quote("L", shipping.Ways{Point: true}, shipping.Home, "posti"); err == nil {
		t.Error("a way that is not offered has a price")
	}
	if _, err := r.Quote("", shipping.Ways{Point: true, Pickup: true}, shipping.Point, "posti"); err == nil {
		t.Error("a thing without a parcel size can be posted")
	}
	for _, bad := range []string{"", "currency = 5", "currency = \"EUR\"\n[[rate]]\nmethod = \"point\"", "colour = 1"} {
		file := filepath.Join(t.TempDir(), "rates.toml")
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shipping.LoadRates(file); err == nil {
			t.Errorf("%q is a price list", bad)
		}
	}
}

// Check digits warn about slips and say nothing about numbers that have none.
func TestTrackingNumbers(t *testing.T) {
	t.Parallel()
	for number, odd := range map[string]bool{
		"RR473124829FI": false, "RR473124828FI": true, "CE123456785FI": false, "370724760120000898": false,
		"00370724760120000898": false, "370724760120000899": true, "JJFI64574900000202361": false, "MH123456789": false,
		"": false, "A!": true,
	} {
		if got := shipping.TrackingWarning(number) != ""; got != odd {
			t.Errorf("%s odd: %t", number, got)
		}
	}
	if shipping.CleanTracking(" jjfi 6457-49 ") != "JJFI645749" || shipping.TrackingLink("posti", "JJFI1") == "" || shipping.TrackingLink("other", "1") != "" {
		t.Error("numbers are not cleaned or linked")
	}
}
