package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/payments"
)

// How the payment provider misbehaves, with and without --faults: outside
// parties never are what one wishes.
const (
	bankFails   = 0.02           // it answers nothing and has done nothing
	bankLoses   = 0.01           // it has done it, and the answer is lost
	noticeLost  = 0.01           // a message of its never comes
	noticeTwice = 0.08           // a message comes twice
	keysKept    = 24 * time.Hour // until it forgets an idempotency key
	bankFee     = 25             // cents of each payment, besides
	bankBPS     = 150            // 1/100 of a percent of it
)

// payPage is where the pages to pay on are.
const payPage = "https://bank.example/"

var (
	errBankAway = errors.New("the payment provider does not answer")
	errNoSuch   = errors.New("the payment provider knows nothing of it")
)

// bank is the payment provider.
type bank struct {
	*world
	asked    uint64 // questions, to throw dice for
	sessions map[string]*session
	byKey    map[string]*kept
	accounts map[string]*account
	byUser   map[string]*account
	sent     []*transfer
	paid     []*session
	bySend   map[string]*transfer // by key, for ever: what Paid finds
	news     []clock.Instant      // when something happened of which no message will tell
	in, out  int64                // minor units
}

// kept is what an idempotency key stood for.
type kept struct {
	at clock.Instant
	id string
}

// session is a page to pay on.
type session struct {
	payments.Session
	asking payments.Asking
	total  money.Amount
	paidAt clock.Instant
}

// account is a seller's account.
type account struct {
	id    string
	ready bool
}

// transfer is money that went out.
type transfer struct {
	id, order string
	back      bool // to the buyer
	minor     int64
	charge    string
	at        clock.Instant
}

func newBank(w *world) *bank {
	return &bank{world: w, sessions: map[string]*session{}, byKey: map[string]*kept{}, accounts: map[string]*account{}, byUser: map[string]*account{}, bySend: map[string]*transfer{}}
}

// trouble decides how a question to the provider goes: before it does anything,
// and after.
func (b *bank) trouble() (before, after error) {
	b.asked++
	d := b.of(forBank, b.asked)
	switch {
	case b.calm:
	case d.chance(1, bankFails):
		return errBankAway, nil
	case d.chance(2, bankLoses):
		return nil, errBankAway
	}
	return nil, nil
}

// name is a new name of the provider's own.
func (b *bank) name(kind string) string {
	b.asked++
	return kind + "_" + strconv.FormatUint(b.asked, 10)
}

// known is what a key stood for, unless the provider has forgotten it.
func (b *bank) known(key string) (string, bool) {
	k, ok := b.byKey[key]
	if !ok || b.clock.Now().Sub(k.at) > keysKept {
		return "", false
	}
	return k.id, true
}

func (b *bank) keep(key, id string) { b.byKey[key] = &kept{b.clock.Now(), id} }

// OpenSession implements payments.Provider.
func (b *bank) OpenSession(_ context.Context, key string, a payments.Asking) (payments.Session, error) {
	before, after := b.trouble()
	if before != nil {
		return payments.Session{}, before
	}
	id, ok := b.known(key)
	if !ok {
		id = b.name("cs")
		s := &session{asking: a, total: money.Amount{Currency: a.Money}}
		for _, l := range a.Lines {
			s.total.Minor += l.Amount
		}
		s.Session = payments.Session{ID: id, URL: payPage + id, OrderID: a.OrderID}
		b.sessions[id] = s
		b.keep(key, id)
		b.at(a.Expires, func(context.Context) error { b.close(s); return nil })
	}
	return b.sessions[id].Session, after
}

// close ends a session that nobody paid.
func (b *bank) close(s *session) {
	if s.State == payments.SessionOpen {
		s.State = payments.SessionExpired
		b.tell("checkout.session.expired", payments.EventSession, s.ID)
	}
}

// Session implements payments.Provider.
func (b *bank) Session(_ context.Context, id string) (payments.Session, error) {
	before, after := b.trouble()
	s, ok := b.sessions[id]
	switch {
	case before != nil:
		return payments.Session{}, before
	case !ok:
		return payments.Session{}, errNoSuch
	}
	return s.Session, after
}

// ExpireSession implements payments.Provider.
func (b *bank) ExpireSession(ctx context.Context, id string) (payments.Session, error) {
	s, ok := b.sessions[id]
	if ok {
		b.close(s)
	}
	return b.Session(ctx, id)
}

// pay is a buyer paying on a page. It says whether they could.
func (b *bank) pay(url string) bool {
	s := b.sessions[strings.TrimPrefix(url, payPage)]
	if s == nil || s.State != payments.SessionOpen {
		return s != nil && s.State == payments.SessionPaid
	}
	fee := bankFee + s.total.Minor*bankBPS/10_000
	s.State, s.paidAt = payments.SessionPaid, b.clock.Now()
	b.paid = append(b.paid, s)
	s.Paid = payments.Capture{
		Intent: b.name("pi"), Charge: b.name("ch"), Method: "card", Amount: s.total, Fee: money.Amount{Minor: fee, Currency: s.total.Currency},
	}
	b.in += s.total.Minor - fee
	b.tell("checkout.session.completed", payments.EventSession, s.ID)
	return true
}

// note is a message of the provider's.
type note struct {
	ID     string
	Kind   payments.EventKind
	Name   string
	Object string
}

