// Package nudges is what happens when nobody moves: it watches every open turn,
// reminds whoever is slow along a ladder, and makes the clock's move when a
// deadline passes.
package nudges

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/kierto/kierto/internal/turn"
)

//go:embed policy.toml
var builtIn string

// Who a step speaks to.
const (
	ToOwner    = "owner"
	ToWaiter   = "waiter"
	ToOperator = "operator"
)

// Policy is all ladders, by kind of turn.
type Policy struct {
	Version string
	Ladders map[turn.Kind]Ladder
}

// Ladder is a turn's planned reminders, in the order they come.
type Ladder []Step

// Step is one reminder. Either After or Before is meant, as Early tells.
type Step struct {
	Name    string        // recorded with each nudge; unique in its ladder
	Early   bool          // counted from the turn's beginning, not back from its deadline
	Waking  time.Duration // waking time since the beginning, or left until the deadline
	To      string        // ToOwner, ToWaiter or ToOperator
	By      []string      // "app", "email"
	Text    string        // i18n stem: nudges.<Text>.subject …
	Warning bool          // the last word before a costly deadline
}

// kinds are all turns a policy has to have a ladder for.
var kinds = []turn.Kind{
	turn.Pay, turn.Ship, turn.HandOver, turn.AgreeCancel, turn.Deliver, turn.SayArrived, turn.Collect,
	turn.Confirm, turn.AnswerClaim, turn.Rule, turn.SendBack, turn.DeliverBack, turn.ConfirmReturn,
	turn.AnswerMessage, turn.AnswerOffer, turn.AnswerCase, turn.Review, turn.PayoutDetails,
}

// file is the policy as it is written.
type file struct {
	Version string
	Turn    []struct {
		Kind  turn.Kind
		Steps []struct {
			Name, After, Before, To, Text string
			By                            []string
			Warning                       bool
		}
	}
}

// ReadPolicy reads the policy at path, or the built-in one when path is empty.
func ReadPolicy(path string) (Policy, error) {
	text := builtIn
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return Policy{}, err
		}
		text = string(raw)
	}
	return ParsePolicy(text)
}

// ParsePolicy reads a policy and refuses, with the line or the name of the step
// and the reason, one that is broken or incomplete.
func ParsePolicy(text string) (Policy, error) {
	var f file
	meta, err := toml.Decode(text, &f)
	if err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return Policy{}, fmt.Errorf("policy, line %d: %s", at.Position.Line, at.Message)
		}
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return Policy{}, fmt.Errorf("policy: %s means nothing here", extra[0])
	}
	if f.Version == "" {
		return Policy{}, errors.New("policy: it has no version")
	}
	p := Policy{Version: f.Version, Ladders: map[turn.Kind]Ladder{}}
	for _, t := range f.Turn {
		if !slices.Contains(kinds, t.Kind) {
			return Policy{}, fmt.Errorf("policy: no turn is called %q", t.Kind)
		}
		if _, twice := p.Ladders[t.Kind]; twice {
			return Policy{}, fmt.Errorf("policy: %q has two ladders", t.Kind)
		}
		l := Ladder{}
		for _, s := range t.Steps {
			step, err := newStep(s.Name, s.After, s.Before, s.To, s.Text, s.By, s.Warning)
			if err == nil && l.has(s.Name) {
				err = errors.New("the name is used twice")
			}
			if err != nil {
				return Policy{}, fmt.Errorf("policy: %s, step %q: %w", t.Kind, s.Name, err)
			}
			l = append(l, step)
		}
		p.Ladders[t.Kind] = l
	}
	for _, k := range kinds {
		if _, ok := p.Ladders[k]; !ok {
			return Policy{}, fmt.Errorf("policy: %q has no ladder; write an empty one if nobody is to be reminded", k)
		}
	}
	return p, nil
}

// newStep is a step, if it makes sense.
func newStep(name, after, before, to, text string, by []string, warning bool) (Step, error) {
	s := Step{Name: name, Early: before == "", To: to, By: by, Text: text, Warning: warning}
	if (after == "") == (before == "") {
		return s, errors.New("it needs either after or before")
	}
	d, err := time.ParseDuration(after + before)
	if err != nil || d < 0 {
		return s, fmt.Errorf("%q is not a time such as \"20h\"", after+before)
	}
	s.Waking = d
	switch {
	case name == "" || name == turn.StepPlan || name == turn.StepLapse:
		return s, errors.New("it needs a name of its own")
	case to != ToOwner && to != ToWaiter && to != ToOperator:
		return s, fmt.Errorf("to is %q, not owner, waiter or operator", to)
	case len(by) == 0:
		return s, errors.New("it goes through no channel")
	case text == "":
		return s, errors.New("it says nothing")
	}
	for _, b := range by {
		if b != "app" && b != "email" {
			return s, fmt.Errorf("there is no channel %q", b)
		}
	}
	return s, nil
}

// has tells whether a step of that name is in the ladder.
func (l Ladder) has(name string) bool {
	_, ok := l.step(name)
	return ok
}

// step is the step of that name.
func (l Ladder) step(name string) (Step, bool) {
	for _, s := range l {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// warning is the ladder's last warning, if it has one.
func (l Ladder) warning() (Step, bool) {
	for _, s := range l {
		if s.Warning {
			return s, true
		}
	}
	return Step{}, false
}
