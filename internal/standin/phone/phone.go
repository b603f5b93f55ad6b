// Package phone plays those who carry short messages: it speaks the HTTP of
// 46elks, of our own signed webhook and of the WhatsApp Cloud API on loopback,
// keeps what it gets, and reports, delays, refuses, fails and repeats on cue. A
// test, or a visitor of the demo, writes back through it.
package phone

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// What the stand-in's customer signs in with.
const (
	User     = "u0kierto"
	Password = "stand-in-password"
	Token    = "stand-in-token"
	PhoneID  = "100200300"
	Secret   = "stand-in-secret-of-the-phones" // of the app, the webhook and the path
	Verify   = "stand-in-verify-of-the-phones"
	Template = "kierto_note"
	From     = "+358401000000" // the marketplace's own number
)

// Limits of the stand-in.
const (
	maxKept    = 500             // messages kept; older ones go
	maxBody    = 64 << 10        // bytes of a request
	headerTime = 5 * time.Second // a client may take this long
	hangTime   = time.Minute     // without an answer
	late       = time.Hour       // by which a delayed message arrives
	maxReports = 5               // tries of one report
)

// Fault is how a message is treated on cue.
type Fault int

// The cues. Without one a message arrives at once and is reported once. The last
// two digits of a number name a cue too, for the demo: 91 is Refuse, and so on.
const (
	Refuse  Fault = iota + 1 // no such number; never taken
	Busy                     // 503; not taken this time
	Bounce                   // taken, and reported as failed
	Delay                    // arrives an hour later
	Repeat                   // reported three times
	Hang                     // taken, but nobody is told
	Early                    // reported before the request for it is answered
	Silent                   // arrives, and is never reported
	NoMoney                  // 403: the account is empty
	Garbage                  // an answer that is no JSON
)

// firstSuffix is the end of a number that means the first cue.
const firstSuffix = 90

// Message is a message as it was taken.
type Message struct {
	ID       string // 1, 2, 3 … as the provider calls it
	At       clock.Instant
	Channel  string // "sms" or "whatsapp"
	To       string // E.164
	Text     string
	Ours     string // the customer's own id, where the wire has a place for it
	Lang     string // of the template
	Template bool
	Incoming bool   // To wrote it
	Status   string // "sent", "delivered" or "failed"

	hook string // where its reports go
}

// cue is what happens to the next messages to a number.
type cue struct {
	to    string
	fault Fault
	times int // left; 0 for always
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	clock clock.Clock
	srv   *http.Server
	addr  string
	site  string       // of our customer
	calls *http.Client // by which it is called
	stop  chan struct{}

	mu    sync.Mutex
	down  bool
	burn  bool  // what comes is taken and forgotten
	taken int64 // messages while it was not
	kept  []Message
	count int
	cues  []*cue
	queue []*report
	keys  map[string]string // idempotency keys of the webhook: the message's id
}

// Start listens on a free port of this machine, and calls the webhooks of the
// site at site by way of calls; nil for the network. Close it when done.
func Start(c clock.Clock, site string, calls http.RoundTripper) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("phone stand-in: %w", err)
	}
	s := &Server{
		clock: c, addr: l.Addr().String(), site: site, stop: make(chan struct{}), keys: map[string]string{},
		calls: &http.Client{Transport: calls, Timeout: headerTime},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /a1/sms", s.postElks)
	mux.HandleFunc("POST /send", s.postHook)
	mux.HandleFunc("POST /v21.0/"+PhoneID+"/messages", s.postCloud)
	s.srv = &http.Server{Handler: http.MaxBytesHandler(mux, maxBody), ReadHeaderTimeout: headerTime}
	go func() { _ = s.srv.Serve(l) }() // ends with Close
	return s, nil
}

// Close ends the server and its connections.
func (s *Server) Close() error {
	close(s.stop)
	return s.srv.Close()
}

// SMSURL is the address of the 46elks interface, as the settings take it.
func (s *Server) SMSURL() string { return "http://" + User + ":" + Password + "@" + s.addr }

// HookURL is the address that takes signed webhooks.
func (s *Server) HookURL() string { return "http://" + s.addr + "/send" }

// CloudURL is the address of the WhatsApp interface.
func (s *Server) CloudURL() string { return "http://" + s.addr + "/v21.0" }

// Down makes the provider answer 503 to everything, until it is up again.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Forget makes the provider take messages and keep none, for a past that is made
// up.
func (s *Server) Forget(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.burn = on
}

// Taken is how many messages were taken and kept, since the start.
func (s *Server) Taken() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// Cue says what happens to the next messages to a number; times 0 for always.
func (s *Server) Cue(to string, f Fault, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cues = append(s.cues, &cue{to, f, times})
}

// Messages are the messages kept, newest first, those written back among them.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.kept)
	slices.Reverse(out)
	return out
}

// To are the messages to a number, newest first.
func (s *Server) To(number string) []Message {
	var out []Message
	for _, m := range s.Messages() {
		if m.To == number && !m.Incoming {
			out = append(out, m)
		}
	}
	return out
}

// fault is the cue for a message to a number.
func (s *Server) fault(to string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return Busy
	}
	for i, c := range s.cues {
		if c.to != to {
			continue
		}
		if c.times--; c.times == 0 {
			s.cues = slices.Delete(s.cues, i, i+1)
		}
		return c.fault
	}
	n := 0
	if len(to) > 2 {
		_, _ = fmt.Sscanf(to[len(to)-2:], "%d", &n) // 0 when it is no number
	}
	if f := Fault(n - firstSuffix); f >= Refuse && f <= Garbage {
		return f
	}
	return 0
}

// keep keeps a message and plans its reports.
func (s *Server) keep(m Message, f Fault) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	m.ID, m.At, m.Status = fmt.Sprintf("%s%d", strings.ToLower(m.Channel[:1]), s.count), s.clock.Now(), "sent"
	if s.burn {
		return m
	}
	s.taken++
	s.kept = append(s.kept, m)
	if len(s.kept) > maxKept {
		s.kept = s.kept[1:]
	}
	status, at, times := "delivered", m.At, 1
	switch f {
	case Silent:
		times = 0
	case Bounce:
		status = "failed"
	case Delay:
		at = at.Add(late)
	case Repeat:
		times = 3
	}
	for range times {
		s.queue = append(s.queue, &report{id: m.ID, status: status, at: at})
	}
	return m
}

// refused answers a request that a cue spoils, and tells whether it did. Hang
// takes the message first: nobody is told.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, f Fault, m Message) bool {
	switch f {
	case Busy:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	case NoMoney:
		http.Error(w, "Not enough credits", http.StatusForbidden)
	case Garbage:
		_, _ = w.Write([]byte("<html>a proxy's page</html>"))
	case Hang:
		s.keep(m, f)
		select {
		case <-r.Context().Done():
		case <-s.stop:
		case <-time.After(hangTime):
		}
	default:
		return false
	}
	return true
}
