// Package push is a push service and the browsers behind it: it takes encrypted
// messages as the real ones do, checks who sent them, and decrypts them with the
// browsers' keys, so that the demo and the tests see what a browser would show.
// It can delay, refuse and forget browsers on cue.
package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// Limits of the stand-in.
const (
	maxKept    = 500              // messages kept; older ones go
	maxBody    = 4096             // bytes of an encrypted message, as RFC 8030 has it
	maxTTL     = 28 * 24 * 3600   // seconds
	headerTime = 10 * time.Second // to send the headers
	slowTime   = 300 * time.Millisecond
)

// Message is one as its browser would show it.
type Message struct {
	ID      int // 1, 2, 3 … in order of arrival
	At      clock.Instant
	Browser string // its name, as of Subscribe
	TTL     int    // seconds
	Urgency string
	Topic   string
	Sender  string // how the sender can be reached, as it says
	Title   string
	Body    string
	URL     string
	Lang    string
	Tag     string
	Token   string // to report that it was shown
	Actions []Action
	Raw     string // all of it, decrypted
}

// Action is a button of a notification.
type Action struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Fault is how a message is treated on cue.
type Fault int

// The cues.
const (
	Gone    Fault = iota // 410: the browser unsubscribed
	Missing              // 404: it never was
	Busy                 // 429
	Down                 // 503
	Refuse               // 403: another key than it subscribed with
	Slow                 // it answers late
	Delay                // it takes the message and delivers it at Release
	Lose                 // it takes the message and never delivers it
)

// Cue says what happens to messages for a browser.
type Cue struct {
	Fault   Fault
	Browser string // "" for all
	Times   int    // how often; 0 for always
}

// Subscription is what a browser tells a site.
type Subscription struct{ Endpoint, P256dh, Auth string }

// Options are what a server is made of.
type Options struct {
	Clock clock.Clock
	Seed  string        // browsers' keys follow from it, so that they outlive a restart
	Key   string        // the sender's public key; messages signed by another are refused; "" for any
	Shown func(Message) // called with each message that its browser shows; may be nil
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	opt  Options
	srv  *http.Server
	addr string

	mu    sync.Mutex
	kept  []Message
	held  []Message // taken, and delivered at Release
	count int
	cues  []*Cue
}

// Start listens on addr, or on a free port of this machine when it is "".
func Start(addr string, o Options) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("push stand-in: %w", err)
	}
	s := &Server{opt: o, addr: l.Addr().String()}
	s.srv = &http.Server{Handler: http.HandlerFunc(s.take), ReadHeaderTimeout: headerTime}
	go func() { _ = s.srv.Serve(l) }() // ends with Close
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.addr }

// Close ends the server and its connections.
func (s *Server) Close() error { return s.srv.Close() }

// origin is what senders sign for.
func (s *Server) origin() string { return "http://" + s.addr }

// browserName is what a browser may be called.
var browserName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Subscribe is the subscription of the browser with this name.
func (s *Server) Subscribe(name string) (Subscription, error) {
	if !browserName.MatchString(name) {
		return Subscription{}, fmt.Errorf("push stand-in: a browser is not called %q", name)
	}
	b, err := browserOf(s.opt.Seed, name)
	if err != nil {
		return Subscription{}, err
	}
	return Subscription{Endpoint: s.origin() + "/push/" + name, P256dh: encode(b.key.PublicKey().Bytes()), Auth: encode(b.auth)}, nil
}

// Messages are those that browsers showed, the newest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.kept)
	slices.Reverse(out)
	return out
}

// Message is one by its number.
func (s *Server) Message(id int) (Message, bool) {
	for _, m := range s.Messages() {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// Held are the messages that wait for Release, the oldest first. A newer one of
// the same topic has taken an older one's place.
func (s *Server) Held() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.held)
}

// Release delivers what was delayed, but for what has expired.
func (s *Server) Release() {
	s.mu.Lock()
	now, held := s.opt.Clock.Now(), s.held
	s.held = nil
	s.mu.Unlock()
	for _, m := range held {
		if now.Before(m.At.Add(time.Duration(m.TTL) * time.Second)) {
			s.deliver(m)
		}
	}
}

// Cue adds a cue; the first that fits is followed.
func (s *Server) Cue(c Cue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cues = append(s.cues, &c)
}

