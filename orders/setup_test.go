package orders_test

import (
	"testing"
	"time"

	"github.com/kierto/kierto/orders/orderstest"
)

const day = 24 * time.Hour

// each runs f in a market on both databases.
func each(t *testing.T, f func(m *orderstest.Market)) { t.Helper(); orderstest.Each(t, f) }

// lite runs f in a market on SQLite alone.
func lite(t *testing.T, f func(m *orderstest.Market)) { t.Helper(); orderstest.Lite(t, f) }
