package payments_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/payments"
)

// TestManyBuyersPayAtOnce pays 200 orders at once with jobs and webhooks running
// as they do in a server: everyone's money is held, once. It logs how fast.
func TestManyBuyersPayAtOnce(t *testing.T) {
	t.Parallel()
	const orders, buyers = 200, 16
	testdb.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.ok(s.Jobs.Start(t.Context()))
		t.Cleanup(func() { s.ok(s.Jobs.Stop(t.Context())) })
		start := clock.Wall()
		next := make(chan string)
		var wg sync.WaitGroup
		for range buyers {
			wg.Go(func() {
				for order := range next {
					s.begin(order)
					s.ok(s.stripe.PayCard(session(s.page(order)), stripe.Card{Number: card}))
				}
			})
		}
		for i := range orders {
			next <- fmt.Sprintf("ord_%d", i)
		}
		close(next)
		wg.Wait()
		for n := 0; n < orders; time.Sleep(5 * time.Millisecond) {
			s.ok(d.Get(t.Context(), &n, `SELECT COUNT(*) FROM payments WHERE state = 'held'`))
		}
		t.Logf("%.0f payments a second", orders/clock.Wall().Sub(start).Seconds())
		s.sound(map[payments.LedgerAccount]int64{payments.PSPBalance: orders * 8338, payments.PSPFee: orders * 152, payments.HeldFor: -orders * 8490})
	})
}
