package nudges

import (
	"testing"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// The built-in policy gives everybody the time that the tables of the trade
// promise, so that docs/orders.md is true.
func TestTheBuiltInPolicySaysWhatTheTradeSays(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	for _, s := range orders.States() {
		own, open := orders.TurnOf(s)
		if !open {
			continue
		}
		l := p.Ladders[own.Owes]
		if l.Within != own.Within || l.Aim != own.Aim || l.Offered != own.Offered {
			t.Errorf("%s: the policy says %s, aim %s, offered %s; the trade %s, %s, %s",
				own.Owes, l.Within, l.Aim, l.Offered, own.Within, own.Aim, own.Offered)
		}
	}
}

// Every place of a fault is found, however the file is laid out.
func TestPlacesAreFound(t *testing.T) {
	t.Parallel()
	at := locate(`version = "a # {"  # { not here
[[turn]] # 2
kind = "pay"
steps = [
  { name = "a", by = ["{"] }, { name = "b" }, # 5
  # { name = "c" }
  { name = "d" }]
[[turn]]
  [[turn.steps]]
  name = "x"
[[ turn . steps ]]
cap = 3
`)
	for what, c := range map[string]struct{ got, want int }{
		"first turn": {at.turn(0), 2}, "a": {at.step(0, 0), 5}, "b": {at.step(0, 1), 5}, "d": {at.step(0, 2), 7},
		"second turn": {at.turn(1), 8}, "x": {at.step(1, 0), 9}, "after it": {at.step(1, 1), 11}, "cap": {at.key["cap"], 12},
		"one too many": {at.step(1, 2), 8}, "no such turn": {at.turn(2), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: line %d, want %d", what, c.got, c.want)
		}
	}
}

// Every kind of turn has a ladder.
func TestEveryKindHasALadder(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	for _, k := range Kinds() {
		if l, ok := p.Ladders[k]; !ok || l.Kind != k || l.Line == 0 || l.Within.IsZero() {
			t.Errorf("%s: %+v", k, l)
		}
	}
	if _, ok := p.Ladders[turn.Kind("jump")]; ok {
		t.Error("a ladder for nothing")
	}
}
