package orders

import "github.com/kierto/kierto/internal/money"

// The buyer's protection: what the marketplace takes. The seller pays nothing,
// so a seller's payout is the price of the thing.
const (
	FeeBPS = 400 // basis points of the thing's price: 4 %
	FeeMin = 70  // minor units: at least 0.70 €
)

// Fee is the buyer's protection for a thing of a price, rounded half up.
func Fee(item money.Amount) money.Amount {
	fee, _ := item.Split(FeeBPS)
	fee.Minor = max(fee.Minor, FeeMin)
	return fee
}
