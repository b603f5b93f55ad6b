package messaging

import (
	"context"
	"fmt"
	"maps"
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

// How many are told at once.
const (
	bulk    = 500 // rows in one statement
	fewJobs = 20  // deliveries that get a job each
	perJob  = 12  // of one job, when there are more
)

// Topic of a message: what it is about decides whether it may be turned off, and
// whether it waits for the morning.
const (
	TopicAccount = "account" // sign-in and account: always goes, at once
	TopicMoney   = "money"   // payments, payouts, refunds: always goes, at once
	TopicNudge   = "nudge"   // reminders
	TopicMessage = "message" // somebody wrote and it was not read
	TopicSearch  = "search"  // saved searches, followed sellers
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
	Address   string          `db:"address"` // e-mail address, phone number, or the id of the notice
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
	Bundle    DeliveryID      `db:"bundle"`     // whose message told this too; "" for its own
	Receipt   string          `db:"receipt"`    // the provider's name for it
	ReachedAt clock.Instant   `db:"reached_at"` // 0: nobody said that it arrived
	StaleAt   clock.Instant   `db:"stale_at"`   // not worth sending from then on; 0: always is
	Day       int64           `db:"day"`        // the reader's day whose cap it counted against
	CreatedAt clock.Instant   `db:"created_at"`
	NextAt    clock.Instant   `db:"next_at"`
	DoneAt    clock.Instant   `db:"done_at"`

	Others []Delivery `db:"-"` // what its message tells too, while it is composed
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
	By      []string       // App, Push, Email, Text; empty: see chosen
	Stale   clock.Instant  // not worth sending from then on; 0: always is
}

// holds tells whether messages of a kind wait until the quiet hours end.
func holds(topic string, warning bool) bool {
	return !warning && (topic == TopicNudge || topic == TopicMessage || topic == TopicSearch)
}

// Tell lets somebody know something: a line in the app, and messages by the
// channels it names that they have and want. It joins tx and sends nothing itself.
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
	have, err := s.waysOf(ctx, tx, us)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	var rows []row
	for _, t := range ts {
		u, ok := us[t.To]
		if !ok {
			return fmt.Errorf("messaging: nobody is called %s", t.To)
		}
		more, err := s.rowsOf(u, t, have[t.To], now)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	return s.store(ctx, tx, rows, now)
}

// row is a delivery about to be stored.
type row struct {
	Delivery
	held bool // waits for the end of the quiet hours
}

// rowsOf are the deliveries of one telling.
func (s *Service) rowsOf(u accounts.User, t Telling, w ways, now clock.Instant) ([]row, error) {
	w = w.addressed(u, t)
	args, err := EncodeArgs(without(t.Args, accounts.MailTo, accounts.TextTo))
	if err != nil {
		return nil, err
	}
	d := Delivery{
		User: u.ID, Topic: t.Topic, Key: t.Key, RawArgs: args, URL: t.URL, Thread: t.Thread,
		Turn: t.Turn, Step: t.Step, Warning: t.Warning, StaleAt: t.Stale, CreatedAt: now,
	}
	if t.Dedupe == "" {
		t.Dedupe = string(id.New[DeliveryID]("once", now))
	}
	var rows []row
	if t.chosen(App, w) && !u.IsDeleted() {
		in := d
		in.ID, in.Channel, in.Address, in.Dedupe = id.New[DeliveryID]("dlv", now), App, string(id.New[NoticeID]("not", now)), t.Dedupe+":"+App
		in.State, in.DoneAt = Sent, now
		rows = append(rows, row{Delivery: in})
	}
	d.State, d.NextAt = Queued, now.Add(lease)
	held := false
	if holds(t.Topic, t.Warning) {
		if end := calendar.NextWaking(now, u.Quiet()); end != now {
			d.NextAt, held = end, true
		}
	}
	for _, c := range channels {
		to, ok := w[c.name]
		if !ok || !t.chosen(c.by, w) || !wants(u, c.name, t.Topic, t.Warning) {
			continue
		}
		d.ID, d.Channel, d.Address, d.Dedupe = id.New[DeliveryID]("dlv", now), c.name, to, t.Dedupe+":"+c.name
		rows = append(rows, row{d, held})
	}
	return rows, nil
}

// store keeps what was not told before: deliveries, the lines in the app, and
// the jobs that send what goes out now.
func (s *Service) store(ctx context.Context, tx *db.Tx, rows []row, now clock.Instant) error {
	var lines []Notice
	var topics []string
	var send []DeliveryID
	for some := range slices.Chunk(rows, bulk) {
		ds := make([]Delivery, len(some))
		for i, r := range some {
			ds[i] = r.Delivery
		}
		fresh, err := insertDeliveries(ctx, tx, ds)
		if err != nil {
			return err
		}
		for _, r := range some {
			switch {
			case !fresh[r.ID] || r.held:
			case r.Channel == App:
				lines = append(lines, Notice{ID: NoticeID(r.Address), User: r.User, Key: r.Key, RawArgs: r.RawArgs, URL: r.URL, CreatedAt: now})
				topics = append(topics, UserTopic(r.User))
			default:
				send = append(send, r.ID)
			}
		}
	}
	for some := range slices.Chunk(lines, bulk) {
		if err := insertNotices(ctx, tx, some); err != nil {
			return err
		}
	}
	s.Live.Wake(ctx, tx, topics...)
	return s.sendSoon(ctx, tx, send)
}

// sendSoon promises the jobs that send deliveries: one each, or one for several
// when there are many, since a job costs more than a row.
func (s *Service) sendSoon(ctx context.Context, tx *db.Tx, send []DeliveryID) error {
	var work []jobs.Args
	each := 1
	if len(send) > fewJobs {
		each = perJob
	}
	for some := range slices.Chunk(send, each) {
		if each == 1 {
			work = append(work, Deliver{ID: some[0]})
			continue
		}
		work = append(work, DeliverSome{IDs: some})
	}
	return s.Jobs.InsertMany(ctx, tx, work, jobs.Attempts(jobTries))
}

// addressed are the ways by which a telling goes: those of its reader, or where
// it says itself. A letter about the account goes to an address that is not
// confirmed yet, too.
func (w ways) addressed(u accounts.User, t Telling) ways {
	out := maps.Clone(w)
	if out == nil {
		out = ways{}
	}
	if t.Topic == TopicAccount && !u.IsDeleted() {
		out[Email] = u.Email
	}
	if to, ok := t.Args[accounts.MailTo].(string); ok {
		out[Email] = to
	}
	if to, ok := t.Args[accounts.TextTo].(string); ok {
		delete(out, WhatsApp)
		out[SMS] = to
	}
	return out
}

// AccountMail is a letter about an account: e-mail alone, at once, also to an
// address not confirmed yet, or to args[accounts.MailTo]. It is accounts' Mailer.
// Its link may hold a secret and is forgotten once sent.
func (s *Service) AccountMail(ctx context.Context, tx *db.Tx, to accounts.UserID, key string, args map[string]any, url string) error {
	return s.Tell(ctx, tx, Telling{To: to, Topic: TopicAccount, Key: key, Args: args, URL: url, By: []string{Email}})
}

// AccountText is a short message about an account, at once and not from stale
// on, to the number in args[accounts.TextTo]. It is accounts' Texter. Its values
// may hold a secret and are forgotten once sent.
func (s *Service) AccountText(ctx context.Context, tx *db.Tx, to accounts.UserID, key string, args map[string]any, stale clock.Instant) error {
	return s.Tell(ctx, tx, Telling{To: to, Topic: TopicAccount, Key: key, Args: args, By: []string{Text}, Stale: stale})
}

// Delivered tells whether something about a turn is known to have reached a
// person: a message whose arrival was reported, one that the post took and did
// not send back, or a line in the app that they read.
func (s *Service) Delivered(ctx context.Context, q db.Queryer, t turn.ID, u accounts.UserID) (bool, error) {
	n, err := delivered(ctx, q, t, u)
	return n > 0, err
}

// ReadAt is when somebody read the line in the app about a step of a turn; 0: not
// yet.
func (s *Service) ReadAt(ctx context.Context, q db.Queryer, t turn.ID, step string, u accounts.UserID) (clock.Instant, error) {
	return lineRead(ctx, q, t, step, u)
}

// LastTold is when people were last told something by a key in the app; those who
// never were are left out.
func (s *Service) LastTold(ctx context.Context, q db.Queryer, us []accounts.UserID, key string) (map[accounts.UserID]clock.Instant, error) {
	return lastTold(ctx, q, us, key)
}

// ReadNotices marks all lines in the app as seen by the person who looks at them.
func (s *Service) ReadNotices(ctx context.Context, u accounts.UserID) error {
	return readNotices(ctx, s.DB, u, s.Clock.Now())
}

// DeliveriesOf are what was sent about a turn, for the desk.
func (s *Service) DeliveriesOf(ctx context.Context, t turn.ID) ([]Delivery, error) {
	return deliveriesOf(ctx, s.DB, t)
}

// DeliveriesAbout is DeliveriesOf within a transaction.
func (s *Service) DeliveriesAbout(ctx context.Context, q db.Queryer, t turn.ID) ([]Delivery, error) {
	return deliveriesOf(ctx, q, t)
}

// Revive sends the last warnings about a turn after all that were dropped for a
// reason that holds no more.
func (s *Service) Revive(ctx context.Context, tx *db.Tx, t turn.ID, reason string) error {
	return revive(ctx, tx, t, reason, s.Clock.Now())
}

// without is args without some of them.
func without(args map[string]any, keys ...string) map[string]any {
	out := make(map[string]any, len(args))
	for k, v := range args {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}
