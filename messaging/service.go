package messaging

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/live"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
)

// When answers are due.
const (
	answerWithin = 24 * time.Hour // of waking time, to answer a message
	caseWithin   = 1              // business days, for staff to answer a case
)

// Config are the settings of messages.
type Config struct {
	BaseURL       string // https://example.fi, no slash
	Secret        string // signs unsubscribe links
	Signature     string // the person who signs messages: "Salla"
	InboundDomain string // mail to reply+…@ and bounce+…@ here comes back to us; "": none does
	From          string // sender of e-mail: "hei@example.fi" or "Kierto <hei@example.fi>"
}

// Service is everything this package does. Build it with New and set the hooks
// before Web and Work.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Live     *live.Hub
	Accounts *accounts.Service
	Log      *slog.Logger
	Config   Config
	Sender   Sender // takes e-mail to the post
	SMS      Texter // carries SMS; nil: nobody does
	WhatsApp Texter // carries WhatsApp messages; nil: nobody does
	Pusher   Pusher // carries push messages; nil: nobody does: see UseWebPush

	// MailDNS says what the domains of mail that comes in vouch for; nil: nobody is
	// asked, since the mail server before us does.
	MailDNS MailDNS

	webpush *WebPush // talks to browsers' push services; nil: nobody does

	// Recheck is asked right before something about a turn is sent; nudges sets
	// it. Not ok drops the message with the reason. It brings up to date what the
	// words speak of, d.RawArgs: deadlines move while a message waits.
	Recheck func(ctx context.Context, d *Delivery) (ok bool, reason string, err error)
	// Went is told, in the transaction that notes it, of a message about a turn
	// that has left the house; nudges sets it. The same may be told twice.
	Went func(ctx context.Context, tx *db.Tx, d Delivery) error
	// Cap is how many reminders out of the house a person gets on one day of
	// theirs; nil: 3. Last warnings come anyway.
	Cap func(ctx context.Context) (int, error)
	// Actions are what a message about a turn lets its reader do by one tap, and
	// the short address of them all; nudges sets it. nil, and none: the message
	// has its one button.
	Actions func(ctx context.Context, d Delivery, u accounts.User) (acts []Action, short string, err error)
	// Failed is told, in the transaction that notes it, of a message about a turn
	// that will not arrive; nudges sets it, to try the next channel at once.
	Failed func(ctx context.Context, tx *db.Tx, d Delivery) error
	// Within is when an answer asked for at from is due, as the live policy has
	// it, by somebody with these quiet hours or by staff; nudges sets it. nil
	// leaves 24 waking hours, and a business day.
	Within func(ctx context.Context, q db.Queryer, kind turn.Kind, from clock.Instant, quiet calendar.Quiet) (clock.Instant, error)
	// Panels are what upper packages pin above a stream: an offer to answer, the
	// trade's turn. A nil component is left out.
	Panels []func(c *web.Ctx, conv Conversation) (templ.Component, error)
	// Photos keeps a message's photo and says its key.
	Photos func(ctx context.Context, owner accounts.UserID, data io.Reader) (key string, err error)
	// PhotoURL is the address of a photo in one of its sizes: "thumb", "card", "full".
	PhotoURL func(key, size string) string
	// Trade says what the trade with this id is called if u is a party of it; a
	// Missing fault otherwise.
	Trade func(ctx context.Context, u accounts.UserID, orderID string) (title, photo string, err error)
}

// New is a service without hooks.
func New(d *db.DB, c clock.Clock, q *jobs.Queue, h *live.Hub, a *accounts.Service, log *slog.Logger, cfg Config) *Service {
	return &Service{DB: d, Clock: c, Jobs: q, Live: h, Accounts: a, Log: log, Config: cfg}
}

// Open finds or makes the conversation of a buyer about a subject. Nobody sees it
// before the first entry.
func (s *Service) Open(ctx context.Context, tx *db.Tx, o Opening) (Conversation, error) {
	if o.Buyer == o.Seller {
		return Conversation{}, fault.New(fault.Conflict, "messaging.own")
	}
	return open(ctx, tx, s.Clock.Now(), o)
}

// Find is the conversation of a buyer about a subject, if they ever had one.
func (s *Service) Find(ctx context.Context, q db.Queryer, kind About, subject string, buyer accounts.UserID) (Conversation, bool, error) {
	c, err := find(ctx, q, kind, subject, buyer)
	if db.IsNone(err) {
		return Conversation{}, false, nil
	}
	return c, err == nil, err
}

// Conversation is one conversation; fault Missing unless u is one of the two.
func (s *Service) Conversation(ctx context.Context, q db.Queryer, cid ConversationID, u accounts.UserID) (Conversation, error) {
	c, err := load(ctx, q, cid)
	if err != nil {
		return Conversation{}, err
	}
	if !c.Has(u) {
		return Conversation{}, missing()
	}
	return c, nil
}

