package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
)

// Kinds of an Action: how a letter shows it.
const (
	ActMain  = ""      // the one filled button
	ActQuiet = "quiet" // an outlined button
	ActBare  = "bare"  // a word to tap
	ActSlot  = "slot"  // one of several times to choose from; More is the hours
	ActHelp  = "help"  // leads to a person
	ActMute  = "mute"  // no more reminders about this
)

// Action is something a message lets its reader do by one tap, without signing
// in.
type Action struct {
	Label string
	More  string // a small line below the label; "" for none
	URL   string // a path on this site, or a whole address
	Kind  string
}

// actions are what a delivery offers its reader, and the one short address that
// leads to all of it; none when nobody fills the hook.
func (s *Service) actions(ctx context.Context, d Delivery, u accounts.User) ([]Action, string, error) {
	if s.Actions == nil || d.Turn == "" {
		return nil, "", nil
	}
	return s.Actions(ctx, d, u)
}
