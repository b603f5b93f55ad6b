package demo

import "context"

// Roles of the people to sign in as.
const (
	roleBuyer    = "buyer"
	roleSeller   = "seller"
	roleOperator = "operator"
)

// Amount is how much the demo makes up.
type Amount struct{ People, Listings, Trades int }

// Amounts are the sizes of the demo by name.
var Amounts = map[string]Amount{
	"full":  {People: 60, Listings: 400, Trades: 150},
	"small": {People: 12, Listings: 40, Trades: 34},
	"none":  {},
}

// Seed fills an empty database.
func (d *Demo) Seed(ctx context.Context, a Amount) error {
	d.Clock.run(0)
	return nil
}