// Load is one conversation, for staff and upper packages that have made sure
// who asks.
func (s *Service) Load(ctx context.Context, q db.Queryer, cid ConversationID) (Conversation, error) {
	return load(ctx, q, cid)
}

// Append adds an entry to a stream: offers, moves, scans, nudges and notes of
// upper packages. It counts as unread for those who did not cause it, and shows
// at once in the browsers that look. Only Kind, Author, Staff, Key, Args, Ref,
// Begins and OnlyFor are read, and Text and Photo of a message.
func (s *Service) Append(ctx context.Context, tx *db.Tx, cid ConversationID, e Entry) error {
	_, _, err := s.append(ctx, tx, cid, e)
	return err
}

func (s *Service) append(ctx context.Context, tx *db.Tx, cid ConversationID, e Entry) (Conversation, Entry, error) {
	now := s.Clock.Now()
	c, err := next(ctx, tx, cid, now, e)
	if err != nil {
		return c, e, err
	}
	e.ID, e.Conversation, e.Seq, e.At = id.New[EntryID]("ent", now), cid, c.LastSeq, now
	if err := insertEntry(ctx, tx, e); err != nil {
		return c, e, err
	}
	topics := []string{c.topic(), UserTopic(c.Buyer)}
	if c.Seller != "" {
		topics = append(topics, UserTopic(c.Seller))
	}
	s.Live.Wake(ctx, tx, topics...)
	return c, e, nil
}

// Send is a person writing to the other of a conversation they are in. Faults:
// Missing to others; Invalid for nothing or too much; Conflict when one has
// blocked the other or the other has left. The other then owes an answer, unless
// it was mere thanks, and the author owes none any more.
func (s *Service) Send(ctx context.Context, author accounts.UserID, cid ConversationID, text, photo string) error {
	text, err := words(text, photo)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		c, err := s.Conversation(ctx, tx, cid, author)
		if err != nil {
			return err
		}
		return s.send(ctx, tx, c, author, text, photo)
	})
}

// SendTx is Send within the caller's transaction, to a conversation the caller
// just opened for the author.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, author accounts.UserID, c Conversation, text, photo string) error {
	text, err := words(text, photo)
	if err != nil {
		return err
	}
	if !c.Has(author) {
		return missing()
	}
	return s.send(ctx, tx, c, author, text, photo)
}

func (s *Service) send(ctx context.Context, tx *db.Tx, c Conversation, author accounts.UserID, text, photo string) error {
	other := c.Other(author)
	if other != "" {
		if err := s.mayWrite(ctx, tx, author, other); err != nil {
			return err
		}
	}
	c, e, err := s.append(ctx, tx, c.ID, Entry{Kind: Message, Author: author, Text: text, Photo: photo})
	if err != nil {
		return err
	}
	if err := markRead(ctx, tx, c, author, c.LastSeq); err != nil { // who answers has read
		return err
	}
	if c.Kind == AboutCase {
		return s.askStaff(ctx, tx, c)
	}
	if err := s.answered(ctx, tx, c, author); err != nil {
		return err
	}
	if err := s.noteUnread(ctx, tx, c, other); err != nil {
		return err
	}
	if !wantsAnswer(text) && photo == "" {
		return nil
	}
	return s.askPerson(ctx, tx, c, other, e)
}

// mayWrite refuses a message between people of whom one does not want it, or is
// gone.
func (s *Service) mayWrite(ctx context.Context, tx *db.Tx, author, other accounts.UserID) error {
	mine, theirs, err := blocksBetween(ctx, tx, author, other)
	switch {
	case err != nil:
		return err
	case mine:
		return fault.New(fault.Conflict, "messaging.you_blocked")
	case theirs:
		return fault.New(fault.Conflict, "messaging.blocked")
	}
	u, err := s.Accounts.Get(ctx, tx, other)
	if err != nil {
		return err
	}
	if u.IsDeleted() {
		return fault.New(fault.Conflict, "messaging.left")
	}
	return nil
}

// answered closes the turns of an author who has just written.
func (s *Service) answered(ctx context.Context, tx *db.Tx, c Conversation, author accounts.UserID) error {
	return turn.CloseOf(ctx, tx, s.Clock.Now(), turn.AnswerMessage, string(c.ID), string(author), turn.Done)
}

