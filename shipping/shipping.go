// Package shipping is how things travel: prices, pickup points, parcels and
// what carriers see of them.
package shipping

import (
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
)

// ParcelID names a parcel: par_…
type ParcelID string

// Method is a way to travel.
type Method string

// The ways.
const (
	Pickup Method = "pickup" // fetched from the seller, in person
	Point  Method = "point"  // to a pickup point or locker
	Home   Method = "home"   // to the door
)

// Ways are the ways a seller offers.
type Ways struct{ Pickup, Point, Home bool }

// Option is one way with its price.
type Option struct {
	Method  Method
	Carrier string // "posti", "matkahuolto"; "" for pickup
	Name    string // the carrier's own name of the product, when it has one people know
	Price   money.Amount
	DaysMin int // business days on the way
	DaysMax int
	CO2     int // grams, our estimate; 0: nothing to say
}

// ID names the option in a form: "point:posti".
func (o Option) ID() string {
	if o.Carrier == "" {
		return string(o.Method)
	}
	return string(o.Method) + ":" + o.Carrier
}

// ServicePoint is where a parcel waits to be fetched.
type ServicePoint struct {
	ID       string
	Carrier  string
	Name     string
	Street   string
	Postcode string
	Town     string
	Hours    string // opening hours, as the carrier words them
	Locker   bool
}

// Line is a point in one line: "K-Citymarket Kupittaa, Uudenmaantie 17".
func (p ServicePoint) Line() string {
	if p.Street == "" {
		return p.Name
	}
	return p.Name + ", " + p.Street
}

// ParcelState is where a parcel is.
type ParcelState string

// The states of a parcel.
const (
	Booked    ParcelState = "booked"    // ordered from the carrier, not seen yet
	Posted    ParcelState = "posted"    // the sender says that it is posted
	Moving    ParcelState = "moving"    // the carrier has it
	AtPoint   ParcelState = "at_point"  // waits to be fetched
	Delivered ParcelState = "delivered" // somebody has it
	TurnedBk  ParcelState = "returning" // on its way back, uncollected
	Back      ParcelState = "returned"  // the sender has it again
	Lost      ParcelState = "lost"
)

// Parcel is a thing on its way.
type Parcel struct {
	ID        ParcelID      `db:"id"`
	OrderID   string        `db:"order_id"`
	Back      bool          `db:"back"`
	Method    Method        `db:"method"`
	Carrier   string        `db:"carrier"`
	Size      string        `db:"size"`
	PointID   string        `db:"point_id"`
	PointName string        `db:"point_name"`
	DropCode  string        `db:"drop_code"`
	Tracking  string        `db:"tracking"`
	Tracked   bool          `db:"tracked"`
	State     ParcelState   `db:"state"`
	ETA       clock.Instant `db:"eta_at"`
	HoldUntil clock.Instant `db:"hold_until"`
	PolledAt  clock.Instant `db:"polled_at"`
	CreatedAt clock.Instant `db:"created_at"`
}

// Pending tells whether the sending code has been asked for and has not come.
func (p Parcel) Pending() bool { return p.Tracked && p.DropCode == "" && p.Tracking == "" }

// ScanCode is what a carrier saw.
type ScanCode string

// The scans.
const (
	ScanAccepted  ScanCode = "accepted"
	ScanMoving    ScanCode = "moving"
	ScanAtPoint   ScanCode = "at_point"
	ScanCollected ScanCode = "collected"
	ScanDelivered ScanCode = "delivered"
	ScanReturning ScanCode = "returning"
	ScanReturned  ScanCode = "returned"
)

// Scan is one sighting of a parcel.
type Scan struct {
	ID       string        `db:"id"`
	ParcelID ParcelID      `db:"parcel_id"`
	Code     ScanCode      `db:"code"`
	Place    string        `db:"place"`
	At       clock.Instant `db:"at"`
}

// Address is where somebody lives.
type Address struct {
	Name     string `json:"name"`
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	Town     string `json:"town"`
	Phone    string `json:"phone,omitempty"` // E.164
}

// IsZero tells whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// after is the parcel's state after a scan, or "" when the scan says nothing new.
func after(now ParcelState, c ScanCode) ParcelState {
	to := map[ScanCode]ParcelState{
		ScanAccepted: Moving, ScanMoving: Moving, ScanAtPoint: AtPoint, ScanCollected: Delivered,
		ScanDelivered: Delivered, ScanReturning: TurnedBk, ScanReturned: Back,
	}[c]
	if rank[to] <= rank[now] {
		return ""
	}
	return to
}

// rank orders the states of a parcel, so that a late scan never moves it back.
var rank = map[ParcelState]int{Booked: 1, Posted: 2, Lost: 2, Moving: 3, AtPoint: 4, TurnedBk: 5, Delivered: 6, Back: 7}
