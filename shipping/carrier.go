package shipping

import "context"

// Carrier is who carries parcels for us. Pakettikauppa is the one adapter.
type Carrier interface {
	// Points are the pickup points near a postcode for one product, at most limit.
	Points(ctx context.Context, postcode, product string, limit int) ([]ServicePoint, error)
	// Book orders a parcel with a code instead of a label. The same reference
	// twice is the same parcel.
	Book(ctx context.Context, b Booking) (tracking, code string, err error)
	// Status is what was seen of a parcel, oldest first.
	Status(ctx context.Context, tracking string, method Method, back bool) ([]Scan, error)
}