// askPerson opens the turn to answer, unless the other owes an answer already.
func (s *Service) askPerson(ctx context.Context, tx *db.Tx, c Conversation, other accounts.UserID, e Entry) error {
	u, err := s.Accounts.Get(ctx, tx, other)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	due := calendar.WakingAdd(now, answerWithin, u.Quiet())
	if s.Within != nil {
		if due, err = s.Within(ctx, tx, turn.AnswerMessage, now, u.Quiet()); err != nil {
			return err
		}
	}
	return s.ask(ctx, tx, turn.Spec{
		Kind: turn.AnswerMessage, Subject: string(c.ID), Version: e.Seq,
		Owner: string(other), Waiter: string(e.Author), Due: due,
	})
}

// ask opens a turn unless its owner owes the same already.
func (s *Service) ask(ctx context.Context, tx *db.Tx, spec turn.Spec) error {
	open, err := turn.OpenOf(ctx, tx, spec.Subject)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.Kind == spec.Kind && t.Owner == spec.Owner {
			return nil
		}
	}
	_, err = turn.Open(ctx, tx, s.Clock.Now(), spec)
	return err
}

// Settle closes u's turn to answer: they say that nothing is left to answer.
func (s *Service) Settle(ctx context.Context, u accounts.UserID, cid ConversationID) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.SettleTx(ctx, tx, u, cid) })
}

// SettleTx is Settle within the caller's transaction.
func (s *Service) SettleTx(ctx context.Context, tx *db.Tx, u accounts.UserID, cid ConversationID) error {
	c, err := s.Conversation(ctx, tx, cid, u)
	if err != nil {
		return err
	}
	s.Live.Wake(ctx, tx, c.topic())
	return turn.CloseOf(ctx, tx, s.Clock.Now(), turn.AnswerMessage, string(cid), string(u), turn.Done)
}

// Stream is what reader sees of a conversation they are in, oldest first, and
// marks it read. It is for a page that is about to be shown.
func (s *Service) Stream(ctx context.Context, cid ConversationID, reader accounts.UserID) ([]Entry, error) {
	c, err := s.Conversation(ctx, s.DB, cid, reader)
	if err != nil {
		return nil, err
	}
	es, err := s.look(ctx, c, reader)
	if err != nil {
		return nil, err
	}
	return es, s.read(ctx, c, reader, c.LastSeq)
}

// Peek is what reader sees of a conversation they are in, oldest first. It marks
// nothing.
func (s *Service) Peek(ctx context.Context, cid ConversationID, reader accounts.UserID) ([]Entry, error) {
	c, err := s.Conversation(ctx, s.DB, cid, reader)
	if err != nil {
		return nil, err
	}
	return s.look(ctx, c, reader)
}

// look is Stream without marking.
func (s *Service) look(ctx context.Context, c Conversation, reader accounts.UserID) ([]Entry, error) {
	es, err := newest(ctx, s.DB, c.ID, reader, 0, maxStream)
	if err != nil {
		return nil, err
	}
	return es, s.fillNames(ctx, es)
}

// Whole is a stream as staff see it: every entry, also those only one side sees.
// It marks nothing.
func (s *Service) Whole(ctx context.Context, cid ConversationID) ([]Entry, error) {
	es, err := newest(ctx, s.DB, cid, "", 0, maxStream)
	if err != nil {
		return nil, err
	}
	return es, s.fillNames(ctx, es)
}

// read marks everything up to seq as seen by u.
func (s *Service) read(ctx context.Context, c Conversation, u accounts.UserID, seq int64) error {
	if !c.Unread(u) || seq <= c.read(u) {
		return nil
	}
	if err := markRead(ctx, s.DB, c, u, min(seq, c.LastSeq)); err != nil {
		return err
	}
	s.Live.Now(UserTopic(u))
	return nil
}

// fillNames gives entries the first names of those they speak of.
func (s *Service) fillNames(ctx context.Context, es []Entry) error {
	want := map[accounts.UserID]bool{}
	for _, e := range es {
		if e.Author != "" {
			want[e.Author] = true
		}
		for _, u := range people(e.Args) {
			want[u] = true
		}
	}
	names, err := s.names(ctx, s.DB, want)
	for i := range es {
		es[i].names = names
	}
	return err
}

// Badges are the counts in the top bar.
func (s *Service) Badges(ctx context.Context, userID string) (web.Badges, error) {
	unread, err := unreadCount(ctx, s.DB, accounts.UserID(userID))
	if err != nil {
		return web.Badges{}, err
	}
	moves, err := turn.OwedBy(ctx, s.DB, userID)
	return web.Badges{Unread: unread, Moves: moves}, err
}

// HideEntry takes an entry out of a stream for everybody, or puts it back; for
// staff.
func (s *Service) HideEntry(ctx context.Context, tx *db.Tx, eid EntryID, hidden bool) error {
	cid, err := hideEntry(ctx, tx, eid, hidden)
	if err != nil {
		return err
	}
	s.Live.Wake(ctx, tx, Topic(cid))
	return nil
}
