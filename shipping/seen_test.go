package shipping_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/shipping"
)

// Two who asked the carrier at the same moment, one of whom heard less, leave the
// parcel where the other saw it; on PostgreSQL.
func TestTwoAskAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, testdb.Postgres(t))
	at := s.Clock.Now()
	less := []shipping.Scan{{Code: shipping.ScanAccepted, At: at}}
	more := append(less[:1:1], shipping.Scan{Code: shipping.ScanAtPoint, At: at.Add(time.Hour)})
	for i := range 10 {
		p := s.book(t, fmt.Sprint("ord_", i), shipping.Point)
		var wg, ready sync.WaitGroup
		ready.Add(6)
		for n := range 6 {
			wg.Go(func() {
				err := s.DB.InTx(t.Context(), func(*db.Tx) error { // until everybody has a connection
					ready.Done()
					ready.Wait()
					return nil
				})
				if err == nil {
					err = s.Seen(t.Context(), p.ID, [][]shipping.Scan{less, more}[n%2])
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if p = s.parcel(t, p.OrderID); p.State != shipping.AtPoint || p.HoldUntil.IsZero() {
			t.Fatalf("parcel %d is %s, held until %s", i, p.State, p.HoldUntil)
		}
	}
}

// A parcel that nobody ever posted is not asked about forever.
func TestDeadParcelsAreLeftAlone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		s := start(t, d)
		s.book(t, "ord_1", shipping.Point)
		for after, want := range map[time.Duration]int{time.Hour: 1, 101 * 24 * time.Hour: 0} {
			was := s.Clock.Now()
			s.Clock.Move(after)
			if n, err := s.Poll(t.Context()); err != nil || n != want {
				t.Errorf("after %s: asked about %d, %v", after, n, err)
			}
			s.Clock.Set(was)
			if _, err := d.Do(t.Context(), `UPDATE parcels SET polled_at = 0`); err != nil {
				t.Fatal(err)
			}
		}
	})
}