// cue is what to do with a message to a browser; it counts as used.
func (s *Server) cue(browser string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.cues {
		if c.Browser != "" && c.Browser != browser {
			continue
		}
		if c.Times > 0 {
			if c.Times--; c.Times == 0 {
				s.cues = slices.Delete(s.cues, i, i+1)
			}
		}
		return c.Fault, true
	}
	return 0, false
}

// statuses are what the cues answer with.
var statuses = map[Fault]int{
	Gone: http.StatusGone, Missing: http.StatusNotFound, Busy: http.StatusTooManyRequests,
	Down: http.StatusServiceUnavailable, Refuse: http.StatusForbidden,
}

// take is a sender's request.
func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/push/")
	if !ok || !browserName.MatchString(name) {
		http.Error(w, "no such browser", http.StatusNotFound)
		return
	}
	f, cued := s.cue(name)
	if cued && statuses[f] != 0 {
		http.Error(w, "on cue", statuses[f])
		return
	}
	m, status, err := s.read(w, r, name)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	if cued && f == Slow {
		select {
		case <-time.After(slowTime):
		case <-r.Context().Done():
			return
		}
	}
	m = s.number(m)
	switch {
	case cued && f == Delay:
		s.hold(m)
	case cued && f == Lose:
	default:
		s.deliver(m)
	}
	w.Header().Set("Location", s.origin()+"/message/"+strconv.Itoa(m.ID))
	w.WriteHeader(http.StatusCreated)
}

// topicName is what RFC 8030 lets a topic be.
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}$`)

// read checks a request as a push service does and decrypts it as the browser
// does.
func (s *Server) read(w http.ResponseWriter, r *http.Request, name string) (Message, int, error) {
	m := Message{At: s.opt.Clock.Now(), Browser: name, Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic")}
	ttl, err := strconv.Atoi(r.Header.Get("TTL"))
	switch {
	case r.Method != http.MethodPost:
		return m, http.StatusMethodNotAllowed, errors.New("only POST")
	case err != nil || ttl < 0 || ttl > maxTTL:
		return m, http.StatusBadRequest, errors.New("no TTL")
	case !topicName.MatchString(m.Topic):
		return m, http.StatusBadRequest, errors.New("no topic")
	case m.Urgency != "" && !slices.Contains([]string{"very-low", "low", "normal", "high"}, m.Urgency):
		return m, http.StatusBadRequest, errors.New("no urgency")
	case r.Header.Get("Content-Encoding") != "aes128gcm":
		return m, http.StatusUnsupportedMediaType, errors.New("not encrypted")
	}
	m.TTL = ttl
	if m.Sender, err = verify(r.Header.Get("Authorization"), s.origin(), s.opt.Key); err != nil {
		return m, http.StatusForbidden, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return m, http.StatusRequestEntityTooLarge, errors.New("too large")
	}
	b, err := browserOf(s.opt.Seed, name)
	if err != nil {
		return m, http.StatusInternalServerError, err
	}
	plain, err := b.decrypt(body)
	if err != nil {
		return m, http.StatusBadRequest, err
	}
	return shown(m, plain), 0, nil
}

// shown is m with what a browser makes of its words.
func shown(m Message, plain []byte) Message {
	var p struct {
		Title, Body, URL, Lang, Tag, Token string
		Actions                            []Action
	}
	if json.Unmarshal(plain, &p) == nil { // otherwise it is shown without words
		m.Title, m.Body, m.URL, m.Lang, m.Tag, m.Token, m.Actions = p.Title, p.Body, p.URL, p.Lang, p.Tag, p.Token, p.Actions
	}
	m.Raw = string(plain)
	return m
}

func (s *Server) number(m Message) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	m.ID = s.count
	return m
}

// hold keeps a message for Release in place of an older one of its topic.
func (s *Server) hold(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Topic != "" {
		s.held = slices.DeleteFunc(s.held, func(x Message) bool { return x.Topic == m.Topic && x.Browser == m.Browser })
	}
	s.held = append(s.held, m)
}

// deliver lets the browser show a message.
func (s *Server) deliver(m Message) {
	s.mu.Lock()
	s.kept = append(s.kept, m)
	if len(s.kept) > maxKept {
		s.kept = slices.Delete(s.kept, 0, len(s.kept)-maxKept)
	}
	s.mu.Unlock()
	if s.opt.Shown != nil {
		s.opt.Shown(m)
	}
}
