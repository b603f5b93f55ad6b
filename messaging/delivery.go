package messaging

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/turn"
)

// lease is how long a job has to take up a delivery, and a sender to finish it,
// before the sweep hands it out again.
const lease = 10 * time.Minute

// Topic of a message: what it is about decides whether it may be turned off, and
// whether it waits for the morning.
const (
	TopicAccount = "account" // sign-in and account: always goes, at once
	TopicMoney   = "money"   // payments, payouts, refunds: always goes, at once
	TopicNudge   = "nudge"   // reminders
	TopicMessage = "message" // somebody wrote and it was not read
	TopicSearch  = "search"  // saved searches, followed sellers
)

// Channels a message goes by.
const (
	App   = "app"
	Email = "email"
)

// State of a delivery.
type State string

// States of a delivery.
const (
	Queued  State = "queued"  // waits for a job or for its time
	Sending State = "sending" // a sender has it
	Sent    State = "sent"    // the post took it
	Failed  State = "failed"  // the post will never take it
	Dropped State = "dropped" // it was no longer wanted
)

// DeliveryID names a delivery: dlv_…
type DeliveryID string

// Delivery is one message on its way to one person by one channel.
type Delivery struct {
	ID        DeliveryID      `db:"id"`
	User      accounts.UserID `db:"user_id"`
	Channel   string          `db:"channel"`
	Topic     string          `db:"topic"`
	Address   string          `db:"address"` // e-mail address, or the id of the notice
	Key       string          `db:"msg_key"`
	RawArgs   string          `db:"args"`
	URL       string          `db:"url"`
	Thread    ConversationID  `db:"thread"`
	Turn      turn.ID         `db:"turn_id"`
	Step      string          `db:"step"`
	Warning   bool            `db:"warning"`
	Dedupe    string          `db:"dedupe"`
	State     State           `db:"state"`
	Reason    string          `db:"reason"`
	Tries     int64           `db:"tries"`
	CreatedAt clock.Instant   `db:"created_at"`
	NextAt    clock.Instant   `db:"next_at"`
	DoneAt    clock.Instant   `db:"done_at"`
}

// Telling is something a person shall know.
type Telling struct {
	To      accounts.UserID
	Topic   string
	Key     string         // i18n stem: .subject, .lead, .why (optional), .button
	Args    map[string]any // as of an Entry; "Title" also heads the mail
	URL     string         // path the button and the line in the app lead to
	Dedupe  string         // the same thing is told once; "" for always
	Thread  ConversationID // conversation it belongs to, if one
	Turn    turn.ID        // the turn it reminds of
	Step    string         // and the step of its ladder
	Warning bool           // a last warning: cannot be turned off, does not wait for the morning
	By      []string       // channels; empty means all the person wants
}

// holds tells whether messages of a kind wait until the quiet hours end.
func holds(topic string, warning bool) bool {
	return !warning && (topic == TopicNudge || topic == TopicMessage || topic == TopicSearch)
}

