// Package orders is the trade: offers, checkout, the state machine, the trade
// room, disputes and reviews. machine.go holds the whole business as two tables.
package orders
