package orders_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/orders/orderstest"
)

// However many codes somebody types at the same moment, on PostgreSQL, only five
// are held against the buyer's, and then a person looks.
func TestGuessesAtOnceCountOneByOne(t *testing.T) {
	t.Parallel()
	m := orderstest.Open(t, testdb.Postgres(t))
	o := m.PaidFor(orderstest.InPerson)
	var wg, ready sync.WaitGroup
	var guessed atomic.Int64
	const hands = 12
	ready.Add(hands)
	for range hands {
		wg.Go(func() {
			err := m.DB.InTx(m.Context(), func(*db.Tx) error { // until everybody has a connection
				ready.Done()
				ready.Wait()
				return nil
			})
			if err == nil {
				_, err = m.Tries(o, orders.Seller, orders.HandOver, orders.Input{Code: other(o.Code)})
			}
			for _, f := range fault.As(err) {
				if f.Key == "orders.code_wrong" || f.Key == "orders.code_tries" {
					guessed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if tries := m.Is(o, orders.InReview).CodeTries; tries != 5 || guessed.Load() != 5 {
		t.Errorf("%d guesses were held against the code, %d counted", guessed.Load(), tries)
	}
	m.Sound()
}