// tell sends a message to the program: late, twice, in any order, or never.
func (b *bank) tell(name string, kind payments.EventKind, object string) {
	n := note{ID: b.name("evt"), Kind: kind, Name: name, Object: object}
	d := b.of(forBank, text(n.ID))
	if d.chance(1, noticeLost) {
		b.news = append(b.news, b.clock.Now().Add(10*time.Minute))
		return
	}
	wait := d.after(2, 20*time.Second)
	if d.chance(3, 0.03) {
		wait = d.between(4, time.Minute, 4*time.Hour)
	}
	b.world.in(wait, func(ctx context.Context) error { return b.deliver(ctx, n, d, 0) })
	if d.chance(5, noticeTwice) {
		b.world.in(d.between(6, 0, 2*time.Hour), func(ctx context.Context) error { return b.deliver(ctx, n, d, 0) })
	}
}

// deliver hands a message over, again and again until it is taken.
func (b *bank) deliver(ctx context.Context, n note, d dice, try uint64) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, again, err := b.attempt(ctx, "hear", func(ctx context.Context) error { return b.node.Payments.Receive(ctx, body, "signed") })
	if again && try < 12 {
		b.world.in(d.between(20+try, time.Minute, time.Hour), func(ctx context.Context) error { return b.deliver(ctx, n, d, try+1) })
	}
	return err
}

// nextNews is when the program would notice what no message told.
func (b *bank) nextNews(context.Context) (clock.Instant, error) {
	if len(b.news) == 0 {
		return 0, nil
	}
	first := b.news[0]
	if first <= b.clock.Now() {
		b.news = b.news[1:]
	}
	return first, nil
}

// send is money going out, once for a key that is remembered.
func (b *bank) send(m payments.Sending, back bool) (string, error) {
	before, after := b.trouble()
	if before != nil {
		return "", before
	}
	if a := b.accounts[m.Account]; !back && (a == nil || !a.ready) {
		return "", payments.ErrNotReady
	}
	id, ok := b.known(m.Key)
	if !ok {
		t := &transfer{id: b.name("tr"), order: m.OrderID, back: back, minor: m.Amount.Minor, charge: m.Charge, at: b.clock.Now()}
		id = t.id
		b.keep(m.Key, id)
		b.sent, b.bySend[m.Key] = append(b.sent, t), t
		b.out += t.minor
		b.moved(t)
		if b.o.Sabotage == "sent-twice" {
			b.moved(t)
		}
		if b.o.Sabotage == "lost-money" {
			b.out++
		}
		name, kind, object := "transfer.created", payments.EventMoved, t.id
		if back {
			name, kind, object = "charge.refunded", payments.EventRefund, t.charge
		}
		b.tell(name, kind, object)
	}
	return id, after
}

// Pay implements payments.Provider.
func (b *bank) Pay(_ context.Context, m payments.Sending) (string, error) { return b.send(m, false) }

// Return implements payments.Provider.
func (b *bank) Return(_ context.Context, m payments.Sending) (string, error) { return b.send(m, true) }

// Paid implements payments.Provider.
func (b *bank) Paid(_ context.Context, m payments.Sending) (string, error) {
	before, after := b.trouble()
	if before != nil {
		return "", before
	}
	if t := b.bySend[m.Key]; t != nil {
		return t.id, after
	}
	return "", after
}

// Returned implements payments.Provider.
func (b *bank) Returned(ctx context.Context, m payments.Sending) (string, error) {
	return b.Paid(ctx, m)
}

// OpenAccount implements payments.Provider.
func (b *bank) OpenAccount(_ context.Context, key, _, userID string) (string, error) {
	before, after := b.trouble()
	if before != nil {
		return "", before
	}
	id, ok := b.known(key)
	if !ok {
		id = b.name("acct")
		b.accounts[id] = &account{id: id}
		b.byUser[userID] = b.accounts[id]
		b.keep(key, id)
	}
	return id, after
}

// onboard is a seller finishing their details on the provider's page.
func (b *bank) onboard(user string) {
	if a := b.byUser[user]; a != nil && !a.ready {
		a.ready = true
		b.tell("account.updated", payments.EventAccount, a.id)
	}
}

// AccountReady implements payments.Provider.
func (b *bank) AccountReady(_ context.Context, id string) (bool, error) {
	before, after := b.trouble()
	if before != nil {
		return false, before
	}
	a := b.accounts[id]
	return a != nil && a.ready, after
}

// OnboardURL implements payments.Provider.
func (b *bank) OnboardURL(_ context.Context, id, _, _ string) (string, error) {
	before, after := b.trouble()
	return "https://bank.example/onboard/" + id, errors.Join(before, after)
}

// DashboardURL implements payments.Provider.
func (b *bank) DashboardURL(_ context.Context, id string) (string, error) {
	return "https://bank.example/dashboard/" + id, nil
}

// Balance implements payments.Provider.
func (b *bank) Balance(_ context.Context, currency string) (money.Amount, error) {
	return money.Amount{Minor: b.world.bank.in - b.world.bank.out, Currency: currency}, nil
}

// Withdrawals implements payments.Provider: nobody takes money out here.
func (b *bank) Withdrawals(context.Context, clock.Instant) ([]payments.Withdrawal, error) {
	return nil, nil
}

// Dispute implements payments.Provider: nobody's bank disputes anything here.
func (b *bank) Dispute(_ context.Context, id string) (payments.Dispute, error) {
	return payments.Dispute{}, fmt.Errorf("%w: no dispute %q", payments.ErrRefused, id)
}

// Event implements payments.Provider.
func (b *bank) Event(body []byte, signature string) (payments.Event, error) {
	var n note
	if err := json.Unmarshal(body, &n); err != nil || signature != "signed" {
		return payments.Event{}, payments.ErrForged
	}
	return payments.Event{ID: n.ID, Kind: n.Kind, Name: n.Name, Object: n.Object}, nil
}
