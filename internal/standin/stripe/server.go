package stripe

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// apiVersion is the version of Stripe's API that is spoken here.
const apiVersion = "2023-10-16"

// Options configure a Server. All may be left out.
type Options struct {
	Clock         clock.Clock     // the machine's when nil
	SecretKey     string          // accepted API key; any "sk_" key when empty
	PublicURL     string          // where browsers reach it; the request's Host when empty
	Merchant      string          // the name on the payment page
	WebhookURL    string          // where events go; none are sent when empty
	WebhookSecret string          // signs them, "whsec_…"
	Events        []string        // event types to send; DefaultEvents when nil
	File          string          // where state is kept; only in memory when empty
	RetryPause    time.Duration   // pause before a webhook's second attempt; 300 ms when 0
	SlowPayment   time.Duration   // how long a slow MobilePay payment takes; 20 s when 0
	PayoutAfter   time.Duration   // how long a seller's money stays at Stripe; 48 h when 0
	Context       context.Context // ends webhooks and the clockwork; Background when nil
}

// Defaults of Options.
const (
	defaultRetryPause  = 300 * time.Millisecond
	defaultSlowPayment = 20 * time.Second
	defaultPayoutAfter = 48 * time.Hour
)

// Server is the stand-in. It implements http.Handler and is safe for
// concurrent use. Close it to stop its webhooks and keep its state.
type Server struct {
	o    Options
	mux  *http.ServeMux
	stop context.CancelFunc
	ctx  context.Context
	work sync.WaitGroup

	transport http.RoundTripper // carries webhooks

	mu           sync.Mutex // guards everything below
	log          *journal
	sessions     *table[session]
	baskets      *table[basket]
	intents      *table[intent]
	charges      *table[charge]
	refunds      *table[refund]
	transfers    *table[transfer]
	reversals    *table[reversal]
	disputes     *table[dispute]
	accounts     *table[account]
	links        *table[link]
	payouts      *table[paidOut]
	transactions *table[transaction]
	waits        *table[waiting]
	keys         *table[replay]
	events       *table[event]
	openSessions map[string]bool // ids; what the clockwork looks at
	openWaits    map[string]bool
	cue          cues
	unsent       int      // webhooks under way
	outbox       []func() // what to start once the state is unlocked
	paidUpTo     int      // transfers before this one have been looked at for payout
	ticked       int64    // the second the clockwork last looked at
}

// New makes a stand-in. It fails only when its file cannot be read or written.
func New(o Options) (*Server, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Events == nil {
		o.Events = DefaultEvents
	}
	if o.Merchant == "" {
		o.Merchant = "Kierto"
	}
	o.RetryPause = or(o.RetryPause, defaultRetryPause)
	o.SlowPayment = or(o.SlowPayment, defaultSlowPayment)
	o.PayoutAfter = or(o.PayoutAfter, defaultPayoutAfter)
	s := &Server{o: o, mux: http.NewServeMux(), openSessions: map[string]bool{}, openWaits: map[string]bool{},
		transport: &http.Transport{MaxConnsPerHost: maxSenders, MaxIdleConnsPerHost: maxSenders}}
	s.ctx, s.stop = context.WithCancel(o.Context)
	s.tables()
	if o.File != "" {
		if err := s.log.open(o.File); err != nil {
			return nil, err
		}
	}
	s.routes()
	s.resume()
	s.work.Add(1)
	go s.clockwork()
	return s, nil
}

