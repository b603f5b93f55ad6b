package messaging

import (
	"context"
	"slices"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

// Channels a message goes by.
const (
	App      = "app"
	Push     = "push"
	Email    = "email"
	SMS      = "sms"
	WhatsApp = "whatsapp"
)

// Text is what a Telling calls SMS and WhatsApp: whichever the person has.
const Text = "text"

// outside are the channels out of the house, as a Telling calls them, from the
// one that disturbs least.
var outside = []string{Push, Email, Text}

// channel is one way out of the house.
type channel struct {
	name string
	by   string // what a Telling calls it
	// ready tells whether this installation has somebody who carries it.
	ready func(s *Service) bool
	// compose words a delivery for its reader, as of now, and gives what sends
	// it. What that says of its failure is as of Sender; receipt is the
	// provider's own name for the message.
	compose func(s *Service, ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (send func(context.Context) (receipt string, err error), err error)
	// reports tells whether its provider says later what arrived. Then a message
	// has reached nobody before that; otherwise it has once it was taken.
	reports bool
}

// channels are all ways out of the house. What stays in the app is told at once
// and counts when it is read.
var channels = []channel{
	{name: Push, by: Push, ready: func(s *Service) bool { return s.Pusher != nil }, compose: (*Service).composePush, reports: true},
	{name: Email, by: Email, ready: func(*Service) bool { return true }, compose: (*Service).composeMail},
	{name: SMS, by: Text, ready: func(s *Service) bool { return s.SMS != nil }, compose: (*Service).composeText, reports: true},
	{name: WhatsApp, by: Text, ready: func(s *Service) bool { return s.WhatsApp != nil }, compose: (*Service).composeText, reports: true},
}

// channelOf is the channel of a delivery.
func channelOf(name string) (channel, bool) {
	i := slices.IndexFunc(channels, func(c channel) bool { return c.name == name })
	if i < 0 {
		return channel{}, false
	}
	return channels[i], true
}

// unreported are the channels whose acceptance is all we ever learn.
func unreported() []string {
	var out []string
	for _, c := range channels {
		if !c.reports {
			out = append(out, c.name)
		}
	}
	return out
}

// ways are the addresses at which one person is reached out of the house, by
// channel. That of push is empty: it goes to all their browsers.
type ways map[string]string

// waysOf finds out how people are reached now: by what is shown to be theirs,
// works, and was not answered with STOP. What they switched off is not looked at.
func (s *Service) waysOf(ctx context.Context, q db.Queryer, us map[accounts.UserID]accounts.User) (map[accounts.UserID]ways, error) {
	out, ids, phones := s.addressesOf(us)
	if err := s.addBrowsers(ctx, q, out, ids); err != nil {
		return nil, err
	}
	return out, leaveOut(ctx, q, out, phones)
}

// wayOf is how one person is reached by one channel; false when they are not. It
// asks the database only what that channel depends on.
func (s *Service) wayOf(ctx context.Context, q db.Queryer, u accounts.User, channel string) (string, bool, error) {
	all, ids, phones := s.addressesOf(map[accounts.UserID]accounts.User{u.ID: u})
	var err error
	switch channel {
	case Push:
		err = s.addBrowsers(ctx, q, all, ids)
	case SMS, WhatsApp:
		err = leaveOut(ctx, q, all, phones)
	}
	to, ok := all[u.ID][channel]
	return to, ok, err
}

// addressesOf are the ways that accounts know of, and whose browsers and which
// numbers are to be looked up.
func (s *Service) addressesOf(us map[accounts.UserID]accounts.User) (map[accounts.UserID]ways, []accounts.UserID, []string) {
	out := make(map[accounts.UserID]ways, len(us))
	var ids []accounts.UserID
	var phones []string
	for _, u := range us {
		out[u.ID] = ways{}
		if u.IsDeleted() {
			continue
		}
		ids = append(ids, u.ID)
		if u.TakesMail() {
			out[u.ID][Email] = u.Email
		}
		if by := s.textsBy(u); by != "" {
			out[u.ID][by] = u.Phone
			phones = append(phones, u.Phone)
		}
	}
	return out, ids, phones
}

// addBrowsers adds push for those who have a browser that takes messages.
func (s *Service) addBrowsers(ctx context.Context, q db.Queryer, to map[accounts.UserID]ways, ids []accounts.UserID) error {
	if s.Pusher == nil || len(ids) == 0 {
		return nil
	}
	have, err := subscribed(ctx, q, ids)
	for _, u := range have {
		to[u][Push] = ""
	}
	return err
}

// leaveOut takes away the numbers that answered STOP.
func leaveOut(ctx context.Context, q db.Queryer, from map[accounts.UserID]ways, phones []string) error {
	if len(phones) == 0 {
		return nil
	}
	stopped, err := optedOut(ctx, q, phones)
	for _, w := range from {
		for _, o := range stopped {
			if w[o.Channel] == o.Address {
				delete(w, o.Channel)
			}
		}
	}
	return err
}

// textsBy is the channel of short messages to a person; "" for none. Whoever
// chose none is still reached by SMS, for last warnings.
func (s *Service) textsBy(u accounts.User) string {
	switch {
	case !u.HasPhone():
		return ""
	case u.TextsBy == accounts.ByWhatsApp && s.WhatsApp != nil:
		return WhatsApp
	case s.SMS != nil:
		return SMS
	}
	return ""
}

// Reach says by which channels out of the house people are reached now, as a
// Telling calls them and from the one that disturbs least: an address that is
// confirmed and works, a number that is confirmed and did not answer STOP, a
// browser that takes messages. It does not look at what they switched off.
func (s *Service) Reach(ctx context.Context, q db.Queryer, users []accounts.UserID) (map[accounts.UserID][]string, error) {
	us, err := s.Accounts.Many(ctx, q, users)
	if err != nil {
		return nil, err
	}
	return s.ReachOf(ctx, q, us)
}

// ReachOf is Reach for people who were loaded before.
func (s *Service) ReachOf(ctx context.Context, q db.Queryer, us map[accounts.UserID]accounts.User) (map[accounts.UserID][]string, error) {
	have, err := s.waysOf(ctx, q, us)
	if err != nil {
		return nil, err
	}
	out := make(map[accounts.UserID][]string, len(have))
	for u, w := range have {
		for _, by := range outside {
			if w.has(by) {
				out[u] = append(out[u], by)
			}
		}
	}
	return out, nil
}

// Changed lets what waits for a person's morning be looked at again now, since
// their quiet hours, zone or channels are others. Who chooses short messages
// again after STOP has taken it back. It is one of accounts' Changed hooks.
func (s *Service) Changed(ctx context.Context, tx *db.Tx, id accounts.UserID) error {
	u, err := s.Accounts.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if u.HasPhone() && u.TextsBy != accounts.ByNone {
		if _, err := optIn(ctx, tx, u.Phone); err != nil {
			return err
		}
	}
	return release(ctx, tx, id, s.Clock.Now())
}

// has tells whether there is a way that a Telling calls by.
func (w ways) has(by string) bool {
	for _, c := range channels {
		if _, ok := w[c.name]; ok && c.by == by {
			return true
		}
	}
	return false
}

// chosen tells whether a telling goes by a channel. One that names none goes by
// all but texts, and by those too when it is a last warning, or when there is no
// other way out of the house.
func (t Telling) chosen(by string, w ways) bool {
	switch {
	case len(t.By) > 0:
		return slices.Contains(t.By, by)
	case by == Text:
		return t.Warning || t.Topic != TopicSearch && !w.has(Push) && !w.has(Email)
	}
	return true
}

// Way is what a Telling calls the channel of a delivery.
func Way(channel string) string {
	c, ok := channelOf(channel)
	if !ok {
		return channel
	}
	return c.by
}

// Takes tells whether a person takes messages about a topic by what a Telling
// calls by.
func Takes(u accounts.User, by, topic string, warning bool) bool {
	return slices.ContainsFunc(channels, func(c channel) bool { return c.by == by && wants(u, c.name, topic, warning) })
}

// wants tells whether a person takes messages about a topic by a channel.
func wants(u accounts.User, channel, topic string, warning bool) bool {
	switch {
	case u.IsDeleted():
		return false
	case topic == TopicAccount: // it may be what confirms the address or the number
		return channel != Push
	case warning || topic == TopicMoney:
		return true
	case channel == SMS || channel == WhatsApp:
		return u.TextsBy != accounts.ByNone
	case channel == Push:
		return true
	case topic == TopicMessage:
		return u.MailMessages
	case topic == TopicNudge:
		return u.MailNudges
	case topic == TopicSearch:
		return u.MailSearches
	}
	return false
}