// wants tells whether a person takes e-mail about a topic.
func wants(u accounts.User, topic string, warning bool) bool {
	switch {
	case u.IsDeleted():
		return false
	case topic == TopicAccount: // it may be the letter that confirms the address
		return true
	case !u.Confirmed():
		return false
	case warning || topic == TopicMoney:
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

// Tell lets somebody know something: a line in the app, and an e-mail if they
// want those. It joins tx and sends nothing itself.
func (s *Service) Tell(ctx context.Context, tx *db.Tx, t Telling) error {
	return s.TellMany(ctx, tx, []Telling{t})
}

// TellMany is Tell for many.
func (s *Service) TellMany(ctx context.Context, tx *db.Tx, ts []Telling) error {
	ids := make([]accounts.UserID, 0, len(ts))
	for _, t := range ts {
		if !slices.Contains(ids, t.To) {
			ids = append(ids, t.To)
		}
	}
	us, err := s.Accounts.Many(ctx, tx, ids)
	if err != nil {
		return err
	}
	var work []jobs.Args
	for _, t := range ts {
		u, ok := us[t.To]
		if !ok {
			return fmt.Errorf("messaging: nobody is called %s", t.To)
		}
		job, err := s.tell(ctx, tx, u, t)
		if err != nil {
			return err
		}
		if job != nil {
			work = append(work, job)
		}
	}
	return s.Jobs.InsertMany(ctx, tx, work, jobs.Attempts(jobTries))
}

// tell records one telling and gives the job that sends its e-mail now, if one
// is to.
func (s *Service) tell(ctx context.Context, tx *db.Tx, u accounts.User, t Telling) (jobs.Args, error) {
	now := s.Clock.Now()
	to := u.Email
	if a, ok := t.Args[accounts.MailTo].(string); ok {
		to = a
	}
	args, err := EncodeArgs(without(t.Args, accounts.MailTo))
	if err != nil {
		return nil, err
	}
	d := Delivery{
		User: u.ID, Topic: t.Topic, Key: t.Key, RawArgs: args, URL: t.URL, Thread: t.Thread,
		Turn: t.Turn, Step: t.Step, Warning: t.Warning, CreatedAt: now,
	}
	if t.Dedupe == "" {
		t.Dedupe = string(id.New[DeliveryID]("once", now))
	}
	by := func(channel string) bool { return len(t.By) == 0 || slices.Contains(t.By, channel) }
	if by(App) && !u.IsDeleted() {
		if err := s.tellInApp(ctx, tx, d, t.Dedupe); err != nil {
			return nil, err
		}
	}
	if !by(Email) || !wants(u, t.Topic, t.Warning) {
		return nil, nil
	}
	d.ID, d.Channel, d.Address, d.Dedupe = id.New[DeliveryID]("dlv", now), Email, to, t.Dedupe+":"+Email
	d.State, d.NextAt = Queued, now.Add(lease)
	held := false
	if holds(t.Topic, t.Warning) {
		if end := calendar.NextWaking(now, u.Quiet()); end != now {
			d.NextAt, held = end, true
		}
	}
	fresh, err := insertDelivery(ctx, tx, d)
	if err != nil || !fresh || held {
		return nil, err
	}
	return Deliver{ID: d.ID}, nil
}

// tellInApp records the line in the app, once.
func (s *Service) tellInApp(ctx context.Context, tx *db.Tx, d Delivery, dedupe string) error {
	n := Notice{ID: id.New[NoticeID]("not", d.CreatedAt), User: d.User, Key: d.Key, RawArgs: d.RawArgs, URL: d.URL, CreatedAt: d.CreatedAt}
	d.ID, d.Channel, d.Address, d.Dedupe = id.New[DeliveryID]("dlv", d.CreatedAt), App, string(n.ID), dedupe+":"+App
	d.State, d.DoneAt = Sent, d.CreatedAt
	fresh, err := insertDelivery(ctx, tx, d)
	if err != nil || !fresh {
		return err
	}
	s.Live.Wake(ctx, tx, UserTopic(d.User))
	return insertNotice(ctx, tx, n)
}

// AccountMail is a letter about an account: e-mail alone, at once, also to an
// address not confirmed yet, or to args[accounts.MailTo]. It is accounts' Mailer.
// Its link may hold a secret and is forgotten once sent.
func (s *Service) AccountMail(ctx context.Context, tx *db.Tx, to accounts.UserID, key string, args map[string]any, url string) error {
	return s.Tell(ctx, tx, Telling{To: to, Topic: TopicAccount, Key: key, Args: args, URL: url, By: []string{Email}})
}

// Delivered tells whether something about a turn is known to have reached a
// person: an e-mail that the post took, or a line in the app that they read.
func (s *Service) Delivered(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) (bool, error) {
	n, err := delivered(ctx, q, t, u)
	return n > 0, err
}

// DeliveriesOf are what was sent about a turn, for the desk.
func (s *Service) DeliveriesOf(ctx context.Context, t turn.ID) ([]Delivery, error) {
	return deliveriesOf(ctx, s.DB, t)
}

// without is args without one of them.
func without(args map[string]any, key string) map[string]any {
	if _, ok := args[key]; !ok {
		return args
	}
	out := make(map[string]any, len(args))
	for k, v := range args {
		if k != key {
			out[k] = v
		}
	}
	return out
}