// or is d, or other when d is 0.
func or(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// tables makes the empty tables.
func (s *Server) tables() {
	l := &journal{tables: map[string]loader{}}
	s.log = l
	s.sessions = newTable(l, "session", func(v *session) string { return v.ID }, nil)
	s.baskets = newTable(l, "basket", func(v *basket) string { return v.Session }, nil)
	s.intents = newTable(l, "intent", func(v *intent) string { return v.ID }, nil)
	s.charges = newTable(l, "charge", func(v *charge) string { return v.ID }, func(v *charge) []string {
		return []string{"intent:" + deref(v.PaymentIntent), "group:" + deref(v.TransferGroup)}
	})
	s.refunds = newTable(l, "refund", func(v *refund) string { return v.ID }, func(v *refund) []string {
		return []string{"charge:" + v.Charge, "intent:" + deref(v.PaymentIntent)}
	})
	s.transfers = newTable(l, "transfer", func(v *transfer) string { return v.ID }, func(v *transfer) []string {
		return []string{"group:" + deref(v.TransferGroup), "to:" + v.Destination, "source:" + deref(v.SourceTransaction)}
	})
	s.reversals = newTable(l, "reversal", func(v *reversal) string { return v.ID },
		func(v *reversal) []string { return []string{"transfer:" + v.Transfer} })
	s.disputes = newTable(l, "dispute", func(v *dispute) string { return v.ID },
		func(v *dispute) []string { return []string{"charge:" + v.Charge} })
	s.accounts = newTable(l, "account", func(v *account) string { return v.ID }, nil)
	s.links = newTable(l, "link", func(v *link) string { return v.Token }, nil)
	s.payouts = newTable(l, "payout", func(v *paidOut) string { return v.Payout.ID },
		func(v *paidOut) []string { return []string{"account:" + v.Account, "transfer:" + v.Transfer} })
	s.transactions = newTable(l, "transaction", func(v *transaction) string { return v.ID },
		func(v *transaction) []string { return []string{"source:" + v.Source} })
	s.waits = newTable(l, "waiting", func(v *waiting) string { return v.Session }, nil)
	s.keys = newTable(l, "key", func(v *replay) string { return v.Key }, nil)
	s.events = newTable(l, "event", func(v *event) string { return v.ID }, nil)
}

// ServeHTTP answers Stripe's API, its pages and the cues.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Start serves on addr ("127.0.0.1:0" for any port) until Close and returns
// the base URL.
func (s *Server) Start(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: readTimeout}
	s.work.Add(2)
	go func() { defer s.work.Done(); _ = srv.Serve(l) }()
	go func() { defer s.work.Done(); <-s.ctx.Done(); _ = srv.Close() }()
	return "http://" + l.Addr().String(), nil
}

// maxSenders is how many webhooks are under way at once.
const maxSenders = 32

// readTimeout is how long a client may take to send its headers.
const readTimeout = 10 * time.Second

// Close stops webhooks and the clockwork, waits for both, and closes the file.
// What was not sent is sent after the next New with the same file.
func (s *Server) Close() error {
	s.stop()
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.close()
}

// SetWebhook changes where events go; for when the stand-in starts first.
func (s *Server) SetWebhook(url, secret string) {
	s.locked(func() { s.o.WebhookURL, s.o.WebhookSecret = url, secret })
}

// locked runs change with the state at hand, writes down what it changed, and
// then starts what it promised to send.
func (s *Server) locked(change func()) {
	s.mu.Lock()
	change()
	if err := s.log.flush(); err != nil {
		panic(err) // a stand-in that forgets is worse than one that dies
	}
	out := s.outbox
	s.outbox = nil
	s.mu.Unlock()
	for _, send := range out {
		send()
	}
}

// tickEvery is how often the clockwork looks, in real time.
const tickEvery = 100 * time.Millisecond

// clockwork makes what time brings happen: sessions expire, slow payments
// settle, sellers' money reaches their banks.
func (s *Server) clockwork() {
	defer s.work.Done()
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-t.C:
			s.locked(s.tick)
		}
	}
}

// tick does what is due now.
func (s *Server) tick() {
	now := s.now()
	if now == s.ticked {
		return
	}
	s.ticked = now
	for id := range s.openSessions {
		if v := s.sessions.get(id); v.ExpiresAt <= now {
			s.expire(v)
		}
	}
	for id := range s.openWaits {
		if w := s.waits.get(id); w.At <= now {
			s.settle(w)
		}
	}
	s.payOut(now)
}

// now is the clock's time in whole seconds, as Stripe writes it.
func (s *Server) now() int64 { return s.o.Clock.Now().Time().Unix() }

// newID is a fresh id with Stripe's prefix for its kind.
func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()[:24]) }

// deref is what p points to, or "".
func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// ref points to v, or to nothing when it is "".
func ref(v string) *string {
	if v == "" {
		return nil
	}
	return &v
}

// Tick makes what is due by now happen at once, for those who move the clock.
func (s *Server) Tick() { s.locked(s.tick) }
